"""A request has its whole answer at one call into the loop: Starlette's test client goes there seven times.

A pytest plugin. A live stream, which does not end by itself, is left to the test client.
"""

from __future__ import annotations

from typing import Final

import httpx2
from starlette.testclient import _TestClientTransport

WHOLE: Final = ("POST", "GET")
LIVE: Final = "/events"  # where a page listens; Slack posts to such a path as well, and has an answer that ends
_handle = _TestClientTransport.handle_request


def pytest_configure() -> None:
    _TestClientTransport.handle_request = _asked  # type: ignore[method-assign]


def _asked(self: _TestClientTransport, request: httpx2.Request) -> httpx2.Response:
    goes_on = request.method == "GET" and request.url.path.endswith(LIVE)
    if request.method not in WHOLE or goes_on or self.app_state:
        return _handle(self, request)
    request.read()
    there = httpx2.ASGITransport(self.app, self.raise_server_exceptions, self.root_path, self.client)
    with self.portal_factory() as portal:
        return portal.call(_whole, there, request)


async def _whole(there: httpx2.ASGITransport, request: httpx2.Request) -> httpx2.Response:
    answer = await there.handle_async_request(request)
    body = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
    return httpx2.Response(answer.status_code, headers=answer.headers, content=body)
