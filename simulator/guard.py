"""Who may use the simulator over HTTP: this machine's own browser and programs, and nobody else. All others get a 404."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

from simulator.loopback import is_loopback

_FORWARDED = (
    *("forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server"),
)


def is_from_this_machine(request: Request) -> bool:
    """Whether a program or browser on this machine asks, for itself.

    The peer is loopback and no proxy stands between; the Host is a loopback name, or a page elsewhere could reach us
    by rebinding its own name; a browser's Origin is our own, or a page elsewhere could act for the person here.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and not any(name in request.headers for name in _FORWARDED)
        and is_loopback(_name(host))
        and (origin is None or origin == f"{request.url.scheme}://{host}")
        and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    )


def loopback_only(request: Request) -> None:
    """A dependency of every route of the simulator."""
    if not is_from_this_machine(request):
        raise HTTPException(404)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
