"""A desk whose customers have made API keys, and used them: for filling.py."""

from __future__ import annotations

from typing import Any, Final

from benchmarks import filling_notices
from store import tables

OF_PEOPLE: Final[dict[Any, dict[str, str]]] = {
    tables.api_keys: {"person_id": "n", "account_id": "1 + n % {accounts}", "digest": "'d' || n", "made_at": "{at}"}
    | {"name": "''", "hint": "''", "scope": "'billing.view'", "ends_at": "{now} + n * {apart}"},
    tables.api_answers: {"key_id": "n", "digest": "'d' || n", "request": "''", "answer": "{bytes}", "at": "{at}"},
    **filling_notices.OF_PEOPLE,
}
