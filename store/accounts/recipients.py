"""Who is told of what, and where. For the worker, under its own grant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from authz import Grant, NoticeKind, Scheme
from store import tables
from store.accounts import colleagues
from store.db import sweeping
from store.db.holdings import owners_word
from store.db.transaction import Transaction

OWN_SECURITY: Final = (  # about a person: told to them and to owners
    *("pin_locked", "pin_unlocked", "pin_set"),
    *("slack_linked", "slack_unlinked"),
    *("authenticator_added", "authenticator_ending", "authenticator_removed"),
    *("passkey_added", "passkey_removed"),
    *("numbers_changed", "address_changed"),
    *("not_me", "code_overheard", "person_changed"),
    *("login_set", "login_vouched", "login_tried", "login_code", "login_codes_spent"),
    *("person_suspended", "person_resumed"),
)
OF_ACCOUNT: Final = ("contacts_changed", "account_changed", "api_key_made")  # about an account: told to its owners
OF_DECIDERS: Final = (
    *("account_locked", "account_unlocked"),
    "contact_change_asked",
)  # about an account: told to all who may manage contacts
OF_MAIL: Final = (
    "mail_bounced",
)  # of a person's address: told to their owners, and to them in other ways than by mail
OF_CONTACT: Final = (
    "contact_removed",
    "api_key_yours",
    "rights_lost",
    "rights_gained",
    *("contact_change_confirmed", "contact_change_refused", "contact_change_ended"),
)  # what became of somebody on an account: told to them
# Alarms: told to the desk's supervisors and administrators, and to whoever of the staff it is about.
OF_DESK: Final = ("emergency_unanswered", "look_at_the_desk", "staff_changed", "staff_role_changed", "staff_invited")
NOT_TO_THEM: Final = ("staff_invited",)  # whoever it is about gets the invitation itself
# About how one of the staff signs in: told to them alone.
OF_STAFF: Final = (
    *("signin_tried", "signin_code", "signin_codes_spent"),
    *("staff_passkey_added", "staff_passkey_removed", "staff_passkey_withdrawn"),
)
OLD_TOLD: Final = 30 * 24 * 3_600_000  # ms for which an address that was replaced is told of changes as well


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to one address. `about` is the name of the person or account it concerns, as this reader may know it."""

    kind: str
    to: str
    name: str
    about: str
    own: bool
    person: int | None = None  # whose address on file it is, where that is known


def sweep(tx: Transaction) -> bool:
    """Addresses that are told of nothing any more."""
    return sweeping.some(tx, tables.old_emails, tables.old_emails.c.replaced_at < tx.now - OLD_TOLD)


def of_change(old: Scheme, new: Scheme, before: frozenset[str] | None, after: frozenset[str] | None) -> Iterator[str]:
    """The notices (OF_CONTACT) to somebody who held that on an account under its old scheme and holds this under its new one; None: they
    were not on it, or are not. A contact role that is another's now is a loss, whatever it allows."""
    had, has = before or frozenset[str](), after or frozenset[str]()
    passed = (had ^ has).intersection(old.exactly_one) if old is new else frozenset[str]()
    if before is not None and after is None:
        yield "contact_removed"
    elif passed & had or old.rights(had) - new.rights(has):
        yield "rights_lost"
    if passed & has or new.rights(has) - old.rights(had):
        yield "rights_gained"


def addressed(tx: Transaction, grant: Grant, payload: Mapping[str, Any]) -> list[Notice]:
    """Everybody one notice goes to, and of a person's own security every address of theirs, those replaced of late too.
    Empty when whom it was about is no longer there."""
    tx.require(grant, "desk.deliver")
    kind = str(payload["notice"])
    if kind in OWN_SECURITY:
        found = _about_person(tx, kind, int(payload["person"]))
    elif kind in OF_MAIL:
        found = [one for one in _about_person(tx, kind, int(payload["person"])) if not one.own]
    elif kind in OF_ACCOUNT:
        found = _about_account(tx, kind, int(payload["account"]))
    elif kind in OF_DECIDERS:
        found = _to_deciders(tx, kind, int(payload["account"]))
    elif kind in OF_CONTACT:
        found = _to_contact(tx, kind, int(payload["account"]), int(payload["person"]))
    elif kind in OF_STAFF:
        s = tables.staff.c
        row = tx.connection.execute(select(s.name, s.email).where(s.id == int(payload["staff"]))).first()
        found = [] if row is None else [Notice(kind, row.email, row.name, row.name, own=True)]
    elif kind in OF_DESK:
        found = _about_desk(tx, kind, payload)
    else:
        raise ValueError(f"no such notice: {kind}")
    tx.told(grant, "contact.name", "contact.email")
    return found


