"""The ledger as an account's owner reads it: who was told what about the account and what was changed there, under a `Grant` for
`account.records`; and of one person, as the desk sees it beside a ticket of theirs.

Not there: what a threat held back and all that is only said under one, tries to prove oneself, people who are not on the account, other
accounts, and what the desk does with a ticket inside itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, exists, func, literal, or_, select, tuple_

from authz import CELLS, OWNERS_ACTIONS, Grant, NoticeKind, Reason, Subject
from store import tables
from store.db.transaction import Transaction

Place = tuple[int, str, int]
"""Where an entry stands in the list: its time, segment and number."""
REFUSALS: Final = (
    *(Reason.NO_SUPPORT, Reason.NO_RIGHT, Reason.NOT_COVERED),
    *(Reason.ACCOUNT_SUSPENDED, Reason.ACCOUNT_CLOSED, Reason.ACCOUNT_LOCKED),
)
CHANGES: Final = tuple(
    f"{what}.{word}" for what in ("services", "invoices", "slack_teams") for word in ("added", "changed", "removed")
)
SHOWN: Final = (
    *(cell for cell in CELLS if cell != "portal.login"),
    *map(str, OWNERS_ACTIONS),
    *("offer", "step_up", "contacts.changed", "contacts.request", "account.changed", "desk.card.view"),
    "api_key",
    *CHANGES,
)
NOTICES: Final = tuple(f"notice.{kind}" for kind in NoticeKind)
NOTICED: Final = ("queued", "sent", "refused")
"""What may stand of a notice: it was sent out, it went to somebody, their address refused it."""
OUTCOMES: Final = (
    *("allowed", "offered", "reached", "done", "added", "changed", "removed", "taken_back", "ended"),
    *("waits", "made", "turned_down"),  # a change of contacts that was asked for
    "withdrawn",  # an API key
    *map(str, REFUSALS),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry. `who` is a name, where it is somebody of the account; `kind` what they are: person, desk, operator, program or gone
    (a person whose data was erased). `told` are the names of what was told or changed; `about` the names of people it was about; `lent_by`
    who had lent the right it rests on; `by_desk`: one of the desk did it for them, in a call;
    `by_assistant`: a program that helps the desk with a case of theirs read it, under their right."""

    at: int
    who: str
    kind: str
    action: str
    decision: str
    told: tuple[str, ...]
    about: tuple[str, ...]
    lent_by: str
    by_desk: bool
    by_assistant: bool
    rules: tuple[str, ...]
    proof: str
    channel: str
    segment: str
    n: int

    @property
    def place(self) -> Place:
        return (self.at, self.segment, self.n)


def of_account(
    tx: Transaction,
    grant: Grant,
    limit: int,
    *,
    person: int | None = None,
    desk: bool = False,
    since: int | None = None,
    until: int | None = None,
    after: Place | None = None,
) -> list[Record]:
    """The newest first, at most `limit`; of what one person (id) did and what was done to them, or of the desk's own people alone; from `since` to before `until` (ms);
    those that stand after a place in the list."""
    tx.require(grant, "account.records")
    query = (
        _SHOWN.where(_e.account == grant.account).order_by(_e.at.desc(), _e.segment.desc(), _e.n.desc()).limit(limit)
    )
    if person is not None:
        them = Subject.of_person(person)
        query = query.where(or_(_e.who == them, literal(" ").concat(_e.fields).concat(" ").contains(f" {them} ")))
    if desk:
        query = query.where(~_e.who.like("person:%"))
    if since is not None:
        query = query.where(_e.at >= since)
    if until is not None:
        query = query.where(_e.at < until)
    if after is not None:
        query = query.where(_e.at <= after[0], tuple_(_e.at, _e.segment, _e.n) < after)
    rows = tx.connection.execute(query).all()
    tx.told(grant, "ledger" if rows else "ledger.none")
    return _records(tx, rows)


