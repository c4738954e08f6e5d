"""Whether a host is this machine itself: asked by the settings of every command, so it imports nothing."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Is this host name or address the machine itself? No name but localhost is looked at: names can be rebound."""
    host = host.strip("[]").lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
