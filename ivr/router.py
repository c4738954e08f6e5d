"""Every webhook of the phone on one page: checked, parsed, handed to a pool thread, answered in TwiML, always.

`/ivr/voice` where a call begins · `/ivr/turn` every turn after · `/ivr/recording` and `/ivr/transcription` what was
spoken · `/ivr/status` the call's end · `/ivr/fallback` when something failed · `/ivr/agent…` the desk's own
phones · `/ivr/keypad` a caller sent there from a talk · `/ivr/called` and `/ivr/called/status` a call of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from ivr import after, agent, outgoing, screens
from ivr.turn import Fingerprint, PhoneContext, RefusedError, answer_call, begin_turn, recall_to_keypad
from ivr.types import DialEnded, Heard, Keys, Spoken
from ivr.webhook import (
    OF_A_CALL,
    OF_A_RECORDING,
    OF_AN_ANNOUNCEMENT,
    OVER,
    caller_number,
    is_attested,
)
from store import OccupiedError, retried
from store.db.engine import Gate
from store.messages.timeline import Recorded
from store.verification.hash_pool import PLACES, QUEUE

log = structlog.get_logger("ivr")
# Threads of our own cost half of what the web framework's hop does. Few for turns, as more only wait for each other; those
# who wait for a PIN to be hashed have others, as many as the pool of hashes lets in and some repeats.
_TURNS = ThreadPoolExecutor(4, thread_name_prefix="turn")
_CHECKS = ThreadPoolExecutor(PLACES + QUEUE + 4, thread_name_prefix="check")
LOOKS, LOOK = 20, 0.002  # seconds: the worker's own transactions take a few milliseconds
BRIEFLY = 0.1  # seconds that the event loop waits for a writer it could not see, and everything else with it
Answer = str | Callable[[], str]
Handler = Callable[[PhoneContext, Mapping[str, str], Mapping[str, str]], Answer]


def router(on: PhoneContext) -> APIRouter:
    """The phone channel, over what it works with."""
    routes = APIRouter()
    for path, handler in ROUTES.items():
        routes.add_route(
            f"/ivr{path}", _endpoint(on, handler), methods=["POST"], name=handler.__name__, include_in_schema=False
        )
    return routes


def _endpoint(on: PhoneContext, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    always = _ALWAYS.get(handler, OF_A_CALL)

    async def endpoint(request: Request) -> Response:
        path, asked = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
        signature = request.headers.get("X-Twilio-Signature", "")
        try:
            on.twilio.may_be_signed(signature)
            body = await request.body()
            found = on.twilio.read(f"{path}?{asked}" if asked else path, body, signature, always)
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
            log.exception("internal_error", route=request.scope["path"], error=type(fault).__name__)
            return _twiml(_apology(on, handler))

    return endpoint


async def _answered(on: PhoneContext, handler: Handler, found: Mapping[str, str], query: Mapping[str, str]) -> str:
    loop = asyncio.get_running_loop()
    answer = _here(on, handler, found, query) if await _alone(on.store.gate) else None
    if answer is None:
        answer = await loop.run_in_executor(_TURNS, _answer, on, handler, found, query)
    return answer if isinstance(answer, str) else await loop.run_in_executor(_CHECKS, answer)


async def _alone(gate: Gate) -> bool:
    """Whether this turn may run right here: on SQLite there is one writer at a time, so another thread would gain nothing
    and cost half the rate (docs/decisions/0006). Not while somebody else writes for long: then threads wait, and not we."""
    for _ in range(LOOKS):
        if gate.is_free():
            return True
        if gate.is_open:
            return False
        await asyncio.sleep(LOOK)
    return False


def _here(on: PhoneContext, handler: Handler, found: Mapping[str, str], query: Mapping[str, str]) -> Answer | None:
    """None where somebody who does not know the gate has SQLite's own lock, an operator's `sqlite3` say: a thread waits for
    them and holds the gate meanwhile, so that nobody else tries here. A turn is safe to repeat, whatever became of this one."""
    try:
        with on.store.gate.within(BRIEFLY):
            return _answer(on, handler, found, query)
    except OccupiedError:
        return None


def _answer(on: PhoneContext, handler: Handler, found: Mapping[str, str], query: Mapping[str, str]) -> Answer:
    """Every turn is safe to repeat, whatever became of the first try."""
    return retried(lambda: handler(on, found, query))


def _apology(on: PhoneContext, handler: Handler) -> str:
    """Never a dead line: on to the fallback, which takes a message; and when that fails as well, a goodbye."""
    if handler in (voice, turn, keypad, outgoing.answered):
        return screens.onward(on.twilio.url("/ivr/fallback"), on.phrases)
    return screens.dead_end(on.phrases)


def _twiml(body: str, status: int = 200) -> Response:
    return Response(body, status, media_type="application/xml", headers={"Cache-Control": "no-store"})


def _fingerprint(on: PhoneContext, found: Mapping[str, str]) -> Fingerprint:
    """What makes a repeat the same turn: the parameters we use. Keyed, for it may be of a PIN."""
    used = (found.get("Digits", ""), found.get("RecordingSid", ""), found.get("DialCallStatus", ""))
    return on.store.keys.digests("fingerprint", found["CallSid"], *used)


def _recorded(found: Mapping[str, str]) -> Recorded:
    return Recorded(found["RecordingSid"], max(0, int(found.get("RecordingDuration", "0"))))


def _is_nothing(found: Mapping[str, str]) -> bool:
    """Twilio says that a recording has no length (-1 while it does not know)."""
    return int(found.get("RecordingDuration", "-1")) == 0


def _heard(found: Mapping[str, str]) -> Heard:
    if "RecordingSid" in found and _is_nothing(found):
        return Keys("")
    if "RecordingSid" in found:
        return Spoken(_recorded(found))
    if "DialCallStatus" in found:
        return DialEnded()
    keyed = found.get("Digits", "")
    return Keys("" if keyed == "hangup" else keyed)


def voice(on: PhoneContext, found: Mapping[str, str], _query: Mapping[str, str]) -> str:
    number = caller_number(found)
    fingerprint = on.store.keys.digests("fingerprint", number or "")
    return answer_call(on, found["CallSid"], number, fingerprint, attested=is_attested(found))


def turn(on: PhoneContext, found: Mapping[str, str], query: Mapping[str, str]) -> Answer:
    return begin_turn(on, found["CallSid"], query.get("t", ""), _heard(found), _fingerprint(on, found))


def keypad(on: PhoneContext, found: Mapping[str, str], query: Mapping[str, str]) -> str:
    return recall_to_keypad(on, found["CallSid"], query.get("t", ""), _fingerprint(on, found))


def recording(on: PhoneContext, found: Mapping[str, str], _query: Mapping[str, str]) -> str:
    told, recording = found.get("RecordingStatus"), found.get("RecordingSid")
    if recording is None and told == "completed":
        raise HTTPException(400, "RecordingSid is missing")
    if told == "completed" and not _is_nothing(found):
        after.recorded(on, found["CallSid"], _recorded(found))
    elif told in ("completed", "absent", "failed"):
        after.nothing_recorded(on, found["CallSid"], recording)
    return screens.nothing()


def transcription(on: PhoneContext, found: Mapping[str, str], _query: Mapping[str, str]) -> str:
    if found.get("TranscriptionStatus") == "completed":
        after.transcribed(on, found["CallSid"], found["RecordingSid"], found.get("TranscriptionText", ""))
    return screens.nothing()


def status(on: PhoneContext, found: Mapping[str, str], _query: Mapping[str, str]) -> str:
    if found["CallStatus"] in OVER:
        after.ended(on, found["CallSid"])
    return screens.nothing()


def fallback(on: PhoneContext, found: Mapping[str, str], _query: Mapping[str, str]) -> str:
    return after.fall_back(on, found["CallSid"], caller_number(found))


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
_ALWAYS: dict[Handler, tuple[str, ...]] = {
    recording: OF_A_RECORDING[:2],  # where nothing was recorded there may be no RecordingSid
    transcription: OF_A_RECORDING,
    agent.told: OF_AN_ANNOUNCEMENT,
}
