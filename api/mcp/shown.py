"""What a tool gives back, as JSON: codes as they are, times in UTC, and every word that people wrote marked as data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from api.mcp.marked import marked
from desk.assistant_tools import CardSeen
from store.accounts.account_details import Invoice, Service
from store.assistants.assistant_sessions import Assistant
from store.messages.timeline import Said
from store.tickets.canned_answers import CannedAnswer

Shown = dict[str, Any]


def name_of(one: Assistant) -> str:
    """What tools call its case."""
    return f"ticket:{one.ticket}" if one.ticket is not None else f"call:{one.support_call}"


def at(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cases(one: Assistant) -> Shown:
    return {"cases": [{"case": name_of(one), "until": at(one.ends_at)}]}


def card(seen: CardSeen) -> Shown:
    them, rights = seen.requester, seen.rights
    shown: Shown = {
        "customer": {"name": marked(them.name), "proof": seen.proof.word, "holds": list(them.held)},
        "account": {"number": them.account_number, "name": marked(them.account_name), "status": them.account_status},
        "locked": them.unlocked_by is not None,
        "may_be_told": list(rights.tell),
        "never_to_be_told": list(rights.never),
        "may_ask_for": list(rights.may),
        "after_a_second_proof": list(rights.further),
        "may_not_ask_for_support": rights.no_support,
    }
    if seen.ticket is not None:
        t = seen.ticket
        ticket = {"number": t.number, "title": marked(t.title), "topic": t.topic, "kind": t.kind, "status": t.status}
        shown["ticket"] = ticket | {"service": marked(t.service), "channel": t.channel, "opened_at": at(t.opened_at)}
    if seen.call is not None:
        tickets = (one for one in seen.call.tickets if not one.supervisors_only)
        shown["call"] = {"state": seen.call.call.state, "emergency": seen.call.call.emergency}
        shown["open_tickets"] = [
            {"number": one.number, "title": marked(one.title), "topic": one.topic, "status": one.status}
            for one in tickets
        ]
    return shown


def services(found: Iterable[Service]) -> Shown:
    return {"services": [{"ref": one.ref, "name": marked(one.name), "status": one.status} for one in found]}


def invoices(found: Iterable[Invoice]) -> Shown:
    return {
        "owed": [
            {
                "number": one.number,
                "amount": str(one.amount),
                "currency": one.currency,
                "due": str(one.due),
                "status": one.status,
            }
            for one in found
        ]
    }


def messages(found: Iterable[Said]) -> Shown:
    """What was deleted by its author is not there."""
    said = (one for one in found if not one.event and not one.withdrawn)
    return {
        "messages": [
            {
                "from": "desk" if one.by_desk else "customer",
                "at": at(one.at),
                "words": marked(one.body),
                "files": [marked(file.name) for file in one.files],
            }
            for one in said
        ]
    }


def canned(found: Iterable[CannedAnswer]) -> Shown:
    """Supervisors wrote them."""
    return {"canned_answers": [{"id": one.id, "title": one.title, "words": one.words} for one in found]}
