"""Alembic's way into `store.db.schema`: the connection is handed in, one migration is one transaction.

Afterwards the database says which older versions may go on with it: those from the newest migration on that broke with what was before. One
that leaves what they read and write as it was says so, `since = "0002"`; whatever says nothing breaks with it. docs/operating.md#upgrades
"""

from alembic import context
from sqlalchemy import inspect, text

from store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(4405)"))  # several machines may start at once
    context.run_migrations()
    if inspect(connection).has_table("schema_since"):
        applied = context.script.iterate_revisions(context.get_context().get_current_heads(), "base")
        since = max(getattr(one.module, "since", one.revision) for one in applied)
        connection.execute(text("DELETE FROM schema_since"))
        connection.execute(text("INSERT INTO schema_since (id, revision) VALUES (1, :since)"), {"since": since})
