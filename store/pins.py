"""What a PIN is and how it is kept: issued or chosen, refused when easy, hashed, sealed, compared. security.md 1.6 and 5.

A PIN is kept as AES-GCM(Argon2id(HMAC(pepper, person, PIN))): the pepper is what makes a stolen database worthless, the
seal is what can be rotated without asking anyone for a new PIN. Both keys are bound to the person, so a row copied to
somebody else opens nothing. `Pin` values hide themselves from logs, traces and exceptions.
"""

from __future__ import annotations

import hmac
import itertools
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, final

from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import bindparam, func, select, update

from store import tables
from store.keys import Key, Keys
from store.prepared import Prepared
from store.transaction import Transaction, upsert

ISSUED_DIGITS: Final = 8
CHOSEN_DIGITS: Final = range(6, 11)
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1  # OWASP's minimum, and what ASVS allows: security.md 5, the line marked chosen


class EasyPin(ValueError):
    """The PIN is not one the policy allows; the message says why and never quotes it."""


@final
class Pin:
    """The digits somebody keyed or is being given. `Pin.digits` is read by this module and shown once by the shell."""

    __slots__ = ("digits",)

    def __init__(self, digits: str) -> None:
        self.digits = digits

    def __repr__(self) -> str:
        return "Pin(••••)"

    def __reduce__(self) -> str:
        raise TypeError("a PIN does not leave the process")


@dataclass(frozen=True, slots=True, repr=False)
class KeptPin:
    """A row of `pins`, or the decoy that stands for a PIN that is not there. Like the PIN, it is not for logs."""

    person: int
    pepper: str
    salt: bytes
    sealed: bytes


# --- policy

_MONTHS: Final = {f"{month:02}": days for month, days in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1)}
_MONTH_DAY: Final = frozenset(f"{month}{day:02}" for month, days in _MONTHS.items() for day in range(1, days + 1))
_DAY_MONTH: Final = frozenset(word[2:] + word[:2] for word in _MONTH_DAY)
_EITHER: Final = _MONTH_DAY | _DAY_MONTH
_YEARS: Final = frozenset(map(str, range(1900, 2031)))
_SEQUENCES: Final = frozenset(
    "".join(str((first + place * step) % 10) for place in range(length))
    for length, first, step in itertools.product(range(6, 11), range(10), range(10))
)
_FOUR_ALIKE: Final = re.compile(r"(\d)\1\1\1")
_REPEATED: Final = re.compile(r"(\d+)\1+")
_DOUBLED: Final = re.compile(r"(?:(\d)\1)+")
OWN_RUN: Final = 6  # so many digits in a row out of a number on file are too many


def easy(digits: str, own_numbers: Iterable[str] = ()) -> str | None:
    """Why these digits are too easy, or None. The rules of security.md 1.6 over the whole PIN, and the person's numbers.

    For six digits the rules refuse 92,044 of a million, a tenth: where a list begins to help (docs/pins.md).
    """
    if len(set(digits)) <= 2:
        return "it uses only one or two different digits"
    if _is_date(digits):
        return "it is a date"
    if digits in _SEQUENCES:
        return "it counts up or down in even steps"
    if _FOUR_ALIKE.search(digits):
        return "it repeats a digit four times"
    if _REPEATED.fullmatch(digits):
        return "it repeats itself"
    if digits == digits[::-1]:
        return "it reads the same backwards"
    if _DOUBLED.fullmatch(digits):
        return "it is made of doubled digits"
    for number in own_numbers:
        plain = re.sub("[^0-9]", "", number)
        if any(digits[at : at + OWN_RUN] in plain for at in range(len(digits) - OWN_RUN + 1)):
            return "it is part of a number on file"
    return None


def _is_date(digits: str) -> bool:
    """Of six digits: day, month and year in any usual order, or a year and a month. Of eight: with the year in full."""
    if len(digits) == 6:
        year_month = digits[:4] in _YEARS and digits[4:] in _MONTHS
        month_year = digits[2:] in _YEARS and digits[:2] in _MONTHS
        return digits[:4] in _EITHER or digits[2:] in _MONTH_DAY or year_month or month_year
    if len(digits) == 8:
        return (digits[:4] in _EITHER and digits[4:] in _YEARS) or (digits[:4] in _YEARS and digits[4:] in _EITHER)
    return False


def check_policy(digits: str, *, choice: bool, own_numbers: Iterable[str] = ()) -> None:
    """Raises `EasyPin`, with what is wrong, unless the policy allows these digits. `choice` is the setting PIN_CHOICE."""
    lengths = CHOSEN_DIGITS if choice else range(ISSUED_DIGITS, ISSUED_DIGITS + 1)
    if not re.fullmatch("[0-9]+", digits) or len(digits) not in lengths:
        raise EasyPin("a PIN has 6 to 10 digits" if choice else "a PIN has 8 digits")
    if reason := easy(digits, own_numbers):
        raise EasyPin(f"this PIN is easy to guess: {reason}")


