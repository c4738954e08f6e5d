"""Addresses that a mail server has refused for good: since when, how often; until one takes a mail again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from authz import Subject
from store import tables
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue


@dataclass(frozen=True, slots=True)
class Bounce:
    """Times in ms. `why` is what the server said, without the address."""

    why: str
    since: int
    at: int
    times: int


def refused(tx: Transaction, email: str, why: str, person: int | None = None) -> None:
    """A mail server will take no mail for this address. The first time, whoever it is of is told in other ways, where it is known."""
    there = of_address(tx, email)
    new = upsert(tx, tables.mail_bounces).values(email=email, why=why[:300], since=tx.now, at=tx.now, times=1)
    again = {"why": new.excluded.why, "at": new.excluded.at, "times": tables.mail_bounces.c.times + 1}
    tx.connection.execute(new.on_conflict_do_update(index_elements=["email"], set_=again))
    if there is None and person is not None:
        told = {"notice": "mail_bounced", "person": person}
        job_queue.enqueue_once(tx, "notice", f"mail_bounced:{person}:{tx.now}", told)


def accepted(tx: Transaction, email: str) -> None:
    """It takes mail (again)."""
    tx.connection.execute(delete(tables.mail_bounces).where(tables.mail_bounces.c.email == email))


def of_address(tx: Transaction, email: str) -> Bounce | None:
    """What is known of an address that refuses mail. None: nothing has come back."""
    b = tables.mail_bounces.c
    row = tx.connection.execute(select(b.why, b.since, b.at, b.times).where(b.email == email)).first()
    return None if row is None else Bounce(*row)


def of_person(tx: Transaction, who: Subject) -> Bounce | None:
    """Of the address on file of whoever asks."""
    b, p = tables.mail_bounces.c, tables.people.c
    query = select(b.why, b.since, b.at, b.times).join(tables.people, p.email == b.email).where(p.id == who.person)
    row = tx.connection.execute(query).first()
    return None if row is None else Bounce(*row)
