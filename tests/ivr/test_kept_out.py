"""Whoever hammers one customer's ID keeps her out for no moment, pays for it, and is told of."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from authz import Subject
from store import tables
from store.accounts.people import check_digit
from store.codes import one_time_codes
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, rows
from tests.statements import watched

MIA, PIN, OWN = "10000081", "17846325", "+441632960108"
MENU = "Press 1 to open a ticket."
UNKNOWN = "9000000" + check_digit("9000000")


def hammered(desk: Desk, tries: int, number: str = "anonymous") -> Counter[str]:
    """Wrong PINs at Mia's ID, three in a call, as fast as they come."""
    heard: Counter[str] = Counter()
    while heard.total() < tries:
        caller = Caller(Wire(desk), number)
        caller.dial()
        caller.key(MIA)
        for _ in range(3):
            text = caller.key("40817263").text
            heard["busy" if "busy" in text else "wrong"] += 1
            if "busy" in text:
                break
        caller.hang_up()
    return heard


def code_for(desk: Desk) -> str:
    p = tables.people.c
    with desk.store.transaction("test") as tx:
        mia = tx.connection.execute(select(p.id).where(p.support_id == MIA)).scalar_one()
        return one_time_codes.issue(tx, "unlock", Subject.of_person(mia))


def budget(desk: Desk, name: str) -> int:
    b = tables.budgets.c
    found = rows(desk, select(b.full_at).where(b.name == name))
    return found[0].full_at - desk.now if found else 0


def test_one_customer_is_not_kept_out_and_refused_tries_are_paid_for(desk: Desk) -> None:
    """The bucket of tries was everybody's, a refused try cost nothing, and a busy line took no message."""
    heard = hammered(desk, 24)
    assert heard == {"wrong": 20, "busy": 4}
    assert 19 * 72_000 < budget(desk, "pin:withheld") <= 20 * 72_000, "five were evaluated, and all twenty are paid for"
    own = Caller(Wire(desk), OWN)
    own.dial()
    own.key(MIA)
    assert own.key(code_for(desk)).said[0] == "Thank you."
    assert MENU in own.key(PIN).said
    withheld = Caller(Wire(desk), "anonymous")
    withheld.dial()
    withheld.key(MIA)
    assert withheld.key("58203917").said[0].startswith("The line is busy just now.")
    assert withheld.say().said == ["Thank you. We have your message. Goodbye."]
    a = tables.alerts.c
    mia = rows(desk, select(tables.people.c.id).where(tables.people.c.support_id == MIA))[0][0]
    assert rows(desk, select(a.subject, a.detail).where(a.kind == "probing_id")) == [(Subject.of_person(mia), "12")]


def test_at_every_caller_in_vain_a_real_id_costs_the_statements_of_an_unknown_one(desk: Desk) -> None:
    """The third caller after an account was told to the desk in the turn itself: two statements more."""

    def sent(support_id: str, n: int) -> list[str]:
        caller, during = Caller(Wire(desk), f"+4420794{n:05}"), list[str]()
        caller.dial()
        caller.key(support_id)
        with watched(desk.store.engine, during.append):
            caller.key(f"{58203917 + n * 1111}")
        caller.hang_up()
        return during

    sent(UNKNOWN, 50_000)  # everything is open and compiled
    other = "8123450" + check_digit("8123450")
    for n in range(5):
        known = sent(MIA, 60_000 + n)
        assert len(known) >= 5
        assert known == sent(other, 70_000 + n), n + 1
    kinds = rows(desk, select(tables.alerts.c.kind))
    assert ("probing_account",) in [tuple(row) for row in kinds], "told, when a call had ended"
