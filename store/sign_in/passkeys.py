"""Passkeys (WebAuthn) of customers and of the staff: added, used, renamed, removed. docs/passkeys.md

A passkey proves the device and, by `user verification`, whoever holds it; it answers for one site alone, so it cannot be said aloud
or typed into a page of somebody else's. The challenge goes into our own form, sealed: good for five minutes, in one browser, for one
thing, and once. Nobody types who they are: a passkey says whose it is, and a stranger learns nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, exists, func, select, update

from authz import Grant, Subject
from store import tables
from store.accounts.people import lock, works_here
from store.db.keys import Keys
from store.db.transaction import NOBODY, Transaction, upsert
from store.jobs import job_queue
from store.security import alerts
from store.sign_in import passkey_answers, sessions
from store.sign_in.passkey_answers import Question, Site, faults
from store.sign_in.realms import STAFF
from store.text.durations import COOLING
from store.verification import factors
from store.verification.revocation import lock_all, revoke

MOST: Final = 10  # that somebody may have
LONGEST_NAME: Final = 40
_KEY: Final = "passkeys"
_ADD, _USE = "add", "use"
_DAY: Final = 24 * 3_600_000  # ms


@dataclass(frozen=True, slots=True)
class Passkey:
    """As whoever has it is shown it. Times in ms; `counts_from`: from when on it is a second proof."""

    id: int
    name: str
    made_at: int
    counts_from: int
    last_used_at: int | None
    backed_up: bool


@dataclass(frozen=True, slots=True, repr=False)
class New:
    """One that is right, and not kept yet."""

    subject: Subject
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Used:
    """Whoever used one just now, with their device unlocked."""

    subject: Subject
    passkey: int
    counts_from: int


class Refused(StrEnum):
    """Why a passkey was not taken, or not added."""

    LATE = "late"  # five minutes have passed, or this answer was sent before
    WRONG = "wrong"  # not of this site, this browser or this form; not verified by its holder; or none we know
    COUNT = "count"  # it counts backwards: there may be a copy of it
    SUSPENDED = "suspended"
    THERE = "there"  # it was added before
    MANY = "many"
    LAST = "last"  # nothing else would be left to sign in with
    GONE = "gone"


def to_use(keys: Keys, now: int, site: Site, browser: str) -> Question:
    """For whoever signs in or proves themselves again. `browser`: what the form is bound to, the session or the visitor."""
    return passkey_answers.to_use(keys, now, site, _bound(_USE, browser))


def to_add(tx: Transaction, site: Site, subject: Subject, browser: str, *, invited: bool = False) -> Question:
    """For whoever adds it: one that is not on this device already; or anew, in the place of those before it."""
    rows = tx.connection.execute(select(_p.c.credential_id, _p.c.handle).where(_of(subject)).order_by(_p.c.id)).all()
    handle = rows[0].handle if rows else secrets.token_bytes(passkey_answers.BYTES)
    known = [row.credential_id for row in rows if not invited]
    bound = _bound(_ADD, browser, subject)
    return passkey_answers.to_add(tx.keys, tx.now, site, bound, _named(tx, subject), handle, known)


def check(tx: Transaction, site: Site, subject: Subject, browser: str, form: Mapping[str, str]) -> New | Refused:
    """What a browser has just made: theirs once it is kept. `form`: `challenge` as `to_add` sealed it, `passkey` as the browser answered,
    `name`."""
    asked = passkey_answers.opened(tx.keys, tx.now, form, _bound(_ADD, browser, subject))
    if asked is None:
        return Refused.LATE
    try:
        made = passkey_answers.made(site, asked[: passkey_answers.BYTES], form.get("passkey", ""))
    except faults():
        return _refused(tx, subject, Refused.WRONG)
    if not passkey_answers.once(tx, asked):
        return Refused.LATE
    if tx.connection.execute(select(_p.c.id).where(_p.c.credential_id == made["credential_id"])).first() is not None:
        return _refused(tx, subject, Refused.THERE)
    sealed = tx.keys.seal(_KEY, made["public_key"], _whose(subject, made["credential_id"]))
    named = {"handle": asked[passkey_answers.BYTES :], "name": form.get("name", "").strip()[:LONGEST_NAME]}
    return New(subject, made | named | {"public_key": sealed})


def keep(tx: Transaction, new: New, *, invited: bool = False) -> int | Refused:
    """Its id: it is theirs from now on. `invited`: at an invitation, where it is a second proof at once for whoever had nothing that it
    could overrule (D-passkey), and comes in the place of those before it (`remove_all`)."""
    subject = new.subject
    if not _is_here(tx, subject):
        return _refused(tx, subject, Refused.SUSPENDED)
    if not invited and tx.connection.execute(select(func.count(_p.c.id)).where(_of(subject))).scalar_one() >= MOST:
        return Refused.MANY
    at_once = invited and subject.is_person and not factors.has_any(tx, subject.person)
    row = new.row | {
        "made_at": tx.now,
        "counts_from": tx.now if at_once else tx.now + COOLING,
        "person_id": subject.person if subject.is_person else None,
        "staff_id": subject.staff if subject.is_staff else None,
    }
    kept = upsert(tx, _p).values(**row).on_conflict_do_nothing(index_elements=["credential_id"])
    id: int | None = tx.connection.execute(kept.returning(_p.c.id)).scalar()
    if id is None:
        return _refused(tx, subject, Refused.THERE)
    tx.record(subject, None, "passkey", "added", fields=(f"passkey:{id}",))
    if subject.is_staff or not invited:  # of an invitation customers are told by itself: signing_in.join
        _tell(tx, subject, "added", id)
    return id


def use(tx: Transaction, site: Site, browser: str, form: Mapping[str, str]) -> Used | Refused:
    """Whose it is, if it answers this form, in this browser, for the first time, and they may act. What does not verify leaves nothing
    behind, or strangers could fill a table, and takes as long whether or not there is such a passkey."""
    asked = passkey_answers.opened(tx.keys, tx.now, form, _bound(_USE, browser))
    if asked is None:
        return Refused.LATE
    try:
        answer = passkey_answers.parsed(form.get("passkey", ""))
        row = tx.connection.execute(select(_p).where(_p.c.credential_id == answer.raw_id)).first()
        subject, key = _key_of(tx, row)
        found = passkey_answers.verified(site, asked, answer, key or passkey_answers.decoy())
    except faults():
        return Refused.WRONG
    if row is None or not key or not found.fits(row.handle, backup_eligible=row.backup_eligible):
        return Refused.WRONG
    if not passkey_answers.once(tx, asked):
        return _refused(tx, subject, Refused.LATE, row.id)
    if not _is_here(tx, subject):
        return _refused(tx, subject, Refused.SUSPENDED, row.id)
    onward = (_p.c.sign_count < found.count) | ((_p.c.sign_count == 0) & (found.count == 0))
    now = {"sign_count": found.count, "backed_up": found.backed_up, "last_used_at": tx.now}
    new = update(_p).where(_p.c.id == row.id, onward).values(**now)
    if tx.connection.execute(new.returning(_p.c.id)).first() is None:
        alerts.alert(tx, "passkey_count", f"{row.id}:{tx.now // _DAY}", subject=subject)
        return _refused(tx, subject, Refused.COUNT, row.id)
    tx.record(subject, None, "passkey", "used", fields=(f"passkey:{row.id}",))
    return Used(subject, row.id, row.counts_from)


def listed(tx: Transaction, subject: Subject) -> list[Passkey]:
    """For their own page."""
    columns = (_p.c.id, _p.c.name, _p.c.made_at, _p.c.counts_from, _p.c.last_used_at, _p.c.backed_up)
    return [
        Passkey(*row) for row in tx.connection.execute(select(*columns).where(_of(subject)).order_by(_p.c.id)).all()
    ]


def rename(tx: Transaction, subject: Subject, id: int, name: str) -> bool:
    """Whether it is theirs."""
    new = update(_p).where(_p.c.id == id, _of(subject)).values(name=name.strip()[:LONGEST_NAME])
    if tx.connection.execute(new.returning(_p.c.id)).first() is None:
        return False
    tx.record(subject, None, "passkey", "renamed", fields=(f"passkey:{id}",))
    return True


def remove(tx: Transaction, subject: Subject, id: int, *, only_passkeys: bool = False, but: str = "") -> Refused | None:
    """None: it is removed, and what was proved by it ends. Never the last thing they can sign in with; `only_passkeys`: a password
    is no such thing (STAFF_PASSKEYS). `but`: the session they do it in goes on."""
    if subject.is_person:
        lock_all(tx, [subject.person])
    _is_here(tx, subject)  # locked: of two that are removed at once one sees that it is the last
    theirs = list(tx.connection.execute(select(_p.c.id).where(_of(subject))).scalars())
    if id not in theirs:
        return Refused.GONE
    if len(theirs) == 1 and (only_passkeys or not has_password(tx, subject)):
        return Refused.LAST
    tx.connection.execute(delete(_p).where(_p.c.id == id))
    tx.record(subject, None, "passkey", "removed", fields=(f"passkey:{id}",))
    if subject.is_person:
        revoke(tx, [subject.person], "passkey", but=but)
    _tell(tx, subject, "removed", id)
    return None


def of_colleague(tx: Transaction, grant: Grant, staff: int) -> list[Passkey]:
    """Those of one of the staff, for whoever looks after them."""
    tx.require(grant, "desk.staff.manage")
    tx.told(grant, "staff.passkeys")
    return listed(tx, Subject.of_staff(staff))


def withdraw(tx: Transaction, grant: Grant, staff: int, id: int) -> bool:
    """The passkey of a colleague who has lost it signs nobody in from now on, be it their last; they are signed out everywhere, and told. Whether there
    was one."""
    tx.require(grant, "desk.staff.manage")
    theirs = delete(_p).where(_p.c.id == id, _p.c.staff_id == staff).returning(_p.c.id)
    if tx.connection.execute(theirs).first() is None:
        return False
    tx.told(grant, f"passkey_removed:staff:{staff}", f"passkey:{id}")
    sessions.end_all(tx, STAFF, staff)
    kind = "staff_passkey_withdrawn"
    job_queue.enqueue(tx, "notice", f"{kind}:{id}", {"notice": kind, "staff": staff})
    return True


def remove_all(tx: Transaction, subject: Subject, *, but: int | None = None) -> None:
    """They begin anew, by an invitation, with `but` or without any: what they had may be lost."""
    gone = delete(_p).where(_of(subject), _p.c.id != (but or 0)).returning(_p.c.id)
    ids = tx.connection.execute(gone).scalars().all()
    for id in ids:
        tx.record(subject, None, "passkey", "removed", fields=(f"passkey:{id}",))
    if ids and subject.is_person:
        revoke(tx, [subject.person], "passkey")


def _is_here(tx: Transaction, subject: Subject) -> bool:
    """Whether they may act; and nobody suspends them, nor adds or removes a passkey of theirs, until the transaction has ended."""
    if subject.is_staff:
        s = tables.staff.c
        one = select(s.id).where(s.id == subject.staff).with_for_update(key_share=True)
        return tx.connection.execute(one).first() is not None and works_here(tx, subject.staff)
    return lock(tx, subject.person)


def has_password(tx: Transaction, subject: Subject) -> bool:
    """And the app that goes with it."""
    if subject.is_staff:
        s = tables.staff_logins.c
        both = select(s.staff_id).where(
            s.staff_id == subject.staff, s.password.is_not(None), s.authenticator.is_not(None)
        )
    else:
        p, a = tables.person_logins.c, tables.authenticators.c
        app = exists().where(a.person_id == p.person_id, a.confirmed_at.is_not(None), a.ends_at.is_(None))
        both = select(p.person_id).where(p.person_id == subject.person, p.password.is_not(None), app)
    return tx.connection.execute(both).first() is not None


def _named(tx: Transaction, subject: Subject) -> tuple[str, str]:
    """(username, name): what their device shows them of it."""
    table, id = (tables.staff, subject.staff) if subject.is_staff else (tables.people, subject.person)
    row = tx.connection.execute(select(table.c.username, table.c.name).where(table.c.id == id)).one()
    return row.username, row.name


def _tell(tx: Transaction, subject: Subject, what: str, id: int) -> None:
    """To whoever has it, at every address of theirs."""
    kind = f"passkey_{what}" if subject.is_person else f"staff_passkey_{what}"
    whose = {"person": subject.person} if subject.is_person else {"staff": subject.staff}
    job_queue.enqueue(tx, "notice", f"{kind}:{id}", {"notice": kind, **whose})


def _refused(tx: Transaction, subject: Subject, why: Refused, id: int | None = None) -> Refused:
    fields = (f"why:{why}", *((f"passkey:{id}",) if id is not None else ()))
    tx.record(subject, None, "passkey", "refused", fields=fields)
    return why


def _bound(what: str, browser: str, subject: Subject | None = None) -> str:
    return json.dumps([what, browser, subject or ""])


def _key_of(tx: Transaction, row: Row[Any] | None) -> tuple[Subject, bytes | None]:
    """Whose it is, and its public key as it was sealed for them. None: there is none; to find that out takes as long."""
    if row is None:
        tx.keys.seal(_KEY, passkey_answers.decoy(), "")
        return NOBODY, None
    subject = Subject.of_person(row.person_id) if row.person_id is not None else Subject.of_staff(row.staff_id)
    return subject, tx.keys.open(_KEY, row.public_key, _whose(subject, row.credential_id))


def _whose(subject: Subject, credential: bytes) -> str:
    return f"{subject} {credential.hex()}"


_p = tables.passkeys


def _of(subject: Subject) -> ColumnElement[bool]:
    return _p.c.staff_id == subject.staff if subject.is_staff else _p.c.person_id == subject.person
