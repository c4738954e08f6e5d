"""`deskgate sync` from a shell: line by line, what will not do is named and all else is done; the same twice changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from store import tables
from store.imports import account_lines
from tests.cli.conftest import Said, Shell


def account(n: int, **more: Any) -> dict[str, Any]:
    one = {"username": f"person.{n}", "name": f"Person {n}", "email": f"person.{n}@customer.example"}
    contacts = [{"person": f"person.{n}", "roles": ["owner"]}]
    said = {"number": f"S-{n}", "name": f"Customer {n}", "scheme": "standard_roles", "people": [one]}
    return said | {"contacts": contacts} | more


def written(*lines: Any) -> str:
    Path("accounts.jsonl").write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
    return "accounts.jsonl"


def test_the_first_time_and_again(light: Shell) -> None:
    said = light.run("sync", written(account(1), account(2)))
    assert said == Said(0, "Synced 2 accounts: 2 accounts added, 2 contacts added, 2 people added.\n", "")
    again = light.run("sync", "accounts.jsonl")
    assert again == Said(0, "Synced 2 accounts: nothing, all is as the lines say.\n", "")


def test_lines_that_will_not_do_are_named_and_the_others_done(light: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lines, "TOGETHER", 2)
    monkeypatch.setattr(account_lines, "LONGEST", 400)
    queen = [{"person": "person.2", "roles": ["queen"]}]
    lines = (
        account(1),
        account(2, contacts=queen),
        "[]",
        account(3, name="x" * 500),
        account(4, colour="red"),
        account(5),
    )
    said = light.run("sync", written(*lines))
    assert said.code == 1
    assert said.out == "Synced 2 accounts: 2 accounts added, 2 contacts added, 2 people added.\n"
    told = [line.partition(": ")[2] for line in said.err.splitlines()]
    starts = (
        "line 2: contacts[0].roles: queen is none",
        "line 3: must be",
        "line 4: is longer",
        "line 5: colour: is not",
    )
    for start in starts:
        assert any(line.startswith(start) for line in told), (start, told)
    assert told[-1] == "4 lines will not do; nothing of those was stored"


def test_where_no_line_will_do_nothing_is_said_to_be_as_it_should(light: Shell) -> None:
    for line in ('{"number": 1', "null", '{"number": "700001", "scheme": "no such scheme"}'):
        Path("bad.jsonl").write_text(f"{line}\n")
        said = light.run("sync", "bad.jsonl")
        assert (said.code, said.out) == (1, ""), line
        assert said.err.startswith("deskgate: line 1: "), line
        assert said.err.endswith("deskgate: 1 line will not do; nothing of it was stored\n"), line


def test_what_cannot_be_read_is_one_line(light: Shell) -> None:
    assert light.run("sync", "nowhere.jsonl").code == 2
    Path("empty.jsonl").write_text("")
    assert light.run("sync", "empty.jsonl").out == "Synced 0 accounts: nothing, all is as the lines say.\n"
    assert light.run("sync", "empty.jsonl", "--known-since", "last year").code == 2


def test_what_is_exported_goes_back_in_and_holds_no_pin(shell: Shell) -> None:
    exported = shell.run("account", "export")
    lines = [json.loads(line) for line in exported.out.splitlines()]
    assert (exported.code, [line["number"] for line in lines]) == (0, ["200417", "300528", "400639"])
    assert len({one["username"] for line in lines for one in line["people"]}) == 9
    assert not [pin for pin in ("17846325", "39275068", "53960281") if pin in exported.out]
    said = shell.run("sync", "-", stdin=exported.out)
    assert (said.code, said.out) == (0, "Synced 3 accounts: nothing, all is as the lines say.\n")
    e = tables.ledger.c
    told = shell.rows(select(e.account, e.fields).where(e.action == "desk.accounts.read", e.account.is_not(None)))
    assert {account for account, _ in told} == {1, 2, 3}
    assert all("account.whole" in str(fields) for _, fields in told)
