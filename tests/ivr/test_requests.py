"""A change asked for by phone: offered to whom it could be allowed, given with a second proof, and never lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from tests.desk import Desk
from tests.ivr.proving import APP, OLIVIA, RAJ, TOM, at_menu, by_app, with_app
from tests.ivr.wire import Caller, change, count, rows
from tests.rights import held

CHANGE = "Press 3 to ask for a change."
NEEDED = "To cancel services we need a second proof of who you are."
SPEAK = [
    "This message is recorded.",
    "Please say after the tone what you want done, and press hash when you are finished.",
]
RUN_OUT = "Your second proof has run out meanwhile. What you said is kept as a draft, and the desk has not got it."


def asks_to_cancel(caller: Caller) -> list[str]:
    """What is heard then; one service is not asked for."""
    caller.key("1")
    caller.key("3")
    return caller.key("2").said


def tickets(desk: Desk) -> list[tuple[str, str, str, str, str | None]]:
    t = tables.tickets.c
    query = select(t.kind, t.status, t.topic, t.title, t.service).order_by(t.number)
    return [tuple(row) for row in rows(desk, query)]


CANCEL = (
    "service.cancel",
    "open",
    "technical",
    "Cancel a service: Grid hosting harbourbakery.example (by phone)",
    "grid-1",
)
DRAFT = (CANCEL[0], "draft", *CANCEL[2:])


def test_a_change_is_asked_for_with_a_second_proof(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    assert CHANGE in caller.key("1").said
    assert caller.key("3").said == [
        "What do you want changed?",
        "Press 1 to order a service.",
        "Press 2 to cancel a service.",
        "Press 3 to move a service to another account.",
        "Press 4 to close the account.",
        "Press 6 to change how bills are paid.",
        "Press 7 to add, change or remove people on the account.",
        "Press 8 to have login details sent.",
        "Press star to go back.",
    ]
    assert caller.key("2").said[:2] == [NEEDED, APP]
    by_app(caller, full, secret)
    assert caller.answer.said == ["Thank you. Your second proof is good for 15 minutes.", *SPEAK]
    assert caller.say().said[:3] == [
        "Thank you. The desk has your request.",
        "The ticket number is 1 0 0 1.",
        "Again: 1 0 0 1.",
    ]
    assert tickets(full) == [CANCEL]
    assert rows(full, select(tables.messages.c.recording)) == [("RE" + caller.sid[2:],)]
    e = tables.ledger.c
    judged = select(e.decision, e.proof).where(e.action == "service.cancel").order_by(e.at, e.n)
    assert [tuple(row) for row in rows(full, judged)] == [
        ("step_up", "verified"),
        ("allowed", "stepped-up"),
        ("allowed", "stepped-up"),
    ]
    assert asks_to_cancel(caller) == SPEAK, "no other proof is asked for meanwhile"


def test_after_its_minutes_the_next_one_needs_it_again(one_full: Desk) -> None:
    secret = with_app(one_full)
    caller = at_menu(one_full)
    asks_to_cancel(caller)
    by_app(caller, one_full, secret)
    caller.say()
    one_full.pass_time(15 * 60 + 1)
    assert asks_to_cancel(caller)[0] == NEEDED


def test_what_is_spoken_when_the_proof_has_run_out_is_a_draft_and_is_handed_in(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    asks_to_cancel(caller)
    by_app(caller, full, secret)
    full.pass_time(15 * 60 + 1)
    said = caller.say().said
    assert (said[0], said[3]) == (RUN_OUT, "To hand it in, press 8 and give a second proof.")
    assert tickets(full) == [DRAFT]
    told = caller.key("2").said
    assert "Press 3 to hand it in." in told
    assert "Press 1 to add to it." not in told
    assert caller.key("3").said[:2] == [NEEDED, APP]
    by_app(caller, full, secret)
    assert caller.answer.said[1] == "Thank you. Ticket 1 0 0 1 is with the desk now."
    assert tickets(full) == [CANCEL]
    caller.key("2")
    assert caller.key("3").said[0] == "Ticket 1 0 0 1 is with the desk already."


@pytest.mark.parametrize("minutes", [1, 16])
def test_who_hangs_up_while_speaking_loses_nothing(full: Desk, minutes: int) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    asks_to_cancel(caller)
    by_app(caller, full, secret)
    full.pass_time(minutes * 60)
    caller.hang_up()
    caller.recorded()
    full.work()
    assert tickets(full) == [CANCEL if minutes < 15 else DRAFT]
    caller.recorded()
    full.work()
    assert count(full, tables.tickets) == 1


def test_a_repeat_of_the_turn_is_one_request(one_full: Desk) -> None:
    secret = with_app(one_full)
    caller = at_menu(one_full)
    asks_to_cancel(caller)
    by_app(caller, one_full, secret)
    caller.recorded()
    one_full.pass_time(61)
    one_full.work()
    assert tickets(one_full) == [CANCEL], "kept by its own callback, as its turn did not come"
    assert caller.say().said[:2] == ["Thank you. The desk has your request.", "The ticket number is 1 0 0 1."]
    caller.again()
    assert tickets(one_full) == [CANCEL]


def test_a_right_that_went_while_speaking(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    asks_to_cancel(caller)
    by_app(caller, full, secret)
    change(full, *held("billing"))
    assert caller.say().said[0] == (
        "You can no longer ask for that. What you said is kept, and the desk will look at it."
    )
    assert [row[:3] for row in tickets(full)] == [("question", "pending", "technical")]


def test_without_anything_on_file_it_is_said_what_to_do(desk: Desk) -> None:
    said = asks_to_cancel(at_menu(desk))
    assert said[:3] == [
        NEEDED,
        "We have nothing on file by which you could give a second proof.",
        "In Slack you can set up an authenticator app: write authenticator to the desk. It counts three days after that.",
    ]
    assert count(desk, tables.tickets) == 0


def test_e13_giving_up_leads_back_step_by_step(one_full: Desk) -> None:
    with_app(one_full)
    caller = at_menu(one_full)
    asks_to_cancel(caller)
    assert caller.key("*").said[0] == "What do you want changed?"
    assert "Press 8 to give a second proof of who you are." in caller.key("*").said
    assert asks_to_cancel(caller)[0] == NEEDED, "and nothing of it is left"


def test_which_service_is_asked_where_there_are_several(one_full: Desk) -> None:
    secret = with_app(one_full, RAJ)
    caller = at_menu(one_full, RAJ)
    said = asks_to_cancel(caller)
    assert said[:3] == [
        "Which service is it about?",
        "Press 1 for Miniserver tide-web.",
        "Press 2 for Miniserver tide-dev.",
    ]
    assert caller.key("*").said[0] == "What do you want changed?"
    caller.key("2")
    assert caller.key("2").said[0] == NEEDED
    by_app(caller, one_full, secret)
    caller.say()
    assert tickets(one_full) == [
        ("service.cancel", "open", "technical", "Cancel a service: Miniserver tide-dev (by phone)", "ms-2")
    ]


def test_an_order_is_for_no_service_there_is(one_full: Desk) -> None:
    secret = with_app(one_full, RAJ)
    caller = at_menu(one_full, RAJ)
    caller.key("1")
    caller.key("3")
    assert caller.key("1").said[0] == "To order services we need a second proof of who you are."
    by_app(caller, one_full, secret)
    caller.say()
    assert tickets(one_full) == [("service.order", "open", "technical", "Order a service (by phone)", None)]


def test_whoever_has_one_topic_finds_it_under_8(one_full: Desk) -> None:
    """The technical contact may have login details sent, and opens tickets of one topic: no choice is put before that."""
    secret = with_app(one_full, TOM)
    caller = at_menu(one_full, TOM)
    assert caller.key("1").said[-1].startswith("Please speak after the tone")
    caller.key("1")
    caller.key("8")
    by_app(caller, one_full, secret)
    assert "Press 2 to ask for a change." in caller.key("8").said
    assert caller.key("2").said == [
        "What do you want changed?",
        "Press 8 to have login details sent.",
        "Press star to go back.",
    ]
    assert caller.key("8").said == SPEAK
    assert caller.say().said[0] == "Thank you. The desk has your request."
    assert [row[0] for row in tickets(one_full)] == ["service.credentials"]


def test_a_change_that_was_not_offered_is_refused_with_its_reason(one_full: Desk) -> None:
    secret = with_app(one_full, TOM)
    caller = at_menu(one_full, TOM)
    caller.key("8")
    by_app(caller, one_full, secret)
    caller.key("8")
    caller.key("2")
    assert caller.key("4").said[0] == "You may not close the account on this account."
    assert count(one_full, tables.tickets) == 0


def test_e13_a_ticket_that_is_no_draft_is_not_handed_in(one_full: Desk) -> None:
    caller = at_menu(one_full)
    caller.key("1")
    caller.key("1")
    caller.say()
    told = caller.key("2").said
    assert caller.key("3").said == ["That is not one of the choices.", *told]


def test_e13_an_open_account_is_not_opened_again(one_full: Desk) -> None:
    """E13: the owner who presses 5 all the same gives no second proof in vain, and is not told to ask themselves."""
    with_app(one_full)
    caller = at_menu(one_full, OLIVIA)
    caller.key("1")
    caller.key("3")
    assert caller.key("5").said[:2] == ["That is not one of the choices.", "What do you want changed?"]
    assert caller.key("2").said[0] == NEEDED


def test_a_closed_account_can_be_opened_again_and_its_bills_settled(full: Desk) -> None:
    """Whoever holds the right to support still asks, though there is nobody to talk to: about bills, and to have it reopened."""
    secret = with_app(full)
    change(full, update(tables.accounts).where(tables.accounts.c.number == "200417").values(status="closed"))
    caller = at_menu(full, OLIVIA)
    assert [said[6] for said in caller.answer.said[1:]] == ["1", "2", "3", "6", "7", "8", "9"]
    assert caller.key("0").said[:2] == [
        "This account is closed, so you may not get support by phone.",
        "To have it reopened, press 1.",
    ]
    assert caller.key("1").said == [
        "This account is closed. What is left is billing, and having it reopened.",
        "Press 2 for something about billing.",
        "Press 3 to ask for a change.",
    ]
    assert caller.key("3").said[:3] == [
        "What do you want changed?",
        "Press 5 to have the account reopened.",
        "Press 6 to change how bills are paid.",
    ]
    caller.key("5")
    by_app(caller, full, secret)
    assert caller.say().said[0] == "Thank you. The desk has your request."
    assert [row[:3] for row in tickets(full)] == [("account.reopen", "open", "billing")]
    caller.key("1")
    caller.key("2")
    assert caller.say().said[0] == "Thank you. Your ticket is open."
    assert caller.key("2").said[0].startswith("Ticket 1 0 0 1: Reopen the account")


def test_e19_a_draft_on_a_closed_account_is_handed_in_with_the_key_that_is_said(one_full: Desk) -> None:
    """E19: with the key that is said."""
    secret = with_app(one_full)
    change(one_full, update(tables.accounts).where(tables.accounts.c.number == "200417").values(status="closed"))
    caller = at_menu(one_full, OLIVIA)
    for key in ("1", "3", "5"):
        caller.key(key)
    by_app(caller, one_full, secret)
    one_full.pass_time(15 * 60 + 1)
    assert caller.say().said[3] == "To hand it in, press 8 and give a second proof."
    waits = "Your ticket 1 0 0 1, to have the account reopened, goes to the desk once you have given a second proof."
    assert caller.key("8").said[0] == waits
    by_app(caller, one_full, secret)
    assert caller.answer.said[1] == "Thank you. Ticket 1 0 0 1 is with the desk now."


def test_on_a_locked_account_no_change_is_offered_and_the_key_says_who_can_unlock(one_desk: Desk) -> None:
    secret = with_app(one_desk)
    caller = at_menu(one_desk)
    asks_to_cancel(caller)
    by_app(caller, one_desk, secret)
    caller.key("*")
    caller.key("*")
    assert CHANGE in caller.key("1").said
    change(one_desk, update(tables.accounts).values(locked_at=one_desk.now))
    said = " ".join(caller.key("3").said)
    assert "This account is locked against changes, so you may not order services now." in said
    assert "You locked it against changes. Unlock it on its page on the web first." in said
    assert CHANGE not in caller.key("1").said
    assert count(one_desk, tables.tickets) == 0
