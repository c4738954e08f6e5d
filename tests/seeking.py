"""How a secret is recognised in what a test left: as it is, spaced, backwards, encoded, or under a hash without a key."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

LONG: Final = 8  # digits: so many in a row are no accident. Of fewer, see `Secrets`
SHORTEST: Final = 6
_WINDOW: Final = 6  # digits: two whole groups of base64, however the secret lies in it

_RUN = re.compile(r"[0-9][0-9]{7,}")
_WORD = re.compile(r"\d(?<![\w.:+-]\d)\d{5,6}(?![\w:-])")
_SPACED = re.compile(r"[0-9](?:[ ,.-]{1,2}[0-9]){5,}")
_PARTED = re.compile(r"[0-9][0-9]{3} [0-9]{4}")
_HEX = re.compile(r"3[0-9](?:3[0-9]){7,}")
_PERCENT = re.compile(r"%3[0-9](?:%3[0-9]){5,}")
_BASE64 = re.compile(r"[MNO][DTjz][AEIMQUYcgk][w-z0-5](?:[MNO][DTjz][AEIMQUYcgk][w-z0-5])+")
_HASH = re.compile(r"[0-9a-f][0-9a-f]{31,}")
_HASHES: Final = (hashlib.md5, hashlib.sha1, hashlib.sha256)
_WORDS: Final = re.compile(rb"[!-~]{%d,}" % SHORTEST)


class Found(NamedTuple):
    """What was found, and in what form; never the secret itself."""

    kind: str
    form: str


class Secrets:
    """Secrets by kind, and where text holds one of them.

    Digits count as a whole: `17846325` is not found in `1795178463250`, which is a moment. Six or seven of them are looked
    for as words of their own alone, and not where numbers are kept as bytes: a million of them is soon met by chance.
    """

    def __init__(self) -> None:
        self._digits: dict[str, Found] = {}  # as they are, and backwards
        self._short: dict[str, Found] = {}
        self._hashes: dict[str, Found] = {}
        self._raw: dict[bytes, Found] = {}  # the same as bytes
        self._windows: dict[str, Found] = {}
        self._words: dict[str, Found] = {}

    def __len__(self) -> int:
        return len(self._hashes) // len(_HASHES) + len(self._short) + len(self._words)

    def learn(self, secret: str, kind: str) -> bool:
        """Digits, or a word of so many random letters that it is met nowhere by chance. Whether it is a new one."""
        before = len(self)
        if not (secret.isascii() and secret.isdigit()):
            if len(secret) >= 16:
                self._words[secret] = Found(kind, "as it is")
        elif SHORTEST <= len(secret) < LONG:
            self._short[secret] = Found(kind, "as it is")
        elif len(secret) >= LONG and secret not in self._digits:
            self._digits.setdefault(secret[::-1], Found(kind, "backwards"))
            self._digits[secret] = Found(kind, "as it is")
            for hashed in _HASHES:
                made = hashed(secret.encode(), usedforsecurity=False)
                self._hashes[made.hexdigest()] = self._raw[made.digest()] = Found(kind, f"as its {made.name}")
            for at in range(3):
                self._windows[secret[at : at + _WINDOW]] = Found(kind, "in base64")
        return len(self) > before

    def within(self, text: str, public: Collection[str] = ()) -> Iterator[Found]:
        """All that is found in it. `public` are numbers that everybody may see, and that somebody keyed as a PIN."""
        if self._digits:
            for run in _RUN.findall(text):
                if (found := self._digits.get(run)) and run not in public:
                    yield found
            yield from self._in_disguise(text, public)
        for word in _WORD.findall(text) if self._short else ():
            if (found := self._short.get(word)) and word not in public:
                yield found
        for secret, found in self._words.items():
            if secret in text:
                yield found

    def within_bytes(self, raw: bytes, own: Collection[str] = (), public: Collection[str] = ()) -> Iterator[Found]:
        """The same in a piece of a database file, where texts stand side by side: also as a part of digits that are no
        number of their `own`, and hashes as bytes. No short ones: a million of them is soon met by chance."""
        text = text_of(raw)
        for run in _RUN.findall(text):
            if run not in own:
                windows = (run[at : at + size] for size in range(LONG, 11) for at in range(len(run) - size + 1))
                yield from (self._digits[part] for part in windows if part in self._digits and part not in public)
        yield from self._in_disguise(text, public)
        yield from (found for secret, found in self._words.items() if secret in text)
        yield from (found for digest, found in self._raw.items() if digest in raw)

    def _in_disguise(self, text: str, public: Collection[str]) -> Iterator[Found]:
        plain = [(re.sub(r"\D", "", spaced), "spaced") for spaced in _SPACED.findall(text)]
        plain += [(parted.replace(" ", ""), "parted") for parted in _PARTED.findall(text)]
        plain += [(percent.replace("%3", ""), "percent-encoded") for percent in _PERCENT.findall(text)]
        plain += [(pairs[1::2], "in hex") for pairs in _HEX.findall(text)]
        for digits, form in plain:
            found = self._digits.get(digits) or self._short.get(digits)
            if found and digits not in public:
                yield Found(found.kind, form)
        for groups in _BASE64.findall(text):
            if found := self._windows.get(base64.b64decode(groups).decode()[:_WINDOW]):
                yield found
        for run in _HASH.findall(text):
            if found := self._hashes.get(run):
                yield found


def stands_in(digits: str, text: str) -> bool:
    """Whether digits stand in a text as a number of their own, together or spaced. Not inside a longer number, a digest or a
    moment: there a few digits are met by chance."""
    return re.search(rf"(?<![0-9A-Za-z]){'[ ,.-]{0,2}'.join(digits)}(?![0-9A-Za-z])", text) is not None


def text_of(raw: bytes) -> str:
    """The words of six letters and more in bytes."""
    return b" ".join(_WORDS.findall(raw)).decode("ascii")
