"""What somebody's words are about: a few intents, told by likeness to examples. Pure.

It chooses what to offer, never an account, a subject or a right; and where it is not sure, buttons are offered instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

SURE, AHEAD = 86, 6  # of 100: how like an example it must be, and how much more so than to one of another intent
LONG: Final = 60  # characters; who writes that much tells of a problem rather than asking for a list
_LINK = re.compile(r"(?:/?link\s*)?((?:[0-9][\s-]*){8})", re.I)
_NUMBER = re.compile(r"(?:/?tickets?|#|number|no\.?)\s*#?\s*([0-9]{3,12})", re.I)


@dataclass(frozen=True, slots=True)
class Read:
    """`intent` is a key of the examples, or `link`, `ticket`, or `unsure`; `value` the digits of the first two."""

    intent: str
    value: str = ""


def read(words: str, examples: Mapping[str, Sequence[str]]) -> Read:
    plain = words.strip()
    if found := _LINK.fullmatch(plain):
        return Read("link", re.sub(r"[^0-9]", "", found[1]))
    if found := _NUMBER.fullmatch(plain):
        return Read("ticket", found[1])
    best = {
        intent: process.extractOne(plain, said, scorer=fuzz.token_sort_ratio, processor=default_process)[1]
        for intent, said in examples.items()
    }
    part = {
        intent: process.extractOne(plain, said, scorer=fuzz.token_set_ratio, processor=default_process)[1]
        for intent, said in examples.items()
    }
    if len(plain) <= LONG:
        ranked = sorted(best.items(), key=lambda one: -one[1])
        if ranked[0][1] >= SURE and ranked[0][1] - ranked[1][1] >= AHEAD:
            return Read(ranked[0][0])
    ranked = sorted(part.items(), key=lambda one: -one[1])
    asks = plain.endswith("?")
    if ranked[0][0] == "problem" and ranked[0][1] >= SURE and ranked[0][1] - ranked[1][1] >= AHEAD and not asks:
        return Read("problem")
    return Read("unsure")
