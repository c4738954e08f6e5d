"""A mail's HTML as text: lines as they are seen, what is quoted begun with `>`. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

LONGEST: Final = 200_000  # characters of HTML that are read
_NO_TAG: Final = re.compile(r"<(?![^<>]{0,5000}>)")  # Python's parser takes the square of the time for what never ends
_UNSEEN: Final = frozenset(("script", "style", "head", "title", "template"))
_BLOCKS: Final = frozenset(
    ("p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "hr")
)
_DEEPEST: Final = 5


def text_of(html: str) -> str:
    reader = _Reader()
    reader.feed(_NO_TAG.sub("&lt;", html[:LONGEST]))
    reader.close()
    reader.end_line()
    return "\n".join(reader.lines).strip("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._unseen = self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS or tag == "br":
            self.end_line(always=tag == "br")
        self._unseen += tag in _UNSEEN
        self._quoted += tag == "blockquote"

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end_line()
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._quoted = max(0, self._quoted - (tag == "blockquote"))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._line.append(data)

    def end_line(self, *, always: bool = False) -> None:
        line = " ".join("".join(self._line).split())
        self._line.clear()
        if line or (always and self.lines and self.lines[-1]):
            self.lines.append(f"{'>' * min(self._quoted, _DEEPEST)} {line}".strip() if self._quoted else line)
