"""What the desk is warned of: probing, a decoy that was looked at, a budget spent (budgets.py), a caller under a threat.

Raised once (`same`), in the log at once, and shown to whom it is for: the desk, or supervisors alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update

from authz import Grant, Subject
from store import tables
from store.db import sweeping
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue

NOBODY_KNOWN: Final = Subject()  # an alert that is about nobody
DESK: Final = "desk"
SUPERVISORS: Final = "supervisors"  # supervisors and administrators
KINDS: Final = {
    "probing_pin": DESK,  # one wrong PIN tried on many people
    "probing_number": DESK,  # one number that touches many people
    "probing_sequence": DESK,  # support IDs one after the other
    "probing_id": DESK,  # wrong PINs at one support ID again and again
    "probing_account": DESK,  # several callers after one account
    "job_given_up": DESK,  # something that we were to do for somebody can never be done
    "pins_withheld": DESK,  # of wrong PINs callers who withhold their number have used up what they share
    "pins_prefix": DESK,  # callers whose numbers begin alike have
    "pins_strangers": DESK,  # all callers without a number on file or attestation have
    "pins_attested": DESK,  # callers with an attested number that is not on file for whom they say they are
    "pins_own_number": DESK,  # callers from numbers on file have
    "pins_one_number": DESK,  # one number on file has used up its own
    "pins_short": DESK,  # where people choose: of PINs with the digits in the detail, callers without either have
    "pins_short_attested": DESK,
    "pins_short_own": DESK,  # and callers from numbers on file
    "codes_spent": DESK,  # wrong codes, of the kind in the detail
    "links_team": DESK,  # members of one Slack workspace have used up the wrong link codes they share
    "texts_spent": DESK,  # text messages with codes
    "verifications_spent": DESK,  # a key of the operator's asks people to prove themselves, again and again
    "messages_number": DESK,  # one number has left as many messages as it may, unproved
    "messages_withheld": DESK,  # callers who withhold their number have
    "messages_strangers": DESK,  # all callers from numbers that are not on file have
    "messages_known": DESK,  # callers from numbers on file have
    "messages_failed": DESK,  # callers have for whom something failed on our side
    "answer_not_sent": DESK,  # one of the staff's, as a colleague was quicker or they might not answer any more
    "threat_on": DESK,
    "threat_off": DESK,
    "decoy": SUPERVISORS,  # one of the staff looked at an account nobody has
    "access_budget": SUPERVISORS,  # one of the staff looked at more accounts in an hour than a day's work needs
    "lookup_budget": SUPERVISORS,  # one of the staff looked up more people than a day's work needs
    "reopened": SUPERVISORS,  # one of the staff opened a closed ticket again, or answered on one
    "take_digits": SUPERVISORS,  # whoever answered a phone of the desk's keyed three times what is nobody's digits for that call
    "no_case": SUPERVISORS,  # one of the staff tried to look at an account without a case
    "assistant_strayed": SUPERVISORS,  # a program that helps one of the staff asked for more than its case
    "notices_spent": SUPERVISORS,  # a key of the operator's writes notices, again and again
    "ledger": SUPERVISORS,  # somebody writes to the database, or something keeps checkpoints from being made
    "restored": SUPERVISORS,  # the database was restored, or lost its end: what had been proved has ended
    "clock": SUPERVISORS,  # the machine's clock jumped
    "signin_address": SUPERVISORS,  # too many tries to sign in from one address
    "signin_addresses": SUPERVISORS,  # and from more addresses within the hour than are named one by one
    "pages_full": SUPERVISORS,  # so many strangers ask for the desk's pages at once that some are turned away
    "signin_many": SUPERVISORS,  # by strangers, over the whole desk
    "signin_tried": SUPERVISORS,  # by strangers, with the username of one of the staff
    "signin_code": SUPERVISORS,  # the right password, and wrong codes
    "signin_codes_spent": SUPERVISORS,  # the same so often in a browser they have signed in with that no code is taken there
    "passkey_count": SUPERVISORS,  # a passkey counted backwards: there may be a copy of it
    "duress": SUPERVISORS,  # a caller keyed the PIN that says they are threatened
}
# What the desk's own people and their programs do again and again is told of once, and counted. Not what callers cause: a flood of them
# would wait for one row.
COUNTED: Final = (
    "take_digits",
    "decoy",
    "no_case",
    "reopened",
    "access_budget",
    "lookup_budget",
    "assistant_strayed",
)
HOUR: Final = 3_600_000  # ms
DAY: Final = 24 * HOUR
NAMED: Final = 3  # of many of a kind so many are named each hour
KEPT: Final = 90 * DAY


@dataclass(frozen=True, slots=True)
class Alert:
    """`subject` and `account` (an id) say whom it is about, where it is about somebody. `times`: how often
    it came, of those COUNTED."""

    id: int
    kind: str
    audience: str
    subject: Subject
    account: int | None
    detail: str
    at: int
    seen: bool
    times: int = 1


def alert(
    tx: Transaction,
    kind: str,
    same: str,
    *,
    subject: Subject = NOBODY_KNOWN,
    account: int | None = None,
    detail: str = "",
) -> bool:
    """Raises an alert unless `same` was raised before. Whoever it is for is told: see `slack.alert` and the desk's page."""
    row = {"kind": kind, "audience": KINDS[kind], "subject": subject, "account_id": account, "detail": detail}
    row |= {"dedupe_key": f"{kind}:{same}", "at": tx.now}
    a = tables.alerts
    new = upsert(tx, a).values(**row).on_conflict_do_nothing().returning(a.c.id)
    id = tx.connection.execute(new).scalar()
    if id is None:
        if kind in COUNTED:
            tx.connection.execute(update(a).where(a.c.dedupe_key == row["dedupe_key"]).values(times=a.c.times + 1))
        return False
    job_queue.enqueue(tx, "alert", str(id), {"alert": id})
    return True


