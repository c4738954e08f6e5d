"""What somebody holds on an account at this moment: their own rights, and those lent to them. Every decision rests on it.

A delegation counts while it has not ended and its lender still holds `right.lend` and what they lent, on an active account. Who
may open tickets by a delegation may follow those they have opened.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    ScalarSelect,
    and_,
    bindparam,
    case,
    event,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from authz import KEY_VERBS, LOCKED, Grant, Scheme, Standing, Status, Subject, can_lend, requests_followed
from store import tables
from store.db.statements import Connected, Prepared

OPERATOR: Final = Subject("desk:operator")
WORKER: Final = Subject("desk:worker")
LINE: Final = Subject("desk:line")  # the agents' telephone line
_DESK: Final = {OPERATOR: frozenset({"operator"}), WORKER: frozenset({"worker"}), LINE: frozenset({"agent"})}


@dataclass(frozen=True, slots=True)
class Lent:
    """One cell lent: by which delegation, by whom (a subject), and with which limit, a word of authz.LENT."""

    delegation: int
    lender: Subject
    limit: str


class Judging(Connected, Protocol):
    """What reading a standing needs from a transaction besides its connection: the time, the schemes, what the API key by which somebody asks was made for, and where to note the standings and delegations that were read."""

    @property
    def now(self) -> int: ...

    @property
    def schemes(self) -> Mapping[str, Scheme]: ...

    @property
    def scopes(self) -> Mapping[Subject, tuple[int, frozenset[str]]]: ...

    @property
    def standings_read(self) -> dict[tuple[Subject, int | None, str | None], Standing | None]: ...

    @property
    def delegations_read(self) -> dict[tuple[Subject, int | None, str], Lent]: ...


def forget_what_changes(engine: Engine) -> None:
    """Whatever writes to a table that standings are read from, in whichever room, has its own transaction read them anew. Tickets are not among these:
    they are written all the time, and the two functions that change whose requests there are say so (`Transaction.forget_standings`)."""

    @event.listens_for(engine, "before_execute")
    def writes(connection: Connection, statement: Any, *_given: Any) -> None:
        if statement.is_dml and statement.table in _READ_FROM:
            connection.info.get(_HERE, _NONE_READ).clear()


def note(connection: Connection, standings: dict[Any, Any]) -> None:
    """From now on these are the standings that were read on a connection."""
    connection.info[_HERE] = standings


def on(tx: Judging, subject: Subject, account: int | None, service: str | None) -> Standing | None:
    """On one account, or None: not a contact, or suspended. `service`: whether that very one is covered by an SLA. Read once in a transaction, until that
    changes what somebody holds (`forget_what_changes`)."""
    key = subject, account, service
    if key not in tx.standings_read:
        tx.standings_read[key] = _on(tx, subject, account, service)
    return tx.standings_read[key]


def _on(tx: Judging, subject: Subject, account: int | None, service: str | None) -> Standing | None:
    if subject.is_staff:
        anywhere = on(tx, subject, None, None) if (account, service) != (None, None) else None
        held = _role(tx, subject) if anywhere is None else anywhere.held
        return Standing(subject, account, tx.schemes["desk"], Status.ACTIVE, held, frozenset())
    if subject.is_key:
        return _of_key(tx, subject, account)
    if subject.is_assistant:
        asked = {"assistant": subject.assistant, "account": account, "now": tx.now}
        held = frozenset({"assistant"}) if tx.connection.execute(_ASSISTANT, asked).first() else frozenset()
        return Standing(subject, account, tx.schemes["desk"], Status.ACTIVE, held, frozenset())
    if account is None or subject.startswith("desk:"):
        held = _DESK.get(subject, frozenset())
        return Standing(subject, account, tx.schemes["desk"], Status.ACTIVE, held, frozenset())
    if not subject.is_person:
        return None
    row = _STANDING.first(tx, person=subject.person, account=account, service=service, now=tx.now)
    return None if row is None else _read(tx, subject, account, row)


def _role(tx: Judging, subject: Subject) -> frozenset[str]:
    """Of one of the staff: none where they are suspended."""
    row = tx.connection.execute(_ROLE, {"staff": subject.staff}).first()
    return _NO_FACTS if row is None else frozenset({str(row.role)})


def everywhere(tx: Judging, subject: Subject) -> list[tuple[int, Standing]]:
    """On every account of a person, by account number: (id, standing)."""
    rows = tx.connection.execute(_STANDINGS, {"person": subject.person, "service": None, "now": tx.now}).all()
    return [(row.id, _read(tx, subject, row.id, row)) for row in rows]


def lender(tx: Judging, of: Grant) -> Subject:
    """Who has lent what a grant rests on, as it was read for it: the delegation may have ended since."""
    return tx.delegations_read[of.subject, of.account, of.cell].lender


def still_lent(tx: Judging, of: Grant) -> bool:
    """Whether the delegation that a grant rests on still gives it; if so it does until the transaction has ended."""
    return _still_lent(tx, tx.delegations_read[of.subject, of.account, of.cell])


def _read(tx: Judging, subject: Subject, account: int, row: Any) -> Standing:
    held, scheme = words_of(row.held), tx.schemes[row.scheme]
    facts = facts_of(sla=row.sla, locked=row.locked_at is not None)
    delegations = delegations_of(tx, subject.person, account, scheme) if row.lent else {}
    tx.delegations_read.update({(subject, account, cell): delegation for cell, delegation in delegations.items()})
    limits = {cell: delegation.limit for cell, delegation in delegations.items()}
    followed = requests_followed(scheme, held)
    own = _own(tx, subject.person, account, followed) if followed else _NO_FACTS
    return Standing(
        subject, account, scheme, Status(row.status), held, facts, limits, own, _scope(tx, subject, account)
    )


def _scope(tx: Judging, subject: Subject, account: int) -> frozenset[str] | None:
    """What the API key by which somebody asks was made for: on another account than its own nothing. None: they ask by none."""
    if subject not in tx.scopes:
        return None
    its, cells = tx.scopes[subject]
    return cells if its == account else _NO_FACTS


def _of_key(tx: Judging, key: Subject, account: int | None) -> Standing:
    """An API key of the operator's: what it was made for of what keys may do at all, while it is good."""
    row = tx.connection.execute(_KEY, {"key": key.key, "now": tx.now}).first()
    held = _NO_FACTS if row is None else frozenset({"api_key"})
    cells = frozenset(KEY_VERBS[verb] for verb in words_of("" if row is None else row.scope) if verb in KEY_VERBS)
    return Standing(key, account, tx.schemes["desk"], Status.ACTIVE, held, _NO_FACTS, scope=cells)


