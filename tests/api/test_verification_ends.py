"""Having people verified: who may not, what is not there, each way it ends, once, and not too often.

T52, T57
"""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select, update

from authz import Subject
from store import tables
from store.operator import restore
from store.verification import revocation, verification_requests
from tests.api.asking import HARBOUR, MIA, NORTHLIGHT, RAJ, TIDEWORKS, customers, operators, problem
from tests.api.test_keys import operates
from tests.api.verifying import ALERTS, AT, WANTED, answers, asks, panel, refused
from tests.channels.endpoint import Endpoint
from tests.channels.test_webhooks import added, says
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.test_duress import PIN
from tests.ivr.wire import change, count, rows
from tests.portal.passkeying import asked as question_of
from tests.portal.passkeying import passkey_fields
from tests.portal.test_prove import by_passkey
from tests.statements import watched

# --- who may not, and what is not there


def test_a_customers_key_gets_the_same_whatever_it_asks(desk: Desk) -> None:
    raj, program = customers(desk, RAJ, TIDEWORKS), panel(desk)
    made = asks(program, "callback")
    there, none = raj.get(f"{AT}/{made['id']}"), raj.get(f"{AT}/999")
    assert problem(there, "other-kind") == problem(none, "other-kind")
    for wanted in (WANTED, WANTED | {"person": "nobody"}, WANTED | {"account": HARBOUR}):
        problem(raj.post(AT, wanted), "other-kind")
    problem(raj.ask("DELETE", f"{AT}/{made['id']}"), "other-kind")


def test_a_key_without_the_verb_and_another_key_learn_nothing(desk: Desk) -> None:
    program, other = panel(desk), panel(desk)
    made = asks(program, "callback")
    problem(operators(desk, "tickets:read").post(AT, WANTED), "denied")
    theirs, none = other.get(f"{AT}/{made['id']}"), other.get(f"{AT}/999")
    assert problem(theirs, "not-found") == problem(none, "not-found")
    assert problem(other.ask("DELETE", f"{AT}/{made['id']}"), "not-found") == problem(none, "not-found")


def test_somebody_who_is_not_on_the_account_is_answered_as_one_who_does_not_exist(desk: Desk) -> None:
    program = panel(desk)
    program.get(f"{AT}/999")
    found = []
    for wanted in (
        WANTED | {"person": "nobody"},
        WANTED | {"person": "olivia.hart"},
        WANTED | {"account": "999999"},
        WANTED | {"account": NORTHLIGHT},
    ):
        sent: list[str] = []
        with watched(desk.store.engine, sent.append):
            answer = program.post(AT, wanted)
        found.append((problem(answer, "not-found"), sent))
    assert found[1:] == found[:1] * 3


@pytest.mark.parametrize(
    "wrong", [{"way": "post"}, {"action": "desk.operate"}, {"person": ""}, {"account": "x" * 65}, {"pin": PIN}]
)
def test_what_will_not_do_names_its_field(one_desk: Desk, wrong: dict[str, str]) -> None:
    told = problem(panel(one_desk).post(AT, WANTED | wrong), "invalid")
    assert next(iter(wrong)) in told["detail"]
    assert count(one_desk, tables.verification_requests) == 0


@pytest.mark.parametrize(("way", "why"), [("passkey", "no_passkey"), ("slack", "no_slack"), ("text", "no_number")])
def test_a_way_that_they_do_not_have_is_refused_with_the_reason(one_desk: Desk, way: str, why: str) -> None:
    assert refused(panel(one_desk).post(AT, WANTED | {"way": way})) == why
    assert count(one_desk, tables.verification_requests) == 0


def test_a_number_that_is_too_young_is_not_called(one_desk: Desk) -> None:
    change(one_desk, update(tables.phones).where(tables.phones.c.person_id == MIA).values(added_at=one_desk.now))
    assert refused(panel(one_desk).post(AT, WANTED)) == "no_number"


# --- ends


def test_it_ends_by_itself_and_a_late_answer_does_nothing(one_desk: Desk) -> None:
    raj, mine = by_passkey(one_desk, Subject.of_person(RAJ))
    program = panel(one_desk)
    made = asks(program, "passkey", person="raj.patel")
    raj.get("/confirm")
    form = passkey_fields(raj, "/confirm/passkey")
    one_desk.pass_time(300)
    raj.get("/confirm")
    form |= passkey_fields(raj, "/confirm/passkey")
    form["passkey"] = mine.get(question_of(raj, "/confirm/passkey")[1])
    one_desk.pass_time(299)
    assert program.read(f"{AT}/{made['id']}")["state"] == "waiting"
    one_desk.pass_time(1)
    assert program.read(f"{AT}/{made['id']}")["state"] == "ended"
    assert raj.post("/confirm/passkey", form).status_code == 422
    one_desk.work()
    told = program.read(f"{AT}/{made['id']}")
    assert (told["state"], told["why"]) == ("ended", "late")
    asks(program, "passkey", person="raj.patel")


