"""What a machine does to a desk, each for as long as it lasts: a full disk, a database that only reads, no file handles, another clock, a database that is away or crashes."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from reliability.stage import Outgoing, Stage
from tests.channels.faults import away, hang_up_on
from tests.postgres import Server

HOUR: Final = 3_600_000  # ms


@dataclass
class Where:
    """A database, and what can be done to its machine."""

    stage: Stage
    server: Server | None
    disk: Path | None  # a small one of its own, if there is one


Fault = Callable[[Where], Any]  # a context manager, for as long as it lasts


@contextmanager
def full(on: Where) -> Iterator[None]:
    """Whatever is left is taken."""
    assert on.disk is not None
    filler = on.disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 512)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(on: Where) -> Iterator[None]:
    engine = on.stage.store.engine
    if on.server is not None:
        name = make_url(on.stage.url).database
        with on.server.connect("postgres") as admin:
            admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
            hang_up_on(on.stage)
            try:
                yield
            finally:
                admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
                hang_up_on(on.stage)
        return

    def only_reads(raw: Any, *_: Any) -> None:
        raw.execute("PRAGMA query_only = ON")

    def writes(raw: Any, *_: Any) -> None:
        raw.execute("PRAGMA query_only = OFF")

    event.listen(engine.pool, "checkout", only_reads)
    event.listen(engine.pool, "checkin", writes)
    try:
        yield
    finally:
        event.remove(engine.pool, "checkout", only_reads)
        event.remove(engine.pool, "checkin", writes)


@contextmanager
def no_handles(on: Where) -> Iterator[None]:
    """Where the desk opens a connection there is no handle for it, to the database or to anybody else; those to the database are all to be opened anew."""
    engine = on.stage.store.engine
    connect, (soft, hard) = engine.dialect.connect, resource.getrlimit(resource.RLIMIT_NOFILE)

    def connected(*given: Any, **named: Any) -> Any:
        free = os.dup(0)  # the lowest that is not taken
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            return connect(*given, **named)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def nobody(_do: Callable[[], httpx2.Response]) -> httpx2.Response:
        raise httpx2.ConnectError("[Errno 24] Too many open files")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.dialect, "connect", connected)
        patch.setattr(Outgoing, "meets", staticmethod(nobody))
        engine.dispose()
        yield


@contextmanager
def clock(on: Where, by: int) -> Iterator[None]:
    on.stage.ahead += by
    try:
        yield
    finally:
        on.stage.ahead -= by


@contextmanager
def gone(on: Where) -> Iterator[None]:
    with away(on.stage):
        yield


@contextmanager
def crashed(on: Where) -> Iterator[None]:
    """One process of the server dies, so that all others end and it recovers, as after a crash; whoever comes meanwhile is refused."""
    assert on.server is not None
    name = make_url(on.stage.url).database
    found = on.server.connect("postgres").execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name])
    for (pid,) in found.fetchall()[:1]:
        os.kill(pid, signal.SIGKILL)
    try:
        yield
    finally:
        while True:
            with suppress(psycopg.OperationalError):
                on.server._admin = on.server.connect("postgres")
                break
            time.sleep(0.05)


FAULTS: Final[dict[str, Fault]] = {
    "disk full": full,
    "read-only": read_only,
    "no file handles": no_handles,
    "clock an hour ahead": lambda on: clock(on, HOUR),
    "clock an hour behind": lambda on: clock(on, -HOUR),
    "database away": gone,
    "database crashed": crashed,
}
