"""What a grant of the whole desk's does not open where it is of one account, or was not agreed to: for test_bounds.py."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import insert

from authz import Action
from store import Transaction, tables
from store.messages.opening_exceptions import OpeningException
from tests.store.bounds_of_calls import ANA, BAKERY, KIM, Case, of


def played(tx: Transaction) -> int:
    """A drill of Kim's that is over."""
    row = {"staff_id": KIM.staff, "script": "sim_swap", "started_at": 1, "ended_at": 2, "acts": "[]", "told": 0}
    id: int = tx.connection.execute(
        insert(tables.drills).values(**row, verdict="held").returning(tables.drills.c.id)
    ).scalar_one()
    return id


SWITCH, LEDGER = Action.DESK_THREAT_SWITCH, Action.DESK_LEDGER_READ
OF_STAFF: Final[dict[str, list[Case]]] = {
    "threat_mode.switch": [
        (of(ANA, SWITCH), lambda f, tx, g: f(tx, g, False)),
        (of(ANA, SWITCH), lambda f, tx, g: f(tx, g, False, asked_by=2)),
        (of(ANA, SWITCH, BAKERY), lambda f, tx, g: f(tx, g, True)),
    ],
    "staff_list.set_higher": [
        (of(ANA, SWITCH), lambda f, tx, g: f(tx, g, KIM.staff, "supervisor", asked_by=ANA.staff)),
        (of(ANA, SWITCH, BAKERY), lambda f, tx, g: f(tx, g, KIM.staff, "supervisor", asked_by=3)),
    ],
    "opening_exceptions.put": [
        (of(ANA, SWITCH, BAKERY), lambda f, tx, g: f(tx, g, OpeningException(date(2026, 12, 25), None, "")))
    ],
    "drill_runs.look": [(of(ANA, LEDGER, BAKERY), lambda f, tx, g: f(tx, g, played(tx)))],
    "drill_runs.of_all": [(of(ANA, LEDGER, BAKERY), lambda f, tx, g: played(tx) and f(tx, g))],
}
