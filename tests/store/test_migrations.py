"""A database of an older version is brought to the newest with everything that was in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, select, text

import store
from authz import Action, Ask, Grant, Proof, Topic, load_schemes
from store import Keys, open_store, tables
from store.codes import one_time_codes
from store.db.engine import make_engine
from store.db.schema import _config
from store.tickets import agent_tickets, customer_lists
from store.verification import slack_members
from tests.desk import SECRET
from tests.postgres import Server

ROWS = (
    "INSERT INTO people (id, username, name, email, support_id) VALUES (1, 'mia', 'Mia', 'mia@x.example', '10000016')",
    "INSERT INTO accounts (id, number, name, scheme, status) VALUES (1, '400', 'Tide', 'memset', 'active')",
    "INSERT INTO contacts (account_id, person_id, held) VALUES (1, 1, 'manage_users,manage_support')",
    "INSERT INTO staff (id, username, name, email, role) VALUES (1, 'kim', 'Kim', 'kim@x.example', 'agent')",
    "INSERT INTO slack_members (team, member, person_id, linked_at) VALUES ('T1', 'U1', 1, 5)",
    "INSERT INTO slack_members (team, member, staff_id, linked_at) VALUES ('T1', 'U2', 1, 5)",
    """INSERT INTO tickets (number, account_id, opened_by, topic, kind, subject, status, urgent, channel, opened_at)
       VALUES (1001, 1, 1, 'technical', 'problem', 'It is slow', 'open', false, 'phone', 7)""",
    "INSERT INTO messages (ticket, author, body, at) VALUES (1001, 'person:1', 'It is slow since noon', 7)",
    "INSERT INTO work (kind, key, payload, run_at, attempts, created_at) VALUES ('notice', 'k', '{}', 9, 0, 8)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database as the first version left it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        server: Server = request.getfixturevalue("postgres")
        url = server.create(f"old_{tmp_path.name}")
    engine, gate = make_engine(url, 1)
    with gate.held(), engine.connect() as connection:
        _to(connection, "0001")
        for row in ROWS:
            connection.execute(text(row))
        connection.commit()
    engine.dispose()
    return url


def _to(connection: Connection, version: str, go: Callable[[Config, str], None] = command.upgrade) -> None:
    config = _config()
    config.attributes["connection"] = connection
    go(config, version)


def test_everything_is_still_there(old: str) -> None:
    store.migrate(old)
    opened = open_store(old, Keys.parse(SECRET), load_schemes(), lambda: 1_000_000)
    try:
        with opened.transaction("test") as tx:
            verdict = tx.ask(Ask("person:1", Action.TICKET_VIEW, 1, Topic.TECHNICAL, Proof.VERIFIED))
            assert isinstance(verdict, Grant)
            found = customer_lists.conversation(tx, [verdict], 1001)
            assert found is not None
            assert [said.body for said in found.said] == ["It is slow since noon"]
            member = slack_members.find(tx, "T1", "U1")
            assert member is not None
            assert (member.subject, member.via, member.dm) == ("person:1", None, None)
            agent = slack_members.find(tx, "T1", "U2")
            assert agent is not None
            assert agent.subject == "staff:1"
            owed = tx.connection.execute(text("SELECT kind, key, lane, given_up FROM work")).all()
            assert [(row.kind, row.key, row.lane, bool(row.given_up)) for row in owed] == [("notice", "k", None, False)]
            assert one_time_codes.issue(tx, "link", "person:1").isdigit()
            work = tx.ask(Ask("staff:1", Action.DESK_TICKET_WORK, 1, None, Proof.NONE))
            assert isinstance(work, Grant)
            agent_tickets.answer(tx, work, 1001, "Better now?", phone=True)
        with opened.transaction("test") as tx:
            said = tx.connection.execute(text("SELECT body, internal, event, earlier FROM messages ORDER BY id")).all()
        assert [(row.body, bool(row.internal), row.event, row.earlier) for row in said] == [
            ("It is slow since noon", False, "", "[]"),
            ("Better now?", False, "", "[]"),
        ]
    finally:
        opened.close()


def test_it_goes_back_and_forth_with_what_contacts_hold(old: str) -> None:
    engine, gate = make_engine(old, 1)
    both = "manage_support", "manage_users"
    with gate.held(), engine.connect() as connection:
        for _ in range(2):
            _to(connection, "0005")
            assert connection.execute(select(tables.contact_rights).order_by("right")).all() == [
                (1, 1, word) for word in both
            ]
            _to(connection, "0004", command.downgrade)
            assert connection.execute(text("SELECT held FROM contacts")).scalars().all() == [",".join(both)]
    engine.dispose()


def test_it_is_the_same_as_a_new_one(old: str) -> None:
    """Column by column: what a new database has, this one has."""
    store.migrate(old)
    engine, _ = make_engine(old, 1)
    seen = inspect(engine)
    for name, table in store.tables.Base.metadata.tables.items():
        assert {column["name"] for column in seen.get_columns(name)} == {column.name for column in table.c}, name
    engine.dispose()
