"""B8: ready means that the database keeps what it is given; whatever probes may ask with HEAD."""

from __future__ import annotations

import resource
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import pytest
from sqlalchemy import create_engine, event, text

import store
from authz import Subject
from store.db.engine import POOL_SIZE
from tests.channels.faults import locked_elsewhere, writer_elsewhere
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.statements import watched

CANNOT = (
    503,
    "the database cannot be written: is its disk full, is it read-only, or does somebody else write without end?",
)
NO_WAY = (503, "the database is not reachable or not migrated, or all our connections to it are taken")
Taken = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each probe has to find out for itself, however long that takes."""
    monkeypatch.setattr(store, "WRITTEN", 0.0)
    monkeypatch.setattr(store, "PATIENCE", 60.0)  # a slow machine is no fault


def asked(desk: Desk) -> tuple[int, str]:
    desk.now += 1  # SQLite writes nothing where nothing changes
    answer = desk.client.get("/readyz")
    return answer.status_code, answer.text


def test_b8_head_works_wherever_get_does(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    for path in ("/healthz", "/readyz", "/metrics", "/desk/sign-in", "/static/style.css"):
        head, get = desk.client.head(path), desk.client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.status_code == 200, path
    desk.close()


def test_b8_not_ready_on_a_full_disk(sample_sqlite: str) -> None:
    """No file may grow: the same fault that a full disk gives."""
    desk = Desk(sample_sqlite, **ACCOUNT)
    assert asked(desk) == (200, "ready")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        full = asked(desk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert full == CANNOT
    assert asked(desk) == (200, "ready"), "and ready again by itself"
    desk.close()


def test_b8_not_ready_where_sqlite_may_only_be_read(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    desk.store.engine.dispose()

    @event.listens_for(desk.store.engine, "connect")
    def _read_only(raw: object, _record: object) -> None:
        raw.execute("PRAGMA query_only=ON")  # type: ignore[attr-defined]

    assert asked(desk) == CANNOT
    desk.store.engine.dispose()


def test_b8_not_ready_where_postgresql_may_only_be_read(sample_postgres: str) -> None:
    desk = Desk(sample_postgres, **ACCOUNT)
    assert asked(desk) == (200, "ready")
    outside = create_engine(sample_postgres, isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        desk.store.engine.dispose()
        assert asked(desk) == CANNOT
        connection.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
    outside.dispose()
    desk.store.engine.dispose()
    assert asked(desk) == (200, "ready")
    desk.close()


@pytest.mark.parametrize("taken", [writer_elsewhere, locked_elsewhere])
def test_b8_not_ready_while_somebody_else_writes(
    sample_sqlite: str, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither through the gate, which an import that was stopped holds for ever, nor past it, nor is the probe kept waiting."""
    _answers_by_itself(sample_sqlite, taken, monkeypatch)


def test_b8_not_ready_while_somebody_has_locked_what_is_written(
    sample_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers_by_itself(sample_postgres, locked_elsewhere, monkeypatch)


def _answers_by_itself(url: str, taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(url, **ACCOUNT)
    assert asked(desk) == (200, "ready")
    with monkeypatch.context() as hasty, taken(url):
        hasty.setattr(store, "PATIENCE", 0.02)
        assert asked(desk) == CANNOT
    assert asked(desk) == (200, "ready")
    desk.close()


def test_b8_not_ready_while_all_connections_are_taken(sample_postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when turns wait for a row that somebody has locked."""
    desk = Desk(sample_postgres, **ACCOUNT)
    with monkeypatch.context() as hasty, ExitStack() as taken:
        hasty.setattr(store, "PATIENCE", 0.02)
        for _ in range(POOL_SIZE["postgresql"]):
            taken.enter_context(desk.store.engine.connect())
        assert asked(desk) == NO_WAY
    assert asked(desk) == (200, "ready")
    desk.close()


def test_b8_a_busy_desk_is_asked_for_no_write(sample_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WRITTEN", 1e9)
    desk = Desk(sample_sqlite, **ACCOUNT)
    with desk.store.transaction("test") as tx:
        tx.record(Subject("nobody"), None, "call", "began")
    sent: list[str] = []
    with watched(desk.store.engine, sent.append):
        assert asked(desk) == (200, "ready")
    assert not [sql for sql in sent if "write_probe" in sql]
    desk.close()
