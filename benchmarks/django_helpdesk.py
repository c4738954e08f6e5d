"""Tickets a second beside django-helpdesk: messages in Slack that open a ticket, posted by Deskgate's worker, against tickets through its REST API.

    python -m benchmarks.django_helpdesk [--tickets 400] [--rounds 3] [--only SQLite]

In one run and by turns: gunicorn with 2 workers for django-helpdesk, `deskgate serve` with 2 processes on PostgreSQL and the one that SQLite
allows, 8 connections to each. A ticket of Deskgate's counts when Slack has its card and its thread as well: a round ends when nothing is owed
any more. django-helpdesk writes its mails and sends them nowhere. Both wait for the disk. It is installed from benchmarks/helpdesk/requirements.txt
into an environment of its own, .helpdesk, at the first run. Whoever is not driven is stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import func, make_url, select

from benchmarks.measuring import KINDS, PATIENCE, aim, databases, machine
from benchmarks.slack_side import MIA, Asked, Hands, Line, desk_settings, free_port, furnished, opened
from benchmarks.worker import slack_apart
from store import Store, tables

CONNECTIONS: Final = 8
PROCESSES: Final = 2
HERE: Final = Path(__file__).parent / "helpdesk"
ITS_OWN: Final = Path(__file__).parents[1] / ".helpdesk"
WARM: Final = 40


class Request(Protocol):
    def signed(self) -> bytes: ...


class Posted(NamedTuple):
    """A ticket for django-helpdesk."""

    token: str
    n: int

    def signed(self) -> bytes:
        ticket = {
            "queue": 1,
            "title": f"our site is down {self.n}",
            "description": "our site is down, since this morning",
            "submitter_email": "mia@example.org",
            "priority": 3,
        }
        body = json.dumps(ticket).encode()
        head = (
            f"POST /api/tickets/ HTTP/1.1\r\nHost: helpdesk\r\nAuthorization: Token {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def sent(port: int, many: int, request: Callable[[int], Request], good: int) -> None:
    """So many requests over all connections, each answered as it should be."""
    left = iter(range(many))

    async def one_after_the_other() -> None:
        line = Line(port)
        for n in left:
            answer = await line.ask(request(n))  # type: ignore[arg-type]  # all it asks of one is its bytes
            assert answer is not None, "no answer came"
            assert answer[0] == good, answer
        line.close()

    await asyncio.gather(*(one_after_the_other() for _ in range(CONNECTIONS)))


# --- the two


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int) -> Iterator[Callable[[bool], None]]:
    """A server in a session of its own, stopped until it is told (True) to go on."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )

    def goes_on(on: bool) -> None:
        os.killpg(process.pid, signal.SIGCONT if on else signal.SIGSTOP)

    try:
        asyncio.run(_listens(port, process))
        goes_on(False)
        yield goes_on
    finally:
        goes_on(True)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


async def _listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert process.poll() is None, f"{process.args!r} ended by itself"
            assert time.monotonic() < end, f"{process.args!r} does not listen"
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


class Side(NamedTuple):
    """`rush` opens so many tickets and returns when all of them are done with; `count` says how many there are."""

    goes_on: Callable[[bool], None]
    rush: Callable[[int], None]

    def rate(self, many: int) -> float:
        """Tickets a second."""
        self.goes_on(True)
        began = time.perf_counter()
        self.rush(many)
        took = time.perf_counter() - began
        self.goes_on(False)
        return many / took


