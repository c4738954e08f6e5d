"""How often a PIN may be tried: an attempt is reserved and committed before anything is hashed. docs/pins.md

Counted on the person whose support ID was keyed or resolved, or on a decoy of that ID; never on the caller id. 3 wrong
end a call (ivr), 5 in a row lock for 30 minutes, 10 in a row or 30 over a PIN's life disable it until it is issued anew.
Besides that an attempt spends budgets that whoever asks names, from the caller outwards (budgets.py; of PINs caller_limits.py):
where one has nothing left, nothing is looked at. What is here spends; only a right PIN gives its own attempt back.

Rows are locked in one order, or two calls at one PIN would wait for each other: counter, then budgets by their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import Executable, and_, bindparam, case, delete, null, or_, select, update

from authz import Subject
from store import tables
from store.db import sweeping
from store.db.statements import Insert, either, starting
from store.db.transaction import Transaction
from store.security import budgets
from store.security.budgets import Limit

MINUTE: Final = 60_000
IN_A_ROW_TO_LOCK, LOCK = 5, 30 * MINUTE
IN_A_ROW_TO_DISABLE, IN_A_LIFE_TO_DISABLE = 10, 30
TRIES_A_MINUTE = 20
DECOYS_KEPT = 24 * 60 * MINUTE


class Admission(Enum):
    """What an attempt was let through to."""

    EVALUATE = auto()  # hash and compare
    REFUSED = auto()  # locked, disabled or nobody: hash all the same, and say it was wrong
    BUSY = auto()  # too many tries just now
    SPENT = auto()  # a budget has nothing left: messages and callbacks only


@dataclass(frozen=True, slots=True)
class Reservation:
    """One attempt, counted already. `generation` tells whether others came in between."""

    admission: Admission
    counter_key: str
    limits: tuple[Limit, ...]  # the budgets it was of
    at: int
    closed: bool  # of the budgets that were watched one has nothing left
    generation: int = 0
    consecutive: int = 0
    lifetime: int = 0


def counter_of(person: int) -> str:
    """The name of a person's counter. It has no key in it: to rotate SECRET_KEYS is no way to fresh attempts."""
    return Subject.of_person(person)


def decoy_of(tx: Transaction, support_id: str | None, number: str | None, call: str) -> str:
    """The name of a counter where there is nobody: a digest of the ID keyed, which may be someone's PIN; without one, of
    the number called from, or of the call."""
    word = ("id", support_id) if support_id else ("number", number) if number else ("call", call)
    return tx.keys.digest("guard", *word)


