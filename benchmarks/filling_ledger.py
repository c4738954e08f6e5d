"""Of a desk that has been at work for long: its ledger. For filling.py."""

from __future__ import annotations

from typing import Any, Final

from store import tables

DAY: Final = 24 * 3_600_000  # ms
A_SEGMENT: Final = 1_000  # entries in each
OLDER: Final = 1_000  # segments of before this month, which are kept for ever: each of a day
PAST: Final[dict[Any, dict[str, str]]] = {
    tables.ledger: {
        "segment": f"'00000000' || ({10_000_001 + OLDER} + (n - 1) / {A_SEGMENT})",
        "n": f"1 + (n - 1) % {A_SEGMENT}",
        "at": "{at}",
        "who": "'person:' || (1 + n % {people})",
        "account": "1 + n % {accounts}",
        "action": "'offer'",
        "decision": "'allowed'",
        "rules": "''",
        "proof": "''",
        "channel": "'phone'",
        "fields": "'ticket.number'",
        "mac": "{bytes}",
    },
    tables.checkpoints: {"n": "n", "at": "{at}", "key": "'k'", "heads": "'[]'", "mac": "{bytes}"},
}
SEGMENTS: Final = {
    "id": f"CASE WHEN n <= {OLDER} AND n % 2 = 0 THEN 'ffffffff' ELSE '00000000' END || (10000000 + n)",
    "key": "'k'",
    "opened_at": f"{{now}} - CASE WHEN n > {OLDER} THEN ({{many}} - n + 1) * ({30 * DAY} / ({{many}} - {OLDER}))"
    f" ELSE {31 * DAY} + ({OLDER} - n) * {DAY} END",
    "mac": "{bytes}",
}


def segments(entries: int) -> int:
    """How many there are with so many entries of this month."""
    return OLDER + max(entries // A_SEGMENT, 1)
