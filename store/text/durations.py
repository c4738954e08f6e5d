"""Spans of time: how long something took, as people read it; and how long what is new on file proves nothing."""

from __future__ import annotations

from typing import Final

COOLING: Final = 72 * 3_600_000  # ms


def in_minutes(ms: int) -> str:
    """How long somebody has waited, or will."""
    minutes = ms // 60_000
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def lasted(ms: int) -> str:
    return f"{ms // 1000} s" if ms < 60_000 else f"{round(ms / 60_000)} min"
