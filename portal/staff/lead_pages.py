"""The wall, which all at the desk may read; and reports by day and by week, as charts and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Final

from fastapi import Response

from desk.report_page import Period, ReportPage, report_page
from desk.wall_page import WallPage, wall_page
from portal.staff import charts
from portal.staff.charts import Chart
from portal.staff.hours_pages import clock_of
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.reports.daily_figures import AGES, DENIED, FIRST_ANSWERS, OF_KIND, Figures
from store.reports.wall_figures import MOST
from store.sign_in.sessions import SignedIn
from store.verification.step_ups import FACTORS

SHOWN: Final = {False: 14, True: 12}  # days, or weeks
IN_A_FILE: Final = {False: 366, True: 53}
KINDS: Final = (*OF_KIND, "request")
OPEN_FOR: Final = (*AGES, "older")
OPEN: Final = "open"  # the chart of tickets by age
Many = Callable[[Figures, str], int]


def wall(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = wall_page(tx, acting(who), context.zone)
    if found is None:
        return responses.not_there(context, visit)
    return responses.live_page(context, visit, "staff/wall", wall_given(found) | {"who": who})


def wall_given(found: WallPage) -> dict[str, Any]:
    """What the wall's template is given."""
    opened = sum(_opened(found.tickets, kind) for kind in KINDS)
    given = {"share": share, "up_to": up_to, "opened": opened, "clock_of": clock_of}
    return responses.fields_of(found) | given


def reports(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = _report(context, visit, tx, who, SHOWN)
    if found is None:
        return responses.not_there(context, visit)
    given: dict[str, Any] = responses.fields_of(found) | {"who": who, "share": share}
    given["charts"] = [chart for chart in _charts(found) if chart.bars]
    given["days"] = [f"{one.first:%-d %b}" for one in found.periods]
    given["ages"] = OPEN_FOR
    return responses.page(context, visit, "staff/reports", **given)


def as_csv(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """A line for each period that was counted, a column for each figure: empty where it was not counted."""
    found = _report(context, visit, tx, who, IN_A_FILE)
    if found is None:
        return responses.not_there(context, visit)
    counted = [one for one in found.periods if one.figures]
    columns = sorted({figure for one in counted for figure in one.figures})
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("from", "to", *columns))
    for one in counted:
        rows.writerow((one.first, one.last, *(one.figures.get(column, 0) for column in columns)))
    name = f"deskgate-{'weeks' if found.weekly else 'days'}-{found.periods[-1].last}.csv"
    return responses.download(name, text.getvalue().encode())


def share(part: int, whole: int) -> str:
    """In per cent, as people say it; of nothing there is none."""
    return f"{round(100 * part / whole)} %" if whole else "–"


def up_to(many: int) -> str:
    return f"{MOST - 1}+" if many >= MOST else str(many)


def _report(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, many: dict[bool, int]
) -> ReportPage | None:
    weekly = visit.query.get("by") == "week"
    return report_page(tx, acting(who), context.zone, weekly=weekly, many=many[weekly])


def _charts(found: ReportPage) -> list[Chart]:
    stood = found.periods[-1].figures
    by_age = [[stood.get(f"open.{kind}.{age}", 0) for kind in KINDS] for age in OPEN_FOR]
    return [
        *(_piled(name, series, many, found.periods) for name, (series, many) in CHARTS.items()),
        charts.piled(OPEN, KINDS, by_age),
    ]


def _piled(name: str, series: tuple[str, ...], many: Many, periods: tuple[Period, ...]) -> Chart:
    """Of the series only those of which there is anything."""
    rows = [[many(one.figures, word) for word in series] for one in periods]
    there = [n for n in range(len(series)) if any(row[n] for row in rows)]
    return charts.piled(name, [series[n] for n in there], [[row[n] for n in there] for row in rows])


def _words(begins: str) -> Many:
    return lambda figures, word: figures.get(f"{begins}.{word}", 0)


def _calls(figures: Figures, word: str) -> int:
    if word == "late":
        return figures.get("calls.answered", 0) - figures.get("calls.in_time", 0)
    return figures.get(f"calls.{word}", 0)


def _proofs(figures: Figures, word: str) -> int:
    tried, right, first = (figures.get(f"proof.{one}", 0) for one in ("tried", "right", "at_first"))
    return {"at_first": first, "later": right - first, "never": tried - right}[word]


def _opened(figures: Figures, word: str) -> int:
    """A request is whatever is neither a problem nor a question."""
    if word in OF_KIND:
        return figures.get(f"opened.{word}", 0)
    of_kind = tuple(f"opened.{one}" for one in OF_KIND)
    return sum(many for figure, many in figures.items() if figure.startswith("opened.") and figure not in of_kind)


CHARTS: Final[dict[str, tuple[tuple[str, ...], Many]]] = {
    "calls": (("in_time", "late", "missed"), _calls),
    "proof": (("at_first", "later", "never"), _proofs),
    "refused": (tuple(DENIED), _words("refused")),
    "second": (FACTORS, _words("second")),
    "opened": (KINDS, _opened),
    "ended": (("closed", "reopened"), lambda figures, word: figures.get(word, 0)),
    "answers": ((*FIRST_ANSWERS, "later"), _words("answers")),
}
"""In their order on the page: what each shows upon each other, and how many of it there were. OPEN, by age, comes last."""
