"""Where a list goes on: a word that we made for this key and this list, and that nobody else can make or needs to read."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query

from api.v1.problems import invalid
from store import Keys

LONGEST: Final = 400
A_PAGE: Final = 50
Cursor = Annotated[
    str | None, Query(max_length=LONGEST, description="Where the list goes on: `next` of the page before.")
]
T = TypeVar("T")
_SEAL: Final = 32  # characters
_USE: Final = "api-cursors"


def made(keys: Keys, key: int, of: str, place: Any) -> str:
    """`of` names the list, with what it is narrowed to; `place` is what JSON can say."""
    words = json.dumps(place)
    packed = base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")
    return keys.digest(_USE, str(key), of, packed)[:_SEAL] + packed


def read(keys: Keys, key: int, of: str, cursor: str) -> Any:
    """The place. Raises `ProblemError` for a cursor of another key or of another list."""
    seal, packed = cursor[:_SEAL], cursor[_SEAL:]
    if len(cursor) > LONGEST or not keys.made(seal, _USE, str(key), of, packed) or len(seal) < _SEAL:
        raise invalid("cursor", "is not one that this list gave you: leave it out to begin")
    try:
        return json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (binascii.Error, ValueError):
        raise invalid("cursor", "cannot be read") from None


def page(keys: Keys, key: int, of: str, cursor: str | None, every: Sequence[T]) -> tuple[Sequence[T], str | None]:
    """Some of a short list, and the cursor of those that follow. Raises `ProblemError`."""
    first = int(read(keys, key, of, cursor)) if cursor else 0
    following = made(keys, key, of, first + A_PAGE) if len(every) > first + A_PAGE else None
    return every[first : first + A_PAGE], following
