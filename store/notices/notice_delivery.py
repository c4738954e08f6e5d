"""A notice on its way: written down with everybody it goes to, judged again when it is sent, and what became of each.

A recipient is `queued` until a mail server has taken their mail (`sent`) or has refused it for good (`refused`); `withheld`: they are not told
any more; `unsent`: it was tried for days. What was refused is tried again, a day later, twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from authz import Grant, NoticeKind
from store import tables
from store.db import sweeping
from store.db.statements import either
from store.db.transaction import WORKER, Transaction
from store.jobs import job_queue
from store.messages import ticket_mail_ids, timeline
from store.notices import audience, mail_bounces
from store.notices.audience import Recipient

WORK: Final = "notice_mail"
QUEUED, SENT, REFUSED, WITHHELD, UNSENT = "queued", "sent", "refused", "withheld", "unsent"
STATES: Final = (QUEUED, SENT, REFUSED, WITHHELD, UNSENT)
EVENTS: Final = ("opened", "answered", "solved", "closed")  # of a ticket; solved: answered and closed at once
AGAIN_AFTER: Final = 24 * 3_600_000  # ms after a refusal
TRIES: Final = 3
AT_ONCE: Final = 200  # refused ones that are tried again in one sweep
_DAY: Final = 24 * 3_600_000  # ms
KEPT: Final = {kind: 90 * _DAY if kind is NoticeKind.TICKET else 365 * _DAY for kind in NoticeKind}
LONGEST_TITLE: Final = 200
LONGEST_BODY: Final = 20_000


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice for one person, as it is true when it is sent. `about` are the names of the accounts it concerns them for, `account` the
    first one's id. Of a ticket `own` says that they opened it; its title, and the `text` of an answer, are there where they were asked for;
    `message_id` is what an answer to that mail finds it by (ticket_mail_ids.py), before the @."""

    notice: int
    person: int
    kind: NoticeKind
    to: str
    name: str
    title: str
    body: str
    about: tuple[str, ...]
    account: int
    rules: tuple[str, ...]
    ticket: int | None = None
    event: str = ""
    own: bool = False
    ticket_title: str = ""
    text: str = ""
    message_id: str = ""


def send(
    tx: Transaction,
    grant: Grant,
    kind: NoticeKind,
    accounts: Collection[int],
    title: str,
    body: str,
    *,
    key: str,
) -> tuple[int, Sequence[Recipient]] | None:
    """Writes a notice down for everybody whom the schemes of these accounts (ids) name: its id, and who they are. None: the same `key`
    was sent before."""
    found = audience.named(tx, grant, kind, accounts)
    words = {"title": title[:LONGEST_TITLE], "body": body[:LONGEST_BODY]}
    id = _write(tx, grant, {"kind": kind, "key": key, **words})
    if id is None:
        return None
    _queue(tx, grant, id, kind, accounts, found)
    return id, found


def tell_of_ticket(tx: Transaction, grant: Grant, number: int, event: str, *, by_desk: bool, key: str) -> None:
    """Writes down for everybody who is told of a ticket what became of it. Nothing of what the desk does with one that was left under a
    threat: customers see nothing of it."""
    tx.require(grant, "desk.deliver")
    about = timeline.about(tx, number)
    if about is None or about.account is None or (by_desk and about.customer_status is not None):
        return
    found = audience.of_ticket(tx, grant, number)
    id = _write(tx, grant, {"kind": NoticeKind.TICKET, "key": key, "ticket": number, "event": event})
    if id is not None:
        _queue(tx, grant, id, NoticeKind.TICKET, (about.account,), found)


def _write(tx: Transaction, grant: Grant, row: Mapping[str, object]) -> int | None:
    empty = {"ticket": None, "event": "", "title": "", "body": ""}
    written: int | None = tx.connection.execute(
        _WRITE[tx.dialect], {**empty, "written_by": grant.subject, "at": tx.now, **row}
    ).scalar()
    return written


def _queue(
    tx: Transaction, grant: Grant, id: int, kind: NoticeKind, accounts: Collection[int], found: Sequence[Recipient]
) -> None:
    """One job each: whoever cannot be reached keeps nobody else from being told."""
    many = dict.fromkeys(accounts, 0)
    for one in found:
        many |= {account: many[account] + 1 for account in one.accounts}
    for account, people in many.items():
        tx.write(tables.notice_accounts, {"notice_id": id, "account_id": account})
        tx.record(grant.subject, account, f"notice.{kind}", "queued", fields=(f"notice:{id}", f"people:{people}"))
    for one in found:
        row = {"notice_id": id, "person_id": one.person, "rules": " ".join(one.rules), "state": QUEUED}
        tx.write(tables.notice_recipients, {**row, "why": "", "at": tx.now})
    for one in found:
        job_queue.enqueue(tx, WORK, f"{id}:{one.person}", {"id": id, "person": one.person})


def to_mail(tx: Transaction, grant: Grant, notice: int, person: int, *, ticket_text: bool = False) -> Letter | None:
    """What is to be sent to one recipient; None: nothing, for it was sent, or they are not told of it any more, and then it is withheld."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(_QUEUED, {"notice": notice, "person": person}).first()
    if row is None:
        return None
    letter = _letter(tx, grant, row, ticket_text=ticket_text)
    if letter is None:
        _settle(tx, notice, person, WITHHELD)
    return letter


def to_slack(tx: Transaction, grant: Grant, notice: int, person: int) -> Letter | None:
    """The same for a direct message, however the mail goes."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(_ONE, {"notice": notice, "person": person}).first()
    return None if row is None else _letter(tx, grant, row, ticket_text=False)


