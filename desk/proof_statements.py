"""The statement of proof that travels with a ticket: who asked, for which account, how that was proved, and what they may be told, signed, and good for as long as a second proof is.

Whoever gets the ticket elsewhere checks it without asking us; what has changed since, only we know, so it ends soon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authz import Grant
from desk import disclosure
from store import Transaction
from store.ledger import signed_statements
from store.tickets import ticket_proofs, ticket_summary

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Stated:
    """What a statement says. `until` in ms; `says`: the claims as they stand in it."""

    says: Mapping[str, Any]
    until: int
    is_over: bool


def make(tx: Transaction, grant: Grant, number: int, desk: str, minutes: int) -> str | None:
    """For the worker that sends a ticket out of the house; `desk` is PUBLIC_URL. None: there is no such ticket, or it is not the desk's to see."""
    card, proved = ticket_summary.card(tx, grant, number), ticket_proofs.look(tx, grant, number)
    if card is None or proved is None:
        return None
    seconds = tx.now // 1000
    claims: dict[str, Any] = {
        "iss": desk,
        "iat": seconds,
        "exp": seconds + minutes * 60,
        "ticket": number,
        "channel": proved.channel,
        "opened_at": proved.at // 1000,
        "proof": NOBODY,
        "may_be_told": [],
    }
    who = card.requester
    if who is not None and proved.username and proved.proof:
        told = disclosure.to(who)
        claims |= {
            "sub": proved.username,
            "name": who.name,
            "account": who.account_number,
            "account_name": who.account_name,
            "scheme": who.scheme,
            "proof": proved.proof,
            "proved_by": card.proved,
            "may_be_told": list(told.tell),
            "never": list(told.never),
            **({"entry": proved.entry} if proved.entry else {}),
        }
    return signed_statements.signed(tx.keys, claims)


def check(text: str, known: Mapping[str, bytes], now: int) -> Stated:
    """`now` in ms. Raises `NoStatementError`."""
    says = signed_statements.checked(text, known)
    until = int(says["exp"]) * 1000
    return Stated(says, until, until <= now)
