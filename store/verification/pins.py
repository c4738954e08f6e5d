"""What a PIN is and how it is kept: issued or chosen, refused when easy, hashed, sealed, compared. docs/pins.md

A PIN is kept as AES-GCM(Argon2id(HMAC(pepper, person, PIN))): the pepper is what makes a stolen database worthless, the
seal is what can be rotated without asking anyone for a new PIN. Both keys are bound to the person, so a row copied to
somebody else opens nothing. `Pin` values hide themselves from logs, traces and exceptions.

Beside it stands the PIN somebody keys under a threat (`duress`), of the same pepper and salt, so that one hash is compared
with both; or random bytes, where they have none: nobody can tell which. docs/decisions/0009-a-pin-for-those-under-threat.md
"""

from __future__ import annotations

import hmac
import itertools
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, final

from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import bindparam, func, or_, select, update

from store import tables
from store.db.keys import Key, Keys
from store.db.transaction import Transaction, upsert
from store.verification.revocation import lock_all, revoke

ISSUED_DIGITS: Final = 8
CHOSEN_DIGITS: Final = range(6, 11)
LONGEST: Final = 16  # bytes that a PIN's digits are filled up to
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1  # OWASP's minimum, and what ASVS allows


class EasyPinError(ValueError):
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
    duress: bytes | None = None  # None: kept before there were any


class Match(IntEnum):
    """Which PIN it was that somebody keyed. NO is false."""

    NO = 0
    PIN = 1
    DURESS = 2


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
DURESS_APART: Final = 3  # places
OWN_RUN: Final = 6  # so many digits in a row out of a number on file are too many


def easy(digits: str, own_numbers: Iterable[str] = ()) -> str | None:
    """Why these digits are too easy, or None. The rules over the whole PIN, and the person's numbers.

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
    """Raises `EasyPinError`, with what is wrong, unless the policy allows these digits. `choice` is the setting PIN_CHOICE."""
    lengths = CHOSEN_DIGITS if choice else range(ISSUED_DIGITS, ISSUED_DIGITS + 1)
    if not re.fullmatch("[0-9]+", digits) or len(digits) not in lengths:
        raise EasyPinError("a PIN has 6 to 10 digits" if choice else "a PIN has 8 digits")
    if reason := easy(digits, own_numbers):
        raise EasyPinError(f"this PIN is easy to guess: {reason}")


def check_duress(pin: str, duress: str, own_numbers: Iterable[str] = ()) -> None:
    """Raises `EasyPinError` unless `duress` may be keyed in place of `pin` under a threat: as long, three places apart at least,
    so that nobody keys the one by mistake for the other, and not easy."""
    if not re.fullmatch("[0-9]+", duress) or len(duress) != len(pin):
        raise EasyPinError("the duress PIN must have as many digits as the PIN")
    if sum(one != other for one, other in zip(pin, duress, strict=True)) < DURESS_APART:
        raise EasyPinError("the duress PIN must differ from the PIN in at least three places")
    if reason := easy(duress, own_numbers):
        raise EasyPinError(f"the duress PIN is easy to guess: {reason}")


def issue(own_numbers: Iterable[str] = ()) -> Pin:
    """A new PIN of 8 digits from the system's generator."""
    return _issued(ISSUED_DIGITS, tuple(own_numbers))


def issue_duress(pin: Pin, own_numbers: Iterable[str] = ()) -> Pin:
    """A PIN to key in place of `pin` under a threat, from the system's generator."""
    numbers = tuple(own_numbers)
    while True:
        duress = _issued(len(pin.digits), numbers)
        try:
            check_duress(pin.digits, duress.digits, numbers)
        except EasyPinError:
            continue
        return duress


def _issued(length: int, numbers: tuple[str, ...]) -> Pin:
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(length))
        if easy(digits, numbers) is None:
            return Pin(digits)


# --- hashing


def _hash(key: Key, person: int, pin: Pin, salt: bytes) -> bytes:
    message = b"pin-v1\0" + person.to_bytes(8, "big") + pin.digits.encode()
    return hash_secret_raw(
        hmac.digest(key.secret, message, "sha256"), salt, PASSES, MEMORY_KIB, LANES, hash_len=32, type=Type.ID
    )


def keep(keys: Keys, person: int, pin: Pin, duress: Pin | None = None) -> KeptPin:
    """Hashes and seals a PIN for one person, and the one for a threat. Takes some 20 ms and 19 MiB for each."""
    pepper, salt = keys.newest("pin-pepper"), os.urandom(16)
    made = _hash(pepper, person, pin, salt)
    second = _hash(pepper, person, duress, salt) if duress else os.urandom(32)
    sealed = keys.seal("pin-wrap", made, f"pin-v1 {person}")
    beside = keys.seal("pin-wrap", second + _veiled(made, duress), f"pin-v1 {person} duress")
    return KeptPin(person, pepper.id, salt, sealed, beside)


def is_fresh(keys: Keys, kept: KeptPin) -> bool:
    """Whether the newest keys made all of it. If not, the next right PIN is kept anew: the digits are there only then."""
    seals = {kept.sealed[:4].hex(), (kept.duress or b"")[:4].hex()}
    return kept.pepper == keys.newest("pin-pepper").id and seals == {keys.newest("pin-wrap").id}


