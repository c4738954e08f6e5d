"""The queue, as agents see it, searched and under names. It names no customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from authz import Action
from desk.actors import Actor, permit_staff
from store import Transaction
from store.staff import ticket_search
from store.tickets import queue_lists, queue_views
from store.tickets.queue_lists import Filters, Key, Queued, SupervisorsOnlyError
from store.tickets.queue_views import View


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of tickets; `next` is where the next one begins, None where there is none. `looked_through`: there may be more of these than
    are shown, and no more tickets were looked at for this page. `counts` are tickets by status and those that are late, of many no more
    than `queue_lists.MANY`."""

    tickets: tuple[Queued, ...]
    next: Key | None
    looked_through: bool
    counts: Mapping[str, int]
    views: tuple[View, ...]


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
    return QueuePage(*found, queue_lists.counts(tx, grant), queue_views.listed(tx, grant))


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
