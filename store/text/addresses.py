"""E-mail addresses as people type them: whether there can be such a one. Pure."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache
from typing import Final

import idna

from store.text.cleaning import cleaned

LONGEST: Final = 254
_BAD: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"  # not in one line
EMAIL: Final = rf"^[^{_BAD}\s@<>(),;:\\\x22\[\]]+@[^{_BAD}\s@<>(),;:\\\x22\[\]]+$"
"""As pydantic, Python and whoever reads our OpenAPI read a pattern."""
_EMAIL: Final = re.compile(EMAIL)
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def is_address(word: str) -> bool:
    fits = len(word) <= LONGEST and bool(_EMAIL.match(word)) and cleaned(word) == word
    return fits and is_plain(word) and is_domain(word.rpartition("@")[2])


def is_plain(word: str) -> bool:
    """Written with the letters it is read as: with wide ones (`ａ@x.example`) one address would be on file twice."""
    return unicodedata.normalize("NFKC", word) == word


@lru_cache(maxsize=4096)
def is_domain(name: str) -> bool:
    with suppress(idna.IDNAError):
        name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    return len(name) < 254 and all(_LABEL.fullmatch(label) for label in name.split("."))


def folded(address: str) -> str:
    """As addresses are compared: without regard to case, the domain in ASCII. What is no address is itself."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return address.strip().casefold()
    with suppress(idna.IDNAError, UnicodeError):
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    return f"{local.casefold()}@{domain.casefold()}"
