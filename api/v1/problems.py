"""What went wrong, as problem details (RFC 9457): every code with its status, its title and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from authz import REASON_WORDS, WAY_FORWARD_WORDS, Denied
from store.accounts.account_details import Refused

TYPES: Final = "/api/v1/problems/"


class Kind(NamedTuple):
    status: int
    title: str
    do: str


KINDS: Final[Mapping[str, Kind]] = {
    "malformed": Kind(400, "This request cannot be read", "Send it as docs/api.md says."),
    "no-key": Kind(
        401,
        "No key that is good here",
        "Send `Authorization: Bearer dgk_…` with a key that has not ended and was not withdrawn.",
    ),
    "denied": Kind(403, "Not allowed", "`reason`, `rules` and `next` say why, and what can be done about it."),
    "other-kind": Kind(
        403,
        "Not with this kind of key",
        "Accounts are written and read whole with an operator's key; a customer's key acts for whoever made it.",
    ),
    "not-found": Kind(404, "There is no such thing for this key", "Look whether the address and the key are right."),
    "no-such-method": Kind(405, "Not done in this way", "The header Allow says which methods there are here."),
    "too-slow": Kind(408, "The body came too slowly", "Send it again."),
    "conflict": Kind(409, "It is not as this request takes it to be", "Read it again, and decide anew."),
    "not-asked": Kind(
        409, "This person cannot be asked in this way now", "`reason` says why. Take another way, or ask later."
    ),
    "cursor-past": Kind(
        410,
        "What came after this cursor is not known any more",
        "Ask for `start=now`, read anew what you follow, and go on from there: docs/api.md, Following what changes here.",
    ),
    "changed": Kind(412, "It was changed meanwhile", "Read it again, and send its new ETag as If-Match."),
    "too-large": Kind(413, "Too much in one request", "Send less at once."),
    "invalid": Kind(
        422, "Something in this request will not do", "`errors` names each field, and what is wrong with it."
    ),
    "other-request": Kind(
        422,
        "This Idempotency-Key came with another request before",
        "Take a new key for a new request; send the same request with the same key.",
    ),
    "no-match": Kind(428, "A change says what it changes", "Read it first, and send its ETag as If-Match."),
    "too-often": Kind(429, "Too many requests of this key", "Wait as long as Retry-After says."),
    "fault": Kind(500, "A fault of ours", "Try again later. Nothing was changed."),
    "full": Kind(503, "Too many requests at once", "Try again in a moment."),
}


class FieldError(BaseModel):
    """One field that will not do."""

    field: str
    problem: str


class ProblemDetails(BaseModel):
    """RFC 9457. `reason`, `rules` and `next` are those of docs/reasons.md."""

    model_config = ConfigDict(extra="forbid")
    type: str
    title: str
    status: int
    detail: str
    reason: str | None = None
    rules: list[str] | None = None
    next: str | None = None
    helpers: list[str] | None = None
    errors: list[FieldError] | None = None


class ProblemError(Exception):
    """Ends a request. It is a way out and no fault: the entries of the ledger that led to it stay. Raised before anything is changed."""

    commits = True

    def __init__(self, kind: str, detail: str = "", headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(kind)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), more


def denied(found: Denied | Refused) -> ProblemError:
    """A refusal of the judge's, with what its asker may hear."""
    why, helpers = (found.denied, found.helpers) if isinstance(found, Refused) else (found, ())
    said = f"{REASON_WORDS[why.reason]} {WAY_FORWARD_WORDS[why.next]}"
    more: dict[str, Any] = {"reason": str(why.reason), "rules": list(why.rules), "next": str(why.next)}
    if helpers:
        more["helpers"] = list(helpers)
    return ProblemError("denied", said, None, **more)


def denied_or_absent(found: Denied | Refused | None) -> ProblemError:
    """None: there is no such thing for this key."""
    return ProblemError("not-found") if found is None else denied(found)


def invalid(field: str, problem: str) -> ProblemError:
    return ProblemError("invalid", f"{field}: {problem}", errors=[{"field": field, "problem": problem}])


def response(origin: str, problem: ProblemError) -> Response:
    kind = KINDS[problem.kind]
    body = ProblemDetails(
        type=f"{origin}{TYPES}{problem.kind}",
        title=kind.title,
        status=kind.status,
        detail=problem.detail or kind.do,
        **problem.more,
    )
    headers = HEADERS | problem.headers
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="deskgate"'
    text = body.model_dump_json(exclude_none=True)
    return Response(text, kind.status, headers=headers, media_type="application/problem+json")


HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Of every answer."""
DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": "; ".join(kind.title for kind in KINDS.values() if kind.status == status),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for status in sorted({kind.status for kind in KINDS.values()})
}
"""What every route may answer besides, for its description."""
