"""What was before a ticket, for whoever of the desk sees it: other tickets of its account, what its requester was told, their calls; and its own ledger,
for those who may read that."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action
from desk.actors import Actor, permit_staff
from desk.ticket_work import TicketRight
from store import Transaction
from store.calls import past_calls
from store.calls.past_calls import PastCalls
from store.ledger import account_records, audit
from store.ledger.account_records import Record
from store.ledger.audit import AuditEntry
from store.tickets import ticket_queue
from store.tickets.ticket_queue import OnDesk, PastTicket

TOLD, LEDGER = 30, 200  # the newest so many


@dataclass(frozen=True, slots=True)
class TicketHistory:
    """The newest first. Of whoever has not proved who they are there is nothing; `ledger` is None for those who may not read it."""

    tickets: tuple[PastTicket, ...]
    told: tuple[Record, ...]
    calls: PastCalls
    ledger: tuple[AuditEntry, ...] | None


def ticket_history(tx: Transaction, who: Actor, ticket: TicketRight, found: OnDesk) -> TicketHistory:
    known = found.card.requester is not None and found.person is not None
    reads = permit_staff(tx, who, Action.DESK_LEDGER_READ, ticket.account) if ticket.account is not None else None
    return TicketHistory(
        tuple(ticket_queue.others_of_account(tx, ticket.grant, ticket.number)) if known else (),
        tuple(account_records.of_person(tx, ticket.grant, found.person or 0, TOLD)) if known else (),
        past_calls.of_person(tx, ticket.grant, found.person or 0) if known else PastCalls(0, ()),
        None
        if reads is None
        else tuple(
            reversed(
                audit.entries(
                    tx,
                    reads,
                    ticket.account,
                    since=found.card.opened_at,
                    limit=LEDGER,
                    holding=f"ticket.number:{ticket.number}",
                )
            )
        ),
    )
