"""What is counted before it is made, and codes of which one is live, by two real transactions at the same moment on PostgreSQL.

H9
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from authz import Action, Ask, Grant, Proof, Subject
from store import Keys, Transaction, tables
from store.codes import one_time_codes, one_time_links
from store.staff import dual_control
from store.verification import call_approvals, call_codes, totp
from tests.desk import SECRET
from tests.store.clocked import Clocked

MIA, ACCOUNT = 8, 1
LOOKS = 5_000  # far more than it takes: a test that would wait for ever fails instead
WAITS = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
Does = Callable[[Transaction], Any]


@pytest.fixture
def desk(sample_postgres: str) -> Iterator[Clocked]:
    desk = Clocked(sample_postgres, Keys.parse(SECRET))
    yield desk
    desk.close()


def both(desk: Clocked, one: Does, other: Does | None = None) -> tuple[Any, Any]:
    """What `one` gives, and what `other` does, which comes upon it before it is committed: it waits, or has not looked."""

    def then() -> Any:
        desk.now += 1
        with desk.store.transaction("phone", "CA2") as tx:
            return (other or one)(tx)

    with ThreadPoolExecutor(1) as threads:
        with desk.store.transaction("phone", "CA1") as tx:
            first = one(tx)
            second = threads.submit(then)
            assert any(desk.rows(WAITS) for _ in range(LOOKS) if not second.done()), "it did not wait"
        return first, second.result(30)


def test_h9_two_codes_at_once_leave_one_good(desk: Clocked) -> None:
    """Of whatever kind: the later one is good, and it is the only one. A page's token likewise."""
    for kind in ("link", "unlock", "text"):
        older, newer = both(desk, partial(one_time_codes.issue, kind=kind, subject=Subject.of_person(MIA)))
        assert desk.do(one_time_codes.use, kind, older, Subject.of_person(MIA)) is None
        assert desk.do(one_time_codes.use, kind, newer, Subject.of_person(MIA)) == ""
    older, newer = both(desk, lambda tx: one_time_links.issue(tx, "join", Subject("staff:1")))
    assert desk.do(one_time_links.look, "join", older) is None
    assert desk.do(one_time_links.look, "join", newer) == ("staff:1", "")


def test_h9_the_table_holds_no_two_live_codes_of_a_kind(sample_sqlite: str) -> None:
    """Whoever forgets to void the one before cannot make another."""
    one = Clocked(sample_sqlite, Keys.parse(SECRET))
    row = {"kind": "link", "subject": Subject.of_person(MIA), "bound": "", "made_at": 1, "expires_at": 2}
    with one.transaction() as tx:
        new = insert(tables.codes).prefix_with("OR IGNORE")
        made = [tx.connection.execute(new.values(digest=digest, **row)).rowcount for digest in ("a", "b")]
    assert made == [1, 0]
    one.close()


def question(tx: Transaction) -> bool:
    """As the phone asks."""
    if call_approvals.lately(tx, Subject.of_person(MIA), call_codes.WITHIN) >= call_codes.MOST:
        return False
    return bool(call_approvals.ask(tx, Subject.of_person(MIA), ACCOUNT))


def code(tx: Transaction) -> bool:
    return call_codes.ask(tx, Subject.of_person(MIA), ACCOUNT)


@pytest.mark.parametrize("asks", [question, code])
def test_h9_three_questions_or_codes_in_ten_minutes_however_close(desk: Clocked, asks: Does) -> None:
    for call in ("CA3", "CA4"):
        with desk.store.transaction("phone", call) as tx:
            assert asks(tx)
        desk.now += 1
    assert both(desk, asks) == (True, False)


def test_h9_two_supervisors_who_ask_the_same_at_once_have_asked_once(desk: Clocked) -> None:
    with desk.transaction() as tx:
        row = {"name": "Lee", "email": "l@desk.example", "role": "supervisor", "suspended_at": None}
        for username in ("lee.one", "lee.two"):
            tx.connection.execute(insert(tables.staff).values(username=username, **row))
        s = tables.staff.c
        lees = tx.connection.execute(select(s.id).where(s.username.startswith("lee.")).order_by(s.id)).scalars().all()

    def asks(staff: int) -> Does:
        def ask(tx: Transaction) -> bool:
            grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PIN_REISSUE, None, None, Proof.NONE))
            assert isinstance(grant, Grant)
            return dual_control.ask(tx, grant, "pin_unlock", person=MIA)

        return ask

    assert both(desk, asks(lees[0]), asks(lees[1])) == (True, False)


def test_an_authenticator_its_owner_keeps_at_the_last_moment_stays(desk: Clocked) -> None:
    row = {"person_id": MIA, "sealed": b"", "made_at": 1, "confirmed_at": 1, "last_step": 0, "ends_at": desk.now}
    desk.do(lambda tx: tx.connection.execute(insert(tables.authenticators).values(**row)))
    assert both(desk, lambda tx: totp.keep(tx, MIA), totp.sweep) == (True, None)
    assert desk.do(totp.confirmed_at, MIA) == 1, "they were told that they keep it"
    told = select(tables.jobs.c.key).where(tables.jobs.c.kind == "notice")
    assert desk.rows(told) == []
