"""Changes of contacts that were asked for, as they are read: for contact_requests.py, which asks for the grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import bindparam, select

from authz import Subject
from store import tables
from store.db.holdings import in_order, words_of
from store.db.transaction import Transaction

DAY: Final = 24 * 3_600_000  # ms
LIFE: Final = 14 * DAY  # that a request waits
Do = Literal["add", "change", "remove"]


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """`person` (id, username) is None and empty where somebody new is to be added. `proof` and `factor`: how the asker had proved who they are,
    as their ticket keeps it. `written_by` and `answered_by` are names, or empty: the asker wrote it; nobody has answered."""

    id: int
    account: int
    account_name: str
    account_number: str
    ticket: int
    do: Do
    person: int | None
    username: str
    name: str
    email: str
    holds: tuple[str, ...]
    before: str | None
    asker: int
    asker_name: str
    written_by: str
    channel: str
    proof: str
    factor: str
    asked_at: int
    status: str
    why: str
    answered_by: str
    answered_at: int | None

    @property
    def ends_at(self) -> int:
        return self.asked_at + LIFE


def by_id(tx: Transaction, id: int) -> ContactRequest | None:
    row = tx.connection.execute(_ONE, {"id": id}).first()
    return None if row is None else _request(tx, row)


def on_account(tx: Transaction, account: int) -> list[ContactRequest]:
    """Those that wait there, the oldest first."""
    return [_request(tx, row) for row in tx.connection.execute(_OF_ACCOUNT, {"account": account}).all()]


def on_ticket(tx: Transaction, ticket: int) -> list[ContactRequest]:
    return [_request(tx, row) for row in tx.connection.execute(_OF_TICKET, {"ticket": ticket}).all()]


def waiting(tx: Transaction) -> list[ContactRequest]:
    """Everywhere, by account."""
    return [_request(tx, row) for row in tx.connection.execute(_WAITING).all()]


def _request(tx: Transaction, row: Any) -> ContactRequest:
    given: Mapping[str, Any] = row._mapping
    fields = {name: given[name] for name in ContactRequest.__slots__ if name in given}
    fields |= {"name": row.person_name or row.name, "email": row.person_email or row.email}
    fields |= {"username": row.username or "", "answered_by": row.answered_name or ""}
    fields |= {
        "holds": in_order(tx.schemes[row.scheme], words_of(row.holds)),
        "written_by": _writer(tx, row.written_by),
    }
    return ContactRequest(**fields)


def _writer(tx: Transaction, subject: Subject) -> str:
    s = tables.staff.c
    found = select(s.name).where(s.id == subject.staff) if subject.is_staff else None
    return "" if found is None else tx.connection.execute(found).scalar() or ""


_r, _t, _a = tables.contact_requests.c, tables.tickets.c, tables.accounts.c
_asker, _person, _answered = (tables.people.alias(name) for name in ("asker", "person", "answered"))
_REQUESTS = (
    select(
        tables.contact_requests,
        _r.account_id.label("account"),
        _r.person_id.label("person"),
        _a.name.label("account_name"),
        _a.number.label("account_number"),
        _a.scheme,
        _t.channel,
        _t.proof,
        _t.factor,
        _asker.c.name.label("asker_name"),
        _person.c.username,
        _person.c.name.label("person_name"),
        _person.c.email.label("person_email"),
        _answered.c.name.label("answered_name"),
    )
    .join_from(tables.contact_requests, tables.accounts, _a.id == _r.account_id)
    .join(tables.tickets, _t.number == _r.ticket)
    .join(_asker, _asker.c.id == _r.asker)
    .outerjoin(_person, _person.c.id == _r.person_id)
    .outerjoin(_answered, _answered.c.id == _r.answered_by)
    .where(_r.status != "draft")  # its author's alone: drafted_requests.py
)
_ONE = _REQUESTS.where(_r.id == bindparam("id"))
_OF_TICKET = _REQUESTS.where(_r.ticket == bindparam("ticket")).order_by(_r.id)
_OF_ACCOUNT = _REQUESTS.where(_r.account_id == bindparam("account"), _r.status == "waiting").order_by(_r.id)
_WAITING = _REQUESTS.where(_r.status == "waiting").order_by(_r.account_id, _r.id)
