"""What somebody may open, on which account and about which service: read under their own rights at this moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from authz import ABOUT_A_SERVICE, Action, Grant, Proof, Topic
from desk.actors import Actor, build_ask, offered_anything
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, ServiceName
from store.tickets import customer_tickets

Kind = Topic | Action
"""What is opened: a ticket about a topic, or the request for an action."""
OPEN: Final = tuple((Action.TICKET_OPEN, topic) for topic in Topic)


@dataclass(frozen=True, slots=True)
class Possible:
    """Something that may be opened on an account (id), and the grant under which the account may be named."""

    account: int
    kind: Kind
    under: Grant


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to open, as it is shown."""

    account: AccountName
    kind: Kind


@dataclass(frozen=True, slots=True)
class Running:
    """The services of an account, to choose from."""

    account: AccountName
    services: tuple[ServiceName, ...]


def possible(tx: Transaction, who: Actor) -> list[Possible]:
    """Everything they may open at this moment, account by account; requests are judged as if they had a second proof.
    This is for decisions and tells nothing: names are told by the function that shows them."""
    may = tx.offer_everywhere(who.subject, Proof.VERIFIED, (*OPEN, (Action.PORTAL_LOGIN, None)), who.at)
    could = requests(tx, who)
    found: list[Possible] = []
    for id in dict.fromkeys((*may, *could)):
        grants = may.get(id, {})
        cells = ((topic, f"{Action.TICKET_OPEN}:{topic}") for topic in Topic)
        found += [Possible(id, topic, grants[cell]) for topic, cell in cells if cell in grants]
        under = next(iter(grants.values())) if grants else offered_anything(tx, who, id)
        found += [Possible(id, action, under) for action in could.get(id, ()) if under is not None]
    return found


def tickets(tx: Transaction, who: Actor) -> list[Possible]:
    """Those of them that are a plain ticket."""
    may = tx.offer_everywhere(who.subject, Proof.VERIFIED, OPEN, who.at)
    return [Possible(id, grant.topic, grant) for id, grants in may.items() for grant in grants.values() if grant.topic]


def requests(tx: Transaction, who: Actor) -> Mapping[int, Collection[Action]]:
    """The requests they could make at the proof these need, by account (id)."""
    return tx.requests_everywhere(who.subject, who.at)


def is_request(kind: Kind) -> bool:
    return isinstance(kind, Action)


def may_open(found: Sequence[Choice | Possible]) -> bool:
    """Whether there is a ticket to open, and not a request alone."""
    return any(not is_request(one.kind) for one in found)


def topic_of(kind: Kind) -> Topic:
    """The topic something is kept under."""
    return kind if isinstance(kind, Topic) else customer_tickets.topic_of(kind)


def named(tx: Transaction, found: Sequence[Possible]) -> list[Choice]:
    """The choices to show, with the names of accounts."""
    return [Choice(account_details.name(tx, one.under), one.kind) for one in found]


def matching(tx: Transaction, found: Sequence[Possible], words: str, *, most: int) -> list[Choice]:
    """The first choices whose kind, account name or account number contains these words. No others are told."""
    made: list[Choice] = []
    for one in found:
        if len(made) == most:
            break
        fits = words in one.kind
        account = account_details.name(tx, one.under) if fits else account_details.name_like(tx, one.under, words)
        if account is not None:
            made.append(Choice(account, one.kind))
    return made


def running(tx: Transaction, who: Actor, found: Sequence[Possible], like: str = "") -> list[Running]:
    """What a ticket or a request among these may be about: the services of each account, where their names may be heard; or those
    that have `like` in their names."""
    made = []
    for id in dict.fromkeys(one.account for one in found):
        under = _naming(tx, who, id)
        services = account_details.service_names(tx, under, like) if under is not None else ()
        if under is not None and services:
            made.append(Running(account_details.name(tx, under), tuple(services)))
    return made


def service(tx: Transaction, who: Actor, account: int, kind: Kind, ref: str | None) -> str | None:
    """The service (ref) that something about to be opened is about: the one that was chosen, if it is there and they may name it; or
    the only one there is, where it is about one."""
    only = kind in ABOUT_A_SERVICE
    refs = _services(tx, who, account) if ref or only else []
    if ref:
        return ref if ref in refs else None
    return refs[0] if only and len(refs) == 1 else None


def asks_which_service(tx: Transaction, who: Actor, account: int, kind: Kind) -> bool:
    """Whether a request is about a service, and there are several to choose from."""
    return kind in ABOUT_A_SERVICE and len(_services(tx, who, account)) > 1


def service_names(tx: Transaction, who: Actor, account: int) -> list[ServiceName]:
    """The services of an account, where they may hear their names, which needs no second proof."""
    under = _naming(tx, who, account)
    return account_details.service_names(tx, under) if under is not None else []


def _services(tx: Transaction, who: Actor, account: int) -> list[str]:
    return [one.ref for one in service_names(tx, who, account)]


def _naming(tx: Transaction, who: Actor, account: int) -> Grant | None:
    return account_details.naming(tx, build_ask(tx, who, Action.SERVICE_VIEW, account))
