"""B1: whoever writes to the database cannot keep checkpoints from being made unseen: what is wrong with one is an alarm, and stops none.

T22, T33
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

from store import Trouble
from store.db.ledger_chain import HOUR
from store.ledger.checkpoints import OVERDUE
from store.tables import checkpoints, ledger, segments
from tests.store.attacked import OLD, Attacked

FUTURE = 400 * 24 * HOUR


@pytest.fixture
def attacked(store_url: str) -> Iterator[Attacked]:
    """Thirty entries in two segments, a checkpoint, and fifteen entries more."""
    attacked = Attacked(store_url)
    attacked.write(30)
    attacked.mark()
    attacked.write(15)
    yield attacked
    attacked.attacker.dispose()
    attacked.store.close()


def codes(found: list[Trouble]) -> list[str]:
    return sorted(trouble.code for trouble in found)


def forge(attacked: Attacked, n: int, **other: Any) -> None:
    row = {**attacked.rows(checkpoints)[-1], "n": n, "at": attacked.now + FUTURE, "mac": bytes(32), **other}
    attacked.does(insert(checkpoints).values(row))


def test_b1_a_forged_checkpoint_of_the_future_stops_none_and_hides_nothing(attacked: Attacked) -> None:
    """The row as it was seen: the newest entries and the forged row are removed later."""
    newest_outside = attacked.rows(checkpoints)[-1]["mac"].hex()
    forge(attacked, 2)
    made = attacked.mark()
    assert made != bytes(32).hex(), "what goes to the log is a checkpoint of ours"
    assert codes(attacked.store.ledger_troubles()) == ["forged"]
    assert attacked.broken(newest_outside) == "checkpoint 2 was changed, or the one before it was"
    attacked.does(delete(checkpoints).where(checkpoints.c.n == 2))
    segment = attacked.segment()
    attacked.does(delete(ledger).where(ledger.c.n > 15))
    assert attacked.broken() == "checkpoint 2 is missing"
    assert attacked.broken(newest_outside) == "checkpoint 2 is missing"
    attacked.does(delete(checkpoints).where(checkpoints.c.n == 3))
    assert attacked.broken(made).startswith(f"the checkpoint {made} is not in the ledger")
    attacked.write(1)
    attacked.mark()
    assert "gone" in codes(attacked.store.ledger_troubles())
    assert segment in attacked.rows(checkpoints)[-1]["heads"], "and the process goes on from what it knows"


def test_b1_the_same_at_a_start_and_the_next_builds_on_the_good_one(attacked: Attacked) -> None:
    for n in (2, 3, 2**62):
        forge(attacked, n)
    anew = attacked.opened(OLD)
    attacked.write(2, anew)
    made = anew.checkpoint()
    assert made is not None
    assert made[0] == 4, "the first number that nobody has taken"
    assert [trouble.n for trouble in anew.ledger_troubles()] == [2**62, 3, 2]
    assert anew.checkpoint() == made
    assert anew.ledger_troubles() == [], "each is told once"
    attacked.does(delete(checkpoints).where(checkpoints.c.n != 1, checkpoints.c.n != 4))
    assert attacked.broken() == "checkpoint 2 is missing"
    attacked.does(*(insert(checkpoints).values({**attacked.rows(checkpoints)[0], "n": n}) for n in (2, 3)))
    assert attacked.broken() == "checkpoint 2 was changed, or the one before it was"
    anew.engine.dispose()


def test_b1_one_that_is_no_text_stops_none(sqlite_url: str) -> None:
    attacked = Attacked(sqlite_url)
    attacked.write(3)
    attacked.mark()
    with attacked.attacker.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO ledger_checkpoints (n, at, key, heads, mac) VALUES (2, 'x', CAST(x'ff' AS TEXT), CAST(x'ff' AS TEXT), 7)"
        )
    attacked.write(1)
    attacked.mark()
    assert codes(attacked.store.ledger_troubles()) == ["forged"]
    assert not attacked.verify().ok
    attacked.attacker.dispose()
    attacked.store.close()


def test_b1_a_genuine_one_dated_in_the_future_is_the_clocks_and_said(attacked: Attacked) -> None:
    attacked.now += FUTURE
    attacked.mark()
    assert codes(attacked.store.ledger_troubles()) == []
    attacked.now -= FUTURE
    assert attacked.verify().alarm == "checkpoint 2 is dated in the future: put the clock right"
    attacked.write(1)
    attacked.mark()
    assert codes(attacked.store.ledger_troubles()) == ["in_future"]
    assert len(attacked.rows(checkpoints)) == 3
    assert attacked.verify().ok, "it goes on, and what was signed holds"


def test_b1_entries_without_a_checkpoint_for_a_minute_are_an_alarm(attacked: Attacked) -> None:
    attacked.mark()
    attacked.write(1)
    attacked.now += OVERDUE
    assert attacked.store.ledger_troubles() == []
    assert attacked.verify().ok
    attacked.now += 1
    assert codes(attacked.store.ledger_troubles()) == ["overdue"]
    assert "has had no checkpoint for a minute" in str(attacked.verify().alarm)
    assert codes(attacked.store.look_at_checkpoints()) == [], "told already, by this process"
    anew = attacked.opened(OLD)
    assert codes(anew.look_at_checkpoints()) == ["overdue"], "doctor's own look"
    anew.engine.dispose()
    attacked.mark()
    attacked.now += 2 * OVERDUE
    assert attacked.store.ledger_troubles() == []
    assert attacked.verify().ok


def test_b1_a_database_made_to_keep_none_is_found(sqlite_url: str) -> None:
    """It looked like another process that was faster."""
    attacked = Attacked(sqlite_url)
    attacked.write(3)
    attacked.mark()
    attacked.write(3)
    with attacked.attacker.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER quiet BEFORE INSERT ON ledger_checkpoints BEGIN SELECT RAISE(IGNORE); END")
        )
    attacked.mark()
    assert codes(attacked.store.ledger_troubles()) == ["not_kept"]
    attacked.now += OVERDUE + 6_000
    attacked.mark()
    assert codes(attacked.store.ledger_troubles()) == ["overdue"]
    with attacked.attacker.begin() as connection:
        connection.execute(text("DROP TRIGGER quiet"))
    attacked.mark()
    assert attacked.verify().ok
    attacked.attacker.dispose()
    attacked.store.close()


@pytest.mark.parametrize(
    "hidden", [False, True], ids=["removed", "the segment dated back, so that no checkpoint looks at it"]
)
def test_b1_what_the_process_wrote_is_signed_as_it_wrote_it(attacked: Attacked, hidden: bool) -> None:
    """The newest entries of a segment were gone without a trace until the segment was written again."""
    segment, before = attacked.segment(), attacked.rows(segments)
    n = attacked.last(segment)
    if hidden:
        attacked.does(update(segments).where(segments.c.id == segment).values(opened_at=0))
    attacked.does(delete(ledger).where(ledger.c.segment == segment, ledger.c.n == n))
    attacked.mark()
    assert codes(attacked.store.ledger_troubles()) == ["entries_gone"]
    for row in before:
        attacked.does(update(segments).where(segments.c.id == row["id"]).values(opened_at=row["opened_at"]))
    assert attacked.broken() == f"segment {segment}: entry {n} is missing: checkpoint 2 saw {n} entries"
