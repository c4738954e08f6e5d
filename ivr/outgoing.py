"""The webhooks of a call of ours: who answered it, and what becomes of it when nobody does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from authz import Subject
from ivr import after, callback, screens
from ivr.store_desk import desk_for
from ivr.turn import PhoneContext, RefusedError
from ivr.types import Call
from ivr.webhook import OVER, Webhook, is_step_token, step_token
from store import Keys
from store.accounts import people
from store.calls import call_state, callbacks
from store.calls.callbacks import Callback
from store.db.transaction import NOBODY, Transaction
from store.text import numbers
from store.verification.revocation import NOT_CALLED

_ON_THE_TICKET: Final = {
    "machine": "We called back and a machine answered. It was asked to have them call us, and was told nothing else.",
    "nobody": "We called back and nobody answered.",
    "gone": "We did not call back: their number is in a country we may not call.",
    "away": "We did not call back: whoever asked for it is suspended. If it is still to be done, ask for it anew.",
    "refused": "We did not call back: Twilio does not ring their number on file at all. Have it corrected.",
    "withdrawn": NOT_CALLED,
}


def urls(keys: Keys, id: int) -> tuple[str, str]:
    """The paths, with their token, where Twilio asks what to say to the person who answers and reports how the call went."""
    query = urlencode({"callback": id, "t": step_token(keys, "callback", id)})
    return f"/ivr/called?{query}", f"/ivr/called/status?{query}"


def answered(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """Somebody has answered, or something. Only what is surely a human is talked to (T35)."""
    sid = found.call_sid
    with on.store.transaction("phone", sid) as tx:
        ours = _ours(tx, on, query, sid)
        row = call_state.load(tx, sid)
        if row is not None:
            known = call_state.stored_response(tx, row) if row.step == 0 and not row.leased_to else None
            if known is None:
                raise RefusedError("a callback that has gone on")
            return known
        if found.answered_by != "human" or ours.state == "withdrawn":
            over(tx, ours, "machine", call=sid)
            return on.draw(callback.MACHINE, sid, 0)
        if not callbacks.moved(tx, ours.id, "answered", call=sid):
            raise RefusedError("a callback that is over")
        call = Call(
            number=ours.number,
            support_id=people.support_id(tx, ours.person),
            account=ours.account,
            callback=ours.id,
        )
        desk = desk_for(tx, on.settings, call)
        call, screen = callback.begin(call, desk, ours.purpose, callbacks.words(tx.keys, ours))
        response = on.draw(screen, sid, 0)
        call_state.begin(tx, sid, call.to_json(), on.store.keys.digest("fingerprint", "called", sid), response)
        tx.record(NOBODY, None, "call", "we_called", fields=(f"claimed:{Subject.of_person(ours.person)}",))
        return response


def status(on: PhoneContext, found: Webhook, query: Mapping[str, str]) -> str:
    """The callback is over: ends the talk as in any call, and writes down if nobody came to it."""
    if found.call_status in OVER:
        sid = found.call_sid
        with on.store.transaction("phone", sid) as tx:
            ours = _ours(tx, on, query, sid)
            over(tx, ours, "over" if ours.state in ("answered", "proved") else "nobody", call=sid)
        after.ended(on, sid)
    return screens.nothing()


def never_answered(on: PhoneContext, id: int) -> None:
    """Twilio has told us nothing of it for long enough."""
    with on.store.transaction("phone") as tx:
        ours = callbacks.look(tx, id)
        if ours is not None and ours.state in ("owed", "ringing"):
            over(tx, ours, "nobody")


def over(tx: Transaction, ours: Callback, state: str, *, call: str | None = None) -> None:
    """It ends here, and what it came to is on its ticket."""
    if not callbacks.moved(tx, ours.id, state, call=call):
        return
    if state in _ON_THE_TICKET:
        callbacks.in_vain(tx, ours, _ON_THE_TICKET[state])
    else:
        callbacks.reached(tx, ours)


def _ours(tx: Transaction, on: PhoneContext, query: Mapping[str, str], sid: str) -> Callback:
    """The callback a URL is about. Raises `RefusedError` unless it is one of ours and this call."""
    id = numbers.parse_int(query.get("callback", ""))
    if id is None or not is_step_token(on.store.keys, query.get("t", ""), "callback", id):
        raise RefusedError("not a callback of ours")
    ours = callbacks.look(tx, id)
    if ours is None or (ours.call is not None and ours.call != sid):
        raise RefusedError("a callback we do not know")
    return ours
