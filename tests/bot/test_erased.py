"""A person is erased: nothing in the database names them any more but what docs/personal-data.md says, and every channel takes them for a stranger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from store import Store, tables
from store.operator import erasure, person_words
from store.operator.personal_data import PLACES
from store.tables import Base
from store.tables.base import SubjectText
from tests.api.asking import MIA, TIDEWORKS, customers
from tests.bot.erasing import KEPT, MARK, NAMES, RAJ, TIDE, Erasing, everywhere, ready
from tests.bot.slack_desk import SlackDesk
from tests.cli.conftest import Shell, light, nowhere  # noqa: F401
from tests.ivr.wire import rows
from tests.portal.browsing import Agent


@pytest.fixture
def on_both(slack: SlackDesk, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Erasing:  # noqa: F811
    return ready(slack, monkeypatch)


@pytest.fixture
def erasing(slack_once: SlackDesk, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Erasing:  # noqa: F811
    return ready(slack_once, monkeypatch)


def test_nothing_in_the_database_names_them_any_more(on_both: Erasing) -> None:
    """Every table, every column, on both databases; the ledger's chain is whole before and after."""
    erasing, desk, shell = on_both, on_both.desk, on_both.shell
    before = everywhere(desk, *NAMES)
    assert {table for table, _, _ in before} > {"people", "phones", "messages", "slack_members", "jobs", "callbacks"}
    assert {place.table.name for place in PLACES if place.erases} <= {
        table for table, _, _ in everywhere(desk, MARK, *NAMES)
    } | {
        *(
            "pins",
            "pin_guards",
            "authenticators",
            "person_sessions",
            "person_logins",
            "mail_preferences",
            "codes",
            "step_ups",
        ),
        *("approvals", "vouches", "calls", "pending_mails", "login_details", "notice_recipients"),
    }
    assert shell.run("audit", "verify").code == 0
    out = erasing.erase()
    assert "mia.chen is erased." in out
    assert [one for one in everywhere(desk, *NAMES) if one[:2] not in KEPT] == []
    assert {one[:2] for one in everywhere(desk, MARK)} == {
        ("messages", "body"),
        ("ticket_words", "word"),
        ("tickets", "title"),
    }
    assert shell.run("audit", "verify").code == 0
    for place in PLACES:
        if place.erases == "delete":
            left = [row for row in rows(desk, select(place.table)) if _is_hers(place.table, row)]
            assert left == [], place.section


def test_what_is_to_be_done_for_others_is_still_done(erasing: Erasing) -> None:
    """Whatever word their username is, and whoever's address ends as theirs does or is theirs as well: nobody but they loses a mail, a call or a warning."""
    p, n, j = tables.people, tables.phones, tables.jobs
    shared = "+441632960108"
    others = [
        ("pin_set:7:x", {"notice": "pin_set", "person": RAJ}),
        ("to:their", {"to": "jo.mia@tideworks.example"}),
        ("shared", {"number": shared}),
    ]
    theirs = [("hers", {"to": ["Mia@Tideworks.example"]}), ("umlaut", {"words": "for m\u00fcller@tideworks.example,"})]
    with erasing.desk.store.transaction("test") as tx:
        tx.connection.execute(update(p).where(p.c.id == MIA).values(username="notice"))
        tx.connection.execute(
            insert(tables.old_emails).values(person_id=MIA, email="m\u00fcller@tideworks.example", replaced_at=1)
        )
        tx.connection.execute(insert(n).values(person_id=RAJ, number=shared, added_at=1))
        for key, payload in others + theirs:
            job = {"kind": "notice", "key": key, "payload": json.dumps(payload), "run_at": tx.now + 10**9}
            tx.connection.execute(insert(j).values(**job, attempts=0, created_at=tx.now))
    said = erasing.shell.run("person", "erase", "notice", "--yes")
    assert said.code == 0, said.err
    kept = rows(erasing.desk, select(j.c.key).where(j.c.key.in_([key for key, _ in others + theirs])))
    assert {key for (key,) in kept} == {key for key, _ in others}


def _is_hers(table: Any, row: Any) -> bool:
    for column, value in zip(table.columns, row, strict=True):
        of_people = any(key.column.table is tables.people for key in column.foreign_keys)
        if (of_people and value == MIA) or (isinstance(column.type, SubjectText) and value == f"person:{MIA}"):
            return True
    return False


def test_with_words_what_they_said_goes_as_well(erasing: Erasing) -> None:
    erasing.erase("--words")
    assert [one for one in everywhere(erasing.desk, MARK, *NAMES) if one[:2] not in KEPT] == []
    t, m = tables.tickets.c, tables.messages.c
    assert rows(erasing.desk, select(t.title, t.opened_by)) == [("(removed)", MIA)]
    said = [body for (body,) in rows(erasing.desk, select(m.body).order_by(m.id))]
    assert "Dear a former contact, Raj Patel knows. Kim Novak" in said


def test_sound_and_files_go_here_at_twilio_and_a_file_loses_its_name(erasing: Erasing) -> None:
    erasing.erase()
    r, f, j = tables.recordings.c, tables.attachments.c, tables.jobs.c
    assert rows(erasing.desk, select(r.state, r.sealed)) == [("removed", None)]
    assert rows(erasing.desk, select(f.name, f.sealed)) == [("", None)]
    assert rows(erasing.desk, select(j.key).where(j.kind == "remove_recording")) != []


