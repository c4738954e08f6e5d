"""While the next version is rolled out the old one goes on with the schema that the next one made, where that leaves all it knows as it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, inspect

import store
from authz import load_schemes
from store import Keys, OtherVersionError, Store, open_store
from store.db.engine import make_engine
from store.db.schema import NEWEST, _config
from tests.desk import SECRET
from tests.postgres import Server

MIGRATIONS: Final = Path(store.__file__).parent / "migrations"
HEAD: Final = '"""A made-up one"""\nimport sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = "{}", "{}"\n{}\ndef upgrade() -> None:\n    {}\n'
ADDS: Final = 'op.add_column("people", sa.Column("shoe_size", sa.Text, nullable=False, server_default=""))'
SINCE: Final = f'since = "{NEWEST}"'


class Next:
    """The next versions' migrations, in a folder of their own; `to` brings a database there."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(shutil.copytree(MIGRATIONS, folder))
        self._last = NEWEST

    def add(self, does: str, says: str = "") -> str:
        revision = f"{int(self._last) + 1:04}"
        written = HEAD.format(revision, self._last, says, does)
        (self.folder / "versions" / f"{revision}_made_up.py").write_text(written)
        self._last = revision
        return revision

    def to(self, url: str, revision: str = "head") -> None:
        migrate(url, self.folder, revision)


def migrate(url: str, folder: Path, revision: str) -> None:
    engine, gate = make_engine(url, 1)
    with gate.locked(), engine.connect() as connection:
        config: Config = _config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()


@pytest.fixture
def later(tmp_path: Path) -> Next:
    return Next(tmp_path / "migrations")


def this_version(url: str) -> Store:
    return open_store(url, Keys.parse(SECRET), load_schemes())


def test_the_old_version_goes_on_and_starts_again_beside_a_schema_with_more_in_it(store_url: str, later: Next) -> None:
    opened = this_version(store_url)
    later.add(ADDS, SINCE)
    later.to(store_url)
    store.migrate(store_url)  # as `deskgate serve` does at each start
    assert opened.is_ready()
    assert opened.is_ahead()
    opened.close()


def test_it_does_not_go_on_with_one_that_breaks_with_what_it_knows_or_that_says_nothing(
    store_url: str, later: Next
) -> None:
    """Nor once another has come after that, which breaks with nothing."""
    opened = this_version(store_url)
    broken = later.add(ADDS)
    later.add(ADDS.replace("shoe", "hat"), f'since = "{broken}"')
    for revision in (broken, "head"):
        later.to(store_url, revision)
        assert not opened.is_ready()
        with pytest.raises(OtherVersionError):
            store.migrate(store_url)
    opened.close()


def test_its_own_schema_is_not_ahead(store_url: str) -> None:
    opened = this_version(store_url)
    assert (opened.is_ready(), opened.is_ahead()) == (True, False)
    opened.close()


# --- what a migration may do that says it breaks with nothing


def _shape(connection: Connection) -> dict[str, dict[str, str]]:
    """Table → column, or what rows have to keep to → how it is."""
    seen = inspect(connection)
    shape: dict[str, dict[str, str]] = {}
    for table in seen.get_table_names():
        columns = {
            column[
                "name"
            ]: f"{column['type']} {'optional' if column['nullable'] or column['default'] or column.get('autoincrement') is True else 'wanted'}"
            for column in seen.get_columns(table)
        }
        checks = {f"check {one['name']}": f"{one['sqltext']} wanted" for one in seen.get_check_constraints(table)}
        unique = {
            f"unique {one['name']}": f"{one['column_names']} wanted" for one in seen.get_indexes(table) if one["unique"]
        }
        unique |= {
            f"unique {one['name']}": f"{one['column_names']} wanted" for one in seen.get_unique_constraints(table)
        }
        points = {
            f"points {one['constrained_columns']}": f"{one['referred_table']} wanted"
            for one in seen.get_foreign_keys(table)
        }
        shape[table] = columns | checks | unique | points
    return shape


@pytest.mark.parametrize(
    ("does", "found"),
    [
        (ADDS, []),
        ('op.add_column("people", sa.Column("shoe_size", sa.Text))', []),
        ('op.create_table("shoes", sa.Column("id", sa.BigInteger, primary_key=True))', []),
        ('op.create_index("ix_people_name", "people", ["name"])', []),
        ('op.drop_column("accounts", "billing")', ["gone or changed"]),
        ('op.drop_table("write_probe")', ["gone or changed"]),
        ('op.alter_column("people", "name", type_=sa.String(20))', ["gone or changed"]),
        ('op.alter_column("people", "email", nullable=True, server_default="x")', ["gone or changed"]),
        ('op.add_column("switches", sa.Column("why", sa.Text, nullable=False))', ["cannot be left out"]),
        ('op.create_unique_constraint("uq_people_name", "people", ["name"])', ["cannot be left out"]),
    ],
)
def test_what_breaks_with_an_older_version_is_seen(postgres_url: str, later: Next, does: str, found: list[str]) -> None:
    engine = create_engine(postgres_url, poolclass=NullPool)
    with engine.connect() as connection:
        old = _shape(connection)
    later.add(does, SINCE)
    later.to(postgres_url)
    with engine.connect() as connection:
        new = _shape(connection)
    assert {line.rpartition(": ")[2] for line in _between(old, new)} == set(found)


def _between(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> list[str]:
    found = [
        f"{table}.{name}: gone or changed"
        for table in old
        for name, how in old[table].items()
        if new.get(table, {}).get(name) != how
    ]
    added = [(table, name) for table in old.keys() & new.keys() for name in new[table].keys() - old[table].keys()]
    return found + [
        f"{table}.{name}: cannot be left out" for table, name in added if new[table][name].endswith("wanted")
    ]


def test_no_migration_says_so_that_breaks_with_an_older_version(postgres: Server, tmp_path: Path) -> None:
    """Step by step through all there are."""
    url = postgres.create(f"steps_{tmp_path.name}")
    engine, before = create_engine(url, poolclass=NullPool), dict[str, dict[str, str]]()
    steps = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert steps
    for step in steps:
        migrate(url, MIGRATIONS, step.name[:4])
        with engine.connect() as connection:
            after = _shape(connection)
            says = "\nsince = " in step.read_text("utf-8")
            assert not says or _between(before, after) == [], step.name
        before = after
