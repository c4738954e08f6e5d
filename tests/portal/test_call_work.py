"""An agent works the call from its card: tickets and requests in the caller's name, judged as the caller, and notes that belong to the call. T43"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import insert, select, update

from authz import Proof
from store import tables
from store.verification import step_ups
from tests.desk import Desk
from tests.ivr.switchboard import asks
from tests.ivr.wire import change, count, rows
from tests.portal.customers import Customer
from tests.portal.test_called_back import ticket_of
from tests.portal.test_card import OLIVIA, on_the_phone, signed_in

OPEN, NOTE = "/desk/calls/1/ticket", "/desk/calls/1/note"
HARBOUR, TIDEWORKS = 1, 3
T, M, L, R = tables.tickets.c, tables.messages.c, tables.ledger.c, tables.support_calls.c


def proves_twice(desk: Desk) -> None:
    (call,) = rows(desk, select(tables.support_calls))
    with desk.store.transaction("phone", call=call.call) as tx:
        step_ups.reached(tx, call.subject, call.account_id, "text", call.call, ends_at=tx.now + 60_000)


def entries(desk: Desk, cells: Iterable[str]) -> list[tuple[str, str, str, str, bool]]:
    found = rows(desk, select(tables.ledger).where(L.action.in_(cells)).order_by(L.at, L.segment, L.n))
    return [(one.who, one.action, one.decision, one.channel, "by:staff:1" in one.fields.split()) for one in found]


def test_a_ticket_for_the_caller_is_theirs_and_says_who_wrote_it_down(desk: Desk) -> None:
    kim = signed_in(desk)
    on_the_phone(desk, kim, *OLIVIA)
    kim.send(NOTE, words="Sounds worried.")
    assert "Kept with this call." in kim.words
    kim.send(OPEN, words="The shop is down\nSince ten.", kind="technical", service="grid-1")
    assert "The ticket is open: read its number, above the field, to the caller." in kim.words
    assert "In this call: #1001" in kim.words
    (call,) = rows(desk, select(tables.support_calls))
    ticket = rows(desk, select(T.opened_by, T.account_id, T.channel, T.title, T.service, T.proof, T.status))
    assert ticket == [(1, HARBOUR, "phone", "The shop is down", "grid-1", "verified", "open")]
    said = rows(desk, select(M.author, M.body, M.written_by, M.internal).order_by(M.id))
    assert said == [
        ("person:1", "The shop is down\nSince ten.", 1, False),
        ("staff:1", "Sounds worried.", None, True),
    ], "what was noted of the call goes with its ticket"
    assert entries(desk, ["ticket.open:technical"]) == [("person:1", "ticket.open:technical", "allowed", "phone", True)]
    assert rows(desk, select(tables.ledger.c.call).where(L.action == "ticket.open:technical")) == [(call.call,)]
    kim.send(NOTE, words="Told them an hour.")
    assert "desk only" in kim.read("/desk/tickets/1001")
    assert "Olivia Hart from the customer, written down by Kim Novak" in kim.words
    assert "Told them an hour." in kim.words
    assert "in a call with Kim Novak" in kim.words
    olivia = Customer(desk, "olivia.hart")
    olivia.sign_in()
    assert "in a call, written down by Kim Novak of the support desk" in olivia.read("/tickets/1001")
    assert "Sounds worried" not in olivia.words


def test_a_request_takes_the_callers_second_proof_and_leaves_no_draft_without(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    caller = on_the_phone(one_desk, kim, *OLIVIA)
    assert "Request: cancel a service (after a second proof)" in kim.words
    asked = {"words": "Cancel the grid", "kind": "service.cancel", "service": "grid-1"}
    kim.send(OPEN, **asked)
    assert "this takes a second proof of the caller's" in kim.words
    assert "Cancel the grid" in kim.text, "still in its field"
    assert count(one_desk, tables.tickets) == 0
    proves_twice(one_desk)
    kim.get("/desk")
    another = {"account_id": HARBOUR, "ref": "grid-2", "name": "Grid", "status": "running", "managed_sla": False}
    change(one_desk, insert(tables.services).values(another))
    kim.send(OPEN, **asked | {"service": ""})
    assert "Choose which service it is about" in kim.words
    kim.send(OPEN, **asked)
    assert "The request is made" in kim.words
    assert rows(one_desk, select(T.kind, T.status, T.proof, T.factor, T.service)) == [
        ("service.cancel", "open", "stepped-up", "text", "grid-1")
    ]
    caller.hang_up()
    one_desk.work()
    kim.get("/desk/calls/1")
    assert "Request:" not in kim.words
    kim.send(OPEN, **asked)
    assert "Nothing was opened or kept" in kim.words
    kim.send(OPEN, words="and one more thing", kind="billing")
    assert "The ticket is open" in kim.words, "what was said is written down for half an hour"
    one_desk.pass_time(31 * 60)
    kim.sign_in()
    kim.get("/desk/calls/1")
    assert OPEN not in kim.text


def test_nothing_is_done_that_the_caller_may_not_ask_for(one_desk: Desk) -> None:
    """Mia may open technical tickets, and sees nothing of bills; what is not on the card is not done by asking for it all the same."""
    kim = signed_in(one_desk)
    on_the_phone(one_desk, kim)
    assert "Technical ticket" in kim.words
    for never in ('value="billing"', "Request:"):
        assert never not in kim.text
    ticket_of(one_desk, "person:1")  # another account's
    change(one_desk, insert(tables.tickets).values(_quarantined(one_desk)))
    for kind, said in (
        ("billing", "the caller may not ask for that"),
        ("account.close", "the caller may not ask for that"),
        ("made.up", "the caller may not ask for that"),
        ("#1001", "none of the tickets on the card"),
        ("#1002", "none of the tickets on the card"),
        ("#", "none of the tickets on the card"),
    ):
        kim.get("/desk")
        kim.send(OPEN, words="x", kind=kind)
        assert said in kim.words, kind
    assert count(one_desk, tables.tickets) == 2
    assert count(one_desk, tables.messages) == 0
    assert count(one_desk, tables.call_tickets) == 0
    assert ("person:8", "ticket.open:billing", "no_right", "phone", True) in entries(one_desk, ["ticket.open:billing"])


def _quarantined(desk: Desk) -> dict[str, object]:
    row = {"account_id": TIDEWORKS, "opened_by": 8, "topic": "technical", "kind": "problem", "title": "held"}
    row |= {
        "status": "quarantined",
        "customer_status": "open",
        "channel": "phone",
        "opened_at": desk.now,
    }
    return row | {"number": 1002}


def test_words_are_added_to_a_ticket_of_theirs_and_make_no_case_later(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    caller = on_the_phone(one_desk, kim)
    ticket_of(one_desk, "person:8")
    kim.get("/desk")
    assert "Add to #1001 slow" in kim.words
    kim.send(OPEN, words="Slower still.", kind="#1001")
    assert "Added to their ticket." in kim.words
    assert rows(one_desk, select(M.author, M.body, M.written_by)) == [("person:8", "Slower still.", 1)]
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take", had="")
    kim.send("/desk/tickets/1001/status", status="closed")
    kim.get("/desk/calls/1")
    caller.hang_up()
    one_desk.work()
    change(one_desk, insert(tables.messages).values(ticket=1001, author="person:8", body="b", at=1, written_by=1))
    change(one_desk, update(tables.tickets).values(status="open"))
    one_desk.pass_time(31 * 60)
    kim.sign_in()
    assert kim.get("/desk/account/400639").status_code == 403, "only what a customer wrote themselves makes one"


def test_a_ticket_that_was_written_down_for_a_caller_is_no_case_until_they_write_on_it(one_desk: Desk) -> None:
    """Or one call would open an account for as long as its agent likes."""
    kim = signed_in(one_desk)
    caller = on_the_phone(one_desk, kim)
    kim.send(OPEN, words="Slow again.", kind="technical")
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take", had="")
    caller.hang_up()
    one_desk.work()
    one_desk.pass_time(31 * 60)
    kim.sign_in()
    assert kim.get("/desk/account/400639").status_code == 403
    assert "#1001" not in kim.read("/desk/tickets?q=400639")
    change(one_desk, insert(tables.messages).values(ticket=1001, author="person:8", body="Still.", at=1))
    assert kim.get("/desk/account/400639").status_code == 200


@pytest.mark.parametrize("why", ["unverified", "guarded", "another's", "nobody's"])
def test_for_whom_nothing_is_proved_nothing_is_done_and_only_notes_are_kept(one_desk: Desk, why: str) -> None:
    kim = signed_in(one_desk)
    on_the_phone(one_desk, kim, *OLIVIA)
    forms = {form: kim.fields(form) for form in (OPEN, NOTE)}
    values: dict[str, dict[str, object]] = {
        "unverified": {"requested_proof": "pin", "verification_result": "failed", "proof": int(Proof.CLAIMED)},
        "guarded": {"requested_proof": "pin", "verification_result": "passed", "proof": 1, "threatened": True},
        "another's": {"staff_id": 2},
        "nobody's": {"staff_id": None},
    }
    change(one_desk, update(tables.support_calls).values(**values[why]))
    kim.get("/desk/calls/1")
    assert "Open it" not in kim.words
    assert ("stays inside" in kim.words) is (why == "unverified")
    kim.post(OPEN, forms[OPEN] | {"words": "do it", "kind": "technical"})
    assert count(one_desk, tables.tickets) == 0
    kim.post(NOTE, forms[NOTE] | {"words": "would not say"})
    assert rows(one_desk, select(R.about)) == [("would not say" if why == "unverified" else "",)]


def test_what_a_call_was_about_is_written_up_where_no_ticket_says_it(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    caller = on_the_phone(one_desk, kim)
    caller.hang_up()
    one_desk.work()
    assert "What was it about?" in kim.read("/desk/calls/1")
    other = asks(one_desk)
    other.hang_up()
    one_desk.work()
    on_the_phone(one_desk, kim, *OLIVIA)
    kim.get("/desk")
    assert "Your call with Mia Chen" in kim.words
    kim.send(NOTE, words="Asked what a domain is.")
    assert "Olivia Hart" in kim.words, "the card of the call they are on stays"
    assert "Mia Chen's" not in kim.words
    assert rows(one_desk, select(R.about).where(R.id == 1)) == [("Asked what a domain is.",)]
    kim.get("/desk")
    assert NOTE not in kim.text, "it is written"
    assert "Asked what a domain is." in kim.get("/desk/calls/1").text
    kim.send(NOTE, words="Asked what DNS is.")
    assert rows(one_desk, select(R.about).where(R.id == 1)) == [("Asked what DNS is.",)]
    for words, said in (("", "Please write something"), ("x" * 12_001, "longer than 12,000")):
        kim.send(NOTE, words=words)
        assert said in kim.words


def test_whoever_calls_back_takes_a_ticket_that_nobody_has(one_desk: Desk) -> None:
    ticket_of(one_desk, "person:1")
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    for agent in (kim, ana):
        agent.get("/desk/tickets/1001")
        agent.send("/desk/tickets/1001/callback")
        one_desk.pass_time(301)
    assert rows(one_desk, select(tables.assignments.c.staff_id)) == [(1,)], "a colleague's stays theirs"
