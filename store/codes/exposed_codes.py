"""Codes that are said where others hear or read them: known by what they are, however they are said, and no longer valid.

Every eight digits in what was said are looked up, whatever stands before, between and after them, and so is everything that looks
like the token of a one-time page: the likeliest first, and each way to read them in its turn, so that a long log leaves room for what
stands after it. Whoever said it, and wherever, is told nothing: they do not learn whether there was such a code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Final, NamedTuple

from sqlalchemy import select, update

from authz import Subject
from store import tables
from store.codes import one_time_codes, one_time_links
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.text import pin_redaction

MOST: Final = 50  # candidates that are looked up of one message; what nobody ever writes by chance
LONGEST: Final = 100_000  # characters that are looked at
NOTICE: Final = "code_overheard"
_CONSIDERED: Final = 500  # pieces that are looked at for them; many may be the same
_LONGEST_RUN: Final = 20  # digits without a break in which a code could stand with something typed against it
_WIDEST: Final = 40  # characters over which digits are read as one though more are typed against them
_HIDDEN: Final = "•"
_UNITS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TEENS: Final = (
    *("ten", "eleven", "twelve"),
    *(f"{one}teen" for one in ("thir", "four", "fif", "six", "seven", "eigh", "nine")),
)
_NAMES: Final = (
    {name: str(n) for n, name in enumerate(_UNITS, 1)}
    | {name: str(n) for n, name in enumerate(_TEENS, 10)}
    | {name: str(n) for n, name in enumerate(_TENS, 2)}
    | {"zero": "0", "oh": "0", "nought": "0", "naught": "0", "niner": "9"}
)
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
_ALONE = re.compile(rf"(?<![0-9])[0-9]{{{one_time_codes.DIGITS}}}(?![0-9])")
_HALVES = re.compile(r"(?<![0-9])(?=([0-9]{4}[^0-9A-Za-z]{1,5}[0-9]{4})(?![0-9]))")
_AFTER_ITS_NAME = re.compile(
    rf"(?:link|code|proof|pin)(?=[^0-9]{{0,30}}((?:[0-9][^0-9]{{0,8}}){{{one_time_codes.DIGITS - 1}}}[0-9])(?![0-9]))",
    re.I,
)
_RUN = re.compile(r"[0-9]+")
_COUNTED = re.compile(
    r"^[ \t>*•-]*\(?[0-9]{1,2}(?:[.):](?=\s)|[ \t]{1,9}(?=[0-9])|[ \t]{0,9}[=|-][ \t]{0,9}(?=[0-9]))"
    r"|\(?[0-9]{1,2} ?(?:/|of) ?[0-9]{1,2}\)?|(?<![0-9])[0-9]{1,2}(?:st|nd|rd|th| ?[:=] ?(?=[0-9]))",
    re.M,
)
_NAMED = re.compile(
    rf"(?:(?<![a-z])({'|'.join(_TIMES)})[^0-9a-z]{{1,3}})?"
    rf"(?:([0-9]+)|(?<![a-z])(?:({'|'.join(_TENS)})(?:[^0-9a-z]{{1,3}}({'|'.join(_UNITS)})(?![a-z]))?"
    rf"|({'|'.join(sorted(set(_NAMES) - set(_TENS)))}))(?![a-z]))",
    re.I,
)
# A mention, a channel, a date; a character by its number; an emoji whose name has digits; the letter that is taken for a nought.
_DRAWN = re.compile(
    r"<[@#!][^<>|]{1,200}|&(?:amp;)?#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))(;?)"
    r"|:(?=[a-z_+'-]{0,40}[0-9])[a-z0-9_+'-]{1,60}:|(?<![a-z])o+(?![a-z])",
    re.I,
)
_TOKEN = re.compile(rf"[\w-]{{{one_time_links.CHARACTERS},}}", re.ASCII)
_EDGE = re.compile(r"[_-]")
_BROKEN = re.compile(r"(?<![\w-])(?=([\w-]{1,42})=?[ \t]*\r?\n(?:&gt;|[>\s])*([\w-]{1,42})(?![\w-]))", re.ASCII)
_QUOTED = re.compile(r"%([0-7][0-9a-f])", re.I)
_FOREIGN = re.compile(r"[^\x00-\x7f]")

_Run = tuple[int, int, str]  # digits that stand together: from, to, and which


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
    """The words as they may be kept and shown: without the codes in them that were good until now, which are no longer valid, and the
    person whose they are is told; and without what they call a PIN. All that anybody writes or says to us goes through this or `hidden`."""
    return spoil_each(tx, ((words, most),))[0]


def spoil_each(tx: Transaction, texts: Sequence[tuple[str, int]]) -> list[str]:
    """The same for texts that are shown together, each with how many candidates in it are looked up: a code that stands in several of them is
    taken out of each."""
    c, made = tables.codes.c, [words for words, _ in texts]
    by_digest = [_by_digest(tx, words, most) for words, most in texts]
    if any(by_digest):
        good = update(tables.codes).where(
            c.digest.in_(set().union(*by_digest)), c.used_at.is_(None), c.expires_at > tx.now
        )
        spoilt = good.values(used_at=tx.now).returning(c.digest, c.kind, c.subject)
        for row in tx.connection.execute(spoilt).all():
            tx.record(row.subject, None, "code", "said_aloud", fields=(f"code:{row.kind}",))
            if row.subject.is_person:
                told = {"notice": NOTICE, "person": row.subject.person}
                job_queue.enqueue_once(tx, "notice", f"{NOTICE}:{row.digest[:20]}", told)
            made = [
                _without(words, found[row.digest]) if row.digest in found else words
                for words, found in zip(made, by_digest, strict=True)
            ]
    return [pin_redaction.left_out(words) for words in made]


def has_candidates(texts: Sequence[str]) -> bool:
    """Whether anything in them may be a code. Pure."""
    return any(candidates(words, 1) for words in texts)


def masked(texts: Sequence[str]) -> list[str]:
    """Texts without all that may be a code, where nothing is to be looked up; and without what they call a PIN. Pure."""
    made = []
    for words in texts:
        shown = words
        for one in candidates(words):
            shown = _without(shown, one)
        made.append(pin_redaction.left_out(shown))
    return made


def hidden(tx: Transaction, subject: Subject, words: str) -> str:
    """Words that nobody but us has read, without the codes of whoever said them; these stay as good as they are; and without what
    they call a PIN. Somebody else's codes are left in: nobody learns so that there is one."""
    c, by_digest = tables.codes.c, _by_digest(tx, words, MOST)
    if not by_digest:
        return pin_redaction.left_out(words)
    own = select(c.digest).where(c.digest.in_(by_digest), c.subject == subject, c.used_at.is_(None))
    for digest in tx.connection.execute(own).scalars().all():
        words = _without(words, by_digest[digest])
    return pin_redaction.left_out(words)


