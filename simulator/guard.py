"""Who may use the simulator over HTTP: this machine's own browser and programs, and nobody else. All others get a 404."""

from __future__ import annotations

from fastapi import HTTPException, Request

from store.text.this_machine import asks_for_itself


def loopback_only(request: Request) -> None:
    """A dependency of every route of the simulator."""
    peer = request.client.host if request.client is not None else ""
    if not asks_for_itself(peer, request.url.scheme, request.headers):
        raise HTTPException(404)
