"""The queue, as agents see it. It names no customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from authz import Action
from desk.actors import Actor, permit_staff
from store import Transaction
from store.tickets import ticket_queue
from store.tickets.ticket_queue import Queued


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of tickets of a status; `more`: there are further ones. `counts` are all tickets by status."""

    tickets: tuple[Queued, ...]
    more: bool
    counts: Mapping[str, int]


def queue_page(tx: Transaction, who: Actor, status: str, *, mine: bool, page: int) -> QueuePage | None:
    """`mine`: only the tickets they have taken. None: they may not see the queue."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if grant is None:
        return None
    found, more = ticket_queue.listed(tx, grant, status, mine=mine, page=page)
    return QueuePage(tuple(found), more, ticket_queue.counts(tx, grant))
