"""What an import holds at a time does not grow with its file. G9"""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from store.accounts import people
from store.imports.file_format import read
from store.imports.import_run import run
from tests.store.importing import Desk

AT_MOST = 1.25  # times as much for a file four times as long; what is all read at once has 4


def written(path: Path, first: int, accounts: int) -> Path:
    """So many accounts of two people each, all of them in Slack."""
    numbers = range(first, first + 2 * accounts)
    members = [
        {
            "username": f"person.{n}",
            "name": f"Person {n}",
            "email": f"person.{n}@customer.example",
            "phones": [f"+4416329{n:05}"],
            "support_id": f"{1_000_000 + n}{people.check_digit(str(1_000_000 + n))}",
            "slack": [{"team": "T0CUSTOMER", "user": f"U{n:08}"}],
        }
        for n in numbers
    ]
    path.write_text(json.dumps({"accounts": [account(n) for n in numbers[::2]], "people": members}))
    return path


def account(n: int) -> dict[str, Any]:
    return {
        "number": f"{n}",
        "name": f"Customer {n}",
        "scheme": "standard_roles",
        "services": [{"id": f"vps-{k}", "name": f"VPS {k}", "status": "running"} for k in range(3)],
        "contacts": [
            {"person": f"person.{n}", "roles": ["owner"]},
            {"person": f"person.{n + 1}", "roles": ["billing"]},
        ],
    }


def peak(desk: Desk, path: Path) -> int:
    """Bytes of Python's own that were held at most."""
    as_tests_have_it = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # as Python has it, and the service with it
    tracemalloc.start()
    try:
        for dry in (True, False):
            file = read(path)
            run(desk.store, file, dry_run=dry)
            file.close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*as_tests_have_it)


def test_g9_a_file_four_times_as_long_takes_no_more_memory(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("import_run", "people_rows"):
        monkeypatch.setattr(f"store.imports.{module}.CHUNK", 12)
    monkeypatch.setattr("store.imports.json_stream.READ", 2_048)
    desk = Desk(sqlite_url)
    peak(desk, written(tmp_path / "warm.json", 0, 30))  # statements are made once
    little = peak(desk, written(tmp_path / "little.json", 1_000, 50))
    much = peak(desk, written(tmp_path / "much.json", 10_000, 200))
    desk.store.close()
    assert much < AT_MOST * little, f"{little:,} bytes for 50 accounts, {much:,} for 200"
