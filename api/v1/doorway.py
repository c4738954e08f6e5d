"""Before anything of a request is read: whether it brings what can be a key, and how much of a body it may bring."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.v1 import problems
from api.v1.context import ApiContext
from api.v1.problems import ProblemError
from store.api_keys import api_keys

BY_STRANGERS: Final = 16 * 1024  # bytes of a body whose key has not been good here of late
_BEARER: Final = re.compile(r"Bearer ([!-~]{1,200})", re.IGNORECASE)


class Doorway:
    """Whoever brings no key is answered at once, and nothing of theirs is read. What a problem is anybody may read."""

    def __init__(self, app: ASGIApp, context: ApiContext) -> None:
        self._app, self._context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(problems.TYPES):
            await self._app(scope, receive, send)
            return
        given = _BEARER.fullmatch(Headers(scope=scope).get("Authorization", ""))
        if given is None or not api_keys.is_well_formed(given[1]):
            await problems.response(self._context.origin, ProblemError("no-key"))(scope, receive, send)
            return
        body = scope.get("body")
        if body is not None and not self._context.pools.is_known(given[1]):
            body.most = BY_STRANGERS
        await self._app(scope, receive, send)
