"""Tickets by a customer's key: opened, read, answered, closed and opened again; once however often it is sent, and never over somebody's head."""

from __future__ import annotations

from sqlalchemy import select, update

from store import tables
from tests.api.asking import HARBOUR, MIA, OLIVIA, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.rights import held

WORDS = "web-2 is slow\nsince this morning."


def opened(program: Program, topic: str = "technical") -> int:
    answer = program.post("/tickets", {"topic": topic, "words": WORDS})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


def test_a_ticket_is_opened_read_answered_closed_and_opened_again(desk: Desk) -> None:
    program = customers(desk, RAJ, TIDEWORKS)
    made = program.post("/tickets", {"topic": "technical", "words": WORDS})
    at = f"/tickets/{made.json()['number']}"
    assert made.headers["location"] == f"/api/v1{at}"
    ticket = program.read(at)
    assert (ticket["title"], ticket["status"], ticket["own"]) == ("web-2 is slow", "open", True)
    assert [(one["by"], one["text"]) for one in ticket["messages"]] == [("customer", WORDS)]
    assert program.post(f"{at}/messages", {"words": "Now it is gone."}).status_code == 201
    now = program.get(at)
    assert [one["text"] for one in now.json()["messages"]] == [WORDS, "Now it is gone."]
    closed = program.ask("PATCH", at, {"status": "closed"}, If_Match=now.headers["etag"])
    assert closed.status_code == 200
    now = program.get(at)
    assert now.json()["status"] == "closed"
    assert program.ask("PATCH", at, {"status": "open"}, If_Match=now.headers["etag"]).status_code == 200
    assert program.read(at)["status"] == "open"
    e = tables.ledger.c
    told = rows(desk, select(e.who, e.channel, e.fields).where(e.action.startswith("ticket.")))
    assert {(row.who, row.channel) for row in told} == {("person:7", "api")}
    assert all(f"by:key:{program.id}" in row.fields for row in told), "each entry says by which key"


