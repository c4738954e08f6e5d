"""T40: the clock of the machine jumps: a lock set back is longer and never for ever, one set forward gives no more than the ten in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select

from authz import Action, Ask, Grant, Proof, Subject
from store import Keys, tables
from store.accounts import delegations
from store.calls import call_state
from store.codes import one_time_codes, one_time_links
from store.db.transaction import Transaction
from store.jobs import job_queue
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.slack import installations
from store.staff import account_access, dual_control
from store.verification import attempt_limits, call_approvals, sms_codes, step_ups
from store.verification.attempt_limits import Admission
from tests.desk import SECRET
from tests.store.clocked import DAY, HOUR, MINUTE, Clocked
from tests.store.guarded import Guarded

EVALUATE, REFUSED = Admission.EVALUATE, Admission.REFUSED


@pytest.fixture
def guarded(store_url: str) -> Iterator[Guarded]:
    opened = Guarded(store_url)
    yield opened
    opened.close()


def test_set_back_an_hour_a_lock_lasts_that_hour_longer_and_no_more(guarded: Guarded) -> None:
    assert guarded.wrong(5) == [EVALUATE] * 5
    guarded.now -= HOUR
    assert guarded.wrong(1) == [Admission.BUSY], "a budget spent in the future is at its least, and fills again"
    guarded.now += MINUTE
    assert guarded.wrong(1) == [REFUSED]
    guarded.now += HOUR + 29 * MINUTE - 1
    assert guarded.wrong(1) == [REFUSED], "never shorter than thirty minutes"
    guarded.now += 1
    assert guarded.right() is EVALUATE, "never for ever"


def test_set_back_between_attempts_they_are_all_counted(guarded: Guarded) -> None:
    got = []
    for _ in range(12):
        got += guarded.wrong(1)
        guarded.now += 2 * MINUTE  # then every budget has something again
        got += guarded.wrong(1)
        guarded.now -= HOUR
    busy = Admission.BUSY
    assert got == [EVALUATE, EVALUATE, *[busy, EVALUATE] * 3, *[busy, REFUSED] * 8]


def test_set_forward_over_and_over_no_more_than_ten_are_evaluated(guarded: Guarded) -> None:
    """Whoever turns the clock ends a lock: what is counted in a row is not counted by the clock."""
    got = []
    for _ in range(60):
        got += guarded.wrong(1)
        guarded.now += HOUR
    assert got.count(EVALUATE) == attempt_limits.IN_A_ROW_TO_DISABLE
    assert guarded.do(attempt_limits.is_disabled, guarded.k)


def test_a_code_is_good_once_whatever_the_clock_does(guarded: Guarded) -> None:
    code = guarded.do(one_time_codes.issue, "link", Subject("person:1"))
    guarded.now += HOUR
    assert guarded.do(one_time_codes.redeem, "link", code) is None, "too old"
    guarded.now -= HOUR
    assert guarded.do(one_time_codes.redeem, "link", code) == ("person:1", "")
    guarded.now -= HOUR
    assert guarded.do(one_time_codes.redeem, "link", code) is None, "used"


def test_b6_what_was_made_by_a_clock_a_day_ahead_proves_nothing_once_it_is_put_right(guarded: Guarded) -> None:
    (person,) = guarded.add_people(1)
    subject = Subject.of_person(person)
    with guarded.transaction() as tx:
        tx.connection.execute(
            insert(tables.accounts).values(id=1, number="1", name="A", scheme="memset", status="active")
        )
        row = {"username": "a", "name": "A", "email": "a@desk.example", "role": "agent"}
        staff = tx.connection.execute(insert(tables.staff).values(**row).returning(tables.staff.c.id)).scalar_one()
    right = guarded.now
    guarded.now += DAY
    code, again = guarded.do(one_time_codes.issue, "link", subject), guarded.do(one_time_codes.issue, "step", subject)
    page, session = guarded.do(one_time_links.issue, "pin", subject), guarded.do(sessions.begin, STAFF, staff)
    guarded.do(step_ups.reached, subject, 1, "authenticator", "CA1", ends_at=guarded.now + 15 * MINUTE)
    assert guarded.wrong(5) == [EVALUATE] * 5, "and a lock"
    assert guarded.do(sessions.find, STAFF, session, does=True) is not None
    for guarded.now in (right, right + 12 * HOUR):
        assert guarded.do(one_time_codes.redeem, "link", code) is None
        assert guarded.do(one_time_codes.use, "step", again, subject) is None
        assert guarded.do(one_time_links.look, "pin", page) is None
        assert guarded.do(one_time_links.use, "pin", page) is None
        assert guarded.do(sessions.find, STAFF, session, does=True) is None
        assert guarded.store.watch(session) is None
        assert guarded.do(step_ups.until, subject, 1, "CA1") is None
    guarded.now = right
    guarded.do(attempt_limits.sweep)
    guarded.wrong(
        1
    )  # too soon after those of a day ahead, for a moment: a budget is never further off than from nothing
    guarded.now += 30 * MINUTE - 1
    assert guarded.wrong(1) == [REFUSED], "never shorter than thirty minutes"
    guarded.now += 1
    assert guarded.right() is EVALUATE, "nor a day longer"


def test_b6_no_lease_or_agreement_of_the_future_holds_once_the_clock_is_put_right(guarded: Guarded) -> None:
    asked, answers = guarded.add_people(1)[0], []
    account = {"id": 1, "number": "1", "name": "A", "scheme": "memset", "status": "active"}
    lead = {"name": "L", "email": "l@desk.example", "role": "supervisor"}
    with guarded.transaction("CA1") as tx:
        tx.connection.execute(insert(tables.accounts).values(**account))
        tx.connection.execute(insert(tables.staff), [lead | {"username": "one"}, lead | {"username": "two"}])
        call_state.begin(tx, "CA1", "{}", "f", "answer")
        job_queue.enqueue(tx, "ticket_update", "1", {})
    one, two = (row.id for row in guarded.rows(select(tables.staff.c.id).order_by(tables.staff.c.id)))

    def leads(tx: Transaction, staff: int, do: Callable[..., bool], *given: Any, **named: Any) -> bool:
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PIN_REISSUE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        return do(tx, grant, *given, **named)

    right = guarded.now
    guarded.now += DAY
    assert guarded.do(job_queue.lease, ["ticket_update"]) is not None
    guarded.do(call_state.lease, "CA1", "f")
    state = guarded.do(lambda tx: installations.begin(tx.keys, "0" * 11, tx.now))
    assert guarded.do(leads, one, dual_control.ask, "pin_unlock", person=asked)
    with guarded.transaction("CA1") as tx:
        subject = Subject.of_person(asked)
        for answered in (False, True):
            id, number = call_approvals.ask(tx, subject, 1)
            answers.append((id, number))
            if answered:
                assert call_approvals.answer(tx, subject, id, number, ends_at=tx.now + MINUTE)
    (wish,) = guarded.rows(select(tables.dual_control.c.id))
    for guarded.now in (right, right + 12 * HOUR):
        call = guarded.do(call_state.load, "CA1")
        assert call is not None
        assert call.leased_to is None
        assert not guarded.do(installations.came_back, state)
        assert not guarded.do(leads, two, dual_control.agree, wish.id)
        assert guarded.do(call_approvals.lately, subject, HOUR) == 0
        assert guarded.do(call_approvals.outcome, answers[1][0]) is False
    guarded.now = right
    assert guarded.do(job_queue.lease, ["ticket_update"]) is None
    guarded.do(job_queue.sweep)
    assert guarded.do(job_queue.lease, ["ticket_update"]) is not None, "a job waits for no lease of tomorrow"


def test_b6_a_question_of_the_future_cannot_be_answered(guarded: Guarded) -> None:
    (person,) = guarded.add_people(1)
    account = {"id": 1, "number": "1", "name": "A", "scheme": "memset", "status": "active"}
    guarded.now += DAY
    with guarded.transaction("CA1") as tx:
        tx.connection.execute(insert(tables.accounts).values(**account))
        call_state.begin(tx, "CA1", "{}", "f", "answer")
        id, number = call_approvals.ask(tx, Subject.of_person(person), 1)
    guarded.now -= DAY
    assert guarded.do(call_approvals.outcome, id) is False
    assert (
        guarded.do(call_approvals.answer, Subject.of_person(person), id, number, ends_at=guarded.now + MINUTE) is None
    )


def test_b6_what_was_asked_for_by_a_clock_a_day_ahead_is_not_counted_once_it_is_put_right(sample_sqlite: str) -> None:
    """B6: requests for a loan, text messages, accounts looked at: nobody is refused tomorrow's for as long as it was ahead."""
    desk = Clocked(sample_sqlite, Keys.parse(SECRET))

    def asks(cell: str) -> int | str:
        with desk.transaction() as tx:
            grant = tx.ask(Ask(Subject("person:9"), Action.CONTACTS_VIEW, 3, None, Proof.VERIFIED))
            assert isinstance(grant, Grant)
            return delegations.ask(tx, grant, cell)

    def looked() -> int:
        with desk.transaction() as tx:
            grant = tx.ask(Ask(Subject("staff:1"), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
            assert isinstance(grant, Grant)
            return account_access.count(tx, grant)

    def texted() -> bool:
        return bool(desk.do(sms_codes.ask, Subject("person:1"), "CA1", ("GB",)))

    cells = ("ticket.open:technical", "ticket.view:technical", "ticket.reply:technical")
    right = desk.now
    desk.now += DAY
    requests = [asks(cell) for cell in cells]
    assert all(isinstance(one, int) for one in requests)
    assert asks(cells[0]) == "open"
    assert [texted() for _ in range(4)] == [True] * 3 + [False]
    desk.now += 11 * MINUTE
    assert [texted() for _ in range(3)] == [True] * 2 + [False], "the day's fifth is the last"
    with desk.transaction() as tx:
        tx.connection.execute(insert(tables.account_access).values(staff_id=1, account_id=3, at=tx.now))
    assert looked() == 1
    desk.now = right
    assert isinstance(asks(cells[0]), int)
    desk.now += 2 * HOUR  # a budget of the whole desk that was spent in the future fills again from nothing
    assert texted()
    assert looked() == 0
    desk.close()


def test_b6_what_was_looked_at_by_a_clock_ahead_counts_no_more_once_they_are_let_go_on(sample_url: str) -> None:
    """And no clock that is ahead while they are let go on makes what they look at afterwards count for nothing."""
    desk = Clocked(sample_url, Keys.parse(SECRET))

    def may(action: Action, subject: Subject, do: Callable[..., Any], *given: Any) -> Any:
        with desk.transaction() as tx:
            grant = tx.ask(Ask(subject, action, None, None, Proof.NONE))
            assert isinstance(grant, Grant)
            return do(tx, grant, *given)

    def looks() -> None:
        with desk.transaction() as tx:
            tx.connection.execute(insert(tables.account_access).values(staff_id=1, account_id=3, at=tx.now))

    with desk.transaction() as tx:
        lead = (
            tx.connection.execute(select(tables.staff.c.id).where(tables.staff.c.role == "supervisor")).scalars().one()
        )
    desk.now += 30_000
    looks()
    desk.now -= 30_000
    assert may(Action.DESK_PROOF_ASK, Subject("staff:1"), account_access.count) == 1
    assert may(Action.DESK_THREAT_SWITCH, Subject.of_staff(lead), account_access.lift, 1)
    assert may(Action.DESK_PROOF_ASK, Subject("staff:1"), account_access.count) == 0
    desk.now += DAY
    assert may(Action.DESK_THREAT_SWITCH, Subject.of_staff(lead), account_access.lift, 1)
    desk.now -= DAY
    looks()
    assert may(Action.DESK_PROOF_ASK, Subject("staff:1"), account_access.count) == 1
    desk.close()
