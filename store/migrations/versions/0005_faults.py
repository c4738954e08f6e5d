"""What a day of use and attack found missing in the tables: one migration for all of it, before anything is released"""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
