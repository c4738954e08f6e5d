"""A database of an older version is brought to the newest with everything that was in it, and is then as the tables say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

import store
from authz import Action, Ask, Grant, Proof, Subject, Topic, load_schemes
from store import Keys, open_store
from store.db.engine import make_engine
from store.db.schema import _config
from store.tables import Base
from store.tickets import agent_tickets, customer_lists
from store.verification import slack_members
from tests.desk import SECRET
from tests.postgres import Server

ROWS: Final = (  # as the first version wrote them
    "INSERT INTO people (id, username, name, email, support_id) VALUES (1, 'mia', 'Mia', 'mia@x.example', '10000016')",
    "INSERT INTO accounts (id, number, name, scheme, status) VALUES (1, '400', 'Tide', 'memset', 'active')",
    "INSERT INTO contacts (account_id, person_id) VALUES (1, 1)",
    """INSERT INTO contact_rights (account_id, person_id, "right") VALUES (1, 1, 'manage_support')""",
    "INSERT INTO staff (id, username, name, email, role) VALUES (1, 'kim', 'Kim', 'kim@x.example', 'agent')",
    "INSERT INTO slack_members (team, member, person_id, linked_at, linked_by) VALUES ('T1', 'U1', 1, 5, 'import')",
    """INSERT INTO tickets (account_id, opened_by, topic, kind, title, status, channel, opened_at)
       VALUES (1, 1, 'technical', 'problem', 'It is slow', 'open', 'phone', 7)""",
    """INSERT INTO messages (ticket, author, body, at, event, internal, earlier)
       VALUES (1001, 'person:1', 'It is slow since noon', 7, '', false, '[]')""",
)
# What a database is made of, in its own words. The order of columns is left out: one that is added stands last.
FACTS: Final = {
    "sqlite": {
        "tables": """SELECT name, wr, strict, sql LIKE '%AUTOINCREMENT%' FROM pragma_table_list JOIN sqlite_master USING (name)""",
        "columns": """SELECT t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
            FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c""",
        "foreign keys": """SELECT t.name, k.seq, k."from", k."table", k."to", k.on_update, k.on_delete
            FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS k""",
        "keys": """SELECT t.name, i.origin, (SELECT group_concat(name) FROM pragma_index_info(i.name))
            FROM pragma_table_list AS t, pragma_index_list(t.name) AS i WHERE i."unique" = 1""",
        "indices": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL",
    },
    "postgresql": {
        "columns": """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,
            collation_name FROM information_schema.columns WHERE table_schema = 'public'""",
        "constraints": """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace""",
        "indices": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "triggers": "SELECT tgrelid::regclass, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    },
}


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The URL of a database as the first version left it, and of an empty one of the same kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}", f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: Server = request.getfixturevalue("postgres")
        yield server.create(f"old_{tmp_path.name}"), server.create(f"empty_{tmp_path.name}")


@pytest.fixture
def old(databases: tuple[str, str]) -> str:
    engine, gate = make_engine(databases[0], 1)
    with gate.locked(), engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in ROWS:
            connection.execute(text(row))
        connection.commit()
    engine.dispose()
    return databases[0]


def test_everything_is_still_there(old: str) -> None:
    store.migrate(old)
    opened = open_store(old, Keys.parse(SECRET), load_schemes(), lambda: 1_000_000)
    try:
        with opened.transaction("test") as tx:
            verdict = tx.ask(Ask(Subject("person:1"), Action.TICKET_VIEW, 1, Topic.TECHNICAL, Proof.VERIFIED))
            assert isinstance(verdict, Grant)
            found = customer_lists.conversation(tx, [verdict], 1001)
            assert found is not None
            assert [said.body for said in found.said] == ["It is slow since noon"]
            member = slack_members.find(tx, "T1", "U1")
            assert member is not None
            assert (member.subject, member.via, member.dm) == ("person:1", None, None)
            work = tx.ask(Ask(Subject("staff:1"), Action.DESK_TICKET_WORK, 1, None, Proof.NONE))
            assert isinstance(work, Grant)
            agent_tickets.answer(tx, work, 1001, "Better now?", phone=True)
    finally:
        opened.close()


def test_it_is_as_the_tables_say(old: str, databases: tuple[str, str]) -> None:
    store.migrate(old)
    engines = [create_engine(url, poolclass=NullPool) for url in databases]
    Base.metadata.create_all(engines[1])
    migrated, made = map(_facts, engines)
    assert {"of the migrations alone": migrated - made, "of the tables alone": made - migrated} == {
        "of the migrations alone": set(),
        "of the tables alone": set(),
    }


def _facts(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        found = [fact for name, query in FACTS[engine.dialect.name].items() for fact in _read(connection, name, query)]
    assert len(found) > 500
    return {fact for fact in found if " alembic_version " not in fact}


def _read(connection: Connection, name: str, query: str) -> Iterator[str]:
    for row in connection.execute(text(query)):
        yield " ".join([name, *(str(value).replace('"', "") for value in row)])
