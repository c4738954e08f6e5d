"""Tickets as the desk has them: listed, taken, answered, noted, closed, all under `desk.ticket.work`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Executable, bindparam, delete, exists, func, select, update

from authz import Grant, Subject
from store import tables
from store.accounts.people import works_here
from store.db import grant_limits
from store.db.commit import CollidedError
from store.db.statements import Insert, either
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import edits, response_clock, ticket_access, timeline, visible_messages
from store.messages.response_clock import Priority
from store.messages.timeline import NOT_THE_DESKS, Said, Sent
from store.security import alerts
from store.tickets import answer_delivery
from store.tickets.answer_delivery import Reach
from store.tickets.queue_lists import SupervisorsOnlyError

DESK_STATUSES: Final = ("open", "waiting", "closed")  # those an agent may give a ticket

_MADE: Final[dict[Priority, timeline.Event]] = {
    Priority.URGENT: "made_urgent",
    Priority.HIGH: "made_high",
    Priority.NORMAL: "made_normal",
    Priority.LOW: "made_low",
}
_NOT_OVER: Final = ("open", "waiting", "pending", "quarantined")
# What came of taking one, or of handing it over.
TAKEN, ALREADY, ANOTHER, AWAY = "taken", "taken_already", "taken_another", "away"


@dataclass(frozen=True, slots=True)
class Colleague:
    """`id` is theirs among the staff."""

    id: int
    name: str


def take(tx: Transaction, grant: Grant, number: int, had: int | None) -> str:
    """The agent takes a ticket that nobody has, or takes it over from whom they saw has it: `had`, the id of one of the staff.
    TAKEN; ALREADY: it is theirs; ANOTHER: somebody they have not seen there was quicker."""
    tx.require(grant, "desk.ticket.work")
    _at_work(tx, grant, number)
    came = _assign(tx, number, grant.subject.staff, had)
    if came == TAKEN:
        timeline.add(tx, number, grant.subject, "", event="taken", internal=True)
    return came


def hand_over(tx: Transaction, grant: Grant, number: int, to: int, had: int | None) -> str:
    """A ticket that nobody has, or that `had` has as the agent saw, becomes a colleague's: `to`, the id of one of the staff. As `take`; AWAY:
    no colleague of that id works here."""
    tx.require(grant, "desk.ticket.work")
    # In one order, or two who hand over to each other would wait for each other.
    here = {staff: works_here(tx, staff) for staff in sorted({to, grant.subject.staff})}
    if to == grant.subject.staff or not here[to]:
        return AWAY
    _at_work(tx, grant, number)
    came = _assign(tx, number, to, had)
    if came == TAKEN:
        timeline.add(tx, number, grant.subject, "", event="handed_over", internal=True)
        timeline.add(tx, number, Subject.of_staff(to), "", event="assigned", internal=True)
    return came


def colleagues(tx: Transaction, grant: Grant) -> list[Colleague]:
    """All who work here but whoever asks, by name."""
    tx.require(grant, "desk.ticket.work")
    s = tables.staff.c
    query = select(s.id, s.name).where(s.suspended_at.is_(None), s.id != grant.subject.staff).order_by(s.name, s.id)
    found = [Colleague(row.id, row.name) for row in tx.connection.execute(query)]
    tx.told(grant, *(("staff.name",) if found else ()))
    return found


def put_back(tx: Transaction, grant: Grant, number: int) -> bool:
    """They had taken the wrong one: it waits for somebody again, and is no case of theirs. False: it is not theirs."""
    working(tx, grant, number)
    a = tables.assignments
    theirs = delete(a).where(a.c.ticket == number, a.c.staff_id == grant.subject.staff).returning(a.c.ticket)
    if tx.connection.execute(theirs).first() is None:
        return False
    timeline.add(tx, number, grant.subject, "", event="put_back", internal=True)
    return True


def let_go(tx: Transaction, staff: int) -> None:
    """They work here no more: what they had taken and is not closed waits for somebody else."""
    for number in _without(tx, staff):
        timeline.add(tx, number, Subject.of_staff(staff), "", event="let_go", internal=True)


def reassign(tx: Transaction, grant: Grant, staff: int, to: int | None) -> int | None:
    """A supervisor gives all that one of the staff has and is not closed to a colleague, `to`, or back to the queue. How many tickets that
    were; None: no colleague of that id works here."""
    tx.require(grant, "desk.ticket.work")
    grant_limits.whole_desk(grant)
    if not grant_limits.is_supervisor(grant):
        raise SupervisorsOnlyError("only supervisors give what others have")
    if to is not None and (to == staff or not works_here(tx, to)):
        return None
    numbers = _without(tx, staff)
    for number in numbers:
        timeline.add(tx, number, grant.subject, "", event="put_back" if to is None else "handed_over", internal=True)
        if to is not None:
            _assign(tx, number, to, None)
            timeline.add(tx, number, Subject.of_staff(to), "", event="assigned", internal=True)
    tx.told(grant, f"reassigned:staff:{staff}", *(f"ticket.number:{number}" for number in numbers))
    return len(numbers)


def workload(tx: Transaction, grant: Grant) -> dict[int, int]:
    """How many tickets that are not closed each of the staff has, by their id; not those who have none."""
    tx.require(grant, "desk.ticket.work")
    a, t = tables.assignments.c, tables.tickets.c
    query = select(a.staff_id, func.count().label("many")).join(tables.tickets, t.number == a.ticket)
    query = query.where(t.status.in_(_NOT_OVER)).group_by(a.staff_id)
    return {row.staff_id: row.many for row in tx.connection.execute(query)}


def _without(tx: Transaction, staff: int) -> list[int]:
    """Nobody has what they had and is not closed: its numbers."""
    a, t = tables.assignments.c, tables.tickets.c
    # Of the few that are not closed, not of all they ever had. Ordered by a sum, or SQLite would walk through every ticket in
    # the order of its numbers to save the sorting of a few.
    theirs = exists().where(a.ticket == t.number, a.staff_id == staff)
    locked = select(t.number).where(t.status.in_(_NOT_OVER), theirs).order_by(t.number + 0).with_for_update()
    numbers = tx.connection.execute(locked).scalars().all()  # the tickets first, as whoever takes one does
    gone = delete(tables.assignments).where(a.staff_id == staff, a.ticket.in_(numbers)).returning(a.ticket)
    return sorted(tx.connection.execute(gone).scalars().all())


def requester(tx: Transaction, grant: Grant, number: int) -> int | str | None:
    """Who opened a ticket, or left what is nobody's, or whom they said they were: a person's id, to call them back by. `supervisors_only`: it was
    left under a threat, so only supervisors call them."""
    working(tx, grant, number)
    about = timeline.about(tx, number)
    assert about is not None
    if about.customer_status is not None and not grant_limits.is_supervisor(grant):
        return "supervisors_only"
    return about.opened_by or timeline.left_by(tx, number)


def answer(
    tx: Transaction,
    grant: Grant,
    number: int,
    body: str,
    *,
    phone: bool,
    along: Sequence[int] = (),
    files: Sequence[Sent] = (),
    source: str | None = None,
    then: str = "waiting",
) -> Reach:
    """What the customer gets, with `files` and such of the desk's notes (`along`); whoever of the staff answers a ticket that nobody has takes it. `then` is
    the status it has afterwards: it does not wait where nobody can read the answer. Whom it reaches; `phone`: whether the desk has a line to
    ring. `source`: what it came as, from elsewhere."""
    if then not in DESK_STATUSES:
        raise ValueError(f"no status of the desk's: {then}")
    _at_work(tx, grant, number)
    if grant.subject.is_staff and _assign(tx, number, grant.subject.staff, None) == TAKEN:
        timeline.add(tx, number, grant.subject, "", event="taken", internal=True)
    found = answer_delivery.now(tx, grant, number, phone=phone)
    _reopened(tx, grant, number)
    unread = found.way == answer_delivery.NOBODY and not found.others
    _give_status(tx, number, "open" if then == "waiting" and unread else then, anew=not unread)
    id = timeline.add(
        tx,
        number,
        grant.subject,
        body,
        source=source,
        files=files,
        along=along,
        answer=True,
        told="solved" if then == "closed" else None,
    )
    assert id is not None
    answer_delivery.written(tx, number, id, found)
    if then == "closed":
        timeline.add(tx, number, grant.subject, "", event="closed", told="")  # the answer's mail says so
    return found


def newest(tx: Transaction, grant: Grant, number: int) -> int:
    """The id of the last that was said on it: whoever writes an answer has seen it up to there."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    m = tables.messages.c
    return int(tx.connection.execute(select(func.max(m.id)).where(m.ticket == number)).scalar() or 0)


