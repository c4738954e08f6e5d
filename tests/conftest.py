"""What every test may ask for: an empty, migrated database of its own, on SQLite and on PostgreSQL; a browser."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.scratch import SCRATCH

if TYPE_CHECKING:  # or pytest could not rewrite its assertions
    from tests.postgres import Server

os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(SCRATCH))  # where pytest puts its tmp_path
# What is kept outside the database: never in the home of whoever runs this, and for each test its own (below).
STATE = Path(tempfile.mkdtemp(prefix="deskgate-state-", dir=SCRATCH))
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ["STATE_DIRECTORY"] = str(STATE / "shared")
_folders = itertools.count()
pytest_plugins = [
    "tests.sizes",
    "tests.hashing",
    "tests.quicker",
    "tests.asking",
    "tests.postgres",
    "tests.browser",
    "tests.request_tracker",
    "tests.php",
    "tests.cluster_machines",
    "tests.mcp_inspector",
    "tests.deploy_tools",
    "tests.desk",
    "tests.leaks",
    "tests.process_wide",
    "tests.plans",
]


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of an earlier test may come back under its name: that is no restore."""
    monkeypatch.setenv("STATE_DIRECTORY", str(STATE / str(next(_folders))))


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new, migrated database; the test runs once for each kind. Close what you open on it."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """Like `store_url`, for what concerns SQLite alone or does not concern the database at all."""
    return f"sqlite:///{shutil.copyfile(_sqlite_template, tmp_path / 'deskgate.db')}"


@pytest.fixture
def postgres_url(postgres: Server, _postgres_template: str) -> Iterator[str]:
    """Like `store_url`, for what concerns PostgreSQL alone."""
    with postgres.lend(_postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import store

    path = tmp_path_factory.mktemp("template") / "deskgate.db"
    store.migrate(f"sqlite:///{path}")
    left = path.with_name(path.name + "-wal")
    assert not left.exists() or not left.stat().st_size, "store.migrate left its connection open: the file is not whole"
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres: Server) -> str:
    import store

    store.migrate(postgres.create("template"))
    return "template"
