"""The page, and the keypad phone on it: what can be done with it, and a live stream of what happens.

The page's other half, Slack, has its routes in slack/web.py, and stays hidden where those are not there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from importlib.resources import files

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from simulator.event_stream import stream, uvicorn_stops
from simulator.exchange import Exchange
from simulator.guard import loopback_only
from simulator.leg_shown import leg_shown, turn
from simulator.phone import WITHHELD, CallOverError, Phone
from simulator.script import written_down

_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_STATIC = {
    "simulator.css": _STYLE,
    "slack.css": _STYLE,
    "simulator.js": _SCRIPT,
    "phone.js": _SCRIPT,
    "webhooks.js": _SCRIPT,
    "voice.js": _SCRIPT,
    "make.js": _SCRIPT,
    "slack.js": _SCRIPT,
    "slack-room.js": _SCRIPT,
    "slack-composer.js": _SCRIPT,
    "slack-form.js": _SCRIPT,
    "slack-blocks.js": _SCRIPT,
    "slack-mrkdwn.js": _SCRIPT,
    "handset.svg": "image/svg+xml",
    "inbox.css": _STYLE,
    "inbox.js": _SCRIPT,
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_SHOWN = 200  # webhooks a page starts with


class Dial(BaseModel):
    """Who calls: an E.164 number, or anything else for none."""

    from_number: str = Field(alias="from", max_length=40)


class Act(BaseModel):
    """What is done with a phone: one of the names in `_do`, with keys or words where it needs them."""

    act: str
    keys: str = Field("", max_length=60)
    text: str = Field("", max_length=4000)
    turn: int | None = None


def router(exchange: Exchange, people: list[dict[str, str]], *, closing: Callable[[], bool] | None = None) -> APIRouter:
    """Routes below /simulator. `people` are shown as cards: name, number, support_id, pin, note; all but name may lack.

    `closing` says that the server is about to stop, which a live stream would hold up; uvicorn is asked unless given.
    What is done runs in the thread pool, for the exchange posts to this very service and waits for its response.
    """
    started = secrets.token_hex(8)  # a page that was open when the service went away begins anew
    routes = APIRouter(prefix="/simulator", dependencies=[Depends(loopback_only)], include_in_schema=False)

    @routes.get("")
    def page() -> Response:
        return Response(_file("page.html"), media_type="text/html", headers=HEADERS)

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404)
        return Response(_file(f"static/{name}"), headers={**HEADERS, "Content-Type": _STATIC[name]})

    @routes.get("/state")
    def state() -> Response:
        legs = [leg_shown(leg) for leg in list(exchange.legs.values()) if leg.state != "idle"]
        webhooks = [hook.shown() for hook in list(exchange.webhooks)[-_SHOWN:]]
        body = {
            "started": started,
            "number": exchange.number,
            "people": people,
            "legs": legs[-20:],
            "webhooks": webhooks,
        }
        return JSONResponse(body, headers=HEADERS)

    @routes.get("/events")
    async def events() -> StreamingResponse:
        live = stream(exchange.listen, closing or uvicorn_stops)
        return StreamingResponse(live, media_type="text/event-stream", headers=HEADERS)

    @routes.post("/calls")
    def dial(body: Dial) -> Response:
        phone = exchange.phone(body.from_number.strip() or WITHHELD)
        phone.dial()
        return JSONResponse(leg_shown(phone), 201)

    @routes.post("/legs/{call}")
    def act(call: str, body: Act) -> Response:
        phone = exchange.legs.get(call)
        if phone is None:
            return JSONResponse({"error": "there is no such phone (any more)"}, 404)
        if body.turn is not None and body.turn != turn(phone):
            return JSONResponse({"error": "something happened meanwhile", "leg": leg_shown(phone)}, 409)
        try:
            _do(phone, body)
        except CallOverError as error:
            return JSONResponse({"error": str(error), "leg": leg_shown(phone)}, 409)
        except ValueError as error:
            return JSONResponse({"error": str(error), "leg": leg_shown(phone)}, 422)
        return JSONResponse(leg_shown(phone))

    @routes.get("/legs/{call}/script")
    def script(call: str) -> Response:
        phone = exchange.legs.get(call)
        if phone is None or phone.party != "caller":
            raise HTTPException(404)
        return PlainTextResponse(written_down(phone), headers=HEADERS)

    return routes


def _do(phone: Phone, body: Act) -> None:
    match body.act:
        case "press":
            phone.press(body.keys)
        case "wait":
            phone.wait()
        case "speak":
            phone.speak(body.text)
        case "speak and hang up":
            phone.speak(body.text, then_hang_up=True)
        case "hang up":
            phone.hang_up()
        case "answer":
            phone.answer()
        case "let a machine answer":
            phone.answer(by="machine_start")
        case "decline":
            phone.decline()
        case "no answer":
            phone.no_answer()
        case _:
            raise ValueError("a phone cannot do that")


def _file(name: str) -> bytes:
    return files("simulator").joinpath(name).read_bytes()
