"""An address that replaced another on file: its mails are shown to nobody before whoever it is on file for has opened a link that was sent there.

The link is in the one neutral answer (pending_mails.py), so it goes to whoever reads that mailbox, on file or not. It has no row: a day, and a keyed digest of
both. It is good for nothing but this, and to nobody but somebody who is signed in and has that very address on file.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import false, select, update

from authz import Subject
from store import tables
from store.accounts import people
from store.db.transaction import Transaction
from store.security import budgets
from store.text import addresses

GOOD: Final = 14  # days, as long as a mail waits
_USE: Final = "address-proof"
_SEAL: Final = 32  # hex digits
_MADE: Final = re.compile(r"([0-9]{1,6})-([0-9a-f]{32})", re.ASCII)


def token(tx: Transaction, address: str) -> str:
    """For a mail to that address and nowhere else."""
    day = str(tx.now // budgets.DAY)
    return f"{day}-{tx.keys.digest(_USE, day, addresses.folded(address))[:_SEAL]}"


def owed(tx: Transaction, subject: Subject) -> str | None:
    """The address on file of somebody signed in, where they have yet to prove it. None: they need not."""
    email: str | None = tx.connection.execute(
        select(_p.email).where(_p.id == subject.person, _p.email_unproved)
    ).scalar()
    return email


def fits(tx: Transaction, subject: Subject, said: str) -> str | None:
    """That address, where this token was sent there in the last days. Changes nothing."""
    email, found = owed(tx, subject), _MADE.fullmatch(said)
    if email is None or found is None or not 0 <= tx.now // budgets.DAY - int(found[1]) <= GOOD:
        return None
    return email if tx.keys.made(found[2], _USE, found[1], addresses.folded(email)) else None


def prove(tx: Transaction, subject: Subject, said: str) -> bool:
    """Their mails are shown from now on, until the address is another. False: that token does not prove the address on file."""
    people.lock(tx, subject.person)
    if fits(tx, subject, said) is None:
        return False
    tx.connection.execute(update(tables.people).where(_p.id == subject.person).values(email_unproved=false()))
    tx.record(subject, None, "address_proved", "done", fields=(subject,))
    return True


_p = tables.people.c
