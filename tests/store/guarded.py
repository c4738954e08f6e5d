"""One counter of PIN attempts to try, right or wrong, and what was spent: for the tests of the guard."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from store import tables
from store.security.budgets import Limit
from store.verification import attempt_limits
from store.verification.attempt_limits import Admission, Reservation
from tests.store.clocked import HOUR, Clocked

DESK = Limit("desk", 200, HOUR // 40)  # what these attempts are of, unless others are named


class Guarded(Clocked):
    """Person 17's counter, unless another is named."""

    k = attempt_limits.counter_of(17)

    def reserve(self, k: str | None = None, *, limits: Sequence[Limit] = (DESK,), real: bool = True) -> Reservation:
        return self.do(attempt_limits.reserve, k or self.k, real=real, limits=limits)

    def wrong(self, times: int = 1, k: str | None = None) -> list[Admission]:
        return [self.reserve(k).admission for _ in range(times)]

    def right(self) -> Admission:
        made = self.reserve()
        self.do(attempt_limits.give_back, made, matched=made.admission is Admission.EVALUATE)
        return made.admission

    def row(self) -> dict[str, int | None]:
        (row,) = self.rows(select(tables.pin_guards).where(tables.pin_guards.c.counter_key == self.k))
        return dict(row._mapping)

    def spent(self, limit: Limit = DESK) -> float:
        """How much of a budget is spent at this moment."""
        b = tables.budgets.c
        found = self.rows(select(b.full_at).where(b.name == limit.name))
        return max(0, found[0].full_at - self.now) / limit.every if found else 0