def one_of_some(tx: Transaction, kind: str, whose: str, *, detail: str, more: str) -> None:
    """An alert for each of `whose`, once an hour, of the first few in that hour; for all others one of the kind `more`."""
    a, hour = tables.alerts.c, tx.now // HOUR
    named = select(a.dedupe_key).where(a.kind == kind, a.at >= hour * HOUR).limit(NAMED)
    told, same = tx.connection.execute(named).scalars().all(), f"{hour}:{whose}"
    if len(told) < NAMED:
        alert(tx, kind, same, detail=detail)
    elif f"{kind}:{same}" not in told:
        alert(tx, more, str(hour))


def to_deliver(tx: Transaction, grant: Grant, id: int) -> Alert | None:
    """For the worker that tells of it."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(select(tables.alerts).where(tables.alerts.c.id == id)).first()
    return None if row is None else _alert(row)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom an alert is about, by name; empty where it is about nobody, or they are there no more. `account` with its number."""

    person: str
    account: str
    staff: str


def named(tx: Transaction, grant: Grant, alert: Alert) -> Named:
    """For the words in which the worker tells of it, and for supervisors."""
    tx.require(grant, "desk.deliver", "desk.threat.switch")
    who = alert.subject
    p, s, a = tables.people.c, tables.staff.c, tables.accounts.c
    person = staff = ""
    if who.is_person:
        person = tx.connection.execute(select(p.name).where(p.id == who.person)).scalar() or ""
    elif who.is_staff:
        staff = tx.connection.execute(select(s.name).where(s.id == who.staff)).scalar() or ""
    row = None
    if alert.account is not None:
        row = tx.connection.execute(select(a.name, a.number).where(a.id == alert.account)).first()
    tx.told(grant, "contact.name", "account.name")
    return Named(person, f"{row.name}, account {row.number}" if row is not None else "", staff)


def shown(tx: Transaction, grant: Grant, *, many: int = 50) -> list[Alert]:
    """The newest first: the desk's under a grant to work with callers, all of them under one to switch the threat."""
    tx.require(grant, "desk.threat.switch", "desk.proof.ask")
    a = tables.alerts.c
    mine = a.audience.in_(_audiences(grant))
    rows = tx.connection.execute(select(tables.alerts).where(mine).order_by(a.id.desc()).limit(many))
    return [_alert(row) for row in rows]


def news(tx: Transaction, grant: Grant) -> list[Alert]:
    """What the desk was warned of today and nobody has looked into; not the threat switch, which is on its page while it is on."""
    tx.require(grant, "desk.proof.ask")
    a = tables.alerts.c
    fresh = (a.audience == DESK, a.seen_at.is_(None), a.at > tx.now - DAY, a.kind.not_in(("threat_on", "threat_off")))
    rows = tx.connection.execute(select(tables.alerts).where(*fresh).order_by(a.id.desc()).limit(5))
    return [_alert(row) for row in rows]


def waiting(tx: Transaction, grant: Grant) -> int:
    """How many supervisors have not looked into yet."""
    tx.require(grant, "desk.threat.switch")
    found: int = tx.connection.execute(
        select(func.count()).select_from(tables.alerts).where(tables.alerts.c.seen_at.is_(None))
    ).scalar_one()
    return found


def unseen(tx: Transaction, grant: Grant, kind: str) -> int | None:
    """When the newest of a kind was raised that nobody has looked into; for the operator."""
    tx.require(grant, "desk.operate")
    a = tables.alerts.c
    return tx.connection.execute(select(func.max(a.at)).where(a.kind == kind, a.seen_at.is_(None))).scalar()


def seen(tx: Transaction, grant: Grant, id: int) -> str | None:
    """Somebody has looked into it. Its kind; None: it is not for them, or was looked into before."""
    tx.require(grant, "desk.threat.switch", "desk.proof.ask")
    a, staff = tables.alerts.c, grant.subject.staff
    one = update(tables.alerts).where(a.id == id, a.audience.in_(_audiences(grant)), a.seen_at.is_(None))
    return tx.connection.execute(one.values(seen_by=staff, seen_at=tx.now).returning(a.kind)).scalar()


def seen_of(tx: Transaction, grant: Grant, kinds: Collection[str], subject: Subject) -> None:
    """A supervisor has looked into all of these kinds about one."""
    tx.require(grant, "desk.threat.switch")
    a, staff = tables.alerts.c, grant.subject.staff
    these = update(tables.alerts).where(a.kind.in_(kinds), a.subject == subject, a.seen_at.is_(None))
    tx.connection.execute(these.values(seen_by=staff, seen_at=tx.now))


def _audiences(grant: Grant) -> tuple[str, ...]:
    return (DESK, SUPERVISORS) if grant.cell == "desk.threat.switch" else (DESK,)


def of_late(tx: Transaction, subject: Subject, account: int | None, since: int) -> list[str]:
    """Kinds of what the desk was warned of about a person or an account: for their card. Never what is for supervisors alone."""
    a = tables.alerts.c
    about = (a.subject == subject) | (a.account_id == account) if account is not None else a.subject == subject
    rows = tx.connection.execute(select(a.kind).where(a.audience == DESK, about, a.at > since).distinct())
    return sorted(rows.scalars().all())


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.alerts, tables.alerts.c.at < tx.now - KEPT)


def _alert(row: Any) -> Alert:
    return Alert(
        row.id,
        row.kind,
        row.audience,
        row.subject,
        row.account_id,
        row.detail,
        row.at,
        row.seen_at is not None,
        row.times,
    )
