"""Accounts from the system that owns the truth, with an operator's key: written, read whole, suspended, many at once; the same twice changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from store import tables
from store.accounts.people import check_digit
from tests.api.asking import HARBOUR, NORTHLIGHT, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows

ZOE = {"username": "zoe.finch", "name": "Zoe Finch", "email": "zoe@finch.example", "phones": ["+441632960777"]}
FINCH: dict[str, Any] = {
    "name": "Finch & Sons",
    "scheme": "standard_roles",
    "people": [ZOE],
    "contacts": [{"person": "zoe.finch", "roles": ["owner"]}],
    "services": [{"id": "vps-9", "name": "VPS 9", "status": "running"}],
    "invoices": [{"number": "F-1", "amount": "20.00", "currency": "EUR", "due": "2026-12-01", "status": "unpaid"}],
}


def put(program: Program, number: str, body: Any, **headers: str) -> Any:
    answer = program.ask("PUT", f"/accounts/{number}", body, **headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["changed"]


def sent(program: Program, *lines: Any) -> Any:
    answer = bulk(program, "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode())
    assert answer.status_code == 200, answer.text
    return answer.json()


def bulk(program: Program, body: bytes) -> Any:
    headers = {"Authorization": f"Bearer {program.key}", "Content-Type": "application/jsonl"}
    return program.desk.client.request("POST", "/api/v1/accounts/bulk", headers=headers, content=body)


def kept(desk: Desk) -> dict[str, list[Any]]:
    """All of accounts and people."""
    t = tables
    kinds = (
        t.accounts,
        t.people,
        t.phones,
        t.contacts,
        t.contact_rights,
        t.contact_changes,
        t.services,
        t.invoices,
        t.jobs,
    )
    return {table.name: [tuple(row) for row in rows(desk, select(table))] for table in kinds}


def test_an_account_is_made_read_whole_changed_suspended_and_closed(desk: Desk) -> None:
    program = operators(desk, "accounts:read", "accounts:write")
    first = program.ask("PUT", "/accounts/F-1700", FINCH)
    assert first.status_code == 201, first.text
    added = dict.fromkeys(("accounts", "people", "phones", "contacts", "services", "invoices"), 1)
    assert first.json()["changed"] == {f"{what}.added": n for what, n in added.items()}
    stands = kept(desk)
    assert put(program, "F-1700", FINCH) == {}, "a second one changes nothing and says so"
    assert kept(desk) == stands
    whole = program.read("/accounts/F-1700")
    assert (whole["name"], whole["status"], whole["scheme"]) == ("Finch & Sons", "active", "standard_roles")
    assert whole["contacts"] == [{"person": "zoe.finch", "roles": ["owner"], "permissions": []}]
    assert whole["people"][0] | ZOE == whole["people"][0]
    assert put(program, "F-1700", {key: whole[key] for key in ("people", "contacts", "services", "invoices")}) == {}
    assert put(program, "F-1700", {"status": "suspended"}) == {"accounts.changed": 1}
    assert put(program, "F-1700", {"status": "closed", "services": []}) == {
        "accounts.changed": 1,
        "services.removed": 1,
    }
    whole = program.read("/accounts/F-1700")
    assert (whole["status"], whole["services"], len(whole["invoices"])) == ("closed", [], 1)
    e = tables.ledger.c
    by = rows(desk, select(e.action, e.who).where(e.channel == "api"))
    assert {row.who for row in by} == {f"key:{program.id}"}
    assert {"account.changed", "services.removed", "import"} <= {row.action for row in by}


def test_whom_a_change_concerns_is_told_and_its_history_names_the_key(mailing: Desk, mailbox: Mailbox) -> None:
    program = operators(mailing, "accounts:write", "accounts:read")
    h, contacts = tables.contact_changes.c, program.read(f"/accounts/{TIDEWORKS}")["contacts"]
    raj = [one for one in contacts if one["person"] == "raj.patel"]
    assert put(program, TIDEWORKS, {"contacts": raj}) == {"contacts.removed": len(contacts) - 1}
    assert {row.by for row in rows(mailing, select(h.by).where(h.account_id == 3))} == {f"key:{program.id}"}
    mailing.work()
    assert "mia@tideworks.example" in {str(mail["To"]) for mail in mailbox.mails}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (FINCH | {"contacts": []}, "contacts"),
        (FINCH | {"contacts": [{"person": "zoe.finch", "roles": ["queen"]}]}, "contacts.0.roles"),
        (FINCH | {"contacts": [{"person": "nobody.here", "roles": ["owner"]}]}, "contacts.0.person"),
        (FINCH | {"people": [ZOE | {"phones": ["12"]}]}, "people.0.phones.0"),
        (FINCH | {"people": [ZOE | {"support_id": "12345678"}]}, "people.0.support_id"),
        (FINCH | {"people": [ZOE | {"pin": "83619472"}]}, "people.0.pin"),
        (FINCH | {"people": [ZOE, ZOE]}, "people.1.username"),
        (FINCH | {"services": FINCH["services"] * 2}, "services.1.id"),
        (FINCH | {"number": "F-1701"}, "number"),
        (FINCH | {"colour": "red"}, "colour"),
        (FINCH | {"scheme": "of_nobody"}, "scheme"),
        ({"status": "closed"}, "name"),
    ],
)
def test_what_will_not_do_names_its_path_and_nothing_of_it_is_stored(one_desk: Desk, body: Any, field: str) -> None:
    program, stands = operators(one_desk, "accounts:write"), kept(one_desk)
    told = problem(program.ask("PUT", "/accounts/F-1700", body), "invalid")
    assert field in [one["field"] for one in told["errors"]]
    assert "83619472" not in str(told)
    assert kept(one_desk) == stands
    e = tables.ledger.c
    assert not rows(one_desk, select(e.n).where(e.action == "contacts.changed", e.who == f"key:{program.id}"))


def test_a_change_that_is_refused_leaves_no_entry_of_it(one_desk: Desk) -> None:
    """Whoever reads the ledger must not find contacts changed that never were."""
    program, e = operators(one_desk, "accounts:write"), tables.ledger.c
    contacts = [{"person": name, "roles": ["owner"]} for name in ("dev.anand", "nobody.here")]
    problem(program.ask("PUT", f"/accounts/{HARBOUR}", {"name": "Harbour Bread", "contacts": contacts}), "invalid")
    found = {row.action for row in rows(one_desk, select(e.action).where(e.channel == "api"))}
    assert found == {"desk.accounts.write", "import"}


def test_reading_and_writing_are_two_verbs_and_no_customers_key_writes(one_desk: Desk) -> None:
    reads, writes = operators(one_desk, "accounts:read"), operators(one_desk, "accounts:write")
    told = problem(reads.ask("PUT", f"/accounts/{TIDEWORKS}", {"status": "closed"}), "denied")
    assert told["rules"] == ["D-key.scope"]
    problem(writes.get(f"/accounts/{TIDEWORKS}"), "denied")
    problem(bulk(reads, b"{}"), "denied")
    theirs = customers(one_desk, RAJ, TIDEWORKS)
    problem(theirs.ask("PUT", f"/accounts/{TIDEWORKS}", {"status": "closed"}), "other-kind")
    problem(bulk(theirs, b"{}"), "other-kind")
    problem(reads.get("/accounts/999999"), "not-found")
    for number in ("%2e%2e", "a%2Fb", "x" * 33):
        assert writes.ask("PUT", f"/accounts/{number}", FINCH).status_code in (404, 405, 422)


def test_a_version_can_be_named_and_is_compared(one_desk: Desk) -> None:
    program = operators(one_desk, "accounts:read", "accounts:write")
    etag = program.get(f"/accounts/{HARBOUR}").headers["etag"]
    assert put(program, HARBOUR, {"name": "Harbour Bread"}, If_Match=etag) == {"accounts.changed": 1}
    late = program.ask("PUT", f"/accounts/{HARBOUR}", {"name": "Harbour Cakes"}, If_Match=etag)
    problem(late, "changed")
    problem(program.ask("PUT", "/accounts/F-1700", FINCH, If_Match=etag), "changed")
    assert program.read(f"/accounts/{HARBOUR}")["name"] == "Harbour Bread"


def test_contacts_of_an_account_its_owner_has_locked_stay_and_the_answer_says_so(one_desk: Desk) -> None:
    change(one_desk, update(tables.accounts).where(tables.accounts.c.id == 1).values(locked_at=one_desk.now))
    program, c = operators(one_desk, "accounts:write"), tables.contacts.c
    before = rows(one_desk, select(c.person_id).where(c.account_id == 1))
    body = {"name": "Harbour Bread", "contacts": [{"person": "dev.anand", "roles": ["owner"]}]}
    answer = program.ask("PUT", f"/accounts/{HARBOUR}", body).json()
    assert answer == {"number": HARBOUR, "changed": {"accounts.changed": 1}, "contacts_left": True}
    assert rows(one_desk, select(c.person_id).where(c.account_id == 1)) == before
    assert sent(program, {"number": HARBOUR} | body)["contacts_left"] == [HARBOUR]


@pytest.mark.parametrize("locked_at", [None, 1])
def test_an_account_goes_back_in_as_it_was_read(one_desk: Desk, locked_at: int | None) -> None:
    change(one_desk, update(tables.accounts).values(locked_at=locked_at))
    program = operators(one_desk, "accounts:read", "accounts:write")
    for number in (HARBOUR, NORTHLIGHT, TIDEWORKS):
        whole = program.read(f"/accounts/{number}")
        assert whole["locked"] is bool(locked_at)
        other = whole | {"locked": not whole["locked"]}
        for sent in (whole, other):
            answer = program.ask("PUT", f"/accounts/{number}", sent)
            assert (answer.status_code, answer.json()["changed"]) == (200, {}), answer.text
        assert program.read(f"/accounts/{number}") == whole, "nobody locks an account by this"


def test_many_are_brought_line_by_line_and_those_that_will_not_do_are_named(desk: Desk) -> None:
    program = operators(desk, "accounts:write", "accounts:read")
    finch, pat = {"number": "F-1"} | FINCH, {"username": "pat.lee", "name": "Pat Lee", "email": "pat@lee.example"}
    good = finch | {"number": "F-5", "people": [pat], "contacts": [{"person": "pat.lee", "roles": ["owner"]}]}
    lines = (
        finch,
        "",
        finch | {"number": "F-2", "contacts": [{"person": "zoe.finch", "roles": ["billing"]}]},
        "{not json",
        finch | {"number": "F-3", "people": [ZOE, {"username": "ann.new"}]},
        finch | {"number": "F-4", "people": [], "contacts": [{"person": "ann.new", "roles": ["owner"]}]},
        good,
    )
    report = sent(program, *lines)
    assert report["lines"] == 6
    assert [(one["line"], [fault["field"] for fault in one["errors"]]) for one in report["refused"]] == [
        (3, ["contacts"]),
        (4, [""]),
        (5, ["people.1.name", "people.1.email"]),
        (6, ["contacts.0.person"]),
    ]
    assert (report["changed"]["accounts.added"], report["changed"]["people.added"]) == (2, 2)
    assert program.read("/accounts/F-5")["contacts"][0]["person"] == "pat.lee"
    problem(program.get("/accounts/F-3"), "not-found")
    stands = kept(desk)
    again = sent(program, finch, good)
    assert (again["changed"], again["refused"]) == ({}, [])
    assert kept(desk) == stands


def test_of_two_lines_about_one_the_later_counts(one_desk: Desk) -> None:
    program = operators(one_desk, "accounts:write", "accounts:read")
    finch = {"number": "F-1"} | FINCH
    report = sent(
        program, finch, finch | {"people": [ZOE | {"name": "Zoe F."}]}, finch | {"number": "F-2", "people": []}
    )
    assert (report["refused"], report["changed"]["people.changed"]) == ([], 1)
    assert program.read("/accounts/F-2")["people"][0]["name"] == "Zoe F."
    other = {
        "username": "zed.finch",
        "name": "Zed",
        "email": "zed@finch.example",
        "support_id": f"1234567{check_digit('1234567')}",
    }
    twice = [{"number": n, "people": [other | {"username": u}]} for n, u in (("F-1", "zed.a"), ("F-2", "zed.b"))]
    refused = sent(program, *twice)["refused"]
    assert [(one["line"], one["errors"][0]["field"]) for one in refused] == [(2, "people.0.support_id")]


def test_so_many_lines_and_no_more(one_desk: Desk) -> None:
    program = operators(one_desk, "accounts:write")
    program.get("/key")
    problem(bulk(program, b'{"number": "F-1"}\n' * 1_001), "too-large")
    assert len(sent(program, *[{"number": HARBOUR, "name": "Harbour"}] * 2)["changed"]) == 1