def helpdesk(stack: ExitStack, url: str) -> Side:
    python, port = installed(), free_port()
    given = {**os.environ, "HELPDESK_DATABASE": json.dumps(as_django_has_it(url)), "DJANGO_SETTINGS_MODULE": "settings"}
    made = subprocess.run([python, "prepare.py"], cwd=HERE, env=given, check=True, text=True, capture_output=True)
    token = made.stdout.split()[-1]
    gunicorn = [python, "-m", "gunicorn", "--chdir", str(HERE), "--bind", f"127.0.0.1:{port}"]
    how = ["--workers", str(PROCESSES), "--threads", str(CONNECTIONS // PROCESSES), "--keep-alive", "30"]
    how += ["--timeout", "0"]  # one that is stopped is silent
    command = [*gunicorn, *how, "django.core.wsgi:get_wsgi_application()"]
    goes_on = stack.enter_context(running(command, given, port))
    return Side(goes_on, lambda many: asyncio.run(sent(port, many, lambda n: Posted(token, n), 201)))


def as_django_has_it(url: str) -> dict[str, Any]:
    """The same database, waiting for the disk as ours does."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        durable = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        options = {"timeout": 60, "transaction_mode": "IMMEDIATE", "init_command": durable}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parsed.database, "OPTIONS": options}
    there = {"NAME": parsed.database, "USER": parsed.username or "", "PASSWORD": parsed.password or ""}
    where = {
        "HOST": parsed.host or str(parsed.query.get("host", "")),
        "PORT": parsed.port or parsed.query.get("port", ""),
    }
    return {"ENGINE": "django.db.backends.postgresql", **there, **where, "CONN_MAX_AGE": None}


def installed() -> str:
    """The Python of django-helpdesk's own environment, made where there is none."""
    python, done = ITS_OWN / "bin" / "python", ITS_OWN / "installed"
    locked = (HERE / "requirements.txt").read_text("utf-8")
    if not done.exists() or done.read_text("utf-8") != locked:
        print("Installing django-helpdesk into .helpdesk: a minute, once.", flush=True)
        venv.create(ITS_OWN, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install", "--require-hashes"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        done.write_text(locked, "utf-8")
    return str(python)


def desk(stack: ExitStack, url: str, api: str) -> Side:
    furnished(url)
    port, several = free_port(), ["--workers", str(PROCESSES)] if url.startswith("postgres") else []
    given = {**os.environ, **desk_settings(url, api), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "deskgate", "serve", "--port", str(port), *several]
    goes_on = stack.enter_context(running(command, given, port))
    store, hands = opened(url), Hands()
    stack.callback(store.engine.dispose)
    hands.mia.dm("our site is down, since this morning")
    (asked,) = hands.heard()
    mark, before = str(json.loads(asked.body)["event"]["ts"]).encode(), [0]

    def rush(many: int) -> None:
        first, before[0] = before[0], before[0] + many

        def message(n: int) -> Asked:
            return Asked(asked.body.replace(mark, f"{2_000_000_000 + first + n}.000000".encode()))

        asyncio.run(sent(port, many, message, 200))
        end = time.monotonic() + PATIENCE + many
        while store.backlog().pending:
            assert time.monotonic() < end, "the worker is not done"
            time.sleep(0.02)
        assert tickets_of_mia(store) == before[0], "a ticket is missing, or there twice"

    return Side(goes_on, rush)


def tickets_of_mia(store: Store) -> int:
    t, p = tables.tickets.c, tables.people.c
    of = select(func.count(t.number)).join(tables.people, p.id == t.opened_by).where(p.username == MIA)
    with store.engine.connect().execution_options(reads_only=True) as connection:
        return int(connection.execute(of).scalar_one())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    installed()
    print(
        f"\ntickets a second, {options.tickets} a round, {CONNECTIONS} connections: Deskgate by Slack, posted; django-helpdesk"
    )
    for kind in kinds:
        with databases("desk", "helpdesk", kinds=(kind,)) as urls, slack_apart() as api, ExitStack() as stack:
            ours, theirs = desk(stack, urls[kind, "desk"], api), helpdesk(stack, urls[kind, "helpdesk"])
            for side in (ours, theirs):
                side.rate(min(WARM, options.tickets))
            rounds = [(ours.rate(options.tickets), theirs.rate(options.tickets)) for _ in range(options.rounds)]
        said = ", ".join(f"{a:.0f} and {b:.0f}" for a, b in rounds)
        print(f"  {kind:12}{said}")
        aim(f"{kind}: tickets by Slack, posted, of django-helpdesk's", median(a / b for a, b in rounds), 3)


if __name__ == "__main__":
    main()
