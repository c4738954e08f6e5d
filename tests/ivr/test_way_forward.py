"""E7, E19: what a refusal by phone names, on accounts in every state."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from store import tables
from tests.desk import Desk
from tests.ivr.proving import DEV, LEO, MIA, RAJ, TOM, at_menu
from tests.ivr.test_rights import TIDEWORKS, account, holds, person, status
from tests.ivr.wire import Caller, change

SUSPENDED = "This account is suspended, so you may not {} now."
OR = "Or press 6 to leave us a message."
ELSE = "Anything else? Press 9 for the menu, or hang up."


def refused(caller: Caller, key: str) -> list[str]:
    """What is said before they are asked what else, and that they can leave a message."""
    said = caller.key(key).said
    assert said[said.index(ELSE) - 1] == OR
    return said[: said.index(OR)]


def test_e7_only_the_owner_is_named_for_what_the_owner_alone_may(one_desk: Desk) -> None:
    """E7: the other administrator is not said to change it."""
    change(one_desk, *holds(TOM, "200417", "admin"))
    caller = at_menu(one_desk, DEV)
    for key in ("1", "1", "3", "4"):  # Harbour Bakery, a ticket, a change, close the account
        caller.key(key)
    told = caller.answer.said
    assert told[:3] == [
        "You may not close the account on this account.",
        "That is for the owner.",
        "Only Olivia Hart can do that.",
    ]
    assert "Tom Reyes" not in " ".join(told)


def test_e7_who_lacks_a_permission_gives_it_to_nobody(one_desk: Desk) -> None:
    change(one_desk, *holds(DEV, TIDEWORKS, "manage_users"))
    told = refused(at_menu(one_desk, MIA), "4")
    assert told[-2:] == ["Raj Patel can give you that right.", "Please ask, then call again."]


@pytest.mark.parametrize(("key", "what"), [("1", "open tickets"), ("5", "use the emergency line")])
def test_e19_on_a_suspended_account_it_is_said_who_can_do_something_about_it(
    one_desk: Desk, key: str, what: str
) -> None:
    """E19: a billing ticket is what can be opened, and whoever can open it is named."""
    raj, mia = at_menu(one_desk, RAJ), at_menu(one_desk, MIA)
    change(one_desk, status(TIDEWORKS, "suspended"))
    named = "Raj Patel can open a billing ticket about the suspension."
    assert refused(mia, key) == [SUSPENDED.format(what), named]
    if key == "5":
        assert refused(raj, key) == [SUSPENDED.format(what), "You can open a billing ticket about the suspension."]
    assert raj.key("1").said == [
        "This account is suspended, so what you say now goes to billing, and they will answer it.",
        *("This message is recorded.", "Please speak after the tone, and press hash when you are done."),
    ], "which he can, and hears why it is one"
    assert raj.say().said[:2] == ["Thank you. Your ticket is open.", "The ticket number is 1 0 0 1."]


def test_e19_on_a_closed_account_its_owner_is_sent_to_have_it_reopened(one_desk: Desk) -> None:
    """E19: and how, tests/ivr/test_requests.py."""
    raj = at_menu(one_desk, RAJ)
    change(one_desk, status(TIDEWORKS, "closed"))
    for key, what in (("4", "hear about services"), ("0", "get support by phone")):
        assert refused(raj, key) == [
            f"This account is closed, so you may not {what}.",
            "To have it reopened, press 1.",
        ]
    closed = "This account is closed. What is left is billing, and having it reopened."
    assert raj.key("1").said[:2] == [closed, "Press 2 for something about billing."]


def test_e19_without_an_sla_nobody_is_sent_to_a_ticket_they_cannot_open(one_desk: Desk) -> None:
    caller = at_menu(one_desk, MIA)
    change(one_desk, update(tables.services).values(managed_sla=False))
    assert refused(caller, "5") == ["No service here has emergency cover.", "You can open a ticket instead."]
    change(one_desk, status(TIDEWORKS, "suspended"))
    told = refused(caller, "5")
    about = "Raj Patel can open a billing ticket about the suspension."
    assert told == ["No service here has emergency cover.", "This account is suspended.", about]


def test_e19_a_lent_right_is_one_by_phone_too(one_desk: Desk) -> None:
    """E19: what a refusal says can be lent brings the right to ask for it at every channel: one ticket, and to follow it."""
    leo = at_menu(one_desk, LEO)
    assert refused(leo, "1")[0] == "You may not ask for support on this account."
    row = {
        "account_id": account(TIDEWORKS),
        "lender": person(RAJ),
        "borrower": person(LEO),
        "cell": "ticket.open:technical",
    }
    row |= {"one_ticket": True, "lent_at": one_desk.now, "ends_at": one_desk.now + 3_600_000}
    change(one_desk, insert(tables.delegations).values(**row))
    assert "Press 1 to open a ticket." in leo.key("9").said
    leo.key("1")
    leo.key("1")
    assert leo.say().said[:2] == ["Thank you. Your ticket is open.", "The ticket number is 1 0 0 1."]
    assert "Press 1 to open a ticket." not in leo.key("9").said
    assert "Press 2 to hear your tickets." in leo.answer.said
    assert leo.key("2").said[0].startswith("Ticket 1 0 0 1")
