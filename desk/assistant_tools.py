"""What an assistant may do with its one case: read what its customer may be told now, note, draft, suggest, ask for proof. T56

Each tool is judged three times: the assistant under the scheme `desk`, its agent as if they did it themselves, and, of what is told, the customer with the
proof of this moment. The ledger has all three: the assistant's own entry names its agent and its case, the others say that it was by the assistant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authz import Action, Proof, Subject, Topic
from desk import call_work, calls, canned_answers, disclosure, held_answers, ticket_work
from desk.actors import Actor, NotAllowed, build_ask, judge, permit, permit_staff
from desk.call_work import Noted
from desk.calls import AskedFor, Keypad
from desk.disclosure import Disclosure
from desk.ticket_work import TicketRight
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import Invoice, Service
from store.accounts.standing import Requester
from store.assistants import assistant_sessions, suggested_answers
from store.assistants.assistant_sessions import Assistant
from store.calls import live_calls
from store.calls.live_calls import Case
from store.messages import visible_messages
from store.messages.timeline import Said
from store.security import alerts
from store.tickets import agent_tickets, ticket_summary
from store.tickets.canned_answers import CannedAnswer
from store.tickets.ticket_summary import Card

LONGEST: Final = 12_000  # characters of an answer or a note
CANNED: Final = "canned"  # the kind of answer that may go out by itself where the operator says so
DENIED: Final = "assistant"  # the action of its refusals in the ledger


class Refused(StrEnum):
    """Why a tool did nothing; the words stand in the ledger."""

    NO_SUCH_TOOL = "no_such_tool"
    NOT_ITS_CASE = "not_its_case"  # another case, another account, or something the tool does not take
    PROOF_OVER = "proof_over"  # the customer has proved nothing, or not of late: nothing is told
    NOT_A_TICKET = "not_a_ticket"  # the case is a call
    NOT_A_CALL = "not_a_call"
    AGENT_MAY_NOT = "agent_may_not"
    NOT_NOW = "not_now"
    UNFIT = "unfit"  # no words, too many, or a gap that nobody filled
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class CardSeen:
    """What its agent sees of the customer at a glance. `rights` is what they may be told; a `ticket` or a `call`."""

    requester: Requester
    rights: Disclosure
    proof: Proof
    ticket: Card | None
    call: Case | None


@dataclass(frozen=True, slots=True)
class _Customer:
    """The customer of the case as somebody who acts, with what they have proved; the card by which that is known."""

    actor: Actor
    requester: Requester
    ticket: Card | None
    call: Case | None


@dataclass(frozen=True, slots=True)
class Suggested:
    """`held`: it goes out in ten seconds unless its agent takes it back; or it waits for them."""

    held: bool


@contextmanager
def helping(tx: Transaction, one: Assistant) -> Iterator[Actor]:
    """Its agent, as somebody who acts; what is asked and done in it is by the assistant, and each entry says so."""
    tx.done_by = one.subject
    try:
        yield Actor(Subject.of_staff(one.staff), Proof.NONE)
    finally:
        tx.done_by = None


def refuse(tx: Transaction, one: Assistant, why: Refused, *named: str) -> Refused:
    """With its entry. `named`: what it asked for, in words that nobody else chose."""
    tx.record(one.subject, one.account, DENIED, why, fields=(*_of(one), *named))
    return why


def refuse_stray(tx: Transaction, one: Assistant, why: Refused, *named: str) -> Refused:
    """The same where it asked for more than its case: supervisors are told, once an hour of each."""
    hour = f"{one.id}:{tx.now // alerts.HOUR}"
    case = f"ticket #{one.ticket}" if one.ticket is not None else "a call"
    alerts.alert(tx, "assistant_strayed", hour, subject=Subject.of_staff(one.staff), account=one.account, detail=case)
    return refuse(tx, one, why, *named)


def card(tx: Transaction, one: Assistant) -> CardSeen | Refused:
    permitted = _permitted(tx, one, Action.DESK_CARD_VIEW, "card")
    if isinstance(permitted, Refused):
        return permitted
    found = _customer(tx, one)
    if isinstance(found, Refused):
        return refuse(tx, one, found, "tool:card")
    proof = found.call.proof if found.call is not None else Proof.VERIFIED
    return CardSeen(found.requester, disclosure.to(found.requester), proof, found.ticket, found.call)


def services(tx: Transaction, one: Assistant) -> list[Service] | NotAllowed | Refused:
    """As far as the customer may be told now."""
    found = _to_tell(tx, one, "services")
    if isinstance(found, Refused):
        return found
    with helping(tx, one):
        verdict = judge(tx, build_ask(tx, found.actor, Action.SERVICE_VIEW, one.account))
        return verdict if isinstance(verdict, NotAllowed) else account_details.services(tx, verdict)


def invoices(tx: Transaction, one: Assistant) -> list[Invoice] | NotAllowed | Refused:
    """What is owed, as far as the customer may be told now."""
    found = _to_tell(tx, one, "invoices")
    if isinstance(found, Refused):
        return found
    with helping(tx, one):
        verdict = judge(tx, build_ask(tx, found.actor, Action.BILLING_VIEW, one.account))
        if isinstance(verdict, NotAllowed):
            return verdict
        return [invoice for invoice in account_details.invoices(tx, verdict) if invoice.status != "paid"]


def messages(tx: Transaction, one: Assistant) -> list[Said] | NotAllowed | Refused:
    """What was said on the ticket, as its customer may read it: none of the desk's notes."""
    if one.ticket is None:
        return refuse(tx, one, Refused.NOT_A_TICKET, "tool:messages")
    found = _to_tell(tx, one, "messages")
    if isinstance(found, Refused):
        return found
    assert found.ticket is not None
    with helping(tx, one):
        topic = Topic(found.ticket.topic)
        verdict = judge(tx, build_ask(tx, found.actor, Action.TICKET_VIEW, one.account, topic))
        return verdict if isinstance(verdict, NotAllowed) else visible_messages.said(tx, verdict, one.ticket)


