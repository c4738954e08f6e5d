"""The ledger as a stream of JSON Lines, for an operator's key with `ledger:read`: what `deskgate audit --json` lists, of a range of times, read in pieces."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from fastapi import Query
from pydantic import AwareDatetime

from api.v1 import problems
from api.v1.moments import spelled
from api.v1.problems import ProblemError, invalid
from api.v1.requests import SEEN, Answer, Asking, Stream
from desk import ledger_export
from desk.actors import NotAllowed
from desk.ledger_export import Piece, Range, Unknown
from store.ledger.audit import Place

T = TypeVar("T")
LINES: Final = "application/jsonl"
Since = Annotated[AwareDatetime | None, Query(description="From then on; left out: from the first entry.")]
Until = Annotated[
    AwareDatetime | None, Query(description="Before then; left out, or later than a minute ago: until a minute ago.")
]
OfAccount = Annotated[
    str | None, Query(min_length=1, max_length=40, pattern=SEEN, description="The number of the only account.")
]
After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-f]{16}:[1-9][0-9]{0,15}$",
        description="`segment` and `n` of the last entry you have: what comes after it.",
    ),
]


def stream(
    asking: Asking, since: Since = None, until: Until = None, account: OfAccount = None, after: After = None
) -> Answer:
    """Entries of the ledger, the oldest first, a JSON object a line: `at`, `who`, `account`, `action`, `decision`, `rules`, `proof`, `channel`, `call`, `fields`, `segment`, `n`
    (docs/ledger.md)."""
    if asking.key.account is not None:
        raise ProblemError("other-kind", "The ledger is read with an operator's key.")
    of = ledger_export.settled(
        asking.tx, None if since is None else _ms(since), None if until is None else _ms(until), account or ""
    )
    place = None
    if after is not None:
        segment, _, n = after.partition(":")
        place = _known(ledger_export.place_of(asking.tx, asking.who, segment, int(n)))
    content, last = _piece(asking, of, place)
    return Answer(None, stream=Stream(content, LINES, last, lambda asks, at: _piece(asks, of, at)))


def _piece(asking: Asking, of: Range, after: Place | None) -> tuple[bytes, Place | None]:
    found: Piece = _known(ledger_export.piece(asking.tx, asking.who, of, after))
    lines = (json.dumps({**asdict(one), "at": spelled(one.at)}, ensure_ascii=False) + "\n" for one in found.entries)
    return "".join(lines).encode(), found.last


def _known(found: T | NotAllowed | Unknown) -> T:
    """Raises `ProblemError`."""
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if isinstance(found, Unknown):
        raise invalid(found.what, "there is none")
    return found


def _ms(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
