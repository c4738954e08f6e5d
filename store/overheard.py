"""Codes that are said where others hear or read them: known by what they are, however they are said, and good no more.

Every eight digits in what was said are looked up, whatever stands before, between and after them, and so is everything that looks
like the token of a one-time page. Whoever said it, and wherever, is told nothing: they do not learn whether there was such a code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import select, update

from store import codes, pages, tables, work
from store.people import person_of
from store.transaction import Transaction

MOST: Final = 50  # candidates that are looked up of one message; what nobody ever writes by chance
LONGEST: Final = 100_000  # characters that are looked at
NOTICE: Final = "code_overheard"
PAGES: Final = ("enrol", "pin")  # one-time pages of customers
_CONSIDERED: Final = 500  # pieces that are looked at for them; many may be the same
_LONGEST_RUN: Final = 20  # digits without a break in which a code could stand with something typed against it
_HIDDEN: Final = "•"
_NAMES: Final = {"zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4"} | {
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
_ALONE = re.compile(rf"(?<![0-9])[0-9]{{{codes.DIGITS}}}(?![0-9])")
_RUN = re.compile(r"[0-9]+")
_NAMED = re.compile(rf"[0-9]+|(?<![a-z])(?:{'|'.join(_NAMES)})(?![a-z])", re.I)
_TOKEN = re.compile(rf"(?<![\w-])[\w-]{{{pages.CHARACTERS}}}(?![\w-])", re.ASCII)
_FOREIGN = re.compile(r"[^\x00-\x7f]")


class Candidate(NamedTuple):
    """What may be a code: itself, and where it stands in the words, piece by piece."""

    said: str
    at: tuple[tuple[int, int], ...]


def candidates(words: str, most: int = MOST) -> list[Candidate]:
    """What in somebody's words may be a code or a token, the likeliest first, `most` at most. Pure."""
    found: dict[str, Candidate] = {}
    for one in islice(_all(words[:LONGEST]), _CONSIDERED):
        if len(found) >= most:
            break
        found.setdefault(one.said, one)
    return list(found.values())


def spoil(tx: Transaction, words: str, most: int = MOST) -> str:
    """The words without the codes in them that were good until now: they are good no more, and whose they are is told."""
    c, by_digest = tables.codes.c, _by_digest(tx, words, most)
    if not by_digest:
        return words
    good = update(tables.codes).where(c.digest.in_(by_digest), c.used_at.is_(None), c.expires_at > tx.now)
    spoilt = good.values(used_at=tx.now).returning(c.digest, c.kind, c.subject)
    for row in tx.connection.execute(spoilt).all():
        tx.record(row.subject, None, "code", "said_aloud", fields=(f"code:{row.kind}",))
        if row.subject.startswith("person:"):
            told = {"notice": NOTICE, "person": person_of(row.subject)}
            work.enqueue_once(tx, "notice", f"{NOTICE}:{row.digest[:20]}", told)
        words = _without(words, by_digest[row.digest])
    return words


def hidden(tx: Transaction, subject: str, words: str) -> str:
    """Words that nobody but us has read, without the codes of whoever said them; these stay as good as they are. Somebody else's are left
    in: nobody learns so that there is one."""
    c, by_digest = tables.codes.c, _by_digest(tx, words, MOST)
    if not by_digest:
        return words
    own = select(c.digest).where(c.digest.in_(by_digest), c.subject == subject, c.used_at.is_(None))
    for digest in tx.connection.execute(own).scalars().all():
        words = _without(words, by_digest[digest])
    return words


def _by_digest(tx: Transaction, words: str, most: int) -> dict[str, Candidate]:
    return {digest: one for one in candidates(words, most) for digest in _digests(tx, one.said)}


def _digests(tx: Transaction, said: str) -> Iterator[str]:
    if len(said) == codes.DIGITS:
        for kind in codes.KINDS:
            yield from codes.digests(tx, kind, said)
    else:
        for kind in PAGES:
            yield from pages.digests(tx, kind, said)


def _without(words: str, said: Candidate) -> str:
    for start, end in said.at:
        words = words[:start] + _HIDDEN * (end - start) + words[end:]
    return words.replace(said.said, _HIDDEN * len(said.said))  # said twice


def _all(words: str) -> Iterator[Candidate]:
    """In this order: eight digits on their own; tokens; eight digits in pieces, with whatever between them; eight within a longer
    run; eight spelt out."""
    plain = words if words.isascii() else _FOREIGN.sub(_ascii, words)
    yield from (Candidate(found[0], (found.span(),)) for found in _ALONE.finditer(plain))
    yield from (Candidate(found[0], (found.span(),)) for found in _TOKEN.finditer(plain))
    runs = [(found.start(), found.end(), found[0]) for found in islice(_RUN.finditer(plain), _CONSIDERED)]
    yield from _in_pieces(runs)
    for start, _, said in runs:
        if codes.DIGITS < len(said) <= _LONGEST_RUN:
            for n in range(len(said) - codes.DIGITS + 1):
                at = start + n, start + n + codes.DIGITS
                yield Candidate(said[n : n + codes.DIGITS], (at,))
    named = islice(_NAMED.finditer(plain), _CONSIDERED)
    yield from _in_pieces([(one.start(), one.end(), _NAMES.get(one[0].lower(), one[0])) for one in named])


def _in_pieces(runs: list[tuple[int, int, str]]) -> Iterator[Candidate]:
    """Runs that follow each other and have eight digits together."""
    for first in range(len(runs)):
        pieces, count = [], 0
        for piece in islice(runs, first, first + codes.DIGITS):
            pieces.append(piece)
            count += len(piece[2])
            if count >= codes.DIGITS:
                break
        if count == codes.DIGITS and len(pieces) > 1:
            yield Candidate("".join(said for *_, said in pieces), tuple((start, end) for start, end, _ in pieces))


def _ascii(found: re.Match[str]) -> str:
    """A digit of any script, or one that is drawn in another way, as 0 to 9; of the same length."""
    digit = unicodedata.digit(found[0], -1)
    return str(digit) if digit >= 0 else found[0]
