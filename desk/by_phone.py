"""What may be done by phone: what is lent and one's own requests as anywhere, and otherwise what the right to support by phone gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from authz import LENT, OWN_REQUESTS, REQUESTS, Action, Denied, Grant, Next, Reason, Topic
from desk.actors import Actor, NotAllowed, build_ask, judge
from store import Transaction
from store.tickets import customer_tickets

ANYWHERE: Final = LENT | {OWN_REQUESTS}  # limits of what may be asked for at every channel


@dataclass(frozen=True, slots=True)
class OnlyElsewhere:
    """Why not by phone, where it could be asked for at another channel, which takes no right to the phone."""

    why: NotAllowed


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


def needing_proof(tx: Transaction, subject: str, account: int) -> tuple[Action, ...]:
    """The requests that would be allowed with a second proof, at whatever channel."""
    would = tx.would_allow(subject, account, REQUESTS)
    return tuple(action for action in REQUESTS if action in would)


def requests(tx: Transaction, subject: str, account: int) -> tuple[Action, ...]:
    """Those that can be made by phone.

    By phone counts what `phone.support` gives. Nobody has that on a closed account: what is left there is to reopen it,
    which would be asked in vain of any other.
    """
    would = tx.would_allow(subject, account, (Action.PHONE_SUPPORT, *REQUESTS))
    if Action.PHONE_SUPPORT not in would:
        return tuple(action for action in (Action.ACCOUNT_REOPEN,) if action in would)
    billing_only = would[Action.PHONE_SUPPORT] == "billing_topics"
    return tuple(
        action
        for action in REQUESTS
        if action in would and (not billing_only or customer_tickets.topic_of(action) is Topic.BILLING)
    )


def why_no_request(
    tx: Transaction, who: Actor, action: Action, account: int, service: str | None
) -> NotAllowed | OnlyElsewhere | Literal["nothing_to_change"] | None:
    """Why a request may not be made by phone now; None: it may. A second proof is asked for last, never in vain."""
    asked = judge(tx, build_ask(tx, who, action, account, service=service))
    if isinstance(asked, NotAllowed) and asked.denied.reason is not Reason.STEP_UP:
        return asked
    if action in requests(tx, who.subject, account):
        return asked if isinstance(asked, NotAllowed) else None
    if action not in needing_proof(tx, who.subject, account):
        return "nothing_to_change"
    ask = build_ask(tx, who, Action.PHONE_SUPPORT, account)
    support = judge(tx, ask)
    denied = support.denied if isinstance(support, NotAllowed) else _other_topics(support)
    return OnlyElsewhere(NotAllowed(ask, denied))


def _other_topics(support: Grant) -> Denied:
    """Support by phone is theirs for other topics than this."""
    return Denied(Reason.NO_RIGHT, support.rules, Next.ASK_CONTACT_ADMIN)
