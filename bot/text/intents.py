"""What somebody's words are about: a few intents, told by likeness to examples. Pure.

It chooses what to offer, never an account, a subject or a right; and where it is not sure, buttons are offered instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

SURE, AHEAD = 86, 6  # of 100: how like an example it must be, and how much more so than to one of another intent
MOST: Final = 2_000  # characters that are looked at: it is read before the request is acknowledged
LONG: Final = 60  # characters; who writes that much tells of a problem rather than asking for a list
_GAP = r"[\s.\u2010-\u2015\u2212-]*"  # what people put between digits
_LINK = re.compile(rf"(?:/?link\s*)?((?:[0-9]{_GAP}){{8}})", re.I)
_LINK_ALONE = re.compile(r"/?link", re.I)
_PROOF = re.compile(rf"/?(?:proof|prove|transfer code)\s*((?:[0-9]{_GAP}){{6}}(?:(?:[0-9]{_GAP}){{2}})?)", re.I)
_DIGITS = re.compile(rf"(?:[0-9]{_GAP}){{4,10}}")
_AROUND_A_PIN: Final = frozenset(
    [
        "my",
        "the",
        "a",
        "pin",
        "number",
        "is",
        "it",
        "its",
        "s",
        "here",
        "hi",
        "hello",
        "please",
        "thanks",
        "thank",
        "you",
    ]
)
_NUMBER = re.compile(r"(?:/?tickets?|#|number|no\.?)\s*#?\s*([0-9]{3,12})", re.I)


@dataclass(frozen=True, slots=True)
class Read:
    """`intent` is a key of the examples, or `link`, `proof`, `ticket`, or `unsure`; `value` the digits of these three, if any, or the
    action that a `change` is asked for by."""

    intent: str
    value: str = ""


def read(words: str, examples: Mapping[str, Sequence[str]]) -> Read:
    plain = words.strip()
    if found := _LINK.fullmatch(plain):
        return Read("link", re.sub(r"[^0-9]", "", found[1]))
    if found := _PROOF.fullmatch(plain):
        return Read("proof", re.sub(r"[^0-9]", "", found[1]))
    if _LINK_ALONE.fullmatch(plain):
        return Read("link")
    if found := _NUMBER.fullmatch(plain):
        return Read("ticket", found[1])
    said, asks = default_process(plain[:MOST]), plain.endswith("?")
    intent = _clear({name: _like(said, known) for name, known in examples.items()}) if len(said) <= LONG else None
    if intent is None:
        # Greetings come first.
        within = {name: _holds(said, known) for name, known in examples.items() if name != "help"}
        intent = "problem" if _clear(within) == "problem" else None
    # Somebody who asks whether something is wrong is not yet saying so.
    return Read("unsure") if intent is None or (intent == "problem" and asks) else Read(intent)


def which_change(words: str, changes: Mapping[str, Sequence[str]]) -> str:
    """The action that words which ask for a change name; empty where they name none, or several."""
    said = f" {default_process(words[:MOST])} "
    found = [action for action, known in changes.items() if any(f" {one} " in said for one in known)]
    return found[0] if len(found) == 1 else ""


def may_be_pin(words: str) -> bool:
    """Whether they are digits, as many as a PIN may have, and no word that tells of anything else; whose PIN it is, or whether it
    is one, is not looked up. `#1001` is a ticket."""
    around = _DIGITS.sub(" ", words, count=1)
    said = set(re.findall(r"[^\W\d_]+", around.casefold()))
    alone = around != words and not re.search("[0-9]", around) and said <= _AROUND_A_PIN
    return alone and ("pin" in said or "#" not in words)


def _like(said: str, known: Sequence[str]) -> float:
    """How like one of these it is as a whole; more than like where it is exactly that."""
    ready = _ready(tuple(known))
    if said in ready:
        return 100.0 + AHEAD
    return _most(said, [*ready], fuzz.token_sort_ratio)


def _holds(said: str, known: Sequence[str]) -> float:
    """How like one of these a part of it is. One word of ours is no part of it: "mail" says nothing is wrong with it."""
    words = len(said.split())
    return _most(said, [one for one, its in _ready(tuple(known)).items() if its <= words], fuzz.token_set_ratio)


def _most(said: str, of: Sequence[str], scorer: Callable[..., float]) -> float:
    """Of none, nothing. The library's own loop: a message waits for this before it is acknowledged."""
    return float(process.extractOne(said, of, scorer=scorer)[1]) if of else 0.0


@cache
def _ready(known: tuple[str, ...]) -> Mapping[str, int]:
    """Examples as they are compared, each with how many words it has as it stands in the file."""
    return {default_process(one): len(one.split()) for one in known}


def _clear(found: Mapping[str, float]) -> str | None:
    """The likeliest, if it is like enough and nothing else is nearly as likely."""
    (first, most), (_, next_most) = sorted(found.items(), key=lambda one: -one[1])[:2]
    return first if most >= SURE and most - next_most >= AHEAD else None
