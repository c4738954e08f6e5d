"""PINs of an import, and what others do to the database meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import insert, select

from authz import Subject
from store import Keys, tables
from store.imports.file_format import ImportFileError
from store.verification import attempt_limits, pins
from store.verification.pins import Pin
from tests.store.importing import SAMPLE, Desk, document, sample


@pytest.fixture(autouse=True)
def _quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "MEMORY_KIB", 8)
    monkeypatch.setattr(pins, "PASSES", 1)


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    desk = Desk(store_url)
    yield desk
    desk.store.close()


@pytest.fixture
def light(sqlite_url: str) -> Iterator[Desk]:
    """For what does not depend on the database."""
    desk = Desk(sqlite_url)
    yield desk
    desk.store.close()


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A desk that has imported the sample."""
    desk.imports(SAMPLE)
    return desk


# --- PINs


def test_a_pin_is_set_only_for_whom_has_none(full: Desk) -> None:
    changed = sample()
    changed["people"][0]["pin"] = "48291536"
    assert full.imports(changed).counts == {}
    assert full.has_pin("olivia.hart", SAMPLE["people"][0]["pin"])


def test_reset_replaces_pins_forgets_failures_and_tells_the_person(full: Desk) -> None:
    with full.store.transaction("test") as tx:
        attempt_limits.reserve(tx, attempt_limits.counter_of(full.id_of("olivia.hart")), real=True, limits=())
    person = {"username": "olivia.hart", "pin": "48291536"}
    assert full.imports(document(people=[person]), reset_pins=True).counts == {"pins.set": 1}
    assert full.has_pin("olivia.hart", "48291536")
    assert full.rows(select(tables.pin_guards)) == []
    id = full.id_of("olivia.hart")
    assert full.ledger("pin_set") == [("desk:operator", None, "done", Subject.of_person(id), "shell")]
    assert full.notices() == [{"notice": "pin_set", "person": id}]


@pytest.mark.parametrize(
    ("pin", "choice", "why"),
    [
        ("482915", False, "a PIN has 8 digits"),
        ("12345678", False, "this PIN is easy to guess: it counts up or down in even steps"),
        ("32960101", False, "this PIN is easy to guess: it is part of a number on file"),
        ("48291", True, "a PIN has 6 to 10 digits"),
        ("4829153a", True, "a PIN has 6 to 10 digits"),
    ],
)
def test_a_pin_against_the_policy_is_refused_and_not_quoted(light: Desk, pin: str, choice: bool, why: str) -> None:
    changed = sample()
    changed["people"][0]["pin"] = pin
    assert light.refuses(changed, pin_choice=choice) == [f"people[0].pin: {why}"]


def test_a_pin_is_held_against_numbers_that_only_the_database_has(full: Desk) -> None:
    person = {"username": "olivia.hart", "pin": "32960101"}
    assert full.refuses(document(people=[person])) == [
        "people[0].pin: this PIN is easy to guess: it is part of a number on file"
    ]


def test_chosen_pins_may_be_shorter(desk: Desk) -> None:
    changed = sample()
    changed["people"][0]["pin"] = "482915"
    desk.imports(changed, pin_choice=True)
    assert desk.has_pin("olivia.hart", "482915")


def test_nobody_gets_a_pin_that_was_hashed_for_somebody_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others add the same and other people while PINs are being hashed."""
    hashed = pins.keep

    def slow(keys: Keys, person: int, pin: Pin) -> pins.KeptPin:
        monkeypatch.undo()
        desk.imports(document(people=[{k: v for k, v in person.items() if k != "pin"} for person in SAMPLE["people"]]))
        return hashed(keys, person, pin)

    people = [SAMPLE["people"][3]]
    monkeypatch.setattr("store.imports.import_run.pins.keep", slow)
    with pytest.raises(ImportFileError, match="run the import again"):
        desk.imports(document(people=people))
    assert desk.rows(select(tables.pins)) == []
    desk.imports(document(people=people))
    assert desk.has_pin("bea.lund", "90734682")


# --- others at work meanwhile


def test_an_account_under_way_is_locked_against_editors_and_not_against_tickets(full: Desk) -> None:
    """An editor who takes a role away locks the account first, so it sees what the import made, or the reverse."""
    changed = document(accounts=[{"number": "200417", "contacts": SAMPLE["accounts"][0]["contacts"][:2]}])
    seen: list[str] = []

    def look(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("accounts", total):
            seen.extend(_locks(full.store.url))

    full.imports(changed, progress=look)
    expected = ["UPDATE waits", "KEY SHARE passes"] if full.store.url.startswith("postgresql") else ["everyone waits"]
    assert seen == expected


def _locks(url: str) -> list[str]:
    """What others would meet, found out without waiting."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return ["everyone waits"]
            return []
    found = []
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        for lock in ("UPDATE", "KEY SHARE"):  # KEY SHARE is what a new ticket needs of its account
            try:
                with other.transaction():
                    other.execute(f"SELECT id FROM accounts WHERE number = '200417' FOR {lock} NOWAIT".encode())
                found.append(f"{lock} passes")
            except psycopg.errors.LockNotAvailable:
                found.append(f"{lock} waits")
    return found


def test_two_imports_at_once_both_stand(desk: Desk) -> None:
    files = [document(people=[{"username": "same", "name": name, "email": "a@x.example"}]) for name in "AB"]
    threads = [threading.Thread(target=desk.imports, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.rows(select(tables.people))) == 1
    assert len(desk.ledger("import")) == 2


def test_a_clash_with_somebody_elses_row_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody took the username between our look and our writing."""
    row = {"username": "same", "name": "S", "email": "s@x.example", "support_id": "10000016"}
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.people), row)
    monkeypatch.setattr("store.imports.row_changes.Register.find", lambda *_, **__: {})
    monkeypatch.setattr("store.imports.people_rows._check_support_ids", lambda *_: None)
    assert desk.refuses(document(people=[row])) == [
        "somebody else stored the same people, accounts or Slack members just now; run the import again"
    ]
