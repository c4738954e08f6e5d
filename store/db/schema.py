"""Brings a database to the newest schema, and says whether it is there already."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, select, text

from store import tables
from store.db.engine import Gate, make_engine

if TYPE_CHECKING:
    from alembic.config import Config

# A migration's revision is the number its file begins with. Alembic knows as well, and is imported only where there is
# something to migrate: every command asks whether there is.
NEWEST: Final = max(
    file.name[:4]
    for file in (resources.files("store") / "migrations" / "versions").iterdir()
    if file.name[:4].isascii() and file.name[:4].isdigit()
)


class OtherVersionError(RuntimeError):
    """The database was migrated by a version of Deskgate with which this one cannot go on."""


def migrate(url: str) -> None:
    """Upgrades to head, one process at a time. A database at head, or further on and good for this version, is not changed. Raises
    `OtherVersionError`."""
    engine, gate = make_engine(url, 1)
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            there = is_current(connection)
        if not there:
            _upgrade(engine, gate)
    finally:
        engine.dispose()


def _upgrade(engine: Engine, gate: Gate) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    with gate.locked(), engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as unknown:
            raise OtherVersionError(str(unknown)) from unknown
        connection.commit()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "store:migrations")
    return config


def is_current(connection: Connection) -> bool:
    """Whether this version may work with the database: at the schema it knows, or at a later one that leaves all that it reads and
    writes as it was."""
    there = _revision(connection)
    return there == NEWEST or (there > NEWEST and _since(connection) <= NEWEST)


def is_ahead(connection: Connection) -> bool:
    """Whether a newer version has migrated it."""
    return _revision(connection) > NEWEST


def _revision(connection: Connection) -> str:
    """Empty: none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return "".join(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _since(connection: Connection) -> str:
    revision: str = connection.execute(select(tables.schema_since.c.revision)).scalar_one()
    return revision
