"""Deeds of a caller's turns and of the desk's phones that touch the same rows, for the tests that interleave each with each."""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from authz import Action, Proof, Subject
from ivr import ringing
from ivr.types import Call
from store import Transaction, tables
from store.accounts import people
from store.calls import agent_legs, call_assignment, call_state, support_calls
from store.verification import pins, revocation
from store.verification.pins import KeptPin
from tests.store.deeds import KIM, MIA, TIDEWORKS, Given, Pairs, a_ring, a_talk, granted
from tests.store.deeds_of_leaving import kim_is_suspended
from tests.store.interleaving import Deed

PHONE: Final = "+441632960001"


# --- the turns of one call, and what its PIN proves


def a_pin(sealed: bytes) -> KeptPin:
    return KeptPin(MIA, "pepper", b"salt", sealed, b"another")


def a_call(tx: Transaction) -> Given:
    pins.put(tx, a_pin(b"the first"))
    assert call_state.begin(tx, "CA1", "{}", "first", "hello")
    return {}


def turns(fingerprint: str) -> Deed:
    """As a turn does that is right about the PIN: of two, the second finds where the first has left the call."""

    def deed(tx: Transaction, _given: Given) -> object:
        call = call_state.load(tx, "CA1")
        assert call is not None
        proved = call.ended_at is None and pins.is_still(tx, MIA, a_pin(b"the first"))
        call_state.save(tx, call, "{}", fingerprint, "go on", proved_by=MIA if proved else None)
        return call.step, proved

    return deed


TURN = Pairs(
    a_call,
    {
        "a turn": turns("second"),
        "another turn": turns("third"),
        "another PIN": lambda tx, _given: pins.put(tx, a_pin(b"the second")),
        "the caller hangs up": lambda tx, _given: call_state.end(tx, "CA1"),
    },
)


def a_proved_call(tx: Transaction) -> Given:
    assert call_state.begin(tx, "CA1", "{}", "first", "hello", proved_by=MIA)
    return {}


def counts(tx: Transaction, _given: Given) -> object:
    """As a turn does that counts what was done for somebody lately."""
    call = call_state.load(tx, "CA1")
    assert call is not None
    people.lock(tx, MIA)
    call_state.save(tx, call, "{}", "second", "go on", proved_by=call.proved_by)
    return call.step, call.proved_by


PROVED = Pairs(
    a_proved_call, {"a turn": counts, "all proofs end": lambda tx, _given: revocation.revoke(tx, [MIA], "pin")}
)


# --- the caller waits, an agent comes


def a_waiting_caller(tx: Transaction) -> Given:
    given = a_ring(tx)
    call = Call(
        at="waiting",
        subject=Subject.of_person(MIA),
        proof=Proof.VERIFIED,
        account=TIDEWORKS,
        support_call=given["support_call"],
    )
    return given | {"call": call}


def gives_up(tx: Transaction, given: Given) -> object:
    tx.call = "CA1"
    return ringing.give_up(tx, given["call"], "nobody_came")


WAITING = Pairs(
    a_waiting_caller,
    {
        "an agent takes it": lambda tx, given: support_calls.take(tx, given["support_call"], "CA2", 0),
        "the caller gives up": gives_up,
    },
)


# --- a proof is asked for


def a_keypad(tx: Transaction) -> Given:
    given = a_talk(tx)
    grant = granted(tx, KIM, Action.DESK_CARD_VIEW)
    assert call_assignment.assign(tx, grant, given["support_call"])
    asks = granted(tx, KIM, Action.DESK_PROOF_ASK)
    assert support_calls.ask_proof(tx, asks, given["support_call"], "pin")
    return given


def proves(*, passed: bool) -> Deed:
    def deed(tx: Transaction, given: Given) -> None:
        support_calls.proved(tx, given["support_call"], passed=passed)

    return deed


KEYPAD = Pairs(
    a_keypad,
    {
        "Kim gives it back": lambda tx, given: call_assignment.give_back(
            tx, granted(tx, KIM, Action.DESK_CARD_VIEW), given["support_call"]
        ),
        "the caller proves it": proves(passed=True),
        "the caller fails": proves(passed=False),
        "the caller leaves": lambda tx, _given: support_calls.end(tx, "CA1", support_calls.CALLER_LEFT),
    },
)


# --- two callers and one phone


def two_callers(tx: Transaction) -> Given:
    tx.connection.execute(update(tables.staff).where(tables.staff.c.id == KIM.staff).values(phone=PHONE))
    calls = []
    for call in ("CA1", "CA2"):
        tx.call = call
        grant = granted(tx, Subject.of_person(MIA), Action.PHONE_SUPPORT)
        calls.append(support_calls.start(tx, grant, numbers=(PHONE, "+441632960002")))
    return {"calls": calls}


def rings(place: int) -> Deed:
    return lambda tx, given: agent_legs.next_ring(tx, given["calls"][place], 0)


PHONES = Pairs(
    two_callers,
    {
        "it rings for the first": rings(0),
        "it rings for the second": rings(1),
        "the first is taken": lambda tx, given: support_calls.take(tx, given["calls"][0], "CA3", 1),
        "the first leaves": lambda tx, _given: support_calls.end(tx, "CA1", support_calls.CALLER_LEFT),
    },
)
CLOSED = Pairs(two_callers, {"it rings": rings(0), "Kim is suspended": kim_is_suspended})
OF_TURNS: Final = {
    "turn": TURN,
    "proved call": PROVED,
    "waiting": WAITING,
    "keypad": KEYPAD,
    "one phone": PHONES,
    "phone of Kim, suspended": CLOSED,
}
