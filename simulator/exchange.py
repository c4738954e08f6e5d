"""The exchange: plays Twilio's part for any number of calls, in memory, with real signatures over PUBLIC_URL."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
from twilio.request_validator import RequestValidator

from simulator import forms, twiml
from simulator.conference import Conference
from simulator.forms import Form, Response
from simulator.journal import Fault, Webhook, masked, without_tokens
from simulator.leg import Leg
from simulator.leg_shown import leg_shown
from simulator.phone import Phone
from simulator.recording import Recording

_KEPT = 2000  # webhooks and faults remembered; the page shows far fewer


class UnreachableError(Exception):
    """The desk did not answer at all: no connection, or none in time."""


class Post(Protocol):
    """How the exchange reaches the desk: posts a form to a path on it. Raises Unreachable."""

    def __call__(self, path_and_query: str, form: Form, headers: dict[str, str]) -> Response: ...


def posting(client: httpx2.Client) -> Post:
    """A Post over an HTTP client whose base URL is the desk's; FastAPI's TestClient is one."""

    def post(path_and_query: str, form: Form, headers: dict[str, str]) -> Response:
        try:
            response = client.post(path_and_query, content=urlencode(form), headers=headers, follow_redirects=False)
        except httpx2.TransportError as error:
            raise UnreachableError(str(error) or type(error).__name__) from error
        return response.status_code, response.headers.get("content-type", ""), response.text

    return post


class Exchange:
    """Twilio, as far as the desk can tell.

    Webhooks are posted in the thread of whoever acts on a phone. The exchange's lock guards its lists only and is
    never held while posting, so the desk may use the REST API from within a webhook.
    """

    def __init__(
        self,
        post: Post,
        account_sid: str,
        auth_token: str,
        public_url: str,
        number: str,
        *,
        voice: str = "/ivr/voice",
        status: str = "/ivr/status",
        fallback: str = "/ivr/fallback",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.public_url = public_url.rstrip("/")
        self.number = number
        self.now = now
        self.refusing: dict[
            str, tuple[int, int]
        ] = {}  # a number → Twilio's HTTP status and code for whatever goes there
        self.webhooks: deque[Webhook] = deque(maxlen=_KEPT)
        self.faults: deque[Fault] = deque(maxlen=_KEPT)
        self.recordings: dict[str, Recording] = {}
        self.lost: set[str] = set()  # recordings that Twilio does not have
        self.messages: list[tuple[str, str]] = []  # text messages sent: to, body
        self.legs: dict[str, Phone] = {}
        self.conferences: dict[str, Conference[Leg]] = {}
        self._post = post
        self._routes = {"voice": voice, "status": status, "fallback": fallback}
        self._signer = RequestValidator(auth_token)
        self._lock = threading.RLock()
        self._rang = threading.Condition(self._lock)
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self._count = itertools.count(1)
        self._ticks = itertools.count()

    # Phones

    def phone(self, from_number: str) -> Phone:
        """A phone to call the desk from; `dial()` starts the call. Any text may stand for a withheld number."""
        phone = Phone(
            self,
            caller=from_number,
            called=self.number,
            direction="inbound",
            voice_url=self.public_url + self._routes["voice"],
            fallback_url=self.public_url + self._routes["fallback"],
            status_url=self.public_url + self._routes["status"],
        )
        return self._keep(phone)

    def create_call(
        self,
        to: str,
        url: str,
        *,
        from_number: str = "",
        status_callback: str = "",
        status_events: tuple[str, ...] = (),
        fallback_url: str = "",
        timeout: int = 60,
        detects: bool = False,
    ) -> Phone:
        """The REST API's Calls.create: a phone that rings until someone acts on it."""
        phone = Phone(
            self,
            caller=from_number or self.number,
            called=to,
            direction="outbound-api",
            voice_url=url,
            fallback_url=fallback_url,
            status_url=status_callback,
            status_events=status_events or ("completed",),
            ring_seconds=timeout,
            detects=detects,
        )
        self._keep(phone)
        with self._rang:
            self._rang.notify_all()
        self.changed(phone)
        return phone

    def ringing(self, patience: float = 0.0, party: str = "") -> Phone | None:
        """The outbound leg (of a party, caller or agent) that has rung longest, waiting up to `patience` seconds for one."""
        with self._rang:
            self._rang.wait_for(lambda: self._ringing(party) is not None, timeout=patience)
            return self._ringing(party)

    def _ringing(self, party: str) -> Phone | None:
        ringing = (leg for leg in self.legs.values() if leg.state == "ringing")
        return next((leg for leg in ringing if party in ("", leg.party)), None)

    def _keep(self, phone: Phone) -> Phone:
        with self._lock:
            self.legs[phone.sid] = phone
        return phone

    # Conferences: the lists change under the lock, the callbacks go out after it

    def enter(self, leg: Leg, noun: twiml.Verb) -> Conference[Leg]:
        with self._lock:
            room = self.conferences.setdefault(noun.text, Conference(noun.text))
            if not room.callback[0] and noun.get("statusCallback"):
                events = frozenset(noun.get("statusCallbackEvent").split())
                room.callback = (leg.absolute(noun.get("statusCallback")), events)
            events_now = room.join(leg, noun)
        for event in events_now:
            self._announce(room, leg, event)
        return room

    def leave(self, leg: Leg, room: Conference[Leg]) -> list[Leg]:
        """Take a leg out of its conference; returns the others, when it is over for them too."""
        with self._lock:
            if leg not in room.members:
                return []
            events, others = room.leave(leg)
            if not room.members:
                self.conferences.pop(room.name, None)
        for event in events:
            self._announce(room, leg, event)
        return others

    def rooms(self, name: str) -> list[Conference[Leg]]:
        """Those of this name that are in progress: one, or none."""
        with self._lock:
            return [room for room in self.conferences.values() if room.name == name and room.started]

    def member(self, room: str, call: str) -> Leg | None:
        """A leg that is in a conference, by their sids."""
        with self._lock:
            inside = [leg for one in self.conferences.values() if one.sid == room for leg in one.members]
        return next((leg for leg in inside if leg.sid == call), None)

    def others_in(self, leg: Leg, room: Conference[Leg]) -> list[Leg]:
        with self._lock:
            return [member for member in room.members if member is not leg] if room.started else []

    def _announce(self, room: Conference[Leg], leg: Leg, event: str) -> None:
        url, events = room.callback
        if not url or event not in events:
            return
        room.sequence += 1
        self.tell(leg, url, forms.conference(room, leg, event))

    # Requests

    def request(self, leg: Leg, url: str, form: Form) -> Response:
        """Post a signed webhook; one more try when the desk cannot be reached, as Twilio does (1.3)."""
        url = urljoin(self.public_url + "/", url).partition("#")[0]
        if url != self.public_url and not url.startswith((self.public_url + "/", self.public_url + "?")):
            raise twiml.TwimlError(11200, f"{without_tokens(url)} is not below {self.public_url}")
        path = url[len(self.public_url) :]
        headers = {
            "X-Twilio-Signature": self._signer.compute_signature(url, dict(form)),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "Accept": "*/*",
            "User-Agent": "TwilioProxy/1.1",
        }
        began = time.monotonic()
        try:
            try:
                response = self._post(path, form, headers)
            except UnreachableError:
                response = self._post(path, form, headers)
        except UnreachableError as error:
            self._log(leg.party, leg.sid, path, form, (0, "", str(error)), began)
            raise twiml.TwimlError(11205, f"no response: {error}") from None
        self._log(leg.party, leg.sid, path, form, response, began)
        return response

    def tell(self, leg: Leg, url: str, form: Form) -> None:
        """Post a callback, whose response never controls the call; one that Twilio would mind is noted as a fault."""
        try:
            status, content_type, body = self.request(leg, url, form)
            if body.strip() or not 200 <= status < 300:
                twiml.read(status, content_type, body)
        except twiml.TwimlError as error:
            self.fault(leg, error.code, error.words, url)

    def fault(self, leg: Leg, code: int, words: str, url: str) -> None:
        fault = Fault(code, words, urlsplit(url).path, leg.sid)
        with self._lock:
            self.faults.append(fault)
        self._tell_listeners({"kind": "fault", "call": leg.sid, "text": str(fault)})

    def rest(self, method: str, path: str, form: Form, response: Response, *, leg: str = "", call: str = "") -> None:
        """Note a use of the REST API, so that the page shows both directions."""
        self._log(leg, call, path, form, response, time.monotonic(), method=method, direction="to Twilio")

    def stamp(self) -> str:
        return formatdate(self.now())

    def tick(self) -> int:
        """A number greater than any before: what happened on which leg first."""
        return next(self._ticks)

    def _log(
        self,
        leg: str,
        call: str,
        path: str,
        form: Form,
        response: Response,
        began: float,
        *,
        method: str = "POST",
        direction: str = "to the desk",
    ) -> None:
        status, _, body = response
        with self._lock:
            webhook = Webhook(
                number=next(self._count),
                at=self.now(),
                direction=direction,
                leg=leg,
                call=call,
                method=method,
                path=without_tokens(path),
                params=masked(form),
                status=status,
                size=len(body.encode()),
                milliseconds=round((time.monotonic() - began) * 1000),
                response=without_tokens(body),
            )
            self.webhooks.append(webhook)
        self._tell_listeners({"kind": "webhook", **webhook.shown()})

    # Listeners

    def listen(self, listener: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        """Call `listener` with every event (of kind webhook, fault, leg), in the thread it happens in. Returns its end."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return stop

    def changed(self, leg: Leg) -> None:
        """Tell the listeners what a leg is like now."""
        self._tell_listeners({"kind": "leg", **leg_shown(leg)})

    def _tell_listeners(self, event: Mapping[str, Any]) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(dict(event))
