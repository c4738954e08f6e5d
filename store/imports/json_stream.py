"""An import file's JSON, read piece by piece: one object of lists, whose entries come one at a time.

The scanner is the standard library's own, on a window of text that is widened while an entry does not end in it. So what is no
JSON is told in the same words as ever, with line and column, a key that is given twice is seen, and no more than one entry is
held. What is raised here may hold text of the file, PINs among it: nobody may keep it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

READ: Final = 64 * 1024  # bytes at a time
LONGEST: Final = 8 * 1024 * 1024  # characters of one entry
LIST: Final = object()  # stands for a list, whose entries follow
_NOT_BLANK: Final = re.compile(r"[^ \t\n\r]")
_CUT: Final = 32  # characters: a fault nearer to the window's end may be the end's


class BrokenJsonError(Exception):
    """The file is no such JSON; in words."""


class TooMuchError(BrokenJsonError):
    """One value is too long, or too deep."""


class Text:
    """The characters of a stream of bytes in UTF-8, from where we are."""

    def __init__(self, stream: BinaryIO, make: Callable[[list[tuple[str, Any]]], Any]) -> None:
        """`make` makes an object of its pairs."""
        self._stream, self._scan = stream, json.JSONDecoder(object_pairs_hook=make, parse_constant=str).raw_decode
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._bytes = 0  # decoded so far, and those that wait for the rest of their character
        self._text, self._at = "", 0
        self._line, self._column = 1, 1  # of the window's first character
        self._ended = False

    def next(self) -> str:
        """The next character that is not blank, left where it is; none at the end."""
        while True:
            found = _NOT_BLANK.search(self._text, self._at)
            self._at = len(self._text) if found is None else found.start()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._widen()

    def skip(self, character: str, otherwise: str) -> None:
        if self.next() != character:
            raise self.fault(otherwise)
        self._at += 1

    def value(self) -> Any:
        """The value that begins at the next character."""
        self.next()
        while True:
            try:
                found, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as wrong:
                cut = wrong.pos > len(self._text) - _CUT or wrong.msg.startswith("Unterminated string")
                if self._ended or not cut:
                    raise self.fault(wrong.msg, wrong.pos) from None
            except (RecursionError, ValueError):
                raise TooMuchError(
                    "not JSON that can be read: it is nested too deeply, or has a number too long"
                ) from None
            else:
                if end < len(self._text) or self._ended:
                    self._at = end
                    return found
            if len(self._text) - self._at > LONGEST:
                raise TooMuchError(f"is longer than {LONGEST // 1024 // 1024} million characters")
            self._widen()

    def fault(self, words: str, at: int | None = None) -> BrokenJsonError:
        line, column = self._position(self._at if at is None else at)
        return BrokenJsonError(f"line {line}, column {column}: not JSON: {words}")

    def _position(self, at: int) -> tuple[int, int]:
        lines = self._text.count("\n", 0, at)
        return self._line + lines, at - self._text.rfind("\n", 0, at) if lines else self._column + at

    def _widen(self) -> None:
        """Lets go of what is behind us and reads on: as much again as there is, or a long entry would be scanned too often."""
        self._line, self._column = self._position(self._at)
        self._text, self._at = self._text[self._at :], 0
        raw = self._stream.read(max(READ, len(self._text)))
        waiting = len(self._decoder.getstate()[0])
        try:
            new = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as wrong:
            raise BrokenJsonError(f"the file is not UTF-8: byte {self._bytes - waiting + wrong.start + 1}") from None
        self._text += new.removeprefix("\ufeff") if self._bytes == waiting else new
        self._bytes += len(raw)
        self._ended = not raw


def walk(text: Text) -> Iterator[tuple[str, int | None, Any]]:
    """The members of the file's one object: (key, None, its value), and for a list (key, None, `LIST`), then each of its entries
    as (key, place, entry). Raises `Broken`."""
    if text.next() != "{":
        _no_object(text)
    text.skip("{", "")
    more = text.next() != "}"
    while more:
        if text.next() != '"':
            raise text.fault("Expecting property name enclosed in double quotes")
        key = text.value()
        text.skip(":", "Expecting ':' delimiter")
        if text.next() == "[":
            yield key, None, LIST
            yield from ((key, place, entry) for place, entry in enumerate(_entries(text, key)))
        else:
            yield key, None, text.value()
        if more := text.next() == ",":
            text.skip(",", "")
    text.skip("}", "Expecting ',' delimiter")
    if text.next():
        raise text.fault("Extra data")


def _entries(text: Text, key: str) -> Iterator[Any]:
    text.skip("[", "")
    more, place = text.next() != "]", 0
    while more:
        try:
            entry = text.value()
        except TooMuchError as much:
            raise TooMuchError(f"{key}[{place}]: {much}") from None
        yield entry
        place += 1
        if more := text.next() == ",":
            text.skip(",", "")
    text.skip("]", "Expecting ',' delimiter")


def _no_object(text: Text) -> None:
    """Says what is no JSON, or else that it is not what we expect."""
    long = False
    try:
        text.value()
    except TooMuchError as much:
        long = "longer" in str(much)
        if not long:
            raise
    if not long and text.next():
        raise text.fault("Extra data")
    raise BrokenJsonError("the file must be one object with people, accounts and staff")
