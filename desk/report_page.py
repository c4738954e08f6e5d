"""Reports for supervisors and for other systems: what happened by day or by week, in counts that name nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from authz import Action, Ask, Grant
from desk.actors import Actor, NotAllowed, judge, permit_staff
from store import Transaction
from store.reports import daily_figures
from store.reports.daily_figures import Figures

AS_IT_STOOD: Final = "open."  # figures that are how it stood when a day was over: of a week, its last day's


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or a week from Monday; what was not counted of it is not in `figures`. `over`: nothing will be added."""

    first: date
    last: date
    figures: Figures
    over: bool


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`periods` from the oldest to today's; `total` of them all."""

    weekly: bool
    periods: tuple[Period, ...]
    total: Figures


def report_page(tx: Transaction, who: Actor, zone: ZoneInfo, *, weekly: bool, many: int) -> ReportPage | None:
    """The last so many days or weeks, with today. None: not for them."""
    grant = permit_staff(tx, who, Action.DESK_LEDGER_READ)
    return None if grant is None else _report(tx, grant, zone, weekly=weekly, many=many)


def report(tx: Transaction, who: Actor, zone: ZoneInfo, *, weekly: bool, many: int) -> ReportPage | NotAllowed:
    """The same for another system, by its key."""
    grant = judge(tx, Ask(who.subject, Action.DESK_REPORTS_READ, None, None, who.proof))
    return grant if isinstance(grant, NotAllowed) else _report(tx, grant, zone, weekly=weekly, many=many)


def _report(tx: Transaction, grant: Grant, zone: ZoneInfo, *, weekly: bool, many: int) -> ReportPage:
    today = daily_figures.day_of(tx.now, zone).date
    length = 7 if weekly else 1
    first = today - timedelta(days=(today.weekday() if weekly else 0) + (many - 1) * length)
    days = daily_figures.kept(tx, grant, first) | {today: daily_figures.today(tx, grant, zone)}
    periods = []
    for n in range(many):
        begins = first + timedelta(days=n * length)
        its = [days[day] for day in _days(begins, length) if day in days]
        last = begins + timedelta(days=length - 1)
        periods.append(Period(begins, last, _sum(its), last < today))
    return ReportPage(weekly, tuple(periods), _sum(one.figures for one in periods))


def _days(first: date, many: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(many)]


def _sum(days: Iterable[Figures]) -> Figures:
    found, stood = Counter[str](), Figures()
    for one in days:
        found.update({figure: many for figure, many in one.items() if not figure.startswith(AS_IT_STOOD)})
        if one:
            stood = {figure: many for figure, many in one.items() if figure.startswith(AS_IT_STOOD)}
    return {**found, **stood}
