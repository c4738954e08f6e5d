"""What people prove themselves by, and how often a PIN may be tried."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id, only


class Pin(Base):
    """docs/pins.md: Argon2id over an HMAC bound to the person, sealed again under a key that can be rotated. `duress` is
    of the same salt: of the PIN that is keyed under a threat, or of one that nobody knows."""

    __tablename__ = "pins"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    pepper: Mapped[str] = mapped_column(String(8))
    salt: Mapped[bytes]
    sealed: Mapped[bytes]
    duress: Mapped[bytes | None]
    issued_at: Mapped[int]


class PinGuard(Base):
    """Attempts at one support ID, there or not (`counter_key` is the person, or a keyed digest of what nobody has)."""

    __tablename__ = "pin_guards"
    counter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_attempts: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[int | None]
    consecutive: Mapped[int] = mapped_column(Integer)
    lifetime: Mapped[int] = mapped_column(Integer)
    generation: Mapped[int]
    real: Mapped[bool]
    seen_at: Mapped[int]
    __table_args__ = (
        only("ix_pin_guards_decoys", "real = 0", "seen_at", postgresql="NOT real"),
        only("ix_pin_guards_locked_until", "locked_until IS NOT NULL", "locked_until"),
    )


class StepUp(Base):
    """A second proof that was given: for one account, or without one for what is their own (a PIN, a number), in one place (`bound`:
    the call, the Slack member, the session), until `ends_at`. `topic` is empty, or the one it was carried over for; `derived_from` is then the one it was carried from."""

    __tablename__ = "step_ups"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8))
    bound: Mapped[str]
    factor: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(16))
    reached_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True)
    derived_from: Mapped[int | None] = mapped_column(ForeignKey("step_ups.id", ondelete="CASCADE"))
    __table_args__ = (
        Index("ix_step_ups_person", "person_id", "account_id"),
        only("ix_step_ups_derived_from", "derived_from IS NOT NULL", "derived_from"),
        NEVER_AGAIN,
    )


class Authenticator(Base):
    """A person's authenticator app. `last_step`: the newest 30 seconds a code of which was taken, so that none is twice.
    `ends_at`: when it is to be removed, as its owner wished, who may think better of it until then."""

    __tablename__ = "authenticators"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes]
    made_at: Mapped[int]
    confirmed_at: Mapped[int | None]
    last_step: Mapped[int]
    ends_at: Mapped[int | None] = mapped_column(index=True)


class Approval(Base):
    """Somebody on the phone is asked elsewhere for the number they were told: in Slack, or on their account page with their passkey (`way`, a
    word of `step_ups.FACTORS`). `digest` is of that number; once answered, `correct` says how. `ticket`: the draft that a right answer hands in.
    What the page says of the call: the `ending` of the number it is with, and whether that is `on_file`; and the `action`, and `service`, that it is for, where that is known."""

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    way: Mapped[str] = mapped_column(String(16))
    ending: Mapped[str] = mapped_column(String(2))
    on_file: Mapped[bool]
    action: Mapped[str] = mapped_column(String(32))
    service: Mapped[str | None] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    call: Mapped[str] = mapped_column(String(34), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    answered_at: Mapped[int | None]
    correct: Mapped[bool | None]
    ticket: Mapped[int | None] = mapped_column(ForeignKey("tickets.number", ondelete="SET NULL"))
    __table_args__ = (Index("ix_approvals_person", "person_id", "made_at"), NEVER_AGAIN)


class TextMessage(Base):
    """A text message that was sent with a code: counted by number, person, country and day; never its words."""

    __tablename__ = "text_messages"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(16))
    country: Mapped[str] = mapped_column(String(2))
    at: Mapped[int] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN


class VerificationRequest(Base):
    """Another system of the operator's (`key_id`) asks that a person prove themselves, for the cell `action` on an account. `asked_by` is what the key
    is called. `way` is callback, passkey, slack or text; `state` waiting, passed, failed, ended or withdrawn, and `why` it is that. `callback`: the
    call of ours it is asked in. `until`: until when what they have proved counts."""

    __tablename__ = "verification_requests"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    asked_by: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    action: Mapped[str] = mapped_column(String(32))
    way: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(12))
    callback: Mapped[int | None]
    made_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True)
    ended_at: Mapped[int | None]
    until: Mapped[int | None]
    __table_args__ = (
        Index("ix_verification_requests_person", "person_id", "made_at"),
        only("ix_verification_requests_waiting", "ended_at IS NULL", "person_id", unique=True),
        only("ix_verification_requests_callback", "callback IS NOT NULL", "callback"),
        NEVER_AGAIN,
    )
