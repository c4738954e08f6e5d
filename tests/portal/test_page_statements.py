"""How many statements a page of the desk takes, and that what a ticket is about is read once for one page, and anew where it has changed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

import store
from authz import Action, Ask, Grant, Proof, Subject
from store.messages import timeline
from store.tickets import agent_tickets
from tests.desk import Desk
from tests.portal.test_insider import signed_in
from tests.portal.test_queue import queued
from tests.statements import watched

ABOUT: Final = (
    "SELECT tickets.account_id, tickets.topic, tickets.status, tickets.opened_by, tickets.kind, tickets.customer_status"
)
AT_MOST: Final = {
    "/desk": 16,
    "/desk/tickets": 13,
    "/desk/tickets?q=site": 20,
    "/desk/tickets/{number}": 41,
    "/desk/wall": 15,
}
STANDS: Final = {
    "_RETITLE",
    "say_in_title",
    "scrub",
    "set_priority",
    "_STARTED",
}  # what these change, `About` does not say


@pytest.mark.both_databases
def test_pages_take_so_many_statements_and_no_more(desk: Desk) -> None:
    kim = signed_in(desk)
    queued(desk, {})
    for path, most in AT_MOST.items():
        seen = list[str]()
        kim.get(path.format(number=1001))
        with watched(desk.store.engine, seen.append):
            assert kim.get(path.format(number=1001)).status_code == 200
        sent = [one for one in seen if not one.startswith("BEGIN")]
        assert most - 4 <= len(sent) <= most, (path, len(sent), sent)
        assert sum(one.startswith("SELECT staff.role") for one in sent) == 1, path
        assert sum(one.startswith(ABOUT) for one in sent) == ("number" in path), path


@pytest.mark.both_databases
def test_a_ticket_that_was_changed_is_read_anew(desk: Desk) -> None:
    kim = signed_in(desk)
    queued(desk, {})
    staff = kim.staff
    with desk.store.transaction("test") as tx:
        about = timeline.about(tx, 1001)
        assert about is not None
        assert (about.status, timeline.about(tx, 1001)) == ("open", about)
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_TICKET_WORK, about.account, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert agent_tickets.set_status(tx, grant, 1001, "closed")
        closed = timeline.about(tx, 1001)
        assert closed is not None
        assert closed.status == "closed"


def test_whatever_changes_what_a_ticket_is_about_says_so() -> None:
    changes, says = set[str](), set[str]()
    for path in Path(str(store.__file__)).parent.rglob("*.py"):
        for part in ast.parse(path.read_text("utf-8")).body:
            words = ast.unparse(part)
            name = getattr(part, "name", words.partition(" ")[0].partition(":")[0])
            changes |= {name} if "update(tables.tickets)" in words or "update(_t)" in words else set()
            says |= {name} if "timeline.changed(tx, " in words else set()
    assert len(changes) > 6
    assert changes - STANDS == says
