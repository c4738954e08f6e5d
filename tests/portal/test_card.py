"""What the agent's card shows for each caller, and which card it is: read as words, without a browser."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select, update

from authz import Action, Ask, At, Grant, Proof, Subject, Topic
from bot.text import phrases
from bot.views import agent_cards
from desk.actors import permit_worker
from simulator.phone import Phone
from store import tables
from store.calls import live_calls
from store.security import alerts
from store.tickets import customer_tickets, ticket_summary
from store.verification import step_ups
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.proving import MIA, RAJ
from tests.ivr.switchboard import asks, rings, taken
from tests.ivr.test_rights import TIDEWORKS, account, holds, person
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent, hire, nobody_signed_in
from tests.rights import held

OLIVIA = ("+441632960101", "73059184")


def signed_in(desk: Desk, username: str = "agent.kim") -> Agent:
    agent = Agent(desk, username)
    agent.sign_in()
    return agent


def answered(desk: Desk, caller: Phone) -> Phone:
    """On a phone of the desk; whose it is, nobody has said yet."""
    with nobody_signed_in(desk):
        taken(desk, caller)
    return caller


def on_the_phone(desk: Desk, kim: Agent, *who: str) -> Phone:
    """A caller whose card Kim has."""
    caller = asks(desk, *who)
    taken(desk, caller, kim.digits()["1"])
    kim.get("/desk")
    return caller


def message_from(desk: Desk, number: str, support_id: str) -> int:
    """The ticket of somebody who left a message instead of a PIN."""
    caller = desk.exchange.phone(number)
    caller.dial()
    for keys in (support_id, "*#"):
        caller.press(keys)
    caller.speak("it is down")
    desk.work()
    (ticket,) = rows(desk, select(tables.tickets.c.number))
    return int(ticket.number)


def test_what_they_may_be_told_stands_there_as_it_is_now_and_nothing_else(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    mia = on_the_phone(one_desk, kim)
    assert kim.words.count("tide-web") == 1, "to choose in the form, as by phone: its state stands nowhere"
    assert "311.20" not in kim.text
    mia.hang_up()
    on_the_phone(one_desk, kim, *OLIVIA)
    assert "Grid hosting harbourbakery.example running" in kim.words
    assert "MT-3307 20.00 USD due 2026-12-01" in kim.words
    change(one_desk, update(tables.invoices).where(tables.invoices.c.number == "MT-3307").values(status="paid"))
    assert "Nothing is owed" in kim.read("/desk")
    change(one_desk, *held("technical", tables.contacts.c.person_id == 1))
    kim.get("/desk")
    assert "Grid hosting" in kim.words
    assert "Owed" not in kim.words


def test_that_an_account_is_locked_stands_on_the_card_the_ticket_and_the_account(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    on_the_phone(one_desk, kim)
    locked = "The account is locked against changes. Nobody can change its people"
    assert locked not in kim.words
    change(one_desk, update(tables.accounts).values(locked_at=one_desk.now))
    with one_desk.store.transaction("portal") as tx:
        ask = Ask(Subject.of_person(8), Action.TICKET_OPEN, 3, Topic.TECHNICAL, Proof.VERIFIED, at=At.PAGES)
        grant = tx.ask(ask)
        assert isinstance(grant, Grant)
        number = customer_tickets.open(tx, grant, body="tide-web is slow")
    for page in ("/desk", f"/desk/tickets/{number}", "/desk/account/400639"):
        assert locked in kim.read(page), page
        assert "Only Raj Patel can unlock it, signed in on the account's pages" in kim.words
    with one_desk.store.transaction("worker") as tx:
        card = ticket_summary.card(tx, permit_worker(tx), number)
    assert card is not None
    said = json.dumps(agent_cards.card(phrases.load(), card, phone=True).blocks)
    assert "*The account is locked against changes.*" in said
    assert "Only Raj Patel can unlock it" in said


def test_e4_what_is_lent_for_one_topic_opens_nothing_of_another(one_desk: Desk) -> None:
    """E4: whoever may not ask for support, and is lent billing tickets, hears of those of their own, and of nothing else."""
    kim = signed_in(one_desk)
    on_the_phone(one_desk, kim)
    there, day = {"account_id": account(TIDEWORKS)}, 24 * 3_600_000
    mine = there | {
        "opened_by": person(MIA),
        "topic": "technical",
        "status": "open",
        "channel": "slack",
        "opened_at": 1,
    }
    loan = there | {"lender": person(RAJ), "borrower": person(MIA), "cell": "ticket.open:billing", "one_ticket": False}
    change(
        one_desk,
        *holds(MIA, TIDEWORKS, "purchase_services"),
        insert(tables.tickets).values(mine | {"kind": "service.order", "title": "One more server"}),
        insert(tables.tickets).values(mine | {"kind": "problem", "title": "It was down"}),
        insert(tables.delegations).values(loan | {"lent_at": one_desk.now, "ends_at": one_desk.now + day}),
    )
    kim.get("/desk")
    assert "What is marked lent is for their own tickets only, and ends by itself." in kim.words
    assert "Their own billing tickets only lent" in kim.words
    assert "Open billing tickets lent" in kim.words
    assert kim.words.count(" lent") == 4, "what they see, open and add to, and what the mark means"
    assert "They may not ask for support" in kim.words
    for technical in ("One more server", "It was down"):
        assert technical not in kim.words


def test_none_of_that_is_read_by_others(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    on_the_phone(one_desk, kim, *OLIVIA)
    facts = ("Grid hosting", "MT-3307", "20.00")
    assert all(word in kim.text for word in facts)
    assert not [word for word in facts if word in ana.get("/desk/calls/1").text]
    with one_desk.store.transaction("slack") as tx:
        found = live_calls.case(tx, permit_worker(tx), 1)
    assert found is not None
    assert (found.services, found.owed) == (None, None), "the channel is read by all of the desk"
    change(one_desk, update(tables.support_calls).values(proof=1))
    kim.get("/desk")
    assert not [word for word in facts if word in kim.text]


def test_a_call_that_is_nobodys_yet_comes_before_the_card_of_the_last(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    on_the_phone(one_desk, kim).hang_up()
    one_desk.work()
    one_desk.pass_time(130)
    kim.get("/desk")
    assert 'id="card"' in kim.text
    assert "Mia Chen" in kim.words
    assert "Talked to you for 0 s, until the caller hung up" in kim.words
    olivia = asks(one_desk, *OLIVIA)
    assert "1 waiting" in kim.read("/desk")
    answered(one_desk, olivia)
    kim.get("/desk/calls/1")
    assert "Mia Chen" in kim.words
    assert "ago. Is it yours?" in kim.words
    kim.get("/desk")
    assert 'id="card"' not in kim.text
    assert "Your call with Mia Chen" in kim.words, "under Just ended"
    assert "ago. Is it yours?" in kim.words
    kim.send("/desk/calls/2/mine")
    assert "Olivia Hart" in kim.words
    assert "Mia Chen" in kim.read("/desk/calls/1")


def test_of_several_calls_that_are_nobodys_yet_none_is_offered_before_the_others(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT | {"agent_number": "+441632960009,+441632960008"})
    kim = signed_in(desk)
    mia = asks(desk)
    _first, second = rings(desk)
    second.decline()
    answered(desk, mia)
    desk.pass_time(70)
    olivia = asks(desk, *OLIVIA)
    answered(desk, olivia)
    kim.get("/desk")
    assert "Choose the one you took just now" in kim.words
    assert kim.text.index("/desk/calls/2/mine") < kim.text.index("/desk/calls/1/mine")
    kim.send("/desk/calls/2/mine")
    assert "Olivia Hart" in kim.words
    desk.close()


def test_a_second_proof_that_failed_takes_nothing_from_the_first(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    on_the_phone(one_desk, kim)
    change(
        one_desk,
        update(tables.support_calls).values(
            requested_proof="second", requested_at=one_desk.now, verification_result="failed"
        ),
    )
    kim.get("/desk")
    assert "Second proof failed. What needs it stays closed, whatever the story; the rest is as below." in kim.words
    assert "Tell them nothing" not in kim.words
    assert "Verified by PIN" in kim.words


@pytest.mark.parametrize("sms", [{}, {"sms": "on", "sms_countries": "IE"}, {"sms": "on", "sms_countries": "GB"}])
def test_a_number_is_a_second_proof_only_where_text_messages_go_there(sample_sqlite: str, sms: dict[str, str]) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, **sms)
    kim = signed_in(desk)
    on_the_phone(desk, kim)
    works = sms.get("sms_countries") == "GB"
    assert ("On file for a second proof: number on file." in kim.words) is works
    assert ("They have nothing on file for a second proof." in kim.words) is not works
    desk.close()


def test_whoever_left_a_message_and_said_who_they_were_can_be_called_back(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    number = message_from(one_desk, "+441632960109", "10000099#")
    path = f"/desk/tickets/{number}"
    kim.get(path)
    assert "Leo" not in kim.words
    assert "Open again" not in kim.words
    kim.send(f"{path}/callback")
    assert "We are calling them on a number on file" in kim.words
    (called,) = rows(one_desk, select(tables.callbacks))
    assert (called.number, called.ticket) == ("+441632960109", number)
    kim.send(f"{path}/status", status="closed")
    assert "Open again" in kim.read(path)


def test_a_message_of_nobody_we_know_has_nobody_to_be_called_back(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    number = message_from(one_desk, "+441632960999", "#")
    kim.get(f"/desk/tickets/{number}")
    assert "we have nobody on file to call back" in kim.words
    assert f"/desk/tickets/{number}/callback" not in kim.text


def test_those_who_lead_see_that_there_is_something_to_look_into_and_whom_it_is_about(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    staff = Subject.of_staff(kim.staff)
    with one_desk.store.transaction("test") as tx:
        alerts.alert(tx, "duress", "CA1", subject=Subject("person:8"))
        alerts.alert(tx, "decoy", "1", subject=staff, account=3)
    assert "2 warnings to look into" in ana.read("/desk")
    assert "to look into" not in kim.read("/desk")
    ana.get("/desk/supervisors")
    assert "they are threatened Mia Chen" in ana.words
    assert "Kim Novak · Tideworks" in ana.words
    with one_desk.store.transaction("test") as tx:
        alerts.alert(tx, "pins_strangers", "1")
        alerts.alert(tx, "threat_off", "1")
    kim.get("/desk")
    assert "can only leave a message" in kim.words
    assert "switch is off again" not in kim.words
    for id in (1, 2, 3, 4):
        ana.get("/desk/supervisors")
        ana.send(f"/desk/supervisors/alerts/{id}")
    assert "to look into" not in ana.read("/desk")
    assert "the phone takes messages only" not in kim.read("/desk"), "somebody has looked into it"


def test_before_a_threat_is_switched_on_it_is_said_who_could_end_it(one_desk: Desk) -> None:
    ana = signed_in(one_desk, "lead.ana")
    assert "Nobody but you could agree to end it" in ana.read("/desk/supervisors")
    hire(one_desk, "lead.bo", "Bo Lind", "administrator")
    assert "Nobody but you" in ana.read("/desk/supervisors"), "who has not joined cannot agree"
    Agent(one_desk, "lead.bo")
    assert "one of you asks and Bo Lind agrees" in ana.read("/desk/supervisors")


@pytest.mark.parametrize("twice", [False, True])
def test_the_card_of_a_call_that_is_over_says_what_was_proved_and_gives_no_orders(one_desk: Desk, twice: bool) -> None:
    """Nothing is asked or told any more; what could be told is said of then, and of now nothing is shown."""
    kim = signed_in(one_desk)
    olivia = on_the_phone(one_desk, kim, *OLIVIA)
    (call,) = rows(one_desk, select(tables.support_calls))
    assert "MT-3307" in kim.words
    if twice:
        with one_desk.store.transaction("phone", call=call.call) as tx:
            step_ups.reached(tx, call.subject, call.account_id, "text", call.call, ends_at=tx.now + 60_000)
        one_desk.pass_time(61)
    olivia.hang_up()
    one_desk.work()
    kim.get("/desk")
    proved = "PIN and a second proof" if twice else "PIN, and no second proof"
    assert f"Proved in the call {proved} Could be told What is owed" in kim.words
    assert "The call has ended" in kim.words
    for order in ("Ask for", "May be told", "Not to be told", "May ask for", "Only after", "MT-3307", "Grid hosting"):
        assert order not in kim.words
    change(one_desk, update(tables.support_calls).values(requested_proof="pin", verification_result="failed"))
    kim.get("/desk")
    assert "Nobody had proved who this was" in kim.words
    assert "PIN failed." in kim.words
    for order in ("Ask for", "ask for proof", "Tell them nothing", "Olivia"):
        assert order not in kim.words
