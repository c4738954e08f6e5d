"""Somebody asks on a page, without signing in, for a way back: a link to their address, which asks for a code of the app they have had for 72 hours.

Whoever asks learns nothing: the same words by the same statements, whoever has that username, and however often it was asked. Whose it is is
looked up afterwards, by the worker. It never opens anything by a mailbox alone (invitations.py).
"""

from __future__ import annotations

from typing import Final

from authz import Grant
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.security import budgets
from store.security.budgets import Limit
from store.sign_in import invitations

WORK: Final = "recovery"
LONGEST: Final = 64
_SEALED: Final = "recovery"
_BY_ALL: Final = Limit("recovery", 200, budgets.DAY // 400)


def ask(tx: Transaction, username: str, address: str, network: str) -> None:
    """From where that is asked is counted; what is too much is dropped, in silence."""
    near, around = (tx.keys.digest("recovery-from", word)[:40] for word in (address, network))
    limits = (
        Limit(f"recovery:from:{near}", 5, budgets.HOUR // 5),
        Limit(f"recovery:near:{around}", 20, budgets.HOUR // 20),
    )
    if budgets.take(tx, (*limits, _BY_ALL)) is None:
        sealed = tx.keys.seal(_SEALED, username[:LONGEST].encode(), "username").hex()
        job_queue.enqueue(tx, WORK, "asked", {"username": sealed})


def answer(tx: Transaction, grant: Grant, sealed: str) -> None:
    """A link goes to whoever has that username, if there is one who can be helped so."""
    tx.require(grant, "desk.deliver")
    username = tx.keys.open(_SEALED, bytes.fromhex(sealed), "username")
    if username is not None:
        invitations.invite_again(tx, grant, username.decode())
