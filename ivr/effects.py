"""What a call does through `store`: each effect of the dialogue is asked for, judged, done or told, in one transaction.

Every effect asks anew. A permission withdrawn in the middle of a call is gone at the next key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from authz import CELL_OF, Action, Grant, Proof, Topic
from ivr import duress, proving, requesting
from ivr import outcomes as o
from ivr import shapes as s
from ivr.asks import ANYWHERE, CUSTOMER_ASKS, Desk, asked, by_topic, keep, refused
from ivr.menu import LINK, MENU, MESSAGE
from ivr.moves import PAGE
from ivr.outcomes import Outcome
from ivr.shapes import Call, Effect
from ivr.step_up import STEP_UP
from store.accounts import account_details
from store.accounts.people import claimed_by
from store.calls import message_limits
from store.codes import one_time_codes
from store.db.transaction import Transaction
from store.tickets import answer_delivery, customer_lists, customer_tickets


def carry_out(tx: Transaction, desk: Desk, call: Call, effect: Effect) -> Outcome:
    """Does one effect and gives what came of it. `CheckPin` is not done here: it takes more than one transaction."""
    usually = DO[type(effect)]
    if call.duress:
        tx.threatened = True
        usually = duress.instead_of(call, effect, usually)
    outcome = usually(tx, desk, call, effect)
    return outcome if desk.slack else o.without_slack(outcome)


def _name_accounts(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    assert call.subject is not None
    allowed = tx.offer_accounts(call.subject, Proof(call.proof), CUSTOMER_ASKS)
    page = call.accounts[call.page * PAGE :][:PAGE]
    names = tuple(account_details.name(tx, allowed[id]) for id in page if id in allowed)
    return o.AccountsNamed(names, more=len(call.accounts) > PAGE)


def _find_account(tx: Transaction, _desk: Desk, call: Call, effect: s.FindAccount) -> Outcome:
    assert call.subject is not None
    allowed = tx.offer_accounts(call.subject, Proof(call.proof), CUSTOMER_ASKS)
    return o.AccountFound(account_details.numbered(tx, allowed.values(), effect.number))


def _offer(tx: Transaction, desk: Desk, call: Call, _effect: object) -> Outcome:
    one = asked(tx, call, Action.PHONE_SUPPORT)
    offered = tx.offer(one._replace(action=action, topic=topic) for action, topic in _MENU_ASKS)
    by_phone = "phone.support" in offered
    said = [grant for grant in offered.values() if by_phone or grant.topic is None or grant.when in ANYWHERE]
    cells = frozenset(str(grant.action) for grant in said)
    tx.told_rights(said)
    if call.proof >= Proof.VERIFIED:
        cells |= ({LINK} if desk.slack else set()) | (set() if by_phone else {MESSAGE})
    alone = proved = False
    if requesting.allowed(tx, call):
        alone = "ticket.open" not in cells
        cells |= {"ticket.open"}
    if requesting.needing_proof(tx, call):
        proved = proving.proved(tx, call)
        cells |= {STEP_UP} if proved or proving.offers(tx, desk, call) else set()
    several = offered and len(call.accounts) > 1  # or there is no other account to tell it from
    name = account_details.name(tx, next(iter(offered.values()))).name if several else ""
    return o.Offered(cells, name, alone, proved)


def _may_open(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    granted, requests = by_topic(tx, call, Action.TICKET_OPEN), bool(requesting.allowed(tx, call))
    if isinstance(granted, o.Refused):
        return o.TopicsAllowed((), requests, why=granted) if requests else granted
    topics = tuple(grant.topic for grant in granted if grant.topic is not None)
    alone = granted[0] if topics == (Topic.BILLING,) else None
    return o.TopicsAllowed(
        topics, requests, account_details.takes_billing_alone(tx, alone) if alone is not None else None
    )


def _name_services(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    if call.about == "request":
        return requesting.name_services(tx, call)
    emergency = call.about == "emergency"
    ask = asked(tx, call, Action.PHONE_EMERGENCY) if emergency else asked(tx, call, Action.TICKET_OPEN, Topic.TECHNICAL)
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    return o.ServicesNamed(tuple(account_details.service_names(tx, verdict)))


def _save_ticket(tx: Transaction, _desk: Desk, call: Call, effect: s.SaveTicket) -> Outcome:
    granted = by_topic(tx, call, Action.TICKET_OPEN)
    verdict = next((g for g in granted if g.topic == call.topic), None) if isinstance(granted, list) else None
    if customer_tickets.has_recording(tx, effect.recorded.sid):
        known = customer_tickets.with_recording(tx, verdict, effect.recorded.sid) if verdict is not None else None
        return o.TicketKept() if known is None else o.TicketSaved(known)
    if verdict is not None:
        what = account_details.service_name(tx, verdict, call.service) if call.service else None
        subject = f"{what} (by phone)" if what else f"A {call.topic} question (by phone)"
        return o.TicketSaved(
            customer_tickets.open(tx, verdict, subject=subject, body="", service=call.service, recorded=effect.recorded)
        )
    return keep(tx, call, effect.recorded, "Left by phone after the right to open tickets had gone")


def _list_tickets(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    granted = by_topic(tx, call, Action.TICKET_VIEW)
    if isinstance(granted, o.Refused):
        return granted
    found = tuple(customer_lists.listed(tx, granted, answers=True))
    if call.ticket < len(found):  # the one that is read out now, with the desk's answer
        told = found[call.ticket]
        answer_delivery.read_out(tx, next(grant for grant in granted if grant.topic == told.topic), told.number)
    return o.TicketsFound(found)


def _reply_grants(tx: Transaction, call: Call) -> list[Grant] | o.Refused:
    return by_topic(tx, call, Action.TICKET_REPLY)


def _may_reply(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    granted = _reply_grants(tx, call)
    return granted if isinstance(granted, o.Refused) else o.ReplyAllowed()


def _save_reply(tx: Transaction, _desk: Desk, call: Call, effect: s.SaveReply) -> Outcome:
    granted = _reply_grants(tx, call)
    if customer_tickets.has_recording(tx, effect.recorded.sid):
        return o.TicketKept() if isinstance(granted, o.Refused) else o.TicketSaved(call.told)
    for grant in [] if isinstance(granted, o.Refused) else granted:
        if customer_tickets.reply(tx, grant, call.told, body="", recorded=effect.recorded):
            return o.TicketSaved(call.told)
    return keep(tx, call, effect.recorded, f"Left by phone for ticket {call.told}, which they may not answer any more")


def _may_leave_message(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    """Whoever proved who they are leaves what they want."""
    if call.subject is not None and call.proof >= Proof.VERIFIED:
        return o.MessageAllowed()
    failed = call.about == "fallback"
    room = message_limits.take(tx, call.number, attested=call.attested, failed=failed)
    return o.MessageAllowed(room.refused, room.on_file)


def _leave_message(tx: Transaction, _desk: Desk, call: Call, effect: s.LeaveMessage) -> Outcome:
    subject = "Call back: " + _MESSAGE_SUBJECTS[call.about]
    if not customer_tickets.has_recording(tx, effect.recorded.sid):
        if call.subject is not None and call.proof >= Proof.VERIFIED:
            keep(tx, call, effect.recorded, subject)
            return o.MessageLeft()
        if not call.counted:  # it was given back, and comes all the same
            failed = call.about == "fallback"
            message_limits.charge(tx, call.number, attested=call.attested, failed=failed, on_file=call.on_file)
        if call.on_file and not message_limits.is_on_file(tx, call.number):
            return o.MessageLeft()  # who left it was told that it is not taken
        customer_tickets.leave_pending(
            tx,
            subject=subject,
            body="",
            recorded=effect.recorded,
            claimed=claimed_by(tx, call.support_id, call.number),
        )
    return o.MessageLeft()


def _tell_invoices(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    ask = asked(tx, call, Action.BILLING_VIEW)
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    return o.Invoices(tuple(account_details.invoices(tx, verdict)))


def _tell_services(tx: Transaction, _desk: Desk, call: Call, _effect: object) -> Outcome:
    ask = asked(tx, call, Action.SERVICE_VIEW)
    verdict = tx.ask(ask)
    if not isinstance(verdict, Grant):
        return refused(tx, ask, verdict)
    return o.Services(tuple(account_details.services(tx, verdict)))


def _make_link_code(tx: Transaction, desk: Desk, call: Call, _effect: object) -> Outcome:
    """Never for somebody whose PIN failed in the middle of the call: a link would be a proof."""
    assert call.subject is not None
    if not desk.slack or call.proof < Proof.VERIFIED:
        return o.LinkCode(None)
    tx.record(call.subject, None, LINK, "code_told", proof=Proof(call.proof))
    return o.LinkCode(one_time_codes.issue(tx, "link", call.subject))


_MENU_ASKS: Sequence[tuple[Action, Topic | None]] = [
    (action, topic)
    for (action, topic), cell in CELL_OF.items()
    if cell.partition(":")[0] in {cell for cell, _ in MENU.values()}
]
_MESSAGE_SUBJECTS = {
    "no_pin": "a caller without a PIN",
    "closed": "a caller while PINs were not taken",
    "spent": "a caller while PINs were not taken",
    "busy": "a caller while the line was busy",
    "fallback": "a caller when something had failed",
    "proved": "a caller who may not ask for it",
}
DO: dict[type, Callable[[Transaction, Desk, Call, Any], Outcome]] = {
    s.NameAccounts: _name_accounts,
    s.FindAccount: _find_account,
    s.Offer: _offer,
    s.MayOpen: _may_open,
    s.NameServices: _name_services,
    s.SaveTicket: _save_ticket,
    s.ListTickets: _list_tickets,
    s.MayReply: _may_reply,
    s.SaveReply: _save_reply,
    s.MayLeaveMessage: _may_leave_message,
    s.LeaveMessage: _leave_message,
    s.TellInvoices: _tell_invoices,
    s.TellServices: _tell_services,
    s.MakeLinkCode: _make_link_code,
    **requesting.DONE,
    **proving.DONE,
}