def listed(tx: Transaction, one: Assistant) -> tuple[CannedAnswer, ...] | Refused:
    """The canned answers there are. They name no customer."""
    permitted = _permitted(tx, one, Action.DESK_TICKET_WORK, "canned_answers")
    if isinstance(permitted, Refused):
        return permitted
    with helping(tx, one) as agent:
        found = canned_answers.listed(tx, agent)
    return refuse(tx, one, Refused.AGENT_MAY_NOT, "tool:canned_answers") if found is None else found


def draft(tx: Transaction, one: Assistant, words: str) -> Suggested | Refused:
    """An answer for its agent to send, changed or not: it waits on the ticket's page."""
    ticket = _to_write(tx, one, "draft_answer", words)
    if isinstance(ticket, Refused):
        return ticket
    with helping(tx, one):
        suggested_answers.keep(tx, ticket.grant, ticket.number, one, words)
    return Suggested(held=False)


def suggest(tx: Transaction, one: Assistant, canned: int, *, sends: bool) -> Suggested | Refused:
    """A canned answer, filled from the card. `sends`: the operator lets such answers go out by themselves; then it is held for ten seconds as its agent's own
    is, and where a gap is left in it or something was said meanwhile it waits for them all the same."""
    ticket = _to_write(tx, one, "suggest_canned_answer", "-")
    if isinstance(ticket, Refused):
        return ticket
    with helping(tx, one) as agent:
        chosen = next((each for each in canned_answers.listed(tx, agent) or () if each.id == canned), None)
        seen = agent_tickets.newest(tx, ticket.grant, ticket.number)
        found = ticket_summary.card(tx, ticket.grant, ticket.number) if chosen is not None else None
        if chosen is not None and found is not None:
            words = canned_answers.filled(chosen.words, found)
            goes = sends and not canned_answers.has_gap(words)
            if goes and held_answers.hold(tx, ticket, words, seen=seen, then="waiting") is None:
                return Suggested(held=True)
            suggested_answers.keep(tx, ticket.grant, ticket.number, one, words, chosen.title)
            return Suggested(held=False)
    return refuse(tx, one, Refused.UNFIT, "tool:suggest_canned_answer")


def note(tx: Transaction, one: Assistant, words: str) -> Refused | None:
    """What the customer never sees, on the ticket or with the call."""
    if one.ticket is not None:
        ticket = _to_write(tx, one, "note", words)
        if isinstance(ticket, Refused):
            return ticket
        with helping(tx, one):
            ticket_work.note(tx, ticket, words)
        return None
    if not _fit(words):
        return refuse(tx, one, Refused.UNFIT, "tool:note")
    permitted = _permitted(tx, one, Action.DESK_TICKET_WORK, "note")
    if isinstance(permitted, Refused):
        return permitted
    assert one.support_call is not None
    with helping(tx, one) as agent:
        went = call_work.note(tx, agent, one.support_call, words)
    return refuse(tx, one, Refused.NOT_NOW, "tool:note") if went is Noted.NOT_NOW else None


