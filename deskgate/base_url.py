"""Base URLs, taken only as browsers write them: what they send, and what Twilio signs over, is compared letter by letter."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import idna

_PORTS: Final = {"http": 80, "https": 443}
_PATH: Final = re.compile(r"[A-Za-z0-9._~%/-]*")


def checked(value: str, example: str) -> str:
    """Raises ValueError, whose message says what to write instead, and shows no password."""
    refused = ValueError(f"must be a base URL like {example}")
    try:
        parts = urlsplit(value.strip())
        port, host = parts.port, _host(parts.hostname or "")
    except (ValueError, idna.IDNAError):
        raise refused from None
    plain = not (parts.query or parts.fragment or parts.username or parts.password) and _PATH.fullmatch(parts.path)
    if parts.scheme not in _PORTS or not host or not plain:
        raise refused
    where = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    written = f"{parts.scheme}://{where}{parts.path}"
    if value != written:
        raise ValueError(f"write {written}")
    return written


def _host(name: str) -> str:
    """In small letters, and in the letters of the Internet: the name of a machine, or an address."""
    if ":" in name:
        return f"[{name}]"
    name = name.lower()
    return name if name.isascii() else idna.encode(name, uts46=True).decode()
