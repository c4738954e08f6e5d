"""The desk's other help desk as the settings name it, reached at no address inside the operator's network that is not listed."""

from __future__ import annotations

from collections.abc import Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2

from api.help_desks.help_desk import HelpDesk
from api.help_desks.request_tracker import RequestTracker
from deskgate.settings import Settings
from deskgate.webhook_addresses import Network, why_not
from deskgate.webhook_jobs import address_of
from store.jobs.job_queue import RetryLaterError

TIMEOUT: Final = 15.0  # seconds for each step


def help_desk_of(settings: Settings) -> HelpDesk | None:
    """None where none is set."""
    if not settings.rt_url:
        return None
    http = httpx2.Client(
        base_url=f"{settings.rt_url}/",
        timeout=TIMEOUT,
        trust_env=False,
        transport=_Listed(settings.webhook_networks),
        headers={"User-Agent": "Deskgate", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
    return RequestTracker(http, settings.rt_user, settings.rt_secret, settings.rt_queue, token=bool(settings.rt_token))


class _Listed(httpx2.BaseTransport):
    """As with webhooks: the address that was looked at is the one that is asked."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._to = httpx2.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        why = why_not(f"{url.scheme}://{url.netloc.decode()}", self._networks)
        if why is not None:
            raise RetryLaterError(f"RT_URL: {why}", 3600)
        address = address_of("RT_URL", url.host, url.port or (443 if url.scheme == "https" else 80), self._networks)
        request.url = url.copy_with(host=f"[{address}]" if address.version == 6 else str(address))
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        return self._to.handle_request(request)

    def close(self) -> None:
        self._to.close()
