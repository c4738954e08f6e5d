"""A code by text message to a number on file: where the operator wants it, in the countries named, and not too often.

Texts cost money and can be pumped (T35): 3 to a number in ten minutes, 5 to a person in a day, and over the
whole desk so many to a country and in all on one day. Counted before anything is sent; a code is made when it goes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import func, insert, select

from authz import Grant, Subject
from store import tables
from store.accounts.people import lock
from store.codes import one_time_codes
from store.db import sweeping
from store.db.statements import of_late
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.security import budgets
from store.security.budgets import Limit
from store.verification import factors
from store.verification.call_codes import BY_TEXT

KIND: Final = "text_code"
NEW_NUMBER: Final = "number"  # a kind of code: for a number that is to come on file
TO_A_NUMBER, WITHIN = 3, 10 * 60_000  # ms
TO_A_PERSON, DAY = 5, 24 * 3_600_000
TO_A_COUNTRY_A_DAY, A_DAY = 200, 500  # in any 24 hours: half at once, half as time passes
_COSTLY: Final = frozenset(
    (
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.FIXED_LINE,
    )
)


@dataclass(frozen=True, slots=True)
class TextCode:
    """To be sent at once and kept nowhere. The code hides itself from logs."""

    to: str
    code: str = field(repr=False)


def country_of(number: str) -> str | None:
    """Where a text to this number (E.164) would go: GB. None: nowhere that a text should go."""
    return _country_of(number)


@lru_cache(maxsize=4096)  # the library looks through its tables each time
def _country_of(number: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(parsed) in _COSTLY:
        return None
    known = phonenumbers.region_code_for_number(parsed)
    code = parsed.country_code
    if code is None or (known is None and code == 1):  # islands that charge dearly have +1 as well: only what is known
        return None
    region = known or phonenumbers.region_code_for_country_code(code)
    return None if region in ("ZZ", "001") else str(region)


def number_for(tx: Transaction, person: int, countries: Collection[str]) -> str | None:
    """The number a code would go to: on file for long enough, the oldest that is in one of the countries."""
    return reached(factors.numbers(tx, person).good, countries)


def reached(numbers: Iterable[str], countries: Collection[str]) -> str | None:
    """The first of these that is in one of the countries."""
    return next((number for number in numbers if country_of(number) in countries), None)


def ask(tx: Transaction, subject: Subject, bound: str, countries: Collection[str]) -> bool:
    """Has a code sent to them, to be keyed at `bound`. False: there is no number for it, or enough were sent."""
    number = number_for(tx, subject.person, countries)
    return number is not None and _send(tx, subject, number, BY_TEXT, bound)


def ask_new(tx: Transaction, subject: Subject, number: str, bound: str) -> bool:
    """Has a code sent to a number that is not on file yet, as they want it to be: it proves nothing but that they have the number. False:
    enough were sent."""
    return _send(tx, subject, number, NEW_NUMBER, bound)


def _send(tx: Transaction, subject: Subject, number: str, kind: str, bound: str) -> bool:
    person = subject.person
    if not _may_be_sent(tx, person, number):
        return False
    country = country_of(number) or ""
    if budgets.take(tx, (_a_day(f"text:{country}", TO_A_COUNTRY_A_DAY), _a_day("text", A_DAY))) is not None:
        return False
    row = {"person_id": person, "number": number, "country": country, "at": tx.now}
    id = tx.connection.execute(
        insert(tables.text_messages).values(**row).returning(tables.text_messages.c.id)
    ).scalar_one()
    one_time_codes.void(tx, kind, subject)
    job_queue.enqueue(
        tx,
        KIND,
        str(id),
        {"text": id, "bound": bound, "code": kind},
        ordering_key=job_queue.ordering_key_of(KIND, person),
    )
    return True


def to_send(tx: Transaction, grant: Grant, id: int, kind: str, bound: str) -> TextCode | None:
    """A new code and where it goes; the ones of its kind before it are no longer valid. None: too late, or the number is theirs no more."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(select(tables.text_messages).where(tables.text_messages.c.id == id)).first()
    if (
        row is None
        or row.at <= tx.now - one_time_codes.LIFE
        or (kind != NEW_NUMBER and row.number not in factors.numbers(tx, row.person_id).good)
    ):
        return None
    subject = Subject.of_person(row.person_id)
    tx.told(grant, "contact.number", f"code_sent_to:{subject}")
    return TextCode(row.number, one_time_codes.issue(tx, kind, subject, bound))


def _a_day(name: str, many: int) -> Limit:
    return budgets.at_most(name, many, DAY, "texts_spent", name.partition(":")[2])


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.text_messages, tables.text_messages.c.at < tx.now - DAY)


def _may_be_sent(tx: Transaction, person: int, number: str) -> bool:
    t = tables.text_messages.c
    if not lock(tx, person):
        return False
    to_number = select(func.count()).where(t.number == number, of_late(t.at, tx.now, WITHIN))
    to_person = select(func.count()).where(t.person_id == person, of_late(t.at, tx.now, DAY))
    just_now, today = (tx.connection.execute(query).scalar_one() for query in (to_number, to_person))
    return bool(just_now < TO_A_NUMBER and today < TO_A_PERSON)
