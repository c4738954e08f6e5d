"""What of a ticket the desk's other help desk has not got: facts of this moment, read when they are sent and in the ledger as told.

Nothing is held back but what is not the desk's to see: its own notes go there as notes, for the same people work at both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from authz import Grant
from desk import proof_statements
from store import Transaction
from store.accounts.standing import Requester
from store.help_desks import help_desk_tickets
from store.help_desks.help_desk_tickets import Link
from store.messages import attachments, visible_messages
from store.messages.attachments import Content
from store.messages.timeline import Said
from store.tickets import ticket_summary

AT_ONCE: Final = 5  # things of one ticket in one job: it has to be through before its lease ends
_STATUSES: Final = {"open": "open", "pending": "open", "waiting": "waiting", "closed": "closed"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something said, or a `file` of it. `key` and `version` are what the other side will have been told by it; `changed`: they have what it
    said before; `withdrawn`: it was taken back. `name` is its author's, or empty."""

    key: str
    version: str
    internal: bool
    by_desk: bool
    name: str
    words: str
    spoken: bool
    changed: bool
    withdrawn: bool
    file: Content | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Owed:
    """`person` is the id of who has proved that they asked, and `requester` how they stand; None where nobody has; `proved` by what. `statement` is the proof of it,
    signed. `first` is what a ticket of theirs begins with, where it is to be opened. `status`: to be told, or empty; `merge`: their number of the ticket
    it goes on in, or None; `apart`: it goes on there no more. `more`: there is more than goes at once."""

    number: int
    title: str
    topic: str
    channel: str
    person: int | None
    requester: Requester | None
    proved: str
    statement: str | None
    link: Link
    first: Outgoing | None
    says: tuple[Outgoing, ...]
    status: str
    merge: int | None
    apart: bool
    more: bool


def owed(tx: Transaction, grant: Grant, number: int, desk: str, minutes: int) -> Owed | None:
    """For the worker. `desk` is PUBLIC_URL, `minutes` how long a statement of proof is good. None: the ticket is none of the desk's, or not yet."""
    card = ticket_summary.card(tx, grant, number)
    if card is None:
        return None
    link = help_desk_tickets.link(tx, grant, number)
    fresh = [one for one in visible_messages.said(tx, grant, number) if not one.event]
    waiting, more = _some(tx, grant, fresh, link)
    first = None
    if link.theirs is None:
        first = next((one for one in waiting if one.key.startswith("said:") and not one.internal), None)
        waiting = [one for one in waiting if one is not first]
    status = _STATUSES.get(card.status, "")
    merge_key = f"merge:{link.merged_into}"
    merged_before = any(key.startswith("merge:") for key in link.given)
    return Owed(
        number,
        card.title,
        card.topic,
        card.channel,
        ticket_summary.requester_of(tx, grant, number) if card.requester is not None else None,
        card.requester,
        card.proved,
        proof_statements.make(tx, grant, number, desk, minutes) if "proof" not in link.given else None,
        link,
        first,
        tuple(waiting),
        status if status != link.status and not more else "",
        link.merged_theirs if link.merged_into is not None and merge_key not in link.given and not more else None,
        merged_before and link.merged_into is None,
        more,
    )


def version_of(said: Said) -> str:
    """Of what is told of it: its words, and whether they were taken back."""
    return hashlib.sha256(repr((said.body, said.withdrawn)).encode()).hexdigest()[:12]


def _some(tx: Transaction, grant: Grant, said: list[Said], link: Link) -> tuple[list[Outgoing], bool]:
    found: list[Outgoing] = []
    for one in _each(tx, grant, said, link):
        if len(found) == AT_ONCE:
            return found, True
        found.append(one)
    return found, False


def _each(tx: Transaction, grant: Grant, said: list[Said], link: Link) -> Iterator[Outgoing]:
    for one in said:
        theirs = help_desk_tickets.is_from(one.source, link.theirs)
        if theirs and not (one.edited or one.withdrawn):
            continue
        key, version = f"said:{one.id}", version_of(one)
        before = link.given.get(key)
        spoken = bool(one.recording)
        known = before is not None or theirs
        if before != version and (known or not one.withdrawn):
            yield Outgoing(key, version, one.internal, one.by_desk, one.name, one.body, spoken, known, one.withdrawn)
        for file in one.files:
            key = f"file:{file.id}"
            if not file.fetched or one.withdrawn or theirs or key in link.given:
                continue
            content = attachments.content(tx, grant, file.id)
            if content is not None:
                yield Outgoing(key, "1", one.internal, one.by_desk, one.name, "", False, False, False, content)
