"""What Slack needs: places of tickets, files, links, installations, loans

Columns that are never empty begin with a default, for the rows that are there already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_codes")),
    )
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_codes_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_codes_subject"), ["subject"], unique=False)

    op.create_table(
        "install_states",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_install_states")),
    )
    with op.batch_alter_table("install_states", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_install_states_at"), ["at"], unique=False)

    op.create_table(
        "installations",
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bot_user", sa.String(length=32), nullable=False),
        sa.Column("bot_id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_installations")),
    )
    op.create_table(
        "posts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_posts")),
    )
    op.create_table(
        "account_teams",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_teams_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "team", name=op.f("pk_account_teams")),
    )
    op.create_table(
        "loan_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asker", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cell", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_loan_requests_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["people.id"], name=op.f("fk_loan_requests_answered_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["asker"], ["people.id"], name=op.f("fk_loan_requests_asker"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_requests")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("loan_requests", schema=None) as batch_op:
        batch_op.create_index("ix_loan_requests_asker", ["asker", "asked_at"], unique=False)

    op.create_table(
        "assignments",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignments_staff_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_assignments_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_assignments")),
    )
    op.create_table(
        "loans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lender", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("borrower", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cell", sa.String(length=32), nullable=False),
        sa.Column("one_ticket", sa.Boolean(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lent_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_loans_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["borrower"], ["people.id"], name=op.f("fk_loans_borrower"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lender"], ["people.id"], name=op.f("fk_loans_lender"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_loans_ticket"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("loans", schema=None) as batch_op:
        batch_op.create_index("ix_loans_borrower", ["borrower", "account_id"], unique=False)

    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("thread", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_places_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_places_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("team", "channel", "thread", name=op.f("uq_places_team_channel_thread")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_places_ticket"), ["ticket"], unique=False)

    op.create_table(
        "files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slack_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_files_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("message", "slack_id", name=op.f("uq_files_message_slack_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_files_message"), ["message"], unique=False)

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event", sa.String(length=16), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("internal", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("source", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("earlier", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("withdrawn_at", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_messages_source", ["source"], unique=True)

    with op.batch_alter_table("slack_members", schema=None) as batch_op:
        batch_op.add_column(sa.Column("linked_by", sa.String(length=8), nullable=False, server_default="import"))
        batch_op.add_column(sa.Column("via", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("dm", sa.String(length=32), nullable=True))

    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lane", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("given_up", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(
            "ix_work_lane",
            ["lane", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_work_lane", sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL")
        )
        batch_op.drop_column("given_up")
        batch_op.drop_column("lane")

    with op.batch_alter_table("slack_members", schema=None) as batch_op:
        batch_op.drop_column("dm")
        batch_op.drop_column("via")
        batch_op.drop_column("linked_by")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_source")
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("earlier")
        batch_op.drop_column("source")
        batch_op.drop_column("internal")
        batch_op.drop_column("event")

    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_files_message"))

    op.drop_table("files")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_places_ticket"))

    op.drop_table("places")
    with op.batch_alter_table("loans", schema=None) as batch_op:
        batch_op.drop_index("ix_loans_borrower")

    op.drop_table("loans")
    op.drop_table("assignments")
    with op.batch_alter_table("loan_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_loan_requests_asker")

    op.drop_table("loan_requests")
    op.drop_table("account_teams")
    op.drop_table("posts")
    op.drop_table("installations")
    with op.batch_alter_table("install_states", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_install_states_at"))

    op.drop_table("install_states")
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_codes_subject"))
        batch_op.drop_index(batch_op.f("ix_codes_expires_at"))

    op.drop_table("codes")