def issue(own_numbers: Iterable[str] = ()) -> Pin:
    """A new PIN of 8 digits from the system's generator."""
    numbers = tuple(own_numbers)
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(ISSUED_DIGITS))
        if easy(digits, numbers) is None:
            return Pin(digits)


# --- hashing


def _hash(key: Key, person: int, pin: Pin, salt: bytes) -> bytes:
    message = b"pin-v1\0" + person.to_bytes(8, "big") + pin.digits.encode()
    return hash_secret_raw(
        hmac.digest(key.secret, message, "sha256"), salt, PASSES, MEMORY_KIB, LANES, hash_len=32, type=Type.ID
    )


def keep(keys: Keys, person: int, pin: Pin) -> KeptPin:
    """Hashes and seals a PIN for one person. Takes some 20 ms and 19 MiB."""
    pepper, salt = keys.newest("pin-pepper"), os.urandom(16)
    return KeptPin(person, pepper.id, salt, keys.seal("pin-wrap", _hash(pepper, person, pin, salt), f"pin-v1 {person}"))


def is_fresh(keys: Keys, kept: KeptPin) -> bool:
    """Whether the newest keys made it. If not, the next right PIN is kept anew: the digits are there only then."""
    return kept.pepper == keys.newest("pin-pepper").id and kept.sealed[:4].hex() == keys.newest("pin-wrap").id


def decoy(keys: Keys) -> KeptPin:
    """A PIN nobody has: compared when there is none, so that the same work is done. Person 0 does not exist."""
    return keep(keys, 0, Pin(secrets.token_hex(16)))


def compare(keys: Keys, kept: KeptPin, pin: Pin) -> bool:
    """Whether this is the PIN. Always one Argon2 and one comparison in constant time, also when a key is gone."""
    pepper = keys.find("pin-pepper", kept.pepper)
    made = _hash(pepper or keys.newest("pin-pepper"), kept.person, pin, kept.salt)
    opened = keys.open("pin-wrap", kept.sealed, f"pin-v1 {kept.person}")
    same = hmac.compare_digest(made, opened or bytes(32))
    return same and pepper is not None and opened is not None


# --- keeping


def find(tx: Transaction, person: int) -> KeptPin | None:
    row = _FIND.first(tx, person=person)
    return KeptPin(row.person_id, row.pepper, row.salt, row.sealed) if row else None


def put(tx: Transaction, kept: KeptPin) -> None:
    """Stores a PIN in place of any there was."""
    values = {"pepper": kept.pepper, "salt": kept.salt, "sealed": kept.sealed, "issued_at": tx.now}
    row = upsert(tx, tables.pins).values(person_id=kept.person, **values)
    tx.connection.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=values))


def is_still(tx: Transaction, person: int, kept: KeptPin) -> bool:
    """Whether this is the person's PIN at this moment; it stays so until the transaction has ended."""
    row = _HOLD.first(tx, person=person)
    return row is not None and row.sealed == kept.sealed


def renew(tx: Transaction, before: KeptPin, now: KeptPin) -> None:
    """The same PIN kept under newer keys, unless it has been replaced meanwhile."""
    same = update(tables.pins).where(_p.person_id == before.person, _p.sealed == before.sealed)
    tx.connection.execute(same.values(pepper=now.pepper, salt=now.salt, sealed=now.sealed))


@dataclass(frozen=True, slots=True)
class Resealed:
    """A piece of `reseal`: how many were sealed anew, how many cannot be opened, and whose was the last one seen."""

    anew: int
    lost: int
    last: int


def reseal(tx: Transaction, after: int = 0, piece: int = 500) -> Resealed | None:
    """Seals PINs of persons beyond `after` under the newest key, whatever sealed them before; None when all are.

    The hash inside stays as it is, so nobody is asked for anything. May be killed and begun again at any time.
    """
    newest = tx.keys.newest("pin-wrap").id
    older = select(tables.pins).where(_p.person_id > after, func.substr(_p.sealed, 1, 4) != bytes.fromhex(newest))
    rows = tx.connection.execute(older.order_by(_p.person_id).limit(piece)).all()
    anew = []
    for row in rows:
        bound = f"pin-v1 {row.person_id}"
        if (opened := tx.keys.open("pin-wrap", row.sealed, bound)) is not None:
            sealed = tx.keys.seal("pin-wrap", opened, bound)
            anew.append({"of_person": row.person_id, "before": row.sealed, "now": sealed})
    if anew:
        tx.connection.execute(_RESEAL, anew)
    return Resealed(len(anew), len(rows) - len(anew), rows[-1].person_id) if rows else None


_p = tables.pins.c
_find = select(tables.pins).where(_p.person_id == bindparam("person"))
_FIND, _HOLD = Prepared(_find), Prepared(_find.with_for_update())
_RESEAL = (
    update(tables.pins)
    .where(_p.person_id == bindparam("of_person"), _p.sealed == bindparam("before"))
    .values(sealed=bindparam("now"))
)
