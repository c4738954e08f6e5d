"""The lock of an account: while its owner has locked it nobody changes anything there. What that stops, the judge says (`account_locked`)."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from authz import CELLS, Grant
from store import tables
from store.accounts import change_feed, standing
from store.db.transaction import Transaction
from store.jobs import job_queue


def set_locked(tx: Transaction, grant: Grant, *, locked: bool) -> bool:
    """Everybody who may manage contacts is told. False: it was so already."""
    tx.require(grant, "account.lock")
    row = tx.connection.execute(_LOCK.with_for_update(), {"account": grant.account}).one()
    if (row.locked_at is not None) is locked:
        return False
    changed = update(tables.accounts).where(tables.accounts.c.id == grant.account)
    tx.connection.execute(changed.values(locked_at=tx.now if locked else None))
    tx.told(grant, "account.locked" if locked else "account.unlocked")
    change_feed.note(tx, "account.locked" if locked else "account.unlocked", grant.subject, account=grant.account)
    notice = "account_locked" if locked else "account_unlocked"
    job_queue.enqueue(tx, "notice", f"{notice}:{grant.account}", {"notice": notice, "account": grant.account})
    return True


def locked_since(tx: Transaction, grant: Grant) -> int | None:
    """In ms; everybody on the account may know it. None: it is not locked."""
    tx.require(grant, *CELLS, "account.lock")
    tx.told(grant, "account.status")
    since: int | None = tx.connection.execute(_LOCK, {"account": grant.account}).scalar_one()
    return since


def who_may_unlock(tx: Transaction, grant: Grant) -> tuple[str, ...]:
    """By name, the asker among them."""
    tx.require(grant, "contacts.view")
    assert grant.account is not None
    found = standing.unlocked_by(tx, grant.account)
    tx.told(grant, "contact.name" if found else "contact.none")
    return found


_LOCK = select(tables.accounts.c.locked_at).where(tables.accounts.c.id == bindparam("account"))