def anew(keys: Keys, kept: KeptPin, pin: Pin, match: Match) -> KeptPin:
    """The same PINs under the newest keys, after the PIN was keyed: it opens the digits of the other. After the duress PIN,
    which does not, the row as it is. The same work for all: whoever waits cannot tell."""
    pepper = keys.find("pin-pepper", kept.pepper) or keys.newest("pin-pepper")
    opened = keys.open("pin-wrap", kept.duress or b"", f"pin-v1 {kept.person} duress") or bytes(32 + LONGEST)
    duress = _unveiled(_hash(pepper, kept.person, pin, kept.salt), opened[32:]) if match is Match.PIN else None
    now = keep(keys, kept.person, pin, duress)
    for _ in range(int(duress is None) + int(match is not Match.PIN)):
        _hash(pepper, kept.person, pin, kept.salt)
    return now if match is Match.PIN else kept


def _veiled(made: bytes, duress: Pin | None) -> bytes:
    """Its digits under a pad that only the hash of the PIN gives. A salt is of one keeping, and so is the pad."""
    return _under_pad(made, (duress.digits if duress else "").encode().ljust(LONGEST, b"\0"))


def _unveiled(made: bytes, veiled: bytes) -> Pin | None:
    found = Pin(_under_pad(made, veiled).rstrip(b"\0").decode("ascii", "replace"))
    return found if re.fullmatch("[0-9]+", found.digits) else None


def _under_pad(made: bytes, digits: bytes) -> bytes:
    pad = hmac.digest(made, b"pin-v1 duress digits", "sha256")
    return bytes(one ^ other for one, other in zip(digits, pad, strict=False))


def decoy(keys: Keys) -> KeptPin:
    """A PIN nobody has: compared when there is none, so that the same work is done. Person 0 does not exist."""
    return keep(keys, 0, Pin(secrets.token_hex(16)))


def compare(keys: Keys, kept: KeptPin, pin: Pin) -> Match:
    """Whether this is the PIN, or the one for a threat. Always one Argon2 and two comparisons in constant time, also when a
    key is gone."""
    pepper = keys.find("pin-pepper", kept.pepper)
    made = _hash(pepper or keys.newest("pin-pepper"), kept.person, pin, kept.salt)
    opened = keys.open("pin-wrap", kept.sealed, f"pin-v1 {kept.person}")
    beside = keys.open("pin-wrap", kept.duress or b"", f"pin-v1 {kept.person} duress")
    same = hmac.compare_digest(made, opened or bytes(32))
    threatened = hmac.compare_digest(made, (beside or bytes(32))[:32])
    if pepper is None or opened is None:
        return Match.NO
    return Match.PIN if same else Match.DURESS if threatened else Match.NO


# --- keeping


def find(tx: Transaction, person: int) -> KeptPin | None:
    row = tx.connection.execute(_FIND, {"person": person}).first()
    return KeptPin(row.person_id, row.pepper, row.salt, row.sealed, row.duress) if row else None


def put(tx: Transaction, kept: KeptPin, *, newcomer: bool = False, but: str = "") -> None:
    """Stores a PIN in place of any there was, and of the one for a threat. What they proved or were sent until now ends, `but` the
    session they do it in; a `newcomer` has nothing that could."""
    if not newcomer:
        lock_all(tx, [kept.person])
    values = {**_values(kept), "issued_at": tx.now}
    row = upsert(tx, tables.pins).values(person_id=kept.person, **values)
    tx.connection.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=values))
    if not newcomer:
        revoke(tx, [kept.person], "pin", but=but)


def is_still(tx: Transaction, person: int, kept: KeptPin) -> bool:
    """Whether this is the person's PIN at this moment; it stays so until the transaction has ended."""
    row = tx.connection.execute(_LOCK, {"person": person}).first()
    return row is not None and row.sealed == kept.sealed


def renew(tx: Transaction, before: KeptPin, now: KeptPin) -> None:
    """The same PIN kept under newer keys, unless it has been replaced meanwhile."""
    same = update(tables.pins).where(_p.person_id == before.person, _p.sealed == before.sealed)
    tx.connection.execute(same.values(**_values(now)))


def _values(kept: KeptPin) -> dict[str, object]:
    return {"pepper": kept.pepper, "salt": kept.salt, "sealed": kept.sealed, "duress": kept.duress}


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
    newest = bytes.fromhex(tx.keys.newest("pin-wrap").id)
    stale = or_(func.substr(_p.sealed, 1, 4) != newest, func.substr(_p.duress, 1, 4) != newest)
    older = select(tables.pins).where(_p.person_id > after, stale)
    rows = tx.connection.execute(older.order_by(_p.person_id).limit(piece)).all()
    anew = []
    for row in rows:
        sealed = _resealed(tx.keys, row.sealed, f"pin-v1 {row.person_id}")
        duress = _resealed(tx.keys, row.duress, f"pin-v1 {row.person_id} duress") if row.duress else None
        if sealed is not None and (duress is not None or row.duress is None):
            anew.append({"of_person": row.person_id, "before": row.sealed, "now": sealed, "now_duress": duress})
    if anew:
        tx.connection.execute(_RESEAL, anew)
    return Resealed(len(anew), len(rows) - len(anew), rows[-1].person_id) if rows else None


def _resealed(keys: Keys, sealed: bytes, bound_to: str) -> bytes | None:
    opened = keys.open("pin-wrap", sealed, bound_to)
    return None if opened is None else keys.seal("pin-wrap", opened, bound_to)


_p = tables.pins.c
_find = select(tables.pins).where(_p.person_id == bindparam("person"))
_FIND, _LOCK = _find, _find.with_for_update()
_RESEAL = (
    update(tables.pins)
    .where(_p.person_id == bindparam("of_person"), _p.sealed == bindparam("before"))
    .values(sealed=bindparam("now"), duress=bindparam("now_duress"))
)
