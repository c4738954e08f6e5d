"""Mails that came in: kept, sealed, as nobody's words until somebody who has that address on file and has proved who they are confirms one.

A mail proves nothing: who wrote it, whose address it names and what the operator's mail server found out about it (its signals) change no right. So
nothing is looked up when it comes, and what is kept and answered is the same for an address that is on file and for one that is not.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, or_, select, update

from authz import Grant, Subject
from store import tables
from store.codes import exposed_codes
from store.db import sweeping
from store.db.keys import MOST
from store.db.statements import either
from store.db.transaction import NOBODY, Transaction
from store.jobs import job_queue
from store.mail_in import address_proofs, mail_places
from store.messages import ticket_mail_ids
from store.security import budgets
from store.security.budgets import Limit
from store.text import addresses

WORK: Final = "mail_answer"
KEPT: Final = 14 * budgets.DAY  # ms from its arrival, whatever becomes of it
A_PAGE: Final = 50
ANSWERS: Final = Limit("mail-answers", 300, 12_000)  # to all addresses together: 300 at once, then 7,200 a day
LOOKED_UP: Final = (
    300  # mails with digits in them, of one domain or of all that nothing vouches for: at once, and in an hour
)
OF_A_NAME: Final = 5  # what may be a code in the name of a file
_TO: Final = "mail-answer"
_USE: Final = "pending-mail"


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that came with a mail."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was read. `sender`: the one address it says it is from, or empty; `returns_to`: where the answer of a program goes, the address of the SMTP
    session (RFC 3834), empty for a bounce. `words`: what is new in it; `whole`: all its text, where that is more. `refers`: Message-IDs it
    answers. `automatic`: why no person wrote it, or empty (api/mail/automatic.py). `signals`: what the operator's own mail server says of it, as `dkim` → `pass`.
    `left_out`: files over the bounds, by name. `vouched_by`: the domain whose servers sent it, as that mail server says (api/mail/signals.py), or empty;
    `refuted`: it says that they did not."""

    id: str
    sender: str
    returns_to: str
    title: str
    words: str
    whole: str = ""
    refers: tuple[str, ...] = ()
    automatic: str = ""
    signals: tuple[tuple[str, str], ...] = ()
    files: tuple[MailFile, ...] = field(default=(), repr=False)
    left_out: tuple[str, ...] = ()
    vouched_by: str = ""
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class PendingMail:
    """One that waits. `ticket`: the number of the ticket whose mail it answers, by a Message-ID that only we can make; None: of none. `files` are names."""

    id: int
    sender: str
    title: str
    words: str
    whole: str
    ticket: int | None
    automatic: str
    signals: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    came_at: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the one neutral answer goes; `to_id`: the Message-ID of the mail it answers, or empty; `proof`: what proves that somebody reads what is sent there."""

    to: str
    to_id: str
    proof: str = field(repr=False)


def keep(tx: Transaction, mail: Mail) -> bool:
    """Keeps a mail, and has it answered where one may be. False: it was here before. Raises
    `TooManyWaitingError`."""
    what = (mail.id, mail.sender, mail.title, mail.words)
    if tx.connection.execute(_SEEN, _each("source", tx.keys.digests(_USE, "source", *what))).first() is not None:
        return False
    sender = senders(tx, mail.sender)
    ticket = ticket_mail_ids.ticket(tx.keys, mail.refers)
    vouched = _vouched(tx, mail, ticket)
    mail_places.make(tx, sender, vouched)
    mail = _without_codes(tx, mail, vouched[0])
    source = tx.keys.digest(_USE, "source", *what)
    said = {
        "message_id": mail.id,
        "sender": mail.sender,
        "returns_to": mail.returns_to,
        "title": mail.title,
        "words": mail.words,
        "whole": mail.whole,
        "ticket": ticket,
        "signals": mail.signals,
        "files": [one.name for one in mail.files],
        "left_out": mail.left_out,
    }
    content = [{"name": one.name, "content": base64.b64encode(one.content).decode()} for one in mail.files]
    row = {
        "source": source,
        "sender": sender[0],
        "vouched": vouched[0],
        "automatic": mail.automatic,
        "state": "waiting",
        "sealed": tx.keys.seal(_USE, json.dumps(said).encode(), f"mail {source}"),
        "files": tx.keys.seal(_USE, json.dumps(content).encode(), f"files {source}") if content else None,
        "came_at": tx.now,
    }
    id: int | None = tx.connection.execute(_WRITE[tx.dialect], row).scalar()
    if id is None:
        return False
    tx.record(NOBODY, None, "mail.in", "kept", fields=(f"mail:{id}",))
    if _is_answered(mail) and budgets.take(tx, (_answers_to(tx, mail.returns_to), ANSWERS)) is None:
        job_queue.enqueue(tx, WORK, str(id), {"mail": id})
    return True


def senders(tx: Transaction, address: str) -> tuple[str, ...]:
    """What is kept of the address a mail says it is from, under every key it may have been made with."""
    return tx.keys.digests(_USE, "sender", addresses.folded(address))


def _vouched(tx: Transaction, mail: Mail, ticket: int | None) -> tuple[str, ...]:
    """Digests of what says that it is from the address it names: the servers of its domain, or that a mail about a ticket was there to be answered, by
    somebody who has that address."""
    if mail.vouched_by:
        return tx.keys.digests(_USE, "domain", mail.vouched_by)
    if ticket is None or mail.refuted or not _is_of_ticket(tx, mail.sender, ticket):
        return ("",)
    return tx.keys.digests(_USE, "ticket", str(ticket))


def _is_of_ticket(tx: Transaction, sender: str, ticket: int) -> bool:
    """Whether its requester or a contact of its account has that address on file. Whoever was not sent a mail about that ticket cannot ask."""
    t, c, p, said = tables.tickets.c, tables.contacts.c, tables.people.c, addresses.folded(sender)
    there = select(c.person_id).join(tables.tickets, t.account_id == c.account_id).where(t.number == ticket)
    theirs = p.id.in_(there.union_all(select(t.opened_by).where(t.number == ticket)))
    found = tx.connection.execute(select(p.email).where(theirs, func.lower(p.email).in_([said, sender.lower()])))
    return any(addresses.folded(email) == said for email in found.scalars())


def _without_codes(tx: Transaction, mail: Mail, vouched: str) -> Mail:
    """As the desk may read it before anybody has confirmed it: without what it calls a PIN, and without the codes in it, which are good no more. Where so many
    mails with digits came that no more are looked up, without all that may be a code."""
    texts = [(words, exposed_codes.MOST) for words in (mail.title, mail.words, mail.whole)]
    texts += [(name, OF_A_NAME) for name in (*(one.name for one in mail.files), *mail.left_out)]
    plain = [words for words, _ in texts]
    looked_up = Limit(f"mail-codes:{vouched}", LOOKED_UP, budgets.HOUR // LOOKED_UP)
    is_looked_up = not exposed_codes.has_candidates(plain) or budgets.take(tx, (looked_up,)) is None
    title, words, whole, *names = exposed_codes.spoil_each(tx, texts) if is_looked_up else exposed_codes.masked(plain)
    files = tuple(replace(one, name=name) for one, name in zip(mail.files, names, strict=False))
    left_out = tuple(names[len(files) :])
    return replace(mail, title=title, words=words, whole=whole, files=files, left_out=left_out)


def _is_answered(mail: Mail) -> bool:
    """Where the operator's server has found it forged, the answer would go to somebody who wrote nothing."""
    return bool(mail.returns_to) and not mail.automatic and ("dmarc", "fail") not in mail.signals


