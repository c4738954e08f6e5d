"""Where a request comes from: the client's own address, as the proxy in front says it. Nobody else is believed.

Somebody at home has a whole /64 of IPv6 addresses, so that counts as one; around an address is its network, a /48 or a /24. One person
may have very many /48s, so where networks are counted, of IPv6 it is the /32 that a provider is allocated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

Networks = Sequence[IPv4Network | IPv6Network]


class ClientAddress(NamedTuple):
    """`address`, `network` and `allocation` around it as words. `unsaid`: a proxy asked, and did not say for whom."""

    address: str
    network: str
    allocation: str
    unsaid: bool = False


def whence(scope: Mapping[str, Any], proxies: Networks) -> ClientAddress:
    """Of an ASGI request. The proxies' own addresses are passed over from the right: whatever a client writes stands to the left of its own."""
    here = _address((scope.get("client") or ("",))[0])
    if here is None or not _one_of(here, proxies):
        return _words(here)
    said = (
        b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1").split(",")
    )
    for word in reversed(said):
        there = _address(word.strip())
        if there is None or not _one_of(there, proxies):
            return _words(there or here)._replace(unsaid=there is None)
    return _words(here)


def _address(word: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(word.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _one_of(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def _words(address: IPv4Address | IPv6Address | None) -> ClientAddress:
    if address is None:
        return ClientAddress("unknown", "unknown", "unknown")
    lengths = (64, 48, 32) if address.version == 6 else (32, 24, 24)
    near, network, allocation = (str(ip_network(f"{address}/{length}", strict=False)) for length in lengths)
    return ClientAddress(str(address) if address.version == 4 else near, network, allocation)
