"""The queue, as agents see it, searched and under names. It names no customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from authz import Action, Grant
from desk.actors import Actor, permit_staff
from store import Transaction
from store.mail_in import pending_mails
from store.mail_in.pending_mails import PendingMail
from store.staff import ticket_search
from store.tickets import queue_lists, queue_views
from store.tickets.queue_lists import Filters, Key, Queued, SupervisorsOnlyError
from store.tickets.queue_views import View


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of tickets; `next` is where the next one begins, None where there is none. `looked_through`: there may be more of these than
    are shown, and no more tickets were looked at for this page. `mails`: those that wait, where what is unverified is asked for. `counts` are tickets by status and those that are late, of many no more
    than `queue_lists.MANY`."""

    tickets: tuple[Queued, ...]
    next: Key | None
    looked_through: bool
    counts: Mapping[str, int]
    views: tuple[View, ...]
    mails: tuple[PendingMail, ...] = ()


class ViewKept(Enum):
    """What came of giving a list a name, or taking that away."""

    SAVED = auto()
    REMOVED = auto()
    NO_NAME = auto()
    TOO_MANY = auto()
    NOT_THERE = auto()  # or not theirs
    NOT_PERMITTED = auto()


def queue_page(
    tx: Transaction, who: Actor, filters: Filters, after: Key | None = None, *, search: str = ""
) -> QueuePage | None:
    """`search`: not what the filters say, but what is found by these words. None: they may not see the queue."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if grant is None:
        return None
    found = ticket_search.found(tx, grant, search) if search else queue_lists.listed(tx, grant, filters, after)
    mails = pending_mails.listed(tx, grant) if filters.status == "pending" and not search and after is None else ()
    return QueuePage(*found, counts(tx, grant), queue_views.listed(tx, grant), mails)


def counts(tx: Transaction, grant: Grant) -> dict[str, int]:
    """Of tickets as in queue_lists.py, with the mails that wait among what is unverified."""
    found = queue_lists.counts(tx, grant)
    return found | {"pending": found["pending"] + pending_mails.count(tx, grant, queue_lists.MANY)}


def save_view(tx: Transaction, who: Actor, name: str, filters: Filters, *, shared: bool) -> ViewKept:
    """`shared`: for everybody, which is for supervisors to keep."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if grant is None:
        return ViewKept.NOT_PERMITTED
    if not name:
        return ViewKept.NO_NAME
    try:
        return ViewKept.SAVED if queue_views.save(tx, grant, name, filters, shared=shared) else ViewKept.TOO_MANY
    except SupervisorsOnlyError:
        return ViewKept.NOT_PERMITTED


def remove_view(tx: Transaction, who: Actor, id: int) -> ViewKept:
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if grant is None:
        return ViewKept.NOT_PERMITTED
    return ViewKept.REMOVED if queue_views.remove(tx, grant, id) else ViewKept.NOT_THERE