def test_a_second_time_finds_nobody_and_the_name_is_nobodys(erasing: Erasing, tmp_path: Path) -> None:
    erasing.erase()
    shell = erasing.shell
    assert "nobody called mia.chen" in shell.refuses("person", "erase", "mia.chen", "--yes")
    assert "nobody called mia.chen" in shell.refuses("person", "report", "mia.chen")
    assert [one["username"] for one in shell.run("person", "list", "--json").json].count("mia.chen") == 0
    people = tmp_path / "again.json"
    for username, support_id, fault in (
        ("mia.chen", None, "people[0].username: mia.chen was erased here"),
        ("new.one", "10000081", "people[0].support_id: 10000081 was that of somebody who was erased"),
    ):
        new = {"username": username, "name": "N", "email": "n@x.example"} | (
            {"support_id": support_id} if support_id else {}
        )
        people.write_text(json.dumps({"people": [new]}))
        assert fault in shell.run("import", str(people)).err
    assert "no longer" not in shell.run("person", "show", f"person:{MIA}").err
    assert "erased" in shell.run("person", "show", f"person:{MIA}").out


def test_every_channel_takes_them_for_a_stranger(erasing: Erasing) -> None:
    desk = erasing.desk
    program = customers(desk, RAJ, TIDEWORKS)
    erasing.erase()
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    phone.press("#")
    phone.press("17846325#")
    assert "Press 1" not in " ".join(phone.heard)
    seen = len(desk.read("U0MIA"))
    desk.be("U0MIA").dm("what is on my account?")
    desk.work()
    assert "Tideworks" not in "\n".join(desk.read("U0MIA")[seen:])
    assert program.get("/key").status_code == 200  # a colleague's goes on
    ana = Agent(desk, "lead.ana")
    ana.sign_in()
    page = ana.get("/desk/tickets/1001").text
    assert "a former contact" in page
    assert not [name for name in NAMES if name in page]


def test_a_report_has_all_of_it_and_nobody_else(erasing: Erasing, tmp_path: Path) -> None:
    out, folder = tmp_path / "mia.json", tmp_path / "files"
    said = erasing.shell.run("person", "report", "mia.chen", "--out", str(out), "--files", str(folder))
    assert said.code == 0, said.err
    found = json.loads(out.read_text())
    assert {place.section.replace(" ", "_") for place in PLACES} - set(found) == set()
    (ticket,) = found["tickets"]
    assert [one["by"] for one in ticket["said"] if one["words"]] == ["this person", "the desk", "this person"]
    answer = next(one["words"] for one in ticket["said"] if one["by"] == "the desk" and one["words"])
    assert answer == "Dear Mia Chen, another contact knows. the desk"
    everything_written = out.read_text() + out.with_suffix(".txt").read_text()
    assert not [
        name
        for name in ("Raj Patel", "raj@", "Kim Novak", "Leo Fox", "17846325", "rang mia")
        if name in everything_written
    ]
    assert MARK in everything_written
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"RIFF a voice", b"abc"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (out, out.with_suffix(".txt"), *folder.iterdir()))
    told = [entry for entry in found["ledger"] if entry["who"] == "this person"]
    assert told
    e = tables.ledger.c
    assert [
        fields
        for (fields,) in rows(erasing.desk, select(e.fields).where(e.who == "desk:operator"))
        if f"report:person:{MIA}" in fields
    ]
    assert everywhere(erasing.desk, "17846325") == []


def test_a_dry_run_changes_nothing(erasing: Erasing) -> None:
    tables_before = {
        name: rows(erasing.desk, select(table)) for name, table in Base.metadata.tables.items() if name not in _MOVES
    }
    said = erasing.shell.run("person", "erase", "mia.chen", "--dry-run")
    assert said.code == 0, said.err
    assert "Nothing was changed." in said.out
    assert {
        name: rows(erasing.desk, select(table)) for name, table in Base.metadata.tables.items() if name not in _MOVES
    } == tables_before


_MOVES = ("ledger", "ledger_segments", "ledger_checkpoints")


def test_a_sole_owner_is_not_erased_before_there_is_another(light: Shell) -> None:  # noqa: F811
    refused = light.run("person", "erase", "raj.patel", "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "exactly one admin_contact, and here it would have 0; give that role to somebody else first" in refused.err
    assert light.run("person", "show", "raj.patel", "--json").json["suspended_at"] is None
    assert "give --yes" in light.refuses("person", "erase", "mia.chen")


def test_whom_a_sync_lists_again_meanwhile_is_on_no_account_either(
    erasing: Erasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an account would go on with a contact who is nobody."""
    scrub, transaction, c = person_words.scrub, Store.transaction, tables.contacts

    def lists_them_again(*given: Any, **named: Any) -> Any:
        after = scrub(*given, **named)
        if after is None:
            monkeypatch.setattr(Store, "transaction", begins)
        return after

    def begins(store: Store, *given: Any) -> Any:
        monkeypatch.setattr(Store, "transaction", transaction)
        with erasing.desk.store.transaction("test") as tx:
            tx.connection.execute(insert(c).values(account_id=TIDE, person_id=MIA))
        return transaction(store, *given)

    monkeypatch.setattr(person_words, "scrub", lists_them_again)
    erasing.erase()
    assert rows(erasing.desk, select(c.c.account_id).where(c.c.person_id == MIA)) == []


def test_what_was_interrupted_goes_on_by_the_same_command(erasing: Erasing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off their accounts and nobody to every channel at once; all else by the next try."""

    def stops(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(erasure, "finish", stops)
        with pytest.raises(RuntimeError):
            erasing.shell.run("person", "erase", "mia.chen", "--yes")
    c = tables.contacts.c
    assert rows(erasing.desk, select(c.person_id).where(c.person_id == MIA)) == []
    erasing.erase()
    assert [one for one in everywhere(erasing.desk, *NAMES) if one[:2] not in KEPT] == []
