"""What is about somebody in the sample accounts, in what a test says beside them, and where text holds any of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from deskgate.simulator_mount import SAMPLE

SHORTEST: Final = 6  # letters: a shorter name is met by chance
KINDS: Final = ("username", "name", "email", "phones", "support_id", "pin", "user", "number", "address", "vat_number")


def personal() -> set[str]:
    """Names, addresses, numbers, PINs and what is owed, of everybody in the sample accounts; numbers without their plus as well."""
    found = set(_values(json.loads(SAMPLE.read_text("utf-8"))))
    return {one for one in found | {one.removeprefix("+") for one in found} if len(one) >= SHORTEST}


def held(text: str, also: set[str] | None = None) -> set[str]:
    """Which of these, and of `also`, stand in a text, in whatever case."""
    lower = text.lower()
    return {one for one in personal() | (also or set()) if one.lower() in lower}


def _values(kept: Any, kind: str = "") -> Iterator[str]:
    match kept:
        case dict():
            for name, value in kept.items():
                yield from _values(value, str(name))
        case list():
            for value in kept:
                yield from _values(value, kind)
        case str() if kind in KINDS:
            yield kept
