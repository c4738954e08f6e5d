"""A whole desk for a test: the real app on a database with the sample accounts, Twilio's part played, a clock to turn."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import fastapi.dependencies.models
import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from authz import load_schemes
from deskgate.app import UNTRACED, Container, make_app
from deskgate.help_desk_jobs import followed
from deskgate.settings import SIMULATED_NUMBER, SIMULATED_SID, Settings, read_settings
from deskgate.simulator_mount import SAMPLE
from simulator.exchange import Exchange, posting
from simulator.script import play
from simulator.twilio_api import router as twilio_api
from store import Keys, Store, open_store
from store.imports import import_run
from store.imports.file_format import read
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job
from tests.channels.mailbox import Mailbox
from tests.postgres import Server

SECRET = base64.b64encode(b"a key for tests alone, 32 bytes.").decode()
NOON = 1_795_348_800_000  # 2026-11-22 12:00 UTC
PUBLIC = "http://127.0.0.1:8000"


class Served:
    """An app of one router that is made when the first request comes: most tests send none, and it costs as much as the desk."""

    def __init__(self, router: Callable[[], APIRouter]) -> None:
        self._router = router
        self._app: FastAPI | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = FastAPI(telemetry=UNTRACED)  # or a connection could not be broken
            self._app.include_router(self._router())
        await self._app(scope, receive, send)


class Desk:
    """Talk to it: `ring(script)` plays a call, `work()` does what is owed, `pass_time(seconds)` turns the clock."""

    slack_api: httpx2.Client | None = None  # what reaches Slack; where it is set, the desk has Slack beside the phone
    works = False  # whether its worker runs once it is served; most tests do what is owed themselves, when it is owed

    def __init__(self, url: str, *, secret_keys: str = SECRET, public_url: str = PUBLIC, **settings: str) -> None:
        self.now = NOON
        self.settings = settings_of(url, secret_keys=secret_keys, public_url=public_url, **settings)
        rest = Served(lambda: twilio_api(self.exchange))
        self.app = make_app(
            self.settings,
            clock=lambda: self.now,
            twilio_api=TestClient(rest, base_url=f"{PUBLIC}/simulator/twilio", client=("127.0.0.1", 50000)),
            slack_api=self.slack_api,
            works=self.works,
        )
        self.container: Container = self.app.state.container
        if self.slack_api is None:
            # Nobody is in Slack here, and nothing is sent to the address it would have; see tests/bot.
            nobody: Delivery = lambda _tx, _piece: None  # noqa: E731
            there = self.container.deliveries
            there |= {kind: nobody for kind in there if kind.startswith("slack.")}
            there["ticket_update"] = partial(followed, nobody) if self.container.help_desk is not None else nobody
        self.store: Store = self.container.store
        self.client = TestClient(self.app, base_url=public_url, client=("127.0.0.1", 50000))
        token = (
            self.container.settings.twilio_auth_token[0]
            if self.settings.twilio_account_sid
            else _token(self.store.keys)
        )
        account = self.settings.twilio_account_sid or SIMULATED_SID
        self.exchange = Exchange(
            posting(self.client), account, token, public_url, SIMULATED_NUMBER, now=lambda: self.now / 1000
        )

    def ring(
        self, script: str, *, meanwhile: bool = True, elsewhere: Callable[[str], None] | None = None
    ) -> list[tuple[str, str]]:
        """Plays a call script; a mismatch fails the test with the line. Background jobs is done after everything anyone does."""
        work: Callable[[], Any] = self.work if meanwhile else lambda: None
        return play(script, self.exchange, meanwhile=work, elsewhere=elsewhere)

    def work(self) -> int:
        """Does all that is due; how much that was."""
        return self.container.worker.do_all()

    def do_again(self, piece: Job) -> None:
        """What a worker does with a piece it has: as when another died just after doing it, or is doing it still."""
        with self.store.transaction("worker") as tx:
            rest = self.container.deliveries[piece.kind](tx, piece)
            for _ in rest or ():
                break
        for _ in rest or ():
            raise AssertionError("a delivery yields once")
        with self.store.transaction("worker") as tx:
            job_queue.write_down(tx, piece)

    def pass_time(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

    def close(self) -> None:
        # Its client stays open: there is nothing in it to close, and a phone may be in the middle of its last request.
        self.container.worker.stop()  # a test may have done some jobs and left others: their mail session ends here
        self.store.engine.dispose()  # without the last checkpoint of a clean stop, which nobody would read
        forget_routes()


_read: Final[dict[object, Settings]] = {}


def settings_of(url: str, **given: str) -> Settings:
    """As `read_settings` gives them. One desk's are another's but for the database: they are read once, which takes a third of the
    time in which a desk opens."""
    there = frozenset((name, value) for name, value in os.environ.items() if name.lower() in Settings.model_fields)
    alike = url.partition(":")[0], there, frozenset(given.items())
    if alike not in _read:
        _read[alike] = read_settings(_env_file=None, database_url=url, **given)
    return _read[alike].model_copy(update={"database_url": url})


def forget_routes() -> None:
    """FastAPI remembers every function that was ever a route, and so the desk it closes over: after some thousand tests that
    is most of a gigabyte, which Python's collector walks through again and again."""
    for one in vars(fastapi.dependencies.models).values():
        if hasattr(one, "cache_clear"):
            one.cache_clear()


@pytest.fixture(autouse=True, scope="session")
def _patience() -> Iterator[None]:
    """A busy machine is no fault of the code: Slack, and what answers it, wait for minutes and not for seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.router.PATIENCE", 120.0)
        patch.setattr("simulator.slack.delivery.PATIENCE", 120.0)
        yield


def _token(keys: Keys) -> str:
    from deskgate.settings import simulated_token

    return simulated_token(keys)


def load_samples(url: str) -> None:
    """Loads the sample accounts into a migrated database, a month ago: numbers and links are old enough to prove something."""
    opened = open_store(url, Keys.parse(SECRET), load_schemes(), lambda: NOON - 30 * 86_400_000)
    try:
        import_run.run(opened, read(SAMPLE.read_bytes()))
    finally:
        opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def sample_url(request: pytest.FixtureRequest) -> str:
    """A database with the sample accounts, one for each kind."""
    url: str = request.getfixturevalue({"sqlite": "sample_sqlite", "postgresql": "sample_postgres"}[request.param])
    return url


@pytest.fixture
def one_sample_url(request: pytest.FixtureRequest) -> str:
    """Like `sample_url`, for what hardly concerns the database: on SQLite, and with `--everything` on PostgreSQL too (tests/sizes.py)."""
    on = getattr(request, "param", "sqlite")
    url: str = request.getfixturevalue({"sqlite": "sample_sqlite", "postgresql": "sample_postgres"}[on])
    return url


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url)
    yield opened
    opened.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server; give a desk its `url`."""
    with Mailbox() as opened:
        yield opened


@pytest.fixture
def sample_sqlite(_sample_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copyfile(_sample_template, tmp_path / 'sample.db')}"


@pytest.fixture
def sample_postgres(postgres: Server, sample_postgres_template: str) -> Iterator[str]:
    with postgres.lend(sample_postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def _sample_template(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = shutil.copyfile(_sqlite_template, tmp_path_factory.mktemp("sample") / "deskgate.db")
    load_samples(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def sample_postgres_template(postgres: Server, _postgres_template: str) -> str:
    load_samples(postgres.create("sample", like=_postgres_template))
    return "sample"
