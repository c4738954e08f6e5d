"""Passkeys on the pages of both doors: added, used, required, and what is turned away there."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from authz import Proof, Subject
from desk import own_passkeys
from desk.actors import Actor
from desk.own_passkeys import NotYet
from desk.verification import Proved
from store import tables
from store.sign_in import passkeys
from store.sign_in.passkeys import Refused
from store.text.durations import COOLING
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.elsewhere import suspends
from tests.ivr.wire import count, rows
from tests.passkey_device import Device
from tests.portal.browsing import PASSWORD, Agent, Browser, invitation
from tests.portal.passkeying import MIA, asked, device, guest, passkey_fields, touches

ADD = "/desk/passkeys"
NAMED = "http://localhost:8000"  # nobody could have passkeys at an address that is none
SIGN_IN, TOUCH = "/desk/sign-in", "/desk/sign-in/passkey"


@pytest.fixture
def strict(sample_sqlite: str) -> Desk:
    return Desk(sample_sqlite, public_url=NAMED, **ACCOUNT, staff_passkeys="required")


def test_one_of_the_staff_adds_one_and_signs_in_by_it(desk: Desk) -> None:
    kim, mine = Agent(desk), device()
    kim.sign_in()
    kim.read("/desk/passkeys")
    touches(kim, mine, ADD, name="My telephone")
    assert "The passkey is yours from now on." in kim.words
    assert "My telephone" in kim.words
    kim.send("/desk/sign-out")
    elsewhere = Browser(desk)
    elsewhere.get("/desk/sign-in?to=/desk/tickets")
    assert touches(elsewhere, mine, TOUCH).status_code == 200
    assert "Kim Novak agent" in elsewhere.words
    assert str(elsewhere.page.url).endswith("/desk/tickets") if elsewhere.page else False
    elsewhere.read("/desk/passkeys")
    assert "last used" in elsewhere.words
    told = rows(desk, select(tables.jobs.c.key).where(tables.jobs.c.key.startswith("staff_passkey_added")))
    assert len(told) == 1


def test_every_other_session_is_over_and_it_can_be_renamed_and_removed(one_desk: Desk) -> None:
    kim, other = Agent(one_desk), Browser(one_desk)
    kim.sign_in()
    one_desk.now += 30_000
    other.get(SIGN_IN)
    other.send(SIGN_IN, username="agent.kim", password=PASSWORD, code=kim.code())
    assert "Kim Novak" in other.read("/desk")
    kim.read("/desk/passkeys")
    touches(kim, device(), ADD)
    assert "Kim Novak" not in other.read("/desk")
    assert "Kim Novak" in kim.read("/desk/passkeys")
    kim.send("/desk/passkeys/1/rename", name="Blue key")
    assert "Blue key" in kim.words
    kim.send("/desk/passkeys/1/remove")
    assert "The passkey is removed" in kim.words
    assert count(one_desk, tables.passkeys) == 0


def test_an_answer_is_good_in_its_browser_and_once(one_desk: Desk) -> None:
    kim, mine = Agent(one_desk), device()
    kim.sign_in()
    kim.get("/desk/passkeys")
    touches(kim, mine, ADD)
    kim.send("/desk/sign-out")
    victim, thief = Browser(one_desk), Browser(one_desk)
    for one in (victim, thief):
        one.get(SIGN_IN)
    _, options = asked(victim, TOUCH)
    form = passkey_fields(victim, TOUCH) | {"passkey": mine.get(options)}
    stolen = form | {"token": passkey_fields(thief, TOUCH)["token"]}
    assert thief.post(TOUCH, stolen).status_code == 403
    assert "came more than five minutes after this page was opened, or was sent twice" in thief.words
    assert victim.post(TOUCH, form).status_code == 200
    victim.send("/desk/sign-out")
    victim.get(SIGN_IN)
    again = passkey_fields(victim, TOUCH) | {name: form[name] for name in ("challenge", "passkey")}
    assert victim.post(TOUCH, again).status_code == 403
    assert count(one_desk, tables.staff_sessions) == 3


def test_what_a_page_of_another_site_got_out_of_somebody_is_refused(one_desk: Desk) -> None:
    kim, mine = Agent(one_desk), device()
    kim.sign_in()
    kim.get("/desk/passkeys")
    touches(kim, mine, ADD)
    kim.send("/desk/sign-out")
    mine.origin = "https://desk.evil.example"
    thief = Browser(one_desk)
    thief.get(SIGN_IN)
    assert touches(thief, mine, TOUCH).status_code == 403
    assert "You can't sign in here with that passkey" in thief.words
    mine.origin = PUBLIC
    thief.get(SIGN_IN)
    assert touches(thief, mine, TOUCH).status_code == 200


def test_who_is_suspended_is_told_so_and_is_not_in(one_desk: Desk) -> None:
    kim, mine = Agent(one_desk), device()
    kim.sign_in()
    kim.get("/desk/passkeys")
    touches(kim, mine, ADD)
    suspends(one_desk)
    elsewhere = Browser(one_desk)
    elsewhere.get(SIGN_IN)
    assert touches(elsewhere, mine, TOUCH).status_code == 403
    assert "That is your passkey, and you are suspended" in elsewhere.words
    assert "deskgate_session" not in elsewhere.client.cookies


def test_a_passkey_is_added_soon_after_signing_in_alone(one_desk: Desk) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    kim.get("/desk/passkeys")
    _, options = asked(kim, ADD)
    form = passkey_fields(kim, ADD) | {"passkey": device().create(options)}
    one_desk.pass_time(15 * 60)
    kim.post(ADD, form)
    assert "Sign in again first" in kim.words
    assert "data-passkey" not in kim.text
    assert count(one_desk, tables.passkeys) == 0


def test_where_it_is_required_no_password_is_looked_at(strict: Desk) -> None:
    kim, mine, link = Browser(strict), Device(NAMED), invitation(strict, "agent.kim")
    kim.get(f"/desk/join/{link}")
    assert 'name="password"' not in kim.text
    form = passkey_fields(kim, f"/desk/join/{link}/passkey")
    words = {"token": form["token"], "password": PASSWORD, "again": PASSWORD, "code": "123456"}
    assert kim.post(f"/desk/join/{link}", words).status_code == 422
    assert "This desk takes passkeys alone" in kim.words
    assert touches(kim, mine, f"/desk/join/{link}/passkey").status_code == 200
    assert "with your passkey: there is nothing to type" in kim.words
    kim.get("/desk")
    kim.send("/desk/sign-out")
    kim.get(SIGN_IN)
    assert 'name="password"' not in kim.text
    words = {"token": passkey_fields(kim, TOUCH)["token"], "username": "agent.kim", "password": PASSWORD, "code": "1"}
    assert kim.post(SIGN_IN, words).status_code == 403
    assert "no password was looked at" in kim.words
    assert count(strict, tables.budgets) == 0
    assert touches(kim, mine, TOUCH).status_code == 200
    kim.get("/desk/passkeys")
    kim.send("/desk/passkeys/1/remove")
    assert "That is the last way you can sign in" in kim.words
    strict.close()


def test_an_invitation_begins_anew(one_desk: Desk) -> None:
    """A telephone that was lost signs nobody in any more, and neither does the password; whichever was joined by before."""
    kim, lost, found = Agent(one_desk), device(), device()
    kim.sign_in()
    kim.get("/desk/passkeys")
    touches(kim, lost, ADD)
    link = f"/desk/join/{invitation(one_desk, 'agent.kim')}"
    new = Browser(one_desk)
    new.get(link)
    form = passkey_fields(new, f"{link}/passkey") | {"passkey": found.create(asked(new, f"{link}/passkey")[1])}
    assert new.post(f"{link}/passkey", form).status_code == 200
    assert "Kim Novak" in new.read("/desk")
    assert Browser(one_desk).get(link).status_code == 410
    assert rows(one_desk, select(tables.staff_logins.c.password, tables.staff_logins.c.authenticator)) == [(None, None)]
    assert kim.sign_in().status_code == 403
    kim.get(SIGN_IN)
    assert touches(kim, lost, TOUCH).status_code == 403
    kim.get(SIGN_IN)
    assert touches(kim, found, TOUCH).status_code == 200
    kim.join()
    kim.get(SIGN_IN)
    assert touches(kim, found, TOUCH).status_code == 403, "nor does a passkey, once a password was set anew"


def test_a_customer_joins_by_one_and_signs_in(desk: Desk) -> None:
    mia, mine, link = Browser(desk), device(), guest(desk)
    mia.get(link)
    assert touches(mia, mine, f"{link}/passkey").status_code == 200
    assert "From now on you sign in with your passkey" in mia.words
    assert "Tideworks" in mia.read("/")
    mia.send("/sign-out")
    mia.get("/sign-in")
    assert touches(mia, mine, "/sign-in/passkey").status_code == 200
    assert "Tideworks" in mia.words
    mia.get(SIGN_IN)
    assert touches(mia, mine, TOUCH).status_code == 403, "the desk's door is for the desk's people"
    p = tables.passkeys.c
    assert rows(desk, select(p.counts_from)) == [(desk.now + COOLING,)], "she has a PIN: it is no second proof yet"


def test_who_holds_nothing_learns_it_after_the_proof(one_desk: Desk) -> None:
    mia, mine, link = Browser(one_desk), device(), guest(one_desk)
    mia.get(link)
    touches(mia, mine, f"{link}/passkey")
    with one_desk.store.transaction("test") as tx:
        tx.connection.execute(delete(tables.contact_rights).where(tables.contact_rights.c.person_id == MIA.person))
    mia.get("/sign-in")
    assert touches(mia, mine, "/sign-in/passkey").status_code == 403
    assert "you hold no permission on any account" in mia.words


def test_it_steps_up_the_session_it_is_used_in(one_desk: Desk) -> None:
    mia, mine, link = Browser(one_desk), device(), guest(one_desk)
    mia.get(link)
    touches(mia, mine, f"{link}/passkey")
    site, here, who = one_desk.container.portal.site, "session", Actor(MIA, Proof.VERIFIED, "session:1")

    def proves(actor: Actor = who) -> Proved | Refused | NotYet:
        question = passkeys.to_use(one_desk.store.keys, one_desk.now, site, here)
        form = {"challenge": question.sealed, "passkey": mine.get(question.options)}
        with one_desk.store.transaction("portal") as tx:
            return own_passkeys.prove(tx, actor, site, here, 1, form, minutes=15)

    assert proves() is NotYet.YOUNG
    with one_desk.store.transaction("test") as tx:
        tx.connection.execute(update(tables.passkeys).values(counts_from=one_desk.now))
    assert proves() == Proved(1, one_desk.now + 15 * 60_000)
    assert proves(Actor(Subject.of_person(1), Proof.VERIFIED, "session:2")) is Refused.WRONG, "of somebody else's"
    s = tables.step_ups.c
    assert rows(one_desk, select(s.person_id, s.factor, s.bound)) == [(MIA.person, "passkey", "session:1")]
