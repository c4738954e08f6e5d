"""What may be done by phone: everything lent, one's own requests, and whatever the right to support by phone allows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Literal

from authz import CELL_OF, LENT, OWN_REQUESTS, Action, Ask, Denied, Grant, Proof, Reason, Rights, Topic, WayForward
from desk.actors import Actor, NotAllowed, build_ask, judge, proof_of
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import Refused
from store.tickets import customer_tickets

ANYWHERE: Final = LENT | {OWN_REQUESTS}  # limits of what may be asked for at every channel


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests that a second proof opens: in any channel, and those of them that can be made by phone."""

    anywhere: tuple[Action, ...]
    by_phone: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """What somebody is told that they may do by phone: the actions, the requests, and the account's name where it was wanted."""

    actions: frozenset[str]
    requests: Requests
    name: str


@dataclass(frozen=True, slots=True)
class OnlyElsewhere:
    """Why it was denied by phone, where another channel would allow it without the right to support by phone."""

    why: NotAllowed


def menu(tx: Transaction, who: Actor, account: int, of: Collection[str], *, named: bool) -> Menu:
    """What they may do by phone at this moment, of these actions, and are told so: one look at what they hold, for all of it."""
    proof = proof_of(tx, who, account)
    found = tx.rights(who.subject, account, proof)
    may = [pair for pair, cell in CELL_OF.items() if pair[0] in of and cell in found.may]
    support = Action.PHONE_SUPPORT in found.may
    said = {cell: found.may[cell] for cell in map(CELL_OF.__getitem__, may)}
    said = {cell: yes for cell, yes in said.items() if support or ":" not in cell or yes.when in ANYWHERE}
    tx.told_rights(who.subject, account, proof, said)
    name = ""
    if named and may:
        offered = tx.offer([Ask(who.subject, may[0][0], account, may[0][1], proof)])
        name = "".join(account_details.name(tx, grant).name for grant in offered.values())
    return Menu(frozenset(cell.partition(":")[0] for cell in said), _requests(found), name)


def by_topic(tx: Transaction, who: Actor, action: Action, account: int | None) -> list[Grant] | NotAllowed:
    """The grants for each topic of an action taken by phone, or why there is none."""
    each = [judge(tx, build_ask(tx, who, action, account, topic)) for topic in Topic]
    granted = [one for one in each if isinstance(one, Grant)]
    if not granted:
        return next(one for one in each if isinstance(one, NotAllowed))
    if all(grant.when in ANYWHERE for grant in granted):
        return granted
    ask = build_ask(tx, who, Action.PHONE_SUPPORT, account)
    support = judge(tx, ask)
    if isinstance(support, NotAllowed):
        return [grant for grant in granted if grant.when in ANYWHERE] or support
    of = tuple(Topic) if support.when != "billing_topics" else (Topic.BILLING,)
    spoken = [grant for grant in granted if grant.topic in of or grant.when in ANYWHERE]
    return spoken or NotAllowed(ask, _other_topics(support))


def requests(tx: Transaction, who: Actor, account: int) -> Requests:
    """The requests they could make with a second proof, whether or not they have one now."""
    return _requests(tx.rights(who.subject, account, Proof.STEPPED_UP))


def _requests(found: Rights) -> Requests:
    """The right to support by phone, on which everything by phone depends. Nobody has it on a closed account: only reopening the
    account can be asked for there."""
    support, here = found.may.get(Action.PHONE_SUPPORT), found.requests
    if support is None:
        here = tuple(action for action in here if action == Action.ACCOUNT_REOPEN)
    elif support.when == "billing_topics":
        here = tuple(action for action in here if customer_tickets.topic_of(action) is Topic.BILLING)
    return Requests(found.requests, here)


def why_no_request(
    tx: Transaction, who: Actor, action: Action, account: int, service: str | None
) -> NotAllowed | OnlyElsewhere | Literal["nothing_to_change"] | None:
    """Why a request may not be made by phone now; None: it may. A second proof is asked for last, so that nobody gives one in vain."""
    asked = judge(tx, build_ask(tx, who, action, account, service=service))
    if isinstance(asked, NotAllowed) and asked.denied.reason is not Reason.STEP_UP:
        return asked
    there = requests(tx, who, account)
    if action in there.by_phone:
        return asked if isinstance(asked, NotAllowed) else None
    if action not in there.anywhere:
        return "nothing_to_change"
    ask = build_ask(tx, who, Action.PHONE_SUPPORT, account)
    support = judge(tx, ask)
    denied = support.denied if isinstance(support, NotAllowed) else _other_topics(support)
    return OnlyElsewhere(NotAllowed(ask, denied))


def why_not(tx: Transaction, found: NotAllowed | OnlyElsewhere, *, slack: bool) -> Refused:
    """A refusal, as far as this person may hear it. `slack`: the desk has one, or nobody is sent there."""
    why = found.why if isinstance(found, OnlyElsewhere) else found
    told = replace(account_details.why_not(tx, why.ask, why.denied), denied=why.denied)
    if slack and isinstance(found, OnlyElsewhere):
        return replace(told, elsewhere="request")
    billing = why.ask._replace(action=Action.TICKET_OPEN, topic=Topic.BILLING, service=None)
    alone = slack and why.denied.next is WayForward.REOPEN_ACCOUNT and tx.offer([billing])
    return replace(told, elsewhere="billing") if alone else told


def _other_topics(support: Grant) -> Denied:
    """Support by phone is theirs for other topics than this."""
    return Denied(Reason.NO_RIGHT, support.rules, WayForward.ASK_CONTACT_ADMIN)
