"""Having people verified, at its edges: no way answers for another, nobody for somebody else, none that the desk does not have; and how often a key asks.

T57
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from authz import At, Grant, Proof, Subject
from desk import verification, verification_requests
from desk.actors import Actor
from desk.outcomes import NotProved
from desk.verification_requests import NotAsked, Reach
from store import Transaction, tables
from store.verification import attempt_limits, sms_codes
from store.verification import verification_requests as kept
from tests.api.asking import MIA, RAJ, TIDEWORKS, Program
from tests.api.test_verifications import code
from tests.api.verifying import AT, WANTED, asks, panel, refused
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, count, rows
from tests.portal.passkeying import asked as question_of
from tests.portal.passkeying import passkey_fields
from tests.portal.test_customers import entered
from tests.portal.test_prove import by_passkey

DAY = 24 * 3600
V = tables.verification_requests.c


@pytest.fixture
def texting(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **ACCOUNT, sms="on", sms_countries="GB")
    yield opened
    opened.close()


def whoever(person: int) -> Actor:
    return Actor(Subject.of_person(person), Proof.VERIFIED, "a test", At.PAGES)


def state(desk: Desk, id: int) -> str:
    ((found,),) = rows(desk, select(V.state).where(V.id == id))
    return str(found)


def test_a_call_is_answered_in_it_and_by_whom_it_is_for(one_desk: Desk) -> None:
    program, mia, raj = panel(one_desk), whoever(MIA), whoever(RAJ)
    made = asks(program, "callback")
    assert "Nothing is asked of you here" in entered(one_desk, MIA).read("/confirm")
    ((callback,),) = rows(one_desk, select(V.callback))
    with one_desk.store.transaction("test") as tx:
        assert verification_requests.in_call(tx, mia, callback)
        assert verification_requests.in_call(tx, raj, callback) is None
        assert not verification_requests.in_slack(tx, mia, made["id"], minutes=15)
        assert not verification_requests.by_phone(tx, raj, callback, minutes=15)
        verification_requests.not_me_in_call(tx, RAJ, callback)
        kept.let_go(tx, raj.subject, made["id"])
        assert verification_requests.in_call(tx, mia, callback), "that was nobody of theirs"
    assert state(one_desk, made["id"]) == "waiting"
    with one_desk.store.transaction("test") as tx:
        verification_requests.not_me_in_call(tx, MIA, callback)
    assert state(one_desk, made["id"]) == "failed"


def test_what_has_ended_is_answered_no_more_and_in_no_call(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    ((callback,),) = rows(one_desk, select(V.callback))
    one_desk.pass_time(600)
    with one_desk.store.transaction("test") as tx:
        mia = whoever(MIA)
        assert verification_requests.in_call(tx, mia, callback) is None
        assert verification_requests.asked_by(tx, callback) is None
        assert not verification_requests.not_me(tx, mia.subject, made["id"])
        assert kept.passed(tx, mia.subject, made["id"], "callback", until=tx.now + 1) is None
        assert kept.why_not(tx, allowed(tx, program), MIA) == ""
    assert state(one_desk, made["id"]) == "ended", "whoever asks anew ends it, before the worker comes by"


def test_a_passkey_does_not_answer_what_is_asked_by_text(texting: Desk) -> None:
    raj, mine = by_passkey(texting, Subject.of_person(RAJ))
    program = panel(texting)
    first = asks(program, "passkey", person="raj.patel")
    raj.get("/confirm")
    form = passkey_fields(raj, "/confirm/passkey")
    answer = mine.get(question_of(raj, "/confirm/passkey")[1])
    assert program.ask("DELETE", f"{AT}/{first['id']}", If_Match="*").status_code == 200
    second = asks(program, "text", person="raj.patel")
    raj.post("/confirm/passkey", form | {"passkey": answer, "id": str(second["id"])})
    assert state(texting, second["id"]) == "waiting"


def test_codes_are_tried_no_oftener_than_a_pin_and_each_try_is_kept(texting: Desk) -> None:
    made = asks(panel(texting), "text")
    digits, mia = code(texting), whoever(MIA)
    tried = []
    for _ in range(6):
        with texting.store.transaction("test") as tx:
            tried.append(verification_requests.by_code(tx, mia, made["id"], "00000000", minutes=15))
    assert tried == [NotProved.WRONG] * 5 + [NotProved.LATER]
    e = tables.ledger.c
    assert len(rows(texting, select(e.n).where(e.action == "step_up", e.decision == "refused"))) == 5
    with texting.store.transaction("test") as tx:
        assert verification_requests.by_code(tx, mia, made["id"], digits, minutes=15) is NotProved.LATER
    assert state(texting, made["id"]) == "waiting"


def test_a_code_that_was_right_costs_no_try(texting: Desk) -> None:
    program, mia = panel(texting), whoever(MIA)
    made = asks(program, "text")
    digits = code(texting)
    with texting.store.transaction("test") as tx:
        assert verification_requests.by_code(tx, mia, made["id"], digits, minutes=15)
        until = tx.now + 15 * 60_000
        for _ in range(5):
            assert verification.reserve(tx, mia.subject).admission.name == "EVALUATE"
    ((ends, bound),) = rows(texting, select(tables.step_ups.c.ends_at, tables.step_ups.c.bound))
    assert (ends, bound) == (until, f"verification:{made['id']}"), "for this alone, and no longer than it counts"


def test_where_enough_was_texted_it_has_failed_at_once(texting: Desk) -> None:
    with texting.store.transaction("test") as tx:
        while sms_codes.ask(tx, Subject.of_person(MIA), "elsewhere", ("GB",)):
            pass
    answer = panel(texting).post(AT, {**WANTED, "way": "text"})
    assert (answer.status_code, answer.json()["state"], answer.json()["why"]) == (201, "failed", "not_sent")
    assert answer.json()["page"] is None


def allowed(tx: Transaction, program: Program) -> Grant:
    found = verification_requests.permit(tx, Subject.of_key(program.id))
    assert isinstance(found, Grant)
    return found


@pytest.mark.parametrize(
    ("reach", "way", "person", "why"),
    [
        (Reach(), "callback", "mia.chen", NotAsked.NO_PHONE),
        (Reach(phone=True), "callback", "mia.chen", NotAsked.ABROAD),
        (Reach(slack=False), "slack", "raj.patel", NotAsked.NO_SLACK),
        (Reach(slack=True), "slack", "mia.chen", NotAsked.NO_SLACK),
        (Reach(texting=("DE",)), "text", "mia.chen", NotAsked.NO_NUMBER),
    ],
)
def test_nobody_is_asked_by_what_the_desk_or_they_do_not_have(
    one_desk: Desk, reach: Reach, way: str, person: str, why: NotAsked
) -> None:
    program = panel(one_desk)
    with one_desk.store.transaction("test") as tx:
        grant = allowed(tx, program)
        assert verification_requests.ask(tx, grant, reach, person, TIDEWORKS, "billing.view", way) is why
    assert count(one_desk, tables.verification_requests) == 0


def test_somebody_whose_pin_is_locked_is_not_called(one_desk: Desk) -> None:
    for _ in range(5):
        with one_desk.store.transaction("test") as tx:
            limits = (attempt_limits.desk_wide(verification.BUDGET),)
            attempt_limits.reserve(tx, attempt_limits.counter_of(MIA), real=True, limits=limits)
    assert refused(panel(one_desk).post(AT, WANTED)) == "locked"


def test_a_leaked_key_asks_so_many_in_whatever_way(texting: Desk) -> None:
    program, why = panel(texting), ""
    for _ in range(40):
        answer = program.post(AT, {**WANTED, "way": "text"})
        why = "" if answer.status_code == 201 else refused(answer)
        change(texting, tables.verification_requests.delete())
    assert why == "key"


def test_somebody_says_once_that_it_is_not_them_and_is_asked_by_nobody_for_a_day(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    with one_desk.store.transaction("test") as tx:
        assert verification_requests.not_me(tx, Subject.of_person(MIA), made["id"])
    one_desk.pass_time(DAY - 60)
    assert refused(panel(one_desk).post(AT, WANTED)) == "not_me"
    one_desk.pass_time(120)
    asks(program, "callback")


def test_it_can_be_read_for_as_long_as_its_webhook_can_be_sent_again(one_desk: Desk) -> None:
    asks(panel(one_desk), "callback")
    one_desk.pass_time(29 * DAY)
    with one_desk.store.transaction("test") as tx:
        kept.sweep(tx)
    assert count(one_desk, tables.verification_requests) == 1


def test_its_time_is_over_without_anybody_asking(one_desk: Desk) -> None:
    made = asks(panel(one_desk), "callback")
    one_desk.pass_time(600)
    one_desk.work()
    assert state(one_desk, made["id"]) == "ended"


def test_what_nobody_has_answered_in_time_is_shown_to_nobody(texting: Desk) -> None:
    asks(panel(texting), "text")
    texting.pass_time(599)
    with texting.store.transaction("test") as tx:
        assert verification_requests.to_answer(tx, whoever(MIA))
    texting.pass_time(1)
    with texting.store.transaction("test") as tx:
        assert verification_requests.to_answer(tx, whoever(MIA)) is None


def test_somebody_is_asked_three_times_in_ten_minutes_at_most(texting: Desk) -> None:
    program = panel(texting)
    for _ in range(3):
        made = asks(program, "text")
        assert program.ask("DELETE", f"{AT}/{made['id']}", If_Match="*").status_code == 200
    assert refused(program.post(AT, {**WANTED, "way": "text"})) == "soon"
    texting.pass_time(601)
    asks(program, "text")


def test_no_key_withdraws_what_another_asked_for(one_desk: Desk) -> None:
    made, other = asks(panel(one_desk), "callback"), panel(one_desk)
    with one_desk.store.transaction("test") as tx:
        assert not kept.withdraw(tx, allowed(tx, other), made["id"])
    assert state(one_desk, made["id"]) == "waiting"


def test_what_was_proved_and_revoked_counts_until_no_time_and_each_look_is_the_keys(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    with one_desk.store.transaction("test") as tx:
        assert kept.passed(tx, Subject.of_person(MIA), made["id"], "callback", until=tx.now + 60_000)
    with one_desk.store.transaction("test") as tx:
        assert verification_requests.look(tx, allowed(tx, program), made["id"])
        assert tx.done_by is None, "it is told to the key, and judged as the person's; nothing else is done by it"
    assert program.read(f"{AT}/{made['id']}")["counts_until"]
    one_desk.pass_time(60)
    told = program.read(f"{AT}/{made['id']}")
    assert (told["counts_until"], told["proof"], told["decision"]) == (None, None, None)
