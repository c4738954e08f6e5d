"""Slack members: whom a member stands for, found by their own organisation and user id, and by nothing else.

Looked up to decide, never shown. An e-mail address or a name in a Slack profile is not even read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, literal, or_, select, update

from authz import Subject
from store import tables
from store.accounts import change_feed
from store.db.statements import Prepared
from store.db.transaction import WORKER, Transaction, upsert
from store.jobs import job_queue
from store.verification.revocation import lock_all, revoke

UNFIT: Final = "unlink_unfit"  # the work of looking through all links, once a night
DAY: Final = 24 * 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class Member:
    """`subject` is a person or one of the staff; `suspended`: they may do nothing now. `via` and `dm`: the installation they were last met through, and the
    channel of direct messages with them there, if known. `linked_at` in ms."""

    team: str
    user: str
    subject: Subject
    linked_at: int
    via: str | None
    dm: str | None
    suspended: bool = False


def find(tx: Transaction, team: str, user: str) -> Member | None:
    row = _FIND.first(tx, team=team, user=user)
    return None if row is None else replace(_member(row), suspended=row.suspended_at is not None)


def of_person(tx: Transaction, person: int) -> list[Member]:
    """Where somebody who is not suspended can be written to, the one met through an installation first."""
    return in_order(map(_member, tx.connection.execute(_OF_PERSON, {"person": person}).all()))


def in_order(members: Iterable[Member]) -> list[Member]:
    """Of those in the order in which they were linked, the one met through an installation first."""
    return sorted(members, key=lambda member: member.via is None)


def supervisors(tx: Transaction) -> list[Member]:
    """Members who are supervisors: what is for them alone is written to these."""
    s, m = tables.staff.c, tables.slack_members
    supervisors = s.role.in_(tables.SUPERVISORS) & s.suspended_at.is_(None)
    query = select(m).join(tables.staff, s.id == m.c.staff_id).where(supervisors).order_by(s.id)
    return list(map(_member, tx.connection.execute(query)))


def of_staff(tx: Transaction, staff: int) -> list[Member]:
    """Where one of the staff can be written to, who is not suspended."""
    s, m = tables.staff.c, tables.slack_members
    at_work = select(m).join(tables.staff, s.id == m.c.staff_id).where(s.id == staff, s.suspended_at.is_(None))
    return list(map(_member, tx.connection.execute(at_work)))


def met(tx: Transaction, member: Member, via: str, dm: str | None = None) -> None:
    """Where they were met just now."""
    if member.via == via and (dm is None or member.dm == dm):
        return
    new = {"via": via, "dm": dm if dm is not None or member.via != via else member.dm}
    tx.connection.execute(_one(member.team, member.user).values(**new))


def link(tx: Transaction, person: int, team: str, user: str) -> bool:
    """Ties a member to a person. False: they stand for somebody already."""
    s = tables.slack_members.c
    row = {"team": team, "member": user, "person_id": person, "linked_at": tx.now, "linked_by": "code"}
    new = upsert(tx, tables.slack_members).values(**row).on_conflict_do_nothing().returning(s.team)
    if tx.connection.execute(new).first() is None:
        return False
    _changed(tx, Subject.of_person(person), person)
    return True


def unlink(tx: Transaction, team: str, user: str, *, but: str = "", by: Subject | None = None) -> Subject | None:
    """The member stands for nobody any more, and what the person proved or was sent ends, `but` the session they do it in. `by`: who
    did it, where it was not they themselves. Whom they stood for, if it was a person."""
    s = tables.slack_members.c
    its = (s.team == team, s.member == user, s.person_id.is_not(None))
    lock_all(tx, tx.connection.execute(select(s.person_id).where(*its)).scalars().all())
    gone = delete(tables.slack_members).where(*its)
    person = tx.connection.execute(gone.returning(s.person_id)).scalar()
    if person is None:
        return None
    revoke(tx, [person], "slack", but=but)
    _changed(tx, by or Subject.of_person(person), person)
    return Subject.of_person(person)


def may_link(tx: Transaction, person: int, team: str, home: str) -> bool:
    """Whether members of an organisation may be tied to this person: those of the desk's own (`home`), those that an account
    of theirs lists, and those whose members the operator has tied to a contact of such an account."""
    fits: bool = tx.connection.execute(select(_fits(literal(person), literal(team), home))).scalar_one()
    return bool(fits)


def unfit(connection: Connection, home: str) -> list[int]:
    """Whose links do not fit: a look at all of them, which keeps no writer waiting."""
    return list(connection.execute(select(_s.c.person_id).where(*_unfit(home)).distinct()).scalars())


def unlink_unfit(tx: Transaction, home: str, people: Collection[int] | None = None) -> int:
    """Those who linked themselves by a code to somebody to whom `may_link` would not let them be tied now stand for nobody: the
    account that listed their organisation, or the contact, is gone. The people are told, and what they were sent or have proved
    ends. How many there were. Of these people, or of all."""
    s = tables.slack_members.c
    people = unfit(tx.connection, home) if people is None else people
    lock_all(tx, people)
    theirs = delete(tables.slack_members).where(s.person_id.in_(people), *_unfit(home))
    gone = theirs.returning(s.person_id, s.team, s.member)
    rows = tx.connection.execute(gone).all()
    for row in rows:
        tx.record(Subject.of_person(row.person_id), None, "slack.link", "ended", fields=("slack.member",))
        _changed(tx, WORKER, row.person_id)  # by nobody's wish, so whoever brought what it comes of hears of it too
        told = {"notice": "slack_unlinked", "person": row.person_id}
        job_queue.enqueue(tx, "notice", f"slack_unlinked:{row.person_id}:{row.team}:{row.member}", told)
    revoke(tx, [row.person_id for row in rows], "slack")
    return len(rows)


def _changed(tx: Transaction, by: Subject, person: int) -> None:
    change_feed.note(tx, "person.changed", by, person=person, fields=("slack",))


def _unfit(home: str) -> tuple[ColumnElement[bool], ...]:
    s = tables.slack_members.c
    return s.linked_by == "code", s.person_id.is_not(None), ~_fits(s.person_id, s.team, home)


def sweep(tx: Transaction) -> None:
    """Once a night it is looked whether every link still fits, whatever has changed."""
    job_queue.enqueue_once(tx, UNFIT, str(tx.now // DAY), {})


def home_of(tx: Transaction, named: str = "") -> str:
    """The installation that is the desk's own: the one the settings name, or the first. One that has ended counts as long as
    there is no other, or its members would be strangers while the app is installed anew. Empty: there never was one."""
    if named:
        return named
    i = tables.installations.c
    order = (i.ended_at.is_not(None), i.installed_at)
    return tx.connection.execute(select(i.team).order_by(*order).limit(1)).scalar() or ""


def _fits(person: ColumnElement[Any], team: ColumnElement[Any], home: str) -> ColumnElement[bool]:
    a, met = tables.account_teams.c, tables.slack_members.alias("met").c
    c, other = tables.contacts.alias("own").c, tables.contacts.alias("other").c
    listed = exists().where(a.team == team, a.account_id == c.account_id, c.person_id == person)
    known = exists().where(
        met.team == team,
        met.linked_by == "import",
        met.person_id == other.person_id,
        other.account_id == c.account_id,
        c.person_id == person,
    )
    return or_(team == home, listed, known)


def is_listed(tx: Transaction, team: str) -> bool:
    """Whether any account lists an organisation, or the operator has tied members of it."""
    a, s = tables.account_teams.c, tables.slack_members.c
    imported = exists().where(s.team == team, s.linked_by == "import")
    found: bool = tx.connection.execute(select(exists().where(a.team == team) | imported)).scalar_one()
    return bool(found)


def _one(team: str, user: str) -> Any:
    s = tables.slack_members.c
    return update(tables.slack_members).where(s.team == team, s.member == user)


def _member(row: Any) -> Member:
    subject = Subject.of_person(row.person_id) if row.person_id is not None else Subject.of_staff(row.staff_id)
    return Member(row.team, row.member, subject, row.linked_at, row.via, row.dm)


_s = tables.slack_members
_FIND = Prepared(  # which saves 23 µs for each request of Slack's
    select(_s, func.coalesce(tables.staff.c.suspended_at, tables.people.c.suspended_at).label("suspended_at"))
    .outerjoin(tables.staff, tables.staff.c.id == _s.c.staff_id)
    .outerjoin(tables.people, tables.people.c.id == _s.c.person_id)
    .where(_s.c.team == bindparam("team"), _s.c.member == bindparam("user"))
)
_OF_PERSON = (
    select(_s)
    .join(tables.people, tables.people.c.id == _s.c.person_id)
    .where(_s.c.person_id == bindparam("person"), tables.people.c.suspended_at.is_(None))
    .order_by(_s.c.linked_at)
)
