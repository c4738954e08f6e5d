"""Times as they go over the wire: RFC 3339 in UTC, with Z and milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

EXAMPLE: Final = "2026-11-22T12:00:00.000Z"


def spelled(at: int | str) -> str:
    """Milliseconds since 1970, as text."""
    if isinstance(at, str):
        return at
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[str, BeforeValidator(spelled), Field(examples=[EXAMPLE], json_schema_extra={"format": "date-time"})]
