"""How long something took, as people read it."""

from __future__ import annotations


def lasted(ms: int) -> str:
    return f"{ms // 1000} s" if ms < 60_000 else f"{round(ms / 60_000)} min"
