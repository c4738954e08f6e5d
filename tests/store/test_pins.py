"""PINs as they are kept: bound to a person and to keys outside the database, rotated without asking, never shown.

T24, T32
"""

from __future__ import annotations

import copy
import hmac
import json
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select, update

from ivr.types import CheckPin
from store import Keys, tables
from store.db.keys import Key
from store.verification import pins
from store.verification.pins import KeptPin, Match, Pin
from tests.sizes import size
from tests.store.clocked import NEW, OLD, Clocked

DIGITS, OTHER = "58203917", "58203918"


@pytest.fixture
def clocked(store_url: str) -> Iterator[Clocked]:
    clocked = Clocked(store_url)
    yield clocked
    clocked.close()


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that hash thousands of PINs and are not about what a hash costs."""
    monkeypatch.setattr(pins, "MEMORY_KIB", 8)
    monkeypatch.setattr(pins, "PASSES", 1)


# --- hashed, sealed, compared


@pytest.mark.usefixtures("real_hash")
def test_a_pin_is_kept_as_security_says() -> None:
    """The construction of docs/pins.md, made here by hand."""
    keys = Keys([OLD])
    kept = pins.keep(keys, 17, Pin(DIGITS))
    pepper, wrap = keys.newest("pin-pepper"), keys.newest("pin-wrap")
    keyed = hmac.digest(pepper.secret, b"pin-v1\0" + (17).to_bytes(8, "big") + DIGITS.encode(), "sha256")
    hashed = hash_secret_raw(keyed, kept.salt, 2, 19_456, 1, hash_len=32, type=Type.ID)
    opened = AESGCM(wrap.secret).decrypt(kept.sealed[4:16], kept.sealed[16:], b"pin-v1 17")
    assert (kept.person, kept.pepper, len(kept.salt), kept.sealed[:4].hex()) == (17, pepper.id, 16, wrap.id)
    assert opened == hashed
    assert pepper.secret != wrap.secret


def test_the_right_pin_matches_and_no_other() -> None:
    keys = Keys([OLD])
    kept = pins.keep(keys, 17, Pin(DIGITS))
    assert pins.compare(keys, kept, Pin(DIGITS))
    for wrong in (OTHER, DIGITS[:-1], DIGITS + "0", DIGITS[::-1], ""):
        assert not pins.compare(keys, kept, Pin(wrong))
    assert not pins.compare(keys, pins.decoy(keys), Pin(DIGITS))


def test_one_pin_is_kept_differently_each_time(light: None) -> None:
    keys = Keys([OLD])
    kept = [pins.keep(keys, 17, Pin(DIGITS)) for _ in range(50)]
    assert len({k.salt for k in kept}) == len({k.sealed for k in kept}) == 50


def test_a_row_copied_to_somebody_else_opens_nothing(light: None, clocked: Clocked) -> None:
    """T32, on the database itself: everybody's row in everybody else's place, and all of them have the same PIN."""
    people = clocked.add_people(size(100))
    with clocked.transaction() as tx:
        for person in people:
            pins.put(tx, pins.keep(tx.keys, person, Pin(DIGITS)))
    kept = {row.person_id: row for row in clocked.rows(select(tables.pins))}
    tried = 0
    with clocked.transaction() as tx:
        for donor in people:
            stolen = {name: kept[donor]._mapping[name] for name in ("pepper", "salt", "sealed")}
            tx.connection.execute(update(tables.pins).values(**stolen))
            for victim in (person for person in people if person != donor):
                found = pins.find(tx, victim)
                assert found is not None
                assert found.sealed == kept[donor].sealed
                assert not pins.compare(tx.keys, found, Pin(DIGITS))
                tried += 1
            there = pins.find(tx, donor)
            assert there is not None
            assert pins.compare(tx.keys, there, Pin(DIGITS))
    assert tried == len(people) * (len(people) - 1) > 300


def test_both_keys_bind_the_person(light: None) -> None:
    """Whoever has the database and one of the two uses' keys still cannot move a row."""
    keys = Keys([OLD])
    mine = pins.keep(keys, 17, Pin(DIGITS))
    opened = keys.open("pin-wrap", mine.sealed, "pin-v1 17")
    assert opened is not None
    resealed = KeptPin(18, mine.pepper, mine.salt, keys.seal("pin-wrap", opened, "pin-v1 18"))
    assert not pins.compare(keys, resealed, Pin(DIGITS)), "the pepper does not bind the person"
    assert keys.open("pin-wrap", mine.sealed, "pin-v1 18") is None, "the seal does not bind the person"


