"""The HTTP client: whatever we ask of Slack or Twilio goes out through one, which is made once for each address."""

from __future__ import annotations

import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2

from store.text.this_machine import is_here

TIMEOUT: Final = 10.0  # seconds for each step: to connect, to send, for a part of the answer
IDLE: Final = 30.0  # seconds a connection is kept that nothing goes over: less than any firewall forgets it after


def http_client(base_url: str, timeout: float = TIMEOUT) -> httpx2.Client:
    """It keeps connections for all threads, tries nothing twice, follows no redirect and keeps no cookie. What leads to this machine
    passes through no proxy."""
    away = not is_here(base_url)
    return httpx2.Client(
        base_url=base_url,
        timeout=timeout,
        verify=_trusted(away),
        trust_env=away,
        limits=httpx2.Limits(keepalive_expiry=IDLE),
        headers={"Accept-Encoding": "identity"},  # how large an answer is counts before it is unpacked
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


@cache
def _trusted(away: bool) -> ssl.SSLContext:
    """Reading the certificates takes longer than many a request."""
    return httpx2.create_ssl_context(trust_env=away)
