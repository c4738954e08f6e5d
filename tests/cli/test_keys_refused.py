"""SECRET_KEYS that would do harm unseen are refused at the start, in one line that says what to write there."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
import uvicorn

from tests.cli.conftest import Shell
from tests.desk import SECRET

NEW = b64encode(bytes(range(64, 96))).decode()
WRITES = [
    ("serve",),
    ("tickets",),
    ("audit",),
    ("audit", "retire"),
    ("pin", "unlock", "--person", "mia.chen"),
    ("pin", "reseal"),
    ("staff", "list"),
    ("staff", "suspend", "agent.kim"),
    ("jobs", "drop", "1"),
    ("import", "accounts.json"),
]


def test_b2_a_key_that_was_retired_starts_nothing_that_writes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Any] = []
    monkeypatch.setattr(uvicorn, "run", lambda *_, **how: runs.append(how))
    shell.set(SECRET_KEYS=f"{NEW},{SECRET}")
    assert shell.run("audit", "retire").code == 0
    head = shell.run("audit", "verify").out
    shell.set(SECRET_KEYS=f"{SECRET},{NEW}")
    for words in WRITES:
        said = shell.refuses(*words)
        assert "was retired, and nothing is written under it: write key 2 of the list in front" in said, words
    assert not runs
    doctor = shell.run("doctor")
    assert (doctor.code, "BAD  SECRET_KEYS: key 1 (in the ledger" in doctor.out) == (1, True), doctor
    assert shell.run("audit", "verify").out == head, "reading goes on, and nothing was written"
    shell.set(SECRET_KEYS=f"{NEW},{SECRET}")
    assert shell.run("audit", "verify").out == head


def test_b2_a_fifth_key_is_refused(light: Shell) -> None:
    keys = [b64encode(bytes([n]) * 32).decode() for n in range(5)]
    light.set(SECRET_KEYS=",".join(keys))
    for words in (("serve",), ("tickets",)):
        assert light.refuses(*words) == (
            "SECRET_KEYS: key 5 is one too many, only 4 are read: take out the oldest that `deskgate doctor` no longer needs"
        )
    light.set(SECRET_KEYS=",".join([SECRET, *keys[:3]]))
    assert light.run("tickets").code == 0
