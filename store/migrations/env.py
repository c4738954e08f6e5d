"""Alembic's way into `store.db.schema`: the connection is handed in, one migration is one transaction."""

from alembic import context
from sqlalchemy import text

from store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(4405)"))  # several machines may start at once
    context.run_migrations()
