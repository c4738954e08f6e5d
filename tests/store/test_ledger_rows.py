"""Every column of the ledger's three tables is signed, and every row in them is read: whatever is changed or put there is found.

T22
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Table, insert, update
from sqlalchemy.exc import DataError, IntegrityError

from authz import Action, Ask, Grant, Proof, Subject
from store import OPERATOR
from store.db.ledger_chain import HOUR
from store.ledger import audit
from store.tables import checkpoints, ledger, segments
from tests.store.attacked import KINDS, OLD, TABLES, Attacked

COLUMNS = [(table, column.name) for table in TABLES for column in table.c]
SEGMENTS = ("", " ", "x", "0" * 16, "F" * 16, "f" * 15)
FORGED = {"who": Subject("person:7"), "decision": "FORGED", "mac": bytes(32)}


@pytest.fixture
def attacked(store_url: str) -> Iterator[Attacked]:
    """Thirty entries in two segments, a third segment that nobody wrote to, two checkpoints, and three entries more."""
    attacked = Attacked(store_url)
    for n in (20, 10, 3):
        attacked.write(n)
        if n > 3:
            attacked.mark()
    idle = attacked.opened(OLD)
    idle._segments.give(idle._segments.take())
    idle.engine.dispose()
    assert (len(attacked.rows(segments)), attacked.verify().broken) == (3, None)
    with attacked.without_checks():
        yield attacked
    attacked.attacker.dispose()
    attacked.store.close()


def others(value: Any) -> list[Any]:
    """What somebody could write in the place of a value."""
    if isinstance(value, int):
        return [*(value + by for by in (1, -1, HOUR, -HOUR, 10**12, -(10**12))), 0, -1, None]
    if isinstance(value, bytes):
        return [bytes(len(value)), b"", value[:-1]]
    if isinstance(value, str):
        return [f"{value}x", f"{value[:-1]}0", value.upper(), "", " ", "[]", None]
    return [0, 1, -1, 7, 99, "", "x", "{}"]


def refused(attacked: Attacked, *statements: Any) -> bool:
    """Whether the database itself would not have it."""
    try:
        attacked.does(*statements)
    except (IntegrityError, DataError):
        return True
    return False


def test_b2_a_change_to_any_column_is_found(attacked: Attacked) -> None:
    before, done = attacked.copies(), set[tuple[Table, str]]()
    for table, column in COLUMNS:
        rows, kind = attacked.rows(table), table.c[column].type.python_type
        for row in (rows[0], rows[-1]):
            mine = [key == row[key.name] for key in table.primary_key]
            for value in others(row[column]):
                if value == row[column] or not isinstance(value, kind | None):
                    continue
                if not refused(attacked, update(table).where(*mine).values({column: value})):
                    assert attacked.verify().broken, (str(table), column, row[column], value)
                    attacked.rolls_back_to(before)
                    done.add((table, column))
    assert done == set(COLUMNS)
    assert attacked.verify().broken is None


def test_b2_a_row_that_was_put_there_is_found_wherever_it_stands(attacked: Attacked) -> None:
    """Whatever names it has, so that nothing the reading passes by is left."""
    before, entry, segment = attacked.copies(), {**attacked.rows()[5], **FORGED}, attacked.rows(segments)[0]
    first, last = attacked.rows(checkpoints)[0], attacked.rows(checkpoints)[-1]
    ours = [row["id"] for row in before[segments]]
    shapes: list[list[Any]] = []
    for n in (0, -1, -(2**63), 10**6, 2**63 - 1):
        shapes += [[insert(ledger).values(entry | {"segment": id, "n": n})] for id in (*ours, *SEGMENTS)]
        shapes += [
            [insert(checkpoints).values(row | {"n": n, "builds_on": on})]
            for row in (first, last)
            for on in (None, 0, 1)
        ]
    for id in SEGMENTS:
        opened = insert(segments).values(segment | {"id": id, "opened_at": segment["opened_at"] - 30 * HOUR})
        shapes += [[opened], [insert(segments).values(segment | {"id": id, "mac": bytes(32)})]]
        shapes += [
            [opened, *(insert(ledger).values(entry | {"segment": id, "n": n}) for n in range(some, 4))]
            for some in (0, 1)
        ]
    seal = json.dumps({"keys": [segment["key"]], "segments": [], "checkpoints": [0, ""]})
    shapes += [[insert(checkpoints).values(last | {"n": n, "retires": seal})] for n in (-3, 0, last["n"] + 1)]
    for shape in shapes:
        attacked.does(*shape)
        assert attacked.verify().broken, [str(statement.compile().params) for statement in shape]
        attacked.rolls_back_to(before)
    assert attacked.verify().broken is None


def test_b2_what_was_put_there_is_still_found_when_the_desk_has_written_on(attacked: Attacked) -> None:
    """With the digest of the newest checkpoint as well, and the list shows none of it."""
    entry, segment = {**attacked.rows()[5], **FORGED}, attacked.rows(segments)[0]
    attacked.does(insert(ledger).values(entry | {"n": 0}), insert(ledger).values(entry | {"n": -1}))
    attacked.does(insert(segments).values(segment | {"id": ""}), insert(ledger).values(entry | {"segment": "", "n": 1}))
    attacked.write(3)
    head = attacked.mark()
    assert attacked.broken(head).startswith("ledger holds 3 rows that are no part of the ledger: segment ")
    with attacked.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_LEDGER_READ, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        listed = audit.entries(tx, grant)
    assert len(listed) >= 36
    assert "FORGED" not in {entry.decision for entry in listed}


def test_b2_postgresql_refuses_what_no_reading_would_come_to(postgres_url: str) -> None:
    attacked = Attacked(postgres_url)
    attacked.write(3)
    attacked.mark()
    entry, segment, checkpoint = (attacked.rows(table)[0] for table in TABLES)
    assert refused(attacked, insert(ledger).values(entry | {"n": 0}))
    assert refused(attacked, insert(segments).values(segment | {"id": ""}))
    assert refused(attacked, insert(segments).values(segment | {"id": "F" * 16}))
    assert refused(attacked, insert(checkpoints).values(checkpoint | {"n": 0}))
    attacked.attacker.dispose()
    attacked.store.close()


def test_a_value_of_another_kind_is_found_and_not_stumbled_over(sqlite_url: str) -> None:
    """SQLite keeps whatever it is given, bytes that are no text included."""
    attacked = Attacked(sqlite_url)
    attacked.write(3)
    attacked.mark()
    before = attacked.copies()
    for table, column in COLUMNS:
        for value in KINDS:
            with attacked.attacker.begin() as connection:
                one = f"rowid = (SELECT min(rowid) FROM {table})"
                connection.exec_driver_sql(f'UPDATE {table} SET "{column}" = {value} WHERE {one}')
            assert attacked.verify().broken, (str(table), column, value)
            attacked.rolls_back_to(before)
    attacked.attacker.dispose()
    attacked.store.close()


def test_b1_a_value_of_another_kind_keeps_no_checkpoint_from_being_made(sqlite_url: str) -> None:
    """In the newest row, which the next checkpoint is built on: by a process that wrote it, and by one that has just started."""
    attacked = Attacked(sqlite_url)
    attacked.write(3)
    attacked.mark()
    attacked.write(1)
    before = attacked.copies()
    for table, column in COLUMNS:
        for value in KINDS:
            both = {ledger: "segment", segments: "id"} if column in ("segment", "id") else {table: column}
            with attacked.attacker.begin() as connection:
                for of, name in both.items():
                    one = f"rowid = (SELECT max(rowid) FROM {of})"
                    connection.exec_driver_sql(f'UPDATE {of} SET "{name}" = {value} WHERE {one}')
            new = attacked.opened(OLD)
            for store in (attacked.store, new):
                store.look_at_checkpoints()
                store.checkpoint()
                store.ledger_troubles()
            new.engine.dispose()
            assert attacked.verify().broken, (str(table), column, value)
            attacked.rolls_back_to(before)
    attacked.attacker.dispose()
    attacked.store.close()
