"""Who called, by name, for the agent whose call it was: as long as they may open its card, and where that names somebody."""

from __future__ import annotations

from sqlalchemy import select

from authz import Grant, Proof, Subject
from store import tables
from store.calls.live_calls import AFTERWARDS
from store.db.transaction import Transaction

_r, _p = tables.support_calls.c, tables.people.c


def of_call(tx: Transaction, grant: Grant, support_call: int) -> str:
    """Empty: no call of theirs on the grant's account, it is over for too long, nobody proved who they are in it, or it was under a threat."""
    tx.require(grant, "desk.card.view")
    query = select(_r.subject, _r.proof, _r.threatened, _r.requested_proof, _r.verification_result)
    theirs = query.where(
        _r.id == support_call,
        _r.account_id == grant.account,
        _r.staff_id == grant.subject.staff,
        _r.ended_at.is_(None) | (_r.ended_at > tx.now - AFTERWARDS),
    )
    row = tx.connection.execute(theirs).first()
    if row is None or row.threatened or Proof(row.proof) < Proof.VERIFIED or not Subject(row.subject).is_person:
        return ""
    if (row.requested_proof, row.verification_result) == ("pin", "failed"):
        return ""
    name: str | None = tx.connection.execute(select(_p.name).where(_p.id == row.subject.person)).scalar()
    tx.told(grant, f"support_call:{support_call}", *(("contact.name",) if name else ()))
    return name or ""