@pytest.mark.parametrize("place", [0, 3, 4, 15, 16, -1])
def test_a_seal_that_was_touched_opens_nothing(light: None, place: int) -> None:
    keys = Keys([OLD])
    kept = pins.keep(keys, 17, Pin(DIGITS))
    sealed = bytearray(kept.sealed)
    sealed[place] ^= 1
    assert not pins.compare(keys, replace(kept, sealed=bytes(sealed)), Pin(DIGITS))


# --- keys come and go


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The memory of every Argon2 that ran."""
    ran: list[int] = []

    def counted(secret: bytes, salt: bytes, passes: int, memory: int, *rest: int, **named: object) -> bytes:
        ran.append(memory * passes)
        return hash_secret_raw(secret, salt, passes, memory, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pins, "hash_secret_raw", counted)
    return ran


@pytest.mark.usefixtures("real_hash")
def test_an_older_key_still_opens_and_a_removed_one_does_not_by_the_same_work(hashes: list[int]) -> None:
    kept = pins.keep(Keys([OLD]), 17, Pin(DIGITS))
    for secrets, opens in (([OLD], True), ([NEW, OLD], True), ([OLD, NEW], True), ([NEW], False)):
        keys = Keys(secrets)
        for digits in (DIGITS, OTHER):
            hashes.clear()
            assert pins.compare(keys, kept, Pin(digits)) is (Match.PIN if opens and digits == DIGITS else Match.NO)
            assert hashes == [19_456 * 2]


def test_a_pin_is_fresh_under_the_newest_keys_alone() -> None:
    kept = pins.keep(Keys([OLD]), 17, Pin(DIGITS))
    assert pins.is_fresh(Keys([OLD]), kept)
    assert pins.is_fresh(Keys([OLD, NEW]), kept)
    assert not pins.is_fresh(Keys([NEW, OLD]), kept)
    assert not pins.is_fresh(Keys([NEW, OLD]), replace(kept, pepper=Keys([NEW]).newest("pin-pepper").id))


def test_a_renewed_pin_needs_the_newer_key_alone(light: None, clocked: Clocked) -> None:
    (person,) = clocked.add_people(1)
    before = pins.keep(Keys([OLD]), person, Pin(DIGITS))
    clocked.do(pins.put, before)
    clocked.do(pins.renew, before, pins.keep(Keys([NEW, OLD]), person, Pin(DIGITS)))
    assert pins.compare(Keys([NEW]), clocked.pin_of(person), Pin(DIGITS))


def test_renewing_does_not_bring_back_a_pin_that_was_replaced(light: None, clocked: Clocked) -> None:
    (person,) = clocked.add_people(1)
    before = pins.keep(Keys([OLD]), person, Pin(DIGITS))
    clocked.do(pins.put, before)
    clocked.do(pins.put, pins.keep(Keys([OLD]), person, Pin(OTHER)))
    assert not clocked.do(pins.is_still, person, before)
    clocked.do(pins.renew, before, pins.keep(Keys([NEW, OLD]), person, Pin(DIGITS)))
    assert pins.compare(Keys([OLD]), clocked.pin_of(person), Pin(OTHER))


def test_resealing_takes_the_old_seal_off_every_pin(light: None, clocked: Clocked) -> None:
    """In pieces, each its own transaction: what was killed in between is begun again and finds the rest."""
    people = clocked.add_people(11)
    for person in people:
        clocked.do(pins.put, pins.keep(Keys([OLD]), person, Pin(DIGITS)))
    rotated = clocked.opened(Keys([NEW, OLD]))

    def piece(after: int) -> pins.Resealed | None:
        with rotated.transaction("test") as tx:
            return pins.reseal(tx, after, piece=4)

    assert piece(0) == pins.Resealed(4, 0, people[3])
    assert piece(0) == pins.Resealed(4, 0, people[7]), "begun again after a kill"
    assert piece(people[7]) == pins.Resealed(3, 0, people[10])
    assert piece(0) is None
    newest = rotated.keys.newest("pin-wrap").id
    rows = clocked.rows(select(tables.pins))
    assert len(rows) == 11
    for row in rows:
        kept = KeptPin(*row[:5])
        assert kept.sealed[:4].hex() == newest
        assert pins.compare(rotated.keys, kept, Pin(DIGITS))
        assert not pins.compare(Keys([OLD]), kept, Pin(DIGITS)), "the old key alone must not be enough any more"
        assert not pins.compare(Keys([NEW]), kept, Pin(DIGITS)), "the hash inside still has the old pepper"


def test_resealing_counts_what_it_cannot_open_and_leaves_it(light: None, clocked: Clocked) -> None:
    people = clocked.add_people(2)
    for person, secret in zip(people, (b"a key that is lost, of 32 bytes.", OLD), strict=True):
        clocked.do(pins.put, pins.keep(Keys([secret]), person, Pin(DIGITS)))
    before = clocked.do(pins.find, people[0])
    with clocked.opened(Keys([NEW, OLD])).transaction("test") as tx:
        assert pins.reseal(tx) == pins.Resealed(1, 1, people[1])
        assert pins.reseal(tx, people[1]) is None
    assert clocked.do(pins.find, people[0]) == before


def test_a_pin_goes_with_its_person(light: None, clocked: Clocked) -> None:
    (person,) = clocked.add_people(1)
    clocked.do(pins.put, pins.keep(clocked.keys, person, Pin(DIGITS)))
    with clocked.transaction() as tx:
        tx.connection.execute(delete(tables.people).where(tables.people.c.id == person))
    assert clocked.do(pins.find, person) is None


# --- never shown


def test_nothing_that_shows_a_value_shows_a_pin() -> None:
    pin = Pin(DIGITS)
    for shown in (repr(pin), str(pin), f"{pin}", f"{pin!r:>20}", f"{[pin]}", f"{CheckPin(pin)}"):
        assert DIGITS not in shown
        assert "•" in shown
    assert not hasattr(pin, "__dict__")


@pytest.mark.parametrize(
    "leave", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, lambda pin: asdict(CheckPin(pin))]
)
def test_a_pin_does_not_leave_the_process(leave: object) -> None:
    assert callable(leave)
    with pytest.raises(TypeError) as caught:
        leave(Pin(DIGITS))
    assert DIGITS not in str(caught.value)


def test_a_traceback_with_all_its_locals_has_no_pin() -> None:
    """As error collectors take them. The hash is made to fail, in the middle of everything."""

    class Broken(Keys):
        def newest(self, use: str) -> Key:
            raise RuntimeError("the key store is away")

    try:
        pins.keep(Broken([OLD]), 17, Pin(DIGITS))
    except RuntimeError as fault:
        text = "".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format())
    assert "the key store is away" in text
    assert "Pin(••••)" in text, "the locals were not shown, so this test sees nothing"
    shown_here = text.partition("in keep")[2]
    assert shown_here
    assert DIGITS not in shown_here


def test_a_kept_pin_shows_neither_salt_nor_seal() -> None:
    kept = pins.keep(Keys([OLD]), 17, Pin(DIGITS))
    assert repr(kept.sealed)[2:12] not in repr(kept)
    assert "salt" not in repr(kept)
