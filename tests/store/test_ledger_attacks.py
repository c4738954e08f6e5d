"""Attacks on the ledger by somebody who may write the database, has kept old copies of its rows, and has no key.

The table is prototype.md 1's: what is found, how, and what cannot be found without a digest kept outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, delete, insert, select, update

from authz import Proof, load_schemes
from store import Keys, Store, open_store
from store.ledger import LANE_LIFE, SIGNED
from store.tables import checkpoints, lanes, ledger
from store.verify import Verdict, _Reading, verify

NOW = 1_795_000_000_000
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
Copies = dict[Any, list[dict[str, Any]]]


class Attacked:
    """A store that writes, and the attacker's own connection to its database."""

    def __init__(self, url: str) -> None:
        self.url, self.now = url, NOW
        self.store: Store = self.opened(OLD)
        self.attacker: Engine = create_engine(url)

    def opened(self, *secrets: bytes, size: int = 2) -> Store:
        return open_store(self.url, Keys(secrets), load_schemes(), lambda: self.now, size)

    def write(self, n: int, store: Store | None = None) -> None:
        for _ in range(n):
            self.now += 1_000
            with (store or self.store).transaction("phone", f"CA{self.now}") as tx:
                account = self.now // 1_000 % 3 or None
                tx.record("person:1", account, "billing.view", "allowed", ["MT-3"], Proof.VERIFIED, ["invoice.amount"])

    def mark(self) -> str:
        made = self.store.checkpoint()
        assert made is not None
        return made[1]

    def verify(self, head: str | None = None) -> Verdict:
        return verify(self.store, head)

    def broken(self, head: str | None = None) -> str:
        found = self.verify(head).broken
        assert found is not None, "the attack was not found"
        return found

    def does(self, *statements: Any) -> None:
        with self.attacker.begin() as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount, "the attack hit nothing"

    def rows(self, table: Any = ledger) -> list[dict[str, Any]]:
        with self.attacker.begin() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]

    def copies(self) -> Copies:
        return {table: self.rows(table) for table in (ledger, lanes, checkpoints)}

    def rolls_back_to(self, copies: Copies) -> None:
        with self.attacker.begin() as connection:
            for table, rows in copies.items():
                connection.execute(delete(table))
                if rows:
                    connection.execute(insert(table), rows)

    def lane(self) -> str:
        return str(self.rows()[0]["lane"])

    def last(self, lane: str) -> int:
        return max(int(row["n"]) for row in self.rows() if row["lane"] == lane)


def at(row: dict[str, Any]) -> Any:
    return (ledger.c.lane == row["lane"]) & (ledger.c.n == row["n"])


@pytest.fixture
def attacked(store_url: str) -> Iterator[Attacked]:
    """Thirty entries in two lanes, a checkpoint, and ten entries more."""
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


def test_a_change_to_any_column_is_found(attacked: Attacked) -> None:
    before, row = attacked.copies(), attacked.rows()[7]
    for column in SIGNED:
        value = row[column]
        other = value + 1 if isinstance(value, int) else 7 if column == "account" else f"{value}x"
        attacked.does(update(ledger).where(at(row)).values({column: other}))
        assert attacked.broken().startswith(f"lane {row['lane']}: entry {row['n']} was changed"), column
        attacked.rolls_back_to(before)
    for column in ("account", "call"):  # no value and an empty one are not the same
        if row[column] is not None:
            attacked.does(update(ledger).where(at(row)).values({column: None}))
            assert not attacked.verify().ok
            attacked.rolls_back_to(before)
    attacked.does(update(ledger).where(at(row)).values(mac=bytes(32)))
    assert attacked.broken().startswith(f"lane {row['lane']}: entry {row['n']} was changed")


@pytest.mark.parametrize("n", [5, 17], ids=["before the checkpoint", "after it, others follow"])
def test_an_entry_removed_from_the_middle_is_a_gap(attacked: Attacked, n: int) -> None:
    lane = attacked.lane()
    attacked.does(delete(ledger).where(ledger.c.lane == lane, ledger.c.n == n))
    assert attacked.broken() == f"lane {lane}: entry {n} is missing"


