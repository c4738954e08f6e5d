"""How each kind of later work is done: reaching Twilio and the mail server, each within its time, each fit to be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx2
import structlog
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from authz import Action, Ask, Grant, Proof
from deskgate import mail
from deskgate.settings import SIMULATED_NUMBER, Settings
from ivr import after
from ivr.agent import leg_urls
from ivr.turn import Line
from store import WORKER, Store, Transaction, notices, recordings, rings
from store.recordings import Sound
from store.tickets import Recorded
from store.work import Work

TIMEOUT: Final = 10.0  # seconds for one request to another company; twilio-python has none of its own
LARGEST_RECORDING: Final = 32 * 1024 * 1024
RING_SECONDS: Final = 30
log = structlog.get_logger("deliver")
Deliveries = dict[str, Callable[[Work], None]]


class Later(Exception):
    """Cannot be done now and is put back for `seconds`, or with the usual back-off. The words are for the operator."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


def make_deliveries(settings: Settings, store: Store, line: Line | None, account: str, tokens: tuple[str, ...]) -> Deliveries:
    """Kind of work → how it is done. Without a phone line there is nothing to fetch or ring."""
    deliveries: Deliveries = {
        "notice": lambda work: _tell(settings, store, work),
        "alarm": lambda work: _alarm(settings, store, work),
    }
    if line is None:
        return deliveries
    base = f"{settings.public_url}/simulator/twilio" if settings.simulated else settings.twilio_api_url
    number = settings.twilio_number[0] if settings.twilio_number else SIMULATED_NUMBER
    client = Client(account, tokens[0], http_client=TwilioHttpClient(timeout=TIMEOUT))
    client.api.base_url = base
    return deliveries | {
        "ring": lambda work: _ring(line, client, number, work),
        "fetch_recording": lambda work: _fetch_recording(store, f"{base}/2010-04-01/Accounts/{account}", (account, tokens[0]), work),
        "late_recording": lambda work: after.keep_late(
            line, work.payload["call"], Recorded(work.payload["recording"], work.payload["seconds"])
        ),
        "late_transcript": lambda work: _late_transcript(store, work),
    }


def _granted(tx: Transaction) -> Grant:
    verdict = tx.ask(Ask(WORKER, Action.DESK_DELIVER, None, None, Proof.NONE))
    if not isinstance(verdict, Grant):
        raise Later("the worker may not deliver: see the scheme desk")
    return verdict


def _fetch_recording(store: Store, account_url: str, credentials: tuple[str, str], work: Work) -> None:
    """The URL is built from the recording's id, never taken from a webhook. platform-facts.md 1.9"""
    sid = str(work.payload["sid"])
    with httpx2.Client(auth=credentials, timeout=TIMEOUT, follow_redirects=False) as http:
        try:
            with http.stream("GET", f"{account_url}/Recordings/{sid}.wav") as answer:
                if answer.status_code != 200:
                    raise Later(f"Twilio answered {answer.status_code} for a recording", _retry_after(answer))
                content = bytearray()
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > LARGEST_RECORDING:
                        raise Later("a recording is larger than 32 MiB", 24 * 3600)
        except httpx2.TransportError as fault:
            raise Later(f"Twilio cannot be reached: {type(fault).__name__}") from fault
        sound = Sound(answer.headers.get("content-type", "audio/wav"), bytes(content))
    with store.transaction("worker") as tx:
        recordings.put(tx, _granted(tx), sid, sound)


def _retry_after(answer: httpx2.Response) -> float | None:
    """Seconds, if the answer names them."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdigit() else None


def _ring(line: Line, client: Client, number: str, work: Work) -> None:
    """Rings one phone of the desk. Done twice it would ring twice: so not when the caller has gone or was taken."""
    ring, leg = int(work.payload["ring"]), int(work.payload["leg"])
    with line.store.transaction("worker") as tx:
        waiting = rings.look(tx, ring)
        if waiting is None or waiting.over or waiting.taken or tx.now - waiting.started_at > RING_SECONDS * 1000:
            return
    answered, fared = leg_urls(line.store.keys, ring, leg)
    try:
        client.calls.create(
            to=str(work.payload["to"]),
            from_=number,
            url=line.twilio.url(answered),
            status_callback=line.twilio.url(fared),
            status_callback_event=["completed"],
            timeout=RING_SECONDS,
        )
    except TwilioRestException as refused:
        raise Later(f"Twilio answered {refused.status} to a call for the desk ({refused.code})", 5) from refused


def _late_transcript(store: Store, work: Work) -> None:
    with store.transaction("worker") as tx:
        if not recordings.transcribed(tx, str(work.payload["recording"]), str(work.payload["text"])):
            if work.attempts < 5:
                raise Later("its ticket is not there yet", 60)


def _tell(settings: Settings, store: Store, work: Work) -> None:
    if not settings.smtp_url:
        raise Later("SMTP_URL is not set: nobody can be told by mail", 3600)
    with store.transaction("worker") as tx:
        addressed = notices.addressed(tx, _granted(tx), work.payload)
    mail.send(settings, addressed, work.key)


def _alarm(settings: Settings, store: Store, work: Work) -> None:
    """In the log at once, whatever becomes of the mail."""
    if work.attempts == 1:
        log.critical("alarm", alarm=work.payload["alarm"], account_id=work.payload["account"])
    _tell(settings, store, Work(work.id, work.kind, work.key, {**work.payload, "notice": work.payload["alarm"]}, work.attempts))
