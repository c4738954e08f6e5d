"""What an agent must see in two seconds: who it is, how sure that is, what may be said and what not. Facts to words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import Proof
from store.accounts.standing import Requester
from store.calls.live_calls import Case

TELLING: Final = ("billing.view", "service.view", "contacts.view", "ticket.view:technical", "ticket.view:billing")
NOT_LISTED: Final = (*TELLING, "portal.login")


@dataclass(frozen=True, slots=True)
class Rights:
    """Cells, in words of words.toml: what may be told and what not; what they may ask for now, and only after a second proof. `lent` are those of them
    that are lent."""

    tell: tuple[str, ...]
    never: tuple[str, ...]
    may: tuple[str, ...]
    further: tuple[str, ...]
    lent: frozenset[str]


def rights(who: Requester) -> Rights:
    tell = tuple(_named(who, cell) for cell in TELLING if cell in who.may)
    never = tuple(cell for cell in TELLING if cell not in who.may)
    may = tuple(sorted(who.may.difference(NOT_LISTED)))
    return Rights(tell, never, may, tuple(sorted(who.step_up)), frozenset(_named(who, cell) for cell in who.lent))


def _named(who: Requester, cell: str) -> str:
    return f"{cell}:own" if cell in TELLING and cell in who.own_only else cell


def tone(case: Case) -> str:
    """What colour the card has: unsure, sure, twice, over."""
    if case.call.state == "over":
        return "over"
    if case.requester is None:
        return "unsure"
    return "twice" if case.proof is Proof.STEPPED_UP else "sure"