def _by_digest(tx: Transaction, words: str, most: int) -> dict[str, Candidate]:
    return {digest: one for one in candidates(words, most) for digest in _digests(tx, one.said)}


def _digests(tx: Transaction, said: str) -> Iterator[str]:
    if len(said) == one_time_codes.DIGITS:
        for kind in one_time_codes.KINDS:
            yield from one_time_codes.digests(tx, kind, said)
    else:
        for kind in one_time_links.KINDS:
            yield from one_time_links.digests(tx, kind, said)


def _without(words: str, said: Candidate) -> str:
    for start, end in said.at:
        words = words[:start] + _HIDDEN * (end - start) + words[end:]
    return words.replace(said.said, _HIDDEN * len(said.said))  # said twice


def _all(words: str) -> Iterator[Candidate]:
    """In this order: what stands after its name; eight digits on their own, four and four, and tokens; then digits in pieces, with whatever
    between them, within a longer run, counted, and spelt out."""
    plain = words if words.isascii() else _FOREIGN.sub(_ascii, words)
    readings = [_unquoted(_unquoted(plain)), plain] if "%" in plain else [plain]
    drawn = _DRAWN.sub(_as_drawn, plain, count=_CONSIDERED)
    readings += [drawn] if drawn != plain else []
    yield from _in_turn(_after_its_name(one) for one in readings)
    yield from _in_turn(
        chain.from_iterable((_whole(one), _halves(one), _tokens(one), _broken(one)) for one in readings)
    )
    yield from _in_turn(chain.from_iterable(_pieces(one) for one in readings))


def _in_turn(ways: Iterable[Iterator[Candidate]]) -> Iterator[Candidate]:
    """One of each: many of one kind leave room for the others."""
    for each in zip_longest(*ways):
        yield from (one for one in each if one is not None)


def _whole(plain: str) -> Iterator[Candidate]:
    return (Candidate(found[0], (found.span(),)) for found in _ALONE.finditer(plain))


def _halves(plain: str) -> Iterator[Candidate]:
    return (_joined(plain, *found.span(1)) for found in _HALVES.finditer(plain))


def _after_its_name(plain: str) -> Iterator[Candidate]:
    return (_joined(plain, *found.span(1)) for found in _AFTER_ITS_NAME.finditer(plain))


def _joined(plain: str, start: int, end: int) -> Candidate:
    found = [*_RUN.finditer(plain, start, end)]
    return Candidate("".join(one[0] for one in found), tuple(one.span() for one in found))


