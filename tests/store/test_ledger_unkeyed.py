"""What somebody who has the database and no key may try against the reading itself: rows under a key that nobody has, which cannot be
checked; what is no JSON; a tail that is cut off where another process signs next; what a process then says of its own. And what is no attack.

T22
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError, OperationalError

from store import Store
from store.db.ledger_chain import HOUR
from store.ledger.checkpoints import Seal
from store.ledger.verify import verify
from store.operator.key_retirement import CannotRetireError, retire
from store.tables import checkpoints, ledger, segments
from tests.store.attacked import NEW, OLD, Attacked, at
from tests.store.test_ledger_retired import NEWER

NOBODYS = "00000000"  # a key's id


@pytest.fixture
def attacked(store_url: str) -> Iterator[Attacked]:
    attacked = Attacked(store_url)
    attacked.write(10)
    attacked.mark()
    yield attacked
    attacked.attacker.dispose()
    attacked.store.close()


def before_it_seals(store: Store, does: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    """Between what a store reads and the seal it makes of it."""
    seals = store.retire

    def after_all(seal: Seal) -> None:
        does()
        seals(seal)

    patch.setattr(store, "retire", after_all)


def test_b2_a_lane_that_a_later_checkpoint_saw_less_of_went_back(attacked: Attacked) -> None:
    """Cut off while no process runs that remembers: the next one signs what is left."""
    segment = attacked.segment()
    attacked.does(delete(ledger).where(ledger.c.segment == segment, ledger.c.n > 3))
    after = attacked.opened(OLD)
    attacked.write(1, after)
    assert after.checkpoint()
    words = f"segment {segment} went back to entry 3: checkpoint 2 saw less, or another, than one before it"
    assert verify(after).broken == words
    after.engine.dispose()


@pytest.mark.parametrize(
    "heads", ['[["a",1e999,"b"]]', "[" * 100_000, "{}x", "[7]"], ids=["endless", "deep", "no JSON", "other"]
)
def test_b2_heads_that_are_none_are_named_under_a_key_that_nobody_has(attacked: Attacked, heads: str) -> None:
    attacked.does(update(checkpoints).where(checkpoints.c.n == 1).values(heads=heads, key=NOBODYS))
    assert attacked.broken() == "checkpoint 1 was changed, or the one before it was"


@pytest.mark.parametrize(
    "retires", ["nonsense", "7", "{}", '{"checkpoints":[]}', '{"checkpoints":["1"]}', "[" * 100_000], ids=str.__len__
)
def test_b2_what_is_no_seal_is_named(attacked: Attacked, retires: str) -> None:
    attacked.does(update(checkpoints).where(checkpoints.c.n == 1).values(retires=retires))
    assert attacked.broken() in (
        "a checkpoint that retires keys was changed",
        "checkpoint 1 was changed, or the one before it was",
    )


def test_b2_a_seal_that_was_changed_is_named_and_not_what_it_seals(attacked: Attacked) -> None:
    attacked.store.close()
    attacked.store = attacked.opened(NEW, OLD)
    attacked.write(1)
    retire(attacked.store)
    (row,) = (row for row in attacked.rows(checkpoints) if row["retires"] is not None)
    said = json.dumps({**json.loads(row["retires"]), "checkpoints": [1, "00" * 32]})
    attacked.does(update(checkpoints).where(checkpoints.c.n == row["n"]).values(retires=said))
    assert attacked.broken() == f"checkpoint {row['n']} was changed, or the one before it was"


def test_b2_a_seal_holds_no_checkpoint_that_came_after_it_was_read(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new key's own, made between the reading and the seal: put under a key that nobody has, nothing would hold it."""
    new = attacked.opened(NEW, OLD)
    attacked.write(1, new)

    def meanwhile() -> None:
        attacked.write(1, new)
        assert new.checkpoint()

    before_it_seals(new, meanwhile, monkeypatch)
    assert retire(new)
    between = attacked.rows(checkpoints)[-2]["n"]
    assert verify(new).ok
    attacked.does(update(checkpoints).where(checkpoints.c.n == between).values(key=NOBODYS, heads="[]"))
    words = f"checkpoint {between} cannot be checked: its key {NOBODYS} is no longer in SECRET_KEYS"
    assert verify(new).broken == words
    new.engine.dispose()


