"""Which ticket a grant opens. Asked by the function that opens it, not by its callers."""

from __future__ import annotations

from authz import OWN_REQUESTS, REQUESTS, Grant
from store.db.grant_limits import is_supervisor
from store.db.transaction import GrantRequiredError, Transaction
from store.messages import timeline
from store.messages.timeline import NOT_THE_DESKS, About


def ticket(tx: Transaction, grant: Grant, number: int) -> About:
    """What a ticket is about, for whoever may see it: a customer their account's, by topic; the desk's people one of the grant's
    account, quarantined ones supervisors alone; the worker every one. Raises `GrantRequiredError` for any other, and where there is none."""
    of = timeline.about(tx, number)
    if of is None or not _sees(grant, of):
        raise GrantRequiredError("not a ticket of this grant")
    return of


def _sees(grant: Grant, of: About) -> bool:
    if grant.cell == "desk.deliver":
        return True
    if grant.topic is None:
        hidden = of.status in NOT_THE_DESKS and not (of.status == "quarantined" and is_supervisor(grant))
        return of.account == grant.account and not hidden
    mine = of.opened_by == grant.subject.person
    open_to_all = of.opened_by is not None and of.seen_as not in ("pending", "withdrawn", "quarantined", "draft")
    seen = mine if of.seen_as == "draft" or grant.when in ("own_tickets", OWN_REQUESTS) else open_to_all
    follows = grant.when != OWN_REQUESTS or of.kind in REQUESTS
    return (of.account, of.topic) == (grant.account, grant.topic) and seen and follows
