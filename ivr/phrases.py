"""The words: reads phrases/en.toml and fills in what an utterance says, made safe to be spoken.

Whatever comes from people or from the import is spoken as plain words: no control characters (one of them, forbidden in
XML, would end the call), no emoji, no markup, 200 characters at most.
"""

from __future__ import annotations

import re
import string
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from authz import Proof
from desk.opening_hours import Opening
from ivr.types import Utterance
from store.accounts.account_details import Invoice

LONGEST_TEXT = 200  # characters of somebody's own words in one sentence
_SPOKEN = ("L", "N", "Mn", "Mc")  # general categories: letters, numbers, accents; of the rest only what is listed below
_EMOJI_MARKS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # accents that make a picture of what they stand on
_KEPT = set(" .,;:!?'\"()-+/&%@_")


def speakable(text: str) -> str:
    """Somebody's own words as words: what cannot be said becomes a space, a long text is cut at a word, a question stays one."""
    plain = _EMOJI_MARKS.sub("", unicodedata.normalize("NFC", text[: 4 * LONGEST_TEXT]))
    kept = "".join(c if unicodedata.category(c).startswith(_SPOKEN) or c in _KEPT else " " for c in plain)
    words = re.sub(r"\s+", " ", kept).strip()
    if len(words) > LONGEST_TEXT:
        words = words[:LONGEST_TEXT].rsplit(" ", 1)[0]
    bare = words.rstrip(" .,;:!?")
    return f"{bare}?" if bare and words.endswith("?") else bare or "no words"


class Phrases:
    """The words of one language. `say(utterance)` is a sentence; an utterance without words is a fault."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.language: str = document["voice"]["language"]
        self.voice: str = document["voice"]["voice"]
        self._said = dict(_flat(document["say"]))
        self._document = document

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._said)

    def say(self, utterance: Utterance) -> str:
        said: str = _Filling(self._document).vformat(self._said[utterance.key], (), utterance.values)
        return said.replace("?.", "?")  # somebody's own words may end a sentence of ours


def _flat(table: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(value, f"{before}{key}.") if isinstance(value, dict) else [(before + key, value)]
    return found


class _Filling(string.Formatter):
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec and isinstance(value, int):
            return str(value)
        said: str = getattr(self, f"_{format_spec}")(value)
        return said

    def _text(self, value: str) -> str:
        return speakable(value)

    def _digits(self, value: int | str) -> str:
        return " ".join(speakable(str(value)).replace(" ", ""))

    def _spell(self, value: str) -> str:
        return " ".join(c for c in speakable(value) if c.isalnum())

    def _date(self, value: str) -> str:
        year, month, day = value.split("-")
        return f"{int(day)} {self._document['month']['names'][int(month) - 1]} {year}"

    def _minutes(self, count: int) -> str:
        said: str = self._document["minute"]["one" if count == 1 else "many"]
        return said.format(count=count)

    def _ago(self, minutes: int) -> str:
        """In the largest unit of which it is two or more."""
        for unit, size in (("day", 1440), ("hour", 60)):
            if minutes >= 2 * size:
                return str(self._document[unit]["ago"]).format(count=minutes // size)
        return str(self._document["minute"]["ago" if minutes > 1 else "now"]).format(count=minutes)

    def _money(self, invoice: Invoice) -> str:
        whole, _, cents = invoice.amount.partition(".")
        cents = cents.rstrip("0")
        named = self._document["currency"].get(invoice.currency)
        if named is None or len(cents) > 2:  # "1.505 KWD": no part of an amount is ever left out
            return f"{whole}{'.' if cents else ''}{cents} {named[1] if named else invoice.currency}"
        said = f"{whole} {named[0] if whole == '1' else named[1]}"
        return f"{said} {int(cents.ljust(2, '0'))}" if cents else said

    def _action(self, cell: str) -> str:
        action = cell.partition(":")[0]
        return str(self._document["action"].get(action, action.replace(".", " ")))

    def _holdings(self, names: Sequence[str]) -> str:
        return self._join([self._holding(name) for name in names], "or")

    def _holding(self, name: str) -> str:
        words = [self._document["holding"].get(word, word.replace("_", " ")) for word in name.split("+")]
        return f" {self._document['joining']['with']} ".join(words)

    def _people(self, names: Sequence[str]) -> str:
        return self._join([speakable(name) for name in names[:3]], "or")

    def _proof(self, proof: Proof) -> str:
        return str(self._document["proof"][proof.word])

    def _words(self, words: Sequence[str]) -> str:
        return ", ".join(words)

    def _weekday(self, opens: Opening) -> str:
        return str(self._document["weekday"]["names"][opens.weekday])

    def _hour(self, opens: Opening) -> str:
        return f"{opens.hour} {opens.minute:02}" if opens.minute else str(opens.hour)

    def _join(self, words: Sequence[str], last: str) -> str:
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self._document['joining'][last]} {words[-1]}"


@cache
def load(language: str = "en") -> Phrases:
    text = (resources.files("ivr") / "phrases" / f"{language}.toml").read_text("utf-8")
    return Phrases(tomllib.loads(text))
