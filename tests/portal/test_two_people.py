"""What takes two people: the end of a threat, a lock lifted, and a new PIN that goes past everybody but its owner.

T20, T21
"""

from __future__ import annotations

import re

import pyotp
from sqlalchemy import delete, select

from authz import Subject
from store import tables
from store.codes import one_time_links
from store.security import threat_mode
from store.verification import attempt_limits, totp
from store.verification.totp import STEP
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent, Browser
from tests.seeking import stands_in

MIA, MIAS_ID, MIAS_MAIL = 8, "10000081", "mia@tideworks.example"


def leads(desk: Desk) -> tuple[Agent, Agent]:
    ana, bo = Agent(desk, "lead.ana"), Agent(desk, "lead.bo")
    for one in (ana, bo):
        one.sign_in()
        one.get("/desk/supervisors")
    return ana, bo


def threat(desk: Desk) -> bool:
    with desk.store.transaction("test") as tx:
        return threat_mode.threat(tx)


def answer(agent: Agent, what: str, id: int = 1) -> str:
    """Agrees, or does not, by a form of their own making where the page has none."""
    agent.get("/desk/supervisors")
    agent.post(f"/desk/supervisors/second/{id}", {"token": agent.fields("/desk/sign-out")["token"], "answer": what})
    return agent.words


def test_a_threat_is_switched_on_by_one_and_off_by_two(mailing: Desk) -> None:
    ana, bo = leads(mailing)
    ana.send("/desk/supervisors/threat")
    assert threat(mailing)
    assert "Threat mode" in bo.read("/desk")
    ana.get("/desk/supervisors")
    ana.send("/desk/supervisors/threat", reason="they have stopped")
    assert threat(mailing)
    assert "Somebody else has to agree within the hour" in answer(ana, "agree")
    assert threat(mailing)
    assert "two people have agreed" in answer(bo, "agree")
    assert not threat(mailing)


def test_what_was_refused_or_is_an_hour_old_is_gone(mailing: Desk) -> None:
    ana, bo = leads(mailing)
    ana.send("/desk/supervisors/threat")
    for end in ("refuse", "wait"):
        ana.get("/desk/supervisors")
        ana.send("/desk/supervisors/threat", reason="enough")
        asked = rows(mailing, select(tables.dual_control.c.id).order_by(tables.dual_control.c.id.desc()))[0].id
        if end == "refuse":
            answer(bo, "refuse", asked)
        else:
            mailing.pass_time(60 * 60)
            bo.sign_in()
        assert "Somebody else has to agree within the hour" in answer(bo, "agree", asked)
    assert threat(mailing)


def asks_for(desk: Desk, agent: Agent, action: str, person: str = MIAS_ID) -> None:
    agent.get("/desk/supervisors")
    agent.send("/desk/supervisors/pin", person=person, reason="rang from a number on file", action=action)


def page_link(mailbox: Mailbox) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/pin/[\w-]{43})", mailbox.to(MIAS_MAIL)[-1].replace("=\n", ""))
    assert found, mailbox.to(MIAS_MAIL)
    return found[1]


def get_in(desk: Desk, pin: str) -> bool:
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    phone.press("#")
    phone.press(f"{pin}#")
    inside = "Press 1 to open a ticket." in phone.heard
    phone.hang_up()
    return inside


def test_a_new_pin_goes_to_the_person_past_everybody(mailing: Desk, mailbox: Mailbox) -> None:
    ana, bo = leads(mailing)
    asks_for(mailing, ana, "pin_reissue")
    mailing.work()
    assert mailbox.mails == []
    assert "Send Mia Chen a link to a new PIN" in bo.read("/desk/supervisors")
    assert "Somebody else has to agree within the hour" in answer(ana, "agree")
    answer(bo, "agree")
    mailing.work()
    link, mia = page_link(mailbox), Browser(mailing)
    for _ in range(2):
        assert mia.get(link).status_code == 200, "opened by a mail scanner, or twice"
    assert get_in(mailing, "17846325"), "nothing has changed yet"
    mia.send(link)
    shown = re.search(r'<p class="pin">(\d{4}) (\d{4})</p>', mia.text)
    assert shown
    pin = shown[1] + shown[2]
    assert not get_in(mailing, "17846325")
    assert get_in(mailing, pin)
    assert mia.get(link).status_code == 410
    mailing.work()
    assert [mail["Subject"] for mail in mailbox.mails if mail["To"] == MIAS_MAIL][-1] == "Your support PIN was changed"
    assert "Mia Chen has a new support PIN" in " ".join(mailbox.to("raj@tideworks.example")[-1].split())
    for agent in (ana, bo):
        for path in ("/desk", "/desk/supervisors"):
            assert not stands_in(pin, agent.get(path).text)
    with mailing.store.transaction("test") as tx:
        kept = [repr(tuple(r)) for t in tables.Base.metadata.sorted_tables for r in tx.connection.execute(select(t))]
    assert not [row for row in kept if stands_in(pin, row) or link.rpartition("/")[2] in row]