def meanwhile(tx: Transaction, grant: Grant, number: int, seen: int) -> list[Said]:
    """What others of the desk have said to the customer on it since the message `seen`, that it is closed as well; nothing more of
    theirs comes before this transaction ends."""
    _at_work(tx, grant, number)
    return [
        one
        for one in visible_messages.said(tx, grant, number)
        if one.by_desk and not one.internal and one.id > seen and one.author != grant.subject
    ]


def taken_by_another(tx: Transaction, grant: Grant, number: int) -> str:
    """The name of the colleague who has taken it; empty where nobody has, or whoever asks."""
    tx.require(grant, "desk.ticket.work")
    ticket_access.ticket(tx, grant, number)
    a, s = tables.assignments.c, tables.staff.c
    query = select(s.name).join(tables.assignments, a.staff_id == s.id)
    name: str | None = tx.connection.execute(query.where(a.ticket == number, s.id != grant.subject.staff)).scalar()
    tx.told(grant, *(("staff.name",) if name else ()))
    return name or ""


def correct(tx: Transaction, grant: Grant, number: int, id: int, body: str, *, phone: bool) -> bool:
    """Changes one's own answer, which is brought to the customer anew. False: no such answer of theirs."""
    working(tx, grant, number)
    if not edits.correct(tx, grant.subject, number, id, body):
        return False
    answer_delivery.begin(tx, id, answer_delivery.now(tx, grant, number, phone=phone))
    return True


