"""The part of Twilio's REST API that the desk uses, answered by the exchange: calls, text messages, recordings.

Shapes as in Twilio's own responses, cut down. Set TWILIO_API_URL to PUBLIC_URL and
`/simulator/twilio`.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from simulator.conference import Conference
from simulator.exchange import Exchange
from simulator.guard import loopback_only
from simulator.leg import Leg
from simulator.phone import CallOverError
from simulator.recording import Recording

PREFIX = "/simulator/twilio/2010-04-01/Accounts/{account}"


async def _form(request: Request) -> list[tuple[str, str]]:
    return parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)


Pairs = Annotated[list[tuple[str, str]], Depends(_form)]


def router(exchange: Exchange) -> APIRouter:
    """Routes below /simulator/twilio. Every request is loopback only and carries the account's basic authentication."""
    routes = APIRouter(prefix=PREFIX, dependencies=[Depends(loopback_only)], include_in_schema=False)

    def respond(
        request: Request, pairs: list[tuple[str, str]], status: int, body: dict[str, Any], call: str = ""
    ) -> Response:
        response = JSONResponse(body, status)
        path = request.url.path.removeprefix("/simulator/twilio")
        leg = exchange.legs[call].party if call in exchange.legs else ""
        exchange.rest(
            request.method, path, pairs, (status, "application/json", bytes(response.body).decode()), leg=leg, call=call
        )
        return response

    def refused(account: str, request: Request) -> Response | None:
        if account == exchange.account_sid and _credentials(request) == (exchange.account_sid, exchange.auth_token):
            return None
        return respond(request, [], 401, _error(20003, "Authenticate", 401))

    @routes.post("/Calls.json")
    def create_call(account: str, request: Request, pairs: Pairs) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        form = dict(pairs)
        for name, code in (("To", 21201), ("From", 21213), ("Url", 21205)):
            if not form.get(name):
                return respond(request, pairs, 400, _error(code, f"No '{name}' is specified", 400))
        if form["To"] in exchange.refusing:
            return respond(request, pairs, exchange.refusing[form["To"]][0], _refusal(exchange, form["To"]))
        phone = exchange.create_call(
            form["To"],
            form["Url"],
            from_number=form["From"],
            status_callback=form.get("StatusCallback", ""),
            status_events=tuple(
                value for name, value in pairs if name == "StatusCallbackEvent" for value in value.split()
            ),
            fallback_url=form.get("FallbackUrl", ""),
            timeout=int(form["Timeout"]) if re.fullmatch(r"[0-9]{1,6}", form.get("Timeout", "")) else 60,
            detects=form.get("MachineDetection") in ("Enable", "DetectMessageEnd"),
        )
        return respond(request, pairs, 201, _call(exchange, phone.sid, "queued"), phone.sid)

    @routes.post("/Calls/{call}.json")
    def update_call(account: str, call: str, request: Request, pairs: Pairs) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        form = dict(pairs)
        phone = exchange.legs.get(call)
        if phone is None:
            return respond(request, pairs, 404, _error(20404, f"The requested resource {call} was not found", 404))
        try:
            if form.get("Status") == "canceled":
                phone.cancel()
            elif form.get("Status") == "completed":
                phone.end()
            elif form.get("Url"):
                phone.redirect(form["Url"])
        except CallOverError:
            return respond(request, pairs, 400, _error(21220, "Call is not in-progress. Cannot redirect.", 400), call)
        return respond(request, pairs, 200, _call(exchange, call, phone.status), call)

    @routes.get("/Conferences.json")
    def conferences(account: str, request: Request) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        wanted = request.query_params
        found = exchange.rooms(wanted.get("FriendlyName", "")) if wanted.get("Status") == "in-progress" else []
        body = {"conferences": [_conference(account, room) for room in found], "next_page_uri": None, "page": 0}
        return respond(request, list(request.query_params.items()), 200, body)

    @routes.post("/Conferences/{conference}/Participants/{call}.json")
    def update_participant(account: str, conference: str, call: str, request: Request, pairs: Pairs) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        member = exchange.member(conference, call)
        if member is None:
            return respond(
                request, pairs, 404, _error(20404, f"The requested resource {call} was not found", 404), call
            )
        if url := dict(pairs).get("AnnounceUrl"):
            member.announce(url)
        body = {"account_sid": account, "conference_sid": conference, "call_sid": call, "status": "connected"}
        return respond(request, pairs, 200, body, call)

    @routes.post("/Messages.json")
    def create_message(account: str, request: Request, pairs: Pairs) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        form = dict(pairs)
        if not form.get("To") or not form.get("Body"):
            return respond(request, pairs, 400, _error(21604, "A 'To' number and a 'Body' are required", 400))
        if form["To"] in exchange.refusing:
            return respond(request, pairs, exchange.refusing[form["To"]][0], _refusal(exchange, form["To"]))
        exchange.messages.append((form["To"], form["Body"]))
        sid = "SM" + secrets.token_hex(16)
        body = {"sid": sid, "account_sid": account, "to": form["To"], "from": form.get("From"), "status": "queued"}
        return respond(request, pairs, 201, body)

    @routes.get("/Recordings/{recording}.wav")
    def recording_media(account: str, recording: str, request: Request) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        kept = exchange.recordings.get(recording)
        if kept is None and re.fullmatch("RE[0-9a-f]{32}", recording):
            kept = Recording(recording, "", "")  # made by a phone in a terminal: only that process knows its words
        if kept is None or recording in exchange.lost:
            return respond(request, [], 404, _error(20404, f"The requested resource {recording} was not found", 404))
        wav = kept.wav()
        path = request.url.path.removeprefix("/simulator/twilio")
        exchange.rest("GET", path, [], (200, "audio/x-wav", f"{len(wav)} bytes of sound"), leg="caller", call=kept.call)
        return Response(wav, media_type="audio/x-wav")

    @routes.delete("/Recordings/{recording}.json")
    def remove_recording(account: str, recording: str, request: Request) -> Response:
        if (refusal := refused(account, request)) is not None:
            return refusal
        if recording in exchange.lost or not re.fullmatch("RE[0-9a-f]{32}", recording):
            return respond(request, [], 404, _error(20404, f"The requested resource {recording} was not found", 404))
        exchange.recordings.pop(recording, None)
        exchange.lost.add(recording)
        path = request.url.path.removeprefix("/simulator/twilio")
        exchange.rest("DELETE", path, [], (204, "", ""), leg="caller")
        return Response(status_code=204)

    return routes


def _credentials(request: Request) -> tuple[str, str]:
    """The user and password of basic authentication; empty ones when there are none that can be read."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (user, password) if kind.lower() == "basic" else ("", "")


def _call(exchange: Exchange, sid: str, status: str) -> dict[str, Any]:
    phone = exchange.legs[sid]
    return {
        "sid": sid,
        "account_sid": exchange.account_sid,
        "api_version": "2010-04-01",
        "to": phone.called,
        "from": phone.caller,
        "status": status,
        "direction": phone.direction,
        "uri": f"/2010-04-01/Accounts/{exchange.account_sid}/Calls/{sid}.json",
    }


def _conference(account: str, room: Conference[Leg]) -> dict[str, Any]:
    return {"sid": room.sid, "account_sid": account, "friendly_name": room.name, "status": "in-progress"}


def _refusal(exchange: Exchange, to: str) -> dict[str, Any]:
    """As Twilio says it, with the number in its words."""
    status, code = exchange.refusing[to]
    return _error(code, f"Twilio refuses {to}", status)


def _error(code: int, message: str, status: int) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
