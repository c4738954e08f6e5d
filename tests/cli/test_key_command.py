"""`deskgate key`: a key of the operator's made and shown once, keys listed, anybody's withdrawn; and what will not do, in one line."""

from __future__ import annotations

from sqlalchemy import insert, select

from store import tables
from tests.cli.conftest import Shell

TIDEWORKS = "400639"


def test_a_key_is_made_listed_and_withdrawn(shell: Shell) -> None:
    assert shell.run("key", "list").out == "There is no key yet. `deskgate key make` makes one.\n"
    made = shell.run(
        "key", "make", "--name", "billing", "--may", "accounts:read", "--may", "tickets:read", "--days", "30"
    )
    key, said = made.out.splitlines()
    assert key.startswith("dgk_")
    assert said.startswith("It is key 1, good for 30 days, and shown this once")
    listed = shell.run("key", "list").out
    assert listed.startswith(f"1  {key[:8]}…  until ")
    assert listed.endswith("not used yet  accounts:read tickets:read  billing\n")
    assert key not in listed
    (row,) = shell.run("key", "list", "--json").json
    assert {name: row[name] for name in ("id", "name", "begins", "maker", "may", "seen_at", "ended_why")} == {
        "id": 1,
        "name": "billing",
        "begins": key[:8],
        "maker": None,
        "may": ["accounts:read", "tickets:read"],
        "seen_at": None,
        "ended_why": None,
    }
    assert shell.run("key", "withdraw", "1").out == "Key 1 is withdrawn.\n"
    assert "ended (withdrawn)" in shell.run("key", "list").out
    assert shell.refuses("key", "withdraw", "1").startswith("there is no key 1 of the operator's that is good")
    assert shell.rows(select(tables.api_keys.c.digest)) != [(key,)]


def test_as_json_it_is_the_key_and_its_number(shell: Shell) -> None:
    made = shell.run("key", "make", "--name", "x", "--may", "help_desk", "--json").json
    assert made.keys() == {"id", "key"}


def test_what_will_not_do_is_one_line_and_makes_none(shell: Shell) -> None:
    make = ("key", "make", "--name", "x")
    assert shell.refuses(*make, "--may", "everything").startswith("--may: expected one or more of accounts:read")
    assert shell.refuses(*make, "--may", "help_desk", "--days", "367") == "--days: expected a number from 1 to 366"
    assert shell.refuses(*make, "--may", "help_desk", "--days", "0") == "--days: expected a number from 1 to 366"
    assert shell.refuses("key", "make", "--name", " ", "--may", "help_desk").startswith(
        "--name: say what the key is for"
    )
    assert shell.refuses("key", "list", "--account", "1") == "there is no account 1"
    assert shell.refuses("key", "withdraw", "7", "--account", TIDEWORKS).startswith(
        "there is no key 7 of account 400639"
    )
    assert shell.rows(select(tables.api_keys.c.id)) == []


def test_a_key_that_a_customer_made_is_listed_and_withdrawn_by_its_account(shell: Shell) -> None:
    row = {"person_id": 7, "account_id": 3, "name": "ours\n1  dgk_", "digest": "0" * 64, "hint": "dgk_aaaa"}
    row |= {"scope": "billing.view", "made_at": 0, "ends_at": 4_000_000_000_000}
    shell.change(insert(tables.api_keys).values(row))
    assert shell.run("key", "list").out.startswith("There is no key yet.")
    said = shell.run("key", "list", "--account", TIDEWORKS).out
    assert said.endswith("billing.view  ours 1  dgk_  Raj Patel\n")
    assert said.count("\n") == 1, "no line that a customer wrote"
    assert shell.refuses("key", "withdraw", "1").startswith("there is no key 1 of the operator's")
    assert shell.run("key", "withdraw", "1", "--account", TIDEWORKS).out == "Key 1 is withdrawn.\n"
