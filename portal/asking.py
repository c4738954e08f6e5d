"""The grants of whoever is signed in: asked anew for every page and every click, in the transaction of what they open."""

from __future__ import annotations

from authz import Action, Grant, Proof
from desk.actors import Actor, permit
from store import Transaction
from store.messages import timeline
from store.staff.sessions import SignedIn


def acting(who: SignedIn) -> Actor:
    """At the desk no right of anybody's rests on a further proof: to be signed in is enough."""
    return Actor(who.subject, Proof.NONE)


def asked(tx: Transaction, who: SignedIn, action: Action, account: int | None = None) -> Grant | None:
    return permit(tx, who.subject, action, account)


def talking(tx: Transaction, who: SignedIn) -> Grant | None:
    """To see who waits and talks, and to ask callers for proof."""
    return asked(tx, who, Action.DESK_PROOF_ASK)


def on_ticket(tx: Transaction, who: SignedIn, number: int) -> Grant | None:
    """To work on one ticket. None where the desk has no such ticket; one that is held needs a grant without a limit."""
    about = timeline.about(tx, number)
    if about is None:
        return None
    grant = asked(tx, who, Action.DESK_TICKET_WORK, about.account)
    if grant is not None and about.status == "held":
        return None if grant.when else grant
    return None if about.status in timeline.NOT_THE_DESKS else grant