def _tokens(plain: str) -> Iterator[Candidate]:
    """Also with something of its own letters against it: from where it begins, to where it ends, and at each mark between."""
    for found in _TOKEN.finditer(plain):
        run, start = found[0], found.start()
        last = len(run) - one_time_links.CHARACTERS
        marks = (mark.start() for mark in _EDGE.finditer(run)) if last else ()
        for at in chain((0, last), chain.from_iterable((mark + 1, mark - one_time_links.CHARACTERS) for mark in marks)):
            if 0 <= at <= last:
                end = at + one_time_links.CHARACTERS
                yield Candidate(run[at:end], ((start + at, start + end),))


def _broken(plain: str) -> Iterator[Candidate]:
    """A token over the end of a line."""
    for found in islice(_BROKEN.finditer(plain), 4 * _CONSIDERED):
        if len(both := found[1] + found[2]) == one_time_links.CHARACTERS:
            yield Candidate(both, (found.span(1), found.span(2)))


def _pieces(plain: str) -> tuple[Iterator[Candidate], ...]:
    runs, counted = _runs(plain), _runs(_COUNTED.sub(lambda found: " " * len(found[0]), plain, count=2 * _CONSIDERED))
    named = islice(_NAMED.finditer(plain), _CONSIDERED)
    return (
        _in_pieces(runs),
        _within(runs),
        _across(runs),
        _in_pieces(counted),
        _in_pieces([one for one in runs if len(one[2]) > 1]),
        _in_pieces([(one.start(), one.end(), _number(one)) for one in named]),
    )


def _runs(plain: str) -> list[_Run]:
    return [(found.start(), found.end(), found[0]) for found in islice(_RUN.finditer(plain), _CONSIDERED)]


def _within(runs: list[_Run]) -> Iterator[Candidate]:
    for start, _, said in runs:
        if one_time_codes.DIGITS < len(said) <= _LONGEST_RUN:
            for n in range(len(said) - one_time_codes.DIGITS + 1):
                at = start + n, start + n + one_time_codes.DIGITS
                yield Candidate(said[n : n + one_time_codes.DIGITS], (at,))


def _across(runs: list[_Run]) -> Iterator[Candidate]:
    """Over runs of which the first or the last has something typed against it."""
    near = [(start, end, said) for start, end, said in runs if len(said) <= _LONGEST_RUN]
    starts, ends = {start for start, _, _ in near}, {end for _, end, _ in near}
    digits = [(start + n, digit) for start, _, said in near for n, digit in enumerate(said)]
    for first in range(len(digits) - one_time_codes.DIGITS + 1):
        eight = digits[first : first + one_time_codes.DIGITS]
        start, end = eight[0][0], eight[-1][0] + 1
        if end - start <= _WIDEST and (start in starts) != (end in ends):
            yield Candidate("".join([digit for _, digit in eight]), tuple([(at, at + 1) for at, _ in eight]))


def _in_pieces(runs: list[_Run]) -> Iterator[Candidate]:
    """Runs that follow each other and have eight digits together."""
    for first in range(len(runs)):
        pieces, count = [], 0
        for piece in islice(runs, first, first + one_time_codes.DIGITS):
            pieces.append(piece)
            count += len(piece[2])
            if count >= one_time_codes.DIGITS:
                break
        if count == one_time_codes.DIGITS and len(pieces) > 1:
            yield Candidate("".join(said for *_, said in pieces), tuple((start, end) for start, end, _ in pieces))


def _number(found: re.Match[str]) -> str:
    """The digits of what is spelt out: four, double four, forty-four."""
    times, digits, tens, unit, name = found.groups("")
    if digits and not times:
        return digits
    said = digits or (_NAMES[tens.lower()] + (_NAMES[unit.lower()] if unit else "0") if tens else _NAMES[name.lower()])
    return said * _TIMES.get(times.lower(), 1) if len(said) == 1 else said


def _as_drawn(found: re.Match[str]) -> str:
    """What is seen of it that may be of a code; of the same length."""
    whole, (hexadecimal, decimal, end) = found[0], found.groups()
    if whole[0] in "oO":
        return "0" * len(whole)
    if whole[0] == "&":
        drawn = int(hexadecimal, 16) if hexadecimal else int(decimal)
        shown = chr(drawn) if 48 <= drawn <= 57 else " "
        return shown.rjust(len(whole) - len(end)) + " " * len(end)
    return " " * len(whole)


def _ascii(found: re.Match[str]) -> str:
    """A digit of any script, or one that is drawn in another way, as 0 to 9; of the same length."""
    digit = unicodedata.digit(found[0], -1)
    return str(digit) if digit >= 0 else found[0]


def _unquoted(plain: str) -> str:
    """Without the %2F of an address that stands in another; of the same length."""
    return _QUOTED.sub(lambda found: f"  {chr(int(found[1], 16))}", plain, count=2 * _CONSIDERED)
