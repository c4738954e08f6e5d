"""B7: what we write is for its owner alone, and no other user of the machine can put something in our way."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from authz import Subject, load_schemes
from store import HashPool, Keys, migrate, open_store
from store.db.last_seen import Memory, Seen
from store.db.own_folder import folder_of_ours
from store.verification.hash_pool import own_folder
from tests.house.test_names import ROOT


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.name.startswith("desk")}


@pytest.mark.parametrize("before", [None, 0o644, 0o666], ids=["new", "0644 before", "0666 before"])
def test_b7_the_database_is_its_owners(tmp_path: Path, before: int | None) -> None:
    """Also the files that SQLite keeps beside one that is in use."""
    path = tmp_path / "desk.db"
    another = sqlite3.connect(path) if before is not None else None
    if another is not None and before is not None:
        another.execute("PRAGMA journal_mode=WAL")
        another.execute("CREATE TABLE elsewhere (n)")
        for name in modes(tmp_path):
            (tmp_path / name).chmod(before)
    url = f"sqlite:///{path}"
    migrate(url)
    store = open_store(url, Keys([bytes(32)]), load_schemes())
    with store.transaction("test") as tx:
        tx.record(Subject("nobody"), None, "call", "began")
    found = modes(tmp_path)
    assert set(found) >= {"desk.db", "desk.db-wal", "desk.db-shm", "desk.db.gate"}
    assert set(found.values()) == {0o600}, found
    store.close()
    if another is not None:
        another.close()


def test_b7_the_backup_of_the_docs_is_its_owners(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'desk.db'}")
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (command,) = re.findall(r"^    (\(umask .*sqlite3.*)$", page, re.MULTILINE)
    subprocess.run(["sh", "-c", "umask 022; " + command.replace("python3", sys.executable)], cwd=tmp_path, check=True)
    assert modes(tmp_path)["desk-backup.db"] == 0o600


def test_b7_the_pools_places_are_in_a_folder_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o777)
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    for place in range(2):
        (shared / f"deskgate-argon2-0-{place}.lock").mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    pool = HashPool()
    assert pool.admit()
    assert pool.run(lambda: 7) == 7
    pool.close()
    assert sorted(path.name for path in (tmp_path / "run" / "deskgate").iterdir()) == ["argon2-0.lock", "argon2-1.lock"]
    assert (tmp_path / "run" / "deskgate").stat().st_mode & 0o777 == 0o700


def test_b7_no_file_of_ours_is_opened_through_a_link(tmp_path: Path) -> None:
    """B7: whoever could put one there had us write, or empty, another file of ours."""
    places, other = tmp_path / "places", tmp_path / "other"
    places.mkdir()
    (places / "argon2-0.lock").symlink_to(other)
    pool = HashPool(places)
    assert pool.admit()
    with pytest.raises(BrokenExecutor):
        pool.run(lambda: 7)
    pool.close()
    assert not other.exists()
    memory = Memory(f"sqlite:///{tmp_path}/desk.db")
    assert memory.path is not None
    memory.path.with_suffix(".lock").symlink_to(other)
    with memory.alone():
        assert not other.exists()
    other.write_text("ours")
    memory.path.with_suffix(".new").symlink_to(other)
    memory.keep(Seen(1, "aa", ()))
    assert other.read_text() == "ours"


def test_b7_a_folder_somebody_else_can_write_to_is_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all, linked, elsewhere = tmp_path / "open", tmp_path / "linked", tmp_path / "elsewhere"
    (open_to_all / "deskgate").mkdir(parents=True)
    (open_to_all / "deskgate").chmod(0o777)
    linked.mkdir()
    elsewhere.mkdir(mode=0o700)
    (linked / "deskgate").symlink_to(elsewhere)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(open_to_all))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(linked))
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    found = own_folder()
    assert found not in (open_to_all / "deskgate", linked / "deskgate")
    assert found.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(found)
    assert folder_of_ours(str(tmp_path)) == tmp_path / "deskgate"
    another = os.getuid() + 1
    monkeypatch.setattr("os.getuid", lambda: another)
    assert folder_of_ours(str(tmp_path)) is None, "somebody else made it before us"
