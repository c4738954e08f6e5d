"""Calls under way: one row for a caller's leg, so that any process can take any turn and a repeat changes nothing.

The state is the phone's own; here it is text. State and last response are kept sealed, bound to the call, for a PIN may
have been keyed where an ID was asked for; the response goes when the call has ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from store import tables
from store.db import sweeping
from store.db.statements import AHEAD, INSERTS, Prepared, either
from store.db.transaction import Transaction

LEASE_LIFE: Final = 12_000  # ms: longer than a PIN may take, shorter than Twilio's 15 s
RESPONSE_KEPT: Final = 60_000  # ms after the call: a late repeat still gets its response
CALL_KEPT: Final = 7 * 24 * 3_600_000  # ms: then the row goes; the ledger has what mattered
CALL_LIFE: Final = 2 * 3_600_000  # ms: a call without a word from Twilio for as long is over


@dataclass(frozen=True, slots=True)
class CallRow:
    sid: str
    step: int
    state: str
    fingerprint: str
    sealed: bytes | None = field(repr=False)
    leased_to: str | None
    started_at: int
    ended_at: int | None
    proved_by: int | None


def begin(
    tx: Transaction, sid: str, state: str, fingerprint: str, response: str, *, proved_by: int | None = None
) -> bool:
    """A call comes in, with the response it is given. False: this call is known already."""
    row: dict[str, object] = {
        "sid": sid,
        "step": 0,
        "state": _seal(tx, sid, "state", state),
        "fingerprint": fingerprint,
        "started_at": tx.now,
        "proved_by": proved_by,
    }
    row["response"] = _seal(tx, sid, "response", response)
    return tx.connection.execute(_BEGIN[tx.dialect], row).first() is not None


def load(tx: Transaction, sid: str) -> CallRow | None:
    """The call, locked until the transaction ends. A lease that has grown old counts as none, and so does one of the future."""
    row = _LOAD.first(tx, sid=sid)
    if row is None:
        return None
    state = tx.keys.open("calls", row.state, f"state {sid}")
    if state is None:
        return None  # its key has gone: nobody can say where the call stands
    fresh = row.leased_at is not None and -AHEAD <= tx.now - row.leased_at < LEASE_LIFE
    return CallRow(
        sid,
        row.step,
        state.decode(),
        row.fingerprint,
        row.response,
        row.leased_to if fresh else None,
        row.started_at,
        row.ended_at,
        row.proved_by,
    )


def stored_response(tx: Transaction, call: CallRow) -> str | None:
    """What the last turn was answered with; None once it has gone, or when its key has."""
    response = tx.keys.open("calls", call.sealed, f"response {call.sid}") if call.sealed else None
    return response.decode() if response is not None else None


def lease(tx: Transaction, sid: str, fingerprint: str) -> None:
    """This turn takes longer than one transaction, and is leased to this delivery of it: whoever repeats it meanwhile waits for its response."""
    tx.connection.execute(_LEASE, {"key": sid, "now_leased_to": fingerprint, "now_leased_at": tx.now})


def save(tx: Transaction, call: CallRow, state: str, fingerprint: str, response: str, *, proved_by: int | None) -> None:
    """The turn is over: its state, its response, the next step, and whose PIN counts from now on."""
    new: dict[str, object] = {
        "sid": call.sid,
        "step": call.step + 1,
        "state": _seal(tx, call.sid, "state", state),
        "fingerprint": fingerprint,
        "response": _seal(tx, call.sid, "response", response),
        "proved_by": proved_by,
        "leased_to": None,
        "leased_at": None,
    }
    tx.change(tables.calls, new, "sid")


def update_state(tx: Transaction, sid: str, state: str) -> None:
    """Something happened to a call outside its turns: a recording came in."""
    tx.connection.execute(
        update(tables.calls).where(tables.calls.c.sid == sid).values(state=_seal(tx, sid, "state", state))
    )


def unproved(tx: Transaction, sid: str) -> None:
    """What a PIN had proved in this call counts no more, from its next turn on."""
    tx.connection.execute(update(tables.calls).where(tables.calls.c.sid == sid).values(proved_by=None))


def end(tx: Transaction, sid: str) -> bool:
    """The caller's leg is over. Whether it was still open."""
    c = tables.calls.c
    ended = update(tables.calls).where(c.sid == sid, c.ended_at.is_(None)).values(ended_at=tx.now)
    return tx.connection.execute(ended.returning(c.sid)).first() is not None


def sweep(tx: Transaction) -> bool:
    """Stored responses go soon after the call, the rows after a week; a call Twilio never ended is ended."""
    c, d = tables.calls.c, tables.deliveries.c
    unended = c.ended_at.is_(None), c.started_at < tx.now - CALL_LIFE
    answered = c.ended_at < tx.now - RESPONSE_KEPT, c.response.is_not(None)
    more = (
        sweeping.changed(tx, tables.calls, {"ended_at": tx.now}, *unended),
        sweeping.changed(tx, tables.calls, {"response": None}, *answered),
        sweeping.some(tx, tables.calls, c.ended_at < tx.now - CALL_KEPT),
        sweeping.some(tx, tables.deliveries, d.at < tx.now - 3 * 24 * 3_600_000),
    )
    return any(more)


def first_delivery(tx: Transaction, key: str) -> bool:
    """Whether this webhook has not had its effect yet; from now on it has, if this transaction commits."""
    return _DELIVERED[tx.dialect].first(tx, key=key, at=tx.now) is not None


def forget_delivery(tx: Transaction, key: str) -> None:
    """It has had no effect after all, and may come again."""
    tx.connection.execute(delete(tables.deliveries).where(tables.deliveries.c.key == key))


def _seal(tx: Transaction, sid: str, what: str, words: str) -> bytes:
    return tx.keys.seal("calls", words.encode(), f"{what} {sid}")


_new = ("sid", "step", "state", "fingerprint", "response", "started_at", "proved_by")
_BEGIN = either(
    lambda insert: (
        insert(tables.calls)
        .values({name: bindparam(name) for name in _new})
        .on_conflict_do_nothing()
        .returning(tables.calls.c.sid)
    )
)
_DELIVERED = {  # prepared saves 15 µs a message in Slack
    name: Prepared(
        insert(tables.deliveries)
        .values(key=bindparam("key"), at=bindparam("at"))
        .on_conflict_do_nothing()
        .returning(tables.deliveries.c.key)
    )
    for name, insert in INSERTS.items()
}
# Prepared, of every turn: 23 µs less.
_LOAD = Prepared(select(tables.calls).where(tables.calls.c.sid == bindparam("sid")).with_for_update())
_c = tables.calls
_LEASE = (
    update(_c)
    .where(_c.c.sid == bindparam("key"))
    .values(leased_to=bindparam("now_leased_to"), leased_at=bindparam("now_leased_at"))
)
