"""What differs from run to run, and stands as `<code>`, `<link>` and the like in a golden file; the newest of each, to be used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.house.test_names import ROOT

# Support IDs and PINs of the walks: eight digits that stay as they are.
FIXED: Final = frozenset(f"100000{n}" for n in (16, 24, 32, 40, 57, 65, 73, 81, 99))
(_WORDS,) = ROOT.glob("**/code_words.txt")
_word: Final = "|".join(_WORDS.read_text("ascii").split())
PATTERNS: Final = (
    ("number", re.compile(r"(?<=The number to give there is )[0-9] [0-9](?=\.)|(?<=Again: )[0-9] [0-9](?=\.)")),
    ("code", re.compile(r"(?<![0-9] )\b(?:[0-9] ){7}[0-9]\b(?! [0-9])")),
    ("code", re.compile(r"(?<![0-9+] )\b[0-9]{4} [0-9]{4}\b|(?<![0-9+./-])\b[0-9]{8}\b(?![.-][0-9])")),
    ("secret", re.compile(r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b")),
    ("words", re.compile(rf"\b(?:{_word}),? (?:{_word})\b")),
    ("link", re.compile(r"(?<=/join/)[\w-]{20,}|(?<=/enrol/)[\w-]{20,}|(?<=/pin/)[\w-]{20,}|(?<=state=)[\w.%-]{20,}")),
    ("key", re.compile(r"\bdgk_[0-9A-Za-z]{49}\b")),
    ("token", re.compile(r"\bdga_[\w-]{86}")),
    ("begins", re.compile(r"\bdgk_[0-9A-Za-z]{4}\b")),
    ("digest", re.compile(r"\b(?:CA|RE|SM)?[0-9a-f]{16,}\b")),
    ("port", re.compile(r"(?<=127\.0\.0\.1:)(?!8000\b)[0-9]{4,5}")),
)


class Chance:
    """`settled(words)` takes chance out of what somebody met; `filled(words)` puts the newest back into what somebody does."""

    def __init__(self, folder: Path) -> None:
        self.newest: dict[str, str] = {}
        self._folder = str(folder)

    def settled(self, words: str) -> str:
        words = words.replace(self._folder, "<here>")
        for name, pattern in PATTERNS:
            words = pattern.sub(lambda found, name=name: self._placeholder(name, found[0]), words)  # type: ignore[misc]
        return words

    def _placeholder(self, name: str, found: str) -> str:
        plain = found.replace(" ", "")
        if name == "code" and plain in FIXED:
            return found
        self.newest[name] = plain if name in ("code", "number", "secret") else found
        return f"<{name}>"

    def filled(self, words: str) -> str:
        return re.sub(r"<([a-z]+)>", lambda found: self.newest.get(found[1], found[0]), words)
