"""A change of contacts asked for by phone: written down by an agent, confirmed by whoever may make it, and by nobody of the desk."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest
from sqlalchemy import select

from authz import Action, Ask, At, Denied, Grant, Proof, Subject
from store import OPERATOR, WORKER, tables
from store.contacts import contact_requests
from store.contacts.contact_requests import Wanted
from store.contacts.request_rows import Do
from store.tickets import customer_tickets
from store.verification import step_ups
from tests.desk import Desk
from tests.ivr.proving import at_menu, by_app, with_app
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser, hire
from tests.portal.peopling import HARBOUR, NORTHLIGHT, TIDEWORKS, held, page, proved
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_own_pages import DEV, LEO, MIA, OLIVIA, RAJ, SAM
from tests.rights import held as holding

TOM = 3
WAITS = "Waiting for a confirmation"
ASKED = "The account is asked to confirm it."
NOT_ASKED: Final[list[tuple[str, str, list[str], int, str]]] = [
    ("change", "olivia.hart", ["technical"], DEV, "could not make this change themselves"),
    ("remove", "olivia.hart", [], OLIVIA, "could not make this change themselves"),
    ("change", "bea.lund", ["owner"], OLIVIA, "choose what they are to hold"),
    ("change", "bea.lund", [], OLIVIA, "choose what they are to hold"),
    ("change", "bea.lund", ["technical", "owner"], OLIVIA, "choose what they are to hold"),
    ("change", "bea.lund", ["billing"], OLIVIA, "they hold exactly that already"),
    ("change", "raj.patel", ["billing"], OLIVIA, "nobody on the account has that username"),
    ("add", "…", ["billing"], OLIVIA, "write the name"),
    ("add", "Nina Novak", ["billing"], OLIVIA, "that is not an e-mail address"),
    ("", "Nina Novak", ["billing"], OLIVIA, "Choose what is asked for"),
]


def request(desk: Desk, asker: int, account: tuple[int, str], *, proof: Proof = Proof.STEPPED_UP) -> int:
    """The ticket of a request to change contacts, as a message by phone leaves it; its number."""
    who = Subject.of_person(asker)
    with desk.store.transaction("phone") as tx:
        if proof is Proof.STEPPED_UP:
            step_ups.reached(tx, who, account[0], "authenticator", "call", ends_at=desk.now + 60_000)
        assert step_ups.proof(tx, who, account[0], "call", "technical") is proof
        ask = Ask(who, Action.CONTACTS_MANAGE, account[0], None, proof)
        made = customer_tickets.request(tx, ask, topic="technical", title="Change the contacts (by phone)", body="")
        assert not isinstance(made, Denied)
        return made[0]


def writes(agent: Browser, number: int, do: str, person: str, *holds: str, email: str = "") -> None:
    """Fills in the form on the ticket's page."""
    agent.get(f"/desk/tickets/{number}")
    form = {"do": do, "person": person, "email": email} | {f"hold-{word}": "on" for word in holds}
    agent.send(f"/desk/tickets/{number}/ask-account", **form)


def to(account: tuple[int, str], id: int, deed: str) -> str:
    return f"/accounts/{account[1]}/contact-requests/{id}/{deed}"


def status(desk: Desk) -> list[tuple[str, str]]:
    r = tables.contact_requests.c
    return [tuple(row) for row in rows(desk, select(r.status, r.why).order_by(r.id))]


def events(desk: Desk) -> list[str]:
    m = tables.messages.c
    return [row.event for row in rows(desk, select(m.event).where(m.event.like("change_%")).order_by(m.id))]


def notices(desk: Desk) -> list[tuple[str, int | None]]:
    jobs = [json.loads(payload) for (payload,) in rows(desk, select(tables.jobs.c.payload).order_by(tables.jobs.c.id))]
    return [(one["notice"], one.get("person")) for one in jobs if "account" in one and "notice" in one]


