"""Why a piece of later work cannot be done now."""

from __future__ import annotations


class Later(Exception):
    """Put it back for `seconds`, or with the usual back-off. The words are for the operator: no secrets, one line."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds
