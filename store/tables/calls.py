"""Calls under way, the desk being rung, webhooks that had their effect."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from authz import Subject
from store.tables.base import NEVER_AGAIN, Base, Id, only


class Call(Base):
    """One caller's leg. `step` numbers the turns; `state` is sealed, and `response`,
    the TwiML of the last one, for repeats. `proved_by`: whose PIN was keyed in it and counts."""

    __tablename__ = "calls"
    sid: Mapped[str] = mapped_column(String(34), primary_key=True)
    step: Mapped[int] = mapped_column(Integer)
    state: Mapped[bytes]
    fingerprint: Mapped[str]
    response: Mapped[bytes | None]
    leased_to: Mapped[str | None]
    leased_at: Mapped[int | None]
    started_at: Mapped[int]
    ended_at: Mapped[int | None] = mapped_column(index=True)
    proved_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    __table_args__ = (only("ix_calls_response", "response IS NOT NULL", "ended_at"),)


class SupportCall(Base):
    """One caller with the desk: waiting until an agent takes it, then talking. `taken_by` is the agent's leg, `staff_id` who
    that is as far as we know. `requested_proof` is what the caller has been sent to the keypad for (pin, second), `verification_result` what came of it
    (passed, failed), `threatened`: under a threat. `callback` is the outgoing call this is part of. `own_number`: they ring from a number on file. `seen_at`
    is when we last heard of the caller while they waited, `joined_at` when they came into the room. `ending` in words of
    support_calls.py. `assigned_late`: somebody said that the call was theirs after it was over. `about`: what a call without a ticket was
    about, in the agent's words."""

    __tablename__ = "support_calls"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call: Mapped[str] = mapped_column(String(34), index=True)
    subject: Mapped[Subject]
    account_id: Mapped[int]
    emergency: Mapped[bool]
    service: Mapped[str | None]
    proof: Mapped[int] = mapped_column(Integer)
    legs: Mapped[int] = mapped_column(Integer)
    legs_ended: Mapped[int] = mapped_column(Integer)
    taken_by: Mapped[str | None] = mapped_column(String(34))
    ended_at: Mapped[int | None] = mapped_column(index=True)
    started_at: Mapped[int] = mapped_column(index=True)
    seen_at: Mapped[int | None]
    taken_at: Mapped[int | None]
    joined_at: Mapped[int | None]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"), index=True)
    own_number: Mapped[bool] = mapped_column(server_default="0")
    callback: Mapped[int | None]
    requested_proof: Mapped[str] = mapped_column(String(8), server_default="")
    requested_at: Mapped[int | None]
    verification_result: Mapped[str] = mapped_column(String(8), server_default="")
    threatened: Mapped[bool] = mapped_column(server_default=false())
    ending: Mapped[str] = mapped_column(String(16), server_default="")
    code_words_key: Mapped[str | None] = mapped_column(String(8))
    assigned_late: Mapped[bool] = mapped_column(server_default=false())
    about: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (Index("ix_support_calls_person", "subject", "account_id", "id"), NEVER_AGAIN)


class CallTicket(Base):
    """A ticket that was opened or added to in a call with the desk, or that the call was made for."""

    __tablename__ = "call_tickets"
    support_call: Mapped[int] = mapped_column(ForeignKey("support_calls.id", ondelete="CASCADE"), primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True)


class AgentLeg(Base):
    """A phone of the desk that rings for a caller: `rung_at` once it was its turn, `call` what Twilio calls it once it told
    us, `accepted` once the call was taken on it."""

    __tablename__ = "agent_legs"
    support_call: Mapped[int] = mapped_column(ForeignKey("support_calls.id", ondelete="CASCADE"), primary_key=True)
    leg: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    rung_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    call: Mapped[str | None] = mapped_column(String(34))
    accepted: Mapped[bool] = mapped_column(server_default="0")
    __table_args__ = (only("ix_agent_legs_live", "ended_at IS NULL", "number"),)


class Callback(Base):
    """A call of ours to a number on file. `state`: owed, ringing, answered, proved, machine, nobody, gone, away, refused,
    withdrawn, given_up or over. `purpose` is talk, code (for somebody whose PIN is locked) or verify. `staff_id` is who asked for it, if it was an agent."""

    __tablename__ = "callbacks"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    ticket: Mapped[int | None] = mapped_column(ForeignKey("tickets.number", ondelete="SET NULL"))
    number: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str] = mapped_column(String(8))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    call: Mapped[str | None] = mapped_column(String(34), index=True)
    made_at: Mapped[int]
    ended_at: Mapped[int | None] = mapped_column(index=True)
    code_words_key: Mapped[str | None] = mapped_column(String(8))
    __table_args__ = (Index("ix_callbacks_person", "person_id", "made_at"), NEVER_AGAIN)


class Delivery(Base):
    """A webhook that has had its effect. Kept three days: platforms repeat themselves for as long as that."""

    __tablename__ = "deliveries"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(index=True)
