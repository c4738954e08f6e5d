"""What the measurements share: the machine named, durable databases, a stopwatch for parts, how an aim is said, callers."""

from __future__ import annotations

import asyncio
import base64
import functools
import hmac
import importlib
import itertools
import os
import platform
import re
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from types import TracebackType
from typing import Any, Literal, NamedTuple, cast
from unittest import mock
from urllib.parse import urlencode

import uvloop

LIBRARIES = (
    "sqlalchemy",
    "psycopg",
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "twilio",
    "cryptography",
)
KINDS = ("SQLite", "PostgreSQL")
AIM = "AIM | "

CONNECTIONS = 32
WARM_UP = 0.5  # seconds of each round that do not count
PATIENCE = 60.0  # seconds until a server that does not start, or does not answer, ends the measurement
# How further processes begin: anew, as a service does. `benchmarks.tiny` has them forked, which measures nothing and imports nothing.
APART = get_context(cast(Literal["spawn"], os.environ.get("BENCH_START", "spawn")))
ACCOUNT, TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"

# What both a ticket and a turn pass through, for a stopwatch.
STORE_PARTS = {
    "store.db.transaction:Transaction.__enter__": "transaction: segment, gate, connection",
    "store.db.transaction:Transaction.__exit__": "transaction: end",
    "store.db.transaction:Transaction.ask": "ask, offer: ledger entry, register",
    "store.db.transaction:Transaction.offer": "ask, offer: ledger entry, register",
    "store.db.holdings:on": "standing: row to Standing",
    "store.db.transaction:judge": "judge",
    "store.db.statements:insert_together": "ledger: rows",
    "store.db.ledger_chain:link": "ledger: HMAC",
    "sqlalchemy:Engine.connect": "SQLAlchemy: connection from the pool",
    "sqlalchemy:Connection.begin": "SQLAlchemy: begin, commit, close",
    "sqlalchemy:Connection.close": "SQLAlchemy: begin, commit, close",
    "sqlalchemy.engine.base:RootTransaction.commit": "SQLAlchemy: begin, commit, close",
    "sqlalchemy:Connection.execute": "SQLAlchemy: execute",
    "sqlalchemy:CursorResult.first": "SQLAlchemy: result",
    "sqlalchemy:CursorResult.all": "SQLAlchemy: result",
}

# A PostgreSQL as it is run, not as the tests run theirs: what it has committed is on the disk.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_senders": "10",
    "autovacuum": "on",
}


def machine() -> str:
    """Where the figures come from, in two lines: hardware and load, then versions."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text("utf-8"))
    size = f"{int(memory[1]) / 1024**2:.0f} GiB" if memory else "? GiB"
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}, {size}, {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.1f} at the start\n"
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}"
    )


def aim(what: str, reached: float, bound: float, *, at_most: bool = False) -> None:
    """Says whether an aim is reached; benchmarks/all.py collects these lines."""
    met = reached <= bound if at_most else reached >= bound
    verdict, words = "reached" if met else "NOT REACHED", "at most" if at_most else "at least"
    print(f"{AIM}{what} | {reached:.2f} | {words} {bound:g} | {verdict}", flush=True)


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile, in ms."""
    cuts = quantiles(seconds if len(seconds) > 1 else seconds * 2, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


@contextmanager
def databases(*names: str, kinds: tuple[str, ...] = KINDS) -> Iterator[dict[tuple[str, str], str]]:
    """New migrated databases that wait for the disk: (kind, name) → URL. Gone afterwards."""
    from store import migrate  # late: the bare server of turns.py lives in this package too, and stays small
    from tests import postgres

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="deskgate-bench-"))
        made: dict[str, Callable[[str], str]] = {"SQLite": lambda name: f"sqlite:///{folder}/{name}.db"}
        if "PostgreSQL" in kinds:
            stack.enter_context(mock.patch.dict(postgres.SETTINGS, DURABLE))
            made["PostgreSQL"] = stack.enter_context(postgres.running_server(Path("/tmp"))).create
        urls = {(kind, name): made[kind](name) for kind in kinds for name in names}
        for url in urls.values():
            migrate(url)
        yield urls


class Stopwatch:
    """Own time of named functions: what each spent, less what named ones below it spent. A context manager.

    `parts` are "module:name.name" → label; a name that is gone is said and left out. Every call timed costs about 1 µs."""

    def __init__(self, parts: dict[str, str], engine: Any) -> None:
        self._parts, self._dialect = parts, engine.dialect
        self._own: dict[str, float] = defaultdict(float)
        self._calls: dict[str, int] = defaultdict(int)
        self._thread = threading.local()
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Stopwatch:
        for path, label in self._parts.items():
            module, _, names = path.partition(":")
            *owners, name = names.split(".")
            try:
                self._time(
                    functools.reduce(getattr, owners, importlib.import_module(module)), name, lambda *_, x=label: x
                )
            except (AttributeError, ImportError):
                print(f"  ({path} is gone: update the list of parts)")
        for name in ("do_execute", "do_executemany", "do_execute_no_params"):
            self._time(self._dialect, name, lambda _cursor, statement, *_: "driver: " + _short(statement))
        self._time(self._dialect, "do_commit", lambda *_: "driver: COMMIT")
        self._time(self._dialect, "do_rollback", lambda *_: "driver: rollback on return to the pool")
        return self

    def _time(self, owner: Any, name: str, label_of: Callable[..., str]) -> None:
        inner = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            stack = self._thread.__dict__.setdefault("stack", [])
            stack.append(0.0)  # what is spent below
            began = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                took = time.perf_counter() - began
                label = label_of(*args)
                self._own[label] += took - stack.pop()
                self._calls[label] += 1
                if stack:
                    stack[-1] += took

        setattr(owner, name, timed)
        self._undo.append(lambda: setattr(owner, name, inner))

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._undo:
            self._undo.pop()()

    def report(self, title: str, times: int, total: float, rest: str = "everything else") -> None:
        """Prints each part's own µs and share of `total` seconds over so many `times`, the largest first."""
        own = {**self._own, rest: total - sum(self._own.values())}
        print(f"\n{title}: {total / times * 1e6:.0f} µs, mean of {times}")
        for label, seconds in sorted(own.items(), key=lambda pair: -pair[1]):
            often = self._calls.get(label, times) / times
            print(f"  {seconds / times * 1e6:7.0f} µs {seconds / total:5.0%}  {often:4.1f} times  {label}")


