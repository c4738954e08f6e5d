"""`/mcp`: streamable HTTP, a bearer token that is asked about at every request, and tools that each have a transaction of their own.

Nothing is kept between two requests, so that any process answers any of them. Who made a token up is turned away before the database is asked: it has a seal.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import AnyHttpUrl
from starlette.types import ASGIApp

from api.mcp import tools
from api.mcp.marked import SAYS
from desk import faults
from desk.assistant_tools import Refused
from store import Store, retried
from store.assistants import assistant_sessions

AT_ONCE: Final = 4  # threads: who helps keeps nobody waiting who calls or looks
MOST: Final = 64 * 1024  # bytes of a request
CHANNEL: Final = "api"
T = TypeVar("T")


class Protocol(TokenVerifier):
    """The SDK's server, and what it asks of us."""

    def __init__(self, store: Store, *, sends: bool) -> None:
        """`sends`: canned answers may go out by themselves."""
        self._store, self._sends = store, sends
        self._limiter = CapacityLimiter(AT_ONCE)

    @asynccontextmanager
    async def serve(self, public_url: str) -> AsyncIterator[ASGIApp]:
        server: Server[dict[str, Any]] = Server(
            "deskgate", title="Deskgate", instructions=SAYS, on_list_tools=self._list, on_call_tool=self._call
        )
        server.middleware.clear()  # the SDK's own would trace every call as soon as somebody sets OpenTelemetry up beside us
        app = server.streamable_http_app(
            stateless_http=True,
            json_response=True,
            max_request_body_size=MOST,
            # A page of a stranger's has no token, whatever name it finds us by.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            # The issuer is said to clients where there is OAuth, and there is none: an agent hands the token over.
            auth=AuthSettings(issuer_url=AnyHttpUrl(public_url), resource_server_url=None),
            token_verifier=self,
        )
        async with server.session_manager.run():
            yield app

    async def verify_token(self, token: str) -> AccessToken | None:
        """The same answer for one that was made up, that is over and that was withdrawn."""
        if not assistant_sessions.is_ours(self._store.keys, token):
            return None
        one = await self._thread(partial(self._find, token))
        return None if one is None else AccessToken(token=token, client_id=one, scopes=[])

    def _find(self, token: str) -> str | None:
        with self._store.transaction(CHANNEL) as tx:
            one = assistant_sessions.find(tx, token)
            return None if one is None else str(one.subject)

    async def _list(
        self, _context: ServerRequestContext[Any], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(
                    name=name,
                    description=one.says,
                    input_schema=one.schema,
                    annotations=ToolAnnotations(read_only_hint=one.reads, open_world_hint=False),
                )
                for name, one in tools.TOOLS.items()
            ]
        )

    async def _call(self, _context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        token = get_access_token()
        assert token is not None
        try:
            found = await self._thread(partial(self._answer, token.token, params.name, params.arguments or {}))
        except Exception as fault:  # noqa: BLE001 — the SDK's log would quote it, and whom it is about
            number = faults.note(fault, "api", route="mcp")
            found = {"refused": "fault", "says": f"Something went wrong on our side: fault {number}."}
        text = json.dumps(found, ensure_ascii=False)
        content = [TextContent(type="text", text=text)]
        return CallToolResult(content=list(content), structured_content=found, is_error="refused" in found)

    def _answer(self, token: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
        with self._store.transaction(CHANNEL) as tx:
            one = assistant_sessions.find(tx, token)  # once more: a press may have come between
            result = Refused.NOT_NOW if one is None else tools.call(tx, one, name, given, sends=self._sends)
            return tools.told(result)

    async def _thread(self, do: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(lambda: retried(do, if_stored=False), limiter=self._limiter)