def test_two_entries_swapped_with_their_macs_are_found(attacked: Attacked) -> None:
    lane = attacked.lane()
    for n, to in ((3, 1000), (4, 3), (1000, 4)):
        attacked.does(update(ledger).where(ledger.c.lane == lane, ledger.c.n == n).values(n=to))
    assert attacked.broken() == f"lane {lane}: entry 3 was changed, or put in another's place"


def test_an_entry_put_into_another_lane_is_found(attacked: Attacked) -> None:
    one, other = (row["id"] for row in attacked.rows(lanes))
    attacked.does(update(ledger).where(ledger.c.lane == one, ledger.c.n == 20).values(lane=other, n=21))
    assert attacked.broken() == f"lane {other}: entry 21 was changed, or put in another's place"


def test_a_made_up_entry_is_found(attacked: Attacked) -> None:
    row = attacked.rows()[0]
    attacked.does(insert(ledger).values({**row, "n": attacked.last(row["lane"]) + 1}))
    assert "was changed, or put in another's place" in attacked.broken()


def test_the_newest_entries_of_a_lane_removed_before_the_checkpoint_are_missed_by_it(attacked: Attacked) -> None:
    lane = attacked.lane()
    attacked.does(delete(ledger).where(ledger.c.lane == lane, ledger.c.n >= 15))
    assert attacked.broken() == f"lane {lane}: entry 15 is missing: checkpoint 1 saw 15 entries"


def test_the_newest_entry_removed_after_the_checkpoint_is_found_once_the_lane_writes_again(attacked: Attacked) -> None:
    """By construction not before: nothing that stands in the database or outside knows of it but the writer itself."""
    lane = attacked.lane()
    n = attacked.last(lane)
    attacked.does(delete(ledger).where(ledger.c.lane == lane, ledger.c.n == n))
    assert attacked.verify() == replace(attacked.verify(), broken=None, entries=39, after=9)
    attacked.write(4)
    attacked.mark()
    assert attacked.broken() == f"lane {lane}: entry {n} is missing"


def test_all_entries_of_one_account_removed_are_found(attacked: Attacked) -> None:
    attacked.does(delete(ledger).where(ledger.c.account == 1))
    assert "is missing" in attacked.broken()


@pytest.mark.parametrize("row_as_well", [False, True])
def test_a_whole_lane_removed_is_missed_by_the_checkpoint(attacked: Attacked, row_as_well: bool) -> None:
    lane = attacked.lane()
    attacked.does(delete(ledger).where(ledger.c.lane == lane))
    if row_as_well:
        attacked.does(delete(lanes).where(lanes.c.id == lane))
    says = "is missing: checkpoint 1 saw 15 entries of it" if row_as_well else "entry 1 is missing: checkpoint 1 saw 15"
    assert says in attacked.broken()


def test_a_lanes_row_removed_is_found(attacked: Attacked) -> None:
    lane = attacked.lane()
    attacked.does(delete(lanes).where(lanes.c.id == lane))
    assert attacked.broken() == f"lane {lane}: it is not in the list of lanes, but has entries, from entry 1"


