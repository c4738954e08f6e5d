"""Lending a ticket right: who may, the request for it, the delegation, and its end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, update

from authz import Grant, Status, Subject, can_lend
from store import tables
from store.accounts import colleagues
from store.accounts.people import lock
from store.db.commit import CollidedError
from store.db.holdings import delegations_of, held_by, may_lend, words_of
from store.db.statements import AHEAD, of_late
from store.db.transaction import GrantRequiredError, Transaction
from store.jobs import job_queue

HOUR: Final = 3_600_000
LONGEST: Final = 24  # hours
REQUESTS_A_DAY: Final = 3
REQUEST_LIFE: Final = 24 * HOUR
_l = tables.delegations.c


@dataclass(frozen=True, slots=True)
class Lender:
    """Somebody who may lend what was refused. `member`: they can be asked in Slack."""

    person: int
    name: str
    member: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What one contact asks of those who may lend."""

    id: int
    account: int
    account_name: str
    asker: int
    asker_name: str
    cell: str
    status: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """`ticket` is the one that was opened by a delegation of one. Times in ms."""

    id: int
    account_name: str
    borrower: int
    borrower_name: str
    lender_name: str
    cell: str
    one_ticket: bool
    ends_at: int
    ticket: int | None


def lenders(tx: Transaction, grant: Grant, cell: str) -> list[Lender]:
    """Who on the account may lend a cell at this moment, the asker left out."""
    tx.require(grant, "contacts.view")
    found = _lenders(tx, grant.account, cell, but=grant.subject.person)
    tx.told(grant, *(["contact.name"] if found else ()))
    return found


def ask(tx: Transaction, grant: Grant, cell: str) -> int | str:
    """Asks those who may lend: the request's id, or why not: `open` (one is), `too_many` today, `nobody` who could."""
    tx.require(grant, "contacts.view")
    _stay(tx, grant)
    if not [lender for lender in lenders(tx, grant, cell) if lender.member]:
        return "nobody"
    r, asker = tables.delegation_requests.c, grant.subject.person
    lock(tx, asker)
    recent = tx.connection.execute(
        select(r.account_id, r.cell, r.status).where(r.asker == asker, of_late(r.asked_at, tx.now, REQUEST_LIFE))
    ).all()
    if any((row.account_id, row.cell, row.status) == (grant.account, cell, "open") for row in recent):
        return "open"
    if len(recent) >= REQUESTS_A_DAY:
        return "too_many"
    row = {"account_id": grant.account, "asker": asker, "cell": cell, "status": "open", "asked_at": tx.now}
    id: int = tx.connection.execute(insert(tables.delegation_requests).returning(r.id), row).scalar_one()
    tx.told(grant, f"delegation_request:{id}", f"cell:{cell}")
    job_queue.enqueue(tx, "slack.delegation_request", str(id), {"request": id}, ordering_key=f"delegation:{id}")
    return id


def account_of(tx: Transaction, id: int) -> int | None:
    """Whose account a request is about, to ask for the right to answer it."""
    r = tables.delegation_requests.c
    return tx.connection.execute(select(r.account_id).where(r.id == id)).scalar()


def cell_of(tx: Transaction, id: int) -> str:
    """What a request asks for; empty where there is none."""
    r = tables.delegation_requests.c
    return tx.connection.execute(select(r.cell).where(r.id == id)).scalar() or ""


def may_be_for_one(cell: str) -> bool:
    """Whether a cell can be lent for one ticket: to see or to answer *one* says nothing about which."""
    return cell.startswith("ticket.open:")


def account_of_delegation(tx: Transaction, id: int) -> int | None:
    return tx.connection.execute(select(tables.delegations.c.account_id).where(tables.delegations.c.id == id)).scalar()


def addressees(tx: Transaction, grant: Grant, id: int) -> tuple[Request, list[Lender]] | None:
    """For the worker: a request as it stands, and those it is put to: who may lend it, or may once the account is active again,
    so that what they were shown says what came of it. What they click is judged."""
    tx.require(grant, "desk.deliver")
    found = _request(tx, id)
    if found is None:
        return None
    tx.told(grant, "contact.name", "account.name")
    return found, _lenders(tx, found.account, found.cell, but=found.asker, status=Status.ACTIVE)


def lend(tx: Transaction, grant: Grant, id: int, hours: int | None) -> Delegation | None:
    """Lends what a request asks for: for one ticket, which only a right to open one can be, or for hours. None: it is
    answered already, gone, or not theirs to lend."""
    if hours is None and not may_be_for_one(cell_of(tx, id)):
        return None
    found = _answer(tx, grant, id, "lent")
    if found is None:
        return None
    row: dict[str, Any] = {
        "account_id": found.account,
        "lender": grant.subject.person,
        "borrower": found.asker,
        "cell": found.cell,
        "one_ticket": hours is None,
        "lent_at": tx.now,
        "ends_at": tx.now + min(hours or LONGEST, LONGEST) * HOUR,
    }
    delegation: int = tx.connection.execute(insert(tables.delegations).returning(_l.id), row).scalar_one()
    tx.told(grant, f"lent_to:{Subject.of_person(found.asker)}", f"cell:{found.cell}", f"delegation:{delegation}")
    _tell(tx, id, "lent", request=id, delegation=delegation)
    return live(tx, grant, delegation)[0]