def ask_for_proof(tx: Transaction, one: Assistant, asked: AskedFor) -> Refused | None:
    """The caller is sent to the keypad, as the agent's own button does it."""
    if one.support_call is None:
        return refuse(tx, one, Refused.NOT_A_CALL, "tool:ask_for_proof")
    permitted = _permitted(tx, one, Action.DESK_PROOF_ASK, "ask_for_proof")
    if isinstance(permitted, Refused):
        return permitted
    with helping(tx, one) as agent:
        came = calls.send_to_keypad(tx, agent, one.support_call, asked)
    if came is Keypad.SENT:
        return None
    why = Refused.NOT_NOW if came is Keypad.NOT_NOW else Refused.AGENT_MAY_NOT
    return refuse(tx, one, why, "tool:ask_for_proof")


def _of(one: Assistant) -> tuple[str, str]:
    case = f"ticket.number:{one.ticket}" if one.ticket is not None else f"support_call:{one.support_call}"
    return f"for:staff:{one.staff}", case


def _permitted(tx: Transaction, one: Assistant, action: Action, tool: str) -> Refused | None:
    """Its own right, which is asked for first; the entry names the tool, its agent and its case."""
    grant = permit(tx, one.subject, action, one.account)
    if grant is None:
        return refuse(tx, one, Refused.NOT_NOW, f"tool:{tool}")
    tx.told(grant, f"tool:{tool}", *_of(one))
    return None


def _to_tell(tx: Transaction, one: Assistant, tool: str) -> _Customer | Refused:
    permitted = _permitted(tx, one, Action.DESK_CARD_VIEW, tool)
    if isinstance(permitted, Refused):
        return permitted
    found = _customer(tx, one)
    return refuse(tx, one, found, f"tool:{tool}") if isinstance(found, Refused) else found


def _to_write(tx: Transaction, one: Assistant, tool: str, words: str) -> TicketRight | Refused:
    if one.ticket is None:
        return refuse(tx, one, Refused.NOT_A_TICKET, f"tool:{tool}")
    if not _fit(words):
        return refuse(tx, one, Refused.UNFIT, f"tool:{tool}")
    permitted = _permitted(tx, one, Action.DESK_TICKET_WORK, tool)
    if isinstance(permitted, Refused):
        return permitted
    with helping(tx, one) as agent:
        ticket = ticket_work.to_work_on_shown(tx, agent, one.ticket)
    return refuse(tx, one, Refused.AGENT_MAY_NOT, f"tool:{tool}") if ticket is None else ticket


def _fit(words: str) -> bool:
    return bool(words.strip()) and len(words) <= LONGEST


def _customer(tx: Transaction, one: Assistant) -> _Customer | Refused:
    """Whom the case is about, under its agent's right, as long as what they proved lasts."""
    with helping(tx, one) as agent:
        if one.ticket is not None:
            return _of_ticket(tx, one, agent, one.ticket)
        assert one.support_call is not None
        grant = permit_staff(tx, agent, Action.DESK_CARD_VIEW, one.account)
        if grant is None:
            return Refused.AGENT_MAY_NOT
        case = live_calls.case(tx, grant, one.support_call)
    if case is None or case.requester is None or case.subject is None or case.call.state == "over":
        return Refused.PROOF_OVER
    return _Customer(Actor(case.subject, Proof.VERIFIED, case.call.call), case.requester, None, case)


def _of_ticket(tx: Transaction, one: Assistant, agent: Actor, number: int) -> _Customer | Refused:
    """Its agent has looked at its account when they gave the assistant, which was counted."""
    ticket = ticket_work.to_work_on_shown(tx, agent, number)
    if ticket is None:
        return Refused.AGENT_MAY_NOT
    if not assistant_sessions.proof_lasts(tx, ticket.grant, number) or ticket.about.opened_by is None:
        return Refused.PROOF_OVER
    found = ticket_summary.card(tx, ticket.grant, number)
    if found is None or found.requester is None:
        return Refused.PROOF_OVER
    return _Customer(Actor(Subject.of_person(ticket.about.opened_by), Proof.VERIFIED), found.requester, found, None)
