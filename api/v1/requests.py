"""One request: read, its key found, counted, answered once; all that happens for it is one transaction.

What a route does is a plain function of an `Asking` and of its own parameters. `served` makes the route of it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final, cast

import structlog
from fastapi import Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from api.v1 import etags, limits, problems
from api.v1.context import ApiContext
from api.v1.problems import ProblemError
from authz import At, Denied, Proof, Reason
from desk.actors import Actor
from desk.client_address import whence
from store import Transaction, retried
from store.api_keys import api_keys, kept_answers
from store.api_keys.api_keys import FoundKey
from store.api_keys.kept_answers import OtherRequestError

log = structlog.get_logger("api")
CHANNEL: Final = "api"
SEEN: Final = r"^[^\x00-\x1f\x7f]+$"
"""What stands in an address, as a pattern: no database keeps a NUL."""
KEY: Final = HTTPBearer(
    scheme_name="key", description="A key: `dgk_…`, of a customer's or of the operator's.", auto_error=False
)
Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same request sent again with it is done once, and answered the same, for a day.",
    ),
]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of what is to be changed.")]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="An ETag you have: 304 where it is still that.")
]


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """What a request brings besides its parameters, and to whose desk."""

    context: ApiContext
    token: str
    method: str
    target: str
    body: bytes
    once: str | None
    if_match: str | None
    if_none_match: str | None
    scope: MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """Content that comes in pieces, each read in a transaction of its own, by a key that is good then. `first` is there; `last` is what `following` is given for
    the next piece, and gives with it; None: that was all."""

    first: bytes
    kind: str
    last: Any
    following: Callable[[Asking, Any], tuple[bytes, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is what the route is documented to give; None: nothing."""

    body: BaseModel | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: tuple[bytes, str] | None = None
    """Content that is no JSON, and its type; instead of a body."""
    is_object: bool = True
    """What stands there now, so that it has an ETag; False: what became of a request."""
    stream: Stream | None = None
    """Instead of a body."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request whose key is good, in its transaction."""

    tx: Transaction
    context: ApiContext
    key: FoundKey
    visit: Visit

    @property
    def who(self) -> Actor:
        """Verified, as whoever made the key; nothing a program says proves them further. Support comes first, as at every channel."""
        return Actor(self.key.subject, Proof.VERIFIED, f"key:{self.key.id}", At.SUPPORT)

    def must_match(self, now: BaseModel) -> None:
        """Raises `ProblemError` where the change is not of the version that stands. Before anything is changed."""
        etags.must_match(etags.of(_bytes(now)), self.visit.if_match)


Does = Callable[..., Answer]


def served(does: Does, method: str, *, reads: bool = False) -> Callable[..., Awaitable[Response]]:
    """The route of a function: its first parameter is the `Asking`, the others are FastAPI's. Of no desk: the request's app has its own.
    `reads`: a POST that changes nothing; what was answered to it before is of no use, for it may be so no more."""
    once = method == "POST" and not reads
    first, *others = inspect.signature(does, eval_str=True).parameters.values()
    assert first.annotation is Asking, does

    async def visit(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(KEY)],
    ) -> Visit:
        head = request.headers
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Visit(
            request.app.state.context,
            "" if credentials is None else credentials.credentials,
            request.method,
            target,
            await request.body(),
            head.get("Idempotency-Key") if once else None,
            head.get("If-Match"),
            head.get("If-None-Match"),
            request.scope,
        )

    async def route(**given: Any) -> Response:
        asked: Visit = given.pop("visit_")
        given.pop("header_", None)
        context = asked.context
        pools = context.pools
        try:
            work = partial(retried, partial(_answer, does, asked, given), if_stored=reads or request_is_safe(asked))
            made, good = await pools.do(asked.token, whence(asked.scope, context.proxies), work)
        except ProblemError as problem:
            made, good = problems.response(context.origin, problem), True
            return made
        pools.was_good(asked.token, good=good)
        return made

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one.replace(kind=keyword) for one in others]
    parameters.append(inspect.Parameter("visit_", keyword, annotation=Annotated[Visit, Depends(visit)]))
    if not reads:
        header: Any = {"GET": IfNoneMatch, "POST": Once}.get(method, IfMatch)
        parameters.append(inspect.Parameter("header_", keyword, annotation=header, default=None))
    cast(Any, route).__signature__ = inspect.Signature(parameters, return_annotation=Response)
    route.__name__, route.__doc__ = does.__name__, does.__doc__
    return route


