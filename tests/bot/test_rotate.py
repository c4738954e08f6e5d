"""Tokens are renewed before they end, once for each pair, and what Slack gives only once is not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from sqlalchemy import select, text

from bot.platform.install import App, due, rotate
from deskgate.http_client import http_client
from simulator.slack import Workspace
from simulator.slack.injected_faults import Trouble
from store import DatabaseFault, tables
from store.jobs import job_queue
from store.jobs.job_queue import RetryLaterError
from store.slack import installations
from store.slack.installations import ROTATE_BEFORE, Installation
from tests.bot.serving import CLIENT, CLIENT_SECRET, slack
from tests.store.clocked import HOUR, Clocked

LIVES = 12 * HOUR


@dataclass
class Desk:
    """Installed at the simulated Slack. `meanwhile` is done when Slack is asked, and orders trouble."""

    clocked: Clocked
    workspace: Workspace
    base: str
    first: Installation
    asked: list[str]

    def meanwhile(self, do: Callable[[], Trouble | None]) -> None:
        def trouble(method: str, _args: dict[str, Any]) -> Trouble | None:
            self.asked.append(method)
            return do()

        self.workspace.trouble = trouble

    def rotate(self, **named: Any) -> None:
        with http_client(self.base) as http:
            rotate(self.clocked.store, App(CLIENT, CLIENT_SECRET, http), "T0DESK", **named)

    @property
    def found(self) -> list[Installation]:
        every: list[Installation] = self.clocked.do(installations.every)
        return every

    @property
    def token(self) -> str:
        """Of the one installation, and good."""
        (found,) = self.found
        assert found.token is not None
        self.workspace.tokens.check(found.token)
        return found.token

    def refuse(self, refusing: bool) -> None:
        """Whether nothing more can be written to the installations."""
        made: tuple[str, ...]
        gone: tuple[str, ...]
        if self.clocked.store.engine.dialect.name == "postgresql":
            made = (
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$",
                "CREATE TRIGGER full_up BEFORE INSERT ON installations FOR EACH ROW EXECUTE FUNCTION no()",
            )
            gone = ("DROP TRIGGER full_up ON installations", "DROP FUNCTION no()")
        else:
            raises = "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            made = (f"CREATE TRIGGER full_up BEFORE INSERT ON installations {raises}",)
            gone = ("DROP TRIGGER full_up",)
        with self.clocked.transaction() as tx:
            for statement in made if refusing else gone:
                tx.connection.execute(text(statement))


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Workspace, str]]:
    with slack() as (workspace, base):
        yield workspace, base


@pytest.fixture
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def desk(store_url: str, _served: tuple[Workspace, str], logged: list[structlog.typing.EventDict]) -> Iterator[Desk]:
    """Its tokens have just become due."""
    clocked, (workspace, base) = Clocked(store_url), _served
    token, refresh = workspace.tokens.exchange(workspace.tokens.approve())
    ends = clocked.now + ROTATE_BEFORE - 1
    first = Installation("T0DESK", "The desk", "U0DESKGATE", "B0DESKGATE", ("x",), token, refresh, ends)
    clocked.do(installations.put, first)
    opened = Desk(clocked, workspace, base, first, [])
    opened.meanwhile(lambda: None)
    yield opened
    clocked.close()
    assert "xoxe" not in str(logged)


def test_tokens_are_renewed_when_they_are_due_and_not_before(desk: Desk) -> None:
    desk.clocked.now -= 1
    desk.rotate()
    desk.clocked.do(due)
    assert (desk.found, desk.asked, desk.clocked.do(job_queue.lease, ["slack.rotate"])) == ([desk.first], [], None)
    desk.clocked.now += 1
    desk.rotate()
    (made,) = desk.found
    assert (made.team, made.name, made.bot_id) == ("T0DESK", "The desk", "B0DESKGATE")
    assert made.scopes == desk.workspace.app.scopes
    assert made.expires_at == desk.clocked.now + LIVES
    assert {desk.token, made.refresh}.isdisjoint({desk.first.token, desk.first.refresh})
    desk.rotate()
    assert (desk.found, desk.asked) == ([made], ["oauth.v2.access"]), "it is not due any more"
    desk.clocked.now += LIVES
    desk.rotate()
    assert desk.token != made.token


def test_one_piece_of_work_for_each_pair_of_tokens(desk: Desk) -> None:
    desk.clocked.do(due)
    desk.clocked.do(due)
    job = desk.clocked.do(job_queue.lease, ["slack.rotate"])
    assert job is not None
    assert (job.key, job.payload) == (f"T0DESK:{desk.first.expires_at}", {"team": "T0DESK"})
    assert desk.clocked.rows(select(tables.jobs.c.ordering_key)) == [("rotate:T0DESK",)]
    desk.clocked.do(job_queue.done, job)
    desk.clocked.do(due)
    assert desk.clocked.do(job_queue.lease, ["slack.rotate"]) is None


@pytest.mark.parametrize(
    ("trouble", "words", "seconds"),
    [
        (Trouble(error="invalid_refresh_token"), "Install the app there again", 300),
        (Trouble(error="bad_client_secret"), "bad_client_secret when the tokens of T0DESK", 300),
        (Trouble(status=200, body='{"ok": true}'), "named no new tokens", 300),
        (Trouble(status=500), "500", None),
        (Trouble(retry_after=9), "wait", 9),
    ],
)
def test_what_keeps_tokens_from_being_renewed_comes_again(
    desk: Desk, trouble: Trouble, words: str, seconds: int | None
) -> None:
    desk.meanwhile(lambda: trouble)
    with pytest.raises(RetryLaterError, match=words) as raised:
        desk.rotate()
    assert raised.value.seconds == seconds
    assert "xoxe" not in str(raised.value)
    assert desk.found == [desk.first]
    desk.meanwhile(lambda: None)
    desk.rotate()
    assert desk.token != desk.first.token


def test_an_app_that_is_removed_meanwhile_stays_removed(desk: Desk) -> None:
    def ends() -> None:
        assert desk.clocked.do(installations.end, "T0DESK", desk.clocked.now)

    desk.meanwhile(ends)
    desk.rotate()
    assert (desk.found, desk.asked) == ([], ["oauth.v2.access"])
    desk.rotate()
    assert desk.asked == ["oauth.v2.access"]


def test_an_app_that_is_installed_anew_meanwhile_keeps_its_new_tokens(desk: Desk) -> None:
    anew = Installation("T0DESK", "x", "U", "B", (), "xoxe-new", "xoxe-newer", desk.clocked.now + LIVES)
    desk.meanwhile(lambda: desk.clocked.do(installations.put, anew))
    desk.rotate()
    assert (desk.found, desk.asked) == ([anew], ["oauth.v2.access"])


def test_tokens_that_cannot_be_opened_are_the_operators(desk: Desk) -> None:
    desk.clocked.change(tables.installations, refresh=b"\x00" * 40)
    with pytest.raises(RetryLaterError, match="SECRET_KEYS"):
        desk.rotate()
    assert desk.asked == []


def test_no_token_is_spent_when_the_next_could_not_be_kept(desk: Desk) -> None:
    desk.refuse(True)
    with pytest.raises(DatabaseFault):
        desk.rotate()
    assert desk.asked == []
    desk.refuse(False)
    desk.rotate()
    assert desk.token != desk.first.token


def test_new_tokens_outlive_a_database_that_goes_away(desk: Desk, logged: list[structlog.typing.EventDict]) -> None:
    """It takes nothing more from the moment Slack is asked; and takes it again a little later, or never."""

    def lost() -> list[str]:
        return [event["event"] for event in logged if event["log_level"] == "critical"]

    def recovering() -> Iterator[float]:
        yield 0.0
        desk.refuse(False)
        yield 0.0

    desk.meanwhile(lambda: desk.refuse(True))
    desk.rotate(pauses=recovering())
    assert (desk.token != desk.first.token, lost()) == (True, [])
    desk.clocked.now += LIVES
    with pytest.raises(DatabaseFault):
        desk.rotate(pauses=(0.0, 0.0))
    assert lost() == ["slack_tokens_lost"]
