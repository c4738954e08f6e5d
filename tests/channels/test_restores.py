"""B6: a restore is noticed by what this machine has seen (T33), and a clock that jumps by one that cannot be set (T40)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic
from store import migrate, tables
from store.accounts import delegations
from store.calls import callbacks
from store.codes import one_time_codes
from store.jobs import job_queue
from store.operator.restore import end_all, remember
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.staff import email_codes, staff_list
from store.tickets import customer_tickets
from store.verification import call_codes, pin_reset, totp
from tests.channels.mailbox import Mailbox
from tests.channels.restoring import checked
from tests.desk import Desk, load_samples


def copied(url: str, backup: Path, *, back: bool = False) -> None:
    """As docs/operating.md says; `back` also while the service runs."""
    paths = (make_url(url).database or "", str(backup))
    with sqlite3.connect(paths[back]) as source, sqlite3.connect(paths[not back]) as target:
        source.backup(target)
    source.close()
    target.close()


def proved(desk: Desk) -> tuple[int, str, str]:
    """One of the staff, a session of theirs, and somebody's code."""
    with desk.store.transaction("test") as tx:
        kim = tx.connection.execute(
            select(tables.staff.c.id).where(tables.staff.c.username == "agent.kim")
        ).scalar_one()
        lead = tx.connection.execute(select(tables.staff.c.id).where(tables.staff.c.id != kim).limit(1)).scalar_one()
        made = kim, sessions.begin(tx, STAFF, lead), one_time_codes.issue(tx, "step", Subject("person:1"))
    desk.container.worker.checkpoint()
    return made


