"""Spans of time: how long something took, as people read it; and how long what is new on file proves nothing."""

from __future__ import annotations

from typing import Final

COOLING: Final = 72 * 3_600_000  # ms


def lasted(ms: int) -> str:
    return f"{ms // 1000} s" if ms < 60_000 else f"{round(ms / 60_000)} min"
