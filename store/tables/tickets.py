"""Tickets: where each lives, who has it, and what became of its answers."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Bytewise, Id, only


class Ticket(Base):
    """`status` is open, waiting, closed; pending: left by someone not proven, for the desk to sort out; draft: it waits for
    a second proof, and the desk has not got it; withdrawn: a draft that was taken back, which nobody sees; or quarantined: left
    under a threat, which supervisors alone see whole. `customer_status` is the status customers see of what was left so, for
    good: nothing the desk does changes it. `title_is_first_line`: the title is the first line of the first message, and
    changes with it. `priority` as in response_clock.py; `waiting_since` and `due_at` are empty where the desk owes no answer. `proof` is how sure it was who asked when the desk got it, `factor` by which second proof; both are empty
    where nobody had proved it."""

    __tablename__ = "tickets"
    number: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    topic: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    title_is_first_line: Mapped[bool] = mapped_column(server_default=false())
    status: Mapped[str]
    customer_status: Mapped[str | None]
    priority: Mapped[int] = mapped_column(server_default="2")
    waiting_since: Mapped[int | None]
    due_at: Mapped[int | None]
    service: Mapped[str | None]
    channel: Mapped[str]
    opened_at: Mapped[int] = mapped_column(index=True)
    proof: Mapped[str] = mapped_column(String(12), server_default="")
    factor: Mapped[str] = mapped_column(String(16), server_default="")
    __table_args__ = (
        Index("ix_tickets_account", "account_id", "number"),
        Index("ix_tickets_opened_by", "opened_by", "status"),
        Index("ix_tickets_due", "status", text("(priority > 0)"), text("coalesce(due_at, 0)"), "number"),
        only("ix_tickets_waiting", "waiting_since IS NOT NULL", "status", "waiting_since", "number"),
        Index("ix_tickets_status", "status", "number"),
        {"sqlite_autoincrement": True},
    )


class TicketWord(Base):
    """A word of a ticket's title, by which the desk finds it (title_words.py)."""

    __tablename__ = "ticket_words"
    word: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True)


class TicketTag(Base):
    """A tag of a ticket's, the desk's own (ticket_tags.py)."""

    __tablename__ = "ticket_tags"
    tag: Mapped[str] = mapped_column(String(32), primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True)


class TicketLink(Base):
    """Two tickets that belong together; `ticket` is the older (ticket_links.py)."""

    __tablename__ = "ticket_links"
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True)
    other: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True)


class TicketMerge(Base):
    """A ticket that went on in another; how both stood before, and when (ticket_merges.py). `assigned`: the other became its agent's by that."""

    __tablename__ = "ticket_merges"
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True)
    into: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(8))
    waiting_since: Mapped[int | None]
    into_status: Mapped[str] = mapped_column(String(8))
    into_waiting_since: Mapped[int | None]
    into_priority: Mapped[int]
    assigned: Mapped[bool]
    at: Mapped[int]


class BulkAction(Base):
    """What one of the staff did to many tickets at once. `came`: JSON, what came of each, by its number; `about`: which tag.
    `words`: an answer as it was written, its fields not filled."""

    __tablename__ = "bulk_actions"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    did: Mapped[str] = mapped_column(String(12))
    about: Mapped[str] = mapped_column(String(32))
    words: Mapped[str]
    came: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN


class QueueView(Base):
    """A list of the queue that somebody has given a name. `filters` as JSON, as in queue_lists.py; `shared`: everybody sees it."""

    __tablename__ = "queue_views"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    filters: Mapped[str]
    shared: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = (NEVER_AGAIN,)


class AnswerState(Base):
    """What became of an answer of the desk's: `state` and `why` as in answer_delivery.py; `thread` is the one that refused it. Of a ticket's first
    answer alone: `first_at`, when it was written; `took`, how long after the ticket was opened (ms); whether that was `in_time`."""

    __tablename__ = "answer_states"
    message: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)
    thread: Mapped[int | None] = mapped_column(ForeignKey("ticket_threads.id", ondelete="SET NULL"))
    first_at: Mapped[int | None]
    took: Mapped[int | None]
    in_time: Mapped[bool | None]
    __table_args__ = (only("ix_answer_states_first", "first_at IS NOT NULL", "first_at", "took", "in_time"),)


class HeldAnswer(Base):
    """An answer of the desk's that its author may take back until `send_at`; or that was `not_sent`: why, in words of held_answers.py. `status`
    is what the ticket has afterwards, `seen` the last message its author had read, `bulk` what it was written in where that goes to many."""

    __tablename__ = "held_answers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    words: Mapped[str]
    status: Mapped[str] = mapped_column(String(8))
    seen: Mapped[int]
    send_at: Mapped[int] = mapped_column(index=True)
    not_sent: Mapped[str] = mapped_column(String(10))
    bulk: Mapped[int | None] = mapped_column(ForeignKey("bulk_actions.id", ondelete="SET NULL"), index=True)
    __table_args__ = NEVER_AGAIN


class TicketPresence(Base):
    """Who of the staff has a ticket open: looked at last at `seen_at`, and typed in last at `writing_at`."""

    __tablename__ = "ticket_presence"
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[int] = mapped_column(index=True)
    writing_at: Mapped[int]


class CannedAnswer(Base):
    """An answer that is given again and again; its fields are filled where it is used (desk/canned_answers.py)."""

    __tablename__ = "canned_answers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    words: Mapped[str]
    __table_args__ = NEVER_AGAIN


class LoginDetails(Base):
    """What the desk left for whoever asked for login details on a ticket; `sealed` until it is shown, ends or is taken back. `state` in words
    of login_details.py, since `state_at`. `link` and `form` are keyed digests: of what the newest mail had, and of what it was shown to."""

    __tablename__ = "login_details"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    link: Mapped[str | None] = mapped_column(String(64), unique=True)
    form: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[int]
    ends_at: Mapped[int]
    state_at: Mapped[int]
    __table_args__ = (
        only("ix_login_details_sealed", "sealed IS NOT NULL", "ends_at"),
        NEVER_AGAIN,
    )


class Assignment(Base):
    """Who of the staff has taken a ticket."""

    __tablename__ = "assignments"
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    at: Mapped[int]
    __table_args__ = (Index("ix_assignments_staff", "staff_id", "ticket"),)


class TicketThread(Base):
    """A thread in Slack that belongs to a ticket. `side` is customer (direct messages of `person_id`, all that is said),
    origin (the channel where it began, nothing confidential) or desk. `member` of `member_team` is whose direct messages
    they are. `thread` is empty until its first message stands."""

    __tablename__ = "ticket_threads"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    side: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    team: Mapped[str] = mapped_column(String(32))
    member_team: Mapped[str | None] = mapped_column(String(32))
    member: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str | None] = mapped_column(String(32))
    thread: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (UniqueConstraint("team", "channel", "thread"), NEVER_AGAIN)
