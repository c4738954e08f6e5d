"""The version of an object, as its ETag says; a change names the version it changes (RFC 9110, 8.8.3 and 13.1)."""

from __future__ import annotations

import hashlib
from typing import Final

from api.v1.problems import ProblemError

LONGEST: Final = 400


def of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_among(etag: str, header: str) -> bool:
    """Whether a header names it, or any."""
    named = {one.strip() for one in header[:LONGEST].split(",")}
    return "*" in named or etag in named or f"W/{etag}" in named


def must_match(etag: str, header: str | None) -> None:
    """Raises `ProblemError` where a change names no version, or another one."""
    if not header:
        raise ProblemError("no-match")
    if not is_among(etag, header):
        raise ProblemError("changed", headers={"ETag": etag})
