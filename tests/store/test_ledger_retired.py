"""B2: a key that was retired signs nothing new, and is needed no more: what it made is vouched for by the key after it.

T22, T30
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, insert, text, update

from store import KeyRetiredError, Keys
from store.db.ledger_chain import HOUR, checkpoint_link, first_link, link
from store.ledger.verify import verify
from store.operator.key_retirement import CannotRetireError, retire
from store.tables import checkpoints, ledger, segments
from tests.statements import watched
from tests.store.attacked import KINDS, NEW, OLD, Attacked

NEWER = bytes(range(64, 96))
[OLD_ID], [NEW_ID] = ([key.id for key in Keys([secret]).for_use("ledger")] for secret in (OLD, NEW))


class Rotated(Attacked):
    """Forty entries under the old key; then the new one stood in front, ten more were written, and the old one was retired."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.write(30)
        self.mark()
        self.write(10)
        self.store.close()
        self.store = self.opened(NEW, OLD)
        self.write(10)
        self.mark()
        assert retire(self.store) == [OLD_ID]
        self.write(2)
        self.mark()

    def found(self, *secrets: bytes) -> str | None:
        store = self.opened(*secrets)
        verdict = verify(store)
        store.engine.dispose()
        return verdict.broken

    def old_segment(self) -> str:
        return next(str(row["id"]) for row in self.rows(segments) if row["key"] == OLD_ID)

    def under_the_old_key(self, segment: str, at: int, n: int = 1, before: bytes | None = None) -> None:
        """What somebody can write who has the old key and the database; without `before` a segment as well."""
        key = Keys([OLD]).newest("ledger")
        if before is None:
            before = first_link(key, segment, at)
            self.does(insert(segments).values(id=segment, key=OLD_ID, opened_at=at, mac=before))
        signed = (at, "person:1", 1, "billing.view", "allowed", "", "verified", "phone", None, "")
        mac = link(key, before, segment, n, signed)
        names = ("at", "who", "account", "action", "decision", "rules", "proof", "channel", "call", "fields")
        self.does(
            insert(ledger).values({**dict(zip(names, signed, strict=True)), "segment": segment, "n": n, "mac": mac})
        )


@pytest.fixture
def rotated(store_url: str) -> Iterator[Rotated]:
    rotated = Rotated(store_url)
    yield rotated
    rotated.attacker.dispose()
    rotated.store.close()


def test_b2_the_old_key_can_go_and_older_entries_are_still_checked(rotated: Rotated) -> None:
    assert rotated.found(NEW, OLD) is None
    assert rotated.found(NEW) is None
    head = rotated.rows(checkpoints)[0]["mac"].hex()
    without = rotated.opened(NEW)
    assert verify(without, head).ok, "a digest from before still counts"
    rotated.write(3, without)
    assert without.checkpoint()
    assert without.ledger_troubles() == []
    assert verify(without).ok
    without.engine.dispose()
    row, before = next(row for row in rotated.rows() if row["segment"] == rotated.old_segment()), rotated.copies()
    segment, n = row["segment"], row["n"]
    mine = (ledger.c.segment == segment) & (ledger.c.n == n)
    for attack, says in (
        (update(ledger).where(mine).values(decision="no_right"), f"segment {segment} was changed"),
        (update(ledger).where(mine).values(mac=bytes(32)), f"segment {segment} was changed"),
        (delete(ledger).where(mine), f"segment {segment}: entry {n} is missing"),
        (delete(ledger).where(ledger.c.segment == segment, ledger.c.n > 18), f"segment {segment}: entry 19 is missing"),
        (delete(ledger).where(ledger.c.segment == segment), f"segment {segment}: entry 1 is missing"),
        (
            update(segments).where(segments.c.id == segment).values(key=NEW_ID),
            f"segment {segment}: its key or its opening time was",
        ),
        (
            update(segments).where(segments.c.id == segment).values(opened_at=segments.c.opened_at + HOUR),
            f"segment {segment} was changed",
        ),
        (update(checkpoints).where(checkpoints.c.n == 1).values(heads="[]"), "a checkpoint up to"),
        (update(checkpoints).where(checkpoints.c.n == 1).values(at=7), "a checkpoint up to"),
        (update(checkpoints).where(checkpoints.c.n == 1).values(key="00000000"), "a checkpoint up to"),
        (delete(checkpoints).where(checkpoints.c.n == 1), "checkpoint 1 is missing"),
    ):
        rotated.does(attack)
        assert str(rotated.found(NEW)).startswith(says), says
        rotated.rolls_back_to(before)
    rotated.does(delete(ledger).where(ledger.c.segment == segment), delete(segments).where(segments.c.id == segment))
    assert f"segment {segment} is missing" in str(rotated.found(NEW))