def refuse(tx: Transaction, grant: Grant, id: int) -> Request | None:
    found = _answer(tx, grant, id, "refused")
    if found is not None:
        tx.told(grant, f"refused:{Subject.of_person(found.asker)}", f"cell:{found.cell}")
        _tell(tx, id, "refused", request=id)
    return found


def _tell(tx: Transaction, id: int, news: str, **about: int) -> None:
    """Both sides hear what became of a request or a delegation."""
    job_queue.enqueue(tx, "slack.delegation_update", f"{id}:{news}", about, ordering_key=f"delegation:{id}")


def take_back(tx: Transaction, who: Subject, id: int) -> bool:
    """Ends a delegation of one's own, which needs no right: fewer people may do something then. False: it had ended, or is not
    theirs."""
    mine = select(_l.account_id, _l.borrower, _l.cell).where(_l.id == id, _l.lender == who.person)
    row = tx.connection.execute(mine).first()
    if row is None or not _end(tx, id):
        return False
    fields = (f"taken_back_from:{Subject.of_person(row.borrower)}", f"cell:{row.cell}", f"delegation:{id}")
    tx.record(who, row.account_id, "right.lend", "taken_back", fields=fields)
    return True


def _end(tx: Transaction, id: int) -> bool:
    """Whether it had not ended before."""
    ended = update(tables.delegations).where(_l.id == id, _l.ended_at.is_(None)).values(ended_at=tx.now)
    if tx.connection.execute(ended.returning(_l.id)).first() is None:
        return False
    _tell(tx, id, "ended", delegation=id)
    return True


def live(tx: Transaction, grant: Grant, only: int | None = None) -> list[Delegation]:
    """What somebody has lent on the account and has not ended."""
    tx.require(grant, "right.lend", "contacts.view")
    mine: ColumnElement[bool] = (_l.lender == grant.subject.person) & (_l.account_id == grant.account)
    query = _DELEGATIONS.where(mine, _l.ended_at.is_(None), _l.ends_at > tx.now)
    rows = tx.connection.execute(query if only is None else query.where(_l.id == only))
    tx.told(grant, "delegation.borrower", "delegation.ends_at")
    return [_delegation(row) for row in rows]


