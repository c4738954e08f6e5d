"""What a change asked for by phone does through `store`: which may be asked for, whether now, the request, a draft handed in."""

from __future__ import annotations

from typing import Final, Literal

from authz import Action, Denied
from desk import by_phone, tickets
from desk.actors import NotAllowed
from desk.by_phone import OnlyElsewhere, Requests
from desk.tickets import HandIn
from ivr.answers import HandedIn, Refused, RequestSaved
from ivr.asks import DeskSettings, asked, caller, refused
from ivr.request import wanted
from ivr.types import Call
from store.accounts import account_details
from store.accounts.account_details import ServiceName
from store.db.transaction import Transaction
from store.messages.timeline import Recorded
from store.tickets import customer_tickets

_SUBJECTS: Final = {
    Action.SERVICE_ORDER: "Order a service",
    Action.SERVICE_CANCEL: "Cancel a service",
    Action.SERVICE_TRANSFER: "Transfer a service",
    Action.ACCOUNT_CLOSE: "Close the account",
    Action.ACCOUNT_REOPEN: "Reopen the account",
    Action.BILLING_PAY: "Change how bills are paid",
    Action.CONTACTS_MANAGE: "Change the contacts",
    Action.SERVICE_CREDENTIALS: "Send login details",
}


def possible(tx: Transaction, call: Call) -> Requests:
    """What could be asked for, the same as Slack says of it; and what of it by phone."""
    return by_phone.requests(tx, caller(tx, call), _account(call))


def which(tx: Transaction, settings: DeskSettings, call: Call) -> tuple[Action, ...] | Refused:
    """Those that can be made by phone, or why there is none."""
    actions = possible(tx, call).by_phone
    why = None if actions else why_not(tx, settings, call, Action.SERVICE_ORDER)
    return why if isinstance(why, Refused) else actions


def why_not(
    tx: Transaction, settings: DeskSettings, call: Call, action: Action
) -> Refused | Literal["nothing_to_change"] | None:
    """Why a request may not be made by phone now; None: it may."""
    why = by_phone.why_no_request(tx, caller(tx, call), action, _account(call), call.service)
    return refused(tx, settings, why) if isinstance(why, NotAllowed | OnlyElsewhere) else why


def _account(call: Call) -> int:
    assert call.account is not None
    return call.account


def save(tx: Transaction, call: Call, recorded: Recorded) -> RequestSaved | None:
    action = wanted(call)
    assert call.subject is not None
    if customer_tickets.has_recording(tx, recorded.sid):
        known = customer_tickets.request_with_recording(tx, call.subject, recorded.sid)
        return None if known is None else RequestSaved(known[0], not known[1])
    topic = str(customer_tickets.topic_of(action))
    subject = f"{_SUBJECTS[action]}{_named(tx, call)} (by phone)"
    made: tuple[int, bool] | Denied | None = None
    if action in possible(tx, call).by_phone:
        ask = asked(tx, call, action, service=call.service)
        made = customer_tickets.request(tx, ask, topic=topic, subject=subject, body="", recorded=recorded)
    if made is None or isinstance(made, Denied):
        customer_tickets.leave_pending(
            tx,
            subject=f"Left by phone after the right to it had gone: {_SUBJECTS[action]}",
            body="",
            recorded=recorded,
            who=call.subject,
            account=call.account,
            topic=topic,
        )
        return None
    return RequestSaved(made[0], not made[1])


def service_names(tx: Transaction, call: Call) -> tuple[ServiceName, ...]:
    """For a request: as far as they may hear the names, which needs no second proof."""
    grant = account_details.naming(tx, asked(tx, call, Action.SERVICE_VIEW))
    return tuple(account_details.service_names(tx, grant)) if grant is not None else ()


def _named(tx: Transaction, call: Call) -> str:
    grant = account_details.naming(tx, asked(tx, call, Action.SERVICE_VIEW)) if call.service else None
    name = account_details.service_name(tx, grant, call.service or "") if grant is not None else None
    return f": {name}" if name else ""


def hand_in(tx: Transaction, settings: DeskSettings, call: Call) -> HandedIn | Refused:
    number = int(call.then.partition(":")[2])
    done = tickets.try_hand_in(tx, caller(tx, call), number, call.account)
    if isinstance(done, NotAllowed):
        return refused(tx, settings, done)
    already = done is HandIn.ALREADY
    return HandedIn(number if already or done is HandIn.DONE else None, already=already)
