"""What was left under a threat (ivr/duress.py): held for those who lead the desk, who see it and let it go (queue.py).

Held tickets are on no list of the customer's, of the agents' or of the operator's shell, and nobody is told of them.
"""

from __future__ import annotations

from store import timeline
from store.people import person_of
from store.timeline import Recorded, insert_ticket
from store.transaction import Transaction


def keep(
    tx: Transaction,
    who: str,
    account: int | None,
    *,
    topic: str,
    subject: str,
    service: str | None = None,
    urgent: bool = False,
    recorded: Recorded | None = None,
) -> int:
    """Keeps what somebody proven left under a threat. Tells nobody anything but its number."""
    number = insert_ticket(tx, account, person_of(who), topic, "problem", subject, "held", service, urgent=urgent)
    tx.record(who, account, "ticket.held", "kept", fields=(f"ticket.number:{number}",))
    timeline.add(tx, number, who, "", recorded=recorded, quiet=True)
    return number
