"""Ten thousand wrong PINs over fifty connections at one person: exactly five are evaluated. `make pin-storm`, docs/pins.md

    python -m benchmarks.pin_storm [--guesses 10000] [--connections 50] [--processes 5] [--only SQLite]

Every part starts at a barrier, and no clock moves while it runs. Exits 1 if a figure is not the one wanted.

unguarded    the control, a guard that checks, hashes and then counts: it must give guesses away, or the storm shows nothing
callers      through the phone: calls answered, the ID keyed, PINs until the call ends; with the pool, the twenty tries
             a minute and the hashing of refused attempts as they are
reserve      an attempt reserved in a transaction of its own, and evaluated where that is admitted; the twenty tries a minute
             are lifted, so that the reserve stands alone. At once; a second before the lock ends; then; a day later
spray        one guess at each of as many people, with a withheld number: what such callers share
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from authz import Subject, load_schemes
from benchmarks.measuring import APART, KINDS, databases, machine
from ivr import phrases, pin
from ivr.asks import DeskSettings
from ivr.turn import answer_call, begin_turn, open_phone
from ivr.types import Call, Keys
from ivr.webhook import Twilio, step_token
from store import Keys as SecretKeys
from store import Store, open_store, tables
from store.verification import attempt_limits, caller_limits, pins
from store.verification.attempt_limits import Admission
from store.verification.pins import KeptPin, Pin
from tests.desk import NOON, SECRET, load_samples

MIA, HER_ID, HER_PIN = 8, "10000081", "17846325"
OLIVIA = Call(support_id="10000016", number="+441632960101")
DAY, SECOND = 86_400_000, 1_000


class Burst(NamedTuple):
    part: str
    at: int
    what: str
    wanted: str  # the figure, as it is printed


BURSTS = (
    Burst("unguarded", NOON, "check, hash, then count", "more than 5 evaluated"),
    Burst("callers", NOON, "at once", "5 evaluated"),
    Burst("reserve", NOON + DAY, "at once", "5 evaluated"),
    Burst("reserve", NOON + DAY + attempt_limits.LOCK - SECOND, "a second before the lock ends", "0 evaluated"),
    Burst("reserve", NOON + DAY + attempt_limits.LOCK, "when the lock has ended", "5 evaluated"),
    Burst("reserve", NOON + 2 * DAY, "a day later: disabled", "0 evaluated"),
    Burst("spray", NOON + 3 * DAY, "a guess at each of as many people", f"{caller_limits.WITHHELD.most} evaluated"),
)


def opened(url: str, clock: Callable[[], int], connections: int | None = None) -> Store:
    return open_store(url, SecretKeys.parse(SECRET), load_schemes(), clock, connections)


class Post:
    """One process: a store with a connection for each thread, a phone line, and a count of what is really compared."""

    def __init__(self, url: str, threads: int, barrier: Barrier) -> None:
        self.now, self.threads, self.barrier = NOON, threads, barrier
        self.store = opened(url, lambda: self.now, threads)
        twilio = Twilio("AC" + "0" * 32, ("token",), "http://desk")
        self.phone = open_phone(self.store, twilio, DeskSettings((), ()), phrases.load())
        self.lock, self.evaluated = threading.Lock(), 0
        self._attempts: dict[int, pin.Attempt] = {}  # by the KeptPin each brought, which is its own
        self._count_comparisons()

    def _count_comparisons(self) -> None:
        """Counts an Argon2 against the person's own PIN whose attempt was let through: a right one would have opened."""
        reserve, compare = pin.reserve, pins.compare

        def reserved(*given: Any, **named: Any) -> pin.Attempt:
            attempt = reserve(*given, **named)
            self._attempts[id(attempt.kept)] = attempt
            return attempt

        def compared(keys: SecretKeys, kept: KeptPin, pin: Pin) -> pins.Match:
            attempt = self._attempts[id(kept)]
            if attempt.person == MIA and attempt.reservation.admission is Admission.EVALUATE:
                self.count()
            return compare(keys, kept, pin)

        pin.reserve, pins.compare = reserved, compared

    def count(self) -> None:
        with self.lock:
            self.evaluated += 1

    def run(self, burst: Burst, guesses: int) -> tuple[Counter[str], int]:
        """What became of the guesses of all threads here, and how many were evaluated."""
        self.now, self.evaluated = burst.at, 0
        attempt_limits.TRIES_A_MINUTE = 20 if burst.part == "callers" else attempt_limits.MINUTE
        part: Callable[[int, int], Iterator[str]] = getattr(self, burst.part)

        def thread(_: int) -> Counter[str]:
            place = self.barrier.wait(300)  # another number for each thread of all processes
            return Counter(part(place * guesses, guesses))

        with ThreadPoolExecutor(self.threads) as threads:
            outcomes = sum(threads.map(thread, range(self.threads)), Counter[str]())
        self._attempts.clear()
        return outcomes, self.evaluated

    # --- the parts: so many guesses of one connection, from the first on

    def callers(self, first: int, guesses: int) -> Iterator[str]:
        """Three tries a call, then the next call; a busy line ends a call at once."""
        sid, step = "", 0
        for n in range(first, first + guesses):
            if not sid:
                sid, step = f"CA{n:032x}", 1
                answer_call(self.phone, sid, None, ("f",))
                self._take(sid, 0, HER_ID)
            heard = self._take(sid, step, _digits(n))
            sid, step = ("", 0) if "<Hangup" in heard or "<Record" in heard else (sid, step + 1)
            yield "heard: busy" if "busy" in heard else "heard: did not match"

    def _take(self, sid: str, step: int, keyed: str) -> str:
        token = step_token(self.store.keys, sid, step)
        begun = begin_turn(self.phone, sid, token, Keys(keyed), (keyed,))
        return begun if isinstance(begun, str) else begun()

    def reserve(self, first: int, guesses: int) -> Iterator[str]:
        for n in range(first, first + guesses):
            with self.store.transaction("phone", "CA1") as tx:
                attempt = pin.reserve(tx, Call(support_id=HER_ID), self.phone.decoy, Pin(_digits(n)))
            if attempt.reservation.admission is Admission.EVALUATE:
                assert self.phone.pool.admit()
                assert pin.evaluate(self.phone.pool, self.store.keys, attempt, Pin(_digits(n))) is None
            yield str(attempt.reservation.admission)

    def spray(self, first: int, guesses: int) -> Iterator[str]:
        for n in range(first, first + guesses):
            with self.store.transaction("phone", "CA1") as tx:
                whose = caller_limits.limits(tx.keys, None, own=False, attested=False, digits=8, choice=False)
                admission = attempt_limits.reserve(tx, Subject.of_person(100 + n), real=True, limits=whose).admission
            if admission is Admission.EVALUATE:
                self.count()
            yield str(admission)

    def unguarded(self, first: int, guesses: int) -> Iterator[str]:
        """How it is done by whoever has not thought of two callers at once."""
        g, k = tables.pin_guards, attempt_limits.counter_of(MIA)
        for n in range(first, first + guesses):
            with self.store.transaction("phone", "CA1") as tx:
                wrong = tx.connection.execute(select(g.c.consecutive).where(g.c.counter_key == k)).scalar_one()
            if wrong >= attempt_limits.IN_A_ROW_TO_LOCK:
                yield "refused"
                continue
            self.count()
            pins.keep(self.store.keys, MIA, Pin(_digits(n)))  # what a comparison costs
            with self.store.transaction("phone", "CA1") as tx:
                tx.connection.execute(update(g).where(g.c.counter_key == k).values(consecutive=g.c.consecutive + 1))
            yield "evaluated"


