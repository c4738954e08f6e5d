"""What an account has, owes and who is on it, a page at a time, by both kinds of keys; who is on it by no customer's."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from store import tables
from tests.api.asking import HARBOUR, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.rights import held


def entries(desk: Desk, action: str) -> list[tuple[str, str]]:
    """Who was allowed it, and what they were told, in the ledger."""
    e = tables.ledger.c
    found = rows(desk, select(e.who, e.fields).where(e.action == action, e.decision == "allowed").order_by(e.at))
    return [(row.who, str(row.fields)) for row in found]


def every(program: Program, at: str, named: str) -> list[str]:
    """A list to its end."""
    page = program.read(at)
    found = page[named]
    while page["next"]:
        page = program.read(f"{at}?cursor={page['next']}")
        found += page[named]
    return [str(one.get("username") or one.get("number") or one.get("ref")) for one in found]


def test_services_and_invoices_are_read_as_far_as_the_keys_maker_may(desk: Desk) -> None:
    program = customers(desk, RAJ, TIDEWORKS)
    at = f"/accounts/{TIDEWORKS}"
    account = program.read(at)
    services, invoices = program.read(f"{at}/services"), program.read(f"{at}/invoices")
    assert (services["services"], services["next"]) == (account["services"], None)
    assert (invoices["invoices"], invoices["next"]) == (account["invoices"], None)
    number = invoices["invoices"][0]["number"]
    one = program.read(f"{at}/invoices/{number}")
    assert one | invoices["invoices"][0] == one
    assert one["billed_to"]["name"]
    problem(program.get(f"{at}/invoices/nonsense"), "not-found")
    i = tables.invoices.c
    change(desk, update(tables.invoices).where(i.account_id == 3, i.number == number).values(number="2026/11 7"))
    assert program.read(f"{at}/invoices/2026/11%207") == one | {"number": "2026/11 7"}
    number = "2026/11 7"
    assert any(who == "person:7" and "service.status" in told for who, told in entries(desk, "service.view"))
    assert any("invoice.billed_to" in told and "by:key" in told for _, told in entries(desk, "billing.view"))
    c = tables.contacts.c
    change(desk, *held("manage_users,manage_support", c.account_id == 3, c.person_id == RAJ))
    for part in ("services", "invoices", f"invoices/{number}"):
        assert problem(program.get(f"{at}/{part}"), "denied")["reason"] == "no_right", part


def test_a_key_that_was_not_made_for_it_reads_none_of_it(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS, ["ticket.view:technical"])
    for part in ("services", "invoices", "people", "people/mia.chen"):
        told = problem(program.get(f"/accounts/{TIDEWORKS}/{part}"), "denied")
        assert told["rules"] == ["D-key.scope"], part


def test_the_operators_key_reads_all_of_it(desk: Desk) -> None:
    program = operators(desk, "accounts:read")
    at = f"/accounts/{TIDEWORKS}"
    whole = program.read(at)
    people = program.read(f"{at}/people")
    assert people["next"] is None
    named = {one["person"]: one for one in whole["contacts"]}
    for one, before in zip(people["people"], whole["people"], strict=True):
        assert one == before | {key: named[one["username"]][key] for key in ("roles", "permissions")}
        assert program.read(f"{at}/people/{one['username']}") == one
    assert every(program, f"{at}/services", "services") == [one["id"] for one in whole["services"]]
    assert sorted(every(program, f"{at}/invoices", "invoices")) == [one["number"] for one in whole["invoices"]]
    assert program.read(f"{at}/invoices/{whole['invoices'][0]['number']}")["amount"] == whole["invoices"][0]["amount"]
    told = dict(entries(desk, "desk.accounts.read"))
    assert set(told) == {f"key:{program.id}"}
    words = " ".join(fields for _, fields in entries(desk, "desk.accounts.read"))
    for word in ("contact.rights", "service.status", "invoice.amount", "invoice.billed_to"):
        assert word in words
    for missing in ("/accounts/999999/people", f"{at}/people/olivia.hart", f"{at}/invoices/nonsense"):
        problem(program.get(missing), "not-found")


@pytest.mark.parametrize("part", ["people", "people/mia.chen", "services", "invoices", "invoices/T-1"])
def test_another_verb_reads_none_of_it(one_desk: Desk, part: str) -> None:
    program = operators(one_desk, "tickets:read")
    for number in (TIDEWORKS, "999999"):
        assert problem(program.get(f"/accounts/{number}/{part}"), "denied")["rules"] == ["D-key.scope"]


def test_another_accounts_invoice_is_not_there_under_ones_own(one_desk: Desk) -> None:
    programs = (operators(one_desk, "accounts:read"), customers(one_desk, RAJ, TIDEWORKS))
    theirs = programs[0].read(f"/accounts/{HARBOUR}/invoices")["invoices"][0]["number"]
    for program in programs:
        problem(program.get(f"/accounts/{TIDEWORKS}/invoices/{theirs}"), "not-found")


def test_long_lists_come_in_pages_each_thing_once(one_desk: Desk) -> None:
    s, i, p, c = tables.services, tables.invoices, tables.people, tables.contacts
    refs = [f"s-{n}" for n in range(120)]
    change(
        one_desk, *(insert(s).values(account_id=3, ref=ref, name=ref, status="up", managed_sla=False) for ref in refs)
    )
    bill = {
        "account_id": 3,
        "amount": "1.00",
        "currency": "EUR",
        "due": "2026-12-01",
        "status": "unpaid",
        "billed": "{}",
    }
    change(one_desk, *(insert(i).values(number=f"X/{n}", **bill) for n in range(120)))
    person = {"email_since": 0, "name": "Somebody", "email": "some@body.example"}
    ids = range(1_000, 1_120)
    change(one_desk, *(insert(p).values(id=n, username=f"some.body{n}", support_id=f"{n:08}", **person) for n in ids))
    change(one_desk, *(insert(c).values(account_id=3, person_id=n) for n in ids))
    theirs, ours = customers(one_desk, RAJ, TIDEWORKS), operators(one_desk, "accounts:read")
    at = f"/accounts/{TIDEWORKS}"
    for program in (theirs, ours):
        assert [one for one in every(program, f"{at}/services", "services") if one in refs] == refs
        found = [one for one in every(program, f"{at}/invoices", "invoices") if one.startswith("X/")]
        assert sorted(found) == sorted(f"X/{n}" for n in range(120))
        problem(program.get(f"{at}/services?cursor={program.read(f'{at}/invoices')['next']}"), "invalid")
    people = every(ours, f"{at}/people", "people")
    assert people == sorted(people)
    assert {f"some.body{n}" for n in ids} < set(people)
    elsewhere = ours.read(f"{at}/people")["next"]
    problem(ours.get(f"/accounts/{HARBOUR}/people?cursor={elsewhere}"), "invalid")


def test_who_is_on_an_account_takes_a_second_proof_that_no_key_gives(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    for at in (f"/accounts/{TIDEWORKS}/people", f"/accounts/{TIDEWORKS}/people/mia.chen"):
        problem(program.get(at), "denied")
    change(one_desk, update(tables.api_keys).values(scope="contacts.manage,contacts.view"))
    for at in (f"/accounts/{TIDEWORKS}/people", f"/accounts/{TIDEWORKS}/people/nobody"):
        told = problem(program.get(at), "denied")
        assert told["reason"] == "step_up", "whatever it was made for"
        assert f"/accounts/{TIDEWORKS}/people." in told["detail"], "where it is seen"


def test_what_no_address_holds_names_its_field(one_desk: Desk) -> None:
    program = operators(one_desk, "accounts:read")
    for at, field in (("people/%00", "username"), ("invoices/%00", "invoice")):
        told = problem(program.get(f"/accounts/{TIDEWORKS}/{at}"), "invalid")
        assert [one["field"] for one in told["errors"]] == [field]
    problem(program.get("/accounts/%00/people"), "invalid")
