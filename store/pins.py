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
from sqlalchemy import bindparam, delete, select

from store import tables
from store.keys import Key, Keys
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


@dataclass(frozen=True, slots=True)
class KeptPin:
    """A row of `pins`, or the decoy that stands for a PIN that is not there."""

    person: int
    pepper: str
    salt: bytes
    sealed: bytes


# --- policy


def easy(digits: str, own_numbers: Iterable[str] = ()) -> str | None:
    """Why these digits are too easy, or None. The rules of security.md 1.6 over the whole PIN, and the person's numbers."""
    pairs = list(itertools.pairwise(map(int, digits)))
    half = len(digits) // 2
    if len(set(digits)) <= 2:
        return "it uses only one or two different digits"
    if len({(after - before) % 10 for before, after in pairs}) == 1:
        return "it counts up or down in even steps"
    if re.search(r"(\d)\1\1\1", digits):
        return "it repeats a digit four times"
    if any(digits == digits[:size] * (len(digits) // size) for size in range(1, half + 1) if len(digits) % size == 0):
        return "it repeats itself"
    if digits == digits[::-1]:
        return "it reads the same backwards"
    if len(digits) % 2 == 0 and all(a == b for a, b in zip(digits[::2], digits[1::2], strict=True)):
        return "it is made of doubled digits"
    if _is_date(digits):
        return "it is a date"
    for number in own_numbers:
        plain = re.sub(r"\D", "", number)
        if digits in plain or (len(digits) >= 6 and any(plain[-n:] in digits for n in (6, 7, 8) if len(plain) >= n)):
            return "it is part of a number on file"
    return None


def _is_date(digits: str) -> bool:
    def day_and_month(a: str, b: str) -> bool:
        return (1 <= int(a) <= 31 and 1 <= int(b) <= 12) or (1 <= int(a) <= 12 and 1 <= int(b) <= 31)

    def year(word: str) -> bool:
        return 1900 <= int(word) <= 2030

    if len(digits) == 6:
        return (
            day_and_month(digits[:2], digits[2:4])
            or (1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:]) <= 31)
            or (year(digits[:4]) and 1 <= int(digits[4:]) <= 12)
            or (year(digits[2:]) and 1 <= int(digits[:2]) <= 12)
        )
    if len(digits) == 8:
        return (day_and_month(digits[:2], digits[2:4]) and year(digits[4:])) or (
            year(digits[:4]) and day_and_month(digits[4:6], digits[6:])
        )
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
    row = tx.connection.execute(_FIND, {"person": person}).first()
    return KeptPin(row.person_id, row.pepper, row.salt, row.sealed) if row else None


def put(tx: Transaction, kept: KeptPin) -> None:
    """Stores a PIN in place of any there was."""
    values = {"pepper": kept.pepper, "salt": kept.salt, "sealed": kept.sealed, "issued_at": tx.now}
    row = upsert(tx, tables.pins).values(person_id=kept.person, **values)
    tx.connection.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=values))


def remove(tx: Transaction, person: int) -> None:
    tx.connection.execute(delete(tables.pins).where(tables.pins.c.person_id == person))


_FIND = select(tables.pins).where(tables.pins.c.person_id == bindparam("person"))
