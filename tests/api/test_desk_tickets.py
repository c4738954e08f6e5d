"""Tickets by an operator's key, as the desk has them: read, answered, noted, given a status, files; whoever reads it sees that a system wrote it."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import select, update

from store import tables
from tests.api.asking import HARBOUR, OLIVIA, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.api.test_tickets import opened
from tests.desk import Desk
from tests.ivr.proving import at_menu
from tests.ivr.wire import change, rows
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_queue import queued, shown

NAME = "a system of ours"
MAP = {"name": "../map.txt", "content": b64encode(b"where it is").decode()}


def texts(program: Program, number: int) -> list[tuple[str, str]]:
    """What was said on a ticket, with whose name."""
    found = program.read(f"/tickets/{number}")["messages"]
    return [(one["name"], one["text"] or one["event"]) for one in found]


def test_a_ticket_is_read_answered_noted_and_closed_in_the_name_of_the_key(desk: Desk) -> None:
    theirs, ours = customers(desk, RAJ, TIDEWORKS), operators(desk, "tickets:read", "tickets:write")
    number = opened(theirs)
    at = f"/tickets/{number}"
    answer = ours.post(f"{at}/messages", {"words": "We are looking into it."})
    assert (answer.status_code, answer.json()["number"], answer.json()["reaches"]) == (201, number, "phone")
    assert answer.headers["location"] == f"/api/v1{at}"
    assert ours.post(f"{at}/notes", {"words": "He is cross."}).status_code == 201
    ticket = ours.get(at)
    assert (ticket.json()["status"], ticket.json()["account"], ticket.json()["person"]) == (
        "waiting",
        TIDEWORKS,
        "raj.patel",
    )
    said = [(one["by"], one["name"], one["internal"]) for one in ticket.json()["messages"]]
    assert said == [("customer", "Raj Patel", False), ("desk", NAME, False), ("desk", NAME, True)]
    assert texts(theirs, number)[1:] == [(NAME, "We are looking into it.")], "no note is a customer's"
    problem(ours.ask("PATCH", at, {"status": "closed"}), "no-match")
    closed = ours.ask("PATCH", at, {"status": "closed"}, If_Match=ticket.headers["etag"])
    assert closed.json() == {"number": number}
    problem(ours.ask("PATCH", at, {"status": "open"}, If_Match=ticket.headers["etag"]), "changed")
    again = ours.get(at).headers["etag"]
    problem(ours.ask("PATCH", at, {"status": "closed"}, If_Match=again), "conflict")
    assert ours.ask("PATCH", at, {"status": "waiting"}, If_Match=again).status_code == 200
    assert theirs.read(at)["status"] == "waiting"
    assert rows(desk, select(tables.assignments)) == [], "a key takes no ticket"
    assert rows(desk, select(tables.alerts.c.kind)) == [], "nor is it a case of one of the staff"
    e = tables.ledger.c
    told = rows(desk, select(e.who, e.action, e.account).where(e.action.in_(("desk.ticket.work", "desk.tickets.read"))))
    assert {row.who for row in told} == {f"key:{ours.id}"}
    assert {(row.action, row.account) for row in told} >= {("desk.ticket.work", 3), ("desk.tickets.read", 3)}


def test_customers_and_the_desk_see_that_a_system_wrote_it(one_desk: Desk) -> None:
    ours = operators(one_desk, "tickets:write")
    number = opened(customers(one_desk, RAJ, TIDEWORKS))
    ours.post(f"/tickets/{number}/messages", {"words": "It is mended."})
    raj, kim = entered(one_desk, RAJ), signed_in(one_desk)
    raj.get(f"/tickets/{number}")
    assert f"{NAME} a system of the support desk" in raj.words
    assert f"last word: {NAME}" in (shown(kim, "?status=waiting") and kim.words)
    kim.get(f"/desk/tickets/{number}")
    assert f"{NAME} a system" in kim.words
    assert "It is mended." in " ".join(at_menu(one_desk, "raj.patel").key("2").said), "by phone as any answer"


def test_tickets_are_listed_newest_first_a_page_at_a_time_and_narrowed(one_desk: Desk) -> None:
    ours = operators(one_desk, "tickets:read")
    bakery = {"account_id": 1, "opened_by": OLIVIA, "status": "waiting"}
    some: list[dict[str, Any]] = [
        bakery,
        {"status": "draft"},
        {"status": "quarantined", "customer_status": "open"},
        {"status": "withdrawn"},
    ]
    queued(one_desk, *({} for _ in range(60)), *some, {"status": "pending", "account_id": None, "opened_by": None})
    first = ours.read("/tickets")
    rest = ours.read(f"/tickets?cursor={first['next']}")
    listed = [one["number"] for one in first["tickets"] + rest["tickets"]]
    assert (len(first["tickets"]), rest["next"]) == (50, None)
    assert listed == [1065, 1061, *range(1060, 1000, -1)]
    assert (first["tickets"][0]["account"], first["tickets"][0]["person"]) == (None, None)
    (waiting,) = ours.read("/tickets?status=waiting")["tickets"]
    assert (waiting["number"], waiting["account"], waiting["person"]) == (1061, HARBOUR, "olivia.hart")
    assert ours.read(f"/tickets?account={HARBOUR}")["tickets"] == [waiting]
    assert ours.read("/tickets?account=999999")["tickets"] == []
    problem(ours.get(f"/tickets?status=open&cursor={first['next']}"), "invalid")
    for hidden in ("draft", "quarantined", "withdrawn", "nonsense"):
        problem(ours.get(f"/tickets?status={hidden}"), "invalid")


@pytest.mark.parametrize("status", ["draft", "quarantined", "withdrawn"])
def test_what_the_desk_has_not_got_no_program_has(one_desk: Desk, status: str) -> None:
    ours = operators(one_desk)
    queued(one_desk, {"status": status, "customer_status": "open" if status == "quarantined" else None})
    for number in (1001, 666666):
        problem(ours.get(f"/tickets/{number}"), "not-found")
        problem(ours.get(f"/tickets/{number}/files/1"), "not-found")
        problem(ours.post(f"/tickets/{number}/messages", {"words": "x"}), "not-found")
        problem(ours.post(f"/tickets/{number}/notes", {"words": "x"}), "not-found")
        problem(ours.ask("PATCH", f"/tickets/{number}", {"status": "open"}, If_Match="*"), "not-found")
    assert rows(one_desk, select(tables.messages)) == []


def test_of_what_was_left_under_a_threat_customers_see_nothing_that_a_system_does(one_desk: Desk) -> None:
    theirs, ours = customers(one_desk, RAJ, TIDEWORKS), operators(one_desk)
    number = opened(theirs)
    at, before = f"/tickets/{number}", texts(theirs, number)
    change(one_desk, update(tables.tickets).where(tables.tickets.c.number == number).values(customer_status="open"))
    problem(ours.post(f"{at}/messages", {"words": "Are you safe?"}), "conflict")
    assert ours.post(f"{at}/notes", {"words": "Supervisors know."}).status_code == 201
    etag = ours.get(at).headers["etag"]
    assert ours.ask("PATCH", at, {"status": "closed"}, If_Match=etag).status_code == 200
    assert texts(theirs, number) == before
    assert theirs.read(at)["status"] == "open"
    assert ours.read(at)["person"] is None


def test_each_verb_opens_what_it_says(one_desk: Desk) -> None:
    reads, writes = operators(one_desk, "tickets:read"), operators(one_desk, "tickets:write")
    number = opened(customers(one_desk, RAJ, TIDEWORKS))
    asks: list[tuple[Program, str, str, Any]] = [
        (reads, "POST", "messages", {"words": "x"}),
        (reads, "POST", "notes", {"words": "x"}),
        (reads, "PATCH", "", {"status": "closed"}),
        (writes, "GET", "", None),
        (writes, "GET", "files/1", None),
        (writes, "PATCH", "", {"status": "closed"}),
    ]
    for program, method, part, body in asks:
        for at in (number, 666666):
            told = program.ask(method, f"/tickets/{at}/{part}".rstrip("/"), body, If_Match="*")
            if told.status_code != 404 or at == number:
                assert problem(told, "denied")["rules"] == ["D-key.scope"], (method, part)
    problem(writes.get("/tickets"), "denied")
    assert texts(customers(one_desk, RAJ, TIDEWORKS), number)[1:] == []


def test_nothing_is_sent_where_the_desk_has_said_something_since(one_desk: Desk) -> None:
    one, other = operators(one_desk), operators(one_desk)
    number = opened(customers(one_desk, RAJ, TIDEWORKS))
    at, seen = f"/tickets/{number}/messages", one.read(f"/tickets/{number}")["messages"][-1]["id"]
    assert one.post(at, {"words": "first", "seen": seen}).status_code == 201
    problem(other.post(at, {"words": "second", "seen": seen}), "conflict")
    assert one.post(at, {"words": "and more", "seen": seen}).status_code == 201, "its own"
    assert [text for _, text in texts(one, number)[1:]] == ["first", "and more"]


def test_files_come_with_what_is_said_and_are_fetched_by_whoever_may_see_it(desk: Desk) -> None:
    theirs, ours, others = customers(desk, RAJ, TIDEWORKS), operators(desk), customers(desk, OLIVIA, HARBOUR)
    new = theirs.post("/tickets", {"topic": "technical", "words": "slow", "files": [MAP]})
    at = f"/tickets/{new.json()['number']}"
    theirs.post(f"{at}/messages", {"words": "more", "files": [MAP, MAP]})
    ours.post(f"{at}/messages", {"words": "this one?", "files": [MAP | {"name": "a\nX: y\u2028b.svg"}]})
    ours.post(f"{at}/notes", {"words": "ours", "files": [MAP]})
    kept = [file for one in ours.read(at)["messages"] for file in one["files"]]
    assert (kept[0]["name"], kept[0]["size"], kept[0]["ready"]) == ("map.txt", 11, True)
    assert len(kept) == 5
    assert kept[3]["name"] == "a X: y b.svg", "one line"
    seen = [file["id"] for one in theirs.read(at)["messages"] for file in one["files"]]
    assert seen == [one["id"] for one in kept[:4]]
    for id in seen:
        for program in (theirs, ours):
            saved = program.get(f"{at}/files/{id}")
            assert (saved.content, saved.headers["content-type"]) == (b"where it is", "application/octet-stream")
            assert saved.headers["content-disposition"].startswith("attachment;")
        problem(others.get(f"{at}/files/{id}"), "not-found")
    assert ours.get(f"{at}/files/{kept[4]['id']}").status_code == 200
    problem(theirs.get(f"{at}/files/{kept[4]['id']}"), "not-found")
    problem(ours.get(f"{at}/files/888888"), "not-found")
    e = tables.ledger.c
    told = rows(desk, select(e.who).where(e.action == "desk.tickets.read", e.fields.like("%ticket.file%")))
    assert {row.who for row in told} == {f"key:{ours.id}"}


def test_files_that_will_not_do_name_their_field(one_desk: Desk) -> None:
    theirs = customers(one_desk, RAJ, TIDEWORKS)
    for files, field in (
        ([MAP] * 6, "files"),
        ([MAP, MAP | {"content": "YWJj!!!!"}], "files.1.content"),
        ([MAP | {"content": ""}], "files.0.content"),
        ([MAP | {"content": "abcde"}], "files.0.content"),
        ([MAP | {"name": ""}], "files.0.name"),
    ):
        told = problem(theirs.post("/tickets", {"topic": "technical", "words": "x", "files": files}), "invalid")
        assert [one["field"] for one in told["errors"]] == [field]
    assert rows(one_desk, select(tables.tickets)) == []


def test_what_the_other_kind_of_key_does_is_said_to_be(one_desk: Desk) -> None:
    theirs, ours = customers(one_desk, RAJ, TIDEWORKS), operators(one_desk)
    number = opened(theirs)
    problem(theirs.post(f"/tickets/{number}/notes", {"words": "x"}), "other-kind")
    problem(ours.post("/tickets", {"topic": "technical", "words": "x"}), "other-kind")
    etag = theirs.get(f"/tickets/{number}").headers["etag"]
    for told, field in (
        (theirs.ask("PATCH", f"/tickets/{number}", {"status": "waiting"}, If_Match=etag), "status"),
        (theirs.post(f"/tickets/{number}/messages", {"words": "x", "seen": 1}), "seen"),
        (theirs.get("/tickets?status=open"), "status"),
        (theirs.get(f"/tickets?account={TIDEWORKS}"), "account"),
    ):
        assert [one["field"] for one in problem(told, "invalid")["errors"]] == [field]
