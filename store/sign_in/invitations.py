"""Customers are invited to the pages: a one-time link by mail, good for 72 hours, by which they set what they sign in with.

The queue holds whom it is for and never the link, which is made when the mail is sent: a mail sent twice has two links, of which
the newer one is good. Who has joined before is invited anew only where an authenticator app of theirs is on file that has been for
72 hours, for the link asks for its code then: nobody gets in by a mailbox alone. Whoever has lost that as well is invited anew by two
of the desk, upon the word of an owner (vouches.py): then it asks for nothing, and takes the place of all they had.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sqlalchemy import bindparam, select

from authz import Grant, Subject
from store import tables
from store.accounts.people import lock
from store.codes import one_time_links
from store.db import grant_limits
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.security import budgets
from store.security.budgets import Limit
from store.sign_in import vouches
from store.verification import attempt_limits, factors, totp
from store.verification.attempt_limits import Reservation
from store.verification.factors import Address

WORK: Final = "invitation"
VOUCHED: Final = "vouched"  # what a link is bound to that two of the desk have sent
PAGE: Final = "invitation"
LIFE: Final = factors.COOLING  # ms
AGAIN: Final = 10 * 60_000  # ms in which whoever manages contacts has one sent to each of them
A_DAY: Final = (
    100  # for one account by whoever manages its contacts, half of them at once: a stolen session writes to no more
)


class Invited(Enum):
    """What became of asking somebody in."""

    INVITED = "invited"
    NOBODY = "nobody"
    JOINED = "joined"  # before, and has no other factor on file that the link could ask for
    ADDRESS_YOUNG = "address_young"
    ENOUGH = "enough"  # were sent for this account today


@dataclass(frozen=True, slots=True)
class InvitationMail:
    """To be sent at once and kept nowhere. The token hides itself from logs."""

    to: str
    name: str
    username: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Guest:
    """Whose invitation a link is. `joined`: they have signed in before; `has_app`: a code of the authenticator app they have is asked
    for, and none is set up; `vouched`: an owner has vouched for them, and nothing is asked for."""

    person: int
    username: str
    name: str
    joined: bool
    has_app: bool
    vouched: bool = False


def invite(tx: Transaction, grant: Grant, username: str) -> Invited:
    """An invitation goes to their address on file; one before it is no longer good when it does."""
    tx.require(grant, "desk.operate")
    row = tx.connection.execute(_FOUND.where(tables.people.c.username == username)).first()
    if row is None or not lock(tx, row.id):
        return Invited.NOBODY
    invited = Invited.INVITED
    if not _may_be_written_to(tx, row.id, factors.address(tx, row.id), joined=row.set_at is not None):
        invited = Invited.ADDRESS_YOUNG
    elif row.set_at is not None and not _old_app(tx, row.id):
        invited = Invited.JOINED
    return _sent(tx, grant, row.id, invited)


def invite_contact(tx: Transaction, grant: Grant, person: int) -> Invited:
    """The same by whoever manages the contacts of an account, for one of them who has not joined yet: whoever has is none of theirs to
    send links to. Once in ten minutes, and so many a day for one account."""
    tx.require(grant, "contacts.manage")
    c = tables.contacts.c
    there = select(c.person_id).where(c.account_id == grant.account, c.person_id == person)
    row = tx.connection.execute(_FOUND.where(tables.people.c.id == person)).first()
    if row is None or tx.connection.execute(there).first() is None or not lock(tx, person):
        return Invited.NOBODY
    invited = Invited.JOINED if row.set_at is not None else Invited.INVITED
    if invited is Invited.INVITED and not _may_be_written_to(tx, person, factors.address(tx, person), joined=False):
        invited = Invited.ADDRESS_YOUNG
    if invited is Invited.INVITED and budgets.take(tx, (_of_account(grant),)) is not None:
        invited = Invited.ENOUGH
    return _sent(tx, grant, person, invited, f"{person}:{tx.now // AGAIN}")


def _of_account(grant: Grant) -> Limit:
    return budgets.at_most(f"invitations:{grant.account}", A_DAY, budgets.DAY)


def _sent(tx: Transaction, grant: Grant, person: int, invited: Invited, once: str = "") -> Invited:
    tx.told(grant, f"{'invited' if invited is Invited.INVITED else 'not_invited'}:{Subject.of_person(person)}")
    if invited is Invited.INVITED:
        _owe(tx, person, once or f"{person}:{secrets.token_hex(8)}", vouched=False)
    return invited


def invite_again(tx: Transaction, grant: Grant, username: str) -> None:
    """Somebody asks for it who may be anybody (recovery.py): to whoever has joined and has an app of 72 hours, five a day, and not while
    a link is out that two of the desk have sent."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(_FOUND.where(tables.people.c.username == username)).first()
    if row is None or row.set_at is None or not lock(tx, row.id) or not _old_app(tx, row.id):
        return
    if not _may_be_written_to(tx, row.id, factors.address(tx, row.id), joined=True):
        return
    out = one_time_links.bound_of(tx, PAGE, Subject.of_person(row.id))
    if out != VOUCHED and budgets.take(tx, (Limit(f"recovery:{row.id}", 5, budgets.DAY // 5),)) is None:
        _sent(tx, grant, row.id, Invited.INVITED, f"{row.id}:{tx.now // AGAIN}")


def owe_anew(tx: Transaction, grant: Grant, person: int, *, asked_by: int | None = None) -> None:
    """The link is mailed to somebody an owner vouches for. Two of the desk have agreed, of whom `asked_by` is the other: see `dual_control`."""
    tx.require(grant, "desk.pin.reissue")
    grant_limits.whole_desk(grant)
    grant_limits.takes_two(grant, asked_by)
    vouches.use(tx, person)
    tx.told(grant, f"invited:{Subject.of_person(person)}")
    _owe(tx, person, f"{person}:{secrets.token_hex(8)}", vouched=True)


def _owe(tx: Transaction, person: int, key: str, *, vouched: bool) -> None:
    ordering_key = job_queue.ordering_key_of(WORK, person)
    payload = {"person": person} | ({"vouched": True} if vouched else {})
    job_queue.enqueue_once(tx, WORK, key, payload, ordering_key=ordering_key)


def address(tx: Transaction, grant: Grant, person: int, *, vouched: bool = False) -> InvitationMail | None:
    """A new link and where it goes; the ones before it are no longer good. None: they are there no more, or their address is too
    young by now."""
    tx.require(grant, "desk.deliver")
    to, guest = factors.address(tx, person), _guest(tx, person, vouched=vouched)
    if to is None or guest is None or not _may_be_written_to(tx, person, to, joined=guest.joined):
        return None
    tx.told(grant, "contact.name", "contact.email", f"invitation_sent_to:{Subject.of_person(person)}")
    bound = VOUCHED if vouched else ""
    token = one_time_links.issue(tx, PAGE, Subject.of_person(person), bound, life=LIFE)
    return InvitationMail(to.email, to.name, guest.username, token)


def look(tx: Transaction, token: str) -> Guest | None:
    """Whose invitation this is, for the page it leads to: they alone have it. None as well where they have joined and there is no app to ask
    a code of."""
    found = one_time_links.look(tx, PAGE, token)
    guest = None if found is None else _guest(tx, found[0].person, vouched=found[1] == VOUCHED)
    return None if guest is None or (guest.joined and not guest.has_app and not guest.vouched) else guest


def attempt(tx: Transaction, person: int) -> Reservation:
    """A try at the code of an app that is on file, counted before it is looked at. Commit."""
    return attempt_limits.reserve(tx, f"join:{person}", real=True, limits=(one_time_links.codes_of(person),))


def accept(tx: Transaction, token: str, guest: Guest, digits: str, made: Reservation | None) -> bool:
    """The invitation is used up, and the code right where there is an app to ask one of (`made` is that try). False: another was quicker,
    something has changed, or the code is wrong, and nothing is used up."""
    lock(tx, guest.person)
    if look(tx, token) != guest:
        return False
    if guest.has_app and not totp.check_counted(tx, guest.person, digits, made):
        return False
    used = one_time_links.use(tx, PAGE, token) is not None
    if used and guest.vouched:  # the app as well is lost: another takes its place, or a passkey
        totp.remove(tx, guest.person)
    return used


def _guest(tx: Transaction, person: int, *, vouched: bool = False) -> Guest | None:
    row = tx.connection.execute(_FOUND.where(tables.people.c.id == bindparam("person")), {"person": person}).first()
    if row is None:
        return None
    has_app = totp.confirmed_at(tx, person) is not None and not vouched
    return Guest(row.id, row.username, row.name, row.set_at is not None, has_app, vouched)


def _may_be_written_to(tx: Transaction, person: int, to: Address | None, *, joined: bool) -> bool:
    """A newcomer's first address will do at once: nobody had another before, who would have to be told first."""
    if to is None or to.good:
        return to is not None
    o = tables.old_emails.c
    return not joined and tx.connection.execute(select(o.email).where(o.person_id == person)).first() is None


def _old_app(tx: Transaction, person: int) -> bool:
    since = totp.confirmed_at(tx, person)
    return since is not None and since <= tx.now - factors.COOLING


_p, _l = tables.people.c, tables.person_logins
_FOUND = select(_p.id, _p.username, _p.name, _l.c.set_at).outerjoin(_l, _l.c.person_id == _p.id)
