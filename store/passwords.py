"""Whether a password of the desk's people will do. NIST 800-63B-4, 3.1.1: long, not known to others, not made of what everybody knows.

How many guesses a password takes is zxcvbn's to say, which knows 30,000 of the passwords and words people choose, keyboards,
dates, and what they do to letters. Names and words of the desk are taken out before it is asked: they count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SHORTEST, LONGEST = 15, 200  # characters
GUESSES: Final = 10**10  # zxcvbn's best class
JUDGED: Final = 40  # characters: with 72 there are some over which it sits for ten seconds
_OURS: Final = ("deskgate", "support", "helpdesk", "servicedesk", "desk")
KINDS: Final = {"repeat": "repeats", "sequence": "row", "spatial": "row", "dictionary": "common"}


def trouble(password: str, known: Iterable[str]) -> str | None:
    """Why this one will not do, as a code that the page has words for (`joining` in words.toml); None: it will. `known`: names and
    words that anybody would try first with this person."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    words = sorted({*_words(*known), *_OURS}, key=len, reverse=True)
    kind, left = _judged(password, words), re.sub("|".join(words), "", password, flags=re.IGNORECASE)
    if kind is None and left != password and _judged(left, words) is not None:
        return "names"
    return kind


def _judged(password: str, words: list[str]) -> str | None:
    """What makes it easy to guess; None: nothing does."""
    from zxcvbn import zxcvbn  # here: its word lists are a third of a second, and only those who join need them

    if not password:
        return "names"
    found = zxcvbn(password[:JUDGED], user_inputs=words)
    if found["guesses"] >= GUESSES:
        return None
    longest = max(found["sequence"], key=lambda part: len(part["token"]))
    if longest.get("dictionary_name") == "user_inputs":
        return "names"
    return KINDS.get(longest["pattern"], "guessable")


def _words(*names: str) -> set[str]:
    """As they stand and in parts: `agent.kim` is known, and so is `kim`."""
    return {word for name in names for word in re.findall(r"[^\W_]+", name.casefold()) if len(word) > 2}
