"""What owners and others changed here, for a system that follows it with its key."""

from __future__ import annotations

from authz import Action, Ask, Grant
from desk.actors import Actor, NotAllowed, judge
from store import Transaction
from store.accounts import change_feed
from store.accounts.change_feed import Change, Page, Position


def following(
    tx: Transaction, who: Actor, after: Position | None, *, many: int, only_new: bool = False
) -> Page | NotAllowed | None:
    """None: it is not known any more what came after it."""
    grant = _permit(tx, who)
    if isinstance(grant, NotAllowed):
        return grant
    return change_feed.following(tx, grant, after, many=many, only_new=only_new)


def one(tx: Transaction, who: Actor, id: int) -> Change | NotAllowed | None:
    """None: there is no such change any more."""
    grant = _permit(tx, who)
    return grant if isinstance(grant, NotAllowed) else change_feed.one(tx, grant, id)


def _permit(tx: Transaction, who: Actor) -> Grant | NotAllowed:
    return judge(tx, Ask(who.subject, Action.DESK_ACCOUNTS_READ, None, None, who.proof))
