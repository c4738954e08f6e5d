"""Brings a database to the newest schema, and says whether it is there already."""

from __future__ import annotations

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Engine

from store.engine import make_engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    return config


NEWEST: Final = ScriptDirectory.from_config(_config()).get_current_head()


class OtherVersion(RuntimeError):
    """The database was made by a version of Deskgate that this one does not know."""


def migrate(url: str) -> None:
    """Upgrades to head, one process at a time. A database that is there already is left alone. Raises `OtherVersion`."""
    engine, gate = make_engine(url, 1)
    try:
        with gate.held(), engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as unknown:
                raise OtherVersion(str(unknown)) from unknown
            connection.commit()
    finally:
        engine.dispose()


def is_current(engine: Engine) -> bool:
    with engine.connect().execution_options(reads_only=True) as connection:
        return MigrationContext.configure(connection).get_current_revision() == NEWEST
