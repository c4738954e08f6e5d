"""Two machines on one PostgreSQL: what counts is counted by both together, and what one has learnt the other knows at the next key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from authz import Action, Proof, Subject
from desk.actors import Actor, permit_staff
from store import tables
from store.security import reconcile_mode, threat_mode
from store.security.budgets import Limit, take
from tests.channels.restoring import lost_its_end
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire, change, rows

MIA, WRONG, RIGHT = "10000081", "40817263", "17846325"
ANA = Actor(Subject("staff:2"), Proof.NONE)


@pytest.fixture
def two(sample_postgres: str) -> Iterator[tuple[Desk, Desk]]:
    """Each with memory, pools and connections of its own."""
    both = Desk(sample_postgres, **ACCOUNT), Desk(sample_postgres, **ACCOUNT)
    yield both
    for one in both:
        one.close()


def tick(two: tuple[Desk, Desk], at: int) -> None:
    for one in two:
        one.now = at


def test_wrong_pins_in_a_row_are_counted_by_both_together(two: tuple[Desk, Desk]) -> None:
    """Three at one and two at the other lock, for the right one as well, at either."""
    for desk, tries in zip(two, (3, 2), strict=True):
        caller = Caller(Wire(desk))
        caller.dial()
        caller.key(MIA)
        for _ in range(tries):
            caller.key(WRONG)
        tick(two, desk.now)
    guards = tables.pin_guards.c
    assert [row.consecutive for row in rows(two[0], select(guards.consecutive).where(guards.real))] == [5]
    for desk in two:
        caller = Caller(Wire(desk))
        caller.dial()
        caller.key(MIA)
        assert not [words for words in caller.key(RIGHT).said if "To open a ticket" in words]


def test_a_budget_is_one_for_both(two: tuple[Desk, Desk]) -> None:
    limit, let = Limit("test:both", 4, 60_000), list[bool]()
    for desk in (*two, *two, *two):
        with desk.store.transaction("test") as tx:
            let.append(take(tx, (limit,)) is None)
    assert let == [True] * 4 + [False] * 2


def test_a_call_goes_on_at_the_other_machine_and_a_repeat_hears_the_same(two: tuple[Desk, Desk]) -> None:
    here, there = Caller(Wire(two[0])), Caller(Wire(two[1]))
    there.sid = here.sid
    here.dial()
    there.answer = here.key(MIA)
    heard = there.key(RIGHT)
    path, form, _ = there.sent[-1]
    assert here.wire.post(path, form) == heard


def test_threat_mode_and_reconcile_mode_are_on_for_both_at_once(two: tuple[Desk, Desk]) -> None:
    one, other = two
    with one.store.transaction("test") as tx:
        grant = permit_staff(tx, ANA, Action.DESK_THREAT_SWITCH)
        assert grant is not None
        threat_mode.switch(tx, grant, True)
    one.container.worker.checkpoint()
    lost_its_end(one)
    with other.store.transaction("test") as tx:
        assert threat_mode.threat(tx)
        assert reconcile_mode.since(tx) is not None
    assert "message" in " ".join(Caller(Wire(other)).dial().said)


def test_a_right_withdrawn_at_one_is_gone_at_the_other(two: tuple[Desk, Desk]) -> None:
    one, other = two
    caller = Caller(Wire(other))
    caller.prove(MIA, RIGHT)
    people, rights = tables.people.c, tables.contact_rights
    mia = select(people.id).where(people.support_id == MIA).scalar_subquery()
    change(one, rights.delete().where(rights.c.person_id == mia))
    assert not [words for words in caller.key("1").said if "Say" in words and "wrong" in words]
    assert rows(other, select(tables.tickets.c.number)) == []