def _digits(n: int) -> str:
    """The n-th wrong PIN."""
    return f"{20_000_000 + n}"


_posts: list[Post] = []  # one, in each process of the pool


def _open(url: str, threads: int, barrier: Barrier) -> None:
    _posts.append(Post(url, threads, barrier))


def _run(burst: Burst, guesses: int) -> tuple[Counter[str], int]:
    return _posts[0].run(burst, guesses)


def storm(kind: str, url: str, guesses: int, threads: int, processes: int) -> int:
    """All bursts on one database; how many figures were not those wanted."""
    given = (url, threads, APART.Barrier(threads * processes))
    wrong = 0
    with ProcessPoolExecutor(processes, APART, _open, given) as posts:
        for burst in BURSTS:
            if burst.part != "reserve" or burst.at == NOON + DAY:
                _forget(url, burst.at)
            _refill(url, burst.at)
            began, each = time.perf_counter(), guesses // (threads * processes)
            found = list(posts.map(_run, [burst] * processes, [each] * processes))
            took, evaluated = time.perf_counter() - began, sum(counted for _, counted in found)
            outcomes = ", ".join(f"{n} {word}" for word, n in sum((one for one, _ in found), Counter[str]()).items())
            more = burst.part == "unguarded" and evaluated > attempt_limits.IN_A_ROW_TO_LOCK
            good = more or f"{evaluated} evaluated" == burst.wanted
            wrong += not good
            verdict = "as wanted" if good else f"WRONG, wanted: {burst.wanted}"
            what = f"{kind:11}{burst.part:10}{burst.what:35}{evaluated:4} evaluated"
            print(f"{what}   {verdict}   ({outcomes}; {took:.0f} s)", flush=True)
    admitted = _olivia_rings(url, NOON + 3 * DAY)
    good = admitted == [Admission.EVALUATE, Admission.SPENT]
    print(f"{kind:11}spray     then from one's own number: {admitted[0]}; from any other: {admitted[1]}", flush=True)
    return wrong + (not good)


