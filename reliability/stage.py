"""A desk in this process with the world around it, for runs by the thousand: signed requests straight into the app, the journal as ever, nothing on a socket but mail.

    with Stage(url, folder) as stage:
        call = Call(stage.twilio, customer.number)          # world/calls.py, world/slack_people.py: the same people as over sockets
        stage.work()                                        # what is owed; `settle()`: until nothing is, whatever was put off
        check(stage.history())

Its clock is the machine's, `ahead` by as much as was wished. What is asked of Twilio and Slack goes through `outgoing`, where a call can be made to fail.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx2
from fastapi.testclient import TestClient
from sqlalchemy import update

from deskgate.app import make_app
from reliability import history as histories
from reliability.history import History
from reliability.journal import Journal, Kind, Side
from reliability.world import players
from reliability.world.calls import Twilio
from reliability.world.lines import Answer, Lines
from reliability.world.mail_server import mail_server
from reliability.world.orders import Orders
from reliability.world.slack_people import SlackPeople
from store import now_ms, tables
from tests.channels.faults import LONG
from tests.desk import PUBLIC, SECRET, Desk, forget_routes, settings_of
from tests.ivr.wire import change, count

ROUNDS: Final = 12  # in which what was put off is done; more means that it never is
LOOPBACK: Final = ("127.0.0.1", 50000)
NONE: Final[Mapping[str, str]] = {}


class Outgoing(TestClient):
    """What Twilio and Slack are asked through. `meets` is called with how many calls there were before, and does the call, or fails it."""

    meets: Callable[[Callable[[], httpx2.Response]], httpx2.Response] = staticmethod(lambda do: do())

    def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        return self.meets(lambda: super(Outgoing, self).send(request, **how))


class Straight(Lines):
    """Lines that lead into the app itself. What no handler answers is a 500, as uvicorn says it."""

    def __init__(self, client: TestClient) -> None:
        super().__init__("", 0)
        self._client = client

    async def post(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Answer:
        began = time.perf_counter()
        answer = self._client.post(path, content=body, headers=dict(headers))
        return Answer(answer.status_code, answer.content, time.perf_counter() - began)


class Mails:
    """A mail server on a port of its own, in a thread that serves all stages of this process one after the other."""

    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, journal: Journal, orders: Orders) -> None:
        self._server = self._does(mail_server("127.0.0.1", 0, journal, orders))
        self.url = f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        assert Mails._loop is not None
        Mails._loop.call_soon_threadsafe(self._server.close)

    @classmethod
    def _does(cls, what: Any) -> Any:
        if cls._loop is None:
            cls._loop = asyncio.new_event_loop()
            threading.Thread(target=cls._loop.run_forever, daemon=True).start()
        return asyncio.run_coroutine_threadsafe(what, cls._loop).result(LONG)


class Clocked(Journal):
    """A journal that says what the desk's clock was."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        super().__init__(path)
        self._clock = clock

    def write(self, side: Side, kind: Kind, what: str, id: str = "", status: int = 0, **facts: Any) -> None:
        super().write(side, kind, what, id, status, clock=self._clock(), **facts)


class Stage(Desk):
    """One desk on one database; a journal and what is wrong go into `folder`."""

    def __init__(self, url: str, folder: Path, *, secrets: Mapping[str, str] = NONE, **settings: str) -> None:
        self.ahead, self.url, self.secrets = 0, url, secrets
        self.path = folder / "journal.jsonl"
        self.path.unlink(missing_ok=True)
        self.journal, self.orders = Clocked(self.path, lambda: self.now), Orders()
        self.mails = Mails(self.journal, self.orders)
        world = players.app(self.journal, self.orders)
        self.outgoing = [Outgoing(world, base_url="http://world"), Outgoing(world, base_url="http://world/api/")]
        given = {
            "twilio_account_sid": players.ACCOUNT,
            "twilio_auth_token": players.TOKEN,
            "twilio_number": players.NUMBER,
            "transcribe": "on",
            "slack_signing_secret": players.SIGNING,
            "slack_bot_token": players.BOT_TOKEN,
            "slack_agent_channel": players.AGENT_CHANNEL,
            "smtp_url": self.mails.url,
            "mail_from": "desk@desk.example",
        }
        self.settings = settings_of(url, secret_keys=SECRET, public_url=PUBLIC, **given | settings)
        twilio_api, slack_api = self.outgoing
        self.app = make_app(
            self.settings, clock=lambda: self.now, twilio_api=twilio_api, slack_api=slack_api, works=False
        )
        self.container = self.app.state.container
        self.store = self.container.store
        self.client = TestClient(self.app, base_url=PUBLIC, client=LOOPBACK, raise_server_exceptions=False)
        lines = Straight(self.client)
        self.twilio, self.slack = Twilio(lines, PUBLIC, self.journal), SlackPeople(lines, self.journal)
        assert self.container.slack is not None
        self.container.slack.context.look(anew=True)

    @property
    def now(self) -> int:
        return now_ms() + self.ahead

    @now.setter
    def now(self, at: int) -> None:
        self.ahead = at - now_ms()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def work(self) -> int:
        """As the worker's threads do: what fails between two jobs is tried again."""
        done = faults = 0
        while True:
            try:
                if not self.container.worker.do_one():
                    return done
                done += 1
            except Exception:
                faults += 1
                if faults == ROUNDS:
                    raise

    def settle(self) -> int:
        """Works until nothing is owed: what was put off is due now, as it will be in time. How much is owed after all."""
        pending, left = tables.jobs.c.done_at.is_(None), 0
        for _ in range(ROUNDS):
            self.work()
            left = count(self, tables.jobs, pending)
            if not left:
                return 0
            change(self, update(tables.jobs).where(pending).values(run_at=0))
        return left

    def history(self) -> History:
        return histories.read(self.url, journal=self.path, keys=SECRET, secrets=self.secrets)

    def close(self) -> None:
        self.container.worker.stop()
        self.store.engine.dispose()
        self.mails.close()
        self.journal.close()
        forget_routes()
