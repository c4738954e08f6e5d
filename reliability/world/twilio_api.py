"""Twilio's REST API, played: calls made and changed, text messages, recordings fetched and removed.

In the journal: `calls` (to, url; the id is the call's sid), `call` (a change of one), `messages` (to, body), `recording`, `recording.removed`, `conferences`.
Every recording that is asked for is there: a second of sound whose comment is its own sid. Calls that the desk makes ring, and nobody is told of it
but by the journal: whoever plays the phone (calls.py) answers them at the `url` there.
"""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from reliability.journal import Journal
from reliability.world.answering import JSON, Answer, answered
from reliability.world.orders import Orders
from simulator.recording import Recording


class TwilioApi:
    def __init__(self, journal: Journal, orders: Orders) -> None:
        self._journal, self._orders = journal, orders

    async def answer(self, request: Request) -> Response:
        account, rest = request.path_params["account"], request.path_params["rest"]
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        place, _, name = rest.removesuffix(".json").partition("/")
        what = {("Calls", False): "calls", ("Calls", True): "call", ("Messages", False): "messages"}.get(
            (place, bool(name)), place.lower()
        )
        if what == "calls" and request.method == "GET":
            what = "calls.listed"
        if place == "Recordings":
            what, name = ("recording.removed" if request.method == "DELETE" else "recording"), name.partition(".")[0]
        facts = {
            "of": name,
            "to": form.get("To", ""),
            "body": form.get("Body", ""),
            "url": form.get("Url", ""),
            "status_callback": form.get("StatusCallback", ""),
            "wanted": form.get("Status", ""),
        }
        known = {name: value for name, value in facts.items() if value}
        return await answered(
            self._journal, self._orders, "twilio", what, known, lambda: self._done(account, what, name, form)
        )

    def _done(self, account: str, what: str, name: str, form: dict[str, str]) -> tuple[str, Answer]:
        if what == "recording":
            return name, (200, Recording(name, "", name).wav(), "audio/x-wav")
        if what == "recording.removed":
            return name, (204, b"", JSON)
        if what == "calls.listed":
            return "", _told({"calls": [], "next_page_uri": None})
        if what == "incomingphonenumbers":
            return "", _told({"incoming_phone_numbers": []})
        if what == "conferences":
            return "", _told({"conferences": [], "next_page_uri": None, "page": 0})
        sid = name or ("SM" if what == "messages" else "CA") + secrets.token_hex(16)
        told = {"sid": sid, "account_sid": account, "to": form.get("To"), "from": form.get("From"), "status": "queued"}
        if what == "call":
            told["status"] = form.get("Status") or "in-progress"
        return sid, _told(told, 200 if name else 201)


def _told(said: dict[str, Any], status: int = 200) -> Answer:
    return status, json.dumps(said).encode(), JSON
