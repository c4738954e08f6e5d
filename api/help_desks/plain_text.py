"""HTML as an editor in a browser writes it, as plain text: what customers are told is never HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr")
)
_UNSEEN: Final = frozenset(("script", "style", "head", "title"))


def of_html(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.found).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._unseen = 0
        self._href = ""
        self._since = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.found.append("\n")
        if tag == "li":
            self.found.append("- ")
        if tag == "a":
            self._href, self._since = dict(attrs).get("href") or "", len(self.found)

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in ("p", "div", "li", "tr", "blockquote", "pre"):
            self.found.append("\n")
        if tag == "a" and self._href.startswith(("https://", "http://", "mailto:")):
            if self._href not in "".join(self.found[self._since :]):
                self.found.append(f" ({self._href})")
            self._href = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.found.append(data)
