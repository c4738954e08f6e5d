"""Login details that somebody asked for: left by the desk on the ticket, opened once by that person, in their own proved session."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action, Denied, Grant, Proof
from desk.actors import Actor, build_ask, offered_anything
from desk.ticket_work import TicketRight
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Refused
from store.tickets import login_details
from store.tickets.login_details import NotDeposited, Standing

LONGEST = 4_000  # characters


@dataclass(frozen=True, slots=True)
class LoginDetailsPage:
    """`proved`: they have the second proof that it takes. `refused`: why they may not have them, or not any more."""

    account: AccountName
    ticket: int
    standing: Standing
    proved: bool
    refused: Refused | None


def deposit(tx: Transaction, ticket: TicketRight, words: str, life: int) -> NotDeposited | None:
    """For whoever opened the ticket, in the place of those before. None: done, and they get a mail with the link."""
    return login_details.deposit(tx, ticket.grant, ticket.number, words, life)


def withdraw(tx: Transaction, ticket: TicketRight) -> bool:
    """False: none are waiting."""
    return login_details.withdraw(tx, ticket.grant, ticket.number)


def page(tx: Transaction, who: Actor, token: str) -> LoginDetailsPage | None:
    """What the link leads to, before anything is opened. None: no such link for them."""
    found = login_details.look(tx, who.subject, token)
    grant = None if found is None else offered_anything(tx, who, found.account)
    if found is None or grant is None:
        return None
    ask = build_ask(tx, who, Action.SERVICE_CREDENTIALS, found.account, service=found.service)
    proved, refused = ask.proof is Proof.STEPPED_UP, None
    if proved and found.standing.state == "waiting" and not tx.offer([ask]):
        verdict = tx.ask(ask)
        refused = account_details.why_not(tx, ask, verdict) if isinstance(verdict, Denied) else None
    return LoginDetailsPage(account_details.name(tx, grant), found.ticket, found.standing, proved, refused)


def open_once(tx: Transaction, who: Actor, token: str, form: tuple[str, ...]) -> str | None:
    """The details themselves. `form` is what makes the form this one: sent twice it shows them twice. None: nothing is shown, and `page`
    says why."""
    found = login_details.look(tx, who.subject, token)
    if found is None:
        return None
    verdict = tx.ask(build_ask(tx, who, Action.SERVICE_CREDENTIALS, found.account, service=found.service))
    return login_details.open_once(tx, verdict, token, form) if isinstance(verdict, Grant) else None
