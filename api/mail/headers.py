"""Headers of a mail, as text, whatever bytes they are made of. Pure."""

from __future__ import annotations

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from typing import Final

from store.text import addresses
from store.text.cleaning import cleaned

LONGEST: Final = 20_000  # characters of one that are looked at
LONGEST_FROM: Final = 2_000
_CODECS: Final = (
    "idna",
    "punycode",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-7",
)  # that nobody writes in, and that take their time
_ID: Final = re.compile(r"<[^\s<>@\"\\]{1,200}@[^\s<>@\"\\]{1,200}>", re.ASCII)


def values(mail: Message, name: str) -> list[str]:
    """All headers of that name in their order, not decoded, each in one line."""
    wanted = name.lower()
    return [_line(value) for key, value in mail.raw_items() if key.lower() == wanted]


def text(mail: Message, name: str) -> str:
    """The first of that name as people read it, RFC 2047 decoded; empty: there is none."""
    found = values(mail, name)
    if not found:
        return ""
    try:
        parts = decode_header(found[0])
    except (HeaderParseError, ValueError):
        return found[0]
    return _line("".join(_decoded(part, charset) for part, charset in parts))


def sender(mail: Message) -> str:
    """The one address of From. Empty: there is none, there are several, or it is no address, so that nobody knows whose it would be."""
    found = values(mail, "From")
    if len(found) != 1:
        return ""
    if len(found[0]) > LONGEST_FROM:
        return ""
    try:
        named = [address for _, address in getaddresses(found)]
    except RecursionError:  # comments within comments
        return ""
    return named[0] if len(named) == 1 and addresses.is_address(named[0]) else ""


def ids(mail: Message, *names: str) -> tuple[str, ...]:
    """The Message-IDs in headers of these names, in their order."""
    return tuple(one for name in names for value in values(mail, name) for one in _ID.findall(value))


def _line(value: object) -> str:
    # compat32 gives what is not ASCII as surrogates
    raw = str(value)[:LONGEST].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(cleaned(raw).split())


def decoded(content: bytes, charset: str) -> str:
    """Bytes in a charset of that name; where there is none, or it is no charset of mails, as UTF-8."""
    try:
        known = codecs.lookup(charset)
        return content.decode("utf-8" if known.name in _CODECS else known.name, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _decoded(part: bytes | str, charset: str | None) -> str:
    return part if isinstance(part, str) else decoded(part, charset or "ascii")
