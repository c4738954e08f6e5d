"""Twilio's REST API, Slack's Web API and a mail server on real sockets, in a process of their own; everything received goes to the journal.

    with World(folder / "journal.jsonl") as world:
        world.environment()                    # settings by which a desk reaches them
        world.order(Order("mail", "500"))      # orders.py; `withdraw()`: from now on as ever
        world.freeze() … world.thaw()          # they keep their sockets and say nothing
        world.journal                          # to write beside them what is asked of the desk, and what was done to it

`python -m reliability.world.players --journal FILE [--host 127.0.0.1] [--http 9200] [--smtp 9201]` is the process; it prints where it listens.
What Slack was given it keeps, as far as a desk looks for it again (`conversations.replies`, `.history`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reliability.journal import Journal
from reliability.world.mail_server import mail_server
from reliability.world.orders import Order, Orders
from reliability.world.slack_api import SlackApi
from reliability.world.twilio_api import TwilioApi

ACCOUNT, TOKEN, NUMBER = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef", "+441632960000"
SIGNING, BOT_TOKEN, AGENT_CHANNEL = "0123456789abcdef0123456789abcdef", "xoxb-of-the-desk", "C0DESK"
PATIENCE: Final = 30.0  # seconds until it listens


def app(journal: Journal, orders: Orders) -> Starlette:
    """Both companies on one port, and `/world/orders`, by which they are told how to answer."""

    async def told(request: Request) -> Response:
        if request.method == "PUT":
            slack.forget()
        elif request.method == "DELETE":
            orders.withdraw()
        else:
            orders.give(*(Order(**one) for one in json.loads(await request.body())))
        return JSONResponse({"ok": True})

    twilio, slack = TwilioApi(journal, orders), SlackApi(journal, orders)
    return Starlette(
        routes=[
            Route("/world/orders", told, methods=["POST", "DELETE", "PUT"]),
            Route("/2010-04-01/Accounts/{account}/{rest:path}", twilio.answer, methods=["GET", "POST", "DELETE"]),
            Route("/api/{method}", slack.answer, methods=["GET", "POST"]),
            Route("/upload/{file}", slack.uploaded, methods=["POST"]),
        ]
    )


async def serve(path: Path, host: str, http: int, smtp: int) -> None:
    journal, orders = Journal(path), Orders()
    config = uvicorn.Config(
        app(journal, orders), host=host, port=http, log_level="critical", access_log=False, timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen(1024)  # before anybody is told of it
    mails = await mail_server(host, smtp, journal, orders)
    print(json.dumps({"http": listener.getsockname()[1], "smtp": mails.sockets[0].getsockname()[1]}), flush=True)
    await server.serve([listener])


class World:
    """Them, from whoever starts them. A context manager."""

    def __init__(self, path: Path, *, host: str = "127.0.0.1", http: int = 0, smtp: int = 0) -> None:
        self.path, self._host = path, host
        self.journal = Journal(path)
        command = [sys.executable, "-m", "reliability.world.players", "--journal", str(path), "--host", host]
        self.process = subprocess.Popen(
            [*command, "--http", str(http), "--smtp", str(smtp)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        told = self.process.stdout.readline()
        if not told:
            raise RuntimeError("those who play the world ended at once")
        where = json.loads(told)
        self.http, self.smtp = f"http://{host}:{where['http']}", f"smtp://{host}:{where['smtp']}"

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.thaw()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.journal.close()

    def environment(self) -> dict[str, str]:
        """Settings of a desk that has this world around it. Without DATABASE_URL, SECRET_KEYS and PUBLIC_URL."""
        return {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_NUMBER": NUMBER,
            "TWILIO_API_URL": self.http,
            "TRANSCRIBE": "on",
            "SLACK_SIGNING_SECRET": SIGNING,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_AGENT_CHANNEL": AGENT_CHANNEL,
            "SLACK_API_URL": f"{self.http}/api/",
            "SMTP_URL": self.smtp,
            "MAIL_FROM": "desk@desk.example",
        }

    def order(self, *orders: Order) -> None:
        """They stand when this returns."""
        self._tell("POST", json.dumps([order.packed() for order in orders]).encode())

    def withdraw(self) -> None:
        self._tell("DELETE", b"")

    def forget(self) -> None:
        """What Slack was given: another desk comes, whose messages have the same keys."""
        self._tell("PUT", b"")

    def _tell(self, method: str, body: bytes) -> None:
        with urlopen(HttpRequest(f"{self.http}/world/orders", body or None, method=method), timeout=PATIENCE) as answer:
            assert answer.status == 200

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http", type=int, default=0)
    parser.add_argument("--smtp", type=int, default=0)
    given = parser.parse_args()
    os.umask(0o077)
    asyncio.run(serve(given.journal, given.host, given.http, given.smtp))


if __name__ == "__main__":
    main()
