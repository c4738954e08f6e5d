"""Who may use the simulator over HTTP: this machine's own browser and programs, and nobody else. All others get a 404."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_loopback(host: str) -> bool:
    """Is this host name or address the machine itself? No name but localhost is looked at: names can be rebound."""
    host = host.strip("[]").lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def loopback_only(request: Request) -> None:
    """A dependency of every route of the simulator.

    The peer is loopback and no proxy stands between; the Host is a loopback name, or a page elsewhere could reach us
    by rebinding its own name; a browser's Origin is our own, or a page elsewhere could act for the person here.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if (
        request.client is None
        or not is_loopback(request.client.host)
        or any(name in request.headers for name in _FORWARDED)
        or not is_loopback(_name(host))
        or (origin is not None and origin != f"{request.url.scheme}://{host}")
        or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    ):
        raise HTTPException(404)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
