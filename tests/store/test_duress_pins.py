"""The PIN that is keyed under a threat: compared in the same one hash, told from nothing in the database, kept through rotations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2.low_level import hash_secret_raw
from sqlalchemy import select, update

from store import Keys, tables
from store.verification import pins
from store.verification.pins import EasyPinError, KeptPin, Match, Pin
from tests.store.clocked import NEW, OLD, Clocked

DIGITS, DURESS, OTHER = "58203917", "58946017", "40817263"
BOTH, ALONE = Keys([NEW, OLD]), Keys([NEW])


@pytest.fixture
def clocked(store_url: str) -> Iterator[Clocked]:
    clocked = Clocked(store_url)
    yield clocked
    clocked.close()


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The salt of every Argon2 that ran."""
    ran: list[bytes] = []

    def counted(secret: bytes, salt: bytes, *rest: int, **named: object) -> bytes:
        ran.append(salt)
        return hash_secret_raw(secret, salt, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pins, "hash_secret_raw", counted)
    return ran


def kept(keys: Keys, duress: str | None = DURESS, person: int = 17) -> KeptPin:
    return pins.keep(keys, person, Pin(DIGITS), Pin(duress) if duress else None)


# --- compared


def test_each_of_the_two_is_told_from_the_other_and_from_every_other() -> None:
    row = kept(Keys([OLD]))
    assert pins.compare(Keys([OLD]), row, Pin(DIGITS)) is Match.PIN
    assert pins.compare(Keys([OLD]), row, Pin(DURESS)) is Match.DURESS
    for place in range(8):
        digit = str((int(DURESS[place]) + 1) % 10)
        wrong = DURESS[:place] + digit + DURESS[place + 1 :]
        assert pins.compare(Keys([OLD]), row, Pin(wrong)) is Match.NO, (
            "the duress PIN with one digit wrong is a wrong PIN"
        )


def test_who_has_none_is_proved_by_no_other_pin() -> None:
    row = kept(Keys([OLD]), None)
    assert pins.compare(Keys([OLD]), row, Pin(DIGITS)) is Match.PIN
    assert [pins.compare(Keys([OLD]), row, Pin(one)) for one in (DURESS, OTHER, "", "0" * 8)] == [Match.NO] * 4


@pytest.mark.parametrize("duress", [DURESS, None])
@pytest.mark.parametrize("keyed", [DIGITS, DURESS, OTHER])
def test_whatever_was_keyed_one_hash_is_made(hashes: list[bytes], duress: str | None, keyed: str) -> None:
    row = kept(Keys([OLD]), duress)
    for now in (row, KeptPin(row.person, row.pepper, row.salt, row.sealed)):  # and of a row from before there were any
        hashes.clear()
        pins.compare(Keys([OLD]), now, Pin(keyed))
        assert hashes == [row.salt]


def test_no_match_is_false_and_each_match_is_true() -> None:
    """Whoever asks only whether it matched may ask just that."""
    assert [bool(match) for match in (Match.NO, Match.PIN, Match.DURESS)] == [False, True, True]


# --- what a reader of the database sees


def test_the_rows_of_those_with_and_without_one_look_alike() -> None:
    """Also to somebody who has the key of the seal: 48 bytes, never the same ones, no digit in the clear."""
    keys = Keys([OLD])
    opened: list[bytes] = []
    for row in (kept(keys, duress) for duress in [DURESS, None] * 40):
        assert row.duress is not None
        assert len(row.duress) == 4 + 12 + 48 + 16
        inside = keys.open("pin-wrap", row.duress, "pin-v1 17 duress")
        assert inside is not None
        opened.append(inside)
    assert {len(inside) for inside in opened} == {48}
    assert len({inside[:32] for inside in opened}) == len({inside[32:] for inside in opened}) == 80
    assert not [inside for inside in opened if DURESS.encode() in inside or bytes(8) in inside]


def test_the_two_seals_cannot_change_places() -> None:
    """Or whoever may write the database would make the PIN mean a threat, and the other way round."""
    row = kept(Keys([OLD]))
    assert row.duress is not None
    swapped = KeptPin(row.person, row.pepper, row.salt, row.duress, row.sealed)
    assert pins.compare(Keys([OLD]), swapped, Pin(DIGITS)) is Match.NO
    assert pins.compare(Keys([OLD]), swapped, Pin(DURESS)) is Match.NO


def test_one_that_was_copied_from_somebody_else_opens_nothing() -> None:
    mine, theirs = kept(Keys([OLD])), kept(Keys([OLD]), person=18)
    mixed = KeptPin(17, mine.pepper, mine.salt, mine.sealed, theirs.duress)
    assert pins.compare(Keys([OLD]), mixed, Pin(DURESS)) is Match.NO
    assert pins.compare(Keys([OLD]), mixed, Pin(DIGITS)) is Match.PIN


# --- keys come and go


