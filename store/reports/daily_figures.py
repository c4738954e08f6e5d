"""What happened on one day, in counts: taken once the day is over, and kept for good, though what they are counts of is not.

Words of figures: `calls` and `calls.…`, `callbacks`, `proof.…`, `refused.REASON`, `second.FACTOR`, `opened.KIND`, `closed`, `reopened`,
`answers` and `answers.…`, `open.KIND.AGE`. None is about a person, an account or one of the staff.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, case, func, literal_column, select

from authz import Grant, Reason
from store import tables
from store.db.transaction import Transaction, upsert
from store.messages.timeline import NOT_THE_DESKS

Figures = dict[str, int]
SHOWN_BACK: Final = 400  # days
CAUGHT_UP: Final = 60  # days: after a longer stop those before are not counted any more
ANSWERED_IN: Final = 30_000  # ms in which a caller is to be answered
HOUR: Final = 3_600_000
FIRST_ANSWERS: Final = {"15m": HOUR // 4, "1h": HOUR, "4h": 4 * HOUR, "8h": 8 * HOUR, "24h": 24 * HOUR}
AGES: Final = {"day": 24 * HOUR, "week": 7 * 24 * HOUR, "month": 30 * 24 * HOUR}  # and older
READ: Final = ("desk.ledger.read", "desk.reports.read")
OF_KIND: Final = ("problem", "question")  # tickets; all others are requests
DENIED: Final = tuple(one for one in Reason if one is not Reason.ALLOWED)
# As in ix_messages_ended, or neither database would use it.
ENDED: Final[ColumnElement[bool]] = literal_column("(messages.event IN ('closed', 'reopened'))")


@dataclass(frozen=True, slots=True)
class Day:
    """By the desk's own clock; `since` and `until` in ms."""

    date: date
    since: int
    until: int


def day_of(now: int, zone: ZoneInfo) -> Day:
    return _day(datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date(), zone)


def _day(day: date, zone: ZoneInfo) -> Day:
    since, until = (
        int(datetime.combine(one, time(), zone).timestamp()) * 1000 for one in (day, day + timedelta(days=1))
    )
    return Day(day, since, until)


def today(tx: Transaction, grant: Grant, zone: ZoneInfo) -> Figures:
    """What has happened since midnight."""
    tx.require(grant, *READ)
    tx.told(grant, "figures")
    return _counted(tx, day_of(tx.now, zone))


def kept(tx: Transaction, grant: Grant, since: date) -> dict[date, Figures]:
    """Of each day from then on that is over and was counted."""
    tx.require(grant, *READ)
    tx.told(grant, "figures")
    d, found = tables.daily_figures.c, dict[date, Figures]()
    for row in tx.connection.execute(select(tables.daily_figures).where(d.day >= since.isoformat())):
        found.setdefault(date.fromisoformat(row.day), {})[row.figure] = row.many
    return found


def count_days(zone: ZoneInfo) -> Callable[[Transaction], None]:
    """Counts the oldest day that is over and was not counted, once a minute until there is none. A desk begins with yesterday."""

    def count(tx: Transaction) -> None:
        d = tables.daily_figures
        yesterday = day_of(tx.now, zone).date - timedelta(days=1)
        last = tx.connection.execute(select(func.max(d.c.day))).scalar()
        day = yesterday if last is None else date.fromisoformat(last) + timedelta(days=1)
        if day > yesterday:
            return
        day = max(day, yesterday - timedelta(days=CAUGHT_UP))
        figures = _counted(tx, _day(day, zone))
        rows = [{"day": day.isoformat(), "figure": figure, "many": many} for figure, many in figures.items()]
        tx.connection.execute(upsert(tx, d).on_conflict_do_nothing(), rows)

    return count


def _counted(tx: Transaction, day: Day) -> Figures:
    """`calls` is always there: so a day without any is a day that was counted."""
    return {
        **calls(tx, day),
        **_proofs(tx, day),
        **_by_word("refused", tx.connection.execute(_refused(day))),
        **{f"second.{row.word.removeprefix('factor:')}": row.many for row in tx.connection.execute(_second(day))},
        **tickets(tx, day),
        **_first_answers(tx, day),
        **_open(tx),
    }


