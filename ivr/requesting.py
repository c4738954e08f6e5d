"""What a change asked for by phone does through `store`: which may be asked for, whether now, the request, a draft handed in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from authz import REQUESTS, Action, Denied, Next, Reason, Topic
from ivr.answers import HandedIn, Refused, RequestSaved
from ivr.asks import DeskSettings, asked, refused
from ivr.request import wanted
from ivr.shapes import Call
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


def needing_proof(tx: Transaction, call: Call) -> tuple[Action, ...]:
    """The requests that would be allowed with a second proof, at whatever door: the same as Slack says of them."""
    assert call.subject is not None
    assert call.account is not None
    would = tx.would_allow(call.subject, call.account, REQUESTS)
    return tuple(action for action in REQUESTS if action in would)


def allowed(tx: Transaction, call: Call) -> tuple[Action, ...]:
    """Those that can be made by phone.

    By phone counts what `phone.support` gives. Nobody has that on a closed account: what is left there is to reopen it,
    which would be asked in vain of any other.
    """
    assert call.subject is not None
    assert call.account is not None
    would = tx.would_allow(call.subject, call.account, (Action.PHONE_SUPPORT, *REQUESTS))
    if Action.PHONE_SUPPORT not in would:
        return tuple(action for action in (Action.ACCOUNT_REOPEN,) if action in would)
    billing_only = would[Action.PHONE_SUPPORT] == "billing_topics"
    return tuple(
        action
        for action in REQUESTS
        if action in would and (not billing_only or customer_tickets.topic_of(action) is Topic.BILLING)
    )


def which(tx: Transaction, settings: DeskSettings, call: Call) -> tuple[Action, ...] | Refused:
    """Those that can be made by phone, or why there is none."""
    actions = allowed(tx, call)
    why = None if actions else why_not(tx, settings, call, Action.SERVICE_ORDER)
    return why if isinstance(why, Refused) else actions


def why_not(
    tx: Transaction, settings: DeskSettings, call: Call, action: Action
) -> Refused | Literal["nothing_to_change"] | None:
    """Why a request may not be made by phone now; None: it may. A second proof is asked for last, never in vain."""
    ask = asked(tx, call, action, service=call.service)
    verdict = tx.ask(ask)
    if isinstance(verdict, Denied) and (verdict.reason is not Reason.STEP_UP or action in allowed(tx, call)):
        return refused(tx, settings, ask, verdict)
    if action in allowed(tx, call):
        return None
    if action not in needing_proof(tx, call):
        return "nothing_to_change"
    support = asked(tx, call, Action.PHONE_SUPPORT)
    by_phone = tx.ask(support)
    if not isinstance(by_phone, Denied):
        by_phone = Denied(Reason.NO_RIGHT, by_phone.rules, Next.ASK_CONTACT_ADMIN)
    why = refused(tx, settings, support, by_phone)
    return replace(why, elsewhere="request") if settings.slack else why  # there it takes no right to support by phone


def save(tx: Transaction, call: Call, recorded: Recorded) -> RequestSaved | None:
    action = wanted(call)
    assert call.subject is not None
    if customer_tickets.has_recording(tx, recorded.sid):
        known = customer_tickets.request_with_recording(tx, call.subject, recorded.sid)
        return None if known is None else RequestSaved(known[0], not known[1])
    topic = str(customer_tickets.topic_of(action))
    subject = f"{_SUBJECTS[action]}{_named(tx, call)} (by phone)"
    made: tuple[int, bool] | Denied | None = None
    if action in allowed(tx, call):
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
    assert call.subject is not None
    number = int(call.then.partition(":")[2])
    draft = customer_tickets.draft(tx, call.subject, number)
    if draft is None and customer_tickets.draft_is(tx, call.subject, number) == "handed_in":
        return HandedIn(number, already=True)
    if draft is None or draft.account != call.account:
        return HandedIn(None)
    ask = asked(tx, call, draft.action, service=draft.service)
    done = customer_tickets.hand_in(tx, ask, number)
    if isinstance(done, Denied):
        return refused(tx, settings, ask, done)
    return HandedIn(number if done else None)
