"""The agents' side: second proofs, calls that go both ways, signing in, what the desk is warned of"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "switches",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("same", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen_by", ID, nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_alerts_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_alerts_seen_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("same", name=op.f("uq_alerts_same")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_subject"), ["subject"], unique=False)

    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("call", sa.String(length=34), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_approvals_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_approvals_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approvals_call"), ["call"], unique=False)
        batch_op.create_index(batch_op.f("ix_approvals_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "authenticators",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_authenticators_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_authenticators")),
    )
    op.create_table(
        "old_emails",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_old_emails_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "email", name=op.f("pk_old_emails")),
    )
    op.create_table(
        "readings",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_readings_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_readings_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_readings_at"), ["at"], unique=False)
        batch_op.create_index("ix_readings_staff", ["staff_id", "at"], unique=False)

    op.create_table(
        "second_looks",
        sa.Column("id", ID, nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["staff.id"], name=op.f("fk_second_looks_answered_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_second_looks_asked_by"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_looks")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_logins",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("authenticator", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_logins_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_logins")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_sessions")),
    )
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_sessions_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "step_ups",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("factor", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_step_ups_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_step_ups_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_ups")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("step_ups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_ups_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index("ix_step_ups_person", ["person_id", "account_id"], unique=False)

    op.create_table(
        "text_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_text_messages_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_messages")),
    )
    with op.batch_alter_table("text_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_text_messages_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_text_messages_person_id"), ["person_id"], unique=False)

    op.create_table(
        "call_backs",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket", ID, nullable=True),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("call", sa.String(length=34), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_call_backs_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_call_backs_staff_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name=op.f("fk_call_backs_ticket"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_backs")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("call_backs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_backs_call"), ["call"], unique=False)
        batch_op.create_index("ix_call_backs_person", ["person_id", "made_at"], unique=False)

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decoy", sa.Boolean(), server_default="0", nullable=False))

    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.add_column(sa.Column("duress", sa.LargeBinary(), nullable=True))

    with op.batch_alter_table("rings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("taken_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("met_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("staff_id", ID, nullable=True))
        batch_op.add_column(sa.Column("own_number", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("call_back", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("asked", sa.String(length=8), server_default="", nullable=False))
        batch_op.add_column(sa.Column("asked_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("told", sa.String(length=8), server_default="", nullable=False))
        batch_op.add_column(sa.Column("ending", sa.String(length=16), server_default="", nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_rings_staff_id"), "staff", ["staff_id"], ["id"], ondelete="SET NULL")

    op.create_table(
        "legs",
        sa.Column("ring", ID, nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("rung_at", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("took", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["ring"], ["rings.id"], name=op.f("fk_legs_ring"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ring", "leg", name=op.f("pk_legs")),
    )
    with op.batch_alter_table("legs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legs_number"), ["number"], unique=False)

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("suspended_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_column("suspended_at")
        batch_op.drop_column("phone")

    with op.batch_alter_table("legs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legs_number"))

    op.drop_table("legs")
    with op.batch_alter_table("rings", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_rings_staff_id"), type_="foreignkey")
        batch_op.drop_column("ending")
        batch_op.drop_column("told")
        batch_op.drop_column("asked_at")
        batch_op.drop_column("asked")
        batch_op.drop_column("call_back")
        batch_op.drop_column("own_number")
        batch_op.drop_column("staff_id")
        batch_op.drop_column("met_at")
        batch_op.drop_column("taken_at")
        batch_op.drop_column("seen_at")

    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.drop_column("duress")

    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.drop_column("tries")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_column("decoy")

    with op.batch_alter_table("call_backs", schema=None) as batch_op:
        batch_op.drop_index("ix_call_backs_person")
        batch_op.drop_index(batch_op.f("ix_call_backs_call"))

    op.drop_table("call_backs")
    with op.batch_alter_table("text_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_text_messages_person_id"))
        batch_op.drop_index(batch_op.f("ix_text_messages_at"))

    op.drop_table("text_messages")
    with op.batch_alter_table("step_ups", schema=None) as batch_op:
        batch_op.drop_index("ix_step_ups_person")
        batch_op.drop_index(batch_op.f("ix_step_ups_ends_at"))

    op.drop_table("step_ups")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_sessions_staff_id"))

    op.drop_table("staff_sessions")
    op.drop_table("staff_logins")
    op.drop_table("second_looks")
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.drop_index("ix_readings_staff")
        batch_op.drop_index(batch_op.f("ix_readings_at"))

    op.drop_table("readings")
    op.drop_table("old_emails")
    op.drop_table("authenticators")
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approvals_expires_at"))
        batch_op.drop_index(batch_op.f("ix_approvals_call"))

    op.drop_table("approvals")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_subject"))
        batch_op.drop_index(batch_op.f("ix_alerts_at"))
        batch_op.drop_index(batch_op.f("ix_alerts_account_id"))

    op.drop_table("alerts")
    op.drop_table("switches")
