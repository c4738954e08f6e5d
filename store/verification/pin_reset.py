"""A new PIN that two supervisors have agreed to: it goes to the person by a one-time page, and past nobody else.

The mail has a link, not the PIN; the link is made when the mail is. The page asks for the person's authenticator code where one
is on file, and makes and shows the PIN once. ASVS 6.4.1, 6.4.6; NIST 800-63B-4, 4.2: a recovery link by mail lasts a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from authz import Grant, Subject
from store.codes import one_time_links
from store.db import grant_limits
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.verification import attempt_limits, factors, pin_changes, totp
from store.verification.pins import KeptPin
from store.verification.revocation import lock_all

WORK: Final = "pin_page"
PAGE: Final = "pin"
ASKS: Final = (
    "authenticator"  # what a page is bound to that was made while there was one: it asks for its code to the end
)
LIFE: Final = 24 * 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class PageMail:
    """To be sent at once and kept nowhere. The token hides itself from logs."""

    to: str
    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinPage:
    """Whose page it is: `numbers` a PIN may not be taken from; `authenticator`: a code of their app is asked for."""

    person: int
    numbers: tuple[str, ...]
    authenticator: bool


def owe(tx: Transaction, grant: Grant, person: int, *, asked_by: int | None = None) -> None:
    """The link is mailed to them. Of the staff two have agreed, of whom `asked_by` is the other: see `dual_control`."""
    tx.require(grant, "desk.pin.reissue")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, asked_by)
    tx.told(grant, f"pin_page_for:{Subject.of_person(person)}")
    job_queue.enqueue(
        tx,
        WORK,
        f"{person}",
        {"person": person},
        ordering_key=job_queue.ordering_key_of(WORK, person),
    )


def address(tx: Transaction, grant: Grant, person: int) -> PageMail | None:
    """A new link and where it goes; the ones before it are no longer valid. None: they are there no more, or their address is too
    young by now."""
    tx.require(grant, "desk.deliver")
    to = factors.address(tx, person)
    if to is None or not to.good:
        return None
    tx.told(grant, "contact.name", "contact.email", f"pin_page_sent_to:{Subject.of_person(person)}")
    bound = ASKS if factors.on_file(tx, person).authenticator else ""
    return PageMail(to.email, to.name, one_time_links.issue(tx, PAGE, Subject.of_person(person), bound, life=LIFE))


def look(tx: Transaction, token: str) -> PinPage | None:
    """Whose page this token opens, now."""
    found = one_time_links.look(tx, PAGE, token)
    if found is None:
        return None
    person = found[0].person
    numbers = pin_changes.numbers_of(tx, person)
    if not numbers:
        return None
    return PinPage(person, numbers, found[1] == ASKS or factors.on_file(tx, person).authenticator)


def attempt(tx: Transaction, person: int) -> attempt_limits.Reservation:
    """A try at the page's authenticator code, counted before it is looked at. Commit."""
    return attempt_limits.reserve(tx, f"pinpage:{person}", real=True, limits=(one_time_links.codes_of(person),))


def put(tx: Transaction, token: str, kept: KeptPin, digits: str, made: attempt_limits.Reservation | None) -> bool:
    """The new PIN is theirs, and the page used up. False: the page is not good any more, or the code is wrong, and nothing has
    changed. They and their owners are told."""
    lock_all(tx, [kept.person])
    page = look(tx, token)
    if page is None or page.person != kept.person:
        return False
    if page.authenticator and not totp.check_counted(tx, page.person, digits, made):
        tx.record(Subject.of_person(page.person), None, "pin.page", "refused")
        return False
    if one_time_links.use(tx, PAGE, token) is None:
        return False  # another browser was quicker
    pin_changes.put_own(tx, kept, "pin.page")
    return True
