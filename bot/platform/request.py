"""What comes in from Slack: its signature is checked over the raw bytes, then it is read. Nothing here fails with anything
but `HTTPException`. Bolt's own parsing loses commands and answers 500 to bad headers (docs/reference/platforms.md).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException

from store.text import numbers

MOST_FIELDS: Final = 60
WINDOW: Final = 300  # seconds a request may be old, or early
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def may_be_signed(stamp: str, signature: str, now: float) -> None:
    """Raises `HTTPException` (401) where the head alone says that Slack did not sign this just now: its body is not read."""
    if abs(now - (numbers.parse_int(stamp, 12) or 0)) > WINDOW:
        raise HTTPException(401, "no time stamp, or an old one")
    if not _SIGNATURE.fullmatch(signature):
        raise HTTPException(401, "not signed by Slack")


def verify(secrets: Sequence[str], stamp: str, signature: str, raw: bytes, now: float) -> None:
    """Raises `HTTPException` (401) unless Slack signed exactly this, just now. `secrets`: several while one is rotated."""
    may_be_signed(stamp, signature, now)
    signed, given = b"v0:" + stamp.encode() + b":" + raw, signature.encode()
    fits = False
    for secret in secrets:
        made = "v0=" + hmac.new(secret.encode(), signed, "sha256").hexdigest()
        fits |= hmac.compare_digest(made.encode(), given)
    if not fits:
        raise HTTPException(401, "not signed by Slack")


def read(raw: bytes, content_type: str) -> dict[str, Any]:
    """The body as one mapping: JSON, a form, or a form whose `payload` is JSON. Raises `HTTPException`."""
    try:
        text = raw.decode("utf-8")
        if content_type.partition(";")[0].strip() == "application/json":
            return _object(text)
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        form: dict[str, Any] = dict(pairs)
        if len(form) != len(pairs):
            raise HTTPException(400, "a field came twice")
        return _object(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        raise HTTPException(400, "cannot be read") from None


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise HTTPException(400, "not a JSON object")
    return found
