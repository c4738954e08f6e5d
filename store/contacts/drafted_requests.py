"""Changes of contacts that a program asks for by a customer's key: kept with a draft of whoever made the key, until they hand that in with a second proof.

Until then nothing is looked up for it and nobody else sees it, so that no program learns who is on an account. Handed in, it is asked for as any other
(contact_requests.py).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, func, insert, select

from authz import Action, Ask, asked_for
from store import tables
from store.contacts.contact_changes import holdings_on
from store.contacts.contact_requests import MOST, NotAsked, Wanted
from store.db import sweeping
from store.db.holdings import words_of
from store.db.transaction import Transaction
from store.messages import timeline

KEPT: Final = 90 * 24 * 3_600_000  # ms: as long as what became of one


def is_number_of(tx: Transaction, account: int, number: str) -> bool:
    """Whether an account (id) has this number. Nothing is told of it."""
    a = tables.accounts.c
    query = select(a.id).where(a.number == number)
    return bool(tx.connection.execute(query).scalar() == account)


def why_not(tx: Transaction, ask: Ask, wanted: Wanted) -> NotAsked | None:
    """What can be said without a look at who is on the account: these words cannot be asked for, or enough of the asker's wait."""
    assert ask.account is not None
    words = asked_for(holdings_on(tx, ask.account)[0])
    if wanted.do != "remove" and not (wanted.holds and wanted.holds <= set(words)):
        return NotAsked.HOLDS
    r = tables.contact_requests.c
    mine = (r.account_id == ask.account, r.asker == ask.subject.person, r.status == "draft")
    waiting = select(func.count()).select_from(tables.contact_requests).where(*mine)
    return NotAsked.TOO_MANY if tx.connection.execute(waiting).scalar_one() >= MOST else None


def keep(tx: Transaction, ask: Ask, ticket: int, wanted: Wanted) -> None:
    """With the asker's own draft."""
    row: dict[str, object] = {"account_id": ask.account, "ticket": ticket, "asker": ask.subject.person, "do": wanted.do}
    row |= {"written_by": tx.done_by or ask.subject, "name": wanted.who, "email": wanted.email}
    row |= {"holds": ",".join(sorted(wanted.holds)), "status": "draft", "asked_at": tx.now}
    tx.connection.execute(insert(tables.contact_requests), row)


def take(tx: Transaction, ask: Ask, ticket: int) -> Wanted | None:
    """What was kept with a draft of the asker's own, which they hand in; it is kept no longer. None: nothing was."""
    r = tables.contact_requests.c
    mine = (r.ticket == ticket, r.account_id == ask.account, r.asker == ask.subject.person, r.status == "draft")
    gone = delete(tables.contact_requests).where(*mine).returning(r.do, r.name, r.email, r.holds)
    row = tx.connection.execute(gone).first()
    return None if row is None else Wanted(row.do, row.name, row.email, words_of(row.holds))


def became(tx: Transaction, ask: Ask, ticket: int) -> str:
    """What became of a change that they asked for themselves on the account of the ask: draft, withdrawn, waiting, confirmed, refused, ended; handed_in: it is
    with the desk alone, since it cannot be made as it was asked for. Empty: they asked for none by this ticket."""
    t, r = tables.tickets.c, tables.contact_requests.c
    mine = (t.number == ticket, t.account_id == ask.account, t.opened_by == ask.subject.person)
    query = select(timeline.SEEN_AS).where(*mine, t.kind == str(Action.CONTACTS_MANAGE))
    status = tx.connection.execute(query).scalar()
    if status is None:
        return ""
    newest = select(r.status).where(r.ticket == ticket, r.status != "draft").order_by(r.id.desc()).limit(1)
    asked = tx.connection.execute(newest).scalar()
    tx.record(ask.subject, ask.account, "contacts.request", "looked_at", fields=(f"ticket.number:{ticket}",))
    return str(status if status in ("draft", "withdrawn") else asked or "handed_in")


def sweep(tx: Transaction) -> bool:
    """Those whose draft was never handed in."""
    r = tables.contact_requests.c
    return sweeping.some(tx, tables.contact_requests, (r.status == "draft") & (r.asked_at < tx.now - KEPT))