def test_b2_no_key_is_retired_that_made_a_checkpoint_meanwhile(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the new key's entries, by a process that was not restarted: once the old key is gone, it could not be checked."""
    new = attacked.opened(NEW, OLD)
    attacked.write(1, new)

    def meanwhile() -> None:
        assert attacked.store.checkpoint()

    before_it_seals(new, meanwhile, monkeypatch)
    with pytest.raises(CannotRetireError, match="restart every process"):
        retire(new)
    new.engine.dispose()


def test_b2_a_lane_without_entries_is_missed_where_its_key_was_retired(attacked: Attacked) -> None:
    idle = attacked.opened(OLD)
    opened = idle._segments.take()
    idle._segments.give(opened)
    new = attacked.opened(NEW, OLD)
    assert retire(new)
    attacked.does(delete(segments).where(segments.c.id == opened.id))
    assert verify(new).broken == f"segment {opened.id} is missing: it had 0 entries when its key was retired"
    for store in (idle, new):
        store.engine.dispose()


def test_b1_the_oldest_entry_of_all_lanes_says_how_long_one_waits(attacked: Attacked) -> None:
    """Whichever segment is read first."""
    attacked.now += 30_000
    first = attacked.now
    one, other = attacked.store._segments.take(), attacked.store._segments.take()
    early, late = sorted((one, other), key=lambda segment: segment.id, reverse=True)
    for segment in (early, late):  # the one that is read last is written first
        attacked.store._segments.turns.free.appendleft(segment)
        attacked.write(1)
        attacked.store._segments.turns.free.remove(segment)
        attacked.now += 50_000
    assert attacked.now - first > 60_000
    assert "the oldest has had no checkpoint for a minute" in str(attacked.verify().alarm)
    for segment in (one, other):
        attacked.store._segments.give(segment)


def test_a_fault_of_the_database_is_no_broken_ledger(sqlite_url: str) -> None:
    attacked = Attacked(sqlite_url)
    attacked.write(1)
    with attacked.attacker.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ledger RENAME TO elsewhere")
    with pytest.raises(OperationalError, match="no such table"):
        attacked.verify()
    attacked.attacker.dispose()
    with pytest.raises(DBAPIError):
        attacked.store.close()


# --- what a process knows of its own, and says


def codes(store: Store) -> list[str]:
    return [trouble.code for trouble in store.ledger_troubles()]


def test_b1_an_entry_removed_from_a_lane_that_rests_is_an_alarm_after_its_checkpoint_too(attacked: Attacked) -> None:
    segment = attacked.segment()
    attacked.does(delete(ledger).where(ledger.c.segment == segment, ledger.c.n == attacked.last(segment)))
    attacked.mark()
    assert codes(attacked.store) == ["entries_gone"]


def test_b1_an_entry_overwritten_before_its_checkpoint_is_an_alarm(attacked: Attacked) -> None:
    """Its number stands there still, and what this process wrote is what is signed."""
    attacked.write(1)
    row = max(attacked.rows(), key=lambda row: int(row["at"]))
    attacked.does(update(ledger).where(at(row)).values(who="person:2", mac=bytes(32)))
    attacked.mark()
    assert codes(attacked.store) == ["entries_gone"]
    assert str(attacked.verify().broken).startswith(f"segment {row['segment']}: entry {row['n']} ")


def test_b1_a_process_that_stood_still_for_hours_raises_no_alarm(attacked: Attacked) -> None:
    """Lanes of its own are older than those that checkpoints of others look at by now."""
    other = attacked.opened(OLD)
    for _ in range(5):
        attacked.now += HOUR
        attacked.write(1, other)
        assert other.checkpoint()
    attacked.mark()
    assert codes(attacked.store) == []
    other.engine.dispose()


def test_b1_a_checkpoint_that_passes_over_a_forged_one_tells_whoever_only_looks(attacked: Attacked) -> None:
    (row,) = attacked.rows(checkpoints)
    attacked.does(insert(checkpoints).values({**row, "n": 2, "mac": bytes(32)}))
    attacked.write(1)
    attacked.mark()
    looks = attacked.opened(OLD)
    assert [trouble.code for trouble in looks.look_at_checkpoints()] == ["forged"]
    looks.engine.dispose()


def test_b1_a_row_before_the_first_checkpoint_makes_that_no_forged_one(sqlite_url: str) -> None:
    """PostgreSQL takes none."""
    attacked = Attacked(sqlite_url)
    attacked.write(1)
    attacked.mark()
    (row,) = attacked.rows(checkpoints)
    attacked.does(insert(checkpoints).values({**row, "n": 0, "mac": bytes(32)}))
    looks = attacked.opened(OLD)
    assert looks.look_at_checkpoints() == []
    assert attacked.broken() == "ledger_checkpoints holds 1 rows that are no part of the ledger: n 0"
    looks.engine.dispose()
    attacked.attacker.dispose()
    attacked.store.close()


def test_b2_whose_own_key_is_retired_meanwhile_retires_none(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, newer = attacked.opened(NEW, OLD, NEWER), attacked.opened(NEWER, NEW, OLD)
    attacked.write(1, new)

    def meanwhile() -> None:
        attacked.write(1, newer)
        assert retire(newer)

    before_it_seals(new, meanwhile, monkeypatch)
    with pytest.raises(CannotRetireError, match="was retired, and nothing is written"):
        retire(new)
    for store in (new, newer):
        store.engine.dispose()


def test_an_empty_ledger_gets_no_checkpoint(sqlite_url: str) -> None:
    attacked = Attacked(sqlite_url)
    assert attacked.store.checkpoint() is None
    assert attacked.verify().ok
    attacked.attacker.dispose()
    attacked.store.close()