def _short(statement: str) -> str:
    found = re.match(
        r"((?:INSERT INTO|UPDATE|DELETE FROM) \w+)|(SELECT) .*?(FROM \w+)|(.{1,30})", " ".join(statement.split())
    )
    return " ".join(filter(None, found.groups())) if found else ""


# --- signed requests of many callers


class Job(NamedTuple):
    port: int
    public: str
    calls: list[tuple[str, str]]  # sid, where its first turn goes
    keys: str
    seconds: float


class Load(NamedTuple):
    """A round: answers a second, their median and 99th percentile in ms; all answers, and those that were no screen."""

    rate: float
    p50: float
    p99: float
    answers: int
    refused: int


def parameters(sid: str, digits: str) -> dict[str, str]:
    """What Twilio posts after a Gather: the 25 of every voice webhook, and two more."""
    ends = {"From": "+441632960107", "To": "+441632960000", "Caller": "+441632960107", "Called": "+441632960000"}
    call = {"CallSid": sid, "AccountSid": ACCOUNT, "CallStatus": "in-progress", "ApiVersion": "2010-04-01"}
    places = {f"{end}{place}": "" for end in ends for place in ("City", "State", "Zip", "Country")}
    return {**call, **ends, "Direction": "inbound", **places, "msg": "Gather End", "Digits": digits}


class Prepared:
    """One call's requests: body and what is signed after the URL are made beforehand, the rest is one HMAC."""

    def __init__(self, job: Job, sid: str, url: str) -> None:
        self.path, self._public = url.removeprefix(job.public), job.public
        forms = [parameters(sid, digits) for digits in job.keys]
        signed = ["".join(name + form[name] for name in sorted(form)).encode() for form in forms]
        self._turns = itertools.cycle(zip(signed, (urlencode(form).encode() for form in forms), strict=True))

    def signed(self) -> tuple[str, bytes]:
        """The next request's signature and body."""
        signed, body = next(self._turns)
        digest = hmac.digest(TOKEN.encode(), (self._public + self.path).encode() + signed, "sha1")
        return base64.b64encode(digest).decode(), body

    def answered(self, answer: bytes) -> bool:
        """Whether it was a screen, which says where the next turn goes."""
        action = re.search(rb'<Gather action="([^"]+)"', answer)
        if action:
            self.path = action[1].decode().removeprefix(self._public)
        return action is not None


async def a_round(seconds: float, answered: Callable[[], list[float]]) -> tuple[float, float]:
    """From when to when answers count: for so long, and until there is one. Before that it warms up, for no longer than it counts."""
    await asyncio.sleep(min(WARM_UP, seconds))
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    async with asyncio.timeout(PATIENCE):
        while not any(at >= began for at in answered()):
            await asyncio.sleep(0.05)
    return began, time.perf_counter()


class _Caller(asyncio.Protocol):
    """One connection with calls of its own, one request at a time."""

    def __init__(self, job: Job, calls: list[tuple[str, str]]) -> None:
        self._calls = itertools.cycle([Prepared(job, sid, url) for sid, url in calls])
        self._seen = b""
        self.times: list[tuple[float, float]] = []
        self.refused, self.going = 0, True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._call, self._began = next(self._calls), time.perf_counter()
        signature, body = self._call.signed()
        head = (
            f"POST {self._call.path} HTTP/1.1\r\nHost: desk\r\nX-Twilio-Signature: {signature}\r\n"
            f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, answer = self._seen.partition(b"\r\n\r\n")
        length, now = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE), time.perf_counter()
        if not end or not length or len(answer) < int(length[1]):
            return
        self.times.append((now, now - self._began))
        self.refused += not (self._call.answered(answer) and head.startswith(b"HTTP/1.1 200"))
        self._seen = b""
        if self.going:
            self._send()


def drive(job: Job) -> Load:
    """Runs in the generator's process."""

    async def run() -> Load:
        loop = asyncio.get_running_loop()
        callers = [_Caller(job, job.calls[n::CONNECTIONS]) for n in range(CONNECTIONS)]
        for caller in callers:
            await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", job.port)  # type: ignore[misc]
        began, ended = await a_round(job.seconds, lambda: [at for caller in callers for at, _ in caller.times])
        for caller in callers:
            caller.going = False
        await asyncio.sleep(0.3)  # the last answers, so that no turn is under way when the server is stopped
        times = [pair for caller in callers for pair in caller.times]
        counted = [took for at, took in times if began <= at < ended]
        refused = sum(caller.refused for caller in callers)
        return Load(len(counted) / (ended - began), *percentiles(counted), len(times), refused)

    return uvloop.run(run())