def _forget(url: str, now: int) -> None:
    """No attempt was ever counted: an empty counter for the one who is stormed, and no other."""
    store = opened(url, lambda: now)
    with store.transaction("test") as tx:
        for table in (tables.pin_guards, tables.budgets):
            tx.connection.execute(delete(table))
        attempt_limits.reserve(tx, attempt_limits.counter_of(MIA), real=True, limits=())
        empty = {"window_attempts": 0, "consecutive": 0, "lifetime": 0, "generation": 0}
        tx.connection.execute(update(tables.pin_guards).values(**empty))
        tx.connection.execute(delete(tables.budgets))
    store.close()


def _refill(url: str, now: int) -> None:
    """What is refused spends budgets too: each burst begins with all of them."""
    store = opened(url, lambda: now)
    with store.transaction("test") as tx:
        tx.connection.execute(delete(tables.budgets))
    store.close()


def _olivia_rings(url: str, now: int) -> list[Admission]:
    """A customer, once the budget is spent: from the number on file for her, and from another."""
    store, admitted = opened(url, lambda: now), []
    for call in (OLIVIA, replace(OLIVIA, number=None)):
        with store.transaction("phone", "CA1") as tx:
            admitted.append(pin.reserve(tx, call, pins.decoy(store.keys), Pin(_digits(1))).reservation.admission)
    store.close()
    return admitted


def main() -> None:
    asked = argparse.ArgumentParser(description="A storm of wrong PINs at one person")
    asked.add_argument("--guesses", type=int, default=10_000)
    asked.add_argument("--connections", type=int, default=50)
    asked.add_argument("--processes", type=int, default=5)
    asked.add_argument("--only", choices=KINDS)
    given = asked.parse_args()
    print(machine(), flush=True)
    print(f"{given.guesses} guesses, {given.connections} connections, {given.processes} processes", flush=True)
    wrong = 0
    with databases("storm", kinds=(given.only,) if given.only else KINDS) as urls:
        for (kind, _), url in urls.items():
            load_samples(url)
            wrong += storm(kind, url, given.guesses, given.connections // given.processes, given.processes)
    sys.exit("some figures are not those wanted" if wrong else 0)


if __name__ == "__main__":
    main()
