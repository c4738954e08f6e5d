"""Changes of contacts that are asked for by phone, in Slack or by a program: asked, looked at, confirmed or refused by those who may manage contacts.

Whoever confirms one makes the change, by the rules of contacts as they apply to them at that moment. Nobody of the desk can: they write down what
was asked for, and that changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from authz import Action, Ask, Denied, Grant, Reason, Refusal, Subject
from desk import people
from desk.actors import Actor, NotAllowed, build_ask, judge
from desk.people import MayManage, NotAdded, Preview, Shut, Wish
from desk.ticket_work import TicketRight
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Refused
from store.contacts import contact_changes, contact_list, contact_requests, drafted_requests
from store.contacts.contact_changes import Newcomer
from store.contacts.contact_list import Contact
from store.contacts.contact_requests import NotAsked, Wanted
from store.contacts.request_rows import ContactRequest
from store.imports.field_words import Email, Name, Username
from store.messages import timeline
from store.tickets import customer_tickets

MOST_LISTED: Final = 100  # people to choose from in a form
Asked = int | Refusal | NotAsked | NotAdded
"""The id of the request that waits now, or why there is none."""


@dataclass(frozen=True, slots=True)
class AskForm:
    """`words` can be asked for; `people` are on the account."""

    ticket: int
    account: AccountName
    words: tuple[str, ...]
    people: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits, and what would come of it for whoever looks: what changes, or why they cannot confirm it. `may_confirm`: nothing speaks
    against it."""

    request: ContactRequest
    preview: Preview

    @property
    def may_confirm(self) -> bool:
        return self.preview.refusal is None and bool(self.preview.effects)


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of a request: confirmed or refused (`now`: by this), or ended."""

    account: AccountName
    request: ContactRequest
    now: bool = False


def ask(tx: Transaction, who: Actor, ticket: int, wanted: Wanted) -> Asked | NotAllowed:
    """By a customer, on their own ticket."""
    account = _account_of_own(tx, who, ticket)
    if account is None:
        return NotAsked.NOT_PROVED
    contact_changes.lock(tx, account)
    found = judge(tx, build_ask(tx, who, Action.CONTACTS_MANAGE, account))
    if isinstance(found, NotAllowed):
        return found
    return _unfit(wanted) or contact_requests.ask(tx, found, ticket, wanted)


def draft(
    tx: Transaction, who: Actor, account: int, number: str, wanted: Wanted, words: str
) -> int | Refused | NotAdded | NotAsked | None:
    """By a program, with a customer's key of an account (id): a draft of whoever made the key, which they hand in with a second proof. Its ticket, that says `words`; or
    why not, as far as that is known without a look at who is on the account. None: it is not of this number."""
    ask = _asking(tx, who, account, number)
    if not isinstance(ask, Ask):
        return ask
    if wanted.do != "add" and not _fits(Username, wanted.who):
        return NotAdded.USERNAME
    unfit = _unfit(wanted) or drafted_requests.why_not(tx, ask, wanted)
    if unfit:
        return unfit
    made = customer_tickets.request(tx, ask, topic=customer_tickets.topic_of(ask.action), body=words)
    assert not isinstance(made, Denied)
    drafted_requests.keep(tx, ask, made[0], wanted)
    return made[0]


def handed_in(tx: Transaction, who: Actor, ask: Ask, ticket: int) -> None:
    """Their draft is with the desk: what a program asked for by it waits for a confirmation from now on, where it can be made."""
    wanted = drafted_requests.take(tx, ask, ticket)
    grant = None if wanted is None else judge(tx, build_ask(tx, who, Action.CONTACTS_MANAGE, ask.account))
    if wanted is not None and isinstance(grant, Grant):
        contact_requests.ask(tx, grant, ticket, wanted)


def waiting_on(tx: Transaction, who: Actor, ticket: int) -> ContactRequest | None:
    """What waits for a confirmation on their own ticket, where it is theirs to confirm."""
    about = timeline.about(tx, ticket)
    account = _account_of_own(tx, who, ticket) if about is not None and about.kind == Action.CONTACTS_MANAGE else None
    found = None if account is None else judge(tx, build_ask(tx, who, Action.CONTACTS_MANAGE, account))
    if not isinstance(found, Grant):
        return None
    return next((one for one in contact_requests.waiting(tx, found) if one.ticket == ticket), None)


def became(tx: Transaction, who: Actor, account: int, number: str, ticket: int) -> str | Refused | None:
    """What became of a change that they asked for (drafted_requests.py). None: the account is not of this number."""
    ask = _asking(tx, who, account, number)
    return drafted_requests.became(tx, ask, ticket) if isinstance(ask, Ask) else ask


def _asking(tx: Transaction, who: Actor, account: int, number: str) -> Ask | Refused | None:
    """What they ask, where no more than a second proof is missing."""
    if not drafted_requests.is_number_of(tx, account, number):
        return None
    ask = build_ask(tx, who, Action.CONTACTS_MANAGE, account)
    found = judge(tx, ask)
    if isinstance(found, NotAllowed) and found.denied.reason is not Reason.STEP_UP:
        return account_details.why_not(tx, ask, found.denied)
    return ask


def form(tx: Transaction, who: Actor, ticket: int) -> AskForm | NotAllowed | None:
    """What a customer can choose from on their own ticket. None: it is no request to change contacts, or none of theirs."""
    account = _account_of_own(tx, who, ticket)
    if account is None:
        return None
    found = judge(tx, build_ask(tx, who, Action.CONTACTS_MANAGE, account))
    if isinstance(found, NotAllowed):
        return found
    words = contact_requests.form(tx, found, ticket)
    if words is None:
        return None
    on_it, _ = contact_list.listed(tx, found, first=0, many=MOST_LISTED)
    return AskForm(ticket, account_details.name(tx, found), words, tuple(on_it))


def _account_of_own(tx: Transaction, who: Actor, ticket: int) -> int | None:
    """The account (id) of a ticket they opened. None for another's as for none, and then nothing is locked."""
    about = timeline.about(tx, ticket)
    theirs = about is not None and about.opened_by is not None and who.subject == Subject.of_person(about.opened_by)
    return about.account if about is not None and theirs else None