def _own(tx: Judging, person: int, account: int, followed: Mapping[str, str]) -> frozenset[str]:
    """The cells by which somebody follows the requests they have made."""
    topics = {
        followed.get(row.kind) for row in tx.connection.execute(_KINDS, {"person": person, "account": account}).all()
    }
    return frozenset(f"ticket.{verb}:{topic}" for topic in topics if topic for verb in ("view", "reply"))


# --- rights of their own


def held_by(account: ColumnElement[int], person: ColumnElement[int]) -> ScalarSelect[Any]:
    """All words of one contact in one value, for `words_of`: a column of a statement that reads the contact for something else."""
    comma: Any = literal_column(
        "','"
    )  # a plain "," would be a value that is written in when it is sent: no statement made once
    joined = select(func.coalesce(func.aggregate_strings(_r.right, comma), ""))
    return (
        joined.where(_r.account_id == account, _r.person_id == person)
        .correlate_except(_r.right.table)
        .scalar_subquery()
    )


def facts_of(*, sla: bool, locked: bool) -> frozenset[str]:
    """What is true of an account now, for a standing."""
    return _FACTS[bool(sla), locked]


def words_of(joined: str) -> frozenset[str]:
    return frozenset(joined.split(",")) if joined else frozenset()


def in_order(scheme: Scheme | None, held: Collection[str]) -> tuple[str, ...]:
    """Holdings in the order in which people read them: that of the scheme's file, and last those the scheme does not have."""
    known = [word for word in scheme.roles + scheme.permissions if word in held] if scheme else []
    return (*known, *sorted(set(held).difference(known))) if len(known) < len(held) else tuple(known)


def owners_word(schemes: Mapping[str, Scheme]) -> ColumnElement[str]:
    """The owner's role under the scheme of an account that the statement reads."""
    return case(
        {name: scheme.owner for name, scheme in schemes.items() if scheme.owner}, value=tables.accounts.c.scheme
    )


# --- rights lent to them


def delegations_of(tx: Judging, borrower: int, account: int, scheme: Scheme) -> dict[str, Lent]:
    """cell → the delegation that gives it; the freest speaks where there are several."""
    found: dict[str, Lent] = {}
    for delegation in tx.connection.execute(_LIVE, {"borrower": borrower, "account": account, "now": tx.now}).all():
        if not may_lend(scheme, words_of(delegation.held), delegation.cell):
            continue
        lender, (action, _, topic) = Subject.of_person(delegation.lender), delegation.cell.partition(":")
        if not delegation.one_ticket:
            found[delegation.cell] = Lent(delegation.id, lender, "lent")
        elif delegation.ticket is None:
            found.setdefault(delegation.cell, Lent(delegation.id, lender, "one_ticket"))
        if action == "ticket.open":
            for own in (f"ticket.view:{topic}", f"ticket.reply:{topic}"):
                found.setdefault(own, Lent(delegation.id, lender, "own_tickets"))
    return found


def _still_lent(tx: Judging, lent: Lent) -> bool:
    """Whether a delegation still gives what it gave when it was read. If so it does until the transaction has ended: nobody ends it,
    or takes the one ticket, in between."""
    row = tx.connection.execute(_STILL_LENT, {"delegation": lent.delegation, "now": tx.now}).first()
    return row is not None and (lent.limit != "one_ticket" or row.ticket is None)


