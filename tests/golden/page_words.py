"""A page as lines one can read: title, headings, labels, fields, choices, buttons, and nothing that is hidden; and its forms, by what
their buttons say."""

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
        "select",
        "fieldset",
        "legend",
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
    filled: dict[str, str] = field(default_factory=dict)  # what is sent where nobody types anything
    labels: dict[str, str] = field(default_factory=dict)  # what a label says → the name of its field
    choices: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # name of a field → what can be chosen → what is sent
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # what it says → name and value


class Page(HTMLParser):
    """`lines` are what is to be read; `forms` what can be sent."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.frame = 0  # so many lines stand on every page, above what it says itself
        self.forms: list[Form] = []
        self._open: list[tuple[str, bool]] = []  # the tags we are within, and whether what stands in each is unread
        self._mark, self._words = "", ""
        self._button: dict[str, str] | None = None
        self._named: dict[str, str] = {}  # id of a field → what its label says
        self._label: str | None = None  # the id that the label we are within is for; empty: the field within it
        self._ticked: tuple[str, str, str] | None = (
            None  # the box whose label is still to come: its id, its name, how it is shown
        )
        self._typed = ""  # the name of the text we are within
        self._select, self._option = "", {"": ""}
        self.feed(source)
        self.close()
        self._line()

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in pairs}
        if tag not in _EMPTY:
            self._open.append((tag, tag in _UNREAD or "hidden" in had))
        box = tag == "input" and had.get("type") in ("checkbox", "radio")
        if tag in _BLOCKS and not box:
            self._line(_MARKS.get(tag, ""))
        if tag == "main" and not self.frame:
            self.frame = len(self.lines)
        if had.get("aria-label") and not self._unread:
            self.lines.append(f"({had['aria-label']})")
        match tag:
            case "form":
                self.forms.append(Form(had.get("action", ""), had.get("method", "get")))
            case "label":
                self._label = had.get("for", "")
                if self._ticked and self._ticked[0] == self._label:
                    self._mark = self._ticked[2]
            case "input" if box:
                self._box(had)
            case "input" | "textarea":
                self._field(tag, had)
            case "select":
                self._select = had["name"]
                self.forms[-1].choices[self._select] = {}
                self._call(had)
            case "option":
                self._option, self._words = had, ""
            case "button":
                self._button = had
            case "a":
                self._words = ""
            case "br":
                self._line()
            case "meta" if had.get("http-equiv") == "refresh":
                self.lines.append(f"(loads itself anew: {had.get('content')})")

    def _call(self, had: dict[str, str]) -> None:
        """What its label says leads to a field."""
        said = self._named.get(had.get("id", ""))
        if said:
            self.forms[-1].labels[said] = had.get("name", "")

    def _box(self, had: dict[str, str]) -> None:
        """Shown before the words of its label, which stand beside or around it."""
        shown = "[x] " if "checked" in had else "[ ] "
        name = "" if "disabled" in had else had.get("name", "")
        self.forms[-1].choices[name] = {"on": had.get("value", "on"), "off": "off"}
        if name and "checked" in had:
            self.forms[-1].filled[name] = had.get("value", "on")
        if self._label is not None:
            self._mark = shown
        self._ticked = had.get("id", ""), name, shown

    def _field(self, tag: str, had: dict[str, str]) -> None:
        form, name = self.forms[-1], had.get("name", "")
        if had.get("type") == "hidden" or "hidden" in had:
            form.hidden[name] = had.get("value", "")
            return
        self._call(had)
        form.filled[name] = had.get("value", "")
        self._typed = name if tag == "textarea" else ""
        kind = had.get("type", "text") if tag == "input" else "words"
        like = f", like {had['placeholder']}" if had.get("placeholder") else ""
        most = f", {had['maxlength']} at most" if had.get("maxlength") else ""
        value = f" {had['value']!r}" if had.get("value") else ""
        self._show(f"<{kind}{like}{most}>{value}")

    def handle_endtag(self, tag: str) -> None:
        words = " ".join(self._words.split())
        if tag == "label" and words:
            if self._ticked and self._label in ("", self._ticked[0]):
                self.forms[-1].labels[words] = self._ticked[1]
            else:
                self._named[self._label or ""] = words
        if tag == "label":
            self._label, self._ticked = None, None
        if tag == "option":
            self._chosen(words)
        if tag == "select":
            self._chose()
        if tag == "button" and "hidden" in (self._button or {}):
            self._button = None
        if tag == "button" and self._button is not None:
            said = (f"[{words}]" if words else "") + (" (not now)" if "disabled" in self._button else "")
            if self.forms:
                self.forms[-1].buttons[words] = self._button.get("name", ""), self._button.get("value", "")
            self._words, self._button = "" if self._unread else said, None
        if tag == "a" and words:
            self._words = f"<{words}>"
        if tag in _BLOCKS:
            self._line()
        if tag == "header" and all(one != "main" for one, _ in self._open):
            self.frame = len(self.lines)
        while any(tag == one for one, _ in self._open):
            if self._open.pop()[0] == tag:
                break

    def _chosen(self, words: str) -> None:
        """One more that can be chosen; the first is, where none is said to be."""
        form, value = self.forms[-1], self._option.get("value", words)
        form.choices[self._select][words] = value
        if "selected" in self._option or self._select not in form.filled:
            form.filled[self._select] = value
        self._words = ""

    def _chose(self) -> None:
        form = self.forms[-1]
        there = form.choices[self._select]
        chosen = next((words for words, value in there.items() if value == form.filled[self._select]), "")
        self._show(f"<{' | '.join(there)}>" + (f" {chosen!r}" if chosen != next(iter(there)) else ""))

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._words += data
        if self._typed and self._open and self._open[-1][0] == "textarea":
            self.forms[-1].filled[self._typed] = data

    def _show(self, line: str) -> None:
        if not self._unread:
            self.lines.append(line)

    @property
    def _unread(self) -> bool:
        return any(unread for _, unread in self._open)

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
