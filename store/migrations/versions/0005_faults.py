"""What a day of use and attack found missing in the tables: one migration for all of it, before anything is released"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Compared byte by byte, so that what begins alike is a range of the index whatever the database's own order is.
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _budgets()
    _codes()
    op.add_column("legs", sa.Column("call", sa.String(length=34), nullable=True))
    op.add_column("recordings", sa.Column("state", sa.String(length=8), nullable=False, server_default="waiting"))
    _add_reference("calls", "proved_by", "people.id", "SET NULL")
    op.create_index(op.f("ix_calls_proved_by"), "calls", ["proved_by"])
    op.execute("UPDATE recordings SET state = 'here' WHERE sealed IS NOT NULL")
    op.add_column("work", sa.Column("retried_at", sa.BigInteger(), nullable=True))
    sqlite, postgresql = sa.text("given_up = 1"), sa.text("given_up")
    op.create_index("ix_work_given_up", "work", ["lane"], sqlite_where=sqlite, postgresql_where=postgresql)
    _add_reference("step_ups", "came_of", "step_ups.id", "CASCADE")
    came_of = sa.text("came_of IS NOT NULL")
    op.create_index("ix_step_ups_came_of", "step_ups", ["came_of"], sqlite_where=came_of, postgresql_where=came_of)
    _add_reference("approvals", "ticket", "tickets.number", "SET NULL")
    op.alter_column("call_backs", "account_id", new_column_name="account")
    _add_reference("call_backs", "account_id", "accounts.id", "CASCADE")
    op.execute("UPDATE call_backs SET account_id = account WHERE account IN (SELECT id FROM accounts)")
    op.drop_column("call_backs", "account")
    op.add_column("authenticators", sa.Column("ends_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_authenticators_ends_at"), "authenticators", ["ends_at"])
    op.add_column("people", sa.Column("email_since", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_people_username_lower", "people", [sa.text("lower(username)")])
    _ledger()
    _answers()
    _words()
    _growth()
    _forms()
    _rights()
    op.add_column("staff", sa.Column("let_on", sa.BigInteger(), server_default="0", nullable=False))
    # What was held before was seen by no customer, as what is pending is not. Not in a batch, as above.
    op.add_column("tickets", sa.Column("held_as", sa.Text(), nullable=True))
    op.execute("UPDATE tickets SET held_as = 'pending' WHERE status = 'held'")
    op.add_column("rings", sa.Column("threatened", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("alerts", sa.Column("times", sa.Integer(), server_default="1", nullable=False))
    op.add_column("rings", sa.Column("claimed_late", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("rings", "claimed_late")
    op.drop_column("alerts", "times")
    op.drop_column("rings", "threatened")
    op.drop_column("tickets", "held_as")
    op.drop_column("staff", "let_on")
    _no_rights()
    _no_forms()
    _no_growth()
    _no_words()
    _no_answers()
    _no_ledger()
    op.drop_index("ix_people_username_lower", "people")
    op.drop_column("people", "email_since")
    op.drop_index(op.f("ix_authenticators_ends_at"), "authenticators")
    op.drop_column("authenticators", "ends_at")
    op.drop_column("approvals", "ticket")
    op.add_column("call_backs", sa.Column("account", sa.BigInteger(), nullable=True))
    op.execute("UPDATE call_backs SET account = account_id")
    op.drop_column("call_backs", "account_id")
    op.alter_column("call_backs", "account", new_column_name="account_id")
    op.drop_index("ix_step_ups_came_of", "step_ups")
    op.drop_column("step_ups", "came_of")
    op.drop_index("ix_work_given_up", "work")
    op.drop_column("work", "retried_at")
    op.drop_index(op.f("ix_calls_proved_by"), "calls")
    op.drop_column("calls", "proved_by")
    op.drop_column("legs", "call")
    op.drop_column("recordings", "state")
    op.drop_index("ix_codes_live", "codes")
    _no_budgets()


def _add_reference(table: str, name: str, to: str, gone: str) -> None:
    """A column with its foreign key: by itself, as a key for a column that is there SQLite takes by copying the table alone."""
    key = sa.ForeignKey(to, name=op.f(f"fk_{table}_{name}"), ondelete=gone)
    id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column(table, sa.Column(name, id, key, nullable=True), inline_references=True)


def _forms() -> None:
    """Forms of the desk's page that were sent, so that each does once what it says; and what was typed into those not taken."""
    op.create_table(
        "sent_forms",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("led", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sent_forms")),
    )
    op.create_index(op.f("ix_sent_forms_at"), "sent_forms", ["at"])
    op.create_table(
        "unsent_words",
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_unsent_words_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", "form", name=op.f("pk_unsent_words")),
    )
    op.create_index(op.f("ix_unsent_words_at"), "unsent_words", ["at"])


def _no_forms() -> None:
    op.drop_index(op.f("ix_unsent_words_at"), "unsent_words")
    op.drop_table("unsent_words")
    op.drop_index(op.f("ix_sent_forms_at"), "sent_forms")
    op.drop_table("sent_forms")


def _rights() -> None:
    """A row for each word that a contact holds, so that who may do something is looked up by an index."""
    id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    rights = op.create_table(
        "contact_rights",
        sa.Column("account_id", id, nullable=False),
        sa.Column("person_id", id, nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "person_id"],
            ["contacts.account_id", "contacts.person_id"],
            name=op.f("fk_contact_rights_account_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "person_id", "right", name=op.f("pk_contact_rights")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_rights_right", "contact_rights", ["account_id", "right", "person_id"])
    contacts = op.get_bind().execute(sa.text("SELECT account_id, person_id, held FROM contacts WHERE held <> ''")).all()
    op.bulk_insert(
        rights,
        [
            {"account_id": account, "person_id": person, "right": word}
            for account, person, held in contacts
            for word in held.split(",")
        ],
    )
    op.drop_column("contacts", "held")


def _no_rights() -> None:
    """In the order of the alphabet, where it was the scheme's."""
    op.add_column("contacts", sa.Column("held", sa.Text(), server_default="", nullable=False))
    joined = (
        "group_concat(word, ',')" if op.get_bind().dialect.name == "sqlite" else "string_agg(word, ',' ORDER BY word)"
    )
    op.execute(
        f"UPDATE contacts SET held = coalesce((SELECT {joined} FROM"  # noqa: S608 - two functions by name
        ' (SELECT r."right" AS word FROM contact_rights AS r WHERE r.account_id = contacts.account_id'
        " AND r.person_id = contacts.person_id ORDER BY r.\"right\") AS words), '')"
    )
    op.drop_index("ix_contact_rights_right", "contact_rights")
    op.drop_table("contact_rights")


def _ledger() -> None:
    """Checkpoints that pass over a bad one, and that retire keys; lanes whose own row is signed; rows that no reading would come to
    are refused (on SQLite a check would copy the table: there `audit verify` alone finds them); the pulse; which key the desk's two
    words were made with."""
    op.add_column("ledger_lanes", sa.Column("mac", sa.LargeBinary(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        for name, table, holds in _CHECKS:
            op.create_check_constraint(name, table, holds)
    op.add_column("ledger_checkpoints", sa.Column("builds_on", sa.BigInteger(), nullable=True))
    op.add_column("ledger_checkpoints", sa.Column("retires", sa.Text(), nullable=True))
    retires = sa.text("retires IS NOT NULL")
    op.create_index(
        "ix_ledger_checkpoints_retiring", "ledger_checkpoints", ["n"], sqlite_where=retires, postgresql_where=retires
    )
    op.create_table(
        "pulse",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse")),
    )
    op.add_column("rings", sa.Column("words_key", sa.String(length=8), nullable=True))
    op.add_column("call_backs", sa.Column("words_key", sa.String(length=8), nullable=True))


_CHECKS = (
    ("ck_ledger_n", "ledger", "n > 0"),
    ("ck_ledger_lanes_id", "ledger_lanes", "id ~ '^[0-9a-f]{16}$'"),
    ("ck_ledger_checkpoints_n", "ledger_checkpoints", "n > 0"),
)


def _no_ledger() -> None:
    op.drop_column("call_backs", "words_key")
    op.drop_column("rings", "words_key")
    op.drop_table("pulse")
    op.drop_index("ix_ledger_checkpoints_retiring", "ledger_checkpoints")
    op.drop_column("ledger_checkpoints", "retires")
    op.drop_column("ledger_checkpoints", "builds_on")
    if op.get_bind().dialect.name == "postgresql":
        for name, table, _ in _CHECKS:
            op.drop_constraint(name, table, type_="check")
    op.drop_column("ledger_lanes", "mac")


def _budgets() -> None:
    """Whatever may be done only so often has budgets that fill by the clock, in place of windows of the calendar."""
    op.drop_table("pin_budgets")
    for name in ("minute", "minute_n"):
        op.drop_column("pin_guards", name)
    op.create_table(
        "budgets",
        sa.Column("name", BYTEWISE, nullable=False),
        sa.Column("whole_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_budgets")),
    )
    op.create_index(op.f("ix_budgets_whole_at"), "budgets", ["whole_at"])


def _no_budgets() -> None:
    op.drop_index(op.f("ix_budgets_whole_at"), "budgets")
    op.drop_table("budgets")
    op.add_column("pin_guards", sa.Column("minute", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("pin_guards", sa.Column("minute_n", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "pin_budgets",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("span", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "span", "start", name=op.f("pk_pin_budgets")),
    )


def _answers() -> None:
    """What became of each answer of the desk's, and how a ticket's requester had proved who they were."""
    op.add_column("tickets", sa.Column("proof", sa.String(length=12), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("factor", sa.String(length=16), nullable=False, server_default=""))
    op.create_table(
        "answer_states",
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["message"], ["messages.id"], name=op.f("fk_answer_states_message_messages"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["place"], ["places.id"], name=op.f("fk_answer_states_place"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_answer_states")),
    )
    op.create_index(op.f("ix_answer_states_at"), "answer_states", ["at"])


def _no_answers() -> None:
    op.drop_index(op.f("ix_answer_states_at"), "answer_states")
    op.drop_table("answer_states")
    op.drop_column("tickets", "factor")
    op.drop_column("tickets", "proof")


def _codes() -> None:
    """Of a kind a subject has one code at most that is not used. Where two at once had made two, the later stays."""
    op.execute(
        "UPDATE codes SET used_at = made_at WHERE used_at IS NULL AND EXISTS (SELECT 1 FROM codes AS later"
        " WHERE later.kind = codes.kind AND later.subject = codes.subject AND later.used_at IS NULL"
        " AND (later.made_at > codes.made_at OR (later.made_at = codes.made_at AND later.digest > codes.digest)))"
    )
    live = sa.text("used_at IS NULL")
    op.create_index(
        "ix_codes_live", "codes", ["kind", "subject"], unique=True, sqlite_where=live, postgresql_where=live
    )


def _words() -> None:
    """Subjects that are a ticket's own first words, and which answers of ours hold words."""
    # Not in a batch: on SQLite that would copy the table, and ticket numbers would begin anew.
    op.add_column("tickets", sa.Column("titled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "quotes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("about", BYTEWISE, nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_quotes_about"), "quotes", ["about"])
    op.create_index(op.f("ix_quotes_post"), "quotes", ["post"])
    op.create_index(op.f("ix_quotes_at"), "quotes", ["at"])
    op.create_index(op.f("ix_files_slack_id"), "files", ["slack_id"])


def _no_words() -> None:
    op.drop_index(op.f("ix_files_slack_id"), "files")
    op.drop_index(op.f("ix_quotes_at"), "quotes")
    op.drop_index(op.f("ix_quotes_post"), "quotes")
    op.drop_index(op.f("ix_quotes_about"), "quotes")
    op.drop_table("quotes")
    op.drop_column("tickets", "titled")


_INDICES: dict[str, tuple[str, list[str | sa.TextClause], str]] = {  # name -> table, columns, and of which rows alone
    "ix_account_teams_team": ("account_teams", ["team"], ""),
    "ix_approvals_person": ("approvals", ["person_id", "made_at"], ""),
    "ix_assignments_staff": ("assignments", ["staff_id", "ticket"], ""),
    "ix_alerts_seen_at": ("alerts", ["seen_at"], ""),
    "ix_call_backs_ended_at": ("call_backs", ["ended_at"], ""),
    "ix_calls_answered": ("calls", ["ended_at"], "answer IS NOT NULL"),
    "ix_ledger_account": ("ledger", ["account", "at"], ""),
    "ix_ledger_at": ("ledger", ["at"], ""),
    "ix_ledger_checkpoints_over": ("ledger_checkpoints", ["n"], "builds_on IS NOT NULL"),
    "ix_legs_live": ("legs", ["number"], "gone_at IS NULL"),
    "ix_loan_requests_account": ("loan_requests", ["account_id", "status"], ""),
    "ix_loans_live": ("loans", ["account_id"], "ended_at IS NULL"),
    "ix_old_emails_replaced_at": ("old_emails", ["replaced_at"], ""),
    "ix_pin_guards_decoys": ("pin_guards", ["seen_at"], "NOT real"),
    "ix_pin_guards_locked_until": ("pin_guards", ["locked_until"], "locked_until IS NOT NULL"),
    "ix_posts_channel": ("posts", ["team", "channel"], ""),
    "ix_rings_ended_at": ("rings", ["ended_at"], ""),
    "ix_second_looks_answered_at": ("second_looks", ["answered_at"], ""),
    "ix_second_looks_asked_at": ("second_looks", ["asked_at"], ""),
    "ix_slack_members_staff": ("slack_members", ["staff_id"], "staff_id IS NOT NULL"),
    "ix_tickets_queue": ("tickets", ["status", sa.text("urgent DESC"), "number"], ""),
    "ix_tickets_status": ("tickets", ["status", "number"], ""),
    "ix_work_done": ("work", ["done_at"], "done_at IS NOT NULL"),
    "ix_work_kind_due": ("work", ["kind", "run_at"], "done_at IS NULL"),
}
_REPLACED = {
    "ix_legs_number": ("legs", "number"),
    "ix_pin_guards_seen_at": ("pin_guards", "seen_at"),
    "ix_slack_members_staff_id": ("slack_members", "staff_id"),
}
_BYTEWISE = (("posts", "key"), ("messages", "source"), ("early_edits", "source"))
_ON_SQLITE = {"NOT real": "real = 0"}  # as SQLAlchemy asks it there


def _growth() -> None:
    """What every statement of the service is looked up by, however much there is."""
    for name, (table, columns, where) in _INDICES.items():
        sqlite, postgresql = (sa.text(word) if where else None for word in (_ON_SQLITE.get(where, where), where))
        op.create_index(name, table, columns, sqlite_where=sqlite, postgresql_where=postgresql)
    for name, (table, _) in _REPLACED.items():
        op.drop_index(name, table)
    _compared("C")


def _no_growth() -> None:
    _compared(None)
    for name, (table, column) in _REPLACED.items():
        op.create_index(op.f(name), table, [column])
    for name, (table, _, _) in _INDICES.items():
        op.drop_index(name, table)


def _compared(collation: str | None) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite compares bytes
        for table, column in _BYTEWISE:
            op.alter_column(table, column, type_=sa.Text(collation=collation))