def may_lend(scheme: Scheme, held: frozenset[str], cell: str) -> bool:
    """Whether a contact with these holdings may lend a cell, on an active account."""
    return can_lend(cell, Standing(_WHOEVER, None, scheme, Status.ACTIVE, held, frozenset()))


_WHOEVER = Subject("nobody")
_HERE: Final = "standings"
_NONE_READ: Final[dict[Any, Any]] = {}
_READ_FROM: Final = frozenset(
    {
        tables.accounts,
        tables.api_keys,
        tables.assistants,
        tables.contact_rights,
        tables.contacts,
        tables.delegations,
        tables.people,
        tables.services,
        tables.staff,
    }
)
_r = tables.contact_rights.c
_NO_FACTS = frozenset[str]()
_FACTS = {
    (sla, locked): frozenset(word for word, is_true in (("sla", sla), (LOCKED, locked)) if is_true)
    for sla in (False, True)
    for locked in (False, True)
}
_covered = exists().where(
    and_(
        tables.services.c.account_id == tables.accounts.c.id,
        tables.services.c.managed_sla,
        or_(
            bindparam("service", type_=tables.services.c.ref.type) == tables.services.c.ref,
            bindparam("service", type_=tables.services.c.ref.type).is_(None),
        ),
    )
)
_lent = exists().where(
    and_(
        tables.delegations.c.account_id == tables.accounts.c.id,
        tables.delegations.c.borrower == bindparam("person"),
        tables.delegations.c.ended_at.is_(None),
        tables.delegations.c.ends_at > bindparam("now", type_=tables.delegations.c.ends_at.type),
    )
)
_ROLE = select(tables.staff.c.role).where(
    tables.staff.c.id == bindparam("staff"), tables.staff.c.suspended_at.is_(None)
)
_k = tables.api_keys.c
_KEY = select(_k.scope).where(
    _k.id == bindparam("key"),
    _k.person_id.is_(None),
    _k.ended_at.is_(None),
    _k.ends_at > bindparam("now", type_=_k.ends_at.type),
)
# Of its own case's account, and of no other: assistant_sessions.py says whether the case is open still.
_ASSISTANT = (
    select(tables.assistants.c.id)
    .join(tables.staff, tables.staff.c.id == tables.assistants.c.staff_id)
    .where(
        tables.assistants.c.id == bindparam("assistant"),
        tables.assistants.c.account_id == bindparam("account"),
        tables.assistants.c.ended_at.is_(None),
        tables.assistants.c.ends_at > bindparam("now", type_=tables.assistants.c.ends_at.type),
        tables.staff.c.suspended_at.is_(None),
    )
)
_KINDS = (
    select(tables.tickets.c.kind)
    .where(
        tables.tickets.c.opened_by == bindparam("person"),
        tables.tickets.c.account_id == bindparam("account"),
        func.coalesce(tables.tickets.c.customer_status, tables.tickets.c.status) != "withdrawn",  # as they see it
    )
    .distinct()
)
_standings = (
    select(
        tables.accounts.c.id,
        tables.accounts.c.scheme,
        tables.accounts.c.status,
        tables.accounts.c.locked_at,
        held_by(tables.contacts.c.account_id, tables.contacts.c.person_id).label("held"),
        _covered.label("sla"),
        _lent.label("lent"),
    )
    .join(tables.contacts, tables.contacts.c.account_id == tables.accounts.c.id)
    .join(tables.people, tables.people.c.id == tables.contacts.c.person_id)
    .where(tables.contacts.c.person_id == bindparam("person"), tables.people.c.suspended_at.is_(None))
)
# Prepared saves 69 µs a turn, 23 µs a Slack message, 46 µs its worker and a page of a ticket each.
_STANDING = Prepared(_standings.where(tables.contacts.c.account_id == bindparam("account")))
_STANDINGS = _standings.order_by(tables.accounts.c.number)
_STILL_LENT = (
    select(tables.delegations.c.ticket)
    .where(
        tables.delegations.c.id == bindparam("delegation"),
        tables.delegations.c.ended_at.is_(None),
        tables.delegations.c.ends_at > bindparam("now", type_=tables.delegations.c.ends_at.type),
    )
    .with_for_update()
)
_LIVE = (
    select(tables.delegations, held_by(tables.delegations.c.account_id, tables.delegations.c.lender).label("held"))
    .where(
        tables.delegations.c.borrower == bindparam("borrower"),
        tables.delegations.c.account_id == bindparam("account"),
        tables.delegations.c.ended_at.is_(None),
        tables.delegations.c.ends_at > bindparam("now", type_=tables.delegations.c.ends_at.type),
    )
    .order_by(tables.delegations.c.one_ticket, tables.delegations.c.id)
)
