"""The HTTP client: whatever we ask of Slack or Twilio goes out through one, which is made once for each address."""

from __future__ import annotations

import re
import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2

from store.db import spans
from store.text.this_machine import is_here

TIMEOUT: Final = 10.0  # seconds for each step: to connect, to send, for a part of the answer
# The last of Slack's `/api/…`, as nothing else is: the name of a file that is fetched there looks alike.
_THEIRS: Final = re.compile(
    r"(?<=/api/)[a-z]{2,20}(?:\.[A-Za-z]{2,30}){1,3}$|(?<=/)(?:Calls|Conferences|Messages|Participants|Recordings|IncomingPhoneNumbers)(?=[/.]|$)"
)
IDLE: Final = 30.0  # seconds a connection is kept that nothing goes over: less than any firewall forgets it after


def http_client(base_url: str, timeout: float = TIMEOUT, *, company: str = "other") -> httpx2.Client:
    """It keeps connections for all threads, tries nothing twice, follows no redirect and keeps no cookie. What leads to this machine
    passes through no proxy. `company` is a word of ours for whom it asks."""
    away = not is_here(base_url)
    return _Client(
        company,
        base_url=base_url,
        timeout=timeout,
        verify=_trusted(away),
        trust_env=away,
        limits=httpx2.Limits(keepalive_expiry=IDLE),
        headers={"Accept-Encoding": "identity"},  # how large an answer is counts before it is unpacked
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


class _Client(httpx2.Client):
    """Each request of ours to another company is a span, by the company and what is asked of it."""

    def __init__(self, company: str, **how: Any) -> None:
        self._company = company
        super().__init__(**how)

    def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        with spans.span("call", company=self._company, asks=_asked(request.url.path)):
            answer = super().send(request, **how)
            spans.say(status=answer.status_code)
            return answer


def _asked(path: str) -> str:
    """Slack's method, or what of Twilio's: the words of a path that are theirs, for the rest says whom or what it is about."""
    return " ".join(_THEIRS.findall(path)) or "other"


@cache
def _trusted(away: bool) -> ssl.SSLContext:
    """Reading the certificates takes longer than many a request."""
    return httpx2.create_ssl_context(trust_env=away)
