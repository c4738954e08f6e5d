"""Webhooks out: an event is told to each endpoint, signed as Standard Webhooks has it, and to no address inside the operator's network that is not listed (standardwebhooks.com, version 1.0)."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import ssl
from collections.abc import Iterator, Sequence
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

import anyio
import httpx2

from desk import webhook_events
from desk.actors import permit_worker
from deskgate.settings import Settings
from deskgate.webhook_addresses import RESERVED, Network, may_go_to, why_not
from store import Transaction
from store.db import spans
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError
from store.verification import verification_requests
from store.webhooks import webhook_messages
from store.webhooks.webhook_messages import FAILED, SENT, WAITING, WITHHELD, ToSend

TIMEOUT: Final = 15.0  # seconds, for all of it; the specification advises 15 to 30
_OURS: Final = {"User-Agent": "Deskgate", "Accept-Encoding": "identity"}


def deliveries(settings: Settings) -> dict[str, Delivery]:
    """Kind of job → how it is done."""
    return {
        webhook_messages.WORK: partial(_send, settings),
        "call_ended": _call_ended,
        verification_requests.TOLD: _verification_ended,
    }


def tell(tx: Transaction, job: Job, event: str, about: int) -> None:
    """Of what caused a job, with that job: once, however often it is tried."""
    webhook_messages.tell(tx, event, about, job.created_at, cause=job.id)


def _call_ended(tx: Transaction, job: Job) -> None:
    tell(tx, job, "call.ended", int(job.payload["support_call"]))


def _verification_ended(tx: Transaction, job: Job) -> None:
    tell(tx, job, "verification.ended", int(job.payload["verification"]))


def _send(settings: Settings, tx: Transaction, job: Job) -> Iterator[None]:
    grant, id = permit_worker(tx), str(job.payload["webhook"])
    found = webhook_messages.to_send(tx, grant, id)
    if found is None:
        return
    facts = webhook_events.facts(tx, grant, found.message, settings.public_url, settings.step_up_minutes)
    if facts is None:
        webhook_messages.became(tx, id, WITHHELD)
        return
    if not found.secrets:
        raise RetryLaterError("the secret of the endpoint was sealed with a key that is gone: rotate it", 3600)
    body = json.dumps(
        {
            "type": found.message.event,
            "timestamp": webhook_events.utc(found.message.happened_at),
            "data": facts,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    now = tx.now // 1000
    yield
    status = _post(found, settings.webhook_networks, body, now)
    if 200 <= status < 300:
        job.then.append(lambda tx: webhook_messages.became(tx, id, SENT, status))
        return
    if status == 410:  # the specification: it wants no more of them
        job.then.append(lambda tx: webhook_messages.became(tx, id, FAILED, status))
        raise PermanentError(f"endpoint {found.message.endpoint} answered 410: it wants no more; remove it")
    job.then.append(lambda tx: webhook_messages.became(tx, id, WAITING, status))
    raise RetryLaterError(f"endpoint {found.message.endpoint} answered {status}")


def _post(found: ToSend, networks: Sequence[Network], body: bytes, now: int) -> int:
    """What it answered. Raises `RetryLaterError`. The address that was looked at is the one that is asked: a name that points elsewhere a
    moment later leads nowhere."""
    why, parts = why_not(found.url, networks), urlsplit(found.url)
    if why is not None:
        raise RetryLaterError(f"endpoint {found.message.endpoint}: {why}", 3600)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = address_of(f"endpoint {found.message.endpoint}", host, port, networks)
    literal = f"[{address}]" if address.version == 6 else str(address)
    target = httpx2.URL(found.url).copy_with(host=literal)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "webhook-id": found.message.id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(_signature(secret, found.message.id, now, body) for secret in found.secrets),
    }
    try:
        with spans.span("call", company="webhook", asks="POST"):
            status = anyio.run(_answer, target, body, headers, host)
            spans.say(status=status)
            return status
    except TimeoutError:
        raise RetryLaterError(
            f"endpoint {found.message.endpoint} did not answer within {TIMEOUT:.0f} seconds"
        ) from None
    except httpx2.HTTPError as fault:
        raise RetryLaterError(f"endpoint {found.message.endpoint} cannot be reached: {type(fault).__name__}") from None


async def _answer(target: httpx2.URL, body: bytes, headers: dict[str, str], host: str) -> int:
    """Its status. Raises `TimeoutError` where all of it takes too long: a client that waits for each read alone is held by a byte now and then.
    Through no proxy, which would look names up anew; no connection and no cookie is kept, for each endpoint is somebody else's."""
    with anyio.fail_after(TIMEOUT):
        async with (
            httpx2.AsyncClient(verify=_trusted(), timeout=TIMEOUT, trust_env=False, headers=_OURS) as client,
            client.stream(
                "POST", target, content=body, headers=headers, extensions={"sni_hostname": host}, follow_redirects=False
            ) as answer,
        ):
            return answer.status_code


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: it takes longer than all the rest."""
    return httpx2.create_ssl_context(trust_env=False)


def _signature(secret: bytes, id: str, now: int, body: bytes) -> str:
    made = hmac.digest(secret, f"{id}.{now}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(made).decode()}"


def address_of(who: str, host: str, port: int, networks: Sequence[Network]) -> IPv4Address | IPv6Address:
    """The address that is asked, once every one that the name leads to was looked at. Raises `RetryLaterError`, with `who` it is of."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RetryLaterError(f"{who}: its name is not known") from None
    each = [ip_address(str(one[4][0])) for one in found]
    if any(not may_go_to(one, networks) for one in each):
        raise RetryLaterError(f"{who} leads to {RESERVED}", 3600)
    return each[0]