def test_withdrawn_nobody_is_rung_any_more(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    where = f"{AT}/{made['id']}"
    problem(program.ask("DELETE", where), "no-match")
    etag = program.get(where).headers["etag"]
    gone = program.ask("DELETE", where, If_Match=etag)
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    one_desk.work()
    assert one_desk.exchange.legs == {}
    problem(program.ask("DELETE", where, If_Match=etag), "changed")
    problem(program.ask("DELETE", where, If_Match="*"), "conflict")


def test_a_proof_that_is_revoked_counts_no_more(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    mia = answers(one_desk)
    mia.press(f"{PIN}#")
    mia.press("1")
    assert program.read(f"{AT}/{made['id']}")["decision"]
    with one_desk.store.transaction("test") as tx:
        revocation.revoke(tx, [MIA], "pin")
    assert program.read(f"{AT}/{made['id']}")["decision"] is None


def test_the_judge_is_asked_anew_each_time(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    mia = answers(one_desk)
    mia.press(f"{PIN}#")
    mia.press("1")
    assert program.read(f"{AT}/{made['id']}")["decision"]["allowed"]
    change(one_desk, update(tables.accounts).where(tables.accounts.c.number == TIDEWORKS).values(status="suspended"))
    assert not program.read(f"{AT}/{made['id']}")["decision"]["allowed"]


# --- once, not too often, and told


def test_sent_twice_with_one_key_it_is_asked_once(one_desk: Desk) -> None:
    program = panel(one_desk)
    first = program.post(AT, WANTED, Idempotency_Key="a")
    again = program.post(AT, WANTED, Idempotency_Key="a")
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert count(one_desk, tables.callbacks) == 1
    assert refused(program.post(AT, WANTED)) == "waiting"
    assert refused(panel(one_desk).post(AT, WANTED | {"way": "callback"})) == "waiting"


def test_nobody_is_rung_all_night(one_desk: Desk) -> None:
    program = panel(one_desk)
    asked, why = 0, set()
    for _ in range(8 * 12):
        answer = program.post(AT, WANTED)
        if answer.status_code == 201:
            asked += 1
        else:
            why.add(refused(answer))
        one_desk.pass_time(300)
    assert asked == 5
    assert "enough" in why


def test_a_leaked_key_rings_so_many_and_the_desk_is_warned(one_desk: Desk) -> None:
    program = panel(one_desk)
    everybody = ("mia.chen", "raj.patel", "leo.fox")
    reasons = []
    for n in range(40):
        answer = program.post(AT, WANTED | {"person": everybody[n % 3]})
        reasons.append(answer.status_code if answer.status_code == 201 else refused(answer))
    assert reasons.count(201) == 3
    assert "key" not in reasons, "what is refused before costs nobody anything"
    change(one_desk, tables.verification_requests.delete(), tables.callbacks.delete())
    for _ in range(20):
        last = program.post(AT, WANTED)
        change(one_desk, tables.verification_requests.delete(), tables.callbacks.delete())
    assert refused(last) == "key"
    assert count(one_desk, tables.alerts, ALERTS.kind == "verifications_spent") == 1


def test_of_two_answers_at_once_one_counts(desk: Desk) -> None:
    program = panel(desk)
    made = asks(program, "callback")
    done: list[str] = []

    def answer(what: str) -> None:
        with desk.store.transaction("test") as tx:
            if what == "yes":
                until = tx.now + 60_000
                found = verification_requests.passed(tx, Subject.of_person(MIA), made["id"], "callback", until=until)
            else:
                found = verification_requests.refuse(tx, Subject.of_person(MIA), made["id"])
            if found is not None:
                done.append(what)

    both = [threading.Thread(target=answer, args=(what,)) for what in ("yes", "no")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(done) == 1
    assert program.read(f"{AT}/{made['id']}")["state"] == {"yes": "passed", "no": "failed"}[done[0]]


def test_a_webhook_says_that_it_has_ended(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, webhook_networks="127.0.0.0/8")
    desk.now = int(time.time() * 1000)
    with Endpoint() as endpoint:
        secret = added(desk, endpoint.url, "verification.ended")
        program = panel(desk)
        made = asks(program, "callback")
        mia = answers(desk)
        mia.press(f"{PIN}#")
        mia.press("1")
        desk.work()
        (event,) = says(endpoint, secret)
    desk.close()
    assert event["type"] == "verification.ended"
    told = event["data"]["verification"]
    assert (told["id"], told["state"], told["person"], told["way"]) == (made["id"], "passed", "mia.chen", "callback")


def test_after_a_restore_nothing_waits_and_nothing_that_was_proved_counts(one_desk: Desk) -> None:
    """What was withdrawn or revoked since the backup is as it was then."""
    asks(panel(one_desk), "callback")
    with one_desk.store.transaction("test") as tx:
        assert verification_requests.passed(tx, Subject.of_person(MIA), 1, "callback", until=one_desk.now + 60_000)
    asks(panel(one_desk), "callback", person="raj.patel")
    answered = restore.answer(one_desk.store, "shell", operates)
    assert answered is not None
    assert answered.ended["verifications"] == 2
    v = tables.verification_requests.c
    found = [tuple(row) for row in rows(one_desk, select(v.state, v.why, v.until).order_by(v.id))]
    assert found == [("passed", "", one_desk.now), ("ended", "restored", None)]


def test_it_is_swept_after_a_month(one_desk: Desk) -> None:
    asks(panel(one_desk), "callback")
    one_desk.pass_time(31 * 24 * 3600)
    with one_desk.store.transaction("test") as tx:
        verification_requests.sweep(tx)
    assert count(one_desk, tables.verification_requests) == 0


def test_everything_is_in_the_ledger_as_done_by_the_key(one_desk: Desk) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    mia = answers(one_desk)
    mia.press(f"{PIN}#")
    mia.press("1")
    program.read(f"{AT}/{made['id']}")
    e = tables.ledger.c
    kept = rows(one_desk, select(e.who, e.decision).where(e.action == "verification").order_by(e.at, e.decision))
    assert [tuple(map(str, row)) for row in kept] == [(f"key:{program.id}", "asked"), (f"person:{MIA}", "passed")]
    (judged,) = rows(one_desk, select(e.fields).where(e.action == WANTED["action"], e.who == Subject.of_person(MIA)))
    assert f"by:key:{program.id}" in judged.fields
