"""The tests' own databases: new for each test, on both engines, and no server outlives the tests that started it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.postgres import Server


@pytest.fixture
def engine(store_url: str) -> sqlalchemy.Engine:
    engine = sqlalchemy.create_engine(store_url, poolclass=sqlalchemy.NullPool)
    assert engine.url.get_backend_name() in ("sqlite", "postgresql")
    return engine


@pytest.mark.parametrize("turn", [1, 2])
def test_a_database_is_migrated_and_new(engine: sqlalchemy.Engine, turn: int) -> None:
    tables = sqlalchemy.inspect(engine).get_table_names()
    assert "alembic_version" in tables
    assert "left_behind" not in tables, "this is the database of another test"
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE left_behind (turn INTEGER)"))


def test_the_migrations_make_what_the_tables_say(engine: sqlalchemy.Engine) -> None:
    from store.tables import Base

    assert Base.metadata.tables
    with engine.connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), Base.metadata)


def test_postgres_is_new_enough_and_listens_to_nobody_else(postgres: Server) -> None:
    with sqlalchemy.create_engine(postgres.url("postgres"), poolclass=sqlalchemy.NullPool).connect() as connection:
        assert int(connection.execute(sqlalchemy.text("SHOW server_version_num")).scalar_one()) >= 180000
        assert connection.execute(sqlalchemy.text("SHOW listen_addresses")).scalar_one() == ""


@pytest.mark.parametrize("end", ["raise ZeroDivisionError", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_server_goes_with_the_process_that_started_it(end: str) -> None:
    script = f"""
import os, signal
from tests.postgres import running_server
with running_server() as server:
    print(server.home, (server.home / "data/postmaster.pid").read_text().split()[0], flush=True)
    {end}
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout, done.stderr
    home, process = done.stdout.split()
    until = time.monotonic() + 20
    while (Path(home).exists() or runs(process)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(home).exists()
    assert not runs(process)


def runs(process: str) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", process], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_a_running_process_is_seen() -> None:
    assert runs(str(os.getpid()))
