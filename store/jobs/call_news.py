"""Has the card of a call posted anew in Slack, for whatever changes something about that call; and other systems told that it is over."""

from __future__ import annotations

from store.db.transaction import Transaction
from store.jobs import job_queue


def news(tx: Transaction, id: int, *, after: int = 0) -> None:
    """Something about a call with the desk has changed: its card in Slack is posted anew. The pages look for themselves."""
    job_queue.enqueue(
        tx,
        "call_card",
        f"{id}",
        {"support_call": id},
        ordering_key=None if after else f"case:{id}",
        after=after,
    )


def ended(tx: Transaction, id: int) -> None:
    job_queue.enqueue_once(tx, "call_ended", str(id), {"support_call": id})
