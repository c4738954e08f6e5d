"""Whose call it is: said by whoever has it, and taken back by whoever said so of the wrong one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, insert, null, select, update

from authz import Grant, Proof
from store import tables
from store.calls import support_calls
from store.db.transaction import Transaction
from store.jobs import call_news

_r = tables.support_calls.c


def assign(tx: Transaction, grant: Grant, id: int) -> bool:
    """One of the staff says that the call somebody took on a phone of the desk is theirs, while it lasts or as long as its case
    stays open afterwards. False: it is another's, nobody has taken it, or it has been over for longer."""
    tx.require(grant, "desk.card.view")
    staff = grant.subject.staff
    free = update(tables.support_calls).where(
        *_open(tx, grant, id), _r.taken_by.is_not(None), _r.staff_id.is_(None) | (_r.staff_id == staff)
    )
    late = case((_r.staff_id.is_(None), _r.ended_at.is_not(None)), else_=_r.assigned_late)
    if tx.connection.execute(free.values(staff_id=staff, assigned_late=late).returning(_r.id)).first() is None:
        return False
    tx.told(grant, f"support_call:{id}")
    call_news.news(tx, id)
    return True


def give_back(tx: Transaction, grant: Grant, id: int) -> bool:
    """It was not theirs after all: all that rests on it ends, and whoever has it can say so. That they saw its card counts as
    looking at the account: they had chosen it. False: it is not theirs, or it has been over for too long."""
    tx.require(grant, "desk.card.view")
    staff = grant.subject.staff
    theirs = update(tables.support_calls).where(*_open(tx, grant, id), _r.staff_id == staff)
    row = tx.connection.execute(theirs.values(staff_id=null(), assigned_late=false()).returning(_r.proof)).first()
    if row is None:
        return False
    if row.proof >= int(Proof.VERIFIED):
        seen = {"staff_id": staff, "account_id": grant.account, "at": tx.now}
        tx.connection.execute(insert(tables.account_access).values(**seen))
    tx.told(grant, f"ring_given_back:{id}")
    call_news.news(tx, id)
    return True


def of_account(tx: Transaction, staff: int, account: int, *, unchosen: bool = False) -> ColumnElement[bool]:
    """A call of theirs with somebody of that account who has proved who they are, now or within the last half hour. `unchosen`:
    not one they said was theirs after it was over, when nobody was there to contradict."""
    query = accounts_of(tx, staff).where(_r.account_id == account)
    return (query.where(_r.assigned_late.is_(False)) if unchosen else query).exists()


def accounts_of(tx: Transaction, staff: int) -> Select[Any]:
    """The accounts (ids) of such calls."""
    return select(_r.account_id).where(
        _r.staff_id == staff, _r.account_id.is_not(None), _r.proof >= int(Proof.VERIFIED), _lately(tx)
    )


def _open(tx: Transaction, grant: Grant, id: int) -> tuple[ColumnElement[bool], ...]:
    return _r.id == id, _r.account_id == grant.account, _lately(tx)


def _lately(tx: Transaction) -> ColumnElement[bool]:
    return _r.ended_at.is_(None) | (_r.ended_at > tx.now - support_calls.CASE_OPEN)
