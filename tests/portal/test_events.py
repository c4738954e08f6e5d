"""Open pages of the desk hear when to look, on one line each and from one look for all: what is said there, to whom, how many, and when it ends. T47"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

import httpx2
import pytest
import structlog.testing

from deskgate.connections import TimedConnection
from portal.staff import events
from store import open_store
from tests.desk import Desk
from tests.ivr.switchboard import asks
from tests.portal.browsing import Agent
from tests.serving import Serving, serving

LONG = 20.0  # seconds until a test gives up


@pytest.fixture
def served(one_desk: Desk) -> Iterator[Serving]:
    with serving(one_desk.app, http=TimedConnection, timeout_graceful_shutdown=int(LONG)) as server:
        yield server


@contextmanager
def line(server: Serving, agent: Agent) -> Iterator[httpx2.Response]:
    cookies = "; ".join(f"{one.name}={one.value}" for one in agent.client.cookies.jar)
    headers = {"Cookie": cookies}
    with httpx2.stream("GET", f"{server.url}/desk/events", headers=headers, timeout=LONG) as answer:
        yield answer


def next_of(lines: Iterator[str]) -> str:
    return next(one for one in lines if one)


def test_a_line_says_how_the_desk_stands_and_nothing_else_until_the_session_ends(
    one_desk: Desk, served: Serving
) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    with line(served, kim) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        lines = answer.iter_lines()
        stamp = kim.get("/desk").headers["X-Stamp"]
        assert next_of(lines) == f"data: {stamp}"
        asks(one_desk)
        changed = kim.get("/desk").headers["X-Stamp"]
        assert stamp != changed
        assert next(one for one in lines if one and one != f"data: {stamp}") == f"data: {changed}"
        kim.send("/desk/sign-out")
        assert [one for one in lines if one not in ("", f"data: {changed}")] == [], "it ends"


def test_whoever_is_not_signed_in_has_no_line(one_desk: Desk, served: Serving) -> None:
    kim = Agent(one_desk)
    with line(served, kim) as answer:
        assert answer.status_code == 401
    kim.sign_in()
    kim.send("/desk/sign-out")
    with line(served, kim) as answer:
        assert answer.status_code == 401


def test_one_session_has_a_few_lines_and_one_that_goes_makes_room(one_desk: Desk, served: Serving) -> None:
    kim, ana = Agent(one_desk), Agent(one_desk, "lead.ana")
    kim.sign_in()
    ana.sign_in()
    with ExitStack() as held:
        for _ in range(events.OF_ONE_SESSION):
            assert held.enter_context(line(served, kim)).status_code == 200
        with line(served, kim) as one_more, line(served, ana) as another:
            assert (one_more.status_code, another.status_code) == (503, 200)
    until = time.monotonic() + LONG
    while True:
        with line(served, kim) as answer:
            if answer.status_code == 200:
                break
        assert time.monotonic() < until


def test_of_lines_asked_for_at_the_same_moment_no_more_begin_than_there_may_be(one_desk: Desk) -> None:
    """Each of them found room, for none had begun."""
    kim = Agent(one_desk)
    kim.sign_in()
    session = next(one.value for one in kim.client.cookies.jar if one.name.endswith("deskgate_session"))
    assert session

    async def at_once() -> list[str]:
        asked = events.Events(one_desk.store)
        lines = [asked.listen(session) for _ in range(events.OF_ONE_SESSION + 3)]
        return await asyncio.gather(*(anext(one, "") for one in lines))

    assert [bool(said) for said in asyncio.run(at_once())] == [True] * events.OF_ONE_SESSION + [False] * 3


def test_a_look_that_fails_is_logged_once_and_the_line_goes_on(one_desk: Desk) -> None:
    """Whatever it fails with: nobody looks again but the one who does for all pages."""
    kim = Agent(one_desk)
    kim.sign_in()
    session = next(one.value for one in kim.client.cookies.jar if one.name.endswith("deskgate_session"))
    assert session
    looks: Iterator[int] = count(1)

    def clock() -> int:
        if (look := next(looks)) in (2, 3, 4, 6):
            raise ZeroDivisionError(f"look {look}")
        return one_desk.now

    desk = one_desk.store
    store = open_store(desk.url, desk.keys, desk.schemes, clock=clock)

    async def heard() -> list[str]:
        line = events.Events(store, every=0.01).listen(session)
        return [await asyncio.wait_for(anext(line), LONG) for _ in range(3)]

    try:
        with structlog.testing.capture_logs() as logged:
            said = asyncio.run(heard())
    finally:
        store.engine.dispose()
    assert len(set(said)) == 1
    assert said[0].startswith("data: ")
    told = {"event": "internal_error", "thread": "portal-events", "error": "ZeroDivisionError", "log_level": "error"}
    assert [told.items() <= one.items() for one in logged] == [True, True], (
        "once for three looks, and once for the next"
    )


def test_the_service_stops_at_once_whoever_listens(one_desk: Desk, served: Serving) -> None:
    kim = Agent(one_desk)
    kim.sign_in()
    with line(served, kim) as answer:
        lines = answer.iter_lines()
        next_of(lines)
        began = time.monotonic()
        served.should_exit = True
        with pytest.raises(httpx2.RemoteProtocolError):
            list(lines)
        assert time.monotonic() - began < LONG / 2