@pytest.mark.parametrize("duress", [DURESS, None])
def test_the_right_pin_carries_the_other_over_to_newer_keys(duress: str | None) -> None:
    before = kept(Keys([OLD]), duress)
    assert not pins.is_fresh(BOTH, before)
    now = pins.anew(BOTH, before, Pin(DIGITS), Match.PIN)
    assert pins.is_fresh(BOTH, now)
    assert pins.compare(ALONE, now, Pin(DIGITS)) is Match.PIN
    assert pins.compare(ALONE, now, Pin(DURESS)) is (Match.DURESS if duress else Match.NO)
    again = pins.anew(Keys([OLD, NEW]), now, Pin(DIGITS), Match.PIN)
    assert pins.compare(Keys([OLD]), again, Pin(DURESS)) is (Match.DURESS if duress else Match.NO)


def test_the_duress_pin_leaves_the_row_as_it_is() -> None:
    before = kept(Keys([OLD]))
    assert pins.anew(BOTH, before, Pin(DURESS), Match.DURESS) is before


def test_to_keep_anew_is_the_same_work_for_all(hashes: list[bytes]) -> None:
    ran = set()
    for duress, keyed, match in (
        (DURESS, DIGITS, Match.PIN),
        (None, DIGITS, Match.PIN),
        (DURESS, DURESS, Match.DURESS),
    ):
        row = kept(Keys([OLD]), duress)
        hashes.clear()
        pins.anew(BOTH, row, Pin(keyed), match)
        ran.add(len(hashes))
    assert ran == {3}


def test_a_row_from_before_there_were_any_is_filled_up() -> None:
    now = kept(BOTH)
    old = KeptPin(now.person, now.pepper, now.salt, now.sealed)
    assert not pins.is_fresh(BOTH, old), "it would show for ever that they have none"
    filled = pins.anew(BOTH, old, Pin(DIGITS), Match.PIN)
    assert filled.duress is not None
    assert pins.is_fresh(BOTH, filled)
    assert pins.compare(BOTH, filled, Pin(DIGITS)) is Match.PIN


def test_resealing_takes_the_old_seal_off_both(clocked: Clocked) -> None:
    people = clocked.add_people(3)
    for person, duress in zip(people, (DURESS, None, DURESS), strict=True):
        clocked.do(pins.put, kept(Keys([OLD]), duress, person))
    clocked.do(pins.put, kept(Keys([OLD]), DURESS, people[2]))
    with clocked.transaction() as tx:  # one from before there were any
        tx.connection.execute(update(tables.pins).where(tables.pins.c.person_id == people[1]).values(duress=None))
    rotated = clocked.opened(BOTH)
    with rotated.transaction("test") as tx:
        assert pins.reseal(tx) == pins.Resealed(3, 0, people[2])
        assert pins.reseal(tx) is None
    newest = BOTH.newest("pin-wrap").id
    rows = clocked.rows(select(tables.pins))
    assert [row.duress is None for row in rows].count(False) == 2
    for row in rows:
        assert row.sealed[:4].hex() == newest
        assert row.duress is None or row.duress[:4].hex() == newest
    found = clocked.pin_of(people[0])
    assert pins.compare(BOTH, found, Pin(DURESS)) is Match.DURESS
    assert pins.compare(BOTH, found, Pin(DIGITS)) is Match.PIN
    assert clocked.pin_of(people[1]).duress is None


def test_a_new_pin_ends_the_other(clocked: Clocked) -> None:
    (person,) = clocked.add_people(1)
    clocked.do(pins.put, kept(Keys([OLD]), DURESS, person))
    clocked.do(pins.put, pins.keep(Keys([OLD]), person, Pin(OTHER)))
    assert pins.compare(Keys([OLD]), clocked.pin_of(person), Pin(DURESS)) is Match.NO


# --- what one may be


@pytest.mark.parametrize(
    ("duress", "why"),
    [
        ("58946", "the duress PIN must have as many digits as the PIN"),
        ("589460171", "the duress PIN must have as many digits as the PIN"),
        ("5894601x", "the duress PIN must have as many digits as the PIN"),
        ("٥٨٢٠٣٩١٧", "the duress PIN must have as many digits as the PIN"),
        (DIGITS, "the duress PIN must differ from the PIN in at least three places"),
        ("58203900", "the duress PIN must differ from the PIN in at least three places"),
        ("85203917", "the duress PIN must differ from the PIN in at least three places"),
        ("12345678", "the duress PIN is easy to guess: it counts up or down in even steps"),
        ("01632960", "the duress PIN is easy to guess: it is part of a number on file"),
    ],
)
def test_one_that_will_not_do_is_refused_and_not_quoted(duress: str, why: str) -> None:
    with pytest.raises(EasyPinError) as refused:
        pins.check_duress(DIGITS, duress, ["+441632960108"])
    assert str(refused.value) == why


def test_three_places_apart_will_do() -> None:
    pins.check_duress(DIGITS, DURESS)
    pins.check_duress(DIGITS, "58203406")


def test_issued_ones_are_as_they_must_be() -> None:
    for digits in (DIGITS, "582039"):
        issued = {pins.issue_duress(Pin(digits)).digits for _ in range(200)}
        assert len(issued) > 190
        for duress in issued:
            pins.check_duress(digits, duress)
