"""An assistant: a program that helps one of the staff with one case of theirs, by a token it is given once, for an hour at the most.

It is good no longer than the case is open and theirs, and no longer than its agent is signed in: suspended or signed out they have none. What it may do is
the judge's to say, under the scheme `desk` (holdings.py); what its agent may not do it may not either, and of the customer it hears what they may be told
(desk/assistant_tools.py).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update

from authz import Grant, Subject
from store import tables
from store.calls.live_calls import AFTERWARDS
from store.db import sweeping
from store.db.keys import Keys
from store.db.statements import AHEAD
from store.db.transaction import GrantRequiredError, Transaction
from store.security import budgets
from store.security.budgets import Limit
from store.sign_in.realms import STAFF
from store.staff import account_access

LASTS: Final = 60 * 60_000  # ms
PROOF_LASTS: Final = 24 * 3_600_000  # ms since they last wrote on a ticket themselves
PREFIX: Final = "dga_"  # so that whoever looks for secrets in files finds one
CALLS: Final = (60, 1_000)  # of tools: at once, and how long until there is one more
_NOTED: Final = 60_000  # ms: how exactly it is known when one last asked
_KEPT: Final = 7 * 24 * 3_600_000
_CHANCE, _TOKEN = 43, 86  # characters: 256 bits, and the seal by which a made-up one is known
_USE, _SEAL = "assistants", "assistant-seal"
_a, _s, _l = tables.assistants.c, tables.staff_sessions.c, tables.support_calls.c


@dataclass(frozen=True, slots=True)
class Assistant:
    """`staff` is its agent's id, `account` the case's; the case is a `ticket` (number) or a `support_call` (id). `seen_at`: when it last asked, in ms."""

    id: int
    staff: int
    account: int
    ticket: int | None
    support_call: int | None
    ends_at: int
    seen_at: int | None

    @property
    def subject(self) -> Subject:
        return Subject.of_assistant(self.id)


def give(
    tx: Transaction, grant: Grant, session: str, *, ticket: int | None = None, support_call: int | None = None
) -> str | None:
    """The token of a new one for a case of whoever asks, to be shown to them once: those they had for it before are good no more. `session` is theirs
    (`SignedIn.session`). None: it is no case of theirs now."""
    tx.require(grant, "desk.card.view", "desk.ticket.work")
    if (ticket is None) == (support_call is None):
        raise ValueError("an assistant is for one case")
    if grant.account is None:
        raise GrantRequiredError("a case is of one account")
    chance = secrets.token_urlsafe(32)
    token = PREFIX + chance + tx.keys.digest(_SEAL, chance)[: _TOKEN - _CHANCE]
    withdraw(tx, grant, ticket=ticket, support_call=support_call)
    row: dict[str, Any] = {"staff_id": grant.subject.staff, "session": session, "account_id": grant.account}
    row |= {"ticket": ticket, "support_call": support_call, "digest": tx.keys.digest(_USE, token)}
    row |= {"made_at": tx.now, "ends_at": tx.now + LASTS}
    id = tx.connection.execute(insert(tables.assistants).values(row).returning(_a.id)).scalar_one()
    if tx.connection.execute(_good(tx).where(_a.id == id)).first() is None:
        tx.connection.execute(delete(tables.assistants).where(_a.id == id))
        return None
    tx.told(grant, f"assistant_given:{id}")
    return token


def is_ours(keys: Keys, token: str) -> bool:
    """Whether there ever was an assistant with that token, good still or not. Takes no statement, so that whoever makes one up costs nobody anything."""
    named, rest = token[: len(PREFIX)], token[len(PREFIX) :]
    return named == PREFIX and len(rest) == _TOKEN and keys.made(rest[_CHANCE:], _SEAL, rest[:_CHANCE])


def find(tx: Transaction, token: str) -> Assistant | None:
    """Whose token it is. None: it is withdrawn or over, or its agent has the case no more, or is signed out."""
    if not is_ours(tx.keys, token):
        return None
    row = tx.connection.execute(_good(tx).where(_a.digest.in_(tx.keys.digests(_USE, token)))).first()
    if row is None:
        return None
    if tx.now - (row.seen_at or 0) >= _NOTED:
        tx.connection.execute(update(tables.assistants).where(_a.id == row.id).values(seen_at=tx.now))
    return _read(row)


def of_case(
    tx: Transaction, grant: Grant, *, ticket: int | None = None, support_call: int | None = None
) -> Assistant | None:
    """The one that helps whoever asks with a case, if there is one."""
    tx.require(grant, "desk.card.view", "desk.ticket.work")
    mine = _good(tx).where(_a.account_id == grant.account, *_of(grant, ticket, support_call))
    row = tx.connection.execute(mine.order_by(_a.id.desc()).limit(1)).first()
    return None if row is None else _read(row)


def withdraw(tx: Transaction, grant: Grant, *, ticket: int | None = None, support_call: int | None = None) -> bool:
    """Those they have for a case are good no more. Whether there was one."""
    tx.require(grant, "desk.card.view", "desk.ticket.work")
    theirs = update(tables.assistants).where(_a.ended_at.is_(None), *_of(grant, ticket, support_call))
    ended = tx.connection.execute(theirs.values(ended_at=tx.now).returning(_a.id)).scalars().all()
    tx.told(grant, *(f"assistant_withdrawn:{id}" for id in ended))
    return bool(ended)


def asks(tx: Transaction, one: Assistant) -> bool:
    """It asks for something once more. False: it has asked as often as it may for now."""
    return budgets.take(tx, (Limit(f"assistant:{one.id}", *CALLS),)) is None


def proof_lasts(tx: Transaction, grant: Grant, ticket: int) -> bool:
    """Whether the requester of a ticket has written on it themselves of late, as somebody who had proved who they are: not through an agent."""
    tx.require(grant, "desk.ticket.work")
    m, t = tables.messages.c, tables.tickets.c
    written = select(func.max(m.at)).where(m.ticket == ticket, m.written_by.is_(None), m.event == "")
    of_requester = select(t.opened_by).where(t.number == ticket, t.account_id == grant.account)
    requester = tx.connection.execute(of_requester).scalar()
    if requester is None:
        return False
    at = tx.connection.execute(written.where(m.author == Subject.of_person(requester))).scalar()
    return at is not None and tx.now - PROOF_LASTS < at


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.assistants, _a.ends_at < tx.now - _KEPT)


def _of(grant: Grant, ticket: int | None, support_call: int | None) -> tuple[ColumnElement[bool], ...]:
    return _a.staff_id == grant.subject.staff, _a.ticket == ticket, _a.support_call == support_call


def _read(row: Any) -> Assistant:
    return Assistant(row.id, row.staff_id, row.account_id, row.ticket, row.support_call, row.ends_at, row.seen_at)


def _good(tx: Transaction) -> Select[Any]:
    t, s = tables.tickets.c, tables.assignments.c
    call = and_(
        _l.staff_id == _a.staff_id,
        _l.account_id == _a.account_id,
        _l.threatened.is_(False),
        or_(_l.ended_at.is_(None), _l.ended_at > tx.now - AFTERWARDS),
    )
    ticket = and_(
        t.account_id == _a.account_id,
        t.customer_status.is_(None),
        s.staff_id == _a.staff_id,
        account_access.is_case(),
    )
    return (
        select(tables.assistants)
        .join(tables.staff, tables.staff.c.id == _a.staff_id)
        .join(tables.staff_sessions, and_(_s.digest == _a.session, _s.staff_id == _a.staff_id))
        .outerjoin(tables.support_calls, _l.id == _a.support_call)
        .outerjoin(tables.tickets, t.number == _a.ticket)
        .outerjoin(tables.assignments, s.ticket == _a.ticket)
        .where(_a.ended_at.is_(None), _a.ends_at > tx.now, _a.made_at <= tx.now + AHEAD)
        .where(STAFF.may_work, _s.ended_at.is_(None))
        .where(_s.seen_at > tx.now - STAFF.idle, _s.made_at > tx.now - STAFF.whole)
        .where(or_(call, ticket))
    )
