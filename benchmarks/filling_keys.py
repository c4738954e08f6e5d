"""A desk whose customers have made API keys, and used them, and were verified for other systems: for filling.py."""

from __future__ import annotations

from typing import Any, Final

from benchmarks import filling_notices
from store import tables

OF_PEOPLE: Final[dict[Any, dict[str, str]]] = {
    tables.api_keys: {"person_id": "n", "account_id": "1 + n % {accounts}", "digest": "'d' || n", "made_at": "{at}"}
    | {"name": "''", "hint": "''", "scope": "'billing.view'", "ends_at": "{now} + n * {apart}"},
    tables.api_answers: {"key_id": "n", "digest": "'d' || n", "request": "''", "answer": "{bytes}", "at": "{at}"},
    tables.verification_requests: {"key_id": "n", "person_id": "n", "account_id": "1 + n % {accounts}", "callback": "n"}
    | {"asked_by": "''", "action": "'billing.view'", "way": "'callback'", "state": "'ended'", "why": "'late'"}
    | dict.fromkeys(("made_at", "ends_at", "ended_at", "until"), "{at}"),
    **filling_notices.OF_PEOPLE,
}