def test_b2_a_value_of_another_kind_is_found_without_the_old_key(sqlite_url: str) -> None:
    """SQLite keeps whatever it is given, also after the last entry that the seal knows."""
    rotated = Rotated(sqlite_url)
    before, segment = rotated.copies(), rotated.old_segment()
    last = max((row for row in rotated.rows() if row["segment"] == segment), key=lambda row: int(row["n"]))
    which = {ledger: f"segment = '{segment}' AND n = 1", segments: f"id = '{segment}'", checkpoints: "n = 1"}
    for table, one in which.items():
        for column in table.c:
            for value in KINDS:
                with rotated.attacker.begin() as connection:
                    connection.exec_driver_sql(f'UPDATE {table} SET "{column.name}" = {value} WHERE {one}')
                assert rotated.found(NEW), (str(column), value)
                rotated.rolls_back_to(before)
    rotated.does(*(insert(ledger).values({**last, "n": last["n"] + n}) for n in (1, 2)))
    with rotated.attacker.begin() as connection:
        for n, at in ((1, "'x'"), (2, 7)):
            connection.exec_driver_sql(
                f"UPDATE ledger SET at = {at} WHERE segment = '{segment}' AND n = {last['n'] + n}"
            )
    assert rotated.found(NEW)
    rotated.attacker.dispose()
    rotated.store.close()