def test_what_is_asked_for_in_a_call_waits_until_it_is_confirmed_on_the_page(one_desk: Desk) -> None:
    """C6, SR-2, SR-3: the agent writes down what they heard; nothing changes before somebody who may change it confirms it."""
    secret = with_app(one_desk)
    caller = at_menu(one_desk)
    for key in "137":
        caller.key(key)
    by_app(caller, one_desk, secret)
    caller.say()
    (number,) = (row.number for row in rows(one_desk, select(tables.tickets.c.number)))
    kim = signed_in(one_desk)
    writes(kim, number, "add", "Nina Novak", "technical", email="nina@new.example")
    assert ASKED in kim.words
    assert "Add Nina Novak as technical contact, nina@new.example: waits for somebody on the account" in kim.words
    people = count(one_desk, tables.people)
    assert people == 9, "nothing has changed"
    dev = proved(one_desk, DEV, HARBOUR)
    dev.get(page(HARBOUR))
    assert WAITS in dev.words
    assert "Olivia Hart asks to add Nina Novak (nina@new.example): Technical." in dev.words
    assert "Asked by phone · proved by PIN or link, and by authenticator app" in dev.words
    assert "written down by Kim Novak of the support desk" in dev.words
    assert "Nina Novak can from now on:" in dev.words
    dev.send(to(HARBOUR, 1, "confirm"))
    assert "Confirmed: the change is made." in dev.words
    assert "nina.novak" in dev.words
    assert WAITS not in dev.words
    assert held(one_desk, HARBOUR, 10) == {"technical"}
    assert notices(one_desk)[-4:] == [
        ("contact_change_asked", None),
        ("contacts_changed", None),
        ("rights_gained", 10),
        ("contact_change_confirmed", OLIVIA),
    ]
    assert len(rows(one_desk, select(tables.jobs).where(tables.jobs.c.kind == "invitation"))) == 1
    assert events(one_desk) == ["change_asked", "change_confirmed"]
    assert "Dev Anand confirmed the change of contacts: it is made" in kim.read(f"/desk/tickets/{number}")
    olivia = entered(one_desk, OLIVIA)
    assert "Dev Anand confirmed the change of contacts: it is made" in olivia.read(f"/tickets/{number}")
    e = tables.ledger.c
    told = rows(one_desk, select(e.who, e.decision).where(e.action == "contacts.request").order_by(e.at, e.n))
    assert [tuple(row) for row in told] == [("staff:1", "waits"), (Subject.of_person(DEV), "made")]


def waiting(
    desk: Desk, do: Do, person: str, *holds: str, account: tuple[int, str] = HARBOUR, asker: int = OLIVIA
) -> int:
    """What an agent has written down, for an account to confirm; its id."""
    number = request(desk, asker, account)
    with desk.store.transaction("portal") as tx:
        kim = tx.ask(Ask(Subject.of_staff(1), Action.DESK_TICKET_WORK, account[0], None, Proof.NONE))
        assert isinstance(kim, Grant)
        email = "nina@new.example" if do == "add" else ""
        made = contact_requests.ask(tx, kim, number, Wanted(do, person, email, frozenset(holds)))
    assert isinstance(made, int), made
    return made


def test_nobody_of_the_desk_confirms_it_by_any_door(one_desk: Desk) -> None:
    """Agent, supervisor, administrator, the operator's shell, the worker: none of them has the right, and no address takes their session."""
    hire(one_desk, "boss.eve", "Eve Falk", "administrator")
    id = waiting(one_desk, "remove", "tom.reyes")
    for name in ("agent.kim", "lead.ana", "boss.eve"):
        staff = signed_in(one_desk, name)
        staff.get("/desk/tickets")
        token = {"token": re.search(r'name="token" value="([^"]+)"', staff.text)[1], "stamp": "x"}  # type: ignore[index]
        for deed in ("confirm", "refuse"):
            staff.post(to(HARBOUR, id, deed), token)
            assert staff.page is not None
            assert staff.page.status_code == 403 or staff.page.url.path == "/sign-in"
    for who in (Subject.of_staff(1), Subject.of_staff(2), OPERATOR, WORKER):
        with one_desk.store.transaction("test") as tx:
            for proof in (Proof.NONE, Proof.STEPPED_UP):
                assert isinstance(
                    tx.ask(Ask(who, Action.CONTACTS_MANAGE, HARBOUR[0], None, proof, at=At.PAGES)), Denied
                )
    one_desk.work()
    assert status(one_desk) == [("waiting", "")]
    assert held(one_desk, HARBOUR, TOM) == {"technical"}


