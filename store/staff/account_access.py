"""What staff look at: only what they have a case for, only so many accounts an hour, and never unseen. T20

A case is a call of theirs with somebody of that account who has proved who they are, now or within the last half hour; or an
open ticket of that account which they have taken. Reading a ticket of the queue counts as looking at its account; what the caller
proves themselves does not, for the agent has not chosen it; a call they said was theirs after it was over, or gave back, they have. Another supervisor can let them go on. Whoever
looks without a case, too often, or at an account that is nobody's, is reported to supervisors. Asking whether there is
such a support ID or number is looking as well, and has a budget of its own (`looks_up`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, and_, delete, exists, func, insert, select, union, update

from authz import Grant, Subject
from store import tables
from store.accounts import standing
from store.calls import call_assignment
from store.calls.live_calls import OpenTicket
from store.db import grant_limits, sweeping
from store.db.holdings import held_by, in_order, words_of
from store.db.statements import of_late
from store.db.transaction import GrantRequiredError, Transaction
from store.security import alerts, budgets
from store.security.budgets import Limit

SPAN: Final = 3_600_000  # ms
KEPT: Final = 24 * 3_600_000
TAKEN_OF_LATE: Final = 500
BUDGETS: Final = ("access_budget", "lookup_budget")  # alerts
LOOK_UPS: Final = (30, 2 * 60_000)  # at once, and how long until there is one more


class AccountAccess(StrEnum):
    """What came of it. Nothing says that an account is a decoy."""

    OPEN = "open"
    NO_CASE = "no_case"
    SPENT = "spent"  # more accounts within the hour than a day's work needs


@dataclass(frozen=True, slots=True)
class Contact:
    """`held` are words of the account's scheme."""

    name: str
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """An account, to one of the staff who has a case with it: no amounts, no numbers, no addresses. `unlocked_by` as in standing.py."""

    number: str
    name: str
    status: str
    contacts: tuple[Contact, ...]
    tickets: tuple[OpenTicket, ...]
    unlocked_by: tuple[str, ...] | None


def looks_up(tx: Transaction, grant: Grant) -> bool:
    """Somebody of the desk asks whether there is such a support ID or number, whichever way they ask. False: they have
    asked as often as a day's work needs, are told nothing, and are reported."""
    tx.require(grant, "desk.proof.ask")
    if budgets.take(tx, (_look_ups(grant.subject),)) is None:
        return True
    same = f"{grant.subject}:{tx.now // SPAN}:{_let_on(tx, grant.subject.staff)}"
    alerts.alert(tx, "lookup_budget", same, subject=grant.subject, detail=str(LOOK_UPS[0]))
    _refused(tx, grant, AccountAccess.SPENT)
    return False


def find(tx: Transaction, grant: Grant, number: str) -> int | None:
    """The account of that number, to ask about: its id. Whoever asks hears no difference between none and one without a case."""
    tx.require(grant, "desk.proof.ask")
    found: int | None = tx.connection.execute(
        select(tables.accounts.c.id).where(tables.accounts.c.number == number)
    ).scalar()
    tx.told(grant, "found:nothing" if found is None else f"found:account:{found}")
    return found


def record_access(tx: Transaction, grant: Grant, budget: int) -> AccountAccess:
    """One of the staff is about to be shown an account: whether they may. Counted, and reported where it should not have been.
    `budget`: how many accounts an hour.

    Under a grant to see cards they need a case of their own; under one to work on tickets the ticket is the case.
    """
    tx.require(grant, "desk.card.view", "desk.ticket.work")
    staff, account = grant.subject.staff, grant.account
    if account is None:
        return AccountAccess.OPEN
    a, hour, access_extensions = tables.accounts.c, tx.now // SPAN, _let_on(tx, staff, lock=True)
    if tx.connection.execute(select(a.decoy).where(a.id == account)).scalar():
        alerts.alert(tx, "decoy", f"{staff}:{account}:{hour}", subject=grant.subject, account=account)
    if grant.cell == "desk.card.view" and not has_case(tx, staff, account):
        alerts.alert(tx, "no_case", _once_an_hour(tx, grant), subject=grant.subject, account=account)
        return _refused(tx, grant, AccountAccess.NO_CASE)
    if tx.connection.execute(select(call_assignment.of_account(tx, staff, account, unchosen=True))).scalar():
        return AccountAccess.OPEN
    seen = _of_late(tx, staff)
    if account in seen:
        return AccountAccess.OPEN
    if len(seen) >= budget:
        alerts.alert(
            tx, "access_budget", f"{staff}:{hour}:{access_extensions}", subject=grant.subject, detail=str(budget)
        )
        return _refused(tx, grant, AccountAccess.SPENT)
    tx.connection.execute(insert(tables.account_access).values(staff_id=staff, account_id=account, at=tx.now))
    return AccountAccess.OPEN