def test_a_lanes_row_changed_is_found(attacked: Attacked) -> None:
    lane, before = attacked.lane(), attacked.copies()
    attacked.does(update(lanes).where(lanes.c.id == lane).values(key="00000000"))
    assert "is no longer in SECRET_KEYS" in attacked.broken()
    attacked.rolls_back_to(before)
    # So that the next checkpoints overlook the lane, and its tail could be cut off.
    attacked.does(update(lanes).where(lanes.c.id == lane).values(opened_at=NOW - 3 * LANE_LIFE))
    assert "its opening time was changed" in attacked.broken()


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
    """A machine put back to an old snapshot, its memory as well, forgets where its lane was and writes it again."""
    attacked = Attacked(store_url)
    store = attacked.opened(OLD, size=1)
    attacked.write(3, store)
    lane = store._lanes.take()
    n, mac = lane.n, lane.mac
    store._lanes.give(lane)
    attacked.write(2, store)
    attacked.mark()
    attacked.does(delete(ledger).where(ledger.c.n > n))
    lane.n, lane.mac = n, mac
    attacked.write(2, store)
    assert attacked.broken() == f"lane {lane.id}: entry 5 is another than the one that checkpoint 1 saw"
    attacked.mark()
    assert (
        attacked.broken()
        == f"lane {lane.id} went back to entry 5: checkpoint 2 saw less, or another, than one before it"
    )
    store.close()
    attacked.attacker.dispose()
    attacked.store.close()


def test_the_answer_is_of_one_moment(attacked: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    before, lanes_of = attacked.verify(), _Reading.lanes

    def meanwhile(reading: _Reading) -> None:
        attacked.write(5)
        attacked.mark()
        lanes_of(reading)

    monkeypatch.setattr(_Reading, "lanes", meanwhile)
    assert attacked.verify() == before
    monkeypatch.undo()
    assert attacked.verify() == replace(before, entries=45, after=0, checkpoint=2, digest=attacked.mark())


def test_a_lane_that_no_new_checkpoint_watches_is_still_held_to_its_last(attacked: Attacked) -> None:
    old_lane = attacked.lane()
    attacked.mark()
    for _ in range(5):
        attacked.now += LANE_LIFE
        attacked.write(2)
        attacked.mark()
    assert old_lane not in attacked.rows(checkpoints)[-1]["heads"]
    assert attacked.verify().after == 0
    attacked.does(delete(ledger).where(ledger.c.lane == old_lane, ledger.c.n == attacked.last(old_lane)))
    assert attacked.broken().startswith(f"lane {old_lane}: entry 20 is missing: checkpoint")


def test_a_rotated_key_still_verifies_until_it_is_gone(attacked: Attacked) -> None:
    lanes_before = {row["id"] for row in attacked.rows(lanes)}
    both = attacked.opened(NEW, OLD)
    attacked.write(3, both)
    both.checkpoint()
    assert verify(both).ok
    both.engine.dispose()
    gone = attacked.opened(NEW)
    assert "checkpoint 1 cannot be checked" in str(verify(gone).broken)
    attacked.does(delete(checkpoints))
    assert any(f"lane {lane} cannot be checked" in str(verify(gone).broken) for lane in lanes_before)
    gone.engine.dispose()


def test_every_row_flipped_removed_swapped_or_cut_off_at_is_found(sqlite_url: str) -> None:
    """T22 in small: as much as a test has time for. The digest is given, and all entries are older than it."""
    attacked = Attacked(sqlite_url)
    attacked.write(60)
    head, before, rows = attacked.mark(), attacked.copies(), attacked.rows()
    found = 0
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        mine = at(row)
        theirs = {name: other[name] for name in (*SIGNED, "mac")}
        cut = (ledger.c.lane == row["lane"]) & (ledger.c.n >= row["n"])
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


@pytest.mark.parametrize("value", ["x'ff'", "CAST(x'ff' AS TEXT)", "1.5", "''", "'9'"])
def test_a_value_of_another_kind_is_found_and_not_stumbled_over(sqlite_url: str, value: str) -> None:
    """SQLite keeps whatever it is given, bytes that are no text included."""
    attacked = Attacked(sqlite_url)
    attacked.write(3)
    before = attacked.copies()
    for column in ("at", "who", "account", "mac"):
        with attacked.attacker.begin() as connection:
            connection.exec_driver_sql(f"UPDATE ledger SET {column} = {value} WHERE n = 1")
        assert attacked.broken().startswith("lane "), column
        attacked.rolls_back_to(before)
    attacked.attacker.dispose()
    attacked.store.close()
