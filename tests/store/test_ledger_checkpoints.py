"""Attacks on checkpoints, rolling back, and what a checkpoint still knows of a segment: with and without a digest kept outside.

T33
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from store.db.ledger_chain import SEGMENT_LIFE
from store.ledger.verify import Reading, verify
from store.tables import checkpoints, ledger, segments
from tests.store.attacked import NEW, OLD, Attacked


@pytest.fixture
def attacked(store_url: str) -> Iterator[Attacked]:
    """Thirty entries in two segments, a checkpoint, and ten entries more."""
    attacked = Attacked(store_url)
    attacked.write(30)
    attacked.mark()
    attacked.write(10)
    yield attacked
    attacked.attacker.dispose()
    attacked.store.close()


@pytest.fixture
def marked(attacked: Attacked) -> Attacked:
    """Four checkpoints in all, the last over every entry."""
    for _ in range(3):
        attacked.write(2)
        attacked.mark()
    return attacked


def test_a_checkpoint_removed_or_changed_is_found(marked: Attacked) -> None:
    assert marked.verify().checkpoint == 4
    before = marked.copies()
    for n, says in ((1, "checkpoint 1 is missing"), (3, "checkpoint 3 is missing")):
        marked.does(delete(checkpoints).where(checkpoints.c.n == n))
        assert marked.broken() == says
        marked.rolls_back_to(before)
    second = marked.rows(checkpoints)[1]
    for column, value in (("at", second["at"] + 1), ("heads", "[]"), ("mac", bytes(32))):
        marked.does(update(checkpoints).where(checkpoints.c.n == 2).values({column: value}))
        assert marked.broken().startswith("checkpoint 2 was changed"), column
        marked.rolls_back_to(before)
    marked.does(update(checkpoints).where(checkpoints.c.n == 2).values(key="00000000"))
    assert marked.broken() == "checkpoint 2 cannot be checked: its key 00000000 is no longer in SECRET_KEYS"


def test_the_newest_checkpoint_removed_is_found_with_its_digest_alone(marked: Attacked) -> None:
    head = marked.rows(checkpoints)[3]["mac"].hex()
    marked.does(delete(checkpoints).where(checkpoints.c.n == 4))
    without = marked.verify()
    assert (without.ok, without.checkpoint, without.after) == (True, 3, 2), "and the answer says how far it holds"
    assert marked.broken(head).startswith(f"the checkpoint {head} is not in the ledger")


def test_everything_rolled_back_is_found_with_a_digest_alone(attacked: Attacked) -> None:
    old = attacked.copies()
    attacked.write(10)
    head = attacked.mark()
    attacked.rolls_back_to(old)
    without = attacked.verify()
    assert (without.ok, without.checkpoint) == (True, 1)
    assert "rolled back to an older state" in attacked.broken(head)


def test_everything_rolled_back_is_found_when_the_same_process_writes_on(attacked: Attacked) -> None:
    old = attacked.copies()
    attacked.write(10)
    attacked.rolls_back_to(old)
    attacked.write(2)
    assert "is missing" in attacked.broken()


def test_a_lane_written_twice_is_another_than_the_checkpoint_saw(store_url: str) -> None:
    """A machine put back to an old snapshot, its memory as well, forgets where its segment was and writes it again."""
    attacked = Attacked(store_url)
    store = attacked.opened(OLD, size=1)
    attacked.write(3, store)
    segment = store._segments.take()
    n, mac = segment.n, segment.mac
    store._segments.give(segment)
    attacked.write(2, store)
    attacked.mark()
    attacked.does(delete(ledger).where(ledger.c.n > n))
    segment.n, segment.mac = n, mac
    attacked.write(2, store)
    assert attacked.broken() == f"segment {segment.id}: entry 5 is another than the one that checkpoint 1 saw"
    attacked.mark()
    assert (
        attacked.broken()
        == f"segment {segment.id} went back to entry 5: checkpoint 2 saw less, or another, than one before it"
    )
    store.close()
    attacked.attacker.dispose()
    attacked.store.close()


def test_the_answer_is_of_one_moment(attacked: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    before, segments_of = attacked.verify(), Reading.segments

    def meanwhile(reading: Reading) -> None:
        attacked.write(5)
        attacked.mark()
        segments_of(reading)

    monkeypatch.setattr(Reading, "segments", meanwhile)
    assert attacked.verify() == before
    monkeypatch.undo()
    assert attacked.verify() == replace(before, entries=45, after=0, checkpoint=2, digest=attacked.mark())


def test_a_lane_that_no_new_checkpoint_watches_is_still_held_to_its_last(attacked: Attacked) -> None:
    old_segment = attacked.segment()
    attacked.mark()
    for _ in range(5):
        attacked.now += SEGMENT_LIFE
        attacked.write(2)
        attacked.mark()
    assert old_segment not in attacked.rows(checkpoints)[-1]["heads"]
    assert attacked.verify().after == 0
    attacked.does(delete(ledger).where(ledger.c.segment == old_segment, ledger.c.n == attacked.last(old_segment)))
    assert attacked.broken().startswith(f"segment {old_segment}: entry 20 is missing: checkpoint")


def test_a_rotated_key_still_verifies_until_it_is_gone(attacked: Attacked) -> None:
    segments_before = {row["id"] for row in attacked.rows(segments)}
    both = attacked.opened(NEW, OLD)
    attacked.write(3, both)
    both.checkpoint()
    assert verify(both).ok
    both.engine.dispose()
    gone = attacked.opened(NEW)
    assert "checkpoint 1 cannot be checked" in str(verify(gone).broken)
    attacked.does(delete(checkpoints))
    assert any(f"segment {segment} cannot be checked" in str(verify(gone).broken) for segment in segments_before)
    gone.engine.dispose()
