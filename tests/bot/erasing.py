"""Somebody of whom every table has something, and the shell beside the desk by which they are erased: for test_erased.py."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import LargeBinary, insert, select, update

from store import tables
from store.db.transaction import upsert
from store.operator.personal_data import PLACES
from store.tables import Base
from store.tables.base import SubjectText
from tests.api.asking import MIA
from tests.bot.slack_desk import SlackDesk
from tests.bot.test_mails import came
from tests.cli.conftest import Shell, light, nowhere  # noqa: F401
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent

TIDE, RAJ = 3, 7
MARK = "heron"
NAMES = (
    "Mia Chen",
    "mia@tideworks.example",
    "old.mia@tideworks.example",
    "441632960108",
    "960108",
    "U0MIA",
    "mia.chen",
    "10000081",
)
# What the accounts' invoices print is the account's, by the operator's own system and the law: docs/personal-data.md.
KEPT = {("accounts", "billing"), ("invoices", "billed")}


def everything(desk: SlackDesk) -> None:
    """A row of Mia's in every table that can hold one, each word of it marked; and what she said and what was said of her, by the front doors."""
    desk.link("U0MIA", "mia.chen")
    desk.be("U0MIA").dm(f"our site is down, call Mia Chen on 01632 960108, {MARK}")
    desk.work()
    came(desk, "mia.chen")
    kim = Agent(desk)
    kim.sign_in()
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/answer", words="Dear Mia Chen, Raj Patel knows. Kim Novak", after="waiting")
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/note", words="rang mia@tideworks.example, +44 1632 960108")
    desk.pass_time(60)
    desk.work()
    with desk.store.transaction("test") as tx:
        at = {"kind": "account", "title": "t", "body": "b", "written_by": "desk:operator", "key": "k", "at": tx.now}
        tx.connection.execute(insert(tables.notices).values(id=1, **at))
        for place in sorted(PLACES, key=lambda place: place.table is not tables.api_keys):
            row = marked(place)
            if row is not None:
                tx.connection.execute(upsert(tx, place.table).values(**row).on_conflict_do_nothing())
        j = tables.jobs
        for n, (key, payload, done) in enumerate(
            [
                ("a", {"notice": "pin_set", "person": MIA}, None),
                ("b", {"to": "mia@tideworks.example"}, None),
                ("slack_linked:T0DESK:U0MIA", {}, tx.now),
            ]
        ):
            of = {
                "kind": f"test.{n}",
                "key": key,
                "ordering_key": f"tell:T0DESK:U0MIA:{n}",
                "payload": json.dumps(payload),
            }
            tx.connection.execute(
                insert(j).values(**of, run_at=tx.now + 10**9, attempts=0, created_at=tx.now, done_at=done)
            )
        ticket = {
            "account_id": TIDE,
            "ticket": 1001,
            "asker": RAJ,
            "written_by": f"person:{RAJ}",
            "do": "add",
            "holds": "",
        }
        asked = {"name": "Mia Chen", "email": "Mia@tideworks.example", "status": "waiting", "asked_at": tx.now}
        tx.connection.execute(insert(tables.contact_requests).values(**ticket, **asked))
        words = json.dumps({"words": "for Mia Chen"})
        tx.connection.execute(insert(tables.unsent_words).values(staff_id=1, form="f", words=words, at=tx.now))
        billing = json.dumps({"name": "Mia Chen"})
        tx.connection.execute(update(tables.accounts).where(tables.accounts.c.id == TIDE).values(billing=billing))
        recorded = {"sid": "RE" + "1" * 32, "seconds": 7, "state": "here", "recorded_at": tx.now}
        sound = tx.keys.seal("recordings", b"RIFF a voice", f"recording {recorded['sid']}")
        tx.connection.execute(insert(tables.recordings).values(**recorded, sealed=sound, content_type="audio/wav"))
        m = tables.messages
        spoken = {
            "ticket": 1001,
            "author": f"person:{MIA}",
            "body": f"spoken {MARK}",
            "recording": recorded["sid"],
            "at": tx.now,
        }
        id = tx.connection.execute(insert(m).values(**spoken).returning(m.c.id)).scalar_one()
        file = {
            "message": id,
            "slack_id": "F0MIA",
            "name": "mia.chen.txt",
            "content_type": "",
            "size": 3,
            "came_at": tx.now,
        }
        sealed = tx.keys.seal("files", b"abc", f"file {id} F0MIA")
        tx.connection.execute(insert(tables.attachments).values(**file, sealed=sealed))


def marked(place: Any) -> dict[str, Any] | None:
    """A row of hers in this table: every word that goes is marked, and all else is as little as the table takes."""
    row: dict[str, Any] = {}
    deleted, table = place.erases == "delete", place.table
    for column in table.columns:
        goes = deleted or column.name in place.erases
        to = next((key.column.table.name for key in column.foreign_keys), "")
        if to == "people":
            row[column.name] = MIA
        elif isinstance(column.type, SubjectText) or column.name == "counter_key":
            row[column.name] = f"person:{MIA}"
        elif table.name == "pending_mails" and column.name == "sender":
            return None  # a mail of hers has come
        elif to or column.autoincrement is True or column is table.autoincrement_column:
            if to and (not column.nullable or (table is tables.api_keys and to == "accounts")):
                row[column.name] = {"accounts": TIDE, "tickets": 1001, "notices": 1, "api_keys": 1}.get(to, 1)
        elif isinstance(column.type, LargeBinary):
            row[column.name] = MARK.encode()
        elif column.type.python_type is str:
            if not column.nullable or goes:
                row[column.name] = (
                    "mia@tideworks.example"
                    if column.name == "email"
                    else "+441632960108"
                    if column.name == "number"
                    else (MARK + column.name)[: column.type.length or 99]
                    if goes
                    else "a"
                )
        elif not column.nullable:
            row[column.name] = column.type.python_type(1)
    return row


def everywhere(desk: SlackDesk, *words: str) -> list[tuple[str, str, str]]:
    """Table, column and word, wherever one of these stands in the whole database."""
    found = []
    for name, table in Base.metadata.tables.items():
        for row in rows(desk, select(table)):
            for column, value in zip(table.columns, row, strict=True):
                said = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                found += [(name, column.name, word) for word in words if word.lower() in said.lower()]
    return sorted(set(found))


class Erasing:
    """The shell beside the desk whose database it is."""

    def __init__(self, desk: SlackDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self.shell = desk, Shell(desk.settings.database_url, monkeypatch)

    def erase(self, *words: str) -> str:
        said = self.shell.run("person", "erase", "mia.chen", "--yes", *words)
        assert said.code == 0, said.err
        self.desk.work()
        return said.out


def ready(slack: SlackDesk, monkeypatch: pytest.MonkeyPatch) -> Erasing:
    everything(slack)
    made = Erasing(slack, monkeypatch)
    refused = made.shell.run("person", "erase", "mia.chen", "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "tickets of theirs are open: 1001; close them first" in refused.err
    assert "they are on the phone with the desk" in refused.err
    over = (update(table).values(ended_at=slack.now) for table in (tables.calls, tables.support_calls))
    change(slack, update(tables.tickets).values(status="closed"), *over)
    return made
