"""What is told is in the ledger before it is said: one entry for each decision, names of fields, and never a value.

T23
"""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from authz import Subject
from store import tables
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, change, count, rows


class Ledger:
    """What was written since it was looked at last."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: set[tuple[str, int]] = set()

    def new(self) -> list[tuple[str, str, str, str]]:
        e = tables.ledger.c
        found = rows(self._desk, select(tables.ledger).order_by(e.at, e.segment, e.n))
        fresh = [row for row in found if (row.segment, row.n) not in self._seen]
        self._seen |= {(row.segment, row.n) for row in found}
        return [(row.who, row.action, row.decision, row.fields) for row in fresh]


def test_every_key_writes_what_it_told(desk: Desk) -> None:
    caller, ledger = Caller(Wire(desk), "+441632960107"), Ledger(desk)
    raj = Subject.of_person(rows(desk, select(tables.people.c.id).where(tables.people.c.username == "raj.patel"))[0][0])
    ledger.new()
    caller.prove(pin="53960281")
    begun, proved, menu = ledger.new()
    assert begun == ("nobody", "call", "began", "")
    assert proved == (raj, "pin.attempt", "proved", "")
    cells = "billing.view phone.emergency phone.support service.view"
    tickets = " ".join(f"ticket.{what}:{topic}" for what in ("open", "view") for topic in ("technical", "billing"))
    assert menu[:3] == (raj, "offer", "offered"), "the whole menu is one entry"
    assert sorted(menu[3].split()) == sorted(f"{cells} {tickets}".split())

    told = {
        "3": [("billing.view", "allowed", "invoice.number invoice.amount invoice.due invoice.status")],
        "4": [("service.view", "allowed", "service.name service.status")],
        "2": [
            ("ticket.view:technical", "allowed", "ticket.none"),
            ("ticket.view:billing", "allowed", "ticket.none"),
        ],
        "9": [menu[1:]],
        "7": [menu[1:]],
    }
    for key, expected in told.items():
        caller.key(key)
        written = ledger.new()
        assert [entry[1:] for entry in written] == expected, f"key {key}"
        assert {who for who, *_ in written} <= {raj}


def test_a_refusal_is_in_the_ledger_with_its_reason(desk: Desk) -> None:
    caller, ledger = Caller(Wire(desk)), Ledger(desk)
    caller.prove()
    ledger.new()
    for key, cell in (("3", "billing.view"), ("4", "service.view")):
        caller.key(key)
        refused, helpers = ledger.new()
        assert refused[1:] == (cell, "no_right", "")
        assert helpers[1:] == ("contacts.view", "allowed", "contact.name")


def test_a_ticket_and_a_reply_are_in_the_ledger_by_number(desk: Desk) -> None:
    caller, ledger = Caller(Wire(desk)), Ledger(desk)
    caller.prove()
    caller.key("1")
    caller.key("0")
    ledger.new()
    caller.say("RE" + "1" * 32)
    assert ledger.new()[0][1:] == ("ticket.open:technical", "allowed", "ticket.number:1001")
    caller.key("2")
    caller.key("1")
    ledger.new()
    caller.say("RE" + "2" * 32)
    written = {entry[1]: entry[2:] for entry in ledger.new()}
    assert written["ticket.reply:technical"] == ("allowed", "ticket.number:1001")
    assert written["ticket.reply:billing"] == ("no_right", "")


def test_a_wrong_pin_is_nobodys_and_a_repeat_is_not_written_again(desk: Desk) -> None:
    caller, ledger = Caller(Wire(desk)), Ledger(desk)
    ledger.new()
    caller.prove(pin="11111112")
    written = ledger.new()
    assert [entry[1:3] for entry in written if entry[1] == "pin.attempt"] == [("pin.attempt", "wrong")]
    mia = rows(desk, select(tables.people.c.id).where(tables.people.c.username == "mia.chen"))[0][0]
    assert Subject.of_person(mia) not in {who for who, *_ in written}, (
        "nothing was asked in the name of a person not proven"
    )
    assert [entry[3] for entry in written if entry[1] == "pin.attempt"] == [f"claimed:person:{mia}"]
    caller.again()
    assert ledger.new() == []


CANARY = "Xylophone"


def test_no_value_is_ever_in_the_ledger(desk: Desk) -> None:
    """Names, amounts, titles, numbers and keys are told in one long call; none of them is written down there."""
    t = tables
    raj = select(t.people.c.id).where(t.people.c.username == "raj.patel").scalar_subquery()
    tideworks = select(t.accounts.c.id).where(t.accounts.c.number == "400639").scalar_subquery()
    mine = {"account_id": tideworks, "opened_by": raj, "topic": "technical", "kind": "problem", "status": "open"}
    change(
        desk,
        update(t.people).values(name=CANARY + " " + t.people.c.name),
        update(t.accounts).values(name=CANARY + " " + t.accounts.c.name),
        update(t.services).values(name=CANARY + " " + t.services.c.name),
        update(t.invoices).values(amount="424242.42", number=CANARY + "-7"),
        t.tickets.insert().values(**mine, title=CANARY, channel="portal", opened_at=1),
    )
    change(desk, t.messages.insert().values(ticket=1001, author="staff:1", body=f"{CANARY} answer", at=1))
    phone = desk.exchange.phone("+441632960107")
    phone.dial()
    for keys in ("10000073#", "53960282#", "53960281#", "3", "4", "2", "*", "1", "1", "1"):
        phone.press(keys)
    phone.speak(f"{CANARY} is down")
    phone.press("0")
    desk.work()
    agent = desk.exchange.ringing()
    assert agent is not None
    agent.answer()
    agent.press("1")
    phone.wait()
    phone.hang_up()
    heard = " ".join(phone.heard + agent.heard)
    for value in ("424242", f"{CANARY} answer", f"{CANARY} Raj", f"{CANARY} Tideworks", "is down"):
        assert value in heard or value == "is down", f"{value} was not even told"

    e = tables.ledger.c
    written = " ".join(
        f"{row.who} {row.action} {row.decision} {row.rules} {row.fields}" for row in rows(desk, select(tables.ledger))
    )
    assert count(desk, tables.ledger, e.decision == "allowed") >= 8
    for value in (CANARY, "424242", "10000073", "5396028", "+44", "441632", "mia", "raj", "400639"):
        assert value.lower() not in written.lower()
    assert {row.call for row in rows(desk, select(e.call).where(e.who.startswith("person:")))} == {phone.sid, agent.sid}


@pytest.mark.parametrize("key", ["1", "2", "0", "5"])
def test_what_a_stranger_keys_is_in_nobodys_name(one_desk: Desk, key: str) -> None:
    caller, ledger = Caller(Wire(one_desk), "anonymous"), Ledger(one_desk)
    ledger.new()
    caller.dial()
    for keys in (key, key, "11111112", key):
        caller.key(keys)
    assert {who for who, *_ in ledger.new()} <= {"nobody", "person:0"}
