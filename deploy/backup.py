"""A backup of the database into a folder, checked before it counts, and the oldest taken away: docs/operating.md, "Backups".

    python deploy/backup.py FOLDER

In the folder where `.env` lies, or with DATABASE_URL set, while the service runs. It ends with 1 and one line of what is wrong; what was there before is then
still there. The keys are not in it, and must not be: keep them elsewhere.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from psycopg.conninfo import make_conninfo

from deskgate.settings import SettingError, read_settings
from store import DatabaseUrlError, sqlite_file
from store.db.engine import make_engine

KEPT: Final = 14  # backups that stay, the newest ones: two weeks of nights


def back_up(url: str, folder: Path) -> Path:
    """The backup that was made. Raises `OSError`, `sqlite3.Error`, `subprocess.CalledProcessError`, `ValueError`."""
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite_file(url)
    ending = "db" if database else "dump"
    for left in folder.glob(f"deskgate-*.{ending}.part"):  # of one that was killed
        left.unlink()
    done = folder / f"deskgate-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.{ending}"
    part = done.with_name(f"{done.name}.part")
    if database:
        _copy(Path(database), part)
    else:
        _dump(url, part)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.rename(done)
    for old in sorted(folder.glob(f"deskgate-*.{ending}"))[:-KEPT]:
        old.unlink()
    return done


def _copy(database: Path, to: Path) -> None:
    with (
        closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = delete")  # one file, with nothing beside it
        (said,) = copy.execute("PRAGMA quick_check").fetchone()
    if said != "ok":
        raise ValueError(f"the copy is not whole: {said}")


def _dump(url: str, to: Path) -> None:
    engine, _ = make_engine(url)  # connects to nothing; it knows how several hosts are written
    _, given = engine.dialect.create_connect_args(engine.url)
    given.pop("context", None)  # SQLAlchemy's own, for the driver
    # An argument can be read by everybody on the machine.
    environment = os.environ | {"PGPASSWORD": str(given.pop("password", ""))}
    for typed in (
        ["pg_dump", "--format=custom", f"--file={to}", f"--dbname={make_conninfo(**given)}"],
        ["pg_restore", "--list", str(to)],
    ):
        subprocess.run(typed, env=environment, check=True, capture_output=True, text=True)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python deploy/backup.py FOLDER")
    try:
        print(back_up(read_settings().database_url, Path(sys.argv[1])))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"no backup was made: {' '.join((failed.stderr or failed.cmd[0]).split())}")
    except SettingError as wrong:
        sys.exit("\n".join(wrong.lines))
    except (DatabaseUrlError, OSError, ValueError, sqlite3.Error) as wrong:
        sys.exit(f"no backup was made: {wrong}")


if __name__ == "__main__":
    main()
