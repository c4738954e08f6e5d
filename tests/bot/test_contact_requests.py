"""A change of contacts asked for and confirmed in Slack: nothing changes before whoever may make it confirms it, with a second proof."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from authz import Action, Ask, Denied, Grant, Proof, Subject
from bot.text import button_values
from bot.text.button_values import ToConfirm
from store import tables
from store.contacts import contact_requests
from store.contacts.contact_requests import Wanted
from store.tickets import customer_tickets
from store.verification import step_ups
from tests.bot.by_hand import click, send, submission
from tests.bot.proving import SUBJECT, app, shows
from tests.bot.slack_desk import SlackDesk
from tests.ivr.wire import rows
from tests.statements import watched

TIDEWORKS, HARBOUR = 3, 1
ADD = Wanted("add", "Nina Novak", "nina@new.example", frozenset({"technical"}))


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    return slack_once


def shown(desk: SlackDesk, user: str) -> str:
    return desk.text_of(desk.be(user).view)


def held(desk: SlackDesk, account: int, username: str) -> set[str]:
    r, p = tables.contact_rights.c, tables.people.c
    theirs = select(r.right).join(tables.people, p.id == r.person_id)
    return {row.right for row in rows(desk, theirs.where(r.account_id == account, p.username == username))}


def asked(desk: SlackDesk, username: str, account: int, wanted: Wanted) -> int:
    """By phone, with a second proof, and written down by Kim."""
    who = SUBJECT[username]
    with desk.store.transaction("phone") as tx:
        step_ups.reached(tx, who, account, "authenticator", "call", ends_at=desk.now + 60_000)
        assert step_ups.proof(tx, who, account, "call", "technical") is Proof.STEPPED_UP
        ask = Ask(who, Action.CONTACTS_MANAGE, account, None, Proof.STEPPED_UP)
        made = customer_tickets.request(tx, ask, topic="technical", title="Change the contacts (by phone)", body="")
        assert not isinstance(made, Denied)
    with desk.store.transaction("portal") as tx:
        kim = tx.ask(Ask(Subject.of_staff(1), Action.DESK_TICKET_WORK, account, None, Proof.NONE))
        assert isinstance(kim, Grant)
        id = contact_requests.ask(tx, kim, made[0], wanted)
        assert isinstance(id, int)
    desk.work()
    return id


def status(desk: SlackDesk, id: int) -> str:
    r = tables.contact_requests.c
    return str(rows(desk, select(r.status).where(r.id == id))[0].status)


def test_raj_asks_in_a_form_and_confirms_it_himself_with_a_second_proof(desk: SlackDesk) -> None:
    """MS: words of permissions are asked for; a new user holds nothing, and is nobody, until it is confirmed."""
    made = app(desk, "raj.patel")
    desk.be("U0RAJ").command("/ticket", "Nina looks after our servers from now on", "help")
    desk.work()
    desk.submit("U0RAJ", about=f"{TIDEWORKS}:contacts.manage")
    assert "Add or change a contact, at Tideworks Ltd: that needs a second proof" in shown(desk, "U0RAJ")
    desk.submit("U0RAJ", code=shows(desk, made))
    assert "Nothing changes before one of you confirms it" in shown(desk, "U0RAJ")
    left = desk.submit("U0RAJ", do="add", name="Nina Novak", email="nina", holds=["manage_support"])
    assert left is not None
    assert "That is not an e-mail address." in str(left.errors)
    desk.submit("U0RAJ", do="add", name="Nina Novak", email="nina@new.example", holds=["manage_support"])
    assert "It waits for a confirmation." in shown(desk, "U0RAJ")
    assert rows(desk, select(tables.people.c.id).where(tables.people.c.username == "nina.novak")) == []
    said = desk.said("U0RAJ")
    assert "*Raj Patel* asks to add *Nina Novak* (nina@new.example) to *Tideworks Ltd* as Manage Support." in said
    assert "Asked (Slack, with a second proof)" in said
    desk.click("U0RAJ", "contact_look")
    assert "Nina Novak can from now on: " in shown(desk, "U0RAJ")
    desk.submit("U0RAJ")
    assert "Confirmed: the change is made." in shown(desk, "U0RAJ")
    assert held(desk, TIDEWORKS, "nina.novak") == {"manage_support"}
    said = desk.said("U0RAJ")
    assert "Raj Patel has confirmed it: the change is made." in said
    assert "[Look and confirm]" not in said
    assert "Raj Patel confirmed the change of contacts: it is made" in said


def test_dev_is_asked_in_slack_and_a_second_proof_comes_first(desk: SlackDesk) -> None:
    made, id = app(desk, "dev.anand"), asked(desk, "olivia.hart", HARBOUR, ADD)
    assert "written down by Kim Novak of the desk" in desk.said("U0DEV")
    desk.click("U0DEV", "contact_look")
    assert "second proof" in shown(desk, "U0DEV")
    desk.submit("U0DEV", code=shows(desk, made))
    desk.click("U0DEV", "contact_look")
    assert "Nina Novak can from now on:" in shown(desk, "U0DEV")
    desk.submit("U0DEV")
    assert held(desk, HARBOUR, "nina.novak") == {"technical"}
    desk.be("U0DEV").close(everything=True)
    assert status(desk, id) == "confirmed"
    assert "A change of contacts that you asked for was confirmed" in desk.said("U0OLIVIA")


def test_a_request_is_refused_with_a_second_proof_and_the_message_says_so(desk: SlackDesk) -> None:
    made, id = app(desk, "dev.anand"), asked(desk, "olivia.hart", HARBOUR, ADD)
    desk.click("U0DEV", "contact_refuse")
    desk.submit("U0DEV", code=shows(desk, made))
    desk.click("U0DEV", "contact_refuse")
    assert "Refused: nothing has changed." in desk.said("U0DEV")
    assert "Dev Anand has refused it: nothing has changed." in desk.said("U0DEV")
    assert rows(desk, select(tables.people.c.id).where(tables.people.c.username == "nina.novak")) == []
    assert status(desk, id) == "refused"
    send(desk, click("contact_refuse", str(id), channel="D0DEV"))
    desk.work()
    assert "It was answered already, or can no longer be confirmed" in desk.said("U0DEV")
    assert "Dev Anand refused the change of contacts: nothing has changed" in desk.said("U0OLIVIA")


def test_who_is_nobody_to_the_account_finds_no_request_and_the_desk_cannot(desk: SlackDesk) -> None:
    """Somebody of another account, and each of the desk, with the buttons of a message that is not theirs."""
    id = asked(desk, "olivia.hart", HARBOUR, ADD)
    with desk.store.transaction("test") as tx:
        for username, account in (("raj.patel", HARBOUR), ("raj.patel", TIDEWORKS)):
            step_ups.reached(tx, SUBJECT[username], account, "text", "slack:T0DESK:U0RAJ", ends_at=desk.now + 900_000)
    for user in ("U0RAJ", "U0KIM", "U0ANA", "U0NOBODY"):
        send(desk, click("contact_refuse", str(id), user))
        desk.work()
        told = send(desk, submission("contact_confirm", button_values.dump(ToConfirm(id, "x")), user)).text
        assert ("no request of an account of yours" in told) is (user != "U0NOBODY"), (
            "a stranger hears that they are one"
        )
        assert "Nina" not in told
    assert status(desk, id) == "waiting"


def test_another_s_ticket_is_told_from_none_by_nothing(desk: SlackDesk) -> None:
    """By somebody of its account and by somebody who is on none of its: the same answer and the same statements, so that nothing is locked."""
    asked(desk, "olivia.hart", HARBOUR, ADD)
    number = max(row.number for row in rows(desk, select(tables.tickets.c.number)))
    fields = {"do": {"selected_option": {"value": "remove"}}, "person": {"selected_option": {"value": "dev.anand"}}}
    for user in ("U0DEV", "U0RAJ"):
        heard: list[tuple[str, list[str]]] = []
        for ticket in (number + 2_000, number, number + 1_000):  # the first notes what their member came with
            sent: list[str] = []
            with watched(desk.store.engine, sent.append):
                told = send(desk, submission("contact_ask", str(ticket), user, **fields)).text
            heard.append((told, sent))
        assert heard[1] == heard[2]
        assert len(heard[1][1]) > 3, "it was looked for"


def test_a_request_by_phone_is_filled_in_by_its_asker_from_its_thread(desk: SlackDesk) -> None:
    """The button asks for a second proof here: what was proved in the call counts in the call."""
    made = app(desk, "raj.patel")
    with desk.store.transaction("phone") as tx:
        ask = Ask(SUBJECT["raj.patel"], Action.CONTACTS_MANAGE, TIDEWORKS, None, Proof.STEPPED_UP)
        step_ups.reached(tx, ask.subject, TIDEWORKS, "text", "call", ends_at=desk.now + 60_000)
        assert step_ups.proof(tx, ask.subject, TIDEWORKS, "call", "technical") is Proof.STEPPED_UP
        customer_tickets.request(tx, ask, topic="technical", title="Change the contacts (by phone)", body="")
    desk.work()
    desk.click("U0RAJ", "contact_ask")
    desk.submit("U0RAJ", code=shows(desk, made))
    desk.click("U0RAJ", "contact_ask")
    left = desk.submit("U0RAJ", do="remove", holds=[])
    assert left is not None
    assert "Please choose who it is about." in str(left.errors)
    left = desk.submit("U0RAJ", do="remove", person="raj.patel", holds=[])
    assert left is not None
    assert "handed over first" in str(left.errors)
    desk.submit("U0RAJ", do="change", person="mia.chen", holds=["manage_support", "manage_services"])
    assert "It waits for a confirmation." in shown(desk, "U0RAJ")
    assert held(desk, TIDEWORKS, "mia.chen") == {"manage_support"}
