"""Where webhooks may go: over https, and to no address inside the operator's network that is not listed."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from store.webhooks.webhook_endpoints import LONGEST_URL

RESERVED: Final = "an address inside a network: list it in WEBHOOK_NETWORKS if it is yours"
_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network(
    "2000::/3"
)  # all that was ever given out (RFC 4291); translators and old forms stand outside
_EXAMPLES: Final = IPv6Network("3fff::/20")  # RFC 9637, which Python 3.11 does not know
Network = IPv4Network | IPv6Network


def why_not(url: str, networks: Sequence[Network]) -> str | None:
    """Why nothing is sent to an address, or None. A name is looked up when something is sent, not here."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is no address: write it like https://help.example/hooks"
    if not host or parts.scheme not in ("http", "https") or len(url) > LONGEST_URL:
        return "it is no address: write it like https://help.example/hooks"
    if parts.username or parts.password or parts.fragment:
        return "it has a user, a password or a # in it: leave them out"
    try:
        addresses = [ip_address(host)]
    except ValueError:
        addresses = []
    if any(not may_go_to(one, networks) for one in addresses):
        return f"it is {RESERVED}"
    if parts.scheme == "http" and not (addresses and _is_listed(addresses[0], networks)):
        return "it is not encrypted: use https (http only to an address that WEBHOOK_NETWORKS lists)"
    return None


def may_go_to(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Whether anything is sent to an address: what a name leads to is known only when something is."""
    if isinstance(address, IPv6Address) and (within := _within(address)) is not None:
        return may_go_to(within, networks)
    if _is_listed(address, networks):
        return True
    given_out = address.version == 4 or (address in _UNICAST and address not in _EXAMPLES)
    return given_out and address.is_global and not address.is_multicast


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that one leads to by way of a translator: mapped, 6to4 (RFC 3056), NAT64 (RFC 6052)."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_listed(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
