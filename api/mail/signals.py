"""What the operator's own mail server says it has found out about a mail (RFC 8601): signals for agents to see, which prove nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

METHODS: Final = ("dkim", "spf", "dmarc")
_COMMENT: Final = re.compile(r"\([^()]{0,1000}\)")
_RESULT: Final = re.compile(r"\s*([a-z0-9-]{1,20})\s*=\s*([a-z]{1,12})\b", re.ASCII | re.I)


def read(headers: Sequence[str], server: str) -> tuple[tuple[str, str], ...]:
    """Method and result, the first of each, of the Authentication-Results headers that `server` has written; all others are anybody's. The server
    takes headers in its name out of what comes in, as RFC 8601 asks of it (docs/mail.md)."""
    found: dict[str, str] = {}
    for header in headers:
        plain = _COMMENT.sub(" ", header)
        by, _, rest = plain.partition(";")
        if not server or by.lower().split()[:1] != [server.lower()]:
            continue
        for part in rest.split(";")[:50]:
            match = _RESULT.match(part)
            if match is not None and match[1].lower() in METHODS:
                found.setdefault(match[1].lower(), match[2].lower())
    return tuple((name, found[name]) for name in METHODS if name in found)
