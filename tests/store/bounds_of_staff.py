"""What a grant of the whole desk's does not open where it is of one account, or was not agreed to: for test_bounds.py."""

from __future__ import annotations

from typing import Final

from authz import Action
from tests.store.bounds_of_calls import ANA, BAKERY, Case, of

SWITCH, LEDGER = Action.DESK_THREAT_SWITCH, Action.DESK_LEDGER_READ
OF_STAFF: Final[dict[str, list[Case]]] = {
    "threat_mode.switch": [
        (of(ANA, SWITCH), lambda f, tx, g: f(tx, g, False)),
        (of(ANA, SWITCH), lambda f, tx, g: f(tx, g, False, asked_by=2)),
        (of(ANA, SWITCH, BAKERY), lambda f, tx, g: f(tx, g, True)),
    ],
    "drill_runs.look": [(of(ANA, LEDGER, BAKERY), lambda f, tx, g: f(tx, g, 1))],
    "drill_runs.of_all": [(of(ANA, LEDGER, BAKERY), lambda f, tx, g: f(tx, g))],
}
