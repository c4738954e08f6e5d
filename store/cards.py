"""A ticket as the desk's people see it at a glance: who asks, how sure that is, what may be told to them, and what not.

Of somebody not proven there is nothing on it but what they said themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from authz import CELL_OF, CELLS, Ask, Grant, Proof, judge
from store import tables, timeline
from store.people import subject_of
from store.timeline import Said
from store.transaction import Transaction

SHOWN: Final = tuple(
    (action, topic) for (action, topic), cell in CELL_OF.items() if cell in CELLS and action != "portal.login"
)


@dataclass(frozen=True, slots=True)
class Requester:
    """Somebody proven, and how they stand on the account. `may` and `step_up` are cells: allowed as they are proven now,
    and after a further proof; what is in neither is refused. `own_only`: of what is allowed, what a lent right gives for their
    own tickets alone. `held` are their words under the account's scheme."""

    name: str
    account_number: str
    account_name: str
    account_status: str
    scheme: str
    held: tuple[str, ...]
    may: frozenset[str]
    own_only: frozenset[str]
    step_up: frozenset[str]
    open_tickets: int


@dataclass(frozen=True, slots=True)
class Card:
    """`requester` is None where nobody has proved who they are. `taken_by` is a name, or empty."""

    number: int
    subject: str
    topic: str
    kind: str
    status: str
    urgent: bool
    channel: str
    opened_at: int
    service: str
    taken_by: str
    requester: Requester | None
    first: Said | None


def card(tx: Transaction, grant: Grant, number: int) -> Card | None:
    """For the worker that posts it where the desk's people are. None for a draft, taken back or not, and where there is no such ticket."""
    tx.good(grant, "desk.deliver")
    t = tables.tickets
    row = tx.connection.execute(
        select(t).where(t.c.number == number, t.c.status.not_in(timeline.NOT_THE_DESKS))
    ).first()
    if row is None:
        return None
    said = [line for line in timeline.said(tx, grant, number) if not line.internal]
    requester = _requester(tx, row)
    tx.told(grant, "ticket.subject", "ticket.body", *(("contact.name", "account.name") if requester else ()))
    return Card(
        row.number,
        row.subject,
        row.topic,
        row.kind,
        row.status,
        row.urgent,
        row.channel,
        row.opened_at,
        _service(tx, row),
        _taken_by(tx, number),
        requester,
        said[0] if said else None,
    )


def requester_of(tx: Transaction, grant: Grant, number: int) -> int | None:
    """Who opened a ticket, for the worker that writes to them: a person's id."""
    tx.good(grant, "desk.deliver")
    t = tables.tickets.c
    found: int | None = tx.connection.execute(select(t.opened_by).where(t.number == number)).scalar()
    return found


def _requester(tx: Transaction, ticket: Any) -> Requester | None:
    if ticket.opened_by is None or ticket.account_id is None:
        return None
    subject, a = subject_of(ticket.opened_by), tables.accounts
    account = tx.connection.execute(select(a).where(a.c.id == ticket.account_id)).one()
    p = tables.people.c
    name = tx.connection.execute(select(p.name).where(p.id == ticket.opened_by)).scalar_one()
    asks = [Ask(subject, action, account.id, topic, Proof.VERIFIED) for action, topic in SHOWN]
    standing = tx.standing(asks[0])
    granted = [verdict for ask in asks if isinstance(verdict := judge(ask, standing), Grant)]
    may = {grant.cell for grant in granted}
    further = {ask.cell for ask in asks if isinstance(judge(ask._replace(proof=Proof.STEPPED_UP), standing), Grant)}
    t = tables.tickets.c
    open_ones = select(func.count()).where(t.opened_by == ticket.opened_by, t.status.in_(("open", "waiting")))
    return Requester(
        name,
        account.number,
        account.name,
        account.status,
        account.scheme,
        tuple(sorted(standing.held)) if standing else (),
        frozenset(may),
        frozenset(grant.cell for grant in granted if grant.when in ("one_ticket", "own_tickets")),
        frozenset(further - may),
        tx.connection.execute(open_ones.where(t.account_id == account.id)).scalar_one(),
    )


def _service(tx: Transaction, ticket: Any) -> str:
    s = tables.services.c
    named = select(s.name).where(s.account_id == ticket.account_id, s.ref == ticket.service)
    return tx.connection.execute(named).scalar() or ""


def _taken_by(tx: Transaction, number: int) -> str:
    a, s = tables.assignments.c, tables.staff.c
    return (
        tx.connection.execute(
            select(s.name).join(tables.assignments, a.staff_id == s.id).where(a.ticket == number)
        ).scalar()
        or ""
    )
