"""Every webhook of the phone on one page: checked, parsed, handed to a pool thread, answered in TwiML, always.

`/ivr/voice` where a call begins · `/ivr/turn` every turn after · `/ivr/recording` and `/ivr/transcription` what was
spoken · `/ivr/status` the call's end · `/ivr/fallback` when something failed · `/ivr/agent…` the desk's own
phones · `/ivr/keypad` a caller sent there from a talk · `/ivr/called` and `/ivr/called/status` a call of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import inf
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from desk import faults
from ivr import admission, after, agent, outgoing, screens
from ivr.admission import Waiting
from ivr.turn import Fingerprint, PhoneContext, RefusedError, answer_call, begin_turn, recall_to_keypad
from ivr.types import DialEnded, Heard, Keys, Spoken
from ivr.webhook import OVER, OfACall, OfARecording, OfATranscription, Webhook
from store import retried
from store.db import spans
from store.messages.timeline import Recorded
from store.verification.hash_pool import PLACES, QUEUE

log = structlog.get_logger("ivr")
# Threads of our own cost half of what the web framework's hop does. Few for turns, as more only wait for each other; those
# who wait for a PIN to be hashed have others, as many as the pool of hashes lets in and some repeats.
_TURNS = ThreadPoolExecutor(4, thread_name_prefix="turn")
_WAITING = Waiting()
_CHECKS = ThreadPoolExecutor(PLACES + QUEUE + 4, thread_name_prefix="check")
Twiml = str | Callable[[], str]
Handler = Callable[[PhoneContext, Webhook, Mapping[str, str]], Twiml]


def router(on: PhoneContext) -> APIRouter:
    """The phone channel, over what it works with."""
    routes = APIRouter()
    for path, handler in ROUTES.items():
        routes.add_route(
            f"/ivr{path}", _endpoint(on, handler), methods=["POST"], name=handler.__name__, include_in_schema=False
        )
    return routes


def _endpoint(on: PhoneContext, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    kind = _KINDS.get(handler, OfACall)

    async def endpoint(request: Request) -> Response:
        path, asked = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
        signature = request.headers.get("X-Twilio-Signature", "")
        try:
            on.twilio.may_be_signed(signature)
            body = await request.body()
            found = on.twilio.read(f"{path}?{asked}" if asked else path, body, signature, kind)
            pairs = parse_qsl(asked, keep_blank_values=True, max_num_fields=10)
            query = dict(pairs)
            if len(query) != len(pairs):
                raise HTTPException(400, "a query parameter came twice")
            return _twiml(await _answered(on, handler, found, query))
        except HTTPException as bad:
            log.warning("request_refused", route=request.scope["path"], why=bad.detail)
            return _twiml(screens.refusal(on.phrases), bad.status_code)
        except RefusedError as refused:
            log.warning("request_refused", route=request.scope["path"], why=str(refused))
            return _twiml(screens.refusal(on.phrases), 403)
        except Exception as fault:
            faults.note(fault, "phone", route=request.scope["path"])
            return _twiml(_apology(on, handler))

    return endpoint


async def _answered(on: PhoneContext, handler: Handler, found: Webhook, query: Mapping[str, str]) -> str:
    number = _WAITING.came()
    try:
        if not on.store.gate.is_open:
            await asyncio.sleep(0)  # whoever came before us may be answered right here, and we have waited for them
        if _WAITING.longest() > _BOUNDS.get(handler, inf):
            log.warning("call_turned_away", route=handler.__name__)
            return screens.full(on.phrases)
        return await _let_in(on, number, handler, found, query)
    finally:
        _WAITING.begun(number)


async def _let_in(on: PhoneContext, number: int, handler: Handler, found: Webhook, query: Mapping[str, str]) -> str:
    """Every turn is safe to repeat, whatever became of the first try."""
    twiml = await on.store.do(lambda: _begun(on, number, handler, found, query), _TURNS)
    if isinstance(twiml, str):
        return twiml
    return await asyncio.get_running_loop().run_in_executor(_CHECKS, spans.carried(twiml))


def _begun(on: PhoneContext, number: int, handler: Handler, found: Webhook, query: Mapping[str, str]) -> Twiml:
    _WAITING.begun(number)
    return _handled(on, handler, found, query)


def _handled(on: PhoneContext, handler: Handler, found: Webhook, query: Mapping[str, str]) -> Twiml:
    with spans.span("turn", webhook=handler.__name__):
        return retried(lambda: handler(on, found, query))


def _apology(on: PhoneContext, handler: Handler) -> str:
    """Answers after a fault: on to the fallback, which takes a message; and when that fails as well, a goodbye."""
    if handler in (voice, turn, keypad, outgoing.answered):
        return screens.onward(on.twilio.url("/ivr/fallback"), on.phrases)
    return screens.dead_end(on.phrases)


def _twiml(body: str, status: int = 200) -> Response:
    return Response(body, status, media_type="application/xml", headers={"Cache-Control": "no-store"})


def _fingerprint(on: PhoneContext, found: Webhook) -> Fingerprint:
    """What makes a repeat the same turn: the parameters we use. Keyed, for it may be of a PIN."""
    used = (found.digits or "", found.recording_sid, found.dial_call_status)
    return on.store.keys.digests("fingerprint", found.call_sid, *used)


def _recorded(found: Webhook) -> Recorded:
    return Recorded(found.recording_sid, max(0, int(found.recording_duration or "0")))


def _is_nothing(found: Webhook) -> bool:
    """Twilio says that a recording has no length (-1 while it does not know)."""
    return int(found.recording_duration or "-1") == 0


def _heard(found: Webhook) -> Heard:
    if found.recording_sid:
        return Keys("") if _is_nothing(found) else Spoken(_recorded(found))
    if found.dial_call_status:
        return DialEnded()
    return Keys("" if found.digits in (None, "hangup") else found.digits or "")


def voice(on: PhoneContext, found: Webhook, _query: Mapping[str, str]) -> str:
    fingerprint = on.store.keys.digests("fingerprint", found.number or "")
    return answer_call(on, found.call_sid, found.number, fingerprint, attested=found.is_attested)


def turn(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> Twiml:
    return begin_turn(on, found.call_sid, query.get("t", ""), _heard(found), _fingerprint(on, found))


def keypad(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    return recall_to_keypad(on, found.call_sid, query.get("t", ""), _fingerprint(on, found))


def recording(on: PhoneContext, found: Webhook, _query: Mapping[str, str]) -> str:
    told, recording = found.recording_status, found.recording_sid or None
    if recording is None and told == "completed":
        raise HTTPException(400, "RecordingSid is missing")
    if told == "completed" and not _is_nothing(found):
        after.recorded(on, found.call_sid, _recorded(found))
    elif told in ("completed", "absent", "failed"):
        after.nothing_recorded(on, found.call_sid, recording)
    return screens.nothing()


def transcription(on: PhoneContext, found: Webhook, _query: Mapping[str, str]) -> str:
    if found.transcription_status == "completed":
        after.transcribed(on, found.call_sid, found.recording_sid, found.transcription_text)
    return screens.nothing()


def status(on: PhoneContext, found: Webhook, _query: Mapping[str, str]) -> str:
    if found.call_status in OVER:
        after.ended(on, found.call_sid)
    return screens.nothing()


def fallback(on: PhoneContext, found: Webhook, _query: Mapping[str, str]) -> str:
    return after.fall_back(on, found.call_sid, found.number)


ROUTES: dict[str, Handler] = {
    "/voice": voice,
    "/turn": turn,
    "/recording": recording,
    "/transcription": transcription,
    "/status": status,
    "/fallback": fallback,
    "/agent": agent.rung,
    "/agent/status": agent.leg_status,
    "/agent/told": agent.told,
    "/agent/over": agent.over,
    "/keypad": keypad,
    "/called": outgoing.answered,
    "/called/status": outgoing.status,
}
_BOUNDS: dict[Handler, float] = {
    voice: admission.NEW_CALL,
    turn: admission.TURN,
    keypad: admission.TURN,
    fallback: admission.TURN,
    outgoing.answered: admission.TURN,
}
"""Seconds that somebody may have waited when one of these is still let in."""
_KINDS: dict[Handler, type[Webhook]] = {
    recording: OfARecording,
    transcription: OfATranscription,
    agent.told: Webhook,
}
