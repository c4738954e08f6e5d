"""Slack's app is installed through a visitor, several times over; whoever comes back is who was sent off, and tokens are kept sealed. T34"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from bot.platform.install import PLACES, THREADS, App, router, scopes
from simulator.slack import Workspace
from simulator.slack.injected_faults import Trouble
from store import tables
from store.slack import installations
from store.slack.installations import Installation
from tests.bot.serving import CLIENT, CLIENT_SECRET, Heard, saying, slack, way_to
from tests.store.clocked import HOUR, MINUTE, Clocked

PUBLIC, LIVES = "https://desk.example", 12 * HOUR


class Slack:
    """The simulated Slack, and how often each method was asked."""

    def __init__(self, workspace: Workspace, base: str) -> None:
        self.workspace, self.base = workspace, base
        self.asked: list[str] = []
        self.orders: dict[str, Trouble] = {}
        workspace.trouble = self._trouble

    def _trouble(self, method: str, _args: dict[str, Any]) -> Trouble | None:
        self.asked.append(method)
        return self.orders.get(method)


@dataclass
class Visitor:
    """Somebody who installs, at our routes."""

    clocked: Clocked
    web: TestClient
    told: list[str]

    @property
    def link(self) -> str:
        """As `deskgate slack install` prints it."""
        return f"/slack/install?invited={installations.invite(self.clocked.store.keys, self.clocked.now)}"

    def begin(self, later: int = 0) -> str:
        """The state that Slack is to send back."""
        self.clocked.now += later
        sent = self.web.get(self.link)
        assert sent.status_code == 302
        return parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]

    def back(self, **query: str) -> Response:
        page = self.web.get("/slack/oauth_redirect", params=query)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<script" not in page.text
        return page

    @property
    def found(self) -> list[Installation]:
        every: list[Installation] = self.clocked.do(installations.every)
        return every


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Workspace, str]]:
    with slack() as (workspace, base):
        yield workspace, base


@pytest.fixture
def there(_served: tuple[Workspace, str]) -> Slack:
    return Slack(*_served)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as events:
        yield events
    assert "xoxe" not in str(events)


@pytest.fixture
def clocked(store_url: str) -> Iterator[Clocked]:
    opened = Clocked(store_url)
    yield opened
    opened.close()


def visitor_of(clocked: Clocked, base: str, public: str = PUBLIC, teams: tuple[str, ...] = ()) -> Visitor:
    app, told, ours = FastAPI(), list[str](), App(CLIENT, CLIENT_SECRET, way_to(base), teams)
    app.include_router(router(clocked.store, ours, public, changed=lambda: told.append("changed")))
    return Visitor(clocked, TestClient(app, base_url=public, follow_redirects=False), told)


@pytest.fixture
def visitor(clocked: Clocked, there: Slack) -> Visitor:
    return visitor_of(clocked, there.base)


# --- in the browser


def test_it_sends_people_to_slack_with_a_state_of_their_own(visitor: Visitor) -> None:
    sent = visitor.web.get(visitor.link)
    where = urlsplit(sent.headers["location"])
    asked = {name: value for name, [value] in parse_qs(where.query).items()}
    assert f"{where.scheme}://{where.netloc}{where.path}" == "https://slack.com/oauth/v2/authorize"
    assert asked.pop("state") == visitor.web.cookies["deskgate-slack-install"]
    assert asked == {
        "client_id": CLIENT,
        "scope": ",".join(scopes()),
        "redirect_uri": "https://desk.example/slack/oauth_redirect",
    }
    assert {"chat:write", "commands"} <= set(scopes())
    assert visitor.begin() != visitor.begin()


@pytest.mark.parametrize(("public", "secure"), [(PUBLIC, True), ("http://127.0.0.1:8000", False)])
def test_the_cookie(clocked: Clocked, there: Slack, public: str, secure: bool) -> None:
    visitor = visitor_of(clocked, there.base, public)
    sent = visitor.web.get(visitor.link)
    crumb = SimpleCookie(sent.headers["set-cookie"])["deskgate-slack-install"]
    assert (crumb["httponly"], crumb["samesite"], crumb["max-age"], crumb["path"]) == (True, "lax", "600", "/slack")
    assert bool(crumb["secure"]) is secure


def test_installed(visitor: Visitor, there: Slack) -> None:
    page = visitor.back(state=visitor.begin(), code=there.workspace.tokens.approve())
    assert (page.status_code, "Deskgate is now in" in page.text, visitor.told) == (200, True, ["changed"])
    (made,) = visitor.found
    assert (made.team, made.bot_user, made.bot_id) == ("T0DESK", "U0DESKGATE", "B0DESKGATE")
    assert made.scopes == there.workspace.app.scopes
    assert made.expires_at == visitor.clocked.now + LIVES
    assert made.token is not None
    assert made.refresh is not None
    there.workspace.tokens.check(made.token)
    ((token, refresh),) = visitor.clocked.rows(select(tables.installations.c.token, tables.installations.c.refresh))
    assert b"xoxe" not in token + refresh, "tokens are kept sealed"
    assert "deskgate-slack-install" not in visitor.web.cookies


def test_installed_anew(visitor: Visitor, there: Slack) -> None:
    def install() -> Installation:
        visitor.back(state=visitor.begin(), code=there.workspace.tokens.approve())
        (made,) = visitor.found
        return made

    first = install()
    visitor.clocked.do(installations.end, "T0DESK", visitor.clocked.now)
    second = install()
    there.orders["auth.test"] = Trouble(status=500)
    third = install()
    assert len({made.token for made in (first, second, third)}) == 3
    assert {made.bot_id for made in (first, second, third)} == {"B0DESKGATE"}


def test_a_bot_that_is_not_known_is_no_failure(visitor: Visitor, there: Slack) -> None:
    there.orders["auth.test"] = Trouble(status=500)
    assert visitor.back(state=visitor.begin(), code=there.workspace.tokens.approve()).status_code == 200
    (made,) = visitor.found
    assert (made.bot_id, made.token is not None) == ("", True)


def answer(**said: Any) -> tuple[int, dict[str, str], bytes]:
    made = {"ok": True, "access_token": "xoxb-9", "bot_user_id": "UBOT", "scope": "chat:write"}
    return 200, {}, json.dumps(made | said).encode()


def test_a_whole_organisation_goes_by_its_own_id(clocked: Clocked) -> None:
    grid = {"team": None, "enterprise": {"id": "E1", "name": "<Grid>"}, "is_enterprise_install": True}
    member = {"team": {"id": "T2", "name": "One"}, "enterprise": {"id": "E1", "name": "Grid"}}
    bots: tuple[int, dict[str, str], bytes] = (200, {}, b'{"ok": true, "bot_id": "BBOT"}')
    with saying(answer(**grid), bots, answer(**member), bots) as (base, _):
        visitor = visitor_of(clocked, base)
        page = visitor.back(state=visitor.begin(), code="c")
        assert "now in &lt;Grid&gt;." in page.text
        assert visitor.back(state=visitor.begin(), code="c").status_code == 200
    assert {(made.team, made.name, made.bot_id, made.token) for made in visitor.found} == {
        ("E1", "<Grid>", "BBOT", "xoxb-9"),
        ("T2", "One", "BBOT", "xoxb-9"),
    }
    assert {(made.refresh, made.expires_at) for made in visitor.found} == {(None, None)}


def test_the_code_is_exchanged_with_our_credentials_out_of_sight(clocked: Clocked) -> None:
    heard: list[Heard]
    with saying(answer(team={"id": "T1", "name": "One"}), (200, {}, b'{"ok": true}')) as (base, heard):
        visitor = visitor_of(clocked, base)
        visitor.back(state=visitor.begin(), code="the-code")
    path, headers, body = heard[0]
    assert (path, headers["authorization"].partition(" ")[0]) == ("oauth.v2.access", "Basic")
    assert parse_qs(body.decode()) == {"code": ["the-code"], "redirect_uri": [f"{PUBLIC}/slack/oauth_redirect"]}


# --- not installed


@pytest.mark.parametrize("invited", ["", "0" * 75, "ü" * 75, "a state"])
def test_a6_strangers_take_no_place_and_ask_slack_nothing(visitor: Visitor, there: Slack, invited: str) -> None:
    """T34: sixteen connections shut whoever really installed out, and had the desk ask Slack for 121 made-up codes."""
    if invited == "a state":
        invited = installations.begin(visitor.clocked.store.keys, "0" * 11, visitor.clocked.now)
    page = visitor.web.get("/slack/install", params={"invited": invited})
    assert (page.status_code, "deskgate slack install" in page.text, len(visitor.web.cookies)) == (403, True, 0)
    link = visitor.link
    made_up = link.partition("=")[2][:43]
    visitor.web.cookies.set("deskgate-slack-install", made_up, domain="desk.example", path="/slack")
    assert visitor.back(state=made_up, code="made-up").status_code == 400
    assert there.asked == []
    visitor.clocked.now += installations.INVITED_FOR
    assert visitor.web.get(link).status_code == 403


def test_somebody_did_not_allow_it(visitor: Visitor, there: Slack) -> None:
    state = visitor.begin()
    page = visitor.back(state=state, error="access_denied")
    assert (page.status_code, "You did not allow it" in page.text) == (400, True)
    assert (there.asked, visitor.found, visitor.told) == ([], [], [])
    assert "not begun in this browser" in visitor.back(state=state, error="access_denied").text


def test_a_state_is_good_once_in_one_browser_for_ten_minutes(visitor: Visitor, there: Slack) -> None:
    code = there.workspace.tokens.approve()

    def refused(state: str) -> None:
        page = visitor.back(state=state, code=code)
        assert (page.status_code, "not begun in this browser" in page.text) == (400, True)

    refused("")
    refused("ü\x00\ud800".encode("utf-8", "replace").decode())
    state = visitor.begin()
    refused(state[::-1])
    refused(state)  # the cookie went with the page before: as in the browser of somebody who was sent a link
    other = visitor.begin()
    visitor.web.cookies.set("deskgate-slack-install", state, domain="desk.example", path="/slack")
    refused(other)
    visitor.web.cookies.clear()
    old = visitor.begin()
    visitor.clocked.now += 10 * MINUTE + 1
    refused(old)
    assert there.asked == []
    state = visitor.begin()
    kept = visitor.web.cookies["deskgate-slack-install"]
    assert visitor.back(state=state, code=code).status_code == 200
    visitor.web.cookies.set("deskgate-slack-install", kept, domain="desk.example", path="/slack")
    refused(state)


def test_a6_whoever_begins_to_install_costs_nothing_and_few_who_come_back_wait_for_slack(
    clocked: Clocked, there: Slack
) -> None:
    """520 at once began, each with a row and a thread of the health pages; then one link that had got about took every place."""
    asking, let_go = threading.Semaphore(0), threading.Event()

    def hanging(_method: str, _args: dict[str, Any]) -> Trouble | None:
        asking.release()
        assert let_go.wait(20)
        return None

    visitor = visitor_of(clocked, there.base)
    of_one_link, of_many = ([visitor.begin(later) for _ in range(PLACES)] for later in (0, 1))
    assert clocked.do(lambda tx: tx.connection.execute(select(tables.install_states)).all()) == []
    there.workspace.trouble = hanging

    def back(state: str) -> int:
        one = TestClient(visitor.web.app, base_url=PUBLIC, follow_redirects=False)
        cookie = {"Cookie": f"deskgate-slack-install={state}"}
        return one.get("/slack/oauth_redirect", params={"state": state, "code": "x"}, headers=cookie).status_code

    with ThreadPoolExecutor(2 * PLACES) as browsers:
        try:
            leaked = [browsers.submit(back, state) for state in of_one_link]
            assert {one.result() for one in islice(as_completed(leaked, 20), PLACES - 1)} == {503}
            coming = [browsers.submit(back, state) for state in of_many]
            assert next(as_completed(coming, 20)).result() == 503
            assert all(asking.acquire(timeout=20) for _ in range(THREADS))
            assert not asking.acquire(blocking=False)
        finally:
            let_go.set()
    assert sorted(one.result() for one in (*leaked, *coming)) == [502] * PLACES + [503] * PLACES


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({}, 400, "without what is needed"),
        ({"code": "a b"}, 400, "without what is needed"),
        ({"code": "wrong"}, 502, "Slack refused: invalid_code."),
        ({"error": "invalid_scope"}, 502, "Slack refused: invalid_scope."),
        ({"error": "<b>call 0900</b>"}, 502, "Slack refused: it did not say why."),
    ],
)
def test_what_comes_back_is_of_no_use(visitor: Visitor, query: dict[str, str], status: int, words: str) -> None:
    page = visitor.back(state=visitor.begin(), **query)
    assert (page.status_code, words in page.text, "<b>" in page.text) == (status, True, False)
    assert (visitor.found, visitor.told) == ([], [])


@pytest.mark.parametrize(
    "said",
    [
        (500, {}, b""),
        (200, {}, b"<html>"),
        answer(),
        answer(team={"id": "", "name": "x"}),
        answer(team={"id": "T1"}, access_token=None),
        answer(team={"id": "T1"}, bot_user_id=7),
    ],
)
def test_slack_says_nothing_of_use(clocked: Clocked, said: tuple[int, dict[str, str], bytes]) -> None:
    with saying(said) as (base, _):
        visitor = visitor_of(clocked, base)
        page = visitor.back(state=visitor.begin(), code="c")
    assert (page.status_code, "could not be asked" in page.text, visitor.found) == (502, True, [])


def test_only_the_workspaces_that_are_named_may_install(clocked: Clocked, there: Slack) -> None:
    """Whoever is in a workspace of ours may be linked by a code, so no stranger's comes in; its token is given back."""
    strange = answer(team={"id": "T0STRANGE", "name": "x"})
    heard: list[Heard]
    with saying(strange, (200, {}, b'{"ok": true, "revoked": true}')) as (base, heard):
        visitor = visitor_of(clocked, base, teams=("T0DESK",))
        assert visitor.back(state=visitor.begin(), code="c").status_code == 403
    assert [path for path, _, _ in heard] == ["oauth.v2.access", "auth.revoke"]
    assert heard[1][1]["authorization"] == "Bearer xoxb-9"
    assert visitor.found == []
    welcome = visitor_of(clocked, there.base, teams=("T0OTHER", "T0DESK"))
    assert welcome.back(state=welcome.begin(), code=there.workspace.tokens.approve()).status_code == 200
    assert [one.team for one in welcome.found] == ["T0DESK"]
