"""Processes killed in the middle of PIN attempts give no attempt away: none of forty accounts above five. `make pin-kills`

    python -m benchmarks.pin_kills [--kills 250] [--people 40] [--only SQLite]

A process guesses at so many people, each with a PIN, as the phone does: reserved and committed, hashed, settled. It is
killed with SIGKILL after a random time, a few milliseconds to some hashes long; another takes its place. What is evaluated is
written to a file by the process itself, just before and just after the comparison, so that a kill loses none of it.
The clock stands still, so a lock does not end. After fifty kills everybody begins anew. Exits 1 if anybody was evaluated more than five times, or if the control gave
nothing away: the same kills at a guard that checks, hashes and then counts. docs/pins.md
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update

from authz import load_schemes
from benchmarks.measuring import KINDS, databases, machine
from ivr import pin
from ivr.types import Call
from store import HashPool, Keys, Store, open_store, tables
from store.accounts.people import check_digit
from store.verification import attempt_limits, caller_limits, pins
from store.verification.attempt_limits import Admission
from store.verification.pins import KeptPin, Pin
from tests.desk import NOON, SECRET

WRONG, RIGHT = "20000001", "58203917"
LONGEST = 0.060  # seconds a process lives once it has begun: about two attempts
ROUND = 50  # kills, after which most of the 200 evaluations of forty people are used up
QUIET = 0.075  # seconds in which each of them would have had a turn
KEYS = Keys.parse(SECRET)


class Account(NamedTuple):
    person: int
    support_id: str


def opened(url: str) -> Store:
    return open_store(url, KEYS, load_schemes(), lambda: NOON, 1)


def people_with_pins(url: str, people: int) -> list[Account]:
    store, found = opened(url), []
    for n in range(people):
        word = str(3_000_000 + n)
        row = {"username": word, "name": "P", "email": f"{word}@c.example", "support_id": word + check_digit(word)}
        with store.transaction("test") as tx:
            person = tx.connection.execute(
                insert(tables.people).values(**row).returning(tables.people.c.id)
            ).scalar_one()
            pins.put(tx, pins.keep(KEYS, person, Pin(RIGHT)))
        found.append(Account(person, row["support_id"]))
    store.close()
    return found


def no_attempts_yet(url: str, accounts: list[Account]) -> None:
    """Empty counters, which the control needs to be there."""
    store = opened(url)
    with store.transaction("test") as tx:
        tx.connection.execute(delete(tables.pin_guards))
        for account in accounts:
            attempt_limits.reserve(tx, attempt_limits.counter_of(account.person), real=True, limits=())
        empty = {"window_attempts": 0, "consecutive": 0, "lifetime": 0, "generation": 0}
        tx.connection.execute(update(tables.pin_guards).values(**empty))
        for table in (tables.budgets, tables.jobs):  # notices of a round before: the clock has not moved since
            tx.connection.execute(delete(table))
    store.close()


# --- in the process that is killed


def guess_for_ever(url: str, accounts: list[Account], log: Path, ready: int, guarded: bool, seed: int) -> None:
    dice, store, pool = random.Random(seed), opened(url), HashPool()
    attempt_limits.TRIES_A_MINUTE = attempt_limits.MINUTE
    caller_limits.limits = lambda *_given, **_named: ()
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    compare = pins.compare

    def compared(keys: Keys, kept: KeptPin, pin: Pin) -> pins.Match:
        os.write(written, f"before {kept.person}\n".encode())
        same = compare(keys, kept, pin)
        os.write(written, f"after {kept.person}\n".encode())
        return same

    decoy = pins.decoy(KEYS)
    pins.compare = compared
    attempt: Callable[[Store, HashPool, Account, KeptPin], None] = as_the_phone_does if guarded else count_afterwards
    attempt(store, pool, Account(0, "10000016"), decoy)  # all is open and compiled
    os.write(ready, b".")
    while True:
        attempt(store, pool, dice.choice(accounts), decoy)


def as_the_phone_does(store: Store, pool: HashPool, account: Account, decoy: KeptPin) -> None:
    """Refused attempts are not hashed here: they would only fill the time in which a process can be killed."""
    with store.transaction("phone", "CA1") as tx:
        attempt = pin.reserve(tx, Call(support_id=account.support_id), decoy, Pin(WRONG))
    right = None
    if attempt.reservation.admission is Admission.EVALUATE and attempt.there:
        pool.admit()
        right = pin.evaluate(pool, KEYS, attempt, Pin(WRONG))
    with store.transaction("phone", "CA1") as tx:
        pin.settle(tx, attempt, right, Pin(WRONG))


def count_afterwards(store: Store, _pool: HashPool, account: Account, _decoy: KeptPin) -> None:
    """The control."""
    g, k = tables.pin_guards, attempt_limits.counter_of(account.person)
    with store.transaction("phone", "CA1") as tx:
        wrong = tx.connection.execute(select(g.c.consecutive).where(g.c.counter_key == k)).scalar()
        kept = pins.find(tx, account.person)
    if wrong is None or wrong >= attempt_limits.IN_A_ROW_TO_LOCK or kept is None:
        return
    pins.compare(KEYS, kept, Pin(WRONG))
    with store.transaction("phone", "CA1") as tx:
        tx.connection.execute(update(g).where(g.c.counter_key == k).values(consecutive=g.c.consecutive + 1))


# --- in the process that kills


class Found(NamedTuple):
    """Of one round: evaluations by person, how many of them were cut off by a kill, how many attempts were counted."""

    evaluated: Counter[str]
    cut: int
    counted: int


def one_round(url: str, accounts: list[Account], log: Path, dice: random.Random, kills: int, *, guarded: bool) -> Found:
    """One process after the other. The last one is let be until nothing is evaluated any more."""
    no_attempts_yet(url, accounts)
    for n in range(kills + 1):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                guess_for_ever(url, accounts, log, writing, guarded, dice.randrange(1 << 30) + n)
            except BaseException:  # noqa: BLE001 - said here, for nobody else will
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(writing)
        begun = os.read(reading, 1)
        os.close(reading)
        if not begun:
            sys.exit("a guessing process died by itself")
        time.sleep(dice.uniform(0, LONGEST))
        if n == kills:
            _until_quiet(log, len(accounts))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    lines = log.read_text().split("\n")
    before, after = (Counter(line for line in lines if line.startswith(word)) for word in ("before ", "after "))
    store, g = opened(url), tables.pin_guards.c
    with store.transaction("test") as tx:
        counted = tx.connection.execute(select(func.sum(g.consecutive)).where(g.real)).scalar_one()
    store.close()
    return Found(before, before.total() - after.total(), counted)


def _until_quiet(log: Path, people: int) -> None:
    size = -1
    while log.stat().st_size != size:
        size = log.stat().st_size
        time.sleep(QUIET * people)


def kill_many(kind: str, url: str, accounts: list[Account], folder: Path, kills: int, *, guarded: bool) -> bool:
    """Prints what came of it; whether it is as wanted."""
    dice, found = random.Random(2026), []
    rounds, each = -(-kills // ROUND), min(kills, ROUND)
    for n in range(rounds):
        found.append(one_round(url, accounts, folder / f"{kind} {guarded} {n}", dice, each, guarded=guarded))
    above = sum(count > attempt_limits.IN_A_ROW_TO_LOCK for one in found for count in one.evaluated.values())
    good = (above == 0) if guarded else (above > 0)
    print(
        f"{kind:11}{'reserve, commit, hash' if guarded else 'control: hash, count ':22} {rounds * each} kills, "
        f"{sum(one.cut for one in found)} of them while comparing: {above} of {rounds * len(accounts)} counters above "
        f"{attempt_limits.IN_A_ROW_TO_LOCK}, the most {max(max(one.evaluated.values()) for one in found)}; "
        f"{sum(one.evaluated.total() for one in found)} evaluated, {sum(one.counted for one in found)} counted   "
        f"{'as wanted' if good else 'WRONG'}",
        flush=True,
    )
    return good


def main() -> None:
    asked = argparse.ArgumentParser(description="PIN attempts whose process is killed")
    asked.add_argument("--kills", type=int, default=250)
    asked.add_argument("--people", type=int, default=40)
    asked.add_argument("--only", choices=KINDS)
    given = asked.parse_args()
    print(machine(), flush=True)
    good = True
    with (
        databases("kills", kinds=(given.only,) if given.only else KINDS) as urls,
        tempfile.TemporaryDirectory() as folder,
    ):
        for (kind, _), url in urls.items():
            accounts = people_with_pins(url, given.people)
            for guarded in (True, False):
                good &= kill_many(kind, url, accounts, Path(folder), given.kills, guarded=guarded)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
