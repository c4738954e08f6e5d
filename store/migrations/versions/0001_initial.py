"""Every table of the first release"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up only on an INTEGER primary key
# Compared byte by byte, so that what begins alike is a range of the index whatever the database's own order is.
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _customers()
    _staff()
    _tickets()
    _proofs()
    _calls()
    _slack()
    _background()
    _notices()
    _ledger()
    _reports()
    _api_keys()
    _webhooks()
    _help_desks()
    _assistants()
    _verification_requests()
    _mail_in()
    _change_feed()


def _only(
    name: str, where: str, *columns: str | sa.TextClause, unique: bool = False, postgresql: str | None = None
) -> sa.Index:
    """An index of those rows alone. `postgresql`: how that is said there, where SQLite says it otherwise."""
    there = sa.text(postgresql or where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=there)


def _check(name: str, holds: str) -> sa.CheckConstraint:
    """On PostgreSQL alone; `audit verify` finds on both what this refuses."""
    return sa.CheckConstraint(holds, name=name).ddl_if(dialect="postgresql")


def _customers() -> None:
    op.create_table(
        "people",
        sa.Column("id", ID, primary_key=True),
        sa.Column("username", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("support_id", sa.String(8), nullable=False, unique=True),
        sa.Column("email_since", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("email_unproved", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Index("ix_people_username_lower", sa.text("lower(username)")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "phones",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.String(16), primary_key=True, index=True),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "old_emails",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("email", sa.Text, primary_key=True),
        sa.Column("replaced_at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "accounts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("number", sa.String(32), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scheme", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("decoy", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("billing", sa.Text),
        sa.Column("locked_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contacts",
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "contact_rights",
        sa.Column("account_id", ID, primary_key=True),
        sa.Column("person_id", ID, primary_key=True),
        sa.Column("right", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(
            ["account_id", "person_id"], ["contacts.account_id", "contacts.person_id"], ondelete="CASCADE"
        ),
        sa.Index("ix_contact_rights_right", "account_id", "right", "person_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact_changes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Index("ix_contact_changes_account", "account_id", "person_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "services",
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("ref", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("managed_sla", sa.Boolean, nullable=False),
    )
    op.create_table(
        "invoices",
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.String(64), primary_key=True),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("due", sa.String(10), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("billed", sa.Text, nullable=False),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", ID, primary_key=True),
        sa.Column("username", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("phone", sa.String(16)),
        sa.Column("suspended_at", sa.BigInteger),
        sa.Column("access_extensions", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("away_since", sa.BigInteger),
        sa.Column("back_at", sa.BigInteger),
        sa.Column("sound", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("shortcuts", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("invited_at", sa.BigInteger),
        sa.Column("added_by", ID, sa.ForeignKey("staff.id", ondelete="SET NULL")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_logins",
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("password", sa.LargeBinary),
        sa.Column("authenticator", sa.LargeBinary),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "wall_displays",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("opened_by", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("code", sa.String(64), unique=True),
        sa.Column("digest", sa.String(64), unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "person_logins",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("password", sa.LargeBinary),
        sa.Column("set_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "person_sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("made_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "account_access",
        sa.Column("id", ID, primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Index("ix_account_access_staff", "staff_id", "at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dual_control",
        sa.Column("id", ID, primary_key=True),
        sa.Column("action", sa.String(24), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("asked_by", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("asked_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("answered_by", ID, sa.ForeignKey("staff.id", ondelete="SET NULL"), index=True),
        sa.Column("answered_at", sa.BigInteger, index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sent_forms",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "unsent_words",
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "drills",
        sa.Column("id", ID, primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("script", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("ended_at", sa.BigInteger, index=True),
        sa.Column("acts", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drills_staff", "drills", ["staff_id", "id"])
    op.create_table(
        "opening_exceptions",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("opens", sa.BigInteger),
        sa.Column("closes", sa.BigInteger),
        sa.Column("words", sa.Text, nullable=False),
    )


def _reports() -> None:
    op.create_table(
        "daily_figures",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("figure", sa.String(48), primary_key=True),
        sa.Column("many", sa.BigInteger, nullable=False),
    )


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("number", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id")),
        sa.Column("opened_by", ID, sa.ForeignKey("people.id")),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("title_is_first_line", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("customer_status", sa.Text),
        sa.Column("priority", sa.BigInteger, nullable=False, server_default="2"),
        sa.Column("waiting_since", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("service", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("proof", sa.String(12), nullable=False, server_default=""),
        sa.Column("factor", sa.String(16), nullable=False, server_default=""),
        sa.Index("ix_tickets_account", "account_id", "number"),
        sa.Index("ix_tickets_opened_by", "opened_by", "status"),
        sa.Index("ix_tickets_due", "status", sa.text("(priority > 0)"), sa.text("coalesce(due_at, 0)"), "number"),
        _only("ix_tickets_waiting", "waiting_since IS NOT NULL", "status", "waiting_since", "number"),
        sa.Index("ix_tickets_status", "status", "number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket_words",
        sa.Column("word", BYTEWISE, primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "queue_views",
        sa.Column("id", ID, primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "assignments",
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Index("ix_assignments_staff", "staff_id", "ticket"),
    )
    op.create_table(
        "ticket_presence",
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("writing_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "canned_answers",
        sa.Column("id", ID, primary_key=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket_tags",
        sa.Column("tag", sa.String(32), primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "ticket_links",
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("other", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "ticket_merges",
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("into", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("waiting_since", sa.BigInteger),
        sa.Column("into_status", sa.String(8), nullable=False),
        sa.Column("into_waiting_since", sa.BigInteger),
        sa.Column("into_priority", sa.BigInteger, nullable=False),
        sa.Column("assigned", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bulk_actions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("did", sa.String(12), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("came", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "held_answers",
        sa.Column("id", ID, primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("send_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("not_sent", sa.String(10), nullable=False),
        sa.Column("bulk", ID, sa.ForeignKey("bulk_actions.id", ondelete="SET NULL"), index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket_threads",
        sa.Column("id", ID, primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE")),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("member_team", sa.String(32)),
        sa.Column("member", sa.String(32)),
        sa.Column("channel", sa.String(32)),
        sa.Column("thread", sa.String(32)),
        sa.UniqueConstraint("team", "channel", "thread"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "messages",
        sa.Column("id", ID, primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("recording", sa.String(34), unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(16), nullable=False, server_default=""),
        sa.Column("internal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("source", BYTEWISE),
        sa.Column("earlier", sa.Text, nullable=False, server_default="[]"),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.Column("edited", sa.String(32), nullable=False, server_default=""),
        sa.Column("written_by", ID, sa.ForeignKey("staff.id", ondelete="SET NULL")),
        sa.Index("ix_messages_source", "source", unique=True),
        _only("ix_messages_ended", "event IN ('closed', 'reopened')", "at"),
        _only("ix_messages_written_by", "written_by IS NOT NULL", "written_by"),
    )
    op.create_table(
        "answer_states",
        sa.Column("message", ID, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("thread", ID, sa.ForeignKey("ticket_threads.id", ondelete="SET NULL")),
        sa.Column("first_at", sa.BigInteger),
        sa.Column("took", sa.BigInteger),
        sa.Column("in_time", sa.Boolean),
        _only("ix_answer_states_first", "first_at IS NOT NULL", "first_at", "took", "in_time"),
    )
    op.create_table(
        "login_details",
        sa.Column("id", ID, primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("link", sa.String(64), unique=True),
        sa.Column("form", sa.String(64)),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("state_at", sa.BigInteger, nullable=False),
        _only("ix_login_details_sealed", "sealed IS NOT NULL", "ends_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "early_edits",
        sa.Column("source", BYTEWISE, primary_key=True),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("edited", sa.String(32), nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "attachments",
        sa.Column("id", ID, primary_key=True),
        sa.Column("message", ID, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("slack_id", sa.String(32), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("trouble", sa.Text),
        sa.Column("came_at", sa.BigInteger, nullable=False),
        sa.Column("removed_at", sa.BigInteger),
        sa.UniqueConstraint("message", "slack_id"),
        _only("ix_attachments_sealed", "sealed IS NOT NULL", "came_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "recordings",
        sa.Column("sid", sa.String(34), primary_key=True),
        sa.Column("seconds", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(8), nullable=False, server_default="waiting"),
        sa.Column("content_type", sa.Text),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("fetched_at", sa.BigInteger),
        sa.Column("removed_at", sa.BigInteger),
        _only("ix_recordings_kept", "removed_at IS NULL", "recorded_at"),
    )
    op.create_table(
        "contact_requests",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("asker", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("do", sa.String(8), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("holds", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("why", sa.String(10), nullable=False, server_default=""),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("answered_by", ID, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
        sa.Column("answered_at", sa.BigInteger, index=True),
        sa.Index("ix_contact_requests_account", "account_id", "status"),
        sa.Index("ix_contact_requests_status", "status", "account_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "delegation_requests",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("asker", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("cell", sa.String(32), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("answered_by", ID, sa.ForeignKey("people.id", ondelete="SET NULL")),
        sa.Column("answered_at", sa.BigInteger),
        sa.Index("ix_delegation_requests_account", "account_id", "status"),
        sa.Index("ix_delegation_requests_asker", "asker", "asked_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "delegations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("lender", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("borrower", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("cell", sa.String(32), nullable=False),
        sa.Column("one_ticket", sa.Boolean, nullable=False),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="SET NULL")),
        sa.Column("lent_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Index("ix_delegations_borrower", "borrower", "account_id"),
        _only("ix_delegations_live", "ended_at IS NULL", "account_id"),
        sqlite_autoincrement=True,
    )
    # Ticket numbers have four digits from the start: people say them aloud.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', 1000)")
    else:
        op.execute("ALTER SEQUENCE tickets_number_seq RESTART WITH 1001")


def _proofs() -> None:
    op.create_table(
        "pins",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("pepper", sa.String(8), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("duress", sa.LargeBinary),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "pin_guards",
        sa.Column("counter_key", sa.String(64), primary_key=True),
        sa.Column("window_attempts", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.BigInteger),
        sa.Column("consecutive", sa.Integer, nullable=False),
        sa.Column("lifetime", sa.Integer, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("real", sa.Boolean, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        _only("ix_pin_guards_decoys", "real = 0", "seen_at", postgresql="NOT real"),
        _only("ix_pin_guards_locked_until", "locked_until IS NOT NULL", "locked_until"),
    )
    op.create_table(
        "step_ups",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("bound", sa.Text, nullable=False),
        sa.Column("factor", sa.String(16), nullable=False),
        sa.Column("topic", sa.String(16), nullable=False),
        sa.Column("reached_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("derived_from", ID, sa.ForeignKey("step_ups.id", ondelete="CASCADE")),
        _only("ix_step_ups_derived_from", "derived_from IS NOT NULL", "derived_from"),
        sa.Index("ix_step_ups_person", "person_id", "account_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "authenticators",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, index=True),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), index=True),
        sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("handle", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", sa.String(80), nullable=False),
        sa.Column("backup_eligible", sa.Boolean, nullable=False),
        sa.Column("backed_up", sa.Boolean, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("counts_from", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger),
        sa.CheckConstraint("(person_id IS NULL) <> (staff_id IS NULL)", name="ck_passkeys_owner"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "vouches",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("vouched_by", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("used_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "approvals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("ending", sa.String(2), nullable=False),
        sa.Column("on_file", sa.Boolean, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("service", sa.String(64)),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("call", sa.String(34), nullable=False, index=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("correct", sa.Boolean),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="SET NULL")),
        sa.Index("ix_approvals_person", "person_id", "made_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "text_messages",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "codes",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text, nullable=False, index=True),
        sa.Column("bound", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _only("ix_codes_live", "used_at IS NULL", "kind", "subject", unique=True),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("sid", sa.String(34), primary_key=True),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("response", sa.LargeBinary),
        sa.Column("leased_to", sa.Text),
        sa.Column("leased_at", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, index=True),
        sa.Column("proved_by", ID, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
        _only("ix_calls_response", "response IS NOT NULL", "ended_at"),
    )
    op.create_table(
        "support_calls",
        sa.Column("id", ID, primary_key=True),
        sa.Column("call", sa.String(34), nullable=False, index=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("emergency", sa.Boolean, nullable=False),
        sa.Column("service", sa.Text),
        sa.Column("proof", sa.Integer, nullable=False),
        sa.Column("legs", sa.Integer, nullable=False),
        sa.Column("legs_ended", sa.Integer, nullable=False),
        sa.Column("taken_by", sa.String(34)),
        sa.Column("ended_at", sa.BigInteger, index=True),
        sa.Column("started_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("joined_at", sa.BigInteger),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="SET NULL"), index=True),
        sa.Column("own_number", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("callback", sa.BigInteger),
        sa.Column("requested_proof", sa.String(8), nullable=False, server_default=""),
        sa.Column("requested_at", sa.BigInteger),
        sa.Column("verification_result", sa.String(8), nullable=False, server_default=""),
        sa.Column("threatened", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("ending", sa.String(16), nullable=False, server_default=""),
        sa.Column("code_words_key", sa.String(8)),
        sa.Column("assigned_late", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("about", sa.Text, nullable=False, server_default=""),
        sa.Index("ix_support_calls_person", "subject", "account_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "call_tickets",
        sa.Column("support_call", ID, sa.ForeignKey("support_calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "agent_legs",
        sa.Column("support_call", ID, sa.ForeignKey("support_calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("leg", sa.Integer, primary_key=True),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("rung_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("call", sa.String(34)),
        sa.Column("accepted", sa.Boolean, nullable=False, server_default="0"),
        _only("ix_agent_legs_live", "ended_at IS NULL", "number"),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="SET NULL")),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="SET NULL"), index=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("call", sa.String(34), index=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, index=True),
        sa.Column("code_words_key", sa.String(8)),
        sa.Index("ix_callbacks_person", "person_id", "made_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )


def _slack() -> None:
    op.create_table(
        "slack_members",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE")),
        sa.Column("linked_at", sa.BigInteger, nullable=False),
        sa.Column("linked_by", sa.String(8), nullable=False),
        sa.Column("via", sa.String(32)),
        sa.Column("dm", sa.String(32)),
        _only("ix_slack_members_staff", "staff_id IS NOT NULL", "staff_id"),
    )
    op.create_table(
        "account_teams",
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("team", sa.String(32), primary_key=True, index=True),
    )
    op.create_table(
        "installations",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("bot_user", sa.String(32), nullable=False),
        sa.Column("bot_id", sa.String(32), nullable=False),
        sa.Column("token", sa.LargeBinary),
        sa.Column("refresh", sa.LargeBinary),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("installed_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "install_states",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "posts",
        sa.Column("key", BYTEWISE, primary_key=True),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("ts", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Text, nullable=False, server_default=""),
        sa.Index("ix_posts_channel", "team", "channel"),
    )
    op.create_table(
        "quotes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("about", BYTEWISE, nullable=False, index=True),
        sa.Column("post", sa.Text, nullable=False, index=True),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sqlite_autoincrement=True,
    )


def _background() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("ordering_key", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("run_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("given_up", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("retried_at", sa.BigInteger),
        sa.UniqueConstraint("kind", "key"),
        _only("ix_jobs_done", "done_at IS NOT NULL", "done_at"),
        _only("ix_jobs_due", "done_at IS NULL", "run_at"),
        _only("ix_jobs_given_up", "given_up = 1", "ordering_key", postgresql="given_up"),
        _only("ix_jobs_kind_due", "done_at IS NULL", "kind", "run_at"),
        _only("ix_jobs_ordering_key", "done_at IS NULL", "ordering_key", "id"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.Column("subject", sa.Text, nullable=False, index=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("dedupe_key", sa.Text, nullable=False, unique=True),
        sa.Column("times", sa.Integer, nullable=False, server_default="1"),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("seen_by", ID, sa.ForeignKey("staff.id", ondelete="SET NULL"), index=True),
        sa.Column("seen_at", sa.BigInteger, index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("on", sa.Boolean, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "budgets",
        sa.Column("name", BYTEWISE, primary_key=True),
        sa.Column("full_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("alerted_at", sa.BigInteger),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), index=True),
        sa.Column("event", sa.String(12), nullable=False, server_default=""),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Index("ix_notices_kind", "kind", "id"),
        sa.Index("ix_notices_kept", "kind", "at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice_accounts",
        sa.Column("notice_id", ID, sa.ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "notice_recipients",
        sa.Column("notice_id", ID, sa.ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("slack", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Index("ix_notice_recipients_person", "person_id", "notice_id"),
        _only("ix_notice_recipients_refused", "state = 'refused'", "at"),
    )
    op.create_table(
        "mail_bounces",
        sa.Column("email", sa.Text, primary_key=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_table(
        "mail_preferences",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tickets", sa.Boolean, nullable=False, server_default=sa.true()),
    )


def _ledger() -> None:
    op.create_table(
        "ledger_segments",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(8), nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        _check("ck_ledger_segments_id", "id ~ '^[0-9a-f]{16}$'"),
    )
    op.create_table(
        "ledger",
        sa.Column("segment", sa.String(16), primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("account", sa.BigInteger),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("call", sa.Text),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        _check("ck_ledger_n", "n > 0"),
        sa.Index("ix_ledger_account", "account", "at"),
        sa.Index("ix_ledger_at", "at"),
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(8), nullable=False),
        sa.Column("heads", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.Column("builds_on", sa.BigInteger),
        sa.Column("retires", sa.Text),
        _check("ck_ledger_checkpoints_n", "n > 0"),
        _only("ix_ledger_checkpoints_over", "builds_on IS NOT NULL", "n"),
        _only("ix_ledger_checkpoints_retiring", "retires IS NOT NULL", "n"),
    )
    op.create_table(
        "write_probe",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE")),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("hint", sa.String(12), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_why", sa.String(12), nullable=False, server_default=""),
        sa.CheckConstraint("(person_id IS NULL) = (account_id IS NULL)", name="ck_api_keys_whose"),
        sa.Index("ix_api_keys_person", "person_id", "account_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_answers",
        sa.Column("key_id", ID, sa.ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )


def _webhooks() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", ID, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("old_secret", sa.LargeBinary),
        sa.Column("old_until", sa.BigInteger),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("endpoint", ID, sa.ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("happened_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Index("ix_webhook_messages_endpoint", "endpoint", "happened_at"),
    )


def _help_desks() -> None:
    op.create_table(
        "help_desk_tickets",
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("theirs", sa.BigInteger, unique=True),
        sa.Column("part", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("status", sa.String(16), nullable=False),
    )
    op.create_table(
        "help_desk_messages",
        sa.Column("ticket", ID, sa.ForeignKey("help_desk_tickets.ticket", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(40), primary_key=True),
        sa.Column("version", sa.String(16), nullable=False),
    )
    op.create_table(
        "help_desk_left",
        sa.Column("theirs", ID, primary_key=True, autoincrement=False),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
    )
    op.create_table(
        "help_desk_transactions",
        sa.Column("theirs", ID, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Index("ix_help_desk_transactions_at", "at"),
    )
    op.create_table(
        "help_desk_positions",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
    )


def _assistants() -> None:
    op.create_table(
        "assistants",
        sa.Column("id", ID, primary_key=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("support_call", ID, sa.ForeignKey("support_calls.id", ondelete="CASCADE"), index=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), index=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("seen_at", sa.BigInteger),
        sa.Index("ix_assistants_staff", "staff_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suggested_answers",
        sa.Column("id", ID, primary_key=True),
        sa.Column("ticket", ID, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("assistant_id", ID, sa.ForeignKey("assistants.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )


def _verification_requests() -> None:
    op.create_table(
        "verification_requests",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key_id", ID, sa.ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("why", sa.String(12), nullable=False),
        sa.Column("callback", sa.BigInteger),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("until", sa.BigInteger),
        sa.Index("ix_verification_requests_person", "person_id", "made_at"),
        _only("ix_verification_requests_waiting", "ended_at IS NULL", "person_id", unique=True),
        _only("ix_verification_requests_callback", "callback IS NOT NULL", "callback"),
        sqlite_autoincrement=True,
    )


def _mail_in() -> None:
    op.create_table(
        "pending_mails",
        sa.Column("id", ID, primary_key=True),
        sa.Column("source", sa.String(64), nullable=False, unique=True),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("vouched", sa.String(64), nullable=False),
        sa.Column("automatic", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("files", sa.LargeBinary),
        sa.Column("came_at", sa.BigInteger, nullable=False, index=True),
        _only("ix_pending_mails_waiting", "state = 'waiting'", "automatic", "id"),
        sa.Index("ix_pending_mails_sender", "sender", "state"),
        _only("ix_pending_mails_vouched", "state = 'waiting'", "vouched", "id"),
        sqlite_autoincrement=True,
    )


def _change_feed() -> None:
    op.create_table(
        "account_changes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("place", sa.BigInteger, unique=True),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("account_id", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("fields", sa.Text, nullable=False),
        _only("ix_account_changes_new", "place IS NULL", "id"),
        sa.Index("ix_account_changes_account", "account_id", "at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "change_feed",
        sa.Column("name", sa.String(8), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
    )
