"""T21: nobody talks the desk into what it cannot do: no rank holds a customer's right, and no proof makes it one."""

from __future__ import annotations

import ast
from itertools import combinations
from pathlib import Path

import pytest

from authz import (
    CELLS,
    DESK_ACTIONS,
    Action,
    Ask,
    Denied,
    Proof,
    Reason,
    Standing,
    Status,
    Subject,
    Topic,
    judge,
    load_schemes,
)

ROOT = Path(__file__).parents[2]
DESK = load_schemes()["desk"]
RANKS = [frozenset(held) for size in range(len(DESK.words) + 1) for held in combinations(DESK.words, size)]


@pytest.mark.parametrize("cell", CELLS)
def test_no_rank_of_the_desk_does_what_a_customer_does(cell: str) -> None:
    """Changing contacts, numbers and login details, moving or cancelling a service: 64 holdings, 4 proofs, on any account."""
    action, _, topic = cell.partition(":")
    for held in RANKS:
        for account in (None, 1):
            standing = Standing(Subject("staff:3"), account, DESK, Status.ACTIVE, held, frozenset())
            for proof in Proof:
                verdict = judge(
                    Ask(Subject("staff:3"), Action(action), account, Topic(topic) if topic else None, proof), standing
                )
                assert isinstance(verdict, Denied)
                assert verdict.reason in (Reason.NO_RIGHT, Reason.UNVERIFIED)


def test_the_desk_has_no_action_that_changes_who_a_customer_is() -> None:
    assert {str(action) for action in DESK_ACTIONS} == {
        "desk.deliver",
        "desk.ticket.work",
        "desk.card.view",
        "desk.proof.ask",
        "desk.pin.reissue",
        "desk.ledger.read",
        "desk.threat.switch",
        "desk.staff.manage",
        "desk.operate",
        "desk.accounts.read",
        "desk.accounts.write",
        "desk.tickets.read",
        "desk.decisions.read",
        "desk.verifications.write",
        "desk.notices.write",
        "desk.reports.read",
        "desk.webhooks.write",
        "desk.help_desk",
    }


def calls_of(name: str) -> set[str]:
    """The files that call a function of `store`, by the name of its module: `pins.put`."""
    found = set()
    for room in ("bot", "deskgate", "ivr", "portal", "store", "simulator"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                    found.add(str(path.relative_to(ROOT)))
    return found


def test_a_pin_is_set_by_its_owner_or_by_the_operator_and_nowhere_else() -> None:
    assert calls_of("pins.put") == {
        "store/verification/pin_changes.py",
        "store/imports/people_rows.py",
    }
