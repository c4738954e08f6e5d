"""What a change asked for by phone does through `store`: which may be asked for, whether now, the request, a draft handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from authz import REQUESTS, Action, Denied, Next, Reason, Topic
from ivr import further as f
from ivr import outcomes as o
from ivr.asks import Desk, asked, refused
from ivr.outcomes import Outcome
from ivr.request import wanted
from ivr.shapes import Call
from store.accounts import account_details
from store.db.transaction import Transaction
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


def _may_request(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    actions = allowed(tx, call)
    if actions:
        return o.RequestsAllowed(actions)
    return _may(tx, call, Action.SERVICE_ORDER) or o.RequestsAllowed(())


def _may_record(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    return _may(tx, call, wanted(call)) or o.RequestAllowed()


def _may(tx: Transaction, call: Call, action: Action) -> o.Refused | o.NothingToChange | None:
    """Why a request may not be made by phone now; None: it may. A second proof is asked for last, never in vain."""
    ask = asked(tx, call, action, service=call.service)
    verdict = tx.ask(ask)
    if isinstance(verdict, Denied) and (verdict.reason is not Reason.STEP_UP or action in allowed(tx, call)):
        return refused(tx, ask, verdict)
    if action in allowed(tx, call):
        return None
    if action not in needing_proof(tx, call):
        return o.NothingToChange()
    support = asked(tx, call, Action.PHONE_SUPPORT)
    by_phone = tx.ask(support)
    if not isinstance(by_phone, Denied):
        by_phone = Denied(Reason.NO_RIGHT, by_phone.rules, Next.ASK_CONTACT_ADMIN)
    return replace(refused(tx, support, by_phone), elsewhere="request")  # there it takes no right to support by phone


def _save_request(tx: Transaction, _desk: Desk, call: Call, effect: f.SaveRequest) -> Outcome:
    action = wanted(call)
    assert call.subject is not None
    if customer_tickets.has_recording(tx, effect.recorded.sid):
        known = customer_tickets.request_with_recording(tx, call.subject, effect.recorded.sid)
        return o.TicketKept() if known is None else o.RequestSaved(known[0], not known[1])
    topic = str(customer_tickets.topic_of(action))
    subject = f"{_SUBJECTS[action]}{_named(tx, call)} (by phone)"
    made: tuple[int, bool] | Denied | None = None
    if action in allowed(tx, call):
        ask = asked(tx, call, action, service=call.service)
        made = customer_tickets.request(tx, ask, topic=topic, subject=subject, body="", recorded=effect.recorded)
    if made is None or isinstance(made, Denied):
        customer_tickets.leave_pending(
            tx,
            subject=f"Left by phone after the right to it had gone: {_SUBJECTS[action]}",
            body="",
            recorded=effect.recorded,
            who=call.subject,
            account=call.account,
            topic=topic,
        )
        return o.TicketKept()
    return o.RequestSaved(made[0], not made[1])


def name_services(tx: Transaction, call: Call) -> o.ServicesNamed:
    """For a request: as far as they may hear the names, which needs no second proof."""
    grant = account_details.naming(tx, asked(tx, call, Action.SERVICE_VIEW))
    return o.ServicesNamed(tuple(account_details.service_names(tx, grant)) if grant is not None else ())


def _named(tx: Transaction, call: Call) -> str:
    grant = account_details.naming(tx, asked(tx, call, Action.SERVICE_VIEW)) if call.service else None
    name = account_details.service_name(tx, grant, call.service or "") if grant is not None else None
    return f": {name}" if name else ""


def _hand_in(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    assert call.subject is not None
    number = int(call.then.partition(":")[2])
    draft = customer_tickets.draft(tx, call.subject, number)
    if draft is None and customer_tickets.draft_is(tx, call.subject, number) == "handed_in":
        return o.HandedIn(number, already=True)
    if draft is None or draft.account != call.account:
        return o.HandedIn(None)
    ask = asked(tx, call, draft.action, service=draft.service)
    done = customer_tickets.hand_in(tx, ask, number)
    if isinstance(done, Denied):
        return refused(tx, ask, done)
    return o.HandedIn(number if done else None)


DONE: Final[dict[type, Callable[[Transaction, Desk, Call, Any], Outcome]]] = {
    f.MayRequest: _may_request,
    f.MayRecord: _may_record,
    f.SaveRequest: _save_request,
    f.HandIn: _hand_in,
}