def stands_open(tx: Transaction, grant: Grant) -> bool:
    """Whether they have been shown the account already, or need not be counted: what names it beside other things is no look of its own."""
    tx.require(grant, "desk.card.view")
    staff, account = grant.subject.staff, grant.account
    if account is None:
        return False
    r = tables.account_access.c
    seen = exists().where(r.staff_id == staff, r.account_id == account, of_late(r.at, tx.now, SPAN))
    unchosen = call_assignment.of_account(tx, staff, account, unchosen=True)
    return bool(tx.connection.execute(select(unchosen | seen)).scalar_one())


def missed(tx: Transaction, grant: Grant, number: str) -> None:
    """They looked for an account that is not there: reported like one they have no case with."""
    tx.require(grant, "desk.proof.ask")
    alerts.alert(tx, "no_case", _once_an_hour(tx, grant), subject=grant.subject, detail=number[:32])
    _refused(tx, grant, AccountAccess.NO_CASE)


def _once_an_hour(tx: Transaction, grant: Grant) -> str:
    """Or whoever tries often enough would bury the warnings of others. The ledger has every try."""
    return f"{grant.subject.staff}:{tx.now // SPAN}"


def account(tx: Transaction, grant: Grant) -> AccountSeen:
    """Raises `GrantRequiredError` for whoever has no case with it: `record_access` comes first."""
    tx.require(grant, "desk.card.view")
    id = grant.account
    if id is None or not has_case(tx, grant.subject.staff, id):
        raise GrantRequiredError("no case with that account")
    a, c, p, t = tables.accounts.c, tables.contacts.c, tables.people.c, tables.tickets.c
    row = tx.connection.execute(select(a.number, a.name, a.status, a.scheme, a.locked_at).where(a.id == id)).one()
    held = held_by(c.account_id, c.person_id).label("held")
    people = select(p.name, held).join(tables.contacts, c.person_id == p.id).where(c.account_id == id).order_by(p.name)
    tickets = select(t.number, t.title, t.topic, t.status).where(t.account_id == id, t.status.in_(("open", "waiting")))
    shown = tx.connection.execute(tickets.order_by(t.number.desc()).limit(20)).all()
    tx.told(grant, "account.name", "account.number", "contact.name", "contact.standing", "tickets")
    return AccountSeen(
        row.number,
        row.name,
        row.status,
        tuple(
            Contact(one.name, in_order(tx.schemes.get(row.scheme), words_of(one.held)))
            for one in tx.connection.execute(people)
        ),
        tuple(OpenTicket(one.number, one.title, one.topic, one.status) for one in shown),
        standing.unlocked_by(tx, id) if row.locked_at is not None else None,
    )


def has_case(tx: Transaction, staff: int, account: int) -> bool:
    """A call with somebody verified, or an open ticket they have taken. A closed one is opened into a case by what a customer
    does alone: the desk cannot make itself one by opening it again."""
    t, a = tables.tickets.c, tables.assignments.c
    taken = exists().where(t.account_id == account, a.ticket == t.number, a.staff_id == staff, is_case())
    return bool(tx.connection.execute(select(call_assignment.of_account(tx, staff, account) | taken)).scalar_one())


