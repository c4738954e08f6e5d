"""Whether an address, or who asks, is this machine itself. Pure: no name but localhost is looked at, as names can be rebound."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_FORWARDED: Final = (
    *("forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server"),
)


def is_loopback(host: str) -> bool:
    host = host.strip("[]").lower()
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_here(url: str) -> bool:
    """Whether a URL leads to this machine."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def asks_for_itself(peer: str, scheme: str, headers: Mapping[str, str]) -> bool:
    """Whether a program or browser on this machine sends a request, for itself.

    The peer is loopback and no proxy stands between; the Host is a loopback name, or a page elsewhere could reach us
    by rebinding its own name; a browser's Origin is our own, or a page elsewhere could act for the person here.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    return (
        is_loopback(peer)
        and not any(name in headers for name in _FORWARDED)
        and is_here(f"//{host}")
        and (origin is None or origin == f"{scheme}://{host}")
        and headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    )
