"""The words for what the templates are given in codes: each room's words.toml has a table for each kind of code. Times, in words.

`[[that a mail goes|what is so where none does]]` in a word is settled once, by whether the desk can send mail: no page promises one that nobody sends.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Final

_OF_MAIL: Final = re.compile(r"( ?)\[\[([^|\]]*)\|?([^\]]*)\]\]")


class Words:
    def __init__(self, document: Mapping[str, Mapping[str, str]]) -> None:
        self.document = document

    def word(self, table: str, code: object, **values: object) -> str:
        """What a code is called. One that has no word stands for itself: a scheme of the operator's may bring its own."""
        return self.document[table].get(str(code), str(code)).format(**values)

    def known(self, table: str) -> frozenset[str]:
        return frozenset(self.document[table])

    def several(self, table: str, codes: Iterable[object]) -> list[str]:
        return [self.word(table, code) for code in codes]


def clock(ms: int) -> str:
    """The time of day in UTC, until the page's script puts it into the reader's own zone."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M} UTC"


def day(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%d %b %Y, %H:%M} UTC"


def on_day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%-d %B %Y}"


def in_month(year: int, month: int) -> str:
    return f"{date(year, month, 1):%B %Y}"


@cache
def load(*, mails: bool = True) -> Words:
    """`mails`: the desk can send some."""
    files = (resources.files("portal").joinpath(room, "words.toml") for room in ("web", "staff", "customers"))
    tables = [tomllib.loads(file.read_text("utf-8")) for file in files]
    document = {
        name: {code: _settled(said, mails=mails) for code, said in table.items()}
        for found in tables
        for name, table in found.items()
    }
    assert len(document) == sum(map(len, tables)), "two tables of one name"
    return Words(document)


def _settled(said: str, *, mails: bool) -> str:
    return _OF_MAIL.sub(
        lambda found: found[1] + found[2 if mails else 3] if found[2 if mails else 3] else "", said
    ).strip()