def told_about(tx: Transaction, grant: Grant, id: int) -> Delegation | None:
    """For the worker: a delegation as both sides hear of it, ended or not."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(_DELEGATIONS.where(tables.delegations.c.id == id)).first()
    tx.told(grant, "contact.name", "account.name")
    return _delegation(row) if row is not None else None


def use_up(tx: Transaction, grant: Grant, ticket: int) -> None:
    """The one ticket a right was lent for is this one. Raises `GrantRequiredError` when another took it just before."""
    tx.require(grant, "ticket.open:technical", "ticket.open:billing")
    assert grant.account is not None
    account = tx.connection.execute(select(tables.accounts.c.scheme).where(tables.accounts.c.id == grant.account)).one()
    lent = delegations_of(tx, grant.subject.person, grant.account, tx.schemes[account.scheme]).get(grant.cell)
    unused = _l.id == (lent.delegation if lent else 0), _l.ticket.is_(None)
    taken = update(tables.delegations).where(*unused).values(ticket=ticket)
    if tx.connection.execute(taken.returning(_l.id)).first() is None:
        raise GrantRequiredError("the ticket it was lent for is open already")


def end_of_those_who_lost(tx: Transaction, account: int) -> int:
    """After a change of contacts, or where the account was closed: delegations whose lender may no longer lend them, or whose borrower
    is a contact no more, end, and do not come back with the right or the contact. So do requests of those who are gone."""
    a, c, borrower = tables.accounts.c, tables.contacts.c, tables.contacts.alias("of_borrower")
    rows = tx.connection.execute(
        select(
            _l.id,
            _l.cell,
            _l.borrower,
            held_by(_l.account_id, _l.lender).label("held"),
            borrower.c.person_id,
            a.scheme,
            a.status,
        )
        .join(tables.accounts, a.id == _l.account_id)
        .outerjoin(borrower, (borrower.c.account_id == _l.account_id) & (borrower.c.person_id == _l.borrower))
        .where(_l.account_id == account, _l.ended_at.is_(None), _l.ends_at > tx.now)
    ).all()
    lost = [
        row
        for row in rows
        if row.status == "closed"
        or row.person_id is None
        or not may_lend(tx.schemes[row.scheme], words_of(row.held), row.cell)
    ]
    r, on = tables.delegation_requests.c, select(c.person_id).where(c.account_id == account)
    asked = update(tables.delegation_requests).where(r.account_id == account, r.status == "open", r.asker.not_in(on))
    tx.connection.execute(asked.values(status="gone"))
    for row in lost:
        _end_for_both(tx, row.id, account, row.borrower, row.cell)
    return len(lost)


def end_of(tx: Transaction, person: int) -> None:
    """All that somebody has lent or was lent ends, and what they asked for is asked no more: they were suspended."""
    on = select(tables.contacts.c.account_id).where(tables.contacts.c.person_id == person)
    _end_each(tx, person, or_(_l.lender == person, _l.borrower == person), _l.account_id.in_(on))


def end_all(tx: Transaction) -> int:
    """After a restore: any of them may have been taken back since, and any request answered."""
    return _end_each(tx, None)


def _end_each(tx: Transaction, asker: int | None, *which: ColumnElement[bool]) -> int:
    r = tables.delegation_requests
    asked = update(r).where(r.c.status == "open").values(status="gone")
    tx.connection.execute(asked if asker is None else asked.where(r.c.asker == asker))
    lent = select(_l.id, _l.account_id, _l.borrower, _l.cell).where(_l.ended_at.is_(None), _l.ends_at > tx.now, *which)
    rows = tx.connection.execute(lent.order_by(_l.id)).all()
    for row in rows:
        _end_for_both(tx, *row)
    return len(rows)


def _end_for_both(tx: Transaction, id: int, account: int, borrower: int, cell: str) -> None:
    if _end(tx, id):
        fields = f"delegation:{id}", f"cell:{cell}"
        tx.record(Subject.of_person(borrower), account, "right.lend", "ended", fields=fields)


def _lenders(
    tx: Transaction, account: int | None, cell: str, *, but: int, status: Status | None = None
) -> list[Lender]:
    """Whoever the judge lets lend it: at this moment, or were the account of that `status`."""
    others = (one for one in colleagues.who_might(tx, account, "right.lend") if one.person != but)
    return [
        Lender(one.person, one.name, one.member)
        for one in others
        if can_lend(cell, one.standing if status is None else one.standing._replace(status=status))
    ]


def _request(tx: Transaction, id: int) -> Request | None:
    row = tx.connection.execute(_REQUEST, {"id": id}).first()
    if row is None:
        return None
    gone = row.status == "open" and not -AHEAD <= tx.now - row.asked_at < REQUEST_LIFE
    names = (row.account_name, row.asker, row.asker_name)
    return Request(row.id, row.account_id, *names, row.cell, "gone" if gone else row.status)


def _answer(tx: Transaction, grant: Grant, id: int, status: str) -> Request | None:
    """Whoever answers first has answered, if it is theirs to answer: they may lend, and hold what is asked for. It is lent to
    a contact, and to nobody who was one."""
    tx.require(grant, "right.lend")
    found = _request(tx, id)
    if found is None or found.status != "open" or found.account != grant.account or found.asker == grant.subject.person:
        return None
    there, mine = _stay(tx, grant, found.asker), grant.subject.person
    can = [lender.person for lender in _lenders(tx, found.account, found.cell, but=found.asker)]
    if found.asker not in there or mine not in can:
        return None
    r = tables.delegation_requests.c
    answered = update(tables.delegation_requests).where(r.id == id, r.status == "open")
    by = {"status": status, "answered_by": grant.subject.person, "answered_at": tx.now}
    return found if tx.connection.execute(answered.values(by).returning(r.id)).first() is not None else None


def _stay(tx: Transaction, grant: Grant, *others: int) -> set[int]:
    """Whoever asks and these others stay the contacts they are until this transaction has ended, or whoever takes one of them off,
    or a right from them, finds what came of it. Who of them is there; raises `CollidedError` where whoever asks has just been taken off."""
    c, own = tables.contacts.c, grant.subject.person
    pair = (c.account_id == grant.account, c.person_id.in_((own, *others)))
    found = tx.connection.execute(select(c.person_id).where(*pair).order_by(c.person_id).with_for_update(read=True))
    there = set(found.scalars())
    if own not in there:
        raise CollidedError("they have just been taken off the account")
    return there


def _delegation(row: Any) -> Delegation:
    return Delegation(*(getattr(row, one.name) for one in fields(Delegation)))


_borrower, _lender = tables.people.alias("borrower"), tables.people.alias("lender")
_DELEGATIONS = (
    select(
        tables.delegations,
        tables.accounts.c.name.label("account_name"),
        _borrower.c.name.label("borrower_name"),
        _lender.c.name.label("lender_name"),
    )
    .join(tables.accounts, tables.accounts.c.id == tables.delegations.c.account_id)
    .join(_borrower, _borrower.c.id == tables.delegations.c.borrower)
    .join(_lender, _lender.c.id == tables.delegations.c.lender)
    .order_by(tables.delegations.c.id)
)
_asker = tables.people.c.name.label("asker_name")
_REQUEST = (
    select(tables.delegation_requests, tables.accounts.c.name.label("account_name"), _asker)
    .join(tables.accounts, tables.accounts.c.id == tables.delegation_requests.c.account_id)
    .join(tables.people, tables.people.c.id == tables.delegation_requests.c.asker)
    .where(tables.delegation_requests.c.id == bindparam("id"))
)
