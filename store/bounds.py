"""How far a grant reaches: which ticket it opens, and what takes two people. Asked by the function that opens, not by its callers."""

from __future__ import annotations

from authz import OWN_REQUESTS, REQUESTS, Grant
from store import timeline
from store.people import person_of
from store.timeline import NOT_THE_DESKS, About
from store.transaction import NoGrant, Transaction


def ticket(tx: Transaction, grant: Grant, number: int) -> About:
    """What a ticket is about, for whoever may see it: a customer their account's, by topic; the desk's people one of the grant's
    account, held ones those alone who lead; the worker every one. Raises `NoGrant` for any other, and where there is none."""
    of = timeline.about(tx, number)
    if of is None or not _sees(grant, of):
        raise NoGrant("not a ticket of this grant")
    return of


def leads(grant: Grant) -> bool:
    """Whether it is of one of those who lead the desk: to work on tickets, without a limit."""
    return grant.cell == "desk.ticket.work" and not grant.when and grant.subject.startswith("staff:")


def takes_two(grant: Grant, asked_by: int | None) -> None:
    """Raises `NoGrant` where one of the staff acts on their own wish: `asked_by` (an id of the staff) is the other one. The
    operator's shell needs nobody."""
    if grant.subject.startswith("staff:") and (asked_by is None or grant.subject == f"staff:{asked_by}"):
        raise NoGrant("that takes two people")


def service(grant: Grant, ref: str | None) -> None:
    """Raises `NoGrant` where a grant for one service, or for what an SLA covers, is used for another."""
    if (grant.service is not None or grant.when == "sla") and ref not in (None, grant.service):
        raise NoGrant("not the service this grant was asked for")


def whole_desk(grant: Grant) -> None:
    """Raises `NoGrant` for a grant of one account: what is asked belongs to none."""
    if grant.account is not None:
        raise NoGrant("a grant for one account is not for the whole desk")


def _sees(grant: Grant, of: About) -> bool:
    if grant.cell == "desk.deliver":
        return True
    if grant.topic is None:
        hidden = of.status in NOT_THE_DESKS and not (of.status == "held" and leads(grant))
        return of.account == grant.account and not hidden
    mine = of.opened_by == person_of(grant.subject)
    open_to_all = of.opened_by is not None and of.seen_as not in ("pending", "withdrawn", "held", "draft")
    seen = mine if of.seen_as == "draft" or grant.when in ("own_tickets", OWN_REQUESTS) else open_to_all
    follows = grant.when != OWN_REQUESTS or of.kind in REQUESTS
    return (of.account, of.topic) == (grant.account, grant.topic) and seen and follows
