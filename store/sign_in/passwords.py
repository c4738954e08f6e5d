"""Whether a password of the desk's people will do. NIST 800-63B-4, 3.1.1: long, not known to others, not made of what everybody knows.

How many guesses a password takes is zxcvbn's to say, which knows 30,000 of the passwords and words people choose, keyboards,
dates, and what they do to letters. Names, words of the desk and phrases that everybody knows are taken out before it is asked:
they count for nothing. Nor does what stands between letters, writing each of them twice, or the shift key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

SHORTEST, LONGEST = 15, 200  # characters
GUESSES: Final = 10**10  # zxcvbn's best class
JUDGED: Final = 30  # characters: with 40 there are some over which it sits for a second, with 72 for ten
_OURS: Final = ("deskgate", "support", "helpdesk", "servicedesk", "desk")
_FAMOUS: Final = (  # what zxcvbn counts as four words or more that have nothing to do with each other
    "correcthorsebatterystaple",
    "maytheforcebewithyou",
    "thequickbrownfoxjumpsoverthelazydog",
    "thequickbrownfox",
    "tobeornottobethatisthequestion",
    "tobeornottobe",
    "onceuponatime",
    "openthepodbaydoors",
    "myvoiceismypassport",
)
_SHIFTED: Final = (  # what the shift key makes of these keys, on American keyboards and on British ones
    str.maketrans('!@#$%^&*()_+{}|:"<>?~', "1234567890-=[]\\;',./`"),
    str.maketrans('!"£$%^&*()_+{}:@~<>?', "1234567890-=[];'#,./"),
)
KINDS: Final = {"repeat": "repeats", "sequence": "row", "spatial": "row", "dictionary": "common"}


def normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password: this is what is judged and hashed. NFKC, as NIST
    800-63B-4, 3.1.1.2 has it."""
    return unicodedata.normalize("NFKC", password)


def trouble(password: str, known: Iterable[str]) -> str | None:
    """Why this one will not do, as a code that the page has words for (`joining` in words.toml); None: it will. `known`: names and
    words that anybody would try first with this person. Takes up to a second for letters chosen with care."""
    password = normal(password)
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    words = sorted({*_words(*known), *_OURS}, key=len, reverse=True)
    for written in dict.fromkeys((password, *_plainer(password))):
        if (kind := _judged(written, words)) is not None:
            return kind
        for taken, kind in ((_FAMOUS, "common"), (words, "names")):
            left = re.sub("|".join(taken), "", written, flags=re.IGNORECASE)
            if left != written and _judged(left, words) is not None:
                return kind
    return None


def _plainer(password: str) -> Iterable[str]:
    """The same with nothing between its letters, where that is the same again and again; with letters that are written twice
    written once; and as it would be typed without the shift key, by which rows of keys are found (`!QAZ2wsx#EDC4rfv`)."""
    between = re.findall(r"[\W_]", password)
    if len(set(between)) <= 2:
        yield re.sub(r"[\W_]", "", password)
    yield re.sub(r"(.)\1", r"\1", password)
    for keys in _SHIFTED:
        if (typed := password.translate(keys)) != password:
            yield typed.lower()


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
