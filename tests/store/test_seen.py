"""B6: what this machine has seen of a database is kept whole, for its owner alone, under one name, and never goes back. T33"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from store.db import last_seen
from store.db.last_seen import Memory, Seen
from store.operator import restore
from tests.store.attacked import Attacked

EARLIER, LATER = Seen(1, "aa", ()), Seen(2, "bb", ("agent.kim",))


def path_of(memory: Memory) -> Path:
    assert memory.path is not None
    return memory.path


def test_b6_it_is_kept_whole_or_an_older_one_stays() -> None:
    memory = Memory("sqlite:///desk.db")
    memory.keep(EARLIER)
    assert path_of(memory).stat().st_mode & 0o777 == 0o600
    before = path_of(memory).with_suffix(".before")
    os.link(path_of(memory), before)
    memory.keep(LATER)
    assert Memory("sqlite:///desk.db").recall() == LATER
    assert '"aa"' in before.read_text(), "another file took its place, and this one was never half a file"
    path_of(memory).with_suffix(".new").mkdir()  # as good as a full disk
    memory.keep(EARLIER)
    assert Memory("sqlite:///desk.db").recall() == LATER


def test_b6_a_database_has_one_name_whoever_signs_in_and_wherever_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = path_of(Memory("sqlite:///desk.db"))
    assert path_of(Memory(f"sqlite:///{tmp_path / 'desk.db'}")) == here
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert path_of(Memory("sqlite:///desk.db")) != here
    there = path_of(Memory("postgresql://desk:secret@db.example/desk"))
    assert path_of(Memory("postgresql://operator@db.example/desk")) == there
    assert path_of(Memory("postgresql://operator@db.example/desk2")) != there


def test_b6_one_process_looks_and_keeps_at_a_time() -> None:
    memory = Memory("sqlite:///desk.db")
    with memory.alone(), path_of(memory).with_suffix(".lock").open() as another, pytest.raises(BlockingIOError):
        fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with path_of(memory).with_suffix(".lock").open() as another:
        fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_b6_a_shell_finds_what_systemd_gave_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_seen, "SYSTEMD", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    of_the_service = last_seen.state_folder()
    monkeypatch.delenv("STATE_DIRECTORY")
    assert last_seen.state_folder() == of_the_service == tmp_path / "deskgate"


def test_b6_a_slower_process_does_not_take_back_what_another_has_seen(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacked = Attacked(sqlite_url)
    attacked.write(1)
    slow, make = attacked.opened(bytes(range(32))), attacked.store.checkpoint

    def meanwhile() -> tuple[int, str] | None:
        head = make()
        attacked.write(1, slow)
        later = restore.remember(slow)
        kept = slow.memory.recall()
        assert kept is not None
        assert later == (2, kept.digest)
        return head

    monkeypatch.setattr(attacked.store, "checkpoint", meanwhile)
    assert restore.remember(attacked.store) is not None
    found = slow.memory.recall()
    assert found is not None
    assert found.checkpoint == 2
    for store in (slow, attacked.store):
        store.engine.dispose()
    attacked.attacker.dispose()


def test_b6_a_restore_is_not_forgotten_because_the_desk_has_written_on(sqlite_url: str) -> None:
    attacked = Attacked(sqlite_url)
    attacked.store.memory.keep(EARLIER)
    for _ in range(3):
        attacked.write(1)
        restore.remember(attacked.store)
    assert attacked.store.memory.recall() == EARLIER
    assert restore.is_behind(attacked.store) == EARLIER
    attacked.attacker.dispose()
    attacked.store.close()
