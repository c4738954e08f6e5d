"""One turn of a call: the row is loaded and locked, the dialogue goes on to its next screen, the response is stored.

A repeat of the last turn gets its stored response and has no effect; a repeat with other keys is refused. Any process can
take any turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import urlencode

from authz import Proof, Subject
from ivr import dialogue, pin, screens, transitions
from ivr import types as t
from ivr.asks import DeskSettings
from ivr.phrases import Phrases
from ivr.radar import Radar, Seen
from ivr.store_desk import desk_for
from ivr.types import Call, Heard, Screen
from ivr.webhook import Twilio, is_step_token, step_token
from store import Store
from store.calls import call_state
from store.calls.call_state import CallRow
from store.db import spans
from store.db.retrying import retried
from store.db.transaction import NOBODY, Transaction
from store.security import threat_mode
from store.security.alerts import NOBODY_KNOWN
from store.verification import pins
from store.verification.hash_pool import HashPool
from store.verification.pins import KeptPin

PATIENCE = 10.0  # seconds a repeat waits for the first delivery of its turn, which is busy hashing
POLL = 0.05
STRAY = t.Keys("#")  # only where one key is heard: elsewhere it ends what was keyed


Fingerprint = tuple[str, ...]
"""Of a turn, under every key, the newest first: a repeat after a rotation of the keys is the same turn."""


class RefusedError(Exception):
    """Not the turn this call is waiting for: a skipped step, a repeat with other keys, a call we do not know."""


@dataclass(frozen=True)
class PhoneContext:
    """All the phone works with: one for a process."""

    store: Store
    twilio: Twilio
    settings: DeskSettings
    pool: HashPool
    phrases: Phrases
    decoy: KeptPin
    messages_only: bool = False
    transcribe: bool = False
    radar: Radar = field(default_factory=Radar)

    def draw(self, screen: Screen, sid: str, step: int) -> str:
        query = urlencode({"t": step_token(self.store.keys, sid, step)})
        url = self.twilio.url
        return screens.twiml(
            screen,
            self.phrases,
            action=url(f"/ivr/turn?{query}"),
            recording=url("/ivr/recording"),
            transcription=url("/ivr/transcription") if self.transcribe else None,
        )


def open_phone(
    store: Store,
    twilio: Twilio,
    settings: DeskSettings,
    phrases: Phrases,
    *,
    messages_only: bool = False,
    transcribe: bool = False,
) -> PhoneContext:
    """What the phone works with, ready to answer; the decoy PIN is made here, once."""
    return PhoneContext(store, twilio, settings, HashPool(), phrases, pins.decoy(store.keys), messages_only, transcribe)


def answer_call(
    on: PhoneContext, sid: str, number: str | None, fingerprint: Fingerprint, *, attested: bool = False
) -> str:
    """The first turn. A repeat hears the same while nothing has been keyed, and afterwards a neutral goodbye."""
    with on.store.transaction("phone", sid) as tx:
        messages_only = on.messages_only or threat_mode.threat(tx)
        row = call_state.load(tx, sid) if messages_only else None  # a repeat costs nobody another message
        if row is None:
            desk = desk_for(tx, on.settings, Call())
            call, screen = dialogue.begin(number, desk, attested=attested, messages_only=messages_only)
            response = on.draw(screen, sid, 0)
            if call_state.begin(tx, sid, call.to_json(), fingerprint[0], response):
                tx.record(NOBODY, None, "call", "began", fields=("number.attested",) if attested else ())
                return response
            row = call_state.load(tx, sid)
        still_first = row is not None and row.step == 0 and row.fingerprint in fingerprint and not row.leased_to
        known = call_state.stored_response(tx, row) if row is not None and still_first else None
    return known or screens.refusal(on.phrases)


def begin_turn(
    on: PhoneContext, sid: str, token: str, heard: Heard, fingerprint: Fingerprint
) -> str | Callable[[], str]:
    """The TwiML of the next screen, or where a PIN is to be hashed or waited for, the rest of the turn.

    A caller of this function with several threads runs the rest on others, so that guesses never delay the menu.
    """
    begun = _begin(on, sid, token, heard, fingerprint)
    if isinstance(begun, str):
        return begun
    if begun is not None:
        return partial(_check, on, begun, fingerprint)
    return partial(_wait, on, sid, token, heard, fingerprint)


def recall_to_keypad(on: PhoneContext, sid: str, token: str, fingerprint: Fingerprint) -> str:
    """The caller was sent here from the room. A turn like any other while they are still in it; after that, and for a
    repeat, the response is the current screen. Raises `RefusedError`."""
    with on.store.transaction("phone", sid) as tx:
        row = call_state.load(tx, sid)
        if row is None or row.ended_at is not None:
            raise RefusedError("a call we do not know, or that is over")
        call, steps = call_of(row), (row.step, row.step - 1)
        if not any(is_step_token(tx.keys, token, sid, step) for step in steps if step >= 0):
            raise RefusedError("not the turn this call waits for")
        if call.at == "talking" and is_step_token(tx.keys, token, sid, row.step):
            return _go_on(tx, on, row, call, t.RecalledToKeypad(), fingerprint)
        known = call_state.stored_response(tx, row) if not row.leased_to else None
    if known is None:
        raise RefusedError("a call that has gone on")
    return known


def _wait(on: PhoneContext, sid: str, token: str, heard: Heard, fingerprint: Fingerprint) -> str:
    """A repeat, while the first delivery of its turn is hashing: it gets the same response."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(POLL)
        begun = _begin(on, sid, token, heard, fingerprint)
        if isinstance(begun, str):
            return begun
        if begun is not None:
            return _check(on, begun, fingerprint)
    raise RefusedError("its first delivery is still under way")


