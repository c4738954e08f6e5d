"""Files that came with messages: fetched by the worker, kept sealed, handed on to the other side of a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, select, update

from authz import Grant
from store import tables
from store.codes import exposed_codes
from store.db.transaction import Transaction
from store.messages import edits, file_kinds, ticket_access

LARGEST: Final = 20 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Content:
    """`content_type` is that of a picture pages show, or empty."""

    name: str
    content_type: str
    content: bytes


def came_through(tx: Transaction, grant: Grant, message: int) -> str | None:
    """The installation a message came through, as far as its ticket's places tell: to fetch its files from there."""
    tx.require(grant, "desk.deliver")
    m, p = tables.messages.c, tables.ticket_threads.c
    query = select(p.team).join(tables.messages, m.ticket == p.ticket).where(m.id == message).order_by(p.id)
    found: str | None = tx.connection.execute(query.where(m.source.like(p.channel + ":%"))).scalar()
    return found


def put(tx: Transaction, grant: Grant, message: int, slack_id: str, content: bytes, *, name: str) -> None:
    """Keeps what was fetched, under the name that was found with it where none came with its message, and has it handed on."""
    tx.require(grant, "desk.deliver")
    f = tables.attachments.c
    sealed = tx.keys.seal("files", content, f"file {message} {slack_id}")
    kept = update(tables.attachments).where(f.message == message, f.slack_id == slack_id, f.sealed.is_(None))
    found = {
        "sealed": sealed,
        "size": len(content),
        "name": case((f.name == "", exposed_codes.spoil(tx, name)), else_=f.name),
        "content_type": file_kinds.picture(content),
        "trouble": None,
    }
    if tx.connection.execute(kept.values(**found).returning(f.id)).first() is not None:
        edits.news(tx, _ticket_of(tx, message))


def never(tx: Transaction, message: int, slack_id: str, why: str) -> None:
    """It cannot be fetched: too large, gone, not ours to see, or nobody tries any longer. Whoever follows the ticket is told."""
    f = tables.attachments.c
    lost = update(tables.attachments).where(f.message == message, f.slack_id == slack_id, f.sealed.is_(None))
    if tx.connection.execute(lost.values(trouble=why[:100]).returning(f.id)).first() is not None:
        edits.news(tx, _ticket_of(tx, message))


def content(tx: Transaction, grant: Grant, id: int) -> Content | None:
    """For the worker that hands it on. None while it is not there, or when its key is gone."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(select(tables.attachments).where(tables.attachments.c.id == id)).first()
    if row is None or row.sealed is None:
        return None
    opened = tx.keys.open("files", row.sealed, f"file {row.message} {row.slack_id}")
    tx.told(grant, "ticket.file")
    return None if opened is None else Content(row.name, row.content_type, opened)


def download(tx: Transaction, grant: Grant, ticket: int, id: int) -> Content | None:
    """For whoever may see the ticket; what came with the desk's own notes for the desk alone. None: no such file for them, or it is not
    there (any more)."""
    tx.require(grant, "ticket.view:technical", "ticket.view:billing", "desk.ticket.work", "desk.tickets.read")
    of, m, f = ticket_access.ticket(tx, grant, ticket), tables.messages.c, tables.attachments.c
    here = (f.id == id, m.ticket == ticket, m.withdrawn_at.is_(None), f.sealed.is_not(None))
    row = tx.connection.execute(
        select(tables.attachments, m.internal, m.author).join(tables.messages).where(*here)
    ).first()
    if row is None:
        return None
    by_desk = row.author.is_staff or row.author.is_key
    hidden = row.internal or (of.customer_status is not None and by_desk)
    if grant.topic is not None and hidden:
        return None
    opened = tx.keys.open("files", row.sealed, f"file {row.message} {row.slack_id}")
    tx.told(grant, f"ticket.number:{ticket}", "ticket.file")
    return None if opened is None else Content(row.name, row.content_type, opened)


def _ticket_of(tx: Transaction, message: int) -> int:
    m = tables.messages.c
    number: int = tx.connection.execute(select(m.ticket).where(m.id == message)).scalar_one()
    return number
