"""What makes the tests quicker and none of them another: what a process needs once is made once, and the longest begin first.

A pytest plugin. Each test opens a desk of its own, for which SQLAlchemy would compile again what the desk before it had sent, Starlette
the paths of all pages, and its test client begins a thread with a new loop for each request: together a sixth of the suite's processor time.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import anyio.from_thread
import fastapi.routing
import pytest
import starlette.routing
from anyio.from_thread import BlockingPortal
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from starlette.testclient import TestClient

_STATEMENTS: Final = 4_000  # the service sends some six hundred, tests what they look by
TESTS: Final = Path(__file__).parent
YOUNG: Final = 5_000  # objects until the collector looks at the newest; Python's own figure is 700
_open: Final = ExitStack()
_loop: Final[list[BlockingPortal]] = []


def pytest_configure() -> None:
    compile_once()
    paths = cache(starlette.routing.compile_path)
    for module in (starlette.routing, fastapi.routing):
        vars(module)["compile_path"] = paths
    TestClient._portal_factory = _portal  # type: ignore[method-assign, assignment]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`--numprocesses=auto`: a test waits for its database, browser or server for more than half of its time."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """In a clean clone pytest compiles each test module, which takes longer than to import them all. Each process begins elsewhere, and
    so finds compiled what another has begun with."""
    worker: dict[str, Any] | None = getattr(session.config, "workerinput", None)
    if worker is None or [Path(one).resolve() for one in session.config.args] != [TESTS]:
        return
    modules = [
        ".".join(path.relative_to(TESTS.parent).with_suffix("").parts) for path in sorted(TESTS.rglob("test_*.py"))
    ]
    begin = len(modules) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for module in modules[begin:] + modules[:begin]:
        with suppress(Exception):  # pytest comes by it again, and says what is wrong with it
            importlib.import_module(module)


@pytest.hookimpl(trylast=True)  # after the order was made random
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("begins_first") is None)


def pytest_collection_finish() -> None:
    """Half a million objects stay for as long as the process does. Python's collector need not walk through them again and again:
    that took a twelfth of the processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 30)


def pytest_unconfigure() -> None:
    _loop.clear()
    _open.close()


def compile_once() -> None:
    """All engines of a kind share what was compiled. SQLAlchemy keeps it by the dialect, of which each engine has its own, all alike."""
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
        kind.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign, assignment]
        kept = LRUCache[Any, Any](_STATEMENTS)
        kind.engine_created = partial(_shares, kept)  # type: ignore[method-assign]


def _shares(kept: LRUCache[Any, Any], engine: Engine) -> None:
    engine.update_execution_options(compiled_cache=kept)


@contextmanager
def _portal(client: TestClient) -> Iterator[BlockingPortal]:
    """The loop a request runs in: that of the client's own `with`, or else one for all."""
    if client.portal is None and not _loop:
        _loop.append(_open.enter_context(anyio.from_thread.start_blocking_portal()))
    yield client.portal or _loop[0]
