"""Lending a ticket right to a colleague: asking those who may lend it, lending it once or for hours, refusing, taking it back."""

from __future__ import annotations

from enum import Enum
from typing import Final

from authz import Action, Grant, Reason
from desk import accounts
from desk.actors import Actor, build_ask
from store import Transaction
from store.accounts import delegations
from store.accounts.delegations import Delegation

_NOT_NOW: Final = (Reason.ACCOUNT_SUSPENDED, Reason.ACCOUNT_LOCKED)


class Asked(Enum):
    """What came of asking for a right; the ways it cannot be done as `store.accounts.delegations` has them."""

    SENT = "sent"
    OPEN = "open"  # they have asked, and nobody has answered yet
    TOO_MANY = "too_many"  # today
    NOBODY = "nobody"  # could lend it, by now
    NOT_PERMITTED = "not_permitted"


class Answered(Enum):
    """What came of an answer to such a request."""

    DONE = "done"
    GONE = "gone"  # answered already, or not theirs to answer
    NOT_NOW = "not_now"  # theirs, once the account is active and unlocked again


def ask(tx: Transaction, who: Actor, account: int, cell: str) -> Asked:
    """Asks those on the account (id) who may lend a cell."""
    grant = tx.ask(build_ask(tx, who, Action.CONTACTS_VIEW, account))
    if not isinstance(grant, Grant):
        return Asked.NOT_PERMITTED
    made = delegations.ask(tx, grant, cell)
    return Asked.SENT if isinstance(made, int) else Asked(made)


def lend(tx: Transaction, who: Actor, request: int, hours: int | None) -> Answered:
    """For one ticket, or for hours, from one to as many as there may be."""
    grant = _lender(tx, who, request)
    if not isinstance(grant, Grant):
        return grant
    most = None if hours is None else min(max(hours, 1), delegations.LONGEST)
    return Answered.DONE if delegations.lend(tx, grant, request, most) is not None else Answered.GONE


def refuse(tx: Transaction, who: Actor, request: int) -> Answered:
    grant = _lender(tx, who, request)
    if not isinstance(grant, Grant):
        return grant
    return Answered.DONE if delegations.refuse(tx, grant, request) is not None else Answered.GONE


def take_back(tx: Transaction, who: Actor, delegation: int) -> bool:
    """False: it has ended, or is not theirs."""
    return delegations.take_back(tx, who.subject, delegation)


def lent(tx: Transaction, who: Actor) -> list[Delegation]:
    """What they have lent and may take back, on every account: where nothing can be lent now, suspended or locked, as well."""
    may = [grants["contacts.view"] for grants in accounts.theirs(tx, who).values() if "contacts.view" in grants]
    return [one for grant in may for one in delegations.live(tx, grant)]


def _lender(tx: Transaction, who: Actor, request: int) -> Grant | Answered:
    """Their grant to lend, or the outcome where there is none."""
    account = delegations.account_of(tx, request)
    if account is None:
        return Answered.GONE
    verdict = tx.ask(build_ask(tx, who, Action.RIGHT_LEND, account))
    if isinstance(verdict, Grant):
        return verdict
    return Answered.NOT_NOW if verdict.reason in _NOT_NOW else Answered.GONE