def test_what_the_asker_could_not_do_is_not_asked_for(one_desk: Desk) -> None:
    """C12, SR-3: standard roles alone, and nothing that its asker could not give."""
    kim = signed_in(one_desk)
    numbers = {asker: request(one_desk, asker, HARBOUR) for asker in (OLIVIA, DEV)}
    for do, person, holds, asker, said in NOT_ASKED:
        writes(kim, numbers[asker], do, person, *holds)
        assert said in kim.words, said
        if do and person != "…":
            assert f'value="{person}"' in kim.text, "what was typed is still there"
    assert status(one_desk) == []


def test_without_a_second_proof_or_the_right_there_is_nothing_to_write_down(one_desk: Desk) -> None:
    """C6: a draft, somebody's mail, a call alone never suffice."""
    draft = request(one_desk, OLIVIA, HARBOUR, proof=Proof.VERIFIED)
    kim = signed_in(one_desk)
    assert kim.get(f"/desk/tickets/{draft}").status_code == 404
    number = request(one_desk, DEV, HARBOUR)
    kim.get(f"/desk/tickets/{number}")
    form = kim.fields(f"/desk/tickets/{number}/ask-account") | {"do": "remove", "person": "tom.reyes"}
    for changed in ({"proof": "verified"}, {"status": "closed"}, {"kind": "problem"}, {"customer_status": "open"}):
        t = tables.tickets.c
        change(one_desk, tables.tickets.update().where(t.number == number).values(**changed))
        kim.post(f"/desk/tickets/{number}/ask-account", form)
        assert status(one_desk) == []
        as_was = {"proof": "stepped-up", "status": "open", "kind": "contacts.manage", "customer_status": None}
        change(one_desk, tables.tickets.update().where(t.number == number).values(**as_was))
    for statement in holding("technical", tables.contacts.c.person_id == DEV, tables.contacts.c.account_id == 1):
        change(one_desk, statement)
    kim.post(f"/desk/tickets/{number}/ask-account", form)
    assert status(one_desk) == [], "the right went after they had asked"


def test_it_is_confirmed_by_the_rules_of_whoever_confirms(one_desk: Desk) -> None:
    """C12: nobody confirms what raises themselves, or gives more than they hold; others of the account and strangers find nothing."""
    c = tables.contacts.c
    for person, words in ((MIA, "manage_users,manage_support"), (LEO, "manage_users")):
        for statement in holding(words, c.person_id == person, c.account_id == TIDEWORKS[0]):
            change(one_desk, statement)
    more = ("manage_users", "manage_support", "manage_billing")
    id = waiting(one_desk, "change", "mia.chen", *more, account=TIDEWORKS, asker=RAJ)
    for person, why in ((MIA, "Nobody gives themselves more"), (LEO, "You cannot give Mia Chen more than you hold")):
        other = proved(one_desk, person)
        other.get(page(TIDEWORKS))
        assert why in other.words
        token = other.fields(to(TIDEWORKS, id, "refuse")) | {"stamp": "x"}
        assert other.post(to(TIDEWORKS, id, "confirm"), token).status_code == 422
        assert why in other.words
    leo, new = proved(one_desk, LEO), waiting(one_desk, "add", "Nina", "manage_billing", account=TIDEWORKS, asker=RAJ)
    leo.get(page(TIDEWORKS))
    form = leo.fields(to(TIDEWORKS, new, "refuse")) | {"stamp": "x"}
    assert leo.post(to(TIDEWORKS, new, "confirm"), form).status_code == 422
    assert "You cannot give Nina more than you hold" in leo.words
    assert count(one_desk, tables.people) == 9, "nobody is made by it"
    dev, olivia = proved(one_desk, DEV), proved(one_desk, OLIVIA, HARBOUR)
    for stranger in (dev, olivia):
        stranger.get("/")
        token = stranger.fields("/sign-out") | {"stamp": "x"}
        for account in (TIDEWORKS, HARBOUR):
            for deed in ("confirm", "refuse"):
                assert stranger.post(to(account, id, deed), token).status_code in (404, 422), "or a second proof first"
                assert "Mia" not in stranger.words
    assert status(one_desk) == [("waiting", "")] * 2
    raj = proved(one_desk, RAJ)
    raj.get(page(TIDEWORKS))
    raj.send(to(TIDEWORKS, id, "confirm"))
    assert status(one_desk)[0] == ("confirmed", ""), "who asked may, with a second proof of their own"
    assert held(one_desk, TIDEWORKS, MIA) == set(more)


