"""What people sign in with on pages."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Id


class Passkey(Base):
    """A passkey (WebAuthn) of a person or of one of the staff. `public_key` is sealed, so that whoever can write here cannot put
    their own in its place; `handle` is what the device knows its owner by; from `counts_from` on it is a second proof."""

    __tablename__ = "passkeys"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    handle: Mapped[bytes]
    sign_count: Mapped[int]
    transports: Mapped[str] = mapped_column(String(80))
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    name: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[int]
    counts_from: Mapped[int]
    last_used_at: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (staff_id IS NULL)", name="ck_passkeys_owner"),
        NEVER_AGAIN,
    )


class Vouch(Base):
    """An owner of an account vouches for somebody on it who has lost what they sign in with. `used_at`: when they were invited anew upon it."""

    __tablename__ = "vouches"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    vouched_by: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]
    __table_args__ = NEVER_AGAIN
