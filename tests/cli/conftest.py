"""A shell to type `deskgate …` in: a folder of its own, the sample accounts, on both databases; what it printed, and how it ended."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from authz import load_schemes
from deskgate.__main__ import commands
from deskgate.settings import Settings
from store import Keys, Store, open_store, tables
from tests.desk import SECRET


def free_port() -> int:
    """One where nothing listens: what runs on this machine is no fault of the code."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Shell:
    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url, self._monkeypatch, self._runner = url, monkeypatch, CliRunner()
        self.set(DATABASE_URL=url, SECRET_KEYS=SECRET)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)

    def run(self, *words: str, stdin: str | bytes = "") -> Said:
        """A fault that no line explains is raised here, as it would be a traceback on the screen. `serve` gets a port that is
        free, where none is said: something else of this machine may listen on its own."""
        if words[:1] == ("serve",) and "--port" not in words:
            words = ("serve", "--port", str(free_port()), *words[1:])
        done = self._runner.invoke(commands, words, input=stdin, env={"COLUMNS": "200"}, catch_exceptions=False)
        return Said(done.exit_code, done.stdout, done.stderr)

    def refuses(self, *words: str, stdin: str | bytes = "") -> str:
        """Exit 2, nothing on standard output, one line on standard error: that line, without the name of the program."""
        said = self.run(*words, stdin=stdin)
        assert (said.code, said.out) == (2, ""), said
        assert said.err.startswith("deskgate: ")
        assert said.err.count("\n") == 1, said.err
        return said.err.removeprefix("deskgate: ").rstrip("\n")

    @contextmanager
    def store(self) -> Iterator[Store]:
        opened = open_store(self.url, Keys.parse(SECRET), load_schemes())
        try:
            yield opened
        finally:
            opened.close()

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        with self.store() as store, store.transaction("test") as tx:
            return [tuple(row) for row in tx.connection.execute(query).all()]

    def change(self, statement: Any) -> None:
        with self.store() as store, store.transaction("test") as tx:
            tx.connection.execute(statement)

    def id_of(self, username: str) -> int:
        found: int = self.rows(select(tables.people.c.id).where(tables.people.c.username == username))[0][0]
        return found


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without `.env`, and an environment without any setting of ours."""
    ours = {name.upper() for name in Settings.model_fields}
    for name in list(os.environ):
        if name.upper() in ours or name.startswith("DESKGATE_"):  # .ci/run sets some that are for the tests
            monkeypatch.delenv(name)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shell(nowhere: Path, sample_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(sample_url, monkeypatch)


@pytest.fixture
def light(nowhere: Path, sample_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """On SQLite alone, for what does not concern the database."""
    return Shell(sample_sqlite, monkeypatch)
