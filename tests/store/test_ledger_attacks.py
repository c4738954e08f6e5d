"""Attacks on the ledger by somebody who may write the database, has kept old copies of its rows, and has no key.

What is found, how, and what cannot be found without a digest kept outside.

T22
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, update

from authz import load_schemes
from store import Keys, open_store
from store.db.ledger_chain import SEGMENT_LIFE, SIGNED
from store.ledger.verify import Verdict, verify
from store.tables import checkpoints, ledger, segments
from tests.store.attacked import NOW, OLD, Attacked, at


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


def test_a_clean_ledger_is_vouched_for(attacked: Attacked) -> None:
    (row,) = attacked.rows(checkpoints)
    assert attacked.verify() == Verdict(None, 40, 10, 1, row["mac"].hex())
    assert attacked.verify(row["mac"].hex().upper() + "\n").ok
    assert attacked.verify().ok, "and looking at it changes nothing"


def test_an_empty_ledger_has_nothing_wrong(store_url: str) -> None:
    store = open_store(store_url, Keys([OLD]), load_schemes())
    assert verify(store) == Verdict(None, 0, 0, None, None)
    assert not verify(store, "00" * 32).ok
    store.close()


@pytest.mark.parametrize("n", [5, 17], ids=["before the checkpoint", "after it, others follow"])
def test_an_entry_removed_from_the_middle_is_a_gap(attacked: Attacked, n: int) -> None:
    segment = attacked.segment()
    attacked.does(delete(ledger).where(ledger.c.segment == segment, ledger.c.n == n))
    assert attacked.broken() == f"segment {segment}: entry {n} is missing"


def test_two_entries_swapped_with_their_macs_are_found(attacked: Attacked) -> None:
    segment = attacked.segment()
    for n, to in ((3, 1000), (4, 3), (1000, 4)):
        attacked.does(update(ledger).where(ledger.c.segment == segment, ledger.c.n == n).values(n=to))
    assert attacked.broken() == f"segment {segment}: entry 3 was changed, or put in another's place"


def test_an_entry_put_into_another_lane_is_found(attacked: Attacked) -> None:
    one, other = (row["id"] for row in attacked.rows(segments))
    attacked.does(update(ledger).where(ledger.c.segment == one, ledger.c.n == 20).values(segment=other, n=21))
    assert attacked.broken() == f"segment {other}: entry 21 was changed, or put in another's place"


def test_a_made_up_entry_is_found(attacked: Attacked) -> None:
    row = attacked.rows()[0]
    attacked.does(insert(ledger).values({**row, "n": attacked.last(row["segment"]) + 1}))
    assert "was changed, or put in another's place" in attacked.broken()


def test_the_newest_entries_of_a_lane_removed_before_the_checkpoint_are_missed_by_it(attacked: Attacked) -> None:
    segment = attacked.segment()
    attacked.does(delete(ledger).where(ledger.c.segment == segment, ledger.c.n >= 15))
    assert attacked.broken() == f"segment {segment}: entry 15 is missing: checkpoint 1 saw 15 entries"


def test_the_newest_entry_removed_after_the_checkpoint_is_found_once_the_lane_writes_again(attacked: Attacked) -> None:
    """By construction not before: nothing that stands in the database or outside knows of it but the writer itself."""
    segment = attacked.segment()
    n = attacked.last(segment)
    attacked.does(delete(ledger).where(ledger.c.segment == segment, ledger.c.n == n))
    assert attacked.verify() == replace(attacked.verify(), broken=None, entries=39, after=9)
    attacked.write(4)
    attacked.mark()
    assert attacked.broken() == f"segment {segment}: entry {n} is missing"


def test_all_entries_of_one_account_removed_are_found(attacked: Attacked) -> None:
    attacked.does(delete(ledger).where(ledger.c.account == 1))
    assert "is missing" in attacked.broken()


@pytest.mark.parametrize("row_as_well", [False, True])
def test_a_whole_lane_removed_is_missed_by_the_checkpoint(attacked: Attacked, row_as_well: bool) -> None:
    segment = attacked.segment()
    attacked.does(delete(ledger).where(ledger.c.segment == segment))
    if row_as_well:
        attacked.does(delete(segments).where(segments.c.id == segment))
    says = "is missing: checkpoint 1 saw 15 entries of it" if row_as_well else "entry 1 is missing: checkpoint 1 saw 15"
    assert says in attacked.broken()


def test_a_lanes_row_removed_is_found(attacked: Attacked) -> None:
    segment = attacked.segment()
    attacked.does(delete(segments).where(segments.c.id == segment))
    assert attacked.broken() == f"segment {segment}: it is not in the list of segments, but has entries, from entry 1"


def test_a_lanes_row_changed_is_found(attacked: Attacked) -> None:
    segment, before = attacked.segment(), attacked.copies()
    attacked.does(update(segments).where(segments.c.id == segment).values(key="00000000"))
    assert "is no longer in SECRET_KEYS" in attacked.broken()
    attacked.rolls_back_to(before)
    # So that the next checkpoints overlook the segment, and its tail could be cut off.
    attacked.does(update(segments).where(segments.c.id == segment).values(opened_at=NOW - 3 * SEGMENT_LIFE))
    assert "its opening time was changed" in attacked.broken()


def test_every_row_flipped_removed_swapped_or_cut_off_at_is_found(sqlite_url: str) -> None:
    """T22 in small: as much as a test has time for. The digest is given, and all entries are older than it."""
    attacked = Attacked(sqlite_url)
    attacked.write(60)
    head, before, rows = attacked.mark(), attacked.copies(), attacked.rows()
    found = 0
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        mine = at(row)
        theirs = {name: other[name] for name in (*SIGNED, "mac")}
        cut = (ledger.c.segment == row["segment"]) & (ledger.c.n >= row["n"])
        for attack in (
            update(ledger).where(mine).values(decision="no_right"),
            delete(ledger).where(mine),
            update(ledger).where(mine).values(theirs),
            delete(ledger).where(cut),
        ):
            attacked.does(attack)
            found += not attacked.verify(head).ok
            attacked.rolls_back_to(before)
    assert found == 4 * 60
    assert attacked.verify(head).ok
    attacked.attacker.dispose()
    attacked.store.close()
