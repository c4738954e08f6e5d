"""Every key asks anew: a right that went in the middle of a call is gone, and nothing that was spoken is lost with it.

T14, T19
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from authz import Subject
from store import tables
from tests import rights
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, change, count, rows, set_state, state_of

pytestmark = pytest.mark.both_databases

MESSAGE = "Press 6 to leave us a message."
SUPPORT = "You may not ask for support on this account."
ON_THE_PAGES = "Sign in on the web to see what is yours."
DEV, TIDEWORKS = "+441632960102", "400639"


def caller_of(desk: Desk, number: str = "+441632960108") -> Caller:
    return Caller(Wire(desk), number)


def account(number: str) -> Any:
    a = tables.accounts.c
    return select(a.id).where(a.number == number).scalar_subquery()


def person(username: str) -> Any:
    p = tables.people.c
    return select(p.id).where(p.username == username).scalar_subquery()


def holds(username: str, number: str, held: str) -> Any:
    c = tables.contacts.c
    return rights.held(held, c.account_id == account(number), c.person_id == person(username))


def removed(username: str, number: str) -> Any:
    c = tables.contacts.c
    return tables.contacts.delete().where(c.account_id == account(number), c.person_id == person(username))


def status(number: str, word: str) -> Any:
    return update(tables.accounts).where(tables.accounts.c.number == number).values(status=word)


def raj(desk: Desk) -> Caller:
    """Raj holds everything at Tideworks."""
    caller = caller_of(desk, "+441632960107")
    caller.prove(pin="53960281")
    return caller


# --- withdrawn before the key


@pytest.mark.parametrize(
    ("key", "told", "why"),
    [
        ("1", "Press 1 for something technical.", SUPPORT),
        ("2", "There are no tickets on this account yet.", SUPPORT),
        ("3", "Invoice M S 9 0 0 1", "You may not hear about billing on this account."),
        ("3", "Invoice M S 9 0 0 1", SUPPORT),
        ("4", "Miniserver tide-web is running.", "You may not hear about services on this account."),
        ("4", "Miniserver tide-web is running.", SUPPORT),
        ("5", "We are ringing the emergency line.", SUPPORT),
        ("0", "We are ringing the desk.", SUPPORT),
    ],
)
def test_a_right_withdrawn_is_gone_at_the_next_key(one_desk: Desk, key: str, told: str, why: str) -> None:
    """And the right to support takes every other with it."""
    before, after = raj(one_desk), raj(one_desk)
    assert f"Press {key} " in " ".join(before.answer.said)
    assert before.key(key).said[0].startswith(told)
    left = "manage_users,manage_billing,manage_services" if why == SUPPORT else "manage_support"
    change(one_desk, *holds("raj.patel", TIDEWORKS, left))
    refused = after.key(key)
    assert refused.said[0] == why
    assert f"Press {key} " not in " ".join(refused.said[1:])
    assert count(one_desk, tables.tickets) == 0


def test_the_menu_says_what_is_allowed_at_this_moment(desk: Desk) -> None:
    caller = raj(desk)
    change(desk, *holds("raj.patel", TIDEWORKS, "manage_services,manage_support"))
    assert [said[6] for said in caller.key("9").said] == ["1", "2", "4", "5", "0", "9"]
    change(desk, *holds("raj.patel", TIDEWORKS, "manage_services,manage_users,manage_billing"))
    nothing = [SUPPORT, ON_THE_PAGES, MESSAGE, "Press 9 to hear this again."]
    assert caller.key("9").said == nothing, "nobody else there could give it"
    change(desk, removed("raj.patel", TIDEWORKS))
    gone = ["You are no longer on this account.", "Please ask whoever looks after the account, then call again."]
    assert caller.key("9").said == [*gone, MESSAGE, "Press 9 to hear this again."]
    assert caller.key("3").said[:2] == gone


def test_an_account_closed_or_suspended_meanwhile(one_desk: Desk) -> None:
    caller, mia = raj(one_desk), caller_of(one_desk)
    mia.prove()
    change(one_desk, status(TIDEWORKS, "suspended"))
    assert mia.key("1").said[0] == "This account is suspended, so you may not open tickets now."
    assert caller.key("5").said[0] == "This account is suspended, so you may not use the emergency line now."
    assert caller.key("3").said[0].startswith("Invoice"), "what is owed is still told"
    change(one_desk, status(TIDEWORKS, "closed"))
    assert caller.key("4").said[0] == "This account is closed, so you may not hear about services."
    assert caller_of(one_desk).prove().said[0] == "That did not match. Please try again.", (
        "nobody but the owner is let in any more"
    )


@pytest.mark.parametrize("word", ["suspended", "closed"])
def test_who_is_named_can_help(one_desk: Desk, word: str) -> None:
    """Whoever manages contacts cannot open an account again: they are not named for that."""
    caller = caller_of(one_desk)
    caller.prove()
    change(one_desk, status(TIDEWORKS, word))
    assert "can give you that" not in " ".join(caller.key("1").said)


# --- withdrawn while speaking


@pytest.mark.parametrize(
    "loses", [[removed("mia.chen", TIDEWORKS)], holds("mia.chen", TIDEWORKS, "")], ids=["contact", "right"]
)
def test_what_was_spoken_waits_when_the_right_went_meanwhile(desk: Desk, loses: Any) -> None:
    caller = caller_of(desk)
    caller.prove()
    caller.key("1")
    caller.key("1")
    change(desk, *loses)
    assert "the desk will look at it" in caller.say().said[0]
    t = tables.tickets.c
    assert rows(desk, select(t.status, t.opened_by, t.account_id == account(TIDEWORKS))) == [("pending", None, True)]
    assert rows(desk, select(tables.messages.c.author, tables.messages.c.recording)) == [
        (Subject.of_person(rows(desk, select(person("mia.chen")))[0][0]), "RE" + caller.sid[2:])
    ]
    assert not any(said.startswith("Press 2") for said in caller.answer.said)


def test_a_right_withdrawn_while_waiting_for_a_person(desk: Desk) -> None:
    caller = caller_of(desk)
    caller.prove()
    caller.key("0")
    desk.work()
    (agent,) = (leg for leg in desk.exchange.legs.values() if leg.state == "ringing")
    agent.answer()
    change(desk, *holds("mia.chen", TIDEWORKS, ""))
    agent.press("1")
    assert agent.heard[-1] == "The caller has gone. Goodbye.", "nobody is told who it was"
    assert caller.key("").said[0] == SUPPORT


def test_whoever_hangs_up_after_their_right_was_withdrawn_is_kept_for_the_desk(desk: Desk) -> None:
    caller = caller_of(desk)
    caller.prove()
    caller.key("0")
    desk.work()
    change(desk, *holds("mia.chen", TIDEWORKS, ""))
    caller.hang_up()
    t = tables.tickets.c
    assert rows(desk, select(t.status, t.opened_by, t.account_id == account(TIDEWORKS))) == [("pending", None, True)]


# --- accounts


def test_the_digits_of_the_accounts_stay_when_one_goes(desk: Desk) -> None:
    caller = caller_of(desk, DEV)
    assert caller.prove(pin="48291537").said[2:5] == [
        "Press 1 for Harbour Bakery.",
        "Press 2 for Northlight Studio.",
        "Press 3 for Tideworks Ltd.",
    ]
    change(desk, removed("dev.anand", "200417"))
    again = caller.key("9")
    assert [said for said in again.said if said.startswith("Press")] == [
        "Press 2 for Northlight Studio.",
        "Press 3 for Tideworks Ltd.",
    ]
    assert caller.key("2").said[0] == "Northlight Studio."


def test_an_account_of_others_is_not_found_by_its_number(desk: Desk) -> None:
    change(desk, removed("dev.anand", "200417"))
    caller = caller_of(desk, DEV)
    caller.prove(pin="48291537")
    for number in ("200417", "999999", "0", "400639*", "4006390"):
        assert caller.key(number).said[0] == "That is not one of the choices."
    assert caller.key("400639").said[0] == "Tideworks Ltd."


# --- tickets of others


def a_ticket_of(desk: Desk, number: str, username: str, topic: str = "technical", **more: Any) -> int:
    row = {
        "title": "Slow server",
        "status": "open",
        "kind": "problem",
        "channel": "portal",
        "opened_at": desk.now,
    }
    values = {**row, "account_id": account(number), "opened_by": person(username), "topic": topic, **more}
    change(desk, tables.tickets.insert().values(**values))
    made: int = rows(desk, select(func.max(tables.tickets.c.number)))[0][0]
    change(desk, tables.messages.insert().values(ticket=made, author="person:1", body="help", at=desk.now))
    return made


def test_a_reply_appends_and_opens_a_closed_ticket_again(desk: Desk) -> None:
    number = a_ticket_of(desk, TIDEWORKS, "mia.chen", status="closed")
    caller = caller_of(desk)
    caller.prove()
    assert "It is closed." in caller.key("2").said
    caller.key("1")
    assert caller.say().said[0] == f"Thank you. That is added to ticket {' '.join(str(number))}."
    assert rows(desk, select(tables.tickets.c.number, tables.tickets.c.status)) == [(number, "open")]
    assert count(desk, tables.messages, tables.messages.c.ticket == number) == 2


def test_only_tickets_of_the_account_and_topic_are_heard_and_answered(desk: Desk) -> None:
    others = a_ticket_of(desk, "200417", "olivia.hart")
    billing = a_ticket_of(desk, TIDEWORKS, "raj.patel", topic="billing")
    caller = caller_of(desk)
    caller.prove()
    assert caller.key("2").said[0] == "There are no tickets on this account yet."
    mine = a_ticket_of(desk, TIDEWORKS, "mia.chen")
    caller.key("2")
    caller.key("1")
    for other in (others, billing):  # as if the call had been told another number
        told = state_of(desk, caller.sid)
        assert told.told == mine
        set_state(desk, caller.sid, replace(told, told=other))
        assert "the desk will look at it" in caller.say(f"RE{other:032x}").said[0]
        assert count(desk, tables.messages, tables.messages.c.ticket == other) == 1
        caller.key("2")
        caller.key("1")


def test_the_right_to_reply_withdrawn_while_speaking(desk: Desk) -> None:
    number = a_ticket_of(desk, TIDEWORKS, "mia.chen")
    caller = caller_of(desk)
    caller.prove()
    caller.key("2")
    caller.key("1")
    change(desk, *holds("mia.chen", TIDEWORKS, ""))
    caller.say()
    assert count(desk, tables.messages, tables.messages.c.ticket == number) == 1
    assert rows(desk, select(tables.tickets.c.status).order_by(tables.tickets.c.number)) == [("open",), ("pending",)]
