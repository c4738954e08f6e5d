"""One counter of PIN attempts to try, right or wrong, and what was spent: for the tests of the guard."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from store import guard, tables
from store.guard import Admission, Reservation
from tests.store.clocked import Clocked


class Guarded(Clocked):
    """Person 17's counter, unless another is named."""

    k = guard.counter_of(17)

    def reserve(self, k: str | None = None, *, own_number: bool = False, real: bool = True) -> Reservation:
        made: Reservation = self.do(guard.reserve, k or self.k, real=real, own_number=own_number)
        return made

    def wrong(self, times: int = 1, k: str | None = None) -> list[Admission]:
        return [self.reserve(k).admission for _ in range(times)]

    def right(self) -> Admission:
        made = self.reserve()
        self.do(guard.give_back, made, matched=made.admission is Admission.EVALUATE)
        return made.admission

    def row(self) -> dict[str, int | None]:
        (row,) = self.rows(select(tables.pin_guards).where(tables.pin_guards.c.k == self.k))
        return dict(row._mapping)

    def spent(self) -> dict[tuple[str, int], int]:
        """(kind, span) → wrong PINs, over all windows."""
        spent: Counter[tuple[str, int]] = Counter()
        for kind, span, _start, wrong in self.rows(select(tables.pin_budgets)):
            spent[kind, span] += wrong
        return dict(spent)
