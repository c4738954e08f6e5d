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


# Alembic compares no index of an expression on SQLite, and says so: the next test does.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_what_the_tables_say(engine: sqlalchemy.Engine) -> None:
    from store.tables import Base

    assert Base.metadata.tables
    # SQLAlchemy does not read from SQLite what is to be done when a row goes, where a column brings its key itself.
    left_out = {"index"} | ({"foreign_key_constraint"} if engine.dialect.name == "sqlite" else set())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": lambda *it: it[2] not in left_out})
        assert not compare_metadata(context, Base.metadata)


def test_the_migrations_make_the_foreign_keys_that_the_tables_say(sqlite_url: str, tmp_path: Path) -> None:
    """On SQLite, in its own words."""
    from store.tables import Base

    found = []
    for url in (sqlite_url, f"sqlite:///{tmp_path / 'made.db'}"):
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            Base.metadata.create_all(connection)  # of a database that was migrated, nothing
            keys = {
                name: sorted(tuple(row)[2:] for row in connection.exec_driver_sql(f"PRAGMA foreign_key_list({name})"))
                for name in Base.metadata.tables
            }
        found.append(keys)
    assert found[0] == found[1]
    assert sum(map(len, found[0].values())) > 40


INDICES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def test_g_the_migrations_make_the_indices_that_the_tables_say(engine: sqlalchemy.Engine, tmp_path: Path) -> None:
    """Of which rows and in which order as well, where Alembic looks at neither."""
    from store.tables import Base

    kind, made = engine.dialect.name, engine
    with engine.connect() as connection:
        migrated = {name: _plain(says) for name, says in connection.execute(sqlalchemy.text(INDICES[kind]))}
    if kind == "sqlite":
        made = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'made.db'}", poolclass=sqlalchemy.NullPool)
    with made.begin() as connection:
        if kind == "postgresql":
            connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        Base.metadata.create_all(connection)
        said = {name: _plain(says) for name, says in connection.execute(sqlalchemy.text(INDICES[kind]))}
    migrated.pop("alembic_version_pkc", None)
    migrated.pop("sqlite_autoindex_alembic_version_1", None)
    assert migrated == said
    assert len(said) > 60


def _plain(says: str | None) -> str:
    return " ".join((says or "").replace('"', "").split())


def checks(connection: sqlalchemy.Connection) -> dict[str, list[tuple[str, str]]]:
    look = sqlalchemy.inspect(connection)
    return {
        name: sorted((str(one["name"]), one["sqltext"]) for one in look.get_check_constraints(name))
        for name in look.get_table_names()
        if name != "alembic_version"
    }


def test_b2_the_migrations_make_the_checks_that_the_tables_say(postgres: Server, postgres_url: str) -> None:
    """Alembic compares none."""
    from store.tables import Base

    urls = postgres_url, postgres.create("as_the_tables_say")
    engines = [sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool) for url in urls]
    with engines[0].connect() as migrated, engines[1].begin() as made:
        Base.metadata.create_all(made)
        assert checks(migrated) == checks(made)
        assert len(checks(made)["ledger"]) == 1


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
