"""Numbers that somebody's words call a PIN, in whatever script or spelt out, and the words without them. The one place that knows how people write one. Pure.

It looks at words alone: whose PIN it is, or whether it is one, is not looked up.
"""

from __future__ import annotations

import re
from typing import Final

from store.text import numbers

MARK: Final = "[digits left out]"
SHORTEST: Final = 6  # digits of a PIN
_TENS: Final = "(?:twenty|thirty|fou?rty|fifty|sixty|seventy|eighty|ninety)"
_TEENS: Final = "(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen)"
_UNITS: Final = "(?:zero|oh|o|nought|naught|one|two|three|four|five|six|seven|eight|niner?)"
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
_PART: Final = rf"(?:(?:(?:{'|'.join(_TIMES)})[ -])?(?:[0-9]{{1,5}}|(?:{_TENS}|{_TEENS}|{_UNITS})\b))(?![0-9])"
_PARTS = re.compile(
    rf"(?:(?P<times>{'|'.join(_TIMES)})[ -])?(?:(?P<digits>[0-9]+)|(?P<two>{_TENS}[ -]{_UNITS}|{_TENS}|{_TEENS})|{_UNITS})\b",
    re.I,
)
_WORD = r"\b(?:pins?|pin[ -]?codes?|passcode|(?:my|support|secret|security|access) code|(?:secret|security) number)\b"
_GAP: Final = r"[ .\u2010-\u2015-]"
_RUN = rf"(?<![0-9+])[0-9](?:{_GAP}?[0-9]){{5,9}}(?!{_GAP}?[0-9])"  # as many as one has
_SAID = rf"(?<![\w+]){_PART}(?:[\s.,\u2010-\u2015-]{{1,3}}{_PART}){{1,9}}"  # as one says it, or as a machine writes that down
_TO_IT = r"(?:[\s:=.,'\u2019\"*_~`()\[\]#-]|\b(?:number|code|digits|is|was|it|s|here|um|uh|er)\b){0,12}?"
_FARTHEST: Final = 100  # characters between the word and its number, with the word
_RUNS = re.compile(rf"{_RUN}|{_SAID}", re.I)
_BEFORE = re.compile(rf"{_WORD}{_TO_IT}\Z", re.I)
_BEHIND = re.compile(
    rf"[\s.,]*(?:is|was|as|=|that['\u2019]s)\s*(?:my |our |the )?{_WORD}"
    rf"|\s*\(\s*(?:(?:my|our|the) {_WORD}|{_WORD}\s*\))",
    re.I,
)
_AND = re.compile(r"\s*(?:[,/&]\s*(?:(?:and|or)\b)?|\b(?:and|or)\b)\s*", re.I)


def left_out(words: str) -> str:
    """The words with MARK in the place of each number that they call a PIN, whatever else they say. Done twice it changes nothing."""
    made, at, plain = "", 0, numbers.western(words)
    for run in _RUNS.finditer(plain):
        begins, ends = run.span()
        if not _is_long_enough(run[0]):
            continue
        is_next = at > 0 and _AND.fullmatch(plain, at, begins)
        if is_next or _BEFORE.search(plain, max(begins - _FARTHEST, 0), begins) or _BEHIND.match(plain, ends):
            made, at = made + words[at:begins] + MARK, ends
    return made + words[at:]


def _is_long_enough(pin: str) -> bool:
    return sum(map(_length, _PARTS.finditer(pin))) >= SHORTEST


def _length(part: re.Match[str]) -> int:
    return (len(part["digits"] or "") or (2 if part["two"] else 1)) * _TIMES.get((part["times"] or "").lower(), 1)