def test_e11_a_button_that_is_pressed_again_shows_the_same_pin(mailing: Desk, mailbox: Mailbox) -> None:
    """Or the PIN would be lost with the answer that was not waited for. In that browser alone, and for ten minutes."""
    with mailing.store.transaction("test") as tx:
        token = one_time_links.issue(tx, "pin", Subject.of_person(MIA), life=24 * 3_600_000)
    link, mia, other = f"/pin/{token}", Browser(mailing), Browser(mailing)
    mia.get(link)
    other.get(link)
    form, strange = mia.fields(link), other.fields(link)
    shown = []
    for _ in range(3):
        mia.post(link, form)
        shown += re.findall(r'<p class="pin">(\d{4}) (\d{4})</p>', mia.text)
    assert shown == shown[:1] * 3
    pin = "".join(shown[0])
    assert get_in(mailing, pin)
    assert other.post(link, strange).status_code == 410
    assert other.post(link, form).status_code == 403
    with mailing.store.transaction("test") as tx:
        kept = [repr(tuple(r)) for t in tables.Base.metadata.sorted_tables for r in tx.connection.execute(select(t))]
    assert not [
        row
        for row in kept
        if stands_in(pin, row) or form["token"] in row or mia.client.cookies["deskgate_visitor"] in row
    ]
    mailing.pass_time(10 * 60)
    assert mia.post(link, form).status_code == 410


def test_where_they_have_an_authenticator_the_mail_alone_is_not_enough(mailing: Desk, mailbox: Mailbox) -> None:
    with mailing.store.transaction("test") as tx:
        secret = totp.begin(tx, MIA)
        assert totp.confirm(tx, MIA, pyotp.TOTP(secret).at(mailing.now // 1000))
    mailing.pass_time(73 * 3600)
    ana, bo = leads(mailing)
    asks_for(mailing, ana, "pin_reissue")
    answer(bo, "agree")
    mailing.work()
    link, mia = page_link(mailbox), Browser(mailing)
    for code in ("", "000000"):
        mia.get(link)
        assert mia.send(link, code=code).status_code == 422
    assert get_in(mailing, "17846325")
    mailing.now += STEP
    mia.send(link, code=pyotp.TOTP(secret).at(mailing.now // 1000))
    assert 'class="pin"' in mia.text
    assert not get_in(mailing, "17846325")


def test_its_authenticator_code_cannot_be_guessed(mailing: Desk, mailbox: Mailbox) -> None:
    with mailing.store.transaction("test") as tx:
        secret = totp.begin(tx, MIA)
        totp.confirm(tx, MIA, pyotp.TOTP(secret).at(mailing.now // 1000))
    mailing.pass_time(73 * 3600)
    ana, bo = leads(mailing)
    asks_for(mailing, ana, "pin_reissue")
    answer(bo, "agree")
    mailing.work()
    link, thief = page_link(mailbox), Browser(mailing)
    for _ in range(5):
        thief.get(link)
        thief.send(link, code="000000")
    mailing.now += STEP
    thief.get(link)
    right = pyotp.TOTP(secret).at(mailing.now // 1000)
    assert thief.send(link, code=right).status_code == 422, "the right one comes too late"


def test_a_lock_is_lifted_by_two(mailing: Desk) -> None:
    ana, bo = leads(mailing)
    for _ in range(5):
        with mailing.store.transaction("test") as tx:
            attempt_limits.reserve(tx, attempt_limits.counter_of(MIA), real=True, limits=())
    assert not get_in(mailing, "17846325")
    asks_for(mailing, ana, "pin_unlock")
    answer(ana, "agree")
    assert not get_in(mailing, "17846325")
    answer(bo, "agree")
    assert get_in(mailing, "17846325")


def test_somebody_nobody_knows_is_not_asked_about(mailing: Desk) -> None:
    ana, _bo = leads(mailing)
    asks_for(mailing, ana, "pin_reissue", "Mia Chen")
    assert "Nobody has exactly that" in ana.words
    assert rows(mailing, select(tables.dual_control)) == []


def test_h7_a_page_made_while_there_was_an_authenticator_asks_for_its_code_to_the_end(
    mailing: Desk, mailbox: Mailbox
) -> None:
    """However it went: then nobody can give it, and a new page is asked for."""
    with mailing.store.transaction("test") as tx:
        secret = totp.begin(tx, MIA)
        assert totp.confirm(tx, MIA, pyotp.TOTP(secret).at(mailing.now // 1000))
    mailing.pass_time(73 * 3600)
    ana, bo = leads(mailing)
    asks_for(mailing, ana, "pin_reissue")
    answer(bo, "agree")
    mailing.work()
    change(mailing, delete(tables.authenticators))
    link, thief = page_link(mailbox), Browser(mailing)
    thief.get(link)
    assert 'name="code"' in thief.text
    assert thief.send(link, code=pyotp.TOTP(secret).at(mailing.now // 1000)).status_code == 422


def test_e10_whoever_is_meant_is_found_however_the_number_was_pasted(mailing: Desk) -> None:
    ana, _ = leads(mailing)
    asks_for(mailing, ana, "pin_unlock", "\u202a0044 (0)1632\u2011960108\u202c")
    assert rows(mailing, select(tables.dual_control.c.action)) == [("pin_unlock",)]


def test_a8_asking_for_a_pin_is_looking_up_too(mailing: Desk) -> None:
    ana, _ = leads(mailing)
    for _ in range(31):
        ana.get("/desk/supervisors")
        ana.send("/desk/supervisors/pin", person="00000000", action="pin_reissue", reason="x")
    assert "You have looked up as many people" in ana.words
    a = tables.alerts.c
    assert [tuple(row) for row in rows(mailing, select(a.kind, a.subject))] == [
        ("lookup_budget", Subject.of_staff(ana.staff))
    ]
