"""A request that is posted has its whole answer at one call into the loop: Starlette's test client goes there seven times.

A pytest plugin. What is posted has an answer that ends; a page that is got may go on, and is left to the test client.
"""

from __future__ import annotations

import httpx2
from starlette.testclient import _TestClientTransport

_handle = _TestClientTransport.handle_request


def pytest_configure() -> None:
    _TestClientTransport.handle_request = _posted  # type: ignore[method-assign]


def _posted(self: _TestClientTransport, request: httpx2.Request) -> httpx2.Response:
    if request.method != "POST" or self.app_state:
        return _handle(self, request)
    request.read()
    there = httpx2.ASGITransport(self.app, self.raise_server_exceptions, self.root_path, self.client)
    with self.portal_factory() as portal:
        return portal.call(_whole, there, request)


async def _whole(there: httpx2.ASGITransport, request: httpx2.Request) -> httpx2.Response:
    answer = await there.handle_async_request(request)
    body = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
    return httpx2.Response(answer.status_code, headers=answer.headers, content=body)
