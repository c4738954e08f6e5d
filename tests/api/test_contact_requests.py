"""Changes of contacts by a customer's key: asked for, handed in by whoever made the key with a second proof, confirmed on the page; and a program learns nothing of who is there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from store import tables
from store.contacts import drafted_requests
from tests.api.asking import HARBOUR, OLIVIA, RAJ, SAM, TIDEWORKS, Program, customers, operators, problem
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import change, count, rows
from tests.portal.peopling import held
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_requests import proves
from tests.rights import held as holding

ON_HARBOUR, DEV, BEA = (1, HARBOUR), 2, 4
AT = f"/accounts/{HARBOUR}/contact-requests"
ADD = {"do": "add", "name": "Nina Novak", "email": "nina@new.example", "holds": ["technical"]}


def asked(program: Program, body: Any, at: str = AT) -> int:
    answer = program.post(at, body)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["state"], told["page"]) == ("draft", f"{PUBLIC}/tickets/{told['ticket']}")
    assert answer.headers["location"] == f"/api/v1{at}/{told['ticket']}"
    return int(told["ticket"])


def state(program: Program, ticket: int) -> str:
    return str(program.read(f"{AT}/{ticket}")["state"])


def requests(desk: Desk) -> list[tuple[Any, ...]]:
    r = tables.contact_requests.c
    return [tuple(row) for row in rows(desk, select(r.status, r.do, r.name, r.holds).order_by(r.id))]


def test_a_change_that_a_program_asks_for_is_handed_in_and_confirmed_by_people(desk: Desk) -> None:
    program = customers(desk, OLIVIA, HARBOUR)
    number, people = asked(program, ADD), count(desk, tables.people)
    dev, olivia = entered(desk, DEV), entered(desk, OLIVIA)
    proves(desk, dev, DEV, 1)
    assert "Nina" not in dev.read(f"/accounts/{HARBOUR}/people"), "nobody else sees a draft"
    ((id,),) = rows(desk, select(tables.contact_requests.c.id))
    assert dev.client.get(f"/accounts/{HARBOUR}/contact-requests/{id}").status_code == 404
    assert f"#{number}" not in signed_in(desk).read("/desk/tickets")
    said = "Add a contact Name: Nina Novak E-mail address: nina@new.example To hold: technical"
    assert said in olivia.read(f"/tickets/{number}")
    proves(desk, olivia, OLIVIA, 1)
    olivia.get(f"/tickets/{number}")
    olivia.send(f"/tickets/{number}/hand-in")
    assert "Nina Novak can from now on:" in olivia.words, "they are led to where it is confirmed"
    assert (state(program, number), count(desk, tables.people)) == ("waiting", people)
    assert "Olivia Hart asks to add Nina Novak (nina@new.example): Technical." in dev.read(
        f"/accounts/{HARBOUR}/people"
    )
    ((id,),) = rows(desk, select(tables.contact_requests.c.id))
    dev.send(f"/accounts/{HARBOUR}/contact-requests/{id}/confirm")
    assert "Confirmed: the change is made." in dev.words
    assert (state(program, number), held(desk, ON_HARBOUR, people + 1)) == ("confirmed", {"technical"})
    e = tables.ledger.c
    by = rows(desk, select(e.who, e.decision, e.fields).where(e.action == "ticket.draft", e.decision == "kept"))
    assert [(row.who, f"by:key:{program.id}" in row.fields) for row in by] == [("person:1", True)]


@pytest.mark.parametrize("proved", [False, True])
def test_a_key_is_no_second_proof_though_its_maker_has_given_one(one_desk: Desk, proved: bool) -> None:
    """`customers` gives one, as making a key takes it; and a session that is proved changes nothing for a program."""
    program = customers(one_desk, OLIVIA, HARBOUR)
    if proved:
        proves(one_desk, entered(one_desk, OLIVIA), OLIVIA, 1)
    before = held(one_desk, ON_HARBOUR, BEA)
    number = asked(program, {"do": "change", "username": "bea.lund", "holds": ["technical"]})
    assert (state(program, number), held(one_desk, ON_HARBOUR, BEA)) == ("draft", before)
    ((kept,),) = rows(one_desk, select(tables.tickets.c.status))
    assert kept == "draft"


def test_whatever_is_asked_for_is_answered_the_same_whoever_is_on_the_account(one_desk: Desk) -> None:
    program = customers(one_desk, OLIVIA, HARBOUR)
    told = []
    for username in ("bea.lund", "raj.patel", "nobody.here"):
        for body in ({"do": "remove"}, {"do": "change", "holds": ["billing"]}):
            answer = program.post(AT, body | {"username": username}).json()
            told.append({key: value for key, value in answer.items() if key == "state"})
    assert told == [{"state": "draft"}] * 6, "even what is so already, or cannot be"


def test_what_cannot_be_made_is_with_the_desk_when_it_is_handed_in(one_desk: Desk) -> None:
    program, olivia = customers(one_desk, OLIVIA, HARBOUR), entered(one_desk, OLIVIA)
    number = asked(program, {"do": "remove", "username": "raj.patel"})
    proves(one_desk, olivia, OLIVIA, 1)
    olivia.get(f"/tickets/{number}")
    olivia.send(f"/tickets/{number}/hand-in")
    assert (state(program, number), requests(one_desk)) == ("handed_in", [])
    assert "Remove raj.patel" in signed_in(one_desk).read(f"/desk/tickets/{number}")


def test_whoever_made_the_key_may_confirm_it_themselves(one_desk: Desk) -> None:
    program, olivia = customers(one_desk, OLIVIA, HARBOUR), entered(one_desk, OLIVIA)
    number = asked(program, {"do": "change", "username": "bea.lund", "holds": ["technical"]})
    proves(one_desk, olivia, OLIVIA, 1)
    olivia.get(f"/tickets/{number}")
    olivia.send(f"/tickets/{number}/hand-in")
    ((id,),) = rows(one_desk, select(tables.contact_requests.c.id))
    olivia.send(f"/accounts/{HARBOUR}/contact-requests/{id}/confirm")
    assert (state(program, number), held(one_desk, ON_HARBOUR, BEA)) == ("confirmed", {"technical"})


def test_it_can_be_taken_back(one_desk: Desk) -> None:
    program, olivia = customers(one_desk, OLIVIA, HARBOUR), entered(one_desk, OLIVIA)
    number = asked(program, ADD)
    olivia.get(f"/tickets/{number}")
    olivia.send(f"/tickets/{number}/withdraw")
    assert state(program, number) == "withdrawn"
    assert rows(one_desk, select(tables.contact_requests.c.id)) == [], (
        "nor does its place stay taken, nor whom it named"
    )
    proves(one_desk, olivia, OLIVIA, 1)
    assert "Nina" not in olivia.read(f"/accounts/{HARBOUR}/people")


def test_it_is_judged_as_whoever_made_the_key(one_desk: Desk) -> None:
    reads = customers(one_desk, OLIVIA, HARBOUR, ["contacts.view"])
    assert problem(reads.post(AT, ADD), "denied")["rules"] == ["D-key.scope"]
    program, number = customers(one_desk, OLIVIA, HARBOUR), 0
    number = asked(program, ADD)
    for at in (f"/accounts/{TIDEWORKS}/contact-requests", "/accounts/999999/contact-requests"):
        problem(program.post(at, ADD), "not-found")
        problem(program.get(f"{at}/{number}"), "not-found")
    others = customers(one_desk, DEV, HARBOUR)
    for ticket in (number, 666666):
        problem(others.get(f"{AT}/{ticket}"), "not-found")
    mine = customers(one_desk, RAJ, TIDEWORKS)
    problem(mine.get(f"/accounts/{TIDEWORKS}/contact-requests/{number}"), "not-found")
    a, c = tables.accounts, tables.contacts.c
    change(one_desk, update(a).where(a.c.id == 1).values(status="suspended"))
    assert problem(program.post(AT, ADD), "denied")["reason"] == "account_suspended"
    change(one_desk, update(a).where(a.c.id == 1).values(status="active", locked_at=1))
    assert problem(program.post(AT, ADD), "denied")["reason"] == "account_locked"
    change(one_desk, update(a).where(a.c.id == 1).values(locked_at=None))
    change(one_desk, *holding("technical", c.account_id == 1, c.person_id == OLIVIA))
    assert program.post(AT, ADD).status_code == 401, "who may look after keys no longer has none"
    problem(operators(one_desk).post(AT, ADD), "other-kind")
    assert SAM


def test_a_request_on_another_account_of_its_makers_is_not_there_for_their_key(one_desk: Desk) -> None:
    c = tables.contacts
    change(one_desk, c.insert().values(account_id=3, person_id=OLIVIA))
    change(one_desk, *holding("manage_users,manage_support", c.c.account_id == 3, c.c.person_id == OLIVIA))
    bakery, both = customers(one_desk, OLIVIA, HARBOUR), customers(one_desk, OLIVIA, TIDEWORKS)
    at = f"/accounts/{TIDEWORKS}/contact-requests"
    number = asked(both, {"do": "remove", "username": "leo.fox"}, at)
    assert both.read(f"{at}/{number}")["state"] == "draft"
    problem(bakery.get(f"{AT}/{number}"), "not-found")


def test_a_key_that_was_made_for_nothing_else_asks_and_sees_nothing(one_desk: Desk) -> None:
    program = customers(one_desk, OLIVIA, HARBOUR, ["contacts.manage"])
    assert program.read("/key")["may"] == [], "what it may do, it may only ask for"
    number = asked(program, ADD)
    assert state(program, number) == "draft"
    problem(program.get(f"/accounts/{HARBOUR}"), "not-found")
    problem(program.get(f"/tickets/{number}"), "not-found")


def test_what_will_not_do_names_its_field(one_desk: Desk) -> None:
    program = customers(one_desk, OLIVIA, HARBOUR)
    change_ = {"do": "change", "username": "bea.lund", "holds": ["technical"]}
    for body, field in (
        (ADD | {"do": "hand_over"}, "do"),
        (ADD | {"holds": ["owner"]}, "holds"),
        (ADD | {"holds": ["queen"]}, "holds"),
        (ADD | {"holds": []}, "holds"),
        (ADD | {"email": "nina"}, "email"),
        (ADD | {"name": " "}, "name"),
        (ADD | {"name": ""}, "name"),
        (ADD | {"username": "nina.novak"}, "username"),
        (change_ | {"username": "a\u0000b"}, "username"),
        (change_ | {"email": "bea@new.example"}, "email"),
        ({"do": "remove", "username": "bea.lund", "holds": ["technical"]}, "holds"),
    ):
        assert [one["field"] for one in problem(program.post(AT, body), "invalid")["errors"]] == [field], body
    assert rows(one_desk, select(tables.tickets)) == []


def test_no_more_than_ten_wait_and_they_are_forgotten(one_desk: Desk) -> None:
    program = customers(one_desk, OLIVIA, HARBOUR, days=365)
    for _ in range(10):
        asked(program, ADD)
    problem(program.post(AT, ADD), "conflict")
    assert requests(one_desk) == [("draft", "add", "Nina Novak", "technical")] * 10
    one_desk.pass_time(91 * 24 * 3600)
    with one_desk.store.transaction("worker") as tx:
        drafted_requests.sweep(tx)
    assert requests(one_desk) == []
    assert asked(program, ADD)
