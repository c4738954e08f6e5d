"""Before anything of a request is read: whether it brings what can be a key, and how much of a body it may bring."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.v1 import problems
from api.v1.context import ApiContext
from api.v1.problems import ProblemError
from api.v1.requests import look_at
from desk.client_address import ClientAddress, whence
from store import retried
from store.api_keys import api_keys
from store.text import numbers

BY_STRANGERS: Final = 16 * 1024  # bytes of a body that is read before its key was looked at
_BEARER: Final = re.compile(r"Bearer ([!-~]{1,200})", re.IGNORECASE)


class Doorway:
    """Whoever brings no key is answered at once, and nothing of theirs is read. What a problem is anybody may read.

    Where the key has not been good here of late and the head promises more than `BY_STRANGERS`, or does not say how much, the key is looked at first.
    """

    def __init__(self, app: ASGIApp, context: ApiContext) -> None:
        self._app, self._context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(problems.TYPES):
            await self._app(scope, receive, send)
            return
        head = Headers(scope=scope)
        given = _BEARER.fullmatch(head.get("Authorization", ""))
        if given is None or not api_keys.is_well_formed(given[1]):
            await self._refused(ProblemError("no-key"), scope, receive, send)
            return
        body = scope.get("body")
        if body is not None and not self._context.pools.is_known(given[1]):
            promised = numbers.parse_int(head.get("Content-Length", "")) or 0
            if "Transfer-Encoding" in head or BY_STRANGERS < promised <= body.most:
                try:
                    await self._look_at(given[1], whence(scope, self._context.proxies))
                except ProblemError as problem:
                    await self._refused(problem, scope, receive, send)
                    return
            else:
                body.most = min(body.most, BY_STRANGERS)
        if body is not None:
            body.whose = self._context.pools.whose(given[1]) or body.whose
        await self._app(scope, receive, send)

    async def _look_at(self, token: str, here: ClientAddress) -> None:
        """Raises `ProblemError` where it is no key that is good, and where too many strangers come."""
        pools = self._context.pools
        await pools.do(token, here, partial(retried, partial(look_at, self._context, token)))
        pools.was_good(token, good=True)

    async def _refused(self, problem: ProblemError, scope: Scope, receive: Receive, send: Send) -> None:
        await problems.response(self._context.origin, problem)(scope, receive, send)