def request_is_safe(visit: Visit) -> bool:
    """Whether it may be done once more where nobody knows if it was."""
    return visit.method in ("GET", "HEAD", "PUT") or visit.once is not None


def look_at(context: ApiContext, token: str) -> None:
    """Raises `ProblemError` where a key is not good now, before its request is read. Nothing of its budget is spent."""
    with context.store.transaction(CHANNEL) as tx:
        _held(tx, _key(tx, token))


def _answer(does: Does, visit: Visit, given: Mapping[str, Any]) -> tuple[Response, bool]:
    """And whether the key was good."""
    context = visit.context
    headers: dict[str, str] = {}
    good = False
    try:
        with context.store.transaction(CHANNEL) as tx:
            key = _key(tx, visit.token)
            headers, spent = limits.spend(tx, key)
            if spent is not None:
                good = True
                raise spent
            held = _held(tx, key)
            good = True
            if held is not None:
                raise problems.denied(held)
            made = _once(tx, key, visit, partial(does, Asking(tx, context, key, visit), **given))
    except ProblemError as problem:
        made = problems.response(context.origin, problem)
    made.headers.update(headers)
    return made, good


def _key(tx: Transaction, token: str) -> FoundKey:
    key = api_keys.find(tx, token) if api_keys.is_well_formed(token) else None
    if key is None:
        raise ProblemError("no-key")
    return key


def _held(tx: Transaction, key: FoundKey) -> Denied | None:
    """Why it does nothing now. One whose maker may have none is as if it had ended, which it does when its maker's rights are looked at."""
    held = api_keys.act(tx, key)
    if held is not None and held.reason is not Reason.ACCOUNT_LOCKED:
        raise ProblemError("no-key")
    return held


async def _pieces(visit: Visit, stream: Stream) -> AsyncIterator[bytes]:
    """Whoever reads slowly holds no thread and no transaction. What cannot go on breaks off, and whoever reads it sees that it is not whole."""
    yield stream.first
    last = stream.last
    while last is not None:
        read = partial(retried, partial(_piece, visit, stream, last), if_stored=True)
        content, last = await visit.context.pools.do(visit.token, whence(visit.scope, visit.context.proxies), read)
        yield content


def _piece(visit: Visit, stream: Stream, last: Any) -> tuple[bytes, Any]:
    with visit.context.store.transaction(CHANNEL) as tx:
        key = _key(tx, visit.token)
        if _held(tx, key) is not None:
            raise ProblemError("no-key")
        return stream.following(Asking(tx, visit.context, key, visit), last)


def _once(tx: Transaction, key: FoundKey, visit: Visit, do: Callable[[], Answer]) -> Response:
    """Done, or answered as before."""
    if visit.once is None:
        return _response(visit, do())
    request = hashlib.sha256(b"\0".join((visit.method.encode(), visit.target.encode(), visit.body))).digest()
    try:
        kept = kept_answers.kept_answer(tx, key.id, visit.once, request)
    except OtherRequestError:
        raise ProblemError("other-request") from None
    if kept is not None:
        status, headers, text = json.loads(kept)
        return Response(text, status, headers=headers | {"Idempotency-Replayed": "true"}, media_type="application/json")
    made = _response(visit, do())
    answer = json.dumps([made.status_code, _kept(made), bytes(made.body).decode()])
    kept_answers.keep_answer(tx, key.id, visit.once, request, answer.encode())
    return made


def _kept(made: Response) -> dict[str, str]:
    return {name: value for name, value in made.headers.items() if name not in ("content-length", "content-type")}


def _response(visit: Visit, answer: Answer) -> Response:
    headers = problems.HEADERS | dict(answer.headers)
    if answer.stream is not None:
        visit.scope["endless"] = True  # a stop of the service does not wait for it
        return StreamingResponse(
            _pieces(visit, answer.stream), answer.status, headers=headers, media_type=answer.stream.kind
        )
    if answer.raw is not None:
        content, kind = answer.raw
        return Response(content, answer.status, headers=headers, media_type=kind)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    body = _bytes(answer.body)
    if not answer.is_object:
        return Response(body, answer.status, headers=headers, media_type="application/json")
    headers["ETag"] = etags.of(body)
    if visit.method in ("GET", "HEAD") and visit.if_none_match and etags.is_among(headers["ETag"], visit.if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(body, answer.status, headers=headers, media_type="application/json")


def _bytes(body: BaseModel) -> bytes:
    return body.model_dump_json().encode()
