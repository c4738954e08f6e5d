"""What one of the staff does for the caller they talk to: asked for by phone in that call, and done by them. The ledger and the tickets say both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from authz import Subject
from store.db.transaction import Transaction


@contextmanager
def on_behalf(tx: Transaction, staff: Subject, call: str) -> Iterator[None]:
    """What is asked and done in it is the caller's. `call`: what Twilio calls it."""
    before = tx.channel, tx.call
    tx.channel, tx.call, tx.done_by = "phone", call, staff
    try:
        yield
    finally:
        (tx.channel, tx.call), tx.done_by = before, None
