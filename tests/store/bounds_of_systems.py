"""What a grant of another system of the operator's reaches: for test_bounds.py."""

from __future__ import annotations

from typing import Final

from authz import Action
from store import OPERATOR
from tests.store.bounds_of_calls import BAKERY, THEIRS, TIDEWORKS, Case, of

READ: Final = Action.DESK_TICKETS_READ
QUARANTINED: Final = 1003
BETWEEN: Final = {"since": 0, "until": 9, "after": None, "limit": 9}
OF_SYSTEMS: Final[dict[str, list[Case]]] = {
    "audit.piece": [
        (of(OPERATOR, Action.DESK_LEDGER_READ, BAKERY), lambda f, tx, g: f(tx, g, TIDEWORKS, **BETWEEN)),
        (of(OPERATOR, Action.DESK_LEDGER_READ, BAKERY), lambda f, tx, g: f(tx, g, None, **BETWEEN)),
    ],
    "operator_tickets.page": [(of(OPERATOR, READ, TIDEWORKS), lambda f, tx, g: f(tx, g, before=None, many=5))],
    "operator_tickets.one": [
        (of(OPERATOR, READ, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (of(OPERATOR, READ, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
    ],
}
NOTICES: Final = ("audience.may_send", "audience.named", "audience.numbered", "notice_delivery.send")
REACH_ALL: Final = {
    "audit.place_of": "where an entry stands: its time alone",
    "suspension.set_account": "the operator's, who suspends any account",
    "account_lines.bring": "the operator's system's, which brings any account",
    **dict.fromkeys(("change_feed.following", "change_feed.one"), "the operator's system's, which reads any account"),
    **dict.fromkeys((*NOTICES, *(f"notice_list.{n}" for n in ("find", "listed", "recipients"))), "of the whole desk"),
} | dict.fromkeys(
    (
        *(f"verification_requests.{n}" for n in ("ask", "find", "lock_own", "names", "own", "why_not", "withdraw")),
        *("callbacks.ask_for_key", "callbacks.why_not_for_key"),
    ),
    "the operator's system's, which may ask for anybody; of what it asked its own alone: tests/api/test_verification_ends.py",
)