def desk_wide(word: str, alert: str = "codes_spent") -> Limit:
    """A budget for the whole desk of something that is tried and is no PIN: 200 at once, no more than 1,000 a day."""
    return Limit(word, 200, budgets.DAY // 800, alert, word)


def reserve(
    tx: Transaction,
    counter: str,
    *,
    real: bool,
    limits: Sequence[Limit],
    watched: Sequence[Limit] = (),
    caller: str = "",
    refused_too: bool = False,
    by_code: bool = False,
    barred: bool = False,
) -> Reservation:
    """Counts an attempt before it is made. Commit before hashing. `real` is false for an ID that nobody has; `limits` are the
    budgets it is of, the nearest first, charged when it is let through, and where `refused_too` also when it is refused: what
    strangers do to somebody else's counter is never free. `watched` let through and refuse nothing: whether one is spent is said,
    and the first is charged with the others. `caller` (nobody is to read it: digest it) has tries of their own at
    this counter, so that nobody makes the line busy for another. `by_code`: let through although locked, for a code (unlock.py);
    not past a PIN's life. `barred`: not let through whatever the counter says, and nothing is counted against it.

    The statements are the same whether the attempt is let through or refused.
    """
    limits, now, tries = tuple(limits), tx.now, _tries(counter, caller)
    tx.connection.execute(_SEEN[tx.dialect], {"key": counter, "at": now, "is_real": real})
    locked = budgets.lock(tx, (tries, *limits, *watched))
    limit = next((one for one in (tries, *limits) if not budgets.has(tx, locked, one)), None)
    closed, limits = not all(budgets.has(tx, locked, one) for one in watched), (*limits, *watched[:1])
    nothing = barred or limit is not None
    row = tx.connection.execute(
        _RESERVE, {"key": _NOTHING if nothing else counter, "now": now, "until": now + LOCK, "by_code": by_code}
    ).first()
    every = limit is None and (row is not None or (refused_too and not barred))
    budgets.settle(tx, locked, (tries, *limits) if every else () if limit == tries else (tries,))
    if row is None:
        spent = Admission.BUSY if limit == tries else Admission.SPENT
        return Reservation(Admission.REFUSED if limit is None else spent, counter, limits, now, closed)
    return Reservation(Admission.EVALUATE, counter, limits, now, closed, row.generation, row.consecutive, row.lifetime)


def give_back(tx: Transaction, made: Reservation, *, matched: bool) -> None:
    """After a right PIN: its own attempt, and the failures in a row before it. Never a life's count.

    If others came in between, the row of failures stays as it is, this attempt included: they may have failed, or been
    right and cleared it already. After a wrong PIN nothing is given back, by the same statements.
    """
    tx.connection.execute(
        _GIVE_BACK, {"key": made.counter_key if matched else _NOTHING, "generation_then": made.generation}
    )
    budgets.give_back(tx, made.limits, really=matched)


def unlock(tx: Transaction, counter: str) -> bool:
    """Lifts a lock by the clock. A PIN that is disabled stays so until it is issued anew. Whether there was one."""
    g = tables.pin_guards.c
    lifted = update(tables.pin_guards).where(g.counter_key == counter, g.locked_until > tx.now)
    found = tx.connection.execute(lifted.values(locked_until=None, window_attempts=0).returning(g.consecutive)).first()
    return found is not None


def forget(tx: Transaction, counter: str) -> None:
    """Nothing is held against whoever this counter is of."""
    tx.connection.execute(delete(tables.pin_guards).where(tables.pin_guards.c.counter_key == counter))
    name, mine = tables.budgets.c.name, _tries(counter).name
    tx.connection.execute(delete(tables.budgets).where(or_(name == mine, starting(name, f"{mine}:"))))


def forget_person(tx: Transaction, person: int) -> None:
    """Somebody begins anew, with a new PIN: nothing is held against them, of second proofs neither."""
    for counter in (counter_of(person), f"step:{Subject.of_person(person)}", f"enrol:{person}", f"pinpage:{person}"):
        forget(tx, counter)


def is_disabled(tx: Transaction, counter: str) -> bool:
    row = tx.connection.execute(select(tables.pin_guards).where(tables.pin_guards.c.counter_key == counter)).first()
    return row is not None and (row.consecutive >= IN_A_ROW_TO_DISABLE or row.lifetime >= IN_A_LIFE_TO_DISABLE)


def is_worn_out(tx: Transaction, counter: str) -> bool:
    """Wrong so often in its life that nothing but a new one helps."""
    row = tx.connection.execute(select(tables.pin_guards).where(tables.pin_guards.c.counter_key == counter)).first()
    return row is not None and row.lifetime >= IN_A_LIFE_TO_DISABLE


def is_locked(tx: Transaction, counter: str) -> bool:
    """By the clock, or for good."""
    row = tx.connection.execute(select(tables.pin_guards).where(tables.pin_guards.c.counter_key == counter)).first()
    by_clock = row is not None and row.locked_until is not None and row.locked_until > tx.now
    return by_clock or is_disabled(tx, counter)


def sweep(tx: Transaction) -> bool:
    """Drops counters that hold nothing any more, so that made-up IDs do not pile up. A real ID's failures are kept."""
    g = tables.pin_guards.c
    ahead = g.locked_until > tx.now + LOCK  # by a clock that has been put right since
    more = sweeping.changed(tx, tables.pin_guards, {"locked_until": tx.now + LOCK}, ahead)
    old = g.seen_at < tx.now - DECOYS_KEPT  # far longer than a lock
    return sweeping.some(tx, tables.pin_guards, old, ~g.real) or more


def _tries(counter: str, caller: str = "") -> Limit:
    """Before anything is counted or hashed. A right one costs as much as a wrong one."""
    return Limit(f"tries:{counter}" + (f":{caller}" if caller else ""), TRIES_A_MINUTE, MINUTE // TRIES_A_MINUTE)


def _seen(insert: Insert) -> Executable:
    """A try at a counter, which is made where there is none."""
    fresh = {"window_attempts": 0, "locked_until": null(), "consecutive": 0, "lifetime": 0, "generation": 0}
    row: dict[str, object] = {"counter_key": bindparam("key"), "seen_at": bindparam("at"), "real": bindparam("is_real")}
    new = insert(tables.pin_guards).values({**fresh, **row})
    again = {name: new.excluded[name] for name in ("seen_at", "real")}
    return new.on_conflict_do_update(index_elements=["counter_key"], set_=again)


_SEEN: Final = either(_seen)
_NOTHING: Final = ""  # no counter has this name: a statement that is to change nothing
_g = tables.pin_guards.c
_now, _until = bindparam("now", type_=_g.generation.type), bindparam("until", type_=_g.generation.type)
_in_window = case((_g.locked_until <= _now, 1), else_=_g.window_attempts + 1)
_RESERVE = (
    update(tables.pin_guards)
    .where(
        _g.counter_key == bindparam("key"),
        _g.lifetime < IN_A_LIFE_TO_DISABLE,
        or_(
            bindparam("by_code", type_=_g.real.type),
            and_(_g.consecutive < IN_A_ROW_TO_DISABLE, or_(_g.locked_until.is_(None), _g.locked_until <= _now)),
        ),
    )
    .values(
        window_attempts=_in_window,
        locked_until=case((_in_window >= IN_A_ROW_TO_LOCK, _until), else_=null()),
        consecutive=_g.consecutive + 1,
        lifetime=_g.lifetime + 1,
        generation=_g.generation + 1,
    )
    .returning(_g.generation, _g.consecutive, _g.lifetime)
)
_none_since = _g.generation == bindparam("generation_then", type_=_g.generation.type)
_GIVE_BACK = (
    update(tables.pin_guards)
    .where(_g.counter_key == bindparam("key"))
    .values(
        lifetime=_g.lifetime - 1,
        locked_until=case((_none_since, null()), else_=_g.locked_until),
        window_attempts=case((_none_since, 0), else_=_g.window_attempts),
        consecutive=case((_none_since, 0), else_=_g.consecutive),
    )
)
