"""An assistant of the desk's: the agent presses on the page, the SDK's own client speaks over real HTTP, and a script does what the words it reads say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from sqlalchemy import insert

from authz import At, Proof, Subject, Topic
from desk import tickets
from desk.actors import Actor
from desk.outcomes import Opened
from store import tables
from tests.api.asking import ACCOUNTS
from tests.desk import Desk
from tests.ivr.wire import change
from tests.portal.browsing import Agent
from tests.serving import Serving, serving

TOKEN: Final = re.compile(r'id="assistant-token">(dga_[^<]+)<')


def opened(desk: Desk, person: int, account: str, words: str, topic: Topic = Topic.TECHNICAL) -> int:
    """A ticket of theirs, as their own pages open it; its number."""
    with desk.store.transaction("portal") as tx:
        who = Actor(Subject.of_person(person), Proof.VERIFIED, at=At.PAGES)
        made = tickets.open_ticket(tx, who, ACCOUNTS[account], topic, words)
    assert isinstance(made, Opened), made
    return made.number


def signed_in(desk: Desk, username: str = "agent.kim") -> Agent:
    agent = Agent(desk, username)
    agent.sign_in()
    return agent


def takes(agent: Agent, number: int) -> str:
    """The agent takes a ticket; its page."""
    page = f"/desk/tickets/{number}"
    agent.get(page)
    agent.send(f"{page}/take")
    return page


def lets_help(agent: Agent, page: str) -> str:
    """The agent presses, and has the token that the page shows once."""
    assert "Let my assistant help here" in agent.read(page)
    agent.get(f"{page}/assistant")
    agent.send(f"{page}/assistant")
    found = TOKEN.search(agent.text)
    assert found is not None, agent.words
    return found[1]


def drafted(desk: Desk, number: int, staff: int) -> None:
    """An answer that an assistant has drafted for one of the staff on a ticket of account 1, before it ended."""
    its = {"id": 77, "session": "", "account_id": 1, "digest": "", "made_at": 0, "ends_at": desk.now}
    change(desk, insert(tables.assistants).values(staff_id=staff, ticket=number, **its))
    words = {"assistant_id": 77, "title": "", "words": "Dear Olivia, we look into it.", "at": 0}
    change(desk, insert(tables.suggested_answers).values(staff_id=staff, ticket=number, **words))


class Connected:
    """The SDK's client, connected."""

    def __init__(self, client: Client, portal: BlockingPortal) -> None:
        self._client, self._portal = client, portal

    def tools(self) -> dict[str, Any]:
        return {one.name: one.input_schema for one in self._portal.call(self._client.list_tools).tools}

    def call(self, name: str, **given: Any) -> CallToolResult:
        found = self._portal.call(self._client.call_tool, name, given)
        assert isinstance(found, CallToolResult)
        return found

    def read(self, name: str, **given: Any) -> dict[str, Any]:
        """What a tool tells; the text and the structure say the same."""
        found = self.call(name, **given)
        assert json.loads(found.content[0].text) == found.structured_content  # type: ignore[union-attr]
        assert found.is_error == ("refused" in found.structured_content), found
        told: dict[str, Any] = found.structured_content
        return told

    def refused(self, name: str, **given: Any) -> str:
        told = self.read(name, **given)
        assert set(told) <= {"refused", "says", "rules", "next"}, told
        return str(told["refused"])


@contextmanager
def helping(server: Serving, token: str) -> Iterator[Connected]:
    with start_blocking_portal() as portal:
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        client = Client(streamable_http_client(f"{server.url}/mcp", http_client=http))
        with portal.wrap_async_context_manager(http), portal.wrap_async_context_manager(client):
            yield Connected(client, portal)


def posted(server: Serving, token: str | None, name: str = "cases", **given: Any) -> httpx2.Response:
    """The same by hand, for what no client would send."""
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": given}}
    return httpx2.post(f"{server.url}/mcp", json=asked, headers=headers)


@contextmanager
def served(desk: Desk) -> Iterator[Serving]:
    with serving(desk.app) as server:
        yield server
