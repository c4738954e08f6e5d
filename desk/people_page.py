"""What whoever manages the contacts of an account sees of them: the list, and one of them with what may be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import NoticeKind, Scheme, Topic, requests_followed
from desk import contact_requests, people
from desk.actors import Actor
from desk.contact_requests import Pending
from desk.people import MayManage, Shut
from store import Transaction
from store.accounts.account_details import AccountName
from store.contacts import contact_list
from store.contacts.contact_list import Change, Contact

LISTED: Final = 20  # contacts on a page: as many as can be ticked in one form
REMEMBERED: Final = 8  # changes of one of them


@dataclass(frozen=True, slots=True)
class Person:
    """One contact. `required`: what their roles require; `custom`: what they hold beside no role, where there are roles to choose. `mail`: the
    kinds of notices they are sent, and `own_tickets`."""

    contact: Contact
    you: bool
    required: frozenset[str]
    custom: bool
    mail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`ticks`: the words that are ticked, of which `passed` are none: those are handed over. `pending`: what was asked for and waits."""

    account: AccountName
    scheme: str
    people: tuple[Person, ...]
    more: bool
    permissions: tuple[str, ...]
    passed: tuple[str, ...]
    pending: tuple[Pending, ...]


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`roles` and `permissions` can be ticked; `wished`: those that are, as they hold them or as was asked for; `hand_over`: the roles that
    whoever looks may hand to them. `owner`: the role that is the owner's."""

    account: AccountName
    scheme: str
    person: Person
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    wished: frozenset[str]
    hand_over: tuple[str, ...]
    owner: str
    history: tuple[Change, ...]


def people_page(tx: Transaction, who: Actor, number: str, page: int) -> PeoplePage | Shut | None:
    """None: no account of theirs has this number."""
    manager = people.managing(tx, who, number)
    if not isinstance(manager, MayManage):
        return manager
    found, more = contact_list.listed(tx, manager.grant, first=page * LISTED, many=LISTED)
    scheme = manager.scheme
    each = tuple(_person(manager, one) for one in found)
    waits = () if page else contact_requests.pending(tx, manager)
    return PeoplePage(manager.account, scheme.name, each, more, scheme.permissions, scheme.exactly_one, waits)


def person_page(
    tx: Transaction, who: Actor, number: str, username: str, wished: frozenset[str] | None = None
) -> PersonPage | Shut | None:
    """None: no such account for them, or nobody of that name on it. `wished`: what is to be ticked, where that is not what they hold."""
    manager = people.managing(tx, who, number)
    if not isinstance(manager, MayManage):
        return manager
    one = contact_list.named(tx, manager.grant, [username]).get(username)
    if one is None:
        return None
    scheme, held = manager.scheme, frozenset(one.held)
    ticked = held if wished is None else (wished & scheme.words) | people.required(scheme, held)
    mine = contact_list.by_id(tx, manager.grant, [manager.grant.subject.person])
    own = frozenset(next(iter(mine.values())).held) if mine else frozenset[str]()
    may_pass = (role for role in people.handed_on(scheme) if role not in held and (scheme.owner in own or role in own))
    return PersonPage(
        manager.account,
        scheme.name,
        _person(manager, one),
        tuple(role for role in scheme.roles if role not in scheme.exactly_one),
        scheme.permissions,
        ticked - frozenset(scheme.exactly_one),
        tuple(may_pass),
        scheme.owner or "",
        tuple(contact_list.history(tx, manager.grant, one.person, REMEMBERED)),
    )


def _person(manager: MayManage, one: Contact) -> Person:
    scheme, held = manager.scheme, frozenset(one.held)
    you = one.person == manager.grant.subject.person
    return Person(one, you, people.required(scheme, held), is_custom(scheme, held), _mail(scheme, held, one))


def _mail(scheme: Scheme, held: frozenset[str], one: Contact) -> tuple[str, ...]:
    told = tuple(kind.value for kind in NoticeKind if scheme.told(kind, held))
    sees = any(scheme.ruling(held, f"ticket.view:{topic}").allowed for topic in Topic)
    own = one.ticket_mail and (sees or bool(requests_followed(scheme, held)))
    return (*told, "own_tickets") if own and NoticeKind.TICKET not in told else told


def is_custom(scheme: Scheme, held: frozenset[str]) -> bool:
    """Single permissions where there are roles to choose (SR-1, C5)."""
    chosen = set(scheme.roles).difference(scheme.exactly_one)
    return bool(chosen) and bool(held.intersection(scheme.permissions))
