"""A code by mail: found by an exact match, asked for by staff alone and not too often, in no queue and no ledger."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import delete, insert, select

from authz import Action, Ask, Denied, Grant, Proof, Subject
from store import OPERATOR, WORKER, Keys, Transaction, tables
from store.codes import one_time_codes
from store.jobs import job_queue
from store.staff import email_codes
from store.staff.account_access import AccountAccess
from store.staff.email_codes import A_DAY, APART, DAY
from tests.desk import SECRET
from tests.store.clocked import Clocked

KIM = Subject("staff:1")  # an agent
MIA = ("10000081", "+441632960108")


def granted(tx: Transaction, who: Subject, action: Action) -> Grant:
    verdict = tx.ask(Ask(who, action, None, None, Proof.NONE))
    assert isinstance(verdict, Grant)
    return verdict


class Desk(Clocked):
    def find(self, word: str) -> int | AccountAccess | None:
        with self.transaction() as tx:
            return email_codes.find(tx, granted(tx, KIM, Action.DESK_PROOF_ASK), word)

    def ask(self, person: int) -> bool:
        with self.transaction() as tx:
            return email_codes.ask(tx, granted(tx, KIM, Action.DESK_PROOF_ASK), person)

    def address(self, person: int) -> email_codes.ProofMail | None:
        with self.transaction() as tx:
            return email_codes.address(tx, granted(tx, WORKER, Action.DESK_DELIVER), person)

    def sent(self, person: int) -> email_codes.ProofMail:
        made = self.address(person)
        assert made is not None
        return made

    def fields(self) -> list[str]:
        """What was told, entry by entry."""
        e = tables.ledger.c
        return [row[0] for row in self.rows(select(e.fields).where(e.who.in_((KIM, WORKER))).order_by(e.at, e.n))]

    def queue(self) -> list[tuple[str, str, str]]:
        w = tables.jobs.c
        return [tuple(row) for row in self.rows(select(w.kind, w.key, w.payload).order_by(w.id))]


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    desk = Desk(sample_url, Keys.parse(SECRET))
    yield desk
    desk.close()


@pytest.fixture
def mia(desk: Desk) -> int:
    p = tables.people.c
    found: int = desk.rows(select(p.id).where(p.username == "mia.chen"))[0][0]
    return found


# --- finding somebody


def test_somebody_is_found_by_support_id_or_number(desk: Desk, mia: int) -> None:
    assert [desk.find(word) for word in (*MIA, "١٠٠٠ ٠٠٨١")] == [mia] * 3
    assert desk.fields() == [f"found:person:{mia}"] * 3


@pytest.mark.parametrize(
    "word",
    [
        *("10000085", "1000008", "100000811", "10000081x", "①⓪⓪⓪⓪⓪⑧①", "20000006", "", "%", "mia.chen", "Mia Chen"),
        *("mia@tideworks.example", "441632960108", "01632 960108", "+4416329601", "+%", "\x00"),
    ],
)
def test_nothing_but_an_exact_match_is_found(desk: Desk, word: str) -> None:
    assert desk.find(word) is None
    assert desk.fields() == ["found:nobody"]


def test_a_number_of_two_people_is_nobodys(desk: Desk, mia: int) -> None:
    p = tables.people.c
    with desk.transaction() as tx:
        leo = tx.connection.execute(select(p.id).where(p.username == "leo.fox")).scalar_one()
        tx.connection.execute(insert(tables.phones).values(person_id=leo, number=MIA[1], added_at=1))
    assert desk.find(MIA[1]) is None
    assert desk.find(MIA[0]) == mia


# --- asking for a code


def test_a_code_is_asked_for_and_none_is_in_the_queue(desk: Desk, mia: int) -> None:
    assert desk.ask(mia)
    assert desk.queue() == [("proof_code", f"{mia}:{desk.now}", f'{{"person": {mia}}}')]
    assert desk.rows(select(tables.codes)) == []
    assert desk.fields() == [f"asked_proof_of:person:{mia}"]


@pytest.mark.parametrize("who", [OPERATOR, WORKER, Subject("person:1"), Subject("nobody")])
def test_only_those_who_talk_to_callers_may_ask(desk: Desk, who: Subject) -> None:
    with desk.transaction() as tx:
        tx.proved_further(who, None)
        assert isinstance(tx.ask(Ask(who, Action.DESK_PROOF_ASK, None, None, Proof.STEPPED_UP)), Denied)


def test_one_in_five_minutes_for_one_person(desk: Desk, mia: int) -> None:
    assert desk.ask(mia)
    desk.now += APART - 1
    assert not desk.ask(mia)
    assert desk.fields()[-1] == f"asked_no_proof_of:person:{mia}"
    assert desk.ask(1), "another person is counted by themselves"
    desk.now += 1
    assert desk.ask(mia)


def test_five_a_day_for_one_person(desk: Desk, mia: int) -> None:
    first = desk.now
    for _ in range(A_DAY):
        assert desk.ask(mia)
        desk.now += 2 * APART
    assert not desk.ask(mia)
    desk.now = first + DAY - 1
    assert not desk.ask(mia)
    desk.now = first + DAY
    assert desk.ask(mia)
    desk.now += APART
    assert not desk.ask(mia), "the other four are still of this day"


def test_what_was_sent_is_counted_too(desk: Desk, mia: int) -> None:
    for _ in range(A_DAY):
        assert desk.ask(mia)
        with desk.transaction() as tx:
            job = job_queue.lease(tx, ["proof_code"])
            assert job is not None
            job_queue.done(tx, job)
        desk.now += APART
        desk.do(job_queue.sweep)
    assert not desk.ask(mia)


def test_twice_in_one_transaction_is_once(desk: Desk, mia: int) -> None:
    with desk.transaction() as tx:
        grant = granted(tx, KIM, Action.DESK_PROOF_ASK)
        assert [email_codes.ask(tx, grant, mia) for _ in range(2)] == [True, False]


def test_many_who_ask_at_once_have_one_mail_sent(desk: Desk, mia: int) -> None:
    asking = 8
    store, ready = desk.opened(desk.keys, pool_size=asking), Barrier(asking)
    ticks = iter(range(asking))  # each at a time of its own, so that no key is the same

    def ask(_: int) -> bool:
        ready.wait(30)
        with store.transaction("test") as tx:
            tx.now += next(ticks)
            return email_codes.ask(tx, granted(tx, KIM, Action.DESK_PROOF_ASK), mia)

    with ThreadPoolExecutor(asking) as threads:
        assert sorted(threads.map(ask, range(asking))) == [False] * (asking - 1) + [True]
    assert len(desk.queue()) == 1


def test_nobody_is_asked_who_is_not_there(desk: Desk) -> None:
    assert not desk.ask(4711)
    assert desk.queue() == []


# --- the code


def test_the_code_is_theirs_and_goes_to_their_address(desk: Desk, mia: int) -> None:
    made = desk.sent(mia)
    assert (made.to, made.name) == ("mia@tideworks.example", "Mia Chen")
    assert made.code not in repr(made)
    assert desk.do(one_time_codes.redeem, "link", made.code) == (Subject.of_person(mia), "")
    assert desk.fields() == [f"contact.name contact.email code_sent_to:person:{mia}"]


def test_a_second_one_ends_the_first(desk: Desk, mia: int) -> None:
    first, second = desk.sent(mia), desk.sent(mia)
    assert desk.do(one_time_codes.redeem, "link", first.code) is None
    assert desk.do(one_time_codes.redeem, "link", second.code) is not None


def test_whoever_is_there_no_more_gets_none(desk: Desk, mia: int) -> None:
    with desk.transaction() as tx:
        for table, column in ((tables.contacts, "person_id"), (tables.people, "id")):
            tx.connection.execute(delete(table).where(table.c[column] == mia))
    assert desk.address(mia) is None
    assert desk.rows(select(tables.codes)) == []
