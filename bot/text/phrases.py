"""The words: reads phrases/en.toml and fills in what a sentence says, escaped for Slack.

`say` is for mrkdwn, where &, < and > of anybody's words would come alive; `plain` for plain text,
where they would not.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from store.text.durations import lasted

LONGEST: Final = 2_000  # characters of somebody's own words in one sentence


_DRAWS: Final = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)")  # an underscore within a word draws nothing
_EMOJI: Final = re.compile(r":(?=[a-z0-9_+'-]+:)")


class Ready(str):
    """Text that is mrkdwn already: not escaped again."""

    __slots__ = ()


def escaped(text: str) -> str:
    """For mrkdwn: nothing comes alive, and nothing is drawn: bold, code or a green tick are ours alone."""
    dead = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _EMOJI.sub(":\u200b", _DRAWS.sub("\u200b\\g<0>", dead))


def unescaped(text: str) -> str:
    """What people typed, as it comes in an event."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def moment(ms: int) -> Ready:
    """A time in the reader's own zone; the words after the bar are for whoever cannot show that."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return Ready(f"<!date^{ms // 1000}^{{date_short_pretty}} at {{time}}|{at:%d %B %Y, %H:%M} UTC>")


def clock(ms: int) -> Ready:
    """A time of today, likewise."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return Ready(f"<!date^{ms // 1000}^{{time}}|{at:%H:%M} UTC>")


class Phrases:
    def __init__(self, document: Mapping[str, Any], *, phone: bool = True, pages: str = "") -> None:
        """`phone`: whether customers can call the desk; where they cannot, nobody is sent to do so. `pages`: where they sign in, which
        every sentence can say."""
        self._said = dict(_flat(document["say"])) | ({} if phone else dict(_flat(document["without_phone"])))
        self._document, self._pages = document, Ready(pages)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._said)

    def say(self, key: str, **values: object) -> str:
        return _Filling(self._document, escaped).vformat(self._said[key], (), {**values, "pages": self._pages})

    def plain(self, key: str, **values: object) -> str:
        return _Filling(self._document, str).vformat(self._said[key], (), {**values, "pages": self._pages})

    def example(self, key: str) -> Any:
        """What stands in the file outside [say]: the words that are understood, and those of the pages to install the app."""
        return self._document[key]


class _Filling(string.Formatter):
    def __init__(self, document: Mapping[str, Any], escape: Any) -> None:
        self._document, self._escape = document, escape

    def format_field(self, value: Any, spec: str) -> str:
        """`day` a date, `lasted` how long something took (ms), `list` and `listed` several (or, and), a table of the file by its name a word of it, with & several joined by "and";
        otherwise somebody's own words."""
        if isinstance(value, Ready):
            return value
        if spec == "day":
            return f"{date.fromisoformat(str(value)):%-d %B %Y}"
        if spec == "lasted":
            return lasted(int(value))
        if spec in ("list", "listed"):
            return self._listed([self.format_field(item, "") for item in value], "and" if spec == "listed" else "or")
        name, joined = spec.removesuffix("&"), "and" if spec.endswith("&") else "or"
        if name in self._document.get("words", {}):
            table = self._document["words"][name]
            if isinstance(value, list | tuple | set | frozenset):
                return self._listed([table.get(str(word), self._escape(str(word))) for word in value], joined)
            found: str = table.get(str(value), self._escape(str(value)))
            return found
        return str(self._escape(str(value)[:LONGEST]))

    def _listed(self, words: Sequence[str], last: str = "or") -> str:
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self._document['words']['joins'][last]} {words[-1]}"


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(value, f"{before}{key}.") if isinstance(value, dict) else [(before + key, value)]
    return found


@cache
def load(language: str = "en", *, phone: bool = True, pages: str = "") -> Phrases:
    words = (resources.files("bot.text") / "phrases" / f"{language}.toml").read_text("utf-8")
    return Phrases(tomllib.loads(words), phone=phone, pages=pages)
