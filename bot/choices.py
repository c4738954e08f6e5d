"""What a member may open a ticket about, and why not where they may not: read under their own rights at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from authz import CELL_OF, CELLS, REQUESTS, Action, Denied, Grant, Proof, Topic
from bot.actor import Who
from store import Transaction, accounts, tickets
from store.accounts import AccountName, ServiceName, WhyNot

OPEN: Final = tuple((Action.TICKET_OPEN, topic) for topic in Topic)
EVERYTHING: Final = tuple(
    (action, topic) for (action, topic), cell in CELL_OF.items() if cell in CELLS and action != Action.PORTAL_LOGIN
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to open: `kind` is a topic or the action that is requested. `services` only where they may be named."""

    account: AccountName
    kind: str
    services: tuple[ServiceName, ...] = ()

    @property
    def value(self) -> str:
        return f"{self.account.id}:{self.kind}"

    @property
    def is_request(self) -> bool:
        return self.kind not in tuple(Topic)


def offered(tx: Transaction, who: Who) -> list[Choice]:
    """Everything this member may open at this moment, account by account; requests are offered at the proof they need."""
    may = tx.offer_everywhere(who.subject, Proof.VERIFIED, OPEN)
    could = tx.offer_everywhere(who.subject, Proof.STEPPED_UP, [(action, None) for action in REQUESTS])
    found: list[tuple[str, Choice]] = []
    for id in dict.fromkeys((*may, *could)):
        granted, requests = may.get(id, {}), could.get(id, {})
        account = accounts.name(tx, next(iter((*granted.values(), *requests.values()))))
        for grant in granted.values():
            named = accounts.service_names(tx, grant) if grant.topic is Topic.TECHNICAL else ()
            found.append((account.number, Choice(account, str(grant.topic), tuple(named))))
        found += [(account.number, Choice(account, cell)) for cell in requests]
    return [choice for _, choice in sorted(found, key=lambda one: one[0])]


def may_open(found: Sequence[Choice]) -> bool:
    """Whether there is a ticket to open, and not a request alone."""
    return any(not choice.is_request for choice in found)


def parse(value: str) -> tuple[int, str] | None:
    """`value` of a choice → (account, kind). Whatever it says is asked for again, so nothing is taken from it."""
    account, _, kind = value.partition(":")
    if not account.isascii() or not account.isdigit() or len(account) > 18 or kind not in (*Topic, *REQUESTS):
        return None
    return int(account), kind


def topic_of(kind: str) -> Topic:
    """The topic a request is kept under."""
    if kind in tuple(Topic):
        return Topic(kind)
    return tickets.topic_of(Action(kind))


def on_accounts(tx: Transaction, who: Who) -> list[tuple[AccountName, dict[str, Grant]]]:
    """The accounts on which a member is allowed anything at all, with what they are allowed as they are."""
    may = tx.offer_everywhere(who.subject, Proof.VERIFIED, EVERYTHING)
    named = [(accounts.name(tx, next(iter(grants.values()))), grants) for grants in may.values()]
    return sorted(named, key=lambda one: one[0].number)


def refusals(
    tx: Transaction, who: Who, asked: Sequence[tuple[Action, Topic | None]]
) -> list[tuple[AccountName, WhyNot]]:
    """Why a member may do none of `asked`, on each account they may hear anything of: the first of these that is refused."""
    found = []
    for account, _ in on_accounts(tx, who):
        for action, topic in asked:
            ask = who.ask(tx, action, account.id, topic)
            verdict = tx.ask(ask)
            if isinstance(verdict, Denied):
                found.append((account, accounts.why_not(tx, ask, verdict)))
                break
    return found