@dataclass(frozen=True, slots=True)
class _Check:
    """A turn whose PIN is counted and committed, with a place in the pool."""

    row: CallRow
    call: Call
    attempt: pin.Attempt
    keyed: pins.Pin


def _begin(on: PhoneContext, sid: str, token: str, heard: Heard, fingerprint: Fingerprint) -> str | _Check | None:
    """The whole turn, or its first half if a PIN is to be hashed; None while another process hashes for the same turn."""
    with on.store.transaction("phone", sid) as tx:
        row = call_state.load(tx, sid)
        if row is None:
            raise RefusedError("a call we do not know")
        if (known := _stored(tx, row, token, fingerprint)) is not None:
            return known
        if row.ended_at is not None and not isinstance(heard, t.Spoken):
            raise RefusedError("the call is over")
        if row.leased_to is not None:
            if row.leased_to not in fingerprint:
                raise RefusedError("a repeat with other keys")
            return None
        before = call_of(row)
        spans.say(state=before.at)
        if (
            heard == STRAY
            and before.proved_by is not None
            and (known := call_state.stored_response(tx, row)) is not None
        ):
            return known  # no turn at all: what it cut short is said once more
        call, then = transitions.step(before, desk_for(tx, on.settings, before), heard)
        if not isinstance(then, t.CheckPin):
            return _finish(tx, on, row, call, then, fingerprint)
        if call.at == "pin" and call.callback is None and threat_mode.threat(tx):
            return _go_on(tx, on, row, call, t.MessagesOnly(), fingerprint)
        if not on.pool.admit():
            return _go_on(tx, on, row, call, t.LineBusy(), fingerprint)
        tx.if_undone(on.pool.leave)
        attempt = pin.reserve(
            tx,
            call,
            on.decoy,
            then.pin,
            choice=on.settings.pin_choice,
            barred=on.radar.is_hot(then.pin, tx.now),
        )
        call_state.lease(tx, sid, fingerprint[0])
    return _Check(row, call, attempt, then.pin)


def _check(on: PhoneContext, begun: _Check, fingerprint: Fingerprint) -> str:
    if begun.attempt.hashes:
        right = pin.evaluate(on.pool, on.store.keys, begun.attempt, begun.keyed)
    else:
        on.pool.leave()
        right = None
    watched: list[int] = []
    # Whatever became of the first try, the next finds it done, or does it.
    return retried(lambda: _settle(on, begun, right, watched, fingerprint))


def _watch(on: PhoneContext, begun: _Check, outcome: t.PinOutcome) -> int:
    """Seconds of silence from the radar. They depend on what the caller hears, so that a right PIN that opens nothing is as slow as
    a wrong one. Once for each attempt, however often it is settled."""
    attempt, call = begun.attempt, begun.call
    subject = Subject.of_person(attempt.person) if attempt.person else NOBODY_KNOWN
    seen = Seen(call.support_id, call.number, begun.keyed, subject, attempt.accounts)
    if not isinstance(outcome, t.Proved):
        pause = on.radar.failed(seen, on.store.clock())
        return 0 if isinstance(outcome, t.Unlocked) else pause
    on.radar.proved(seen, on.store.clock())
    return 0


def _settle(
    on: PhoneContext, begun: _Check, right: pin.Right | None, watched: list[int], fingerprint: Fingerprint
) -> str:
    with on.store.transaction("phone", begun.row.sid) as tx:
        now = call_state.load(tx, begun.row.sid)
        if now is not None and now.step == begun.row.step + 1 and now.fingerprint in fingerprint:
            known = call_state.stored_response(tx, now)
            if known is not None:
                return known
        if now is None or now.step != begun.row.step:
            raise RefusedError("the call went on without this turn")
        outcome = pin.settle(tx, begun.attempt, right, begun.keyed)
        if not watched:
            watched.append(_watch(on, begun, outcome))
        return _go_on(tx, on, begun.row, call_of(now, begun.call), outcome, fingerprint, watched[0])


def _stored(tx: Transaction, row: CallRow, token: str, fingerprint: Fingerprint) -> str | None:
    """The stored response, for a repeat of the last turn; None for the turn this call waits for. Raises `RefusedError`."""
    if is_step_token(tx.keys, token, row.sid, row.step):
        return None
    if row.step and is_step_token(tx.keys, token, row.sid, row.step - 1) and row.fingerprint in fingerprint:
        known = call_state.stored_response(tx, row)
        if known is not None:
            return known
    raise RefusedError("not the turn this call waits for")


def _go_on(
    tx: Transaction,
    on: PhoneContext,
    row: CallRow,
    call: Call,
    event: t.Event,
    fingerprint: Fingerprint,
    pause: int = 0,
) -> str:
    """To the next screen: only a key can ask for another PIN to be checked."""
    call, screen = transitions.step(call, desk_for(tx, on.settings, call), event)
    assert isinstance(screen, Screen)
    return _finish(tx, on, row, call, screen, fingerprint, pause)


def _finish(
    tx: Transaction,
    on: PhoneContext,
    row: CallRow,
    call: Call,
    screen: Screen,
    fingerprint: Fingerprint,
    pause: int = 0,
) -> str:
    response = on.draw(replace(screen, pause=pause), row.sid, row.step + 1)
    call_state.save(tx, row, call.to_json(), fingerprint[0], response, proved_by=call.proved_by)
    return response


def call_of(row: CallRow, stepped: Call | None = None) -> Call:
    """The state of a call, or the one it has `stepped` to, without a proof that was revoked meanwhile."""
    call = stepped or Call.from_json(row.state)
    return call if call.proved_by in (None, row.proved_by) else replace(call, proof=int(Proof.CLAIMED))
