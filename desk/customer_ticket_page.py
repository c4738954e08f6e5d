"""Tickets on customers' own pages: one with what was said, what they may open there, and opening it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from authz import OWN_REQUESTS, Action, Proof, Status, Topic
from desk import accounts, choices, ticket_lists, tickets
from desk.actors import Actor, build_ask
from desk.choices import Choice, Possible, Running
from desk.outcomes import Opened
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Refused
from store.messages.timeline import Sent
from store.tickets import answer_delivery, customer_lists, login_details
from store.tickets.customer_tickets import Conversation
from store.tickets.login_details import Standing

ACCOUNTS: Final = 25  # to choose from on one page


@dataclass(frozen=True, slots=True)
class CustomerTicketPage:
    """`went_to_billing`: the account and its status, where that is why it could be about nothing else. `is_draft`: the desk has not
    got it; `proved`: it can be handed in with the second proof of this moment. `login`: of login details left for them, where they asked."""

    found: Conversation
    account: AccountName
    may_reply: bool
    went_to_billing: tuple[AccountName, Status] | None
    is_draft: bool
    proved: bool
    login: Standing | None


@dataclass(frozen=True, slots=True)
class NewTicketPage:
    """`left_out`: how many accounts are not among the choices. `refused`: why there are none."""

    choices: tuple[Choice, ...]
    running: tuple[Running, ...]
    left_out: int
    refused: tuple[tuple[AccountName, Refused], ...]


def customer_ticket_page(tx: Transaction, who: Actor, number: int) -> CustomerTicketPage | None:
    """None: there is no such ticket for them, whatever the reason. Shown to whoever opened it, the desk's answers are read."""
    grant = tickets.permit(tx, who, Action.TICKET_VIEW, number)
    found = None if grant is None else customer_lists.conversation(tx, [grant], number)
    if grant is None or found is None:
        return None
    answer_delivery.read(tx, grant, number)
    ask = build_ask(tx, who, Action.TICKET_REPLY, grant.account, grant.topic)
    limits = {one.when for one in tx.offer([ask]).values()}
    asks_login = found.kind == Action.SERVICE_CREDENTIALS and grant.topic == Topic.TECHNICAL
    is_draft = found.ticket.status == "draft"
    mine = found.ticket.own or not limits & {"own_tickets", OWN_REQUESTS}
    return CustomerTicketPage(
        found,
        account_details.name(tx, grant),
        bool(limits) and mine and not is_draft,
        ticket_lists.went_to_billing(tx, who, found),
        is_draft,
        is_draft and build_ask(tx, who, Action(found.kind), grant.account).proof is Proof.STEPPED_UP,
        login_details.of_ticket(tx, grant, number) if asks_login and found.ticket.own else None,
    )


def new_ticket_page(tx: Transaction, who: Actor, number: str = "") -> NewTicketPage:
    """What they may open at this moment: on the account of this number alone, if it is one of those."""
    found = _of(tx, choices.tickets(tx, who), number)
    ids = list(dict.fromkeys(one.account for one in found))
    shown = [one for one in found if one.account in ids[:ACCOUNTS]]
    return NewTicketPage(
        tuple(choices.named(tx, shown)),
        tuple(choices.running(tx, who, shown)),
        max(len(ids) - ACCOUNTS, 0),
        () if found else tuple(accounts.refusals(tx, who, choices.OPEN)),
    )


def _of(tx: Transaction, found: list[Possible], number: str) -> list[Possible]:
    account = account_details.numbered(tx, (one.under for one in found), number) if number else None
    return found if account is None else [one for one in found if one.account == account.id]


def open_on(
    tx: Transaction,
    who: Actor,
    number: str,
    topic: str,
    words: str,
    service: str | None,
    files: Sequence[Sent] = (),
    *,
    title: str | None = None,
    source: str | None = None,
    channel: str = "",
) -> Opened | None:
    """A ticket on the account of a number, about `service` (ref) where one was chosen; the rest as in `tickets.open_ticket`. None: they may not open that."""
    of_topic = [one for one in choices.tickets(tx, who) if one.kind == topic]
    account = account_details.numbered(tx, (one.under for one in of_topic), number)
    if account is None:
        return None
    made = tickets.open_ticket(
        tx,
        who,
        account.id,
        Topic(topic),
        words,
        service=service,
        source=source,
        files=files,
        title=title,
        channel=channel,
    )
    return made if isinstance(made, Opened) else None
