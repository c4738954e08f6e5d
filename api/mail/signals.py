"""What the operator's own mail server says it has found out about a mail (RFC 8601): signals for agents to see, which prove nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

METHODS: Final = ("dkim", "spf", "dmarc")
_PASSES: Final = {"dkim": ("header.d",), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}
_REASON: Final = re.compile(r'\breason\s*=\s*"[^"\\]{0,1000}"', re.I)
_SAID: Final = re.compile(r"([a-z]{1,10}\.[a-z]{1,10})\s*=\s*([^\s;]{1,320})", re.ASCII | re.I)
_FAILS: Final = (("dmarc", "fail"), ("spf", "fail"), ("spf", "hardfail"), ("spf", "softfail"))
_RESULT: Final = re.compile(r"\s*([a-z0-9-]{1,20})\s*=\s*([a-z]{1,12})\b", re.ASCII | re.I)


def read(headers: Sequence[str], server: str) -> tuple[tuple[str, str], ...]:
    """Method and result, the first of each, of the Authentication-Results headers that `server` has written; all others are anybody's. The server
    takes headers in its name out of what comes in, as RFC 8601 asks of it (docs/mail.md)."""
    found: dict[str, str] = {}
    for method, result, _ in _results(headers, server):
        found.setdefault(method, result)
    return tuple((name, found[name]) for name in METHODS if name in found)


def vouched_by(headers: Sequence[str], server: str, sender: str) -> str:
    """The domain for whose servers that server has found that they sent this mail (DKIM, SPF or DMARC passed), where it is the domain of `sender` or one above
    it: its last two labels, so that whoever has a domain has one name here. Empty: nobody vouches for the sender. It makes no right; it says whose places a mail takes."""
    domain = sender.rpartition("@")[2].lower()
    if not _are_plain(headers):
        return ""
    results = list(_results(headers, server))
    if ("dmarc", "fail") in [(method, result) for method, result, _ in results]:
        return ""
    for method, result, said in results:
        named = [value.rpartition("@")[2].lower() for name, value in said if name.lower() in _PASSES[method]]
        if result != "pass" or len(named) != 1:  # of two, nobody knows which passed
            continue
        if "." in named[0] and f".{domain}".endswith(f".{named[0]}"):
            return ".".join(domain.split(".")[-2:])
    return ""


def refutes(headers: Sequence[str], server: str) -> bool:
    """Whether that server has found in any of its results that the mail was not sent from where it says (DMARC or SPF failed), or wrote what may be read in two ways."""
    found = {(method, result) for method, result, _ in _results(headers, server)}
    return not _are_plain(headers) or any(one in found for one in _FAILS)


def _are_plain(headers: Sequence[str]) -> bool:
    """Without quotes and with no bracket left open: a local part that was quoted, or a comment, may look like a result."""
    return not any(mark in plain for plain in map(_plain, headers) for mark in '"\\()')


def _plain(header: str) -> str:
    """Without reasons and comments; those within others go with them (RFC 5322, 3.2.2). From a bracket that is not closed on, all stays."""
    words = _REASON.sub(" ", header)
    kept, depth, began = [""], 0, 0
    for at, mark in enumerate(words):
        if mark == "(":
            if depth == 0:
                kept.append(words[began:at])
                began = at
            depth += 1
        elif mark == ")" and depth:
            depth -= 1
            if depth == 0:
                kept.append(" ")
                began = at + 1
    return "".join(kept) + words[began:]


def _results(headers: Sequence[str], server: str) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Method, result, and what was said with it."""
    for header in headers:
        by, _, rest = _plain(header).partition(";")
        if not server or by.lower().split()[:1] != [server.lower()]:
            continue
        for part in rest.split(";")[:50]:
            match = _RESULT.match(part)
            if match is not None and match[1].lower() in METHODS:
                yield match[1].lower(), match[2].lower(), _SAID.findall(part, match.end())