def note(
    tx: Transaction, grant: Grant, number: int, body: str, *, source: str | None = None, files: Sequence[Sent] = ()
) -> None:
    """What the customer never sees."""
    working(tx, grant, number)
    timeline.add(tx, number, grant.subject, body, internal=True, source=source, files=files)


def set_status(tx: Transaction, grant: Grant, number: int, status: str) -> bool:
    """Whether it was another one before."""
    working(tx, grant, number)
    if status not in DESK_STATUSES:
        raise ValueError(f"no status of the desk's: {status}")
    if status != "closed":
        _reopened(tx, grant, number)
    if not _give_status(tx, number, status):
        return False
    events: dict[str, timeline.Event] = {"closed": "closed", "waiting": "waiting", "open": "reopened"}
    timeline.add(tx, number, grant.subject, "", event=events[status], internal=status == "waiting")
    return True


def set_priority(tx: Transaction, grant: Grant, number: int, priority: Priority) -> bool:
    """What comes first, and by when it is due from now on. Whether it was another one before."""
    working(tx, grant, number)
    t = tables.tickets.c
    other = update(tables.tickets).where(t.number == number, t.priority != priority).values(priority=priority)
    row = tx.connection.execute(other.returning(*response_clock.STATE)).first()
    if row is None:
        return False
    if row.waiting_since is not None:
        response_clock.started(tx, row)
    timeline.add(tx, number, grant.subject, "", event=_MADE[priority], internal=True)
    return True


def _reopened(tx: Transaction, grant: Grant, number: int) -> None:
    """One of the staff takes up a ticket that is closed: supervisors hear of it, and it is no case by that (account_access.py)."""
    of = timeline.about(tx, number) if grant.subject.is_staff else None
    if of is not None and of.status == "closed":
        same = f"{number}:{tx.now // 3_600_000}"
        alerts.alert(tx, "reopened", same, subject=grant.subject, account=of.account, detail=str(number))


def edited(tx: Transaction, grant: Grant, source: str, body: str, edited: str) -> bool:
    """The author of a note has changed it in Slack. False: we have no such note of theirs."""
    return _their_note(tx, grant, source) and edits.edit(tx, grant.subject, source, body, edited)


def _their_note(tx: Transaction, grant: Grant, source: str) -> bool:
    """Whether we have a note that came as `source`. Raises `GrantRequiredError` where it is on a ticket this grant does not reach."""
    tx.require(grant, "desk.ticket.work")
    of = timeline.of_source(tx, source)
    if of is not None and of.account != grant.account:
        raise GrantRequiredError("not a ticket of this grant")
    return of is not None


def _workable(grant: Grant, ticket: timeline.About | None) -> bool:
    there = ticket is not None and ticket.account == grant.account and ticket.status not in NOT_THE_DESKS
    return there and grant.when != "read"


def working(tx: Transaction, grant: Grant, number: int) -> None:
    """Raises `GrantRequiredError` unless this grant lets somebody change this very ticket, which is locked from now on."""
    tx.require(grant, "desk.ticket.work")
    if not _workable(grant, timeline.lock(tx, number)):
        raise GrantRequiredError("not a ticket this grant works on")
    tx.told(grant, f"ticket.number:{number}")


def _at_work(tx: Transaction, grant: Grant, number: int) -> None:
    """The same for whoever may come to have the ticket by it."""
    tx.require(grant, "desk.ticket.work")
    if grant.subject.is_staff and not works_here(
        tx, grant.subject.staff
    ):  # before the ticket is locked, as a suspension does
        raise CollidedError("they have just been suspended")
    working(tx, grant, number)


def _assign(tx: Transaction, number: int, staff: int, had: int | None) -> str:
    """One that nobody has, or that `had` has, is theirs. TAKEN, ALREADY or ANOTHER."""
    a = tables.assignments.c
    before = tx.connection.execute(select(a.staff_id).where(a.ticket == number)).scalar()
    if before == staff:
        return ALREADY
    if before not in (None, had):
        return ANOTHER
    tx.connection.execute(_TAKE[tx.dialect], {"ticket": number, "staff_id": staff, "at": tx.now})
    return TAKEN


def _give_status(tx: Transaction, number: int, status: str, *, anew: bool = False) -> bool:
    """Whether it was another one before. `anew`: whoever waits, where it is open, does so since now."""
    t = tables.tickets.c
    clock = response_clock.running(tx) if status == "open" else response_clock.STOPPED
    its = update(tables.tickets).where(t.number == number)
    if status == "open" and anew:
        clock = {"waiting_since": tx.now}
    else:
        its = its.where(t.status != status)
    row = tx.connection.execute(its.values(status=status, **clock).returning(*response_clock.STATE)).first()
    timeline.changed(tx, number)
    if row is not None and status == "open":
        response_clock.started(tx, row)
    return row is not None


def _take(insert: Insert) -> Executable:
    new = insert(tables.assignments).values({name: bindparam(name) for name in ("ticket", "staff_id", "at")})
    taken = {"staff_id": new.excluded.staff_id, "at": new.excluded.at}
    return new.on_conflict_do_update(index_elements=["ticket"], set_=taken)


_TAKE = either(_take)
