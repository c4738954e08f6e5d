"""Who is suspended and who was erased. No older version goes on with it: it would let in whom the operator has suspended"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("people", sa.Column("suspended_at", sa.BigInteger))
    op.add_column("people", sa.Column("erased_at", sa.BigInteger))
    op.create_table(
        "erased_names",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    )
