"""Protections taken out, for faults.py: each with the invariant by which the checker has to notice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from reliability.journal import Journal

if TYPE_CHECKING:
    from types import TracebackType

Breaks = Callable[[pytest.MonkeyPatch], None]


class Control(NamedTuple):
    words: str
    flow: str
    kind: str  # of fault, by which it shows
    invariant: str
    breaks: Breaks
    most: int = 200  # n, at the most


def forgetful(patch: pytest.MonkeyPatch) -> None:
    """Neither a delivery nor the message a ticket came from is remembered."""
    from store.calls import call_state
    from store.messages import timeline

    add = timeline.add
    patch.setattr(call_state, "first_delivery", lambda _tx, _key: True)
    patch.setattr(timeline, "add", lambda *given, **named: add(*given, **named | {"source": None}))


def hasty(patch: pytest.MonkeyPatch) -> None:
    """Acknowledged before it is written down; what then fails, fails unheard."""
    from bot import router

    respond = router.respond

    def acknowledged(*given: Any) -> Any:
        with suppress(Exception):  # it is too late for anybody to hear of it
            respond(*given)
        return 200, ""

    patch.setattr(router, "respond", acknowledged)


def hashes_first(patch: pytest.MonkeyPatch) -> None:
    """An attempt is counted when it is settled, after it was compared."""
    from store import tables
    from store.verification import attempt_limits

    reserve, give_back, guards = attempt_limits.reserve, attempt_limits.give_back, tables.pin_guards

    def reserved(tx: Any, counter: str, **how: Any) -> Any:
        made = reserve(tx, counter, **how)
        uncounted = guards.update().where(guards.c.counter_key == counter, guards.c.lifetime > 0)
        tx.connection.execute(uncounted.values(lifetime=guards.c.lifetime - 1))
        return made

    def given_back(tx: Any, made: Any, *, matched: bool) -> None:
        counted = guards.update().where(guards.c.counter_key == made.counter_key)
        tx.connection.execute(counted.values(lifetime=guards.c.lifetime + 1))
        give_back(tx, made, matched=matched)

    patch.setattr(attempt_limits, "reserve", reserved)
    patch.setattr(attempt_limits, "give_back", given_back)


def untraced(patch: pytest.MonkeyPatch) -> None:
    """What was allowed is not written into the ledger."""
    from store.db.commit import Commit

    chained = Commit.chained
    patch.setattr(
        Commit,
        "chained",
        lambda self, entries, at: chained(self, [one for one in entries if one.decision != "allowed"], at),
    )


def told_afterwards(patch: pytest.MonkeyPatch) -> None:
    """A notice is enqueued in a transaction of its own, after the change it tells of."""
    from store import Store, Transaction
    from store.jobs import job_queue

    enqueue, leave, begun = job_queue.enqueue, Transaction.__exit__, Store.transaction

    def transaction(self: Store, channel: str, call: str | None = None) -> Transaction:
        made = begun(self, channel, call)
        made.__dict__.update(of=self, put_off=[])
        return made

    def later(tx: Any, kind: str, *given: Any, **how: Any) -> None:
        if kind == "notice":
            tx.put_off.append((kind, given, how))
        else:
            enqueue(tx, kind, *given, **how)

    def left(tx: Any, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        leave(tx, kind, fault, at)
        for one, given, how in tx.put_off if fault is None else []:
            with begun(tx.of, tx.channel, tx.call) as again:
                again.__dict__.update(put_off=[])
                enqueue(again, one, *given, **how)

    patch.setattr(Store, "transaction", transaction)
    patch.setattr(job_queue, "enqueue", later)
    patch.setattr(Transaction, "__exit__", left)


CONTROLS: Final = (
    Control("nothing refuses a repeat", "slack", "answer lost", "INV1", forgetful),
    Control("acknowledged before it is written down", "slack", "statement", "INV1", hasty),
    Control("a PIN is compared before it is counted", "call", "statement", "INV4", hashes_first),
    Control("the ledger has no entry of what is allowed", "call", "statement", "INV2", untraced),
    Control("a notice is enqueued after its cause", "contacts", "statement", "INV12", told_afterwards),
)


def compared(journal: Journal, put: Callable[[object, str, object], None]) -> None:
    """Writes down each PIN whose comparison counts, just before it, for INV4 (one that is refused is compared as well, for the time that takes, and
    what comes of it is not looked at). Watches, and changes nothing. `put` sets an attribute."""
    from ivr import pin
    from store.verification.attempt_limits import Admission

    evaluate = pin.evaluate

    def watched(pool: Any, keys: Any, attempt: Any, keyed: Any) -> Any:
        if attempt.there and attempt.reservation.admission is Admission.EVALUATE:
            journal.write("operator", "did", "compared", person=attempt.person)
        return evaluate(pool, keys, attempt, keyed)

    put(pin, "evaluate", watched)