def _letter(tx: Transaction, grant: Grant, row: Any, *, ticket_text: bool) -> Letter | None:
    kind = NoticeKind(row.kind)
    if kind is NoticeKind.TICKET:
        found = audience.of_ticket(tx, grant, row.ticket, row.person_id)
    else:
        accounts = tx.connection.execute(_THEIRS, {"notice": row.id, "person": row.person_id}).scalars().all()
        found = audience.named(tx, grant, kind, accounts, row.person_id)
    if not found:
        return None
    (one,) = found
    a = tables.accounts.c
    about = tx.connection.execute(select(a.name).where(a.id.in_(one.accounts)).order_by(a.name)).scalars().all()
    letter = (row.id, one.person, kind, one.email, one.name, row.title, row.body, tuple(about), one.accounts[0])
    if kind is not NoticeKind.TICKET:
        return Letter(*letter, one.rules)
    said = _said(tx, row) if ticket_text else ("", "")
    own = timeline.about(tx, row.ticket)
    mine = own is not None and own.opened_by == one.person
    once = tx.keys.digest("ticket-mail-once", str(row.id), str(one.person))
    message_id = ticket_mail_ids.made(tx.keys, row.ticket, once)
    return Letter(*letter, one.rules, row.ticket, row.event, mine, *said, message_id)


def _said(tx: Transaction, row: Any) -> tuple[str, str]:
    """Title of a ticket, and of one that was answered the last answer, as it stands now."""
    title = tx.connection.execute(select(_t.title).where(_t.number == row.ticket)).scalar()
    answer = (
        tx.connection.execute(_LAST_ANSWER, {"ticket": row.ticket}).scalar()
        if row.event in ("answered", "solved")
        else ""
    )
    return str(title or ""), str(answer or "")


def mailed(tx: Transaction, letter: Letter) -> None:
    """A mail server has taken it."""
    _settle(tx, letter.notice, letter.person, SENT)
    mail_bounces.accepted(tx, letter.to)
    _record(tx, letter, SENT)


def refused(tx: Transaction, letter: Letter, why: str) -> None:
    """A mail server will not take it for this address."""
    _settle(tx, letter.notice, letter.person, REFUSED, why)
    mail_bounces.refused(tx, letter.to, why, letter.person)
    _record(tx, letter, REFUSED)


def posted(tx: Transaction, notice: int, person: int) -> None:
    """It stands in a direct message of theirs as well."""
    r = tables.notice_recipients.c
    here = update(tables.notice_recipients).where(r.notice_id == notice, r.person_id == person)
    tx.connection.execute(here.values(slack=True))


def given_up(tx: Transaction, payload: Mapping[str, Any], why: str) -> None:
    """The job that was to send it was given up or dropped."""
    _settle(tx, int(payload["id"]), int(payload["person"]), UNSENT, why)


def sweep(tx: Transaction) -> bool:
    """What was refused a day ago is tried again; what is long over is dropped."""
    r = tables.notice_recipients.c
    due = select(r.notice_id, r.person_id, r.tries).where(
        r.state == REFUSED, r.at < tx.now - AGAIN_AFTER, r.tries < TRIES
    )
    for row in tx.connection.execute(due.order_by(r.at).limit(AT_ONCE)).all():
        _settle(tx, row.notice_id, row.person_id, QUEUED, "", was=REFUSED)
        again = {"id": row.notice_id, "person": row.person_id}
        job_queue.enqueue_once(tx, WORK, f"{row.notice_id}:{row.person_id}:{row.tries}", again)
    n = tables.notices.c
    more = False
    for kind, kept in KEPT.items():
        more |= sweeping.some(tx, tables.notices, n.kind == kind, n.at < tx.now - kept)
    return more


def _settle(tx: Transaction, notice: int, person: int, state: str, why: str = "", *, was: str = QUEUED) -> None:
    r = tables.notice_recipients.c
    here = update(tables.notice_recipients).where(r.notice_id == notice, r.person_id == person, r.state == was)
    tries = r.tries + 1 if state == REFUSED else r.tries
    tx.connection.execute(here.values(state=state, why=why[:300], at=tx.now, tries=tries))


def _record(tx: Transaction, letter: Letter, state: str) -> None:
    about = () if letter.ticket is None else (f"ticket.number:{letter.ticket}",)
    fields = (f"notice:{letter.notice}", f"person:{letter.person}", *about)
    tx.record(WORKER, letter.account, f"notice.{letter.kind}", state, letter.rules, fields=fields)


_n, _r, _t, _m = tables.notices, tables.notice_recipients, tables.tickets.c, tables.messages.c
_COLUMNS: Final = ("kind", "ticket", "event", "title", "body", "written_by", "key", "at")
_WRITE = either(
    lambda insert: (
        insert(_n)
        .values({name: bindparam(name) for name in _COLUMNS})
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_n.c.id)
    )
)
_ONE = (
    select(*_n.c, _r.c.person_id)
    .join(_r, _r.c.notice_id == _n.c.id)
    .where(_r.c.notice_id == bindparam("notice"), _r.c.person_id == bindparam("person"))
)
_QUEUED = _ONE.where(_r.c.state == QUEUED)
_a, _c = tables.notice_accounts.c, tables.contacts.c
_THEIRS = (  # of the accounts of a notice those on which somebody is still a contact
    select(_c.account_id)
    .join(tables.notice_accounts, (_a.account_id == _c.account_id) & (_a.notice_id == bindparam("notice")))
    .where(_c.person_id == bindparam("person"))
    .order_by(_c.account_id)
)
_LAST_ANSWER = (
    select(_m.body)
    .join(tables.answer_states, tables.answer_states.c.message == _m.id)
    .where(_m.ticket == bindparam("ticket"), _m.withdrawn_at.is_(None))
    .order_by(_m.id.desc())
    .limit(1)
)
