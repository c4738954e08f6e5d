"""Of a desk that has been at work for long: what its people looked at, what took two of them, and the drills they played. For filling.py."""

from __future__ import annotations

from typing import Any, Final

from store import tables

OVER: Final = "CASE WHEN {new} THEN NULL ELSE {at} END"
PAST: Final[dict[Any, dict[str, str]]] = {
    tables.drills: {
        "id": "n",
        "staff_id": "1 + n % 5",
        "script": "'sim_swap'",
        "started_at": "{at}",
        "ended_at": OVER,
        "acts": "'[]'",
        "verdict": "'held'",
        "told": "0",
    },
    tables.account_access: {"id": "n", "staff_id": "1 + n % 5", "account_id": "1 + n % {accounts}", "at": "{at}"},
    tables.dual_control: {
        "id": "n",
        "action": "'pin_reissue'",
        "about": "'person:' || n",
        "asked_by": "1 + n % 5",
        "asked_at": "{at}",
        "status": "CASE WHEN {new} THEN 'open' ELSE 'agreed' END",
        "answered_at": OVER,
    },
}
STAFF: Final = {
    "id": "n",
    "username": "'agent.' || n",
    "name": "'Agent ' || n",
    "email": "'agent.' || n",
    "role": "CASE n WHEN 5 THEN 'supervisor' ELSE 'agent' END",
}