def _answers_to(tx: Transaction, address: str) -> Limit:
    return Limit(f"{_TO}:{tx.keys.digest(_USE, 'answer', addresses.folded(address))}", 1, budgets.DAY)


def to_answer(tx: Transaction, grant: Grant, id: int) -> Answer | None:
    """For the worker that sends it. None: the mail is gone."""
    tx.require(grant, "desk.deliver")
    row = tx.connection.execute(select(_m).where(_m.c.id == id)).first()
    said = None if row is None else _said(tx, row)
    if said is None:
        return None
    return Answer(said["returns_to"], said["message_id"], address_proofs.token(tx, said["returns_to"]))


# --- the desk's


def listed(tx: Transaction, grant: Grant, *, automatic: bool = False) -> tuple[PendingMail, ...]:
    """The newest that wait; those that no person wrote, or the others. Of no account, and whoever's they may be is not looked up."""
    tx.require(grant, "desk.ticket.work")
    m = _m.alias("some").c
    which = m.automatic > "" if automatic else m.automatic == ""
    some = select(m.id).where(m.state == mail_places.WAITS, which).limit(A_PAGE)
    # By a sum where they are not in this order in the index: or SQLite would look through all there are, waiting or not.
    query = _WAITING.where(_m.c.id.in_(some.order_by((m.id + 0 if automatic else m.id).desc())))
    found = tuple(filter(None, (_read(tx, row) for row in tx.connection.execute(query))))
    if found:
        tx.told(grant, "mail.sender", "mail.title")
    return found


def count(tx: Transaction, grant: Grant, most: int) -> int:
    """How many wait that a person seems to have written; of more than `most`, so many."""
    tx.require(grant, "desk.ticket.work")
    some = select(_m.c.id).where(mail_places.waits, _m.c.automatic == "").limit(most).subquery()
    found: int = tx.connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found


def one(tx: Transaction, grant: Grant, id: int) -> PendingMail | None:
    """One that waits, with all its words."""
    tx.require(grant, "desk.ticket.work")
    row = tx.connection.execute(_WAITING.where(_m.c.id == id)).first()
    found = None if row is None else _read(tx, row)
    if found is not None:
        tx.told(grant, f"mail:{id}", "mail.sender", "mail.title", "mail.words")
    return found


