"""Every table there is. Nobody outside `store` imports this module.

Times are integers: milliseconds since 1970 in UTC. A person, a member of staff or a part of the desk that acts is a
*subject* (`person:17`, `staff:3`, `desk:worker`), never a name: so a person can be erased and the ledger keeps its chain.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only on an INTEGER primary key


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {int: BigInteger, str: Text, bytes: LargeBinary, bool: Boolean}


# An id is never given twice, for it is what the ledger knows somebody or something by.
_NEVER_AGAIN: Final = {"sqlite_autoincrement": True}


# --- who


class Person(Base):
    """Somebody at a customer. May be a contact of several accounts."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    support_id: Mapped[str] = mapped_column(String(8), unique=True)
    __table_args__ = _NEVER_AGAIN


class Phone(Base):
    """A number on file, E.164. One number may be on file for several people."""

    __tablename__ = "phones"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    added_at: Mapped[int]


class SlackMember(Base):
    """A Slack member tied to a person or to one of the staff, keyed by their own organisation and user id."""

    __tablename__ = "slack_members"
    team: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column("member", String(32), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[int]


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    __table_args__ = _NEVER_AGAIN


# --- accounts


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str]
    scheme: Mapped[str]
    status: Mapped[str]
    __table_args__ = _NEVER_AGAIN


class Contact(Base):
    """A person's standing on an account: role and permission words of its scheme, comma-joined, in the scheme's order."""

    __tablename__ = "contacts"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    held: Mapped[str]


class Service(Base):
    __tablename__ = "services"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    ref: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    status: Mapped[str]
    managed_sla: Mapped[bool]


class Invoice(Base):
    """`amount` is the decimal string of the import, `due` a date as ISO 8601."""

    __tablename__ = "invoices"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(64), primary_key=True)
    amount: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    due: Mapped[str] = mapped_column(String(10))
    status: Mapped[str]


# --- tickets


class Ticket(Base):
    """`status` is open, waiting, closed, or pending: left by someone not proven, for the desk to sort out."""

    __tablename__ = "tickets"
    number: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    topic: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    status: Mapped[str]
    urgent: Mapped[bool]
    service: Mapped[str | None]
    channel: Mapped[str]
    opened_at: Mapped[int]
    __table_args__ = (
        Index("ix_tickets_account", "account_id", "number"),
        {"sqlite_autoincrement": True},
    )


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    author: Mapped[str]
    body: Mapped[str]
    recording: Mapped[str | None] = mapped_column(String(34), unique=True)
    at: Mapped[int]


class Recording(Base):
    """The sound of a spoken message. `sealed` is empty until the worker has fetched it."""

    __tablename__ = "recordings"
    sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    seconds: Mapped[int]
    content_type: Mapped[str | None]
    sealed: Mapped[bytes | None]
    recorded_at: Mapped[int]
    fetched_at: Mapped[int | None]


# --- PINs


class Pin(Base):
    """security.md 5: Argon2id over an HMAC bound to the person, sealed again under a key that can be rotated."""

    __tablename__ = "pins"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    pepper: Mapped[str] = mapped_column(String(8))
    salt: Mapped[bytes]
    sealed: Mapped[bytes]
    issued_at: Mapped[int]


class PinGuard(Base):
    """Attempts at one support ID, there or not (`k` is the person, or a keyed digest of what nobody has)."""

    __tablename__ = "pin_guards"
    k: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_n: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[int | None]
    consecutive: Mapped[int] = mapped_column(Integer)
    lifetime: Mapped[int] = mapped_column(Integer)
    gen: Mapped[int]
    minute: Mapped[int]
    minute_n: Mapped[int] = mapped_column(Integer)
    real: Mapped[bool]
    seen_at: Mapped[int] = mapped_column(index=True)


class PinBudget(Base):
    """Wrong PINs over the whole desk, by kind of call and by hour and day."""

    __tablename__ = "pin_budgets"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    span: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(Integer)


# --- calls


class Call(Base):
    """One caller's leg. `step` numbers the turns; `state` is sealed, and `answer`,
    the TwiML of the last one, for repeats."""

    __tablename__ = "calls"
    sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    step: Mapped[int] = mapped_column(Integer)
    state: Mapped[bytes]
    fingerprint: Mapped[str]
    answer: Mapped[bytes | None]
    claimed: Mapped[str | None]
    claimed_at: Mapped[int | None]
    started_at: Mapped[int]
    ended_at: Mapped[int | None] = mapped_column(index=True)


class Ring(Base):
    """The desk being rung for one waiting caller. The first agent to press 1 takes it."""

    __tablename__ = "rings"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call: Mapped[str] = mapped_column(String(34), index=True)
    subject: Mapped[str]
    account_id: Mapped[int]
    emergency: Mapped[bool]
    service: Mapped[str | None]
    proof: Mapped[int] = mapped_column(Integer)
    legs: Mapped[int] = mapped_column(Integer)
    gone: Mapped[int] = mapped_column(Integer)
    taken_by: Mapped[str | None] = mapped_column(String(34))
    ended_at: Mapped[int | None]
    started_at: Mapped[int]


class Delivery(Base):
    """A webhook that has had its effect. Kept three days: platforms repeat themselves for as long as that."""

    __tablename__ = "deliveries"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(index=True)


# --- later work


class Work(Base):
    """Later work, enqueued in the transaction of its cause. A row without `done_at` is still owed."""

    __tablename__ = "work"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    payload: Mapped[str]
    run_at: Mapped[int]
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None]
    created_at: Mapped[int]
    done_at: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_work_due", "run_at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    )


# --- the ledger


class Lane(Base):
    """One HMAC chain, written by one connection of one process for an hour at most."""

    __tablename__ = "ledger_lanes"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(8))
    opened_at: Mapped[int] = mapped_column(index=True)


class Entry(Base):
    """One decision or one thing told. Field names, never values."""

    __tablename__ = "ledger"
    lane: Mapped[str] = mapped_column(String(16), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int]
    who: Mapped[str]
    account: Mapped[int | None]
    action: Mapped[str]
    decision: Mapped[str]
    rules: Mapped[str]
    proof: Mapped[str]
    channel: Mapped[str]
    call: Mapped[str | None]
    fields: Mapped[str]
    mac: Mapped[bytes]


class Checkpoint(Base):
    """The heads of all lanes in use, signed, each chained to the one before."""

    __tablename__ = "ledger_checkpoints"
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int]
    key: Mapped[str] = mapped_column(String(8))
    heads: Mapped[str]
    mac: Mapped[bytes]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


people, phones, slack_members, staff = map(_table, (Person, Phone, SlackMember, Staff))
accounts, contacts, services, invoices = map(_table, (Account, Contact, Service, Invoice))
tickets, messages, recordings = map(_table, (Ticket, Message, Recording))
pins, pin_guards, pin_budgets = map(_table, (Pin, PinGuard, PinBudget))
calls, rings, deliveries, work = map(_table, (Call, Ring, Delivery, Work))
lanes, ledger, checkpoints = map(_table, (Lane, Entry, Checkpoint))
