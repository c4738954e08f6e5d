"""Requests for a change on customers' own pages: those they may make on an account, the form of one, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import ABOUT_A_SERVICE, REQUESTS, Action, Denied, Proof, Status
from desk import accounts, choices, tickets
from desk.actors import Actor, build_ask
from desk.outcomes import Drafted, Opened
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Refused, ServiceName

KINDS: Final = tuple(action for action in REQUESTS if action is not Action.CONTACTS_MANAGE)
"""Those with a form of their own: who is on an account is changed on the page of its people."""


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """`may` and `may_not` are kinds of request, in their order; `contacts`: they may change who is on the account."""

    account: AccountName
    may: tuple[Action, ...]
    may_not: tuple[Action, ...]
    contacts: bool


@dataclass(frozen=True, slots=True)
class RequestForm:
    """`services` to choose from, where it is about one; `proved`: with the second proof of this moment the desk gets it at once."""

    account: AccountName
    kind: Action
    services: tuple[ServiceName, ...]
    proved: bool


def requests_page(tx: Transaction, who: Actor, number: str) -> RequestsPage | None:
    """None: no account of theirs has this number."""
    account, could = _on(tx, who, number)
    if account is None:
        return None
    may = tuple(kind for kind in KINDS if kind in could)
    closed = account_details.status(tx, accounts.allowed(tx, who)[account.id]) is Status.CLOSED
    others = (kind for kind in KINDS if kind not in could and (closed or kind is not Action.ACCOUNT_REOPEN))
    return RequestsPage(account, may, tuple(others), Action.CONTACTS_MANAGE in could)


def request_form(
    tx: Transaction, who: Actor, number: str, kind: str
) -> RequestForm | tuple[AccountName, Refused] | None:
    """A refusal says why they may not make this request there. None: no account of theirs, or no such kind."""
    account, could = _on(tx, who, number)
    if account is None or kind not in KINDS:
        return None
    action = Action(kind)
    ask = build_ask(tx, who, action, account.id)
    if action not in could:
        verdict = tx.ask(ask)
        return (account, account_details.why_not(tx, ask, verdict)) if isinstance(verdict, Denied) else None
    services = choices.service_names(tx, who, account.id) if action in ABOUT_A_SERVICE else []
    return RequestForm(account, action, tuple(services), ask.proof is Proof.STEPPED_UP)


def make(tx: Transaction, who: Actor, form: RequestForm, words: str, service: str | None) -> Opened | Drafted | Refused:
    """A request as the form has it, judged anew; a draft where there is no second proof by now."""
    return tickets.open_ticket(tx, who, form.account.id, form.kind, words, service=service)


def _on(tx: Transaction, who: Actor, number: str) -> tuple[AccountName | None, tuple[Action, ...]]:
    """Their account of that number, and what they could ask for there with a second proof."""
    account = account_details.numbered(tx, accounts.allowed(tx, who).values(), number)
    return account, () if account is None else tuple(choices.requests(tx, who).get(account.id, ()))