def write_down(tx: Transaction, ticket: TicketRight, wanted: Wanted) -> Asked:
    """By one of the desk's people, who heard or read what its requester asked for."""
    return _unfit(wanted) or contact_requests.ask(tx, ticket.grant, ticket.number, wanted)


def pending(tx: Transaction, manager: MayManage) -> tuple[Pending, ...]:
    """All that wait on the account."""
    return tuple(filter(None, (_look(tx, manager, one) for one in contact_requests.waiting(tx, manager.grant))))


def account_of(tx: Transaction, id: int) -> str:
    """The number of the account a request is about, to look at it; empty where there is none. Whether they may is judged then."""
    return contact_requests.account_of(tx, id)


def look(tx: Transaction, who: Actor, number: str, id: int) -> Pending | Closed | Shut | None:
    """One of them, whatever became of it. None: no such request, or none of theirs."""
    manager = people.managing(tx, who, number, writes=True)  # nobody is removed while it is looked at
    if not isinstance(manager, MayManage):
        return manager
    one = contact_requests.one(tx, manager.grant, id)
    if one is None:
        return None
    return _look(tx, manager, one) or Closed(manager.account, one)


def confirm(tx: Transaction, who: Actor, number: str, id: int, stamp: str) -> Closed | Pending | Shut | None:
    """The change is made, where it is what was looked at (`stamp`); `Pending` where it is not, or may not be made by them. None: no such request on an
    account of theirs."""
    manager = people.managing(tx, who, number, writes=True)
    if not isinstance(manager, MayManage):
        return manager
    one = contact_requests.one(tx, manager.grant, id)
    wish = None if one is None else _wish(tx, manager, one)
    if one is None or wish is None:
        return None if one is None else Closed(manager.account, one)
    made = people.save_under(tx, manager, wish, stamp)
    if isinstance(made, Preview):
        return Pending(one, made)
    if made is None or not contact_requests.answer(tx, manager.grant, id, "confirmed"):
        return Closed(manager.account, one)
    return Closed(manager.account, replace(one, status="confirmed"), now=True)


def refuse(tx: Transaction, who: Actor, number: str, id: int) -> Closed | Shut | None:
    manager = people.managing(tx, who, number, writes=True)
    if not isinstance(manager, MayManage):
        return manager
    one = contact_requests.one(tx, manager.grant, id)
    if one is None or not contact_requests.answer(tx, manager.grant, id, "refused"):
        return None if one is None else Closed(manager.account, one)
    return Closed(manager.account, replace(one, status="refused"), now=True)


def _look(tx: Transaction, manager: MayManage, one: ContactRequest) -> Pending | None:
    wish = _wish(tx, manager, one)
    preview = None if wish is None else people.look_under(tx, manager, wish)
    return None if preview is None else Pending(one, preview)


def _wish(tx: Transaction, manager: MayManage, one: ContactRequest) -> Wish | None:
    """None: it waits no more."""
    if one.status != "waiting":
        return None
    words = frozenset(one.holds)
    if one.do == "add":
        username = people.propose(tx, one.name, one.email)
        return Wish("add", (username,), words, Newcomer(username, one.name, one.email))
    return Wish(one.do, (one.username,), words if one.do == "change" else frozenset())


def _unfit(wanted: Wanted) -> NotAdded | None:
    """Which field of somebody new will not do."""
    if wanted.do == "add":
        for field, kind, value in ((NotAdded.NAME, Name, wanted.who), (NotAdded.EMAIL, Email, wanted.email)):
            if not _fits(kind, value):
                return field
    return None


def _fits(kind: Any, value: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True
