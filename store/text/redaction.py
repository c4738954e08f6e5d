"""Names, addresses and numbers replaced in words that somebody wrote: each as a whole, in whatever capitals, numbers however they are spaced. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import phonenumbers

_BETWEEN: Final = r"[\s()./\-\u2010-\u2015\u00a0]*"


class Redaction:
    """What is to be found, and what stands in its place: `Redaction({"Mia Chen": "a contact"}, {"+441632960108": "a number"})`. Empty words
    find nothing."""

    def __init__(self, words: Mapping[str, str], numbers: Mapping[str, str] | None = None) -> None:
        self._instead = {" ".join(one.casefold().split()): instead for one, instead in words.items() if one.strip()}
        longest = sorted(self._instead, key=len, reverse=True)
        spaced = (r"\s+".join(map(re.escape, one.split())) for one in longest)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.I) if longest else None
        self._numbers = [(_number(one), instead) for one, instead in (numbers or {}).items()]

    def __call__(self, text: str) -> str:
        if self._words is not None:
            text = self._words.sub(self._found, text)
        for pattern, instead in self._numbers:
            text = pattern.sub(instead, text)
        return text

    def _found(self, found: re.Match[str]) -> str:
        return self._instead.get(" ".join(found[0].casefold().split()), "…")


def _number(e164: str) -> re.Pattern[str]:
    """As it is on file, from abroad with 00, and as it is dialled in its country."""
    digits, ways = e164.lstrip("+"), [rf"(?:\+|00)?{_BETWEEN}{_BETWEEN.join(e164.lstrip('+'))}"]
    with suppress(phonenumbers.NumberParseException):
        parsed = phonenumbers.parse(e164)
        code, national = str(parsed.country_code), str(parsed.national_number)
        ways.append(
            rf"(?:(?:\+|00){_BETWEEN}{_BETWEEN.join(code)}{_BETWEEN})?\(?0\)?{_BETWEEN}{_BETWEEN.join(national)}"
        )
    assert digits
    return re.compile(rf"(?<![\d+])(?:{'|'.join(ways)})(?!\d)")
