"""The tests' own databases: new for each test, on both engines, and no server outlives the tests that started it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy

from tests.desk import Desk
from tests.postgres import Server

CALLS = Path(__file__).parents[1] / "ivr/calls"


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


def everything(url: str) -> dict[str, list[str]]:
    """Every row of every table, and where every sequence stands."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        look = sqlalchemy.inspect(engine)
        queries = {name: f'SELECT * FROM "{name}"' for name in look.get_table_names()}
        queries |= {name: f'SELECT last_value, is_called FROM "{name}"' for name in look.get_sequence_names()}
        return {name: sorted(map(repr, connection.execute(sqlalchemy.text(query)))) for name, query in queries.items()}


def test_a_database_given_back_is_as_new(postgres: Server, sample_postgres_template: str) -> None:
    template = sample_postgres_template
    with postgres.lend(template) as first:
        new = everything(first)
        assert new["people"]
        desk = Desk(first)
        desk.ring((CALLS / "mia.txt").read_text("utf-8"))
        desk.close()
        assert everything(first) != new
    with postgres.lend(template) as again:
        assert again == first, "it was thrown away"
        assert everything(again) == new


def test_a_database_whose_tables_were_changed_is_thrown_away(postgres: Server, sample_postgres_template: str) -> None:
    with postgres.lend(sample_postgres_template) as first:
        engine = sqlalchemy.create_engine(first, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("ALTER TABLE people ADD COLUMN nickname TEXT"))
    with postgres.lend(sample_postgres_template) as again:
        assert again != first


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
