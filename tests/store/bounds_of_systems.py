"""What a grant of another system of the operator's reaches: for test_bounds.py."""

from __future__ import annotations

from typing import Final

REACH_ALL: Final = {"account_lines.bring": "the operator's system's, which brings any account"} | dict.fromkeys(
    (
        *(f"verification_requests.{n}" for n in ("ask", "find", "names", "own", "why_not", "withdraw")),
        *("callbacks.ask_for_key", "callbacks.why_not_for_key"),
    ),
    "the operator's system's, which may ask for anybody; of what it asked its own alone: tests/api/test_verification_ends.py",
)
