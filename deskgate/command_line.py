"""What every command shares: settings, an open store, the operator's grant, and errors in one line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NoReturn

import structlog
import typer

from authz import Action, Ask, Denied, Grant, Proof, SchemeError, load_schemes
from deskgate.settings import SettingError, Settings, read_keys, read_settings
from store import (
    OPERATOR,
    ConnectionLostError,
    DatabaseFault,
    DatabaseUrlError,
    KeyRetiredError,
    OtherVersionError,
    Store,
    Transaction,
    open_store,
)
from store.operator import restore

USAGE, FAILED = 2, 1  # exit codes


class Stop(typer.Exit):
    """The end of a command. What its transaction has written stays: who asked for what is in the ledger, found or not."""

    commits = True


def fail(words: str, code: int = USAGE) -> NoReturn:
    """On standard error, each fault in one line, and out."""
    for line in words.split("\n"):
        print(f"deskgate: {line}", file=sys.stderr)
    raise Stop(code)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turns what can go wrong outside our hands into one line."""
    try:
        yield
    except (SettingError, KeyRetiredError, SchemeError, DatabaseUrlError) as trouble:
        fail(str(trouble))
    except OtherVersionError as trouble:
        fail(f"the database was made by another version of Deskgate: {trouble}", FAILED)
    except (ConnectionLostError, DatabaseFault) as lost:
        cause = lost.orig if isinstance(lost, DatabaseFault) else lost
        fail(f"the database cannot be reached: {str(cause).splitlines()[0]}", FAILED)
    except OSError as fault:  # the folder of the database or of its key, or what is written for whoever asked
        fail(f"{fault.filename} cannot be used: {fault.strerror}" if fault.filename else str(fault), FAILED)


@contextmanager
def open_desk(*, writes: bool = True) -> Iterator[tuple[Settings, Store]]:
    """Settings and a store for one command. Its entries get a checkpoint at the end, as at any clean stop. Nobody who is
    asked anything here goes without an entry, so a command that `writes` nothing is one that asks nothing."""
    quiet()
    with in_one_line():
        settings = read_settings()
        store = open_store(settings.database_url, read_keys(settings), load_schemes(settings.schemes_dir))
        if not store.is_ready():
            fail("the database is not reachable or not migrated: run `deskgate migrate`", FAILED)
        try:
            why = store.why_not_write() or store.why_not_begin() if writes else None
            if why is not None:
                fail(why)
            yield settings, store
        finally:
            try:
                restore.remember(store)
            finally:
                store.close()


def granted(tx: Transaction, action: Action, account: int | None = None) -> Grant:
    verdict = tx.ask(Ask(OPERATOR, action, account, None, Proof.NONE))
    if isinstance(verdict, Denied):
        fail(f"the operator may not {action}: {verdict.reason}", FAILED)
    return verdict


def moment(at: int) -> str:
    """Milliseconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def one_line(text: str) -> str:
    """Somebody's own words for a terminal: no control characters that would move the cursor or begin a line."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def quiet() -> None:
    """For commands: warnings only, to standard error; a traceback never shows what variables held."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
