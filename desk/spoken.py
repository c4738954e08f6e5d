"""Spoken words become a ticket, a request or a reply, as written ones do in Slack; each is judged when it is done.

Nothing that was spoken is lost: where the right has gone meanwhile, the words wait with the desk. A recording that Twilio reports
twice changes nothing.
"""

from __future__ import annotations

from typing import Final

from authz import Action, Ask, Denied, Grant
from desk import by_phone, choices
from desk.actors import Actor, NotAllowed, build_ask, judge
from desk.outcomes import Drafted, Opened
from store import Transaction
from store.accounts import account_details
from store.messages.response_clock import Priority
from store.messages.timeline import Recorded
from store.tickets import customer_tickets

_TITLES: Final = {
    Action.SERVICE_ORDER: "Order a service",
    Action.SERVICE_CANCEL: "Cancel a service",
    Action.SERVICE_TRANSFER: "Transfer a service",
    Action.ACCOUNT_CLOSE: "Close the account",
    Action.ACCOUNT_REOPEN: "Reopen the account",
    Action.BILLING_PAY: "Change how bills are paid",
    Action.CONTACTS_MANAGE: "Change the contacts",
    Action.SERVICE_CREDENTIALS: "Send login details",
}


def open_ticket(
    tx: Transaction, who: Actor, account: int, topic: str, recorded: Recorded, *, service: str | None = None
) -> Opened | None:
    """None: it waits with the desk. So below."""
    grant = next((one for one in _grants(tx, who, Action.TICKET_OPEN, account) if one.topic == topic), None)
    if customer_tickets.has_recording(tx, recorded.sid):
        number = customer_tickets.with_recording(tx, grant, recorded.sid) if grant is not None else None
        return None if number is None else Opened(number)
    if grant is None:
        keep(tx, who, account, topic, "Left by phone after the right to open tickets had gone", recorded)
        return None
    what = account_details.service_name(tx, grant, service) if service else None
    title = f"{what} (by phone)" if what else f"A {topic} question (by phone)"
    return Opened(customer_tickets.open(tx, grant, title=title, body="", service=service, recorded=recorded))


def request(
    tx: Transaction, who: Actor, account: int, action: Action, recorded: Recorded, *, service: str | None = None
) -> Opened | Drafted | None:
    made: tuple[int, bool] | Denied | None = None
    if customer_tickets.has_recording(tx, recorded.sid):
        made = customer_tickets.request_with_recording(tx, who.subject, recorded.sid)
        return None if made is None else _made(*made)
    topic, what = str(customer_tickets.topic_of(action)), _TITLES[action]
    names = choices.service_names(tx, who, account) if service else []
    about = "".join(f": {one.name}" for one in names if one.ref == service)
    if action in by_phone.requests(tx, who, account):
        ask = build_ask(tx, who, action, account, service=service)
        title = f"{what}{about} (by phone)"
        made = customer_tickets.request(tx, ask, topic=topic, title=title, body="", recorded=recorded)
    if made is None or isinstance(made, Denied):
        keep(tx, who, account, topic, f"Left by phone after the right to it had gone: {what}", recorded)
        return None
    return _made(*made)


def _made(number: int, has_it: bool) -> Opened | Drafted:
    return Opened(number) if has_it else Drafted(number)


def reply(tx: Transaction, who: Actor, account: int, topic: str, number: int, recorded: Recorded) -> bool:
    granted = _grants(tx, who, Action.TICKET_REPLY, account)
    if customer_tickets.has_recording(tx, recorded.sid):
        return bool(granted)
    if any(customer_tickets.reply(tx, grant, number, body="", recorded=recorded) for grant in granted):
        return True
    title = f"Left by phone for ticket {number}, which they can no longer answer"
    keep(tx, who, account, topic, title, recorded)
    return False


def callback(
    tx: Transaction, ask: Ask, title: str, body: str, *, service: str | None = None, urgent: bool = False
) -> Opened | NotAllowed:
    """A callback ticket for somebody who asked for a person, under the right to support by phone."""
    found = judge(tx, ask)
    if isinstance(found, NotAllowed):
        return found
    priority = Priority.URGENT if urgent else Priority.NORMAL
    return Opened(customer_tickets.open(tx, found, title=title, body=body, service=service, priority=priority))


def keep(
    tx: Transaction,
    who: Actor,
    account: int | None,
    topic: str,
    title: str,
    recorded: Recorded | None,
    body: str = "",
) -> None:
    """A message from somebody who has proved who they are, and may not open a ticket."""
    customer_tickets.leave_pending(
        tx, title=title, body=body, recorded=recorded, who=who.subject, account=account, topic=topic
    )


def _grants(tx: Transaction, who: Actor, action: Action, account: int) -> list[Grant]:
    found = by_phone.by_topic(tx, who, action, account)
    return [] if isinstance(found, NotAllowed) else found