def suspend(desk: Desk, one: int) -> None:
    with desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(Subject("desk:operator"), Action.DESK_STAFF_MANAGE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert staff_list.suspend(tx, grant, one)
    desk.container.worker.checkpoint()


def still(desk: Desk, made: tuple[int, str, str]) -> tuple[bool, bool, bool, int]:
    """Whether they may work, are signed in, the code is good; and how many alerts there were."""
    kim, session, code = made
    with desk.store.transaction("test") as tx:
        at_work = (
            tx.connection.execute(select(tables.staff.c.suspended_at).where(tables.staff.c.id == kim)).scalar() is None
        )
        signed_in = sessions.find(tx, STAFF, session, does=False) is not None
        alerts = len(tx.connection.execute(select(tables.alerts).where(tables.alerts.c.kind == "restored")).all())
        return at_work, signed_in, one_time_codes.redeem(tx, "step", code) is not None, alerts


class Working(Desk):
    works = True


@pytest.mark.parametrize("running", [False, True], ids=["at the start", "while it runs"])
def test_b6_a_restore_is_noticed_and_answered_once(sample_sqlite: str, tmp_path: Path, running: bool) -> None:
    desk = Desk(sample_sqlite)
    made = proved(desk)
    copied(sample_sqlite, tmp_path / "backup.db")
    suspend(desk, made[0])
    if not running:
        desk.close()
    copied(sample_sqlite, tmp_path / "backup.db", back=True)
    with capture_logs() as log:
        if running:
            desk.container.worker.checkpoint()
        else:
            desk = Working(sample_sqlite)
            with desk.client as started:
                assert started.get("/healthz").status_code == 200
            desk = Desk(sample_sqlite)
        assert still(desk, made) == (False, False, False, 1)
        desk.container.worker.checkpoint()
        assert still(desk, made) == (False, False, False, 1)
    said = [line["of_the_staff_suspended_again"] for line in log if line["event"] == "database_restored"]
    assert said == [1]
    desk.close()


def test_b6_a_backup_restored_under_another_name_is_noticed(sample_sqlite: str, tmp_path: Path) -> None:
    """The file it came from lies there still, and DATABASE_URL names the copy. One that is whole is no restore."""
    desk = Desk(sample_sqlite)
    made = proved(desk)
    copied(sample_sqlite, tmp_path / "backup.db")
    copied(sample_sqlite, tmp_path / "moved.db")
    moved = Desk(f"sqlite:///{tmp_path / 'moved.db'}")
    moved.container.worker.checkpoint()
    assert still(moved, made) == (True, True, True, 0)
    moved.close()
    suspend(desk, made[0])
    desk.close()
    restored = Desk(f"sqlite:///{tmp_path / 'backup.db'}")
    for _ in range(2):
        restored.container.worker.checkpoint()
        assert still(restored, made) == (False, False, False, 1)
    restored.close()


def test_b6_a_desk_begun_afresh_under_the_same_name_was_not_restored(sample_sqlite: str, tmp_path: Path) -> None:
    """README: stop it and remove deskgate.db. Its own restores are noticed as those of any."""
    desk = Desk(sample_sqlite)
    suspend(desk, proved(desk)[0])
    desk.close()
    Path(make_url(sample_sqlite).database or "").unlink()
    migrate(sample_sqlite)
    load_samples(sample_sqlite)
    desk = Desk(sample_sqlite)
    remember(desk.store)  # as `deskgate import` does, before the service starts
    made = proved(desk)
    assert still(desk, made) == (True, True, True, 0)
    copied(sample_sqlite, tmp_path / "backup.db")
    suspend(desk, made[0])
    copied(sample_sqlite, tmp_path / "backup.db", back=True)
    desk.container.worker.checkpoint()
    assert still(desk, made) == (False, False, False, 1)
    desk.close()


def test_b6_what_was_lent_or_to_be_removed_may_have_been_taken_back_since(sample_sqlite: str, tmp_path: Path) -> None:
    desk = Desk(sample_sqlite)
    with desk.store.transaction("test") as tx:
        totp.confirm(tx, 8, pyotp.TOTP(totp.begin(tx, 8)).at(desk.now // 1000))
        assert totp.end_later(tx, 8, 1)
        r, row = tables.delegation_requests, {"account_id": 3, "asker": 9, "status": "open", "asked_at": tx.now}
        cells = ("ticket.open:technical", "ticket.view:technical")
        first, second = (
            tx.connection.execute(insert(r).values(**row, cell=cell).returning(r.c.id)).scalar_one() for cell in cells
        )
        lends = tx.ask(Ask(Subject("person:7"), Action.RIGHT_LEND, 3, None, Proof.VERIFIED))
        assert isinstance(lends, Grant)
        loan = delegations.lend(tx, lends, first, 24)
        assert loan is not None
    desk.container.worker.checkpoint()
    copied(sample_sqlite, tmp_path / "backup.db")
    with desk.store.transaction("test") as tx:
        assert delegations.take_back(tx, Subject("person:7"), loan.id)
        assert totp.keep(tx, 8)
    desk.container.worker.checkpoint()
    copied(sample_sqlite, tmp_path / "backup.db", back=True)
    desk.container.worker.checkpoint()
    desk.pass_time(1)
    desk.container.worker.sweep()
    with desk.store.transaction("test") as tx:
        opens = tx.ask(Ask(Subject("person:9"), Action.TICKET_OPEN, 3, Topic.TECHNICAL, Proof.VERIFIED))
        assert isinstance(opens, Denied), "the right that was taken back"
    assert checked(desk, "staff:2")
    with desk.store.transaction("test") as tx:
        lends = tx.ask(Ask(Subject("person:7"), Action.RIGHT_LEND, 3, None, Proof.VERIFIED))
        assert isinstance(lends, Grant)
        assert delegations.lend(tx, lends, second, 24) is None, "nor is there a request to answer"
        assert totp.confirmed_at(tx, 8) is not None
    desk.close()


@pytest.mark.both_databases
def test_b6_no_number_is_given_twice(desk: Desk) -> None:
    """Its number stands on a card in Slack, in a mail, in somebody's head: an answer from that card went to another customer."""

    def numbers() -> tuple[int, int]:
        with desk.store.transaction("test") as tx:
            opens = tx.ask(Ask(Subject("person:8"), Action.TICKET_OPEN, 3, Topic.TECHNICAL, Proof.VERIFIED))
            assert isinstance(opens, Grant)
            number = customer_tickets.open(tx, opens, body="It is down")
            r, cell = tables.delegation_requests, "ticket.open:technical"
            row = {"account_id": 3, "asker": 9, "cell": cell, "status": "open", "asked_at": tx.now}
            return number, tx.connection.execute(insert(r).values(**row).returning(r.c.id)).scalar_one()

    before = numbers()
    with desk.store.transaction("worker") as tx:
        may = tx.ask(Ask(Subject("desk:worker"), Action.DESK_DELIVER, None, None, Proof.NONE))
        assert isinstance(may, Grant)
        end_all(tx, may)
    after = numbers()
    assert [new - old > 9_999 for old, new in zip(before, after, strict=True)] == [True, True]


def test_b6_what_was_owed_to_prove_more_is_withdrawn(sample_sqlite: str, tmp_path: Path) -> None:
    """The queue of a backup sent codes and links that had been asked for then, and rang to tell a code."""
    with Mailbox() as box:
        desk = Desk(sample_sqlite, smtp_url=box.url, mail_from="desk@desk.example")
        with desk.store.transaction("test") as tx:
            lead, agent = (
                tx.ask(Ask(who, what, None, None, Proof.NONE))
                for who, what in (
                    (Subject("staff:2"), Action.DESK_PIN_REISSUE),
                    (Subject("staff:1"), Action.DESK_PROOF_ASK),
                )
            )
            assert isinstance(lead, Grant)
            assert isinstance(agent, Grant)
            pin_reset.owe(tx, lead, 2, asked_by=3)
            email_codes.ask(tx, agent, 1)
            email_codes.ask(tx, agent, 8)
            given_up = job_queue.lease(tx, ["proof_code"])
            assert given_up is not None
            assert job_queue.give_up(tx, given_up, "no such address")
            assert isinstance(callbacks.ask(tx, agent, 8, purpose="code"), int)
            totp.begin(tx, 8)
        desk.container.worker.checkpoint()
        copied(sample_sqlite, tmp_path / "backup.db")
        suspend(desk, 1)
        desk.close()
        copied(sample_sqlite, tmp_path / "backup.db", back=True)
        desk = Desk(sample_sqlite, smtp_url=box.url, mail_from="desk@desk.example")
        desk.container.worker.look_back()
        assert desk.store.memory.recall() is not None, "the next one is noticed as well"
        desk.work()
        assert [mail["Subject"] for mail in box.mails if "link" in mail["Subject"] or "code" in mail["Subject"]] == []
        assert not desk.exchange.legs
        with desk.store.transaction("test") as tx:
            c, w = tables.callbacks.c, tables.jobs.c
            assert tx.connection.execute(select(c.state)).scalars().all() == ["withdrawn"]
            assert tx.connection.execute(select(w.id).where(w.kind.in_(job_queue.PROVING), w.given_up)).all() == []
            assert tx.connection.execute(select(tables.authenticators.c.person_id)).all() == []
        desk.close()


def test_b6_a_failover_that_lost_the_end_is_noticed_on_postgresql(sample_postgres: str) -> None:
    desk = Desk(sample_postgres)
    made = proved(desk)
    suspend(desk, made[0])
    with desk.store.engine.begin() as connection:
        for table in (tables.ledger, tables.segments, tables.checkpoints):
            connection.execute(delete(table))
        connection.execute(update(tables.staff).values(suspended_at=None))
    desk.container.worker.checkpoint()
    desk.container.worker.checkpoint()
    assert still(desk, made) == (False, False, False, 1)
    desk.close()


def test_b6_a_machine_that_has_seen_nothing_ends_nothing(
    sample_sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(sample_sqlite)
    made = proved(desk)
    copied(sample_sqlite, tmp_path / "backup.db")
    suspend(desk, made[0])
    desk.close()
    copied(sample_sqlite, tmp_path / "backup.db", back=True)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "another machine"))
    desk = Desk(sample_sqlite)
    desk.container.worker.checkpoint()
    assert still(desk, made) == (True, True, True, 0)
    desk.close()


def test_b6_what_was_sent_by_a_clock_a_day_ahead_keeps_nothing_from_being_sent_once_it_is_put_right(desk: Desk) -> None:
    """A code by mail, a callback and codes in Slack are so many for so long: nobody waited a day for the next."""

    def sent() -> list[bool]:
        with desk.store.transaction("test", "CA1") as tx:
            asks = tx.ask(Ask(Subject("staff:1"), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
            assert isinstance(asks, Grant)
            made = [email_codes.ask(tx, asks, 8), isinstance(callbacks.ask(tx, asks, 8, purpose="talk"), int)]
        for _ in range(call_codes.MOST):
            desk.now += 1
            with desk.store.transaction("test", "CA1") as tx:
                made.append(call_codes.ask(tx, Subject("person:8"), 3))
        return made

    desk.pass_time(86_400)
    assert all(sent())
    assert not any(sent())
    desk.pass_time(-86_400)
    assert all(sent())


def test_b6_a_jump_of_the_clock_is_logged_and_told_and_no_job_waits_for_the_future(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As much time may go by as it likes, or the machine sleep."""
    worker, steady = desk.container.worker, [0]
    monkeypatch.setattr("time.clock_gettime_ns", lambda _clock: steady[0] * 1_000_000_000)
    worker.watch_the_clock()
    with capture_logs() as log:
        desk.pass_time(3_600)
        steady[0] += 3_600
        worker.watch_the_clock()
        desk.pass_time(50)
        worker.watch_the_clock()
        desk.pass_time(3_600)
        worker.watch_the_clock()
        with desk.store.transaction("test") as tx:
            job_queue.enqueue(tx, "ticket_update", "new", {"ticket": 1})
        with desk.store.transaction("test") as tx:
            assert job_queue.lease(tx, ["ticket_update"]) is not None
        desk.pass_time(-3_600)
        worker.watch_the_clock()
    jumps = [line for line in log if line["event"] == "clock_jumped"]
    assert [(line["log_level"], line["event"]) for line in jumps] == [("critical", "clock_jumped")] * 2
    assert [abs(line["seconds"]) // 60 in (59, 60) for line in jumps] == [True] * 2
    desk.pass_time(121)
    with desk.store.transaction("test") as tx:
        assert job_queue.lease(tx, ["ticket_update"]) is not None, "the lease is as long as any"
        a = tables.alerts.c
        kinds = tx.connection.execute(select(a.audience).where(a.kind == "clock")).scalars().all()
    assert kinds == ["supervisors"] * 2