def _about_person(tx: Transaction, kind: str, person: int) -> list[Notice]:
    p, c, r = tables.people.c, tables.contacts.c, tables.contact_rights.c
    row = tx.connection.execute(select(p.name, p.email).where(p.id == person)).first()
    if row is None:
        return []
    own = _addresses(tx, person, row.email)
    told = {
        email: Notice(kind, email, row.name, row.name, own=True, person=person if email == row.email else None)
        for email in own
    }
    for owner in _owners(tx, r.account_id.in_(select(c.account_id).where(c.person_id == person))):
        told.setdefault(owner.email, Notice(kind, owner.email, owner.name, row.name, own=False))
    return list(told.values())


def _to_contact(tx: Transaction, kind: str, account: int, person: int) -> list[Notice]:
    """To whom it happened, whether or not they are on the account still: they know its name."""
    p, a = tables.people.c, tables.accounts.c
    row = tx.connection.execute(select(p.name, p.email).where(p.id == person)).first()
    name = tx.connection.execute(select(a.name).where(a.id == account)).scalar()
    if row is None or name is None:
        return []
    return [Notice(kind, email, row.name, name, own=True) for email in _addresses(tx, person, row.email)]


def _addresses(tx: Transaction, person: int, now: str) -> list[str]:
    """Where somebody is told of what concerns themselves: those replaced of late too."""
    o = tables.old_emails.c
    old = select(o.email).where(o.person_id == person, o.replaced_at > tx.now - OLD_TOLD).order_by(o.email)
    return list(dict.fromkeys([now, *tx.connection.execute(old).scalars()]))


def _about_account(tx: Transaction, kind: str, account: int) -> list[Notice]:
    """To whom the account's scheme names for notices about an account."""
    a, p, r = tables.accounts.c, tables.people.c, tables.contact_rights.c
    of = tx.connection.execute(select(a.name, a.scheme).where(a.id == account)).first()
    if of is None:
        return []
    words = tx.schemes[of.scheme].notices[NoticeKind.ACCOUNT]
    told = select(p.id, p.name, p.email).join(tables.contact_rights, r.person_id == p.id).order_by(p.id).distinct()
    of_it = (r.account_id == account, r.right.in_(words), p.suspended_at.is_(None))
    named = tx.connection.execute(told.where(*of_it)).all()
    return [
        Notice(kind, email, one.name, of.name, own=False)
        for one in named
        for email in _addresses(tx, one.id, one.email)
    ]


def _to_deciders(tx: Transaction, kind: str, account: int) -> list[Notice]:
    """Whoever may manage contacts, but for the lock."""
    p, a = tables.people.c, tables.accounts.c
    name = tx.connection.execute(select(a.name).where(a.id == account)).scalar()
    if name is None:
        return []
    deciding = [one for one in colleagues.who_might(tx, account, "contacts.manage") if one.decides]
    emails = select(p.id, p.email).where(p.id.in_([one.person for one in deciding]))
    to = {row.id: row.email for row in tx.connection.execute(emails).all()}
    return [Notice(kind, to[one.person], one.name, name, own=False) for one in deciding]


def _about_desk(tx: Transaction, kind: str, payload: Mapping[str, Any]) -> list[Notice]:
    s, a = tables.staff.c, tables.accounts.c
    account, staff = payload.get("account"), payload.get("staff")
    named = select(s.name).where(s.id == staff) if staff is not None else select(a.name).where(a.id == account)
    name = tx.connection.execute(named).scalar() if (staff, account) != (None, None) else None
    leading, theirs = s.role.in_(tables.SUPERVISORS), s.id == (staff or 0)
    told = leading & ~theirs if kind in NOT_TO_THEM else leading | theirs
    rows = tx.connection.execute(select(s.name, s.email).where(told, s.suspended_at.is_(None))).all()
    return [Notice(kind, row.email, row.name, name or "an account", own=False) for row in rows]


def _owners(tx: Transaction, on: ColumnElement[bool]) -> list[Any]:
    """Name and address of the owners of these accounts who are not suspended; in Memset's terms the admin contacts."""
    p, r, a = tables.people.c, tables.contact_rights.c, tables.accounts
    owners = (
        select(p.id, p.name, p.email)
        .join(tables.contact_rights, r.person_id == p.id)
        .join(a, (a.c.id == r.account_id) & (r.right == owners_word(tx.schemes)))
    )
    return list(tx.connection.execute(owners.where(on, p.suspended_at.is_(None)).order_by(r.account_id, p.id)).all())