def of_person(tx: Transaction, grant: Grant, person: int, limit: int) -> list[Record]:
    """What one person (id) asked about the grant's account and was told or refused, the newest first: for whoever of the desk works on a ticket of theirs."""
    tx.require(grant, "desk.ticket.work")
    if grant.account is None:
        return []
    theirs = _SHOWN.where(_e.account == grant.account, _e.who == Subject.of_person(person))
    rows = tx.connection.execute(theirs.order_by(_e.at.desc(), _e.segment.desc(), _e.n.desc()).limit(limit)).all()
    tx.told(grant, "ledger" if rows else "ledger.none")
    return _records(tx, rows)


@dataclass(frozen=True, slots=True)
class Vouched:
    """An entry with what ties it to the ledger: its MAC, and the newest checkpoint with its digest (none so far: 0 and empty)."""

    record: Record
    mac: str
    checkpoint: int
    digest: str


def one(tx: Transaction, grant: Grant, segment: str, n: int) -> Vouched | None:
    """None: it is not this account's, or none of those that are shown."""
    tx.require(grant, "account.records")
    row = tx.connection.execute(_SHOWN.where(_e.account == grant.account, _e.segment == segment, _e.n == n)).first()
    if row is None:
        return None
    tx.told(grant, "ledger.receipt")
    newest = tx.connection.execute(_NEWEST).first()
    (record,) = _records(tx, [row])
    return Vouched(record, row.mac.hex(), newest.n if newest else 0, newest.mac.hex() if newest else "")


@dataclass(frozen=True, slots=True)
class OnAccount:
    person: int
    username: str
    name: str


def people(tx: Transaction, grant: Grant) -> list[OnAccount]:
    """Whoever is on the account now, to choose from."""
    tx.require(grant, "account.records")
    p, c = tables.people.c, tables.contacts.c
    query = select(p.id, p.username, p.name).join(tables.contacts, c.person_id == p.id).order_by(p.name, p.id)
    found = tx.connection.execute(query.where(c.account_id == grant.account)).all()
    tx.told(grant, "contact.name")
    return [OnAccount(row.id, row.username, row.name) for row in found]


def _records(tx: Transaction, rows: Iterable[Any]) -> list[Record]:
    rows = list(rows)
    mentioned = {Subject(word.removeprefix("lent_by:")) for row in rows for word in row.fields.split()}
    names = _names(tx, {subject.person for subject in {*mentioned, *(row.who for row in rows)} if subject.is_person})
    return [_record(row, names) for row in rows]


def _record(row: Any, names: dict[str, str]) -> Record:
    words = row.fields.split()
    about = tuple(names[word] for word in words if word in names)
    lent_by = next((names.get(word[8:], "") for word in words if word.startswith("lent_by:")), "")
    told = tuple(word for word in words if ":" not in word or word in CELLS)
    who = names.get(row.who, "")
    return Record(
        row.at,
        who,
        _kind(row.who, who),
        row.action,
        row.decision,
        told,
        about,
        lent_by,
        any(word.startswith("by:staff:") for word in words),
        any(word.startswith("by:assistant:") for word in words),
        tuple(row.rules.split()),
        row.proof,
        row.channel,
        row.segment,
        row.n,
    )


def _kind(subject: Subject, name: str) -> str:
    if subject.is_person:
        return "person" if name else "gone"
    if subject.is_key:
        return "operator"  # a system of theirs
    return {"desk:operator": "operator", "desk:worker": "program"}.get(subject, "desk")


def _names(tx: Transaction, ids: Iterable[int]) -> dict[str, str]:
    p = tables.people.c
    found = tx.connection.execute(select(p.id, p.name).where(p.id.in_(sorted(ids)))).all()
    return {Subject.of_person(row.id): row.name for row in found}


_e, _c = tables.ledger.c, tables.checkpoints.c
_NEWEST = select(_c.n, _c.mac).where(_c.n == select(func.max(tables.checkpoints.alias("every").c.n)).scalar_subquery())
# As `audit verify` reads: nothing vouches for what it does not.
_segment = tables.segments.c.id
_SHOWN = select(tables.ledger).where(
    or_(
        and_(_e.action.in_(SHOWN), _e.decision.in_(OUTCOMES)),
        and_(_e.action.in_(NOTICES), _e.decision.in_(NOTICED)),
    ),
    _e.n + 0 > 0,
    exists().where(_segment == _e.segment, _segment != ""),
)
