"""How a call asks: whose desk it is, what is asked in whose name, and how sure that is at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import CELL_OF, CELLS, LENT, OWN_REQUESTS, Action, Ask, Denied, Grant, Next, Proof, Reason, Topic
from desk.actors import Actor, build_ask
from ivr.answers import Refused
from ivr.hours import Hours
from ivr.shapes import Call
from store.accounts import account_details
from store.db.transaction import Transaction
from store.messages.timeline import Recorded
from store.tickets import customer_tickets

TOPICS: Final = (Topic.TECHNICAL, Topic.BILLING)
ANYWHERE: Final = LENT | {OWN_REQUESTS}  # limits of what may be asked for at every channel
CUSTOMER_ASKS: Final = tuple((action, topic) for (action, topic), cell in CELL_OF.items() if cell in CELLS)


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Where the desk is reached: the numbers rung for a person, and in an emergency; and whether in Slack too.

    People answer in `hours`, or always. With `pin_choice` they may have PINs of fewer digits than eight. A second proof lasts `step_up_minutes`; `texting` are the countries to which codes go by
    text message, none where they do not.
    """

    agents: tuple[str, ...]
    emergency: tuple[str, ...]
    slack: bool = False
    step_up_minutes: int = 15
    pin_choice: bool = False
    texting: tuple[str, ...] = ()
    hours: Hours | None = None


def asked(tx: Transaction, call: Call, action: Action, topic: Topic | None = None, service: str | None = None) -> Ask:
    """With the proof of this moment: what was proved a second time counts on this call and account, and ends by itself."""
    assert call.subject is not None
    return build_ask(tx, Actor(call.subject, Proof(call.proof), tx.call or ""), action, call.account, topic, service)


def refused(tx: Transaction, settings: DeskSettings, ask: Ask, denied: Denied) -> Refused:
    """A refusal with what it would need and who can help, as far as this person may hear that. Nobody is sent to a Slack
    that the desk has not."""
    why = account_details.why_not(tx, ask, denied)
    billing = ask._replace(action=Action.TICKET_OPEN, topic=Topic.BILLING, service=None)
    elsewhere = "billing" if settings.slack and denied.next is Next.REOPEN_ACCOUNT and tx.offer([billing]) else ""
    return Refused(why.cell, denied, why.needs, why.needs_role, why.helpers, elsewhere)


def judged(tx: Transaction, settings: DeskSettings, ask: Ask) -> Grant | Refused:
    verdict = tx.ask(ask)
    return verdict if isinstance(verdict, Grant) else refused(tx, settings, ask, verdict)


def by_topic(tx: Transaction, settings: DeskSettings, call: Call, action: Action) -> list[Grant] | Refused:
    """The grants for each topic of an action taken by phone, or why there is none. What is lent, and one's own requests, need
    no right to support by phone."""
    granted: list[Grant] = []
    first: tuple[Ask, Denied] | None = None
    for topic in TOPICS:
        ask = asked(tx, call, action, topic)
        verdict = tx.ask(ask)
        if isinstance(verdict, Grant):
            granted.append(verdict)
        else:
            first = first or (ask, verdict)
    if not granted:
        assert first is not None
        return refused(tx, settings, *first)
    if all(grant.when in ANYWHERE for grant in granted):
        return granted
    support = asked(tx, call, Action.PHONE_SUPPORT)
    by_phone = tx.ask(support)
    if not isinstance(by_phone, Grant):
        return [grant for grant in granted if grant.when in ANYWHERE] or refused(tx, settings, support, by_phone)
    of = tuple(Topic) if by_phone.when != "billing_topics" else (Topic.BILLING,)
    spoken = [grant for grant in granted if grant.topic in of or grant.when in ANYWHERE]
    return spoken or refused(tx, settings, support, Denied(Reason.NO_RIGHT, by_phone.rules, Next.ASK_CONTACT_ADMIN))


def keep(tx: Transaction, call: Call, recorded: Recorded | None, subject: str, body: str = "") -> None:
    """What somebody left who has proved who they are, and may not open a ticket (any more)."""
    assert call.subject is not None
    topic = call.topic or "technical"
    customer_tickets.leave_pending(
        tx, subject=subject, body=body, recorded=recorded, who=call.subject, account=call.account, topic=topic
    )


def ring_ask(tx: Transaction, call: Call) -> Ask:
    """For a person, or for the emergency line."""
    if call.about == "emergency":
        return asked(tx, call, Action.PHONE_EMERGENCY, service=call.service)
    return asked(tx, call, Action.PHONE_SUPPORT)
