"""What somebody looks after on their own page: their numbers and their address; and what that page shows of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from desk import verification
from desk.own_security import is_proved, may_change
from store import Transaction
from store.codes import one_time_codes
from store.sign_in.sessions import SignedIn
from store.text import addresses, numbers
from store.verification import attempt_limits, own_details, sms_codes
from store.verification.attempt_limits import Admission
from store.verification.own_details import MOST, NotAdded


class Done(Enum):
    """What became of it."""

    ADDED = "number_added"
    REMOVED = "number_removed"
    ADDRESS = "address_changed"


class NotDone(Enum):
    """Why nothing was changed."""

    AGAIN = "again"  # they are to sign in again first, or to give a second proof
    NO_NUMBER = "no_number"
    NOBODYS = "nobodys"  # nobody rings from there, and we ring nobody there
    THERE = "there"
    MANY = "many"
    NOT_SENT = "not_sent"
    WRONG = "wrong"
    LATER = "later"
    NO_ADDRESS = "no_address"
    SAME = "same"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Sent:
    """A code is on its way to this number (E.164), which comes on file when they type it."""

    number: str


def add_number(
    tx: Transaction, who: SignedIn, words: str, region: str, texting: Collection[str]
) -> Done | NotDone | Sent:
    """A number as they typed it. Where text messages go there, it comes on file once they have typed the code it is sent."""
    if not may_change(tx, who):
        return NotDone.AGAIN
    number = numbers.telephone(words, region)
    if number is None or numbers.nobodys(number):
        return NotDone.NO_NUMBER if number is None else NotDone.NOBODYS
    theirs = [one.number for one in own_details.read(tx, who.subject).numbers]
    if number in theirs or len(theirs) >= MOST:
        return NotDone.THERE if number in theirs else NotDone.MANY
    if sms_codes.country_of(number) in texting:
        sent = sms_codes.ask_new(tx, who.subject, number, _bound(who, number))
        return Sent(number) if sent else NotDone.NOT_SENT
    return _add(tx, who, number)


def confirm_number(tx: Transaction, who: SignedIn, number: str, digits: str) -> Done | NotDone:
    """One try with the code that was sent there."""
    if not may_change(tx, who):
        return NotDone.AGAIN
    tried = verification.reserve(tx, who.subject)
    if tried.admission is not Admission.EVALUATE:
        return NotDone.LATER
    if one_time_codes.use(tx, sms_codes.NEW_NUMBER, digits, who.subject) != _bound(who, number):
        tx.record(who.subject, None, "number", "not_confirmed")
        return NotDone.WRONG
    attempt_limits.give_back(tx, tried, matched=True)
    return _add(tx, who, number)


def remove_number(tx: Transaction, who: SignedIn, number: str) -> Done | NotDone:
    if not may_change(tx, who):
        return NotDone.AGAIN
    return Done.REMOVED if own_details.remove_number(tx, who.subject, number, but=who.session) else NotDone.GONE


def change_address(tx: Transaction, who: SignedIn, email: str) -> Done | NotDone:
    """Both addresses are told, and the one before of all that follows for 30 days."""
    if not is_proved(tx, who):
        return NotDone.AGAIN
    if not addresses.is_address(email):
        return NotDone.NO_ADDRESS
    changed = own_details.change_address(tx, who.subject, email, but=who.session)
    return Done.ADDRESS if changed else NotDone.SAME


def _add(tx: Transaction, who: SignedIn, number: str) -> Done | NotDone:
    not_added = own_details.add_number(tx, who.subject, number, but=who.session)
    return Done.ADDED if not_added is None else _WHY[not_added]


def _bound(who: SignedIn, number: str) -> str:
    return f"{who.session} {number}"


_WHY = {NotAdded.THERE: NotDone.THERE, NotAdded.MANY: NotDone.MANY}
