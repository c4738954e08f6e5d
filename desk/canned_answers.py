"""Canned answers: kept by supervisors; their fields filled from what the card of a ticket shows, and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from authz import Action
from desk.actors import Actor, permit_staff
from store import Transaction
from store.tickets import canned_answers
from store.tickets.canned_answers import CannedAnswer
from store.tickets.ticket_summary import Card

FIELDS: Final = ("name", "account", "number", "title", "service")
_FIELD: Final = re.compile("{(" + "|".join(FIELDS) + ")}")


class CannedKept(Enum):
    SAVED = auto()
    REMOVED = auto()
    TOO_MANY = auto()  # or it has been removed meanwhile
    NOT_PERMITTED = auto()


def listed(tx: Transaction, who: Actor) -> tuple[CannedAnswer, ...] | None:
    """None: they may not work on tickets."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    return None if grant is None else canned_answers.listed(tx, grant)


def save(tx: Transaction, who: Actor, id: int | None, title: str, words: str) -> CannedKept:
    """A new one where `id` is None. For supervisors."""
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if grant is None or grant.when:
        return CannedKept.NOT_PERMITTED
    return CannedKept.SAVED if canned_answers.save(tx, grant, id, title, words) else CannedKept.TOO_MANY


def remove(tx: Transaction, who: Actor, id: int) -> CannedKept:
    grant = permit_staff(tx, who, Action.DESK_TICKET_WORK)
    if grant is None or grant.when:
        return CannedKept.NOT_PERMITTED
    canned_answers.remove(tx, grant, id)
    return CannedKept.REMOVED


def filled(words: str, card: Card) -> str:
    """What the card does not show becomes a gap, for whoever sends it to fill."""
    of = card.requester
    known: Mapping[str, str] = {
        "name": of.name if of is not None else "",
        "account": of.account_name if of is not None else "",
        "number": str(card.number),
        "title": card.title,
        "service": card.service,
    }
    return _FIELD.sub(lambda found: known[found[1]] or f"[{found[1]}?]", words)


def has_gap(words: str) -> bool:
    """Whether words that are to be sent have a gap that nobody has filled."""
    return any(f"[{name}?]" in words for name in FIELDS)