def test_b2_entries_under_a_retired_key_are_broken(rotated: Rotated) -> None:
    """With the old key in SECRET_KEYS or without: it leaked, and somebody has it who has the database as well."""
    before, segment = rotated.copies(), rotated.old_segment()
    mac = max((row for row in rotated.rows() if row["segment"] == segment), key=lambda row: int(row["n"]))["mac"]
    for at in (rotated.now, rotated.now - HOUR // 4):
        rotated.under_the_old_key("f" * 16, at)
        for keys in ((NEW, OLD), (NEW,)):
            assert str(rotated.found(*keys)).startswith(f"segment {'f' * 16} was begun with key {OLD_ID} after"), keys
        rotated.rolls_back_to(before)
    rotated.under_the_old_key(segment, rotated.now, 21, mac)
    for keys in ((NEW, OLD), (NEW,)):
        assert str(rotated.found(*keys)).startswith(f"segment {segment} has 21 entries, and had 20"), keys
    rotated.mark()
    assert [trouble.code for trouble in rotated.store.ledger_troubles()] == ["retired_key"]


def test_b2_a_checkpoint_under_a_retired_key_is_broken_and_an_alarm(rotated: Rotated) -> None:
    rotated.mark()
    key, last = Keys([OLD]).newest("ledger"), rotated.rows(checkpoints)[-1]
    n = last["n"] + 1
    mac = checkpoint_link(key, last["mac"], n, rotated.now, last["heads"])
    row = {"n": n, "at": rotated.now, "key": key.id, "heads": last["heads"], "mac": mac}
    rotated.does(insert(checkpoints).values(row))
    assert rotated.found(NEW, OLD) == f"checkpoint {n} was made with key {OLD_ID} after that had been retired"
    rotated.write(1)
    rotated.mark()
    assert [trouble.code for trouble in rotated.store.ledger_troubles()] == ["forged"]


def test_b2_a_retired_key_retires_nothing(rotated: Rotated) -> None:
    """Whoever had the leaked key and the database could have it retire the one after it: then nobody may write any more."""
    key, last = Keys([OLD]).newest("ledger"), rotated.rows(checkpoints)[-1]
    n, said = last["n"] + 1, json.dumps({"keys": [NEW_ID], "segments": [], "checkpoints": [0, ""]})
    mac = checkpoint_link(key, last["mac"], n, rotated.now, last["heads"], None, said)
    row = {"n": n, "at": rotated.now, "key": key.id, "heads": last["heads"], "mac": mac, "retires": said}
    rotated.does(insert(checkpoints).values(row))
    started = rotated.opened(NEW, OLD)
    for store in (rotated.store, started):
        rotated.write(1, store)
        assert store.retired_keys() == {OLD_ID}
        rotated.write(1, store)
        assert store.can_write()
    rotated.mark()
    assert [trouble.code for trouble in rotated.store.ledger_troubles()] == ["forged"]
    started.engine.dispose()


def test_b2_what_was_retired_cannot_be_made_to_count_again(rotated: Rotated) -> None:
    """Nor can somebody without the new key retire it."""
    before = rotated.copies()
    (seal,) = (row for row in rotated.rows(checkpoints) if row["retires"] is not None)
    rotated.does(update(checkpoints).where(checkpoints.c.n == seal["n"]).values(retires=None))
    assert str(rotated.found(NEW)).startswith(f"checkpoint {seal['n']} was changed")
    rotated.rolls_back_to(before)
    said = json.dumps({**json.loads(seal["retires"]), "keys": [NEW_ID]})
    rotated.does(insert(checkpoints).values({**seal, "n": seal["n"] + 50, "retires": said}))
    rotated.write(1)
    rotated.mark()
    assert rotated.store.retired_keys() == {OLD_ID}
    assert [trouble.code for trouble in rotated.store.ledger_troubles()] == ["forged"]
    rotated.rolls_back_to(before)
    rotated.does(update(checkpoints).where(checkpoints.c.n == seal["n"]).values(retires="nonsense"))
    assert rotated.found(NEW) == "a checkpoint that retires keys was changed"


def test_b2_a_second_rotation_vouches_for_the_first(rotated: Rotated) -> None:
    rotated.store.close()
    rotated.store = rotated.opened(NEWER, NEW)
    rotated.write(3)
    assert retire(rotated.store) == [NEW_ID]
    assert retire(rotated.store) == [], "once is enough"
    assert rotated.found(NEWER) is None
    before = rotated.copies()
    segments_of = {str(row["segment"]) for row in rotated.rows()}
    assert len(segments_of) > 1
    for segment in segments_of:
        row = next(row for row in rotated.rows() if row["segment"] == segment)
        rotated.does(update(ledger).where(ledger.c.segment == segment, ledger.c.n == row["n"]).values(who="person:2"))
        assert f"segment {segment}" in str(rotated.found(NEWER))
        rotated.rolls_back_to(before)


def test_b2_a_lane_that_was_opened_and_never_written_is_retired_with_the_others(store_url: str) -> None:
    attacked = Attacked(store_url)
    attacked.write(3)
    idle = attacked.opened(OLD)
    idle._segments.give(idle._segments.take())
    new = attacked.opened(NEW, OLD)
    assert retire(new) == [OLD_ID]
    assert verify(new).broken is None
    for store in (idle, new):
        store.engine.dispose()
    attacked.attacker.dispose()
    attacked.store.engine.dispose()


def test_b2_it_is_not_done_while_somebody_writes_with_it_or_over_something_broken(store_url: str) -> None:
    attacked = Attacked(store_url)
    attacked.write(6)
    new = attacked.opened(NEW, OLD)
    attacked.write(2, new)
    seal_and_write = new.retire

    def meanwhile(seal: object) -> None:
        attacked.write(1)
        seal_and_write(seal)  # type: ignore[arg-type]

    new.retire = meanwhile  # type: ignore[method-assign]
    with pytest.raises(CannotRetireError, match="restart every process"):
        retire(new)
    new.retire = seal_and_write  # type: ignore[method-assign]
    old = attacked.opened(OLD, NEW)
    assert retire(new) == [OLD_ID]
    with pytest.raises(CannotRetireError, match="was retired, and nothing is written"):
        retire(old)
    attacked.does(update(ledger).where(ledger.c.n == 1).values(who="person:2"))
    newer = attacked.opened(NEWER, NEW)
    with pytest.raises(CannotRetireError, match="the ledger is broken"):
        retire(newer)
    for store in (new, old, newer):
        store.engine.dispose()
    attacked.attacker.dispose()
    attacked.store.engine.dispose()


def test_b2_a_key_is_called_retired_only_where_the_database_says_so(postgres_url: str) -> None:
    """The operator takes it out then. Another process makes a checkpoint at the same moment; or the row is not kept."""
    attacked = Attacked(postgres_url)
    attacked.write(3)
    new, other = attacked.opened(NEW, OLD), attacked.opened(NEW, OLD)
    attacked.write(1, new)

    def meanwhile(statement: str) -> None:
        if statement.startswith("INSERT INTO ledger_checkpoints"):
            other.checkpoint()

    with watched(new.engine, meanwhile), pytest.raises(CannotRetireError, match="try again"):
        retire(new)
    attacked.does(
        text("CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"),
        text("CREATE TRIGGER lose BEFORE INSERT ON ledger_checkpoints FOR EACH ROW EXECUTE FUNCTION lose()"),
    )
    with pytest.raises(CannotRetireError, match="does not keep checkpoint"):
        retire(new)
    assert new.retired_keys() == set()
    assert not any(row["action"] == "ledger.key" for row in attacked.rows()), "nor is it in the ledger"
    attacked.does(text("DROP TRIGGER lose ON ledger_checkpoints"))
    assert retire(new) == [OLD_ID]
    assert new.retired_keys() == {OLD_ID}
    for store in (new, other, attacked.store):
        store.engine.dispose()
    attacked.attacker.dispose()


def test_b2_nothing_is_written_under_a_retired_key(rotated: Rotated) -> None:
    """An .env that was restored, or a shell that was forgotten: no segment, no entry, no checkpoint, and an alarm says why."""
    rotated.write(1)
    before = rotated.copies()
    old, alone = rotated.opened(OLD, NEW), rotated.opened(OLD)
    assert f"key 1 (in the ledger {OLD_ID}) was retired" in str(old.why_not_write())
    assert "write key 2 of the list in front" in str(old.why_not_write())
    with pytest.raises(KeyRetiredError, match="write key 2 of the list in front"):
        rotated.write(1, old)
    assert not old.can_write()
    old.close()
    assert [trouble.code for trouble in old.ledger_troubles()] == ["retired_key"]
    assert rotated.copies() == before
    assert alone.why_not_write() is None, "without the key that retired it, its seal shows nothing"
    alone.engine.dispose()
    rotated.mark()
    assert rotated.found(NEW, OLD) is None


def test_b2_a_process_that_had_a_lane_stops_writing_when_its_key_is_retired(store_url: str) -> None:
    attacked = Attacked(store_url)
    attacked.store.engine.dispose()
    attacked.store = attacked.opened(OLD, NEW)
    attacked.write(3)
    attacked.mark()
    new = attacked.opened(NEW, OLD)
    assert retire(new) == [OLD_ID]
    before = attacked.copies()
    attacked.mark()
    with pytest.raises(KeyRetiredError):
        attacked.write(1)
    attacked.store.close()
    assert attacked.copies() == before
    assert verify(new).broken is None
    new.close()
    attacked.attacker.dispose()
