"""A page as lines one can read: title, headings, table cells, labels, fields, buttons; and its forms, by what their buttons say."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

from tests.golden.labels import NothingCalledError

_BLOCKS: Final = frozenset(
    [
        "html",
        "body",
        "head",
        "title",
        "main",
        "section",
        "article",
        "header",
        "footer",
        "nav",
        "aside",
        "div",
        "p",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "tr",
        "form",
        "h1",
        "h2",
        "h3",
        "label",
        "button",
        "input",
        "textarea",
        "details",
        "summary",
        "svg",
        "a",
        "noscript",
    ]
)
_UNREAD: Final = frozenset(["script", "style", "svg"])
_EMPTY: Final = frozenset(["input", "meta", "link", "br", "path", "rect", "img"])
_MARKS: Final = {
    "title": "title: ",
    "h1": "# ",
    "h2": "## ",
    "h3": "### ",
    "li": "- ",
    "dt": "  ",
    "dd": "  : ",
    "label": "label: ",
}


@dataclass
class Form:
    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # what a label says → the name of its field
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # what it says → name and value


class Page(HTMLParser):
    """`lines` are what is to be read; `forms` what can be sent."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.frame = 0  # so many lines stand above the page itself
        self.forms: list[Form] = []
        self._open: list[str] = []
        self._mark, self._words = "", ""
        self._button: dict[str, str] | None = None
        self._named: dict[str, str] = {}
        self._label = ""
        self.feed(source)
        self.close()
        self._line()

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in pairs}
        if tag not in _EMPTY:
            self._open.append(tag)
        if tag in _BLOCKS:
            self._line(_MARKS.get(tag, ""))
        if tag == "main":
            self.frame = len(self.lines)
        if had.get("aria-label") and not self._unread:
            self.lines.append(f"({had['aria-label']})")
        match tag:
            case "form":
                self.forms.append(Form(had.get("action", ""), had.get("method", "get")))
            case "label":
                self._label = had.get("for", "")
            case "input" | "textarea":
                self._field(tag, had)
            case "button":
                self._button = had
            case "a":
                self._words = ""
            case "meta" if had.get("http-equiv") == "refresh":
                self.lines.append(f"(loads itself anew: {had.get('content')})")

    def _field(self, tag: str, had: dict[str, str]) -> None:
        form, name = self.forms[-1], had.get("name", "")
        if had.get("type") == "hidden" or "hidden" in had:
            form.hidden[name] = had.get("value", "")
            return
        said = self._named.get(had.get("id", ""))
        if said:
            form.labels[said] = name
        kind = had.get("type", "text") if tag == "input" else "words"
        like = f", like {had['placeholder']}" if had.get("placeholder") else ""
        most = f", {had['maxlength']} at most" if had.get("maxlength") else ""
        value = f" {had['value']!r}" if had.get("value") else ""
        self.lines.append(f"<{kind}{like}{most}>{value}")

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag in self._open:
            if self._open.pop() == tag:
                break
        words = " ".join(self._words.split())
        if tag == "label" and words:
            self._named[self._label] = words
        if tag == "button" and self._button is not None:
            said = f"[{words}]" + (" (not now)" if "disabled" in self._button else "")
            if self.forms:
                self.forms[-1].buttons[words] = self._button.get("name", ""), self._button.get("value", "")
            self._words, self._button = said, None
        if tag == "a" and words:
            self._words = f"<{words}>"
        if tag in _BLOCKS:
            self._line()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._words += data

    @property
    def _unread(self) -> bool:
        return not _UNREAD.isdisjoint(self._open)

    def _line(self, mark: str = "") -> None:
        words = " ".join(self._words.split())
        if words:
            self.lines.append(self._mark + words)
        if words or mark:
            self._mark = mark
        self._words = ""


read = lru_cache(maxsize=8)(Page)  # looked at, and pressed


def form_of(source: str, button: str) -> Form:
    """The form with that button; `BUTTON #2` is the second of them."""
    button, _, nth = button.partition(" #")
    forms = read(source).forms
    found = [form for form in forms if button in form.buttons]
    if len(found) < int(nth or 1):
        raise NothingCalledError("button", button, (one for form in forms for one in form.buttons))
    return found[int(nth or 1) - 1]
