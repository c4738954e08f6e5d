"""Edits in Slack in their order, those that come before their message, and which version of a post stands"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "early_edits",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("edited", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_early_edits")),
    )
    with op.batch_alter_table("early_edits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_early_edits_at"), ["at"], unique=False)
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edited", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.add_column(sa.Column("member_team", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("member", sa.String(length=32), nullable=True))
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("ix_tickets_opened_by", ["opened_by", "status"], unique=False)
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_opened_by")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_column("member")
        batch_op.drop_column("member_team")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_column("version")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_column("edited")
    with op.batch_alter_table("early_edits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_early_edits_at"))
    op.drop_table("early_edits")