def test_a_change_says_what_it_changes_and_is_refused_where_somebody_was_faster(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    at = f"/tickets/{opened(program)}"
    before = program.get(at).headers["etag"]
    problem(program.ask("PATCH", at, {"status": "closed"}), "no-match")
    program.post(f"{at}/messages", {"words": "more"})
    changed = program.ask("PATCH", at, {"status": "closed"}, If_Match=before)
    problem(changed, "changed")
    assert program.read(at)["status"] == "open"
    assert program.get(at, If_None_Match=changed.headers["etag"]).status_code == 304
    problem(program.ask("PATCH", at, {"status": "open"}, If_Match=changed.headers["etag"]), "conflict")


def test_what_is_sent_twice_with_one_key_is_done_once_for_a_day(desk: Desk) -> None:
    program = customers(desk, RAJ, TIDEWORKS)
    new = {"topic": "technical", "words": WORDS}
    first, second = (program.post("/tickets", new, Idempotency_Key="a-1") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["location"] == first.headers["location"]
    problem(program.post("/tickets", new | {"words": "another"}, Idempotency_Key="a-1"), "other-request")
    other = customers(desk, RAJ, TIDEWORKS)
    assert other.post("/tickets", new, Idempotency_Key="a-1").json()["number"] != first.json()["number"]
    assert b"number" not in bytes(rows(desk, select(tables.api_answers.c.answer))[0][0]), "sealed"
    desk.pass_time(24 * 3600 + 1)
    third = program.post("/tickets", new, Idempotency_Key="a-1")
    assert third.json()["number"] != first.json()["number"]


def test_a_list_comes_in_pages_and_a_cursor_is_good_for_its_key_alone(one_desk: Desk) -> None:
    program, other = customers(one_desk, RAJ, TIDEWORKS), customers(one_desk, OLIVIA, HARBOUR)
    numbers = []
    for _ in range(52):
        numbers.append(opened(program))
        one_desk.pass_time(2)
    first = program.read("/tickets")
    rest = program.read(f"/tickets?cursor={first['next']}")
    assert len(first["tickets"]) == 50
    assert rest["next"] is None
    assert {one["number"] for one in first["tickets"] + rest["tickets"]} == set(numbers)
    for cursor in (first["next"], first["next"][:-1], "x" * 40, ""):
        answer = other.get(f"/tickets?cursor={cursor}")
        assert answer.status_code == (422 if cursor else 200)
    problem(program.get(f"/tickets?cursor={first['next'][:-2]}xx"), "invalid")


def test_a_key_does_what_it_was_made_for_and_not_what_its_maker_may_besides(one_desk: Desk) -> None:
    reads = customers(one_desk, RAJ, TIDEWORKS, ["ticket.view:technical"])
    told = problem(reads.post("/tickets", {"topic": "technical", "words": "x"}), "denied")
    assert (told["reason"], told["rules"]) == ("no_right", ["D-key.scope"])
    bills = opened(customers(one_desk, RAJ, TIDEWORKS), "billing")
    problem(reads.get(f"/tickets/{bills}"), "not-found")
    problem(reads.post(f"/tickets/{bills}/messages", {"words": "x"}), "not-found")
    assert reads.read("/tickets")["tickets"] == []
    account = reads.read(f"/accounts/{TIDEWORKS}")
    assert (account["invoices"], account["services"], account["may"]) == (None, None, ["ticket.view:technical"])


def test_a_right_that_is_taken_from_its_maker_is_gone_at_the_next_request(desk: Desk) -> None:
    """T14: in the middle of what a program does."""
    program = customers(desk, RAJ, TIDEWORKS)
    at, c = f"/tickets/{opened(program)}", tables.contacts.c
    etag = program.get(at).headers["etag"]
    change(desk, *held("manage_users,manage_billing", c.account_id == 3, c.person_id == RAJ))
    problem(program.get(at), "not-found")
    problem(program.ask("PATCH", at, {"status": "closed"}, If_Match=etag), "not-found")
    told = problem(program.post("/tickets", {"topic": "technical", "words": "x"}), "denied")
    assert told["reason"] == "no_support"


def test_a_suspended_account_gets_no_new_technical_ticket_by_a_key_either(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    change(one_desk, update(tables.accounts).where(tables.accounts.c.id == 3).values(status="suspended"))
    told = problem(program.post("/tickets", {"topic": "technical", "words": "x"}), "denied")
    assert (told["reason"], told["next"]) == ("account_suspended", "open_billing_ticket")
    assert opened(program, "billing")


def test_what_will_not_do_names_its_field(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    for new, field in (
        ({"topic": "technical"}, "words"),
        ({"topic": "gossip", "words": "x"}, "topic"),
        ({"topic": "technical", "words": " \u200b "}, "words"),
        ({"topic": "technical", "words": "x" * 12_001}, "words"),
        ({"topic": "technical", "words": "x", "account": HARBOUR}, "account"),
    ):
        told = problem(program.post("/tickets", new), "invalid")
        assert [one["field"] for one in told["errors"]] == [field]
        assert "xxx" not in str(told), "what was sent is not repeated"
    problem(program.get("/tickets/0"), "invalid")
    problem(program.get("/tickets/99999999999999999999"), "invalid")


def test_a_service_that_may_not_be_named_is_said_to_be_none_whosever_it_is(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    new = {"topic": "technical", "words": WORDS}
    for ref in ("nope", "grid-1"):
        told = problem(program.post("/tickets", new | {"service": ref}), "invalid")
        assert [(one["field"], one["problem"]) for one in told["errors"]] == [
            ("service", "is none of this account's that may be named here")
        ]
    assert rows(one_desk, select(tables.tickets)) == []
    assert program.post("/tickets", new | {"service": "ms-1"}).status_code == 201


def test_a_key_is_for_one_account_however_many_its_maker_is_on(one_desk: Desk) -> None:
    """Olivia is made a contact of Tideworks as well: her bakery's key knows nothing of that."""
    c = tables.contacts
    change(one_desk, c.insert().values(account_id=3, person_id=OLIVIA))
    change(one_desk, *held("manage_users,manage_support,manage_billing", c.c.account_id == 3, c.c.person_id == OLIVIA))
    bakery, theirs = customers(one_desk, OLIVIA, HARBOUR), opened(customers(one_desk, RAJ, TIDEWORKS))
    both = customers(one_desk, OLIVIA, TIDEWORKS)
    assert both.read(f"/tickets/{theirs}")["number"] == theirs
    problem(bakery.get(f"/tickets/{theirs}"), "not-found")
    problem(bakery.get(f"/accounts/{TIDEWORKS}"), "not-found")
    assert bakery.read("/tickets")["tickets"] == []
    assert both.read(f"/accounts/{TIDEWORKS}")["number"] == TIDEWORKS


def test_questions_about_decisions_are_the_operators(one_desk: Desk) -> None:
    program = operators(one_desk, "decisions:read")
    asks = [
        {"account": TIDEWORKS, "person": "mia.chen", "action": "ticket.open", "topic": "technical"},
        {"account": TIDEWORKS, "person": "leo.fox", "action": "billing.view"},
        {"account": HARBOUR, "person": "mia.chen", "action": "billing.view"},
    ]
    answer = program.post("/decisions", {"asks": asks})
    assert [(one["allowed"], one["reason"]) for one in answer.json()["decisions"]] == [
        (True, "allowed"),
        (False, "no_support"),
        (False, "not_a_contact"),
    ]
    wrong = program.post("/decisions", {"asks": [asks[0], asks[1] | {"person": "nobody"}]})
    assert problem(wrong, "invalid")["errors"] == [{"field": "asks.1.person", "problem": "there is no such person"}]
    told = problem(operators(one_desk, "accounts:read").post("/decisions", {"asks": asks}), "denied")
    assert told["rules"] == ["D-key.scope"]
    problem(customers(one_desk, RAJ, TIDEWORKS).post("/decisions", {"asks": asks}), "other-kind")
    problem(program.get("/tickets"), "denied")
    assert MIA