def test_a_second_proof_and_what_was_looked_at_are_needed(one_desk: Desk) -> None:
    id = waiting(one_desk, "remove", "tom.reyes")
    olivia = proved(one_desk, OLIVIA, HARBOUR)
    olivia.get(page(HARBOUR))
    form = olivia.fields(to(HARBOUR, id, "confirm"))
    assert olivia.post(to(HARBOUR, id, "confirm"), form | {"stamp": "x"}).status_code == 422
    assert "Somebody has changed something in the meantime." in olivia.words
    one_desk.pass_time(16 * 60)
    assert olivia.post(to(HARBOUR, id, "confirm"), form).status_code == 422
    assert "Your second proof has ended" in olivia.words
    assert status(one_desk) == [("waiting", "")]


def test_of_two_who_answer_one_wins_and_the_other_is_told(one_desk: Desk) -> None:
    id = waiting(one_desk, "remove", "tom.reyes")
    dev, olivia = proved(one_desk, DEV, HARBOUR), proved(one_desk, OLIVIA, HARBOUR)
    for browser in (dev, olivia):
        browser.get(page(HARBOUR))
    late = olivia.fields(to(HARBOUR, id, "confirm"))
    dev.send(to(HARBOUR, id, "refuse"))
    assert "Refused: nothing has changed." in dev.words
    olivia.post(to(HARBOUR, id, "confirm"), late)
    assert "Dev Anand has refused this: nothing has changed" in olivia.words
    assert held(one_desk, HARBOUR, TOM) == {"technical"}
    assert notices(one_desk)[-1] == ("contact_change_refused", OLIVIA)


@pytest.mark.parametrize("why", ["expired", "closed", "locked", "asker", "changed"])
def test_it_ends_where_it_can_be_confirmed_no_more(one_desk: Desk, why: str) -> None:
    id, a, c = waiting(one_desk, "change", "tom.reyes", "billing", asker=DEV), tables.accounts, tables.contacts.c
    if why == "closed":
        change(one_desk, a.update().where(a.c.id == 1).values(status="closed"))
    elif why == "locked":
        change(one_desk, a.update().where(a.c.id == 1).values(locked_at=one_desk.now))
    elif why in ("asker", "changed"):
        person = DEV if why == "asker" else TOM
        for statement in holding("technical,billing", c.person_id == person, c.account_id == 1):
            change(one_desk, statement)
    else:
        one_desk.now += 14 * 24 * 3_600_000
    with one_desk.store.transaction("worker") as tx:
        contact_requests.sweep(tx)
    assert status(one_desk) == [("ended", why)]
    assert events(one_desk) == ["change_asked", "change_ended"]
    assert notices(one_desk)[-1] == ("contact_change_ended", DEV)
    if why in ("asker", "changed", "expired"):
        olivia = proved(one_desk, OLIVIA, HARBOUR)
        assert "This can no longer be confirmed" in olivia.read(to(HARBOUR, id, "confirm").removesuffix("/confirm"))
        assert WAITS not in olivia.read(page(HARBOUR))


def test_sr3_an_account_of_standard_roles_is_asked_for_standard_roles(one_desk: Desk) -> None:
    """SR-3, SR-22; under Memset rules there are none, and single permissions are asked for."""
    kim = signed_in(one_desk)
    for asker, account, there, missing in (
        (SAM, NORTHLIGHT, {"administrator", "support", "billing"}, {"owner"}),
        (RAJ, TIDEWORKS, {"manage_support", "manage_users"}, {"admin_contact", "billing_contact"}),
    ):
        kim.get(f"/desk/tickets/{request(one_desk, asker, account)}")
        offered = set(re.findall(r'name="hold-(\w+)"', kim.text))
        assert there <= offered
        assert not offered & missing
