"""What may be told to a verified person, what not, and what they may ask for: the same facts for the card in every channel. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.accounts.standing import Requester

TELLING: Final = ("billing.view", "service.view", "contacts.view", "ticket.view:technical", "ticket.view:billing")
NOT_LISTED: Final = (*TELLING, "portal.login")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Cells: what may be told and what never; what they may ask for now, and what only after a second proof. What reaches their own
    tickets alone ends in `:own`. `lent` are those of them that are lent. `no_support`: they may not ask for support, so nothing is told
    to them but who can give them that right, and what is lent."""

    tell: tuple[str, ...]
    never: tuple[str, ...]
    may: tuple[str, ...]
    further: tuple[str, ...]
    lent: frozenset[str]
    no_support: bool


def to(who: Requester) -> Disclosure:
    return Disclosure(
        tuple(
            _named(who, cell)
            for cell in TELLING
            if cell in who.may and not (who.no_support and cell == "contacts.view")
        ),
        tuple(cell for cell in TELLING if cell not in who.may),
        tuple(sorted(who.may.difference(NOT_LISTED))),
        tuple(sorted(who.step_up)),
        frozenset(_named(who, cell) for cell in who.lent),
        who.no_support,
    )


def joined(cells: Sequence[str]) -> list[str]:
    """Cells for words about what somebody may do: those of one ticket right with both topics are one."""
    seen = dict.fromkeys(cells)
    for action in ("ticket.open", "ticket.view", "ticket.reply"):
        both = (f"{action}:technical", f"{action}:billing")
        if all(cell in seen for cell in both):
            seen = {action if cell == both[0] else cell: None for cell in seen if cell != both[1]}
    return list(seen)


def _named(who: Requester, cell: str) -> str:
    return f"{cell}:own" if cell in TELLING and cell in who.own_only else cell
