"""What we ask of Twilio's REST API: ring a phone, move a leg or say something to it, send a text message, fetch or remove a recording.

Twilio's own library speaks over our HTTP client, which has time-outs (its own has none), and which
a test or the simulator can be put behind.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx2
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from deskgate.http_client import TIMEOUT
from store.jobs.job_queue import PermanentError, RetryLaterError
from store.messages.recordings import Sound
from store.text import numbers

LARGEST_RECORDING: Final = 32 * 1024 * 1024
TWILIO: Final = "https://api.twilio.com"


class _OverHttpx(HttpClient):  # type: ignore[misc]
    """Twilio's library over an httpx2 client whose base URL stands in for Twilio's own. Nothing is logged: the library would log requests
    with everything in them."""

    def __init__(self, http: httpx2.Client) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=TIMEOUT)
        self._http = http

    def request(self, method: str, url: str, params: Any = None, data: Any = None, **rest: Any) -> Response:
        response = self._http.request(
            method, url.removeprefix(TWILIO), params=params, data=data, headers=rest["headers"], auth=rest["auth"]
        )
        return Response(response.status_code, response.text, response.headers)


class TwilioRest:
    """`http` has Twilio's base URL, or that of what stands in for it."""

    def __init__(self, http: httpx2.Client, account: str, token: str, number: str) -> None:
        self._http, self._account, self._token, self._number = http, account, token, number
        self._client = Client(account, token, http_client=_OverHttpx(http))

    def ring(self, to: str, answered: str, fared: str, seconds: int, *, detect: bool = False) -> str:
        """Calls a phone; the call's sid. `detect`: what answers is listened to first, and told us as AnsweredBy. Raises `RetryLaterError`,
        or `PermanentError` where Twilio will not ring that number at all."""
        heard = {"machine_detection": "Enable"} if detect else {}
        with _asking("a call") as refused:
            made = self._client.calls.create(
                to=to,
                from_=self._number,
                url=answered,
                status_callback=fared,
                status_callback_event=["completed"],
                timeout=seconds,
                **heard,
            )
        if refused:
            raise PermanentError(f"Twilio answered {refused[0]} to a call")
        return str(made.sid)

    def cancel(self, call: str) -> bool:
        """Stops a phone that rings. False: it is picked up already, and goes on, or it is over. Raises `RetryLaterError`."""
        with _asking("a phone to be stopped") as refused:
            now = self._client.calls(call).update(status="canceled")
        return not refused and now.status != "in-progress"

    def hang_up(self, call: str) -> None:
        """Ends a leg, whatever it is in. One that is over already stays so. Raises `RetryLaterError`."""
        with _asking("a leg to be ended"):
            self._client.calls(call).update(status="completed")

    def redirect(self, call: str, url: str) -> bool:
        """Takes a leg out of whatever it is in, to what `url` answers. False: that call is over. Raises `RetryLaterError`."""
        with _asking("a redirect") as refused:
            self._client.calls(call).update(url=url, method="POST")
        return not refused

    def announce(self, room: str, leg: str, url: str) -> bool:
        """Says what `url` answers to one of those in a room, and to nobody else there. False: they are not there. Raises `RetryLaterError`."""
        with _asking("an announcement"):
            found = self._client.conferences.list(friendly_name=room, status="in-progress", limit=1)
            for one in found:
                self._client.conferences(one.sid).participants(leg).update(announce_url=url, announce_method="POST")
            if found:
                return True
        return False

    def text(self, to: str, words: str) -> None:
        """Sends a text message. Raises `RetryLaterError`, or `PermanentError` where Twilio will not have it at all."""
        with _asking("a text message") as refused:
            self._client.messages.create(to=to, from_=self._number, body=words)
        if refused:
            raise PermanentError(f"Twilio answered {refused[0]} to a text message")

    def remove_recording(self, sid: str) -> None:
        """For good. One that is not there is as good. Raises `RetryLaterError`, `PermanentError`."""
        with _asking("a recording to be removed"):
            self._client.recordings(sid).delete()

    def recording(self, sid: str) -> Sound | None:
        """The sound. Its URL is built from the recording's id, never taken from a webhook. None: Twilio
        does not have it, or not yet. Raises `RetryLaterError`, `PermanentError`."""
        url = f"/2010-04-01/Accounts/{self._account}/Recordings/{sid}.wav"
        content = bytearray()
        try:
            with self._http.stream("GET", url, auth=(self._account, self._token)) as response:
                if response.status_code == 404:
                    return None
                if response.status_code != 200:
                    raise refusal("a recording", response.status_code, None, _retry_after(response))
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > LARGEST_RECORDING:
                        raise PermanentError("a recording is larger than 32 MiB")
        except httpx2.RequestError as fault:
            raise RetryLaterError(f"Twilio cannot be reached: {type(fault).__name__}") from fault
        return Sound(response.headers.get("content-type", "audio/wav"), bytes(content))


GONE: Final = (404, 20404, 21220)  # HTTP status or Twilio's code: there is no such call or participant, or it is over
OPERATORS: Final = 300.0  # seconds until the next try where the operator has to mend something at Twilio first
# Twilio's codes of what passes by itself, and of what the operator mends: the account and its token, our own number, the
# countries switched on, what a trial may not. Every other refusal of Twilio's is of this number or message, and stays.
PASSING: Final = frozenset([14107, 20429, 21611, 30001, 30022])
OF_THE_ACCOUNT: Final = frozenset(
    [
        *(10001, 10002, 10004, 13227, 20003, 20005, 20006, 20008, 20010, 20403),
        *(21210, 21212, 21213, 21215, 21219, 21408, 21603, 21606, 21608, 21660, 21703, 21704, 30002),
    ]
)


@contextmanager
def _asking(what: str) -> Iterator[list[int]]:
    """Yields a list that has something in it afterwards where what we asked about is gone. Raises `RetryLaterError`, `PermanentError`."""
    refused: list[int] = []
    try:
        yield refused
    except TwilioRestException as error:
        if error.status not in GONE and error.code not in GONE:
            raise refusal(what, error.status, error.code) from None  # its own words quote the number
        refused.append(error.status)
    except httpx2.RequestError as fault:
        raise RetryLaterError(f"Twilio cannot be reached: {type(fault).__name__}", 5) from fault


def refusal(what: str, status: int, code: int | None, wait: float | None = None) -> RetryLaterError | PermanentError:
    """What follows from Twilio's refusal: by its code where there is one, else by the HTTP status."""
    said = f"Twilio answered {status}{f' ({code})' if code else ''} to {what}"
    if status == 429 or status >= 500 or status in (408, 425) or code in PASSING:
        return RetryLaterError(said, wait or 5)
    if status in (401, 403) or code in OF_THE_ACCOUNT:
        return RetryLaterError(f"{said}: check the account at Twilio", OPERATORS)
    return PermanentError(said)


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds, if the answer names them."""
    return numbers.parse_int(response.headers.get("retry-after", ""))