def remove(tx: Transaction, grant: Grant, id: int) -> bool:
    """The desk wants nothing of it, as of what is sent to everybody. False: it does not wait."""
    tx.require(grant, "desk.ticket.work")
    return _over(tx, grant.subject, id, "removed")


# --- those whose address it names


def of_person(tx: Transaction, subject: Subject) -> tuple[PendingMail, ...]:
    """Those that wait and say they are from the address that is on file for somebody, who has proved who they are: the newest first, before them those that
    something vouches for."""
    theirs = _WAITING.where(_theirs(tx, subject), _m.c.automatic == "")
    rows = tx.connection.execute(theirs.order_by(None).order_by(_m.c.vouched == "", _m.c.id.desc()).limit(A_PAGE)).all()
    return tuple(filter(None, (_read(tx, row) for row in rows)))


def count_of_person(tx: Transaction, subject: Subject) -> int:
    """How many of these wait; of more than a page, so many."""
    some = select(_m.c.id).where(mail_places.waits, _theirs(tx, subject), _m.c.automatic == "").limit(A_PAGE).subquery()
    found: int = tx.connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found


def theirs(tx: Transaction, subject: Subject, id: int) -> PendingMail | None:
    """One of these, which nobody else confirms before this transaction ends. None: no such mail of theirs."""
    row = tx.connection.execute(_WAITING.where(_m.c.id == id, _theirs(tx, subject)).with_for_update()).first()
    return None if row is None or row.automatic else _read(tx, row)


def files(tx: Transaction, mail: PendingMail) -> tuple[MailFile, ...]:
    """What came with a mail that was just found to be theirs."""
    row = tx.connection.execute(select(_m.c.files, _m.c.source).where(_m.c.id == mail.id)).first()
    opened = None if row is None or row.files is None else tx.keys.open(_USE, row.files, f"files {row.source}")
    found = json.loads(opened) if opened is not None else []
    return tuple(MailFile(one["name"], base64.b64decode(one["content"])) for one in found)


def confirmed(tx: Transaction, subject: Subject, id: int) -> bool:
    """It stands on a ticket of theirs now. False: it does not wait (any more)."""
    return _over(tx, subject, id, "confirmed")


def disowned(tx: Transaction, subject: Subject, id: int) -> bool:
    """Whoever has that address has not written it. False: no such mail of theirs."""
    return theirs(tx, subject, id) is not None and _over(tx, subject, id, "disowned")


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, _m, _m.c.came_at < tx.now - KEPT)


def _over(tx: Transaction, who: Subject, id: int, state: str) -> bool:
    """Its words go at once; that it was here stays until it is swept, so that it has no effect again."""
    gone = update(_m).where(_m.c.id == id, _m.c.state == "waiting").values(state=state, sealed=None, files=None)
    if tx.connection.execute(gone.returning(_m.c.id)).first() is None:
        return False
    tx.record(who, None, "mail.in", state, fields=(f"mail:{id}",))
    return True


def _theirs(tx: Transaction, subject: Subject) -> Any:
    """Those of no address that is theirs by their own word alone (address_proofs.py)."""
    p = tables.people.c
    email = tx.connection.execute(select(p.email).where(p.id == subject.person, ~p.email_unproved)).scalar() or ""
    return _m.c.sender.in_(senders(tx, email) if email else ())


def _read(tx: Transaction, row: Row[Any]) -> PendingMail | None:
    said = _said(tx, row)
    if said is None:
        return None
    return PendingMail(
        row.id,
        said["sender"],
        said["title"],
        said["words"],
        said["whole"],
        said["ticket"],
        row.automatic,
        tuple((name, value) for name, value in said["signals"]),
        tuple(said["files"]),
        tuple(said["left_out"]),
        row.came_at,
    )


def _said(tx: Transaction, row: Row[Any]) -> Any:
    """None: its words have gone, or the key they were sealed with."""
    opened = None if row.sealed is None else tx.keys.open(_USE, row.sealed, f"mail {row.source}")
    return None if opened is None else json.loads(opened)


def _each(name: str, digests: tuple[str, ...]) -> dict[str, str]:
    return {f"{name}_{place}": digest for place, digest in enumerate(digests)}


_m = tables.pending_mails
_COLUMNS: Final = ("source", "sender", "vouched", "automatic", "state", "sealed", "files", "came_at")
_WRITE = either(
    lambda insert: (
        insert(_m)
        .values({name: bindparam(name) for name in _COLUMNS})
        .on_conflict_do_nothing(index_elements=["source"])
        .returning(_m.c.id)
    )
)
_WAITING = select(*(one for one in _m.c if one.name != "files")).where(mail_places.waits).order_by(_m.c.id.desc())
_SEEN = select(_m.c.id).where(or_(*(_m.c.source == bindparam(f"source_{n}") for n in range(MOST))))