def calls(tx: Transaction, day: Day) -> Figures:
    """Of callers who asked for a person: how many, with how many somebody talked, and with how many of these soon."""
    r = tables.support_calls.c
    met, ours = r.joined_at.is_not(None), r.callback.is_not(None)
    soon = r.taken_at - r.started_at <= ANSWERED_IN
    query = select(
        _many(~ours).label("calls"),
        _many(~ours & met).label("calls.answered"),
        _many(~ours & met & soon).label("calls.in_time"),
        _many(~ours & ~met & r.ended_at.is_not(None)).label("calls.missed"),
        _many(~ours & r.emergency).label("calls.emergency"),
        _many(ours & met).label("callbacks"),
    ).where(_on(r.started_at, day))
    return dict(tx.connection.execute(query).mappings().one())


def tickets(tx: Transaction, day: Day) -> Figures:
    t, m = tables.tickets.c, tables.messages.c
    opened = select(t.kind.label("word"), func.count().label("many")).where(_on(t.opened_at, day))
    opened = opened.where(t.status.not_in(NOT_THE_DESKS)).group_by(t.kind)
    ended = select(m.event, func.count().label("many")).where(ENDED, _on(m.at, day)).group_by(m.event)
    return {
        **_by_word("opened", tx.connection.execute(opened)),
        "closed": 0,
        "reopened": 0,
        **{row.event: row.many for row in tx.connection.execute(ended)},
    }


def _proofs(tx: Transaction, day: Day) -> Figures:
    """Calls in which a PIN was keyed; in which it was right, and at the first try."""
    e = tables.ledger.c
    right = e.decision == "proved"
    of_a_call = (
        select(_many(right).label("right"), _many(~right).label("wrong"))
        .where(_on(e.at, day), e.action == "pin.attempt", e.call.is_not(None))
        .group_by(e.call)
        .subquery()
        .c
    )
    query = select(
        func.count().label("proof.tried"),
        _many(of_a_call.right > 0).label("proof.right"),
        _many((of_a_call.right > 0) & (of_a_call.wrong == 0)).label("proof.at_first"),
    )
    return dict(tx.connection.execute(query).mappings().one())


def _refused(day: Day) -> Any:
    e = tables.ledger.c
    query = select(e.decision.label("word"), func.count().label("many")).where(_on(e.at, day), e.decision.in_(DENIED))
    return query.where(e.who.like("person:%")).group_by(e.decision)


def _second(day: Day) -> Any:
    e = tables.ledger.c
    query = select(e.fields.label("word"), func.count().label("many"))
    return query.where(_on(e.at, day), e.action == "step_up", e.decision == "reached").group_by(e.fields)


def _first_answers(tx: Transaction, day: Day) -> Figures:
    """Of tickets that had their first answer on this day: how long after they were opened, and whether when it was due (`answer_delivery.written`)."""
    d, below = tables.answer_states.c, 0
    sooner = (_many(d.took <= most).label(word) for word, most in FIRST_ANSWERS.items())
    query = select(func.count().label("later"), _many(d.in_time).label("in_time"), *sooner)
    row = tx.connection.execute(query.where(_on(d.first_at, day))).mappings().one()
    found = {"answers": row["later"], "answers.in_time": row["in_time"]}
    for word in (*FIRST_ANSWERS, "later"):
        found[f"answers.{word}"] = row[word] - below
        below = row[word]  # of those that were sooner as well
    return found


def _open(tx: Transaction) -> Figures:
    """Tickets that the desk owes something, as it is now: so a day that is counted late has those of the day after."""
    t, found = tables.tickets.c, Counter[str]()
    younger = (_many(t.opened_at > tx.now - most).label(word) for word, most in AGES.items())
    query = select(t.kind, *younger, func.count().label("older")).where(t.status.in_(("open", "pending")))
    for row in tx.connection.execute(query.group_by(t.kind)):
        kind, below = row.kind if row.kind in OF_KIND else "request", 0
        for age in (*AGES, "older"):
            many = row._mapping[age]  # of those that are younger as well
            found[f"open.{kind}.{age}"] += many - below
            below = many
    return dict(found)


def _on(at: ColumnElement[int], day: Day) -> ColumnElement[bool]:
    return and_(at >= day.since, at < day.until)


def _many(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((which, 1)))


def _by_word(begins: str, rows: Iterable[Row[Any]]) -> Figures:
    return {f"{begins}.{row.word}": row.many for row in rows}
