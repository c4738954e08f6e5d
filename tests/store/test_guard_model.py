"""The counters held against a plain model of them: any order of attempts, of what becomes of them, and of time passing.

T3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from store.security.budgets import Limit
from store.verification import attempt_limits
from store.verification.attempt_limits import Admission, Reservation
from tests.sizes import size
from tests.store.clocked import DAY, HOUR, MINUTE
from tests.store.guarded import Guarded


def places(tries: list[int], now: int) -> int:
    """How many of twenty are left, of which one comes back every three seconds."""
    full_at = 0
    for at in tries:
        full_at = max(full_at, at) + 3_000
    return (now + 20 * 3_000 - max(full_at, now)) // 3_000


IDS = st.sampled_from(("ann", "ben", "nobody"))


@dataclass
class Counted:
    """What a person who keeps the book by hand would write down of one ID."""

    in_window: int = 0
    in_a_row: int = 0
    in_a_life: int = 0
    locked_until: int = 0
    attempts: list[int] = field(default_factory=list)  # numbers of the attempts that were let through
    tries: list[int] = field(default_factory=list)  # times of those that were not too many at once


class Book(RuleBasedStateMachine):
    """Each rule does a thing to the store and writes it in the book; both must say the same."""

    def __init__(self, guarded: Guarded, number: Iterator[int]) -> None:
        super().__init__()
        self.guarded, self.example = guarded, next(number)
        self.limits = {own: Limit(f"{self.example}:{own}", 6, 5 * MINUTE) for own in (True, False)}
        self.book: dict[str, Counted] = {}
        self.full_at = {True: 0, False: 0}  # when each budget has all its places again
        self.number = 0

    pending = Bundle("pending")

    def k(self, id: str) -> str:
        return f"{self.example}:{id}"

    def expected(self, id: str, own: bool, *, by_code: bool = False, barred: bool = False) -> Admission:
        entry, now = self.book.setdefault(id, Counted()), self.guarded.now
        if places(entry.tries, now) < 1:
            return Admission.BUSY
        if max(self.full_at[own], now) + 5 * MINUTE > now + 6 * 5 * MINUTE:
            entry.tries.append(now)
            return Admission.SPENT
        entry.tries.append(now)
        if barred or entry.in_a_life >= 30:
            return Admission.REFUSED
        if not by_code and (entry.in_a_row >= 10 or now < entry.locked_until):
            return Admission.REFUSED
        entry.in_window = 1 if 0 < entry.locked_until <= now else entry.in_window + 1
        entry.locked_until = now + 30 * MINUTE if entry.in_window >= 5 else 0
        entry.in_a_row += 1
        entry.in_a_life += 1
        self.full_at[own] = max(self.full_at[own], now) + 5 * MINUTE
        return Admission.EVALUATE

    @rule(target=pending, id=IDS, own=st.booleans(), how=st.sampled_from(("", "", "by_code", "barred")))
    def begin(self, id: str, own: bool, how: str = "") -> tuple[str, int, Reservation]:
        way: dict[str, Any] = {how: True} if how else {}
        expected, limits = self.expected(id, own, **way), (self.limits[own],)
        made = self.guarded.do(attempt_limits.reserve, self.k(id), real=id != "nobody", limits=limits, **way)
        assert made.admission is expected
        self.number += 1
        if expected is Admission.EVALUATE:
            self.book[id].attempts.append(self.number)
        return id, self.number, made

    @rule(attempt=consumes(pending))
    def turns_out_wrong(self, attempt: tuple[str, int, Reservation]) -> None:
        self.guarded.do(attempt_limits.give_back, attempt[2], matched=False)

    @rule(attempt=consumes(pending))
    def turns_out_right(self, attempt: tuple[str, int, Reservation]) -> None:
        id, number, made = attempt
        if made.admission is not Admission.EVALUATE or number not in self.book[id].attempts:
            return  # refused, or the PIN was replaced meanwhile: then it is not looked at (ivr/pin.py)
        self.guarded.do(attempt_limits.give_back, made, matched=True)
        entry = self.book[id]
        entry.in_a_life -= 1
        if entry.attempts[-1] == number:
            entry.in_window = entry.in_a_row = entry.locked_until = 0
        self.full_at[made.limits[0] == self.limits[True]] -= 5 * MINUTE

    @rule(ids=st.lists(IDS, min_size=1, max_size=6))
    def are_wrong_in_a_row(self, ids: list[str]) -> None:
        for id in ids:
            self.begin(id, False)

    @rule(by=st.sampled_from((1, 3_000, MINUTE, 30 * MINUTE - 1, 30 * MINUTE, HOUR, DAY)))
    def time_passes(self, by: int) -> None:
        self.guarded.now += by

    @rule(id=IDS)
    def the_operator_unlocks(self, id: str) -> None:
        entry = self.book.get(id, Counted())
        locked = self.guarded.now < entry.locked_until
        assert self.guarded.do(attempt_limits.unlock, self.k(id)) is locked
        if locked:
            entry.in_window = entry.locked_until = 0

    @rule(id=IDS)
    def a_new_pin_is_set(self, id: str) -> None:
        self.guarded.do(attempt_limits.forget, self.k(id))
        if id in self.book:
            self.book[id] = Counted()

    @invariant()
    def the_same_are_disabled(self) -> None:
        for id, entry in self.book.items():
            disabled = entry.in_a_row >= 10 or entry.in_a_life >= 30
            assert self.guarded.do(attempt_limits.is_disabled, self.k(id)) is disabled


@pytest.fixture
def guarded(store_url: str) -> Iterator[Guarded]:
    guarded = Guarded(store_url)
    yield guarded
    guarded.close()


def test_the_store_and_the_book_say_the_same(guarded: Guarded) -> None:
    numbers = iter(range(1_000_000))
    few = settings(max_examples=size(20, 8), stateful_step_count=30)

    class Ours(Book):
        def __init__(self) -> None:
            super().__init__(guarded, numbers)

    run_state_machine_as_test(Ours, settings=few)
