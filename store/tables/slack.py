"""Slack: who is who, where the app is installed, what was posted where."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import NEVER_AGAIN, Base, Bytewise, Id, only


class SlackMember(Base):
    """A Slack member tied to a person or to one of the staff, keyed by their own organisation and user id.

    `linked_by` is import or code. `via` is the installation they were last met through, `dm` the channel of direct messages
    with them there.
    """

    __tablename__ = "slack_members"
    team: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column("member", String(32), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    linked_at: Mapped[int]
    linked_by: Mapped[str] = mapped_column(String(8))
    via: Mapped[str | None] = mapped_column(String(32))
    dm: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (only("ix_slack_members_staff", "staff_id IS NOT NULL", "staff_id"),)


class AccountTeam(Base):
    """An organisation whose members may link to the contacts of an account, besides those of our own workspaces."""

    __tablename__ = "account_teams"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    team: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)


class Installation(Base):
    """A workspace, or a whole Grid organisation, where the app is installed. Tokens are sealed; without one it is the
    token of the settings. `ended_at`: uninstalled or revoked."""

    __tablename__ = "installations"
    team: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    bot_user: Mapped[str] = mapped_column(String(32))
    bot_id: Mapped[str] = mapped_column(String(32))
    token: Mapped[bytes | None]
    refresh: Mapped[bytes | None]
    expires_at: Mapped[int | None]
    scopes: Mapped[str]
    installed_at: Mapped[int]
    ended_at: Mapped[int | None]


class InstallState(Base):
    """An installation that was begun in a browser and has come back: `digest` is of its state, which is good once."""

    __tablename__ = "install_states"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[int] = mapped_column(index=True)


class Post(Base):
    """Where something we posted stands, by the key of what it says, and in which `version`: so that it is posted once and
    changed when it is another."""

    __tablename__ = "posts"
    key: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    team: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(32))
    ts: Mapped[str] = mapped_column(String(32))
    at: Mapped[int]
    version: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (Index("ix_posts_channel", "team", "channel"),)


class Quote(Base):
    """An answer of ours that holds somebody's words: the post of that key, what it is `about` (`ticket:1042`, or `source:` and the Slack
    message), and what was `asked`, as JSON, so that it can be made anew when the words change; `at` when it was made last."""

    __tablename__ = "quotes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    about: Mapped[str] = mapped_column(Bytewise, index=True)
    post: Mapped[str] = mapped_column(index=True)
    asked: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)
    __table_args__ = NEVER_AGAIN
