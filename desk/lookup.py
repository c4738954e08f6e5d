"""Looking people and accounts up: whether a person exists, recorded in the ledger and limited in number; and an account, for an agent who has a case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from authz import Action
from desk.actors import Actor, permit_staff
from desk.calls import permit_calls
from store import Transaction
from store.calls import live_calls
from store.calls.live_calls import Case
from store.staff import account_access, email_codes
from store.staff.account_access import AccountAccess, AccountSeen


@dataclass(frozen=True, slots=True)
class PersonFound:
    """There is somebody with exactly that support ID or number: their id, to ask them for proof by. Nothing of who it is."""

    person: int


class NotFound(Enum):
    """Why nothing was found, or nothing is shown of it."""

    NOBODY = auto()
    NO_WORDS = auto()
    LOOKED_UP_ENOUGH = auto()  # people, for a day's work
    TOO_MANY_ACCOUNTS = auto()  # looked at within the hour
    NOT_PERMITTED = auto()


class Closed(Enum):
    """Why an account is not shown."""

    NO_CASE = auto()  # the agent has no case, or there is no such account: the answer does not say which
    TOO_MANY_ACCOUNTS = auto()
    NOT_PERMITTED = auto()


class CodeByMail(Enum):
    """What came of having a code sent to somebody's address on file."""

    SENT = auto()
    ADDRESS_YOUNG = auto()
    NOT_NOW = auto()  # one was sent a moment ago, or often today
    NOT_PERMITTED = auto()


def find_person(tx: Transaction, who: Actor, words: str, region: str) -> PersonFound | NotFound:
    """Finds exact matches only. `region`: the country of a number that is typed without one."""
    grant = permit_calls(tx, who)
    if grant is None:
        return NotFound.NOT_PERMITTED
    if not words:
        return NotFound.NO_WORDS
    person = email_codes.find(tx, grant, words, region)
    if isinstance(person, AccountAccess):
        return NotFound.LOOKED_UP_ENOUGH
    return NotFound.NOBODY if person is None else PersonFound(person)


def find_to_verify(
    tx: Transaction, who: Actor, words: str, region: str, *, texting: Collection[str], accounts_an_hour: int
) -> Case | PersonFound | NotFound:
    """The same, and the card where it is this agent's own caller and they have proved who they are. `texting`: the countries to which
    codes go by text message."""
    found = find_person(tx, who, words, region)
    if isinstance(found, NotFound) or who.staff is None:
        return found
    call = live_calls.of_person(tx, who.staff, found.person)
    grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, call.account) if call is not None else None
    if call is None or grant is None:
        return found
    if account_access.record_access(tx, grant, accounts_an_hour) is not AccountAccess.OPEN:
        return NotFound.TOO_MANY_ACCOUNTS
    return live_calls.case(tx, grant, call.support_call, texting) or found


def find_account(tx: Transaction, who: Actor, number: str, accounts_an_hour: int) -> AccountSeen | Closed:
    """The same answer for an account without a case as for one that is not there; both are reported."""
    asking = permit_calls(tx, who)
    if asking is None:
        return Closed.NOT_PERMITTED
    account = account_access.find(tx, asking, number)
    grant = permit_staff(tx, who, Action.DESK_CARD_VIEW, account) if account is not None else None
    if grant is None:
        account_access.missed(tx, asking, number)
        return Closed.NO_CASE
    match account_access.record_access(tx, grant, accounts_an_hour):
        case AccountAccess.OPEN:
            return account_access.account(tx, grant)
        case AccountAccess.SPENT:
            return Closed.TOO_MANY_ACCOUNTS
        case AccountAccess.NO_CASE:
            return Closed.NO_CASE


def send_code(tx: Transaction, who: Actor, person: int) -> CodeByMail:
    """Sends a code to the address on file of a person who was looked up; the agent never sees it."""
    grant = permit_calls(tx, who)
    if grant is None:
        return CodeByMail.NOT_PERMITTED
    if email_codes.is_young(tx, grant, person):
        return CodeByMail.ADDRESS_YOUNG
    return CodeByMail.SENT if email_codes.ask(tx, grant, person) else CodeByMail.NOT_NOW
