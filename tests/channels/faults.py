"""Ways in which a database goes away: for good, for a moment, or when something is written to it; or is somebody else's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import psycopg
from sqlalchemy import QueuePool, text
from sqlalchemy.engine import make_url

from store.db.engine import make_engine
from tests.desk import Desk
from tests.ivr.wire import Answer, change

SORRY = "We are sorry, something went wrong on our side."
LONG = 20.0  # seconds: what waits for a lock without end gets it then, and is found out by that
DEAD_END = "We are sorry, something went wrong on our side. Please call again later. Goodbye."


def is_twiml(answer: Answer) -> bool:
    """What Twilio can play, whatever else is broken."""
    return answer.kind == "application/xml" and ElementTree.fromstring(answer.text).tag == "Response"


@contextmanager
def beside(desk: Desk) -> Iterator[psycopg.Connection]:
    """A connection to the server, but not to this desk's database."""
    url = make_url(desk.store.url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(), autocommit=True) as connection:
        yield connection


def pool(desk: Desk) -> QueuePool:
    found = desk.store.engine.pool
    assert isinstance(found, QueuePool)
    return found


def hang_up_on(desk: Desk) -> None:
    """Ends every connection of the desk to its database, as a restart of the server does."""
    with beside(desk) as server:
        name = make_url(desk.store.url).database
        ended = server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert ended.fetchall() or pool(desk).checkedin() == 0


@contextmanager
def away(desk: Desk) -> Iterator[None]:
    """Nobody gets at the database: no server for it, or a file that is none."""
    url = make_url(desk.store.url)
    if url.get_backend_name() == "postgresql":
        with beside(desk) as server:
            server.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'.encode())
            hang_up_on(desk)
            try:
                yield
            finally:
                server.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'.encode())
        return
    desk.store.engine.dispose()
    assert url.database
    path = Path(url.database)
    aside = path.with_name("aside.db")
    path.rename(aside)
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        aside.rename(path)


def full(desk: Desk, table: str) -> Callable[[], None]:
    """Nothing more can be written to a table. Gives what makes an end of it."""
    if make_url(desk.store.url).get_backend_name() == "postgresql":
        change(
            desk,
            text("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$"),
            text(f"CREATE TRIGGER disk_full BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no()"),
        )
        return lambda: change(desk, text(f"DROP TRIGGER disk_full ON {table}"), text("DROP FUNCTION no()"))
    change(desk, text(f"CREATE TRIGGER disk_full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"))
    return lambda: change(desk, text("DROP TRIGGER disk_full"))


@contextmanager
def writer_elsewhere(url: str) -> Iterator[None]:
    """The gate is another process's, as during an import."""
    engine, gate = make_engine(url)
    with gate.locked():
        yield
    engine.dispose()


@contextmanager
def locked_elsewhere(url: str) -> Iterator[None]:
    """Somebody who knows no gate writes: SQLite's own lock is theirs, as with an operator's shell; or PostgreSQL's pulse."""
    there = make_url(url).set(drivername="postgresql")
    if make_url(url).get_backend_name() == "postgresql":
        other: sqlite3.Connection | psycopg.Connection = psycopg.connect(there.render_as_string(hide_password=False))
        other.execute("LOCK TABLE write_probe")
    else:
        other = sqlite3.connect(there.database or "", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
    given_up = threading.Timer(LONG, other.rollback)
    given_up.start()
    try:
        yield
    finally:
        given_up.cancel()
        other.rollback()
        other.close()
