"""What a member may open a ticket about, and why not where they may not: read under their own rights at this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from authz import ABOUT_A_SERVICE, CELL_OF, REQUESTS, Action, Denied, Grant, Proof, Topic
from bot.usecases.identity import Who
from desk.actors import EVERYTHING, offered_anything
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, ServiceName, WhyNot
from store.tickets import customer_tickets

REFUSALS: Final = 8  # in one message
_TOPICS: Final = tuple((topic, f"{Action.TICKET_OPEN}:{topic}") for topic in Topic)
OPEN: Final = tuple((Action.TICKET_OPEN, topic) for topic in Topic)


class _Kind:
    """A topic, or the action that is requested, on an account."""

    __slots__ = ()
    kind: str

    @property
    def is_request(self) -> bool:
        return self.kind not in tuple(Topic)


@dataclass(frozen=True, slots=True)
class Possible(_Kind):
    """Something that may be opened on an account (id), and the grant under which the account may be named."""

    account: int
    kind: str
    under: Grant

    @property
    def value(self) -> str:
        return f"{self.account}:{self.kind}"


@dataclass(frozen=True, slots=True)
class Choice(_Kind):
    """Something to open, as it is shown."""

    account: AccountName
    kind: str

    @property
    def value(self) -> str:
        return f"{self.account.id}:{self.kind}"


@dataclass(frozen=True, slots=True)
class Running:
    """The services of an account, to choose from."""

    account: AccountName
    services: tuple[ServiceName, ...]


def possible(tx: Transaction, who: Who) -> list[Possible]:
    """Everything this member may open at this moment, account by account; requests are there at the proof they need. This is
    to decide by, and tells nothing: whoever shows it names it."""
    may = tx.offer_everywhere(who.subject, Proof.VERIFIED, (*OPEN, (Action.PORTAL_LOGIN, None)))
    could = tx.would_allow_everywhere(who.subject, REQUESTS)
    found: list[Possible] = []
    for id in dict.fromkeys((*may, *could)):
        grants = may.get(id, {})
        found += [Possible(id, str(topic), grants[cell]) for topic, cell in _TOPICS if cell in grants]
        under = next(iter(grants.values())) if grants else offered_anything(tx, who.subject, id)
        found += [Possible(id, str(action), under) for action in could.get(id, ()) if under is not None]
    return found


def named(tx: Transaction, found: Sequence[Possible]) -> list[Choice]:
    """What is shown of what is possible, with the names of accounts."""
    return [Choice(account_details.name(tx, one.under), one.kind) for one in found]


def running(tx: Transaction, who: Who, found: Sequence[Possible], like: str = "") -> list[Running]:
    """What a ticket or a request among these may be about: the services of each account, where their names may be heard; or those
    that have `like` in their names."""
    made = []
    for id in dict.fromkeys(one.account for one in found):
        under = account_details.naming(tx, who.ask(tx, Action.SERVICE_VIEW, id))
        services = account_details.service_names(tx, under, like) if under is not None else ()
        if under is not None and services:
            made.append(Running(account_details.name(tx, under), tuple(services)))
    return made


def service(tx: Transaction, who: Who, account: int, kind: str, ref: str | None) -> str | None:
    """The service (ref) that something about to be opened is about: the one that was chosen, if it is there and they may name it; or
    the only one there is, where it is about one."""
    only = kind in ABOUT_A_SERVICE
    under = account_details.naming(tx, who.ask(tx, Action.SERVICE_VIEW, account)) if ref or only else None
    refs = [one.ref for one in account_details.service_names(tx, under)] if under is not None else []
    if ref:
        return ref if ref in refs else None
    return refs[0] if only and len(refs) == 1 else None


def asks_which_service(tx: Transaction, who: Who, value: str) -> bool:
    """Whether a request is about a service, and there are several to choose from."""
    parsed = parse(value)
    if parsed is None or parsed[1] not in ABOUT_A_SERVICE:
        return False
    under = account_details.naming(tx, who.ask(tx, Action.SERVICE_VIEW, parsed[0]))
    return under is not None and len(account_details.service_names(tx, under)) > 1


def accounts_like(tx: Transaction, who: Who, words: str, *, most: int) -> list[AccountName]:
    """The first of the accounts on which they are allowed anything whose name or number has these words in it."""
    found = (account_details.name_like(tx, next(iter(grants.values())), words) for grants in theirs(tx, who).values())
    return list(islice((account for account in found if account is not None), most))


def like(tx: Transaction, found: Sequence[Possible], words: str, *, most: int) -> list[Choice]:
    """The first of those whose kind, or whose account's name or number, has these words in it: the others are not told."""
    made: list[Choice] = []
    for one in found:
        if len(made) == most:
            break
        account = (
            account_details.name(tx, one.under)
            if words in one.kind
            else account_details.name_like(tx, one.under, words)
        )
        if account is not None:
            made.append(Choice(account, one.kind))
    return made


def may_open(found: Sequence[Choice | Possible]) -> bool:
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
    return customer_tickets.topic_of(Action(kind))


def theirs(tx: Transaction, who: Who) -> dict[int, dict[str, Grant]]:
    """The accounts (ids) on which a member is allowed anything at all, with what they are allowed as they are."""
    return tx.offer_everywhere(who.subject, Proof.VERIFIED, EVERYTHING)


def named_first(
    tx: Transaction, may: Mapping[int, dict[str, Grant]], many: int, under: str = ""
) -> list[tuple[AccountName, dict[str, Grant]]]:
    """The first so many of those accounts with their names, each told under the cell `under` where that is allowed."""
    first = list(may.values())[:many]
    return [
        (account_details.name(tx, grants[under if under in grants else next(iter(grants))]), grants) for grants in first
    ]


def on_account(tx: Transaction, who: Who, account: int) -> AccountName | None:
    """The name of one of those accounts. None: it is not theirs."""
    grant = offered_anything(tx, who.subject, account)
    return None if grant is None else account_details.name(tx, grant)


def refusals(
    tx: Transaction, who: Who, asked: Sequence[tuple[Action, Topic | None]]
) -> list[tuple[AccountName, WhyNot]]:
    """Why a member may do none of `asked`, on the first accounts they may hear anything of: the first of these that is refused."""
    found: list[tuple[AccountName, WhyNot]] = []
    for id, grants in theirs(tx, who).items():
        for action, topic in (pair for pair in asked if CELL_OF[pair] not in grants):
            ask = who.ask(tx, action, id, topic)
            verdict = tx.ask(ask)
            if isinstance(verdict, Denied):
                account = account_details.name(tx, next(iter(grants.values())))
                found.append((account, account_details.why_not(tx, ask, verdict)))
                break
        if len(found) == REFUSALS:
            break
    return found
