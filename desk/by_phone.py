"""What may be done by phone: the menu of an account, tickets by their topic, the requests that could be made, and why not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from authz import CELL_OF, Action, Ask, Grant, Proof, Reason, Topic
from desk.actors import Actor, NotAllowed, build_ask, judge, proof_of
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import Refused


@dataclass(frozen=True, slots=True)
class Menu:
    """What somebody is told that they may do: the actions, the requests they could make with a second proof, the proof they have now, and the
    account's name where it was wanted. `support`: whether they may ask for support; `why` there is nothing of all that."""

    actions: frozenset[str]
    requests: tuple[Action, ...]
    proof: Proof
    name: str
    support: bool
    why: Refused | None


def menu(tx: Transaction, who: Actor, account: int, of: Collection[str], *, named: bool) -> Menu:
    """Of these actions: one look at what they hold, for all of it."""
    proof = proof_of(tx, who, account)
    found = tx.rights(who.subject, account, proof, who.at)
    may = [pair for pair, cell in CELL_OF.items() if pair[0] in of and cell in found.may]
    tx.told_rights(who.subject, account, proof, {cell: found.may[cell] for cell in map(CELL_OF.__getitem__, may)})
    name = ""
    if named:
        cells = (*may[:1], (Action.CONTACTS_VIEW, None))  # whoever may do nothing may hear who decides
        under = tx.offer(Ask(who.subject, action, account, topic, proof, at=who.at) for action, topic in cells)
        name = next((account_details.name(tx, grant).name for grant in under.values()), "")
    refused = None if may or found.requests else why_no_support(tx, who, account)
    return Menu(frozenset(action for action, _ in may), found.requests, proof, name, not found.no_support, refused)


def why_no_support(tx: Transaction, who: Actor, account: int) -> Refused | None:
    """Why they may not ask for support, on the account whatever its status. None: they hold the right to."""
    if not tx.rights(who.subject, account, Proof.VERIFIED, who.at).no_support:
        return None
    support = judge(tx, build_ask(tx, who, Action.PHONE_SUPPORT, account))
    return why_not(tx, support) if isinstance(support, NotAllowed) else None


def by_topic(tx: Transaction, who: Actor, action: Action, account: int | None) -> list[Grant] | NotAllowed:
    """The grants for each topic of an action, or why there is none."""
    each = [judge(tx, build_ask(tx, who, action, account, topic)) for topic in Topic]
    granted = [one for one in each if isinstance(one, Grant)]
    return granted or next(one for one in each if isinstance(one, NotAllowed))


def requests(tx: Transaction, who: Actor, account: int) -> tuple[Action, ...]:
    """The requests they could make with a second proof, whether or not they have one now."""
    return tx.rights(who.subject, account, Proof.STEPPED_UP, who.at).requests


def why_no_request(
    tx: Transaction, who: Actor, action: Action, account: int, service: str | None
) -> NotAllowed | Literal["nothing_to_change"] | None:
    """Why a request may not be made now; None: it may. A second proof is asked for last, so that nobody gives one in vain."""
    asked = judge(tx, build_ask(tx, who, action, account, service=service))
    if isinstance(asked, NotAllowed) and asked.denied.reason is not Reason.STEP_UP:
        return asked
    if action not in requests(tx, who, account):
        return "nothing_to_change"
    return asked if isinstance(asked, NotAllowed) else None


def why_not(tx: Transaction, found: NotAllowed) -> Refused:
    """A refusal, as far as this person may hear it."""
    return account_details.why_not(tx, found.ask, found.denied)
