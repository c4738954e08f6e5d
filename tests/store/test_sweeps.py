"""What is over is deleted, or changed, in pieces: nobody waits for a million rows, and nothing is left of them."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from sqlalchemy import delete, func, insert, select

from deskgate.sweeps import SWEEPS
from store import tables
from store.db import sweeping
from store.jobs import job_queue
from store.security import alerts
from store.tickets import ticket_presence
from tests.desk import Desk
from tests.statements import watched

# Whose own statements delete or change: one row after the other, or so many at once by a bound of their own.
BOUNDED = {"store.security.budgets", "store.messages.edits", "store.tickets.login_details"}
MANY = 2 * sweeping.AT_ONCE + 1


def warnings(desk: Desk, many: int, at: int) -> None:
    row = {"kind": "no_case", "audience": "desk", "subject": "staff:1", "account_id": 1, "detail": "", "at": at}
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.alerts), [row | {"dedupe_key": f"{at}:{n}"} for n in range(many)])


def left(desk: Desk) -> int:
    with desk.store.transaction("test") as tx:
        return int(tx.connection.execute(select(func.count()).select_from(tables.alerts)).scalar_one())


@pytest.mark.both_databases
def test_much_that_is_over_goes_in_pieces(desk: Desk) -> None:
    warnings(desk, MANY, desk.now - alerts.KEPT - 1)
    warnings(desk, 3, desk.now - alerts.KEPT)
    with desk.store.transaction("test") as tx:
        assert alerts.sweep(tx)
    assert left(desk) == MANY + 3 - sweeping.AT_ONCE
    seen = list[str]()
    with watched(desk.store.engine, seen.append):
        desk.container.worker.sweep()
    assert sum(one.startswith("DELETE FROM alerts") for one in seen) == 2, "as often as there may be more"
    assert left(desk) == 3, "what is not over stays"


@pytest.mark.both_databases
def test_whatever_the_key_is_of_two_columns_as_well(desk: Desk) -> None:
    p, late = tables.ticket_presence, desk.now - ticket_presence.THERE
    with desk.store.transaction("test") as tx:
        ticket = {"topic": "technical", "kind": "problem", "title": "", "status": "open", "channel": "phone"}
        number = tx.connection.execute(
            insert(tables.tickets).values(opened_at=1, **ticket).returning(tables.tickets.c.number)
        ).scalar_one()
        rows = [{"ticket": number, "staff_id": n, "seen_at": late - (n == 1), "writing_at": 0} for n in (1, 2)]
        tx.connection.execute(insert(p), rows)
        assert not ticket_presence.sweep(tx)
        assert tx.connection.execute(select(p.c.staff_id)).scalars().all() == [2]
        tx.connection.execute(delete(p))


@pytest.mark.both_databases
def test_what_is_changed_is_so_in_pieces_as_well(desk: Desk) -> None:
    """A clock has been put right: so much work waits for a time that is years ahead."""
    w = tables.jobs.c
    row = {"kind": "of_nobody", "payload": "{}", "run_at": desk.now + 2 * job_queue.LONGEST, "attempts": 0}
    late = select(func.count()).where(w.run_at > desk.now + job_queue.LONGEST)
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.jobs), [row | {"key": f"{n}", "created_at": desk.now} for n in range(MANY)])
        assert job_queue.sweep(tx)
        assert tx.connection.execute(late).scalar_one() == MANY - sweeping.AT_ONCE
    desk.container.worker.sweep()
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(late).scalar_one() == 0


def test_every_sweep_deletes_and_changes_in_pieces() -> None:
    sources = {sweep.__module__: ast.unparse(ast.parse(inspect.getsource(sweep))) for sweep in SWEEPS}
    found = {module for module, source in sources.items() if re.search(r"\b(delete|update)\(", source)}
    assert len(SWEEPS) > 25
    assert found == BOUNDED
