"""What the desk did, by day or by week: the figures of its page, for an operator's key with `reports:read`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import Query
from pydantic import BaseModel

from api.v1 import problems
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from desk.actors import NotAllowed
from desk.report_page import report

MOST: Final = 366


class ReportPeriod(BaseModel):
    """A day, or a week from Monday, by the clock of the desk. `over`: nothing will be added. `figures` is empty where nothing was counted."""

    first: date
    last: date
    over: bool
    figures: dict[str, int]


class Report(BaseModel):
    """`zone`: where its days begin and end. `periods` from the oldest to today's; `total` of them all, where what is open is as it stood last."""

    by: Literal["day", "week"]
    zone: str
    periods: list[ReportPeriod]
    total: dict[str, int]


By = Annotated[Literal["day", "week"], Query(description="What one period is.")]
Many = Annotated[int, Query(ge=1, le=MOST, description="How many periods, today's among them.")]


def read(asking: Asking, by: By = "day", periods: Many = 14) -> Answer:
    """Figures of the last days or weeks. They name no customer and none of the staff."""
    if asking.key.account is not None:
        raise ProblemError("other-kind", "Reports are read with an operator's key.")
    zone = asking.context.zone
    found = report(asking.tx, asking.who, zone, weekly=by == "week", many=periods)
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    given = [ReportPeriod(first=one.first, last=one.last, over=one.over, figures=one.figures) for one in found.periods]
    return Answer(Report(by=by, zone=zone.key, periods=given, total=found.total))