def cases(tx: Transaction, staff: int) -> CompoundSelect[Any]:
    """For a statement: the accounts (ids) they have a case with and have looked at within a day, which is counted; many tickets at once are taken
    without a look. Of tickets they have taken the newest `TAKEN_OF_LATE` are gone through."""
    t, a = tables.tickets.c, tables.assignments.c
    late = select(a.ticket).where(a.staff_id == staff).order_by(a.ticket.desc()).limit(TAKEN_OF_LATE).subquery()
    r = tables.account_access.c
    looked_at = t.account_id.in_(select(r.account_id).where(r.staff_id == staff, r.at > tx.now - KEPT))
    taken = select(t.account_id).join(late, late.c.ticket == t.number).where(looked_at, is_case())
    return union(call_assignment.accounts_of(tx, staff), taken)


def is_case() -> ColumnElement[bool]:
    """For a statement: of a ticket that somebody has taken, whether it is a case. An open ticket that nobody has closed, or on which a customer has written since. One that somebody of the desk wrote down for a caller
    is none until the customer has written on it themselves: nobody makes their own case last."""
    m, closing, t = tables.messages.c, tables.messages.alias("closing").c, tables.tickets.c
    # One number of each ticket's: of an exists() PostgreSQL might read all messages there are, to have those of any ticket at hand.
    closings = select(func.max(closing.id)).where(closing.ticket == tables.tickets.c.number, closing.event == "closed")
    last_closed = closings.correlate(tables.tickets).scalar_subquery()
    its, since = m.ticket == tables.tickets.c.number, m.id > func.coalesce(last_closed, 0)
    by_customer = exists().where(its, m.author.like("person:%"), m.written_by.is_(None), since)
    never_closed = last_closed.is_(None) & ~exists().where(its, m.written_by.is_not(None))
    return and_(t.status.in_(("open", "waiting")), never_closed | by_customer)


def _look_ups(subject: str) -> Limit:
    return Limit(f"looks-up:{subject}", *LOOK_UPS)


def _let_on(tx: Transaction, staff: int, *, lock: bool = False) -> int:
    """How often they were let go on: supervisors hear of each time anew. `lock`: two looks at once are counted one after the other."""
    s = tables.staff.c
    theirs = select(s.access_extensions).where(s.id == staff)
    return int(tx.connection.execute(theirs.with_for_update() if lock else theirs).scalar_one())


def _of_late(tx: Transaction, staff: int) -> set[int]:
    """The accounts they have looked at that count now."""
    r = tables.account_access.c
    theirs = select(r.account_id).where(r.staff_id == staff, of_late(r.at, tx.now, SPAN)).distinct()
    return set(tx.connection.execute(theirs).scalars())


def count(tx: Transaction, grant: Grant) -> int:
    """How many accounts they have looked at within the hour."""
    tx.require(grant, "desk.proof.ask")
    return len(_of_late(tx, grant.subject.staff))


def lift(tx: Transaction, grant: Grant, staff: int) -> bool:
    """Another supervisor lets them go on: what they have looked at and looked up counts no more. False: nobody of
    the staff."""
    tx.require(grant, "desk.threat.switch")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, staff)
    s = tables.staff.c
    theirs = (
        update(tables.staff)
        .where(s.id == staff, s.suspended_at.is_(None))
        .values(access_extensions=s.access_extensions + 1)
    )
    if tx.connection.execute(theirs.returning(s.id)).first() is None:
        return False
    # Not those before now by the clock: what a host whose clock is ahead wrote down would still count.
    tx.connection.execute(delete(tables.account_access).where(tables.account_access.c.staff_id == staff))
    budgets.make_whole(tx, _look_ups(Subject.of_staff(staff)).name)
    alerts.seen_of(tx, grant, BUDGETS, Subject.of_staff(staff))
    tx.told(grant, f"looks_lifted:staff:{staff}")
    return True


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.account_access, tables.account_access.c.at < tx.now - KEPT)


def _refused(tx: Transaction, grant: Grant, why: AccountAccess) -> AccountAccess:
    tx.record(grant.subject, grant.account, "desk.read", why)
    return why
