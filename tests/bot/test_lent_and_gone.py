"""H10: what is lent ends with the borrower, goes to contacts alone, and a loan that ends in the middle of a decision is a refusal."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import NullPool, create_engine, delete, insert, select, update

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic
from deskgate.simulator_mount import SAMPLE
from store import Keys, tables
from store.imports import import_run
from store.imports.file_format import read
from tests.bot.slack_desk import SlackDesk
from tests.bot.test_leo import asked
from tests.desk import SECRET
from tests.statements import watched
from tests.store.clocked import Clocked

LEO, RAJ, TIDEWORKS = 9, 7, 3
OPENS = Ask(Subject.of_person(LEO), Action.TICKET_OPEN, TIDEWORKS, Topic.TECHNICAL, Proof.VERIFIED)
NOT_YOURS = "That has been answered already, or it is not yours to answer."


@pytest.fixture
def desk(slack: SlackDesk) -> SlackDesk:
    slack.link("U0LEO", "leo.fox")
    return slack


def contacts(desk: SlackDesk, *, but: str = "") -> None:
    """Tideworks' contacts as the sample has them, but for one."""
    (sample,) = [one for one in json.loads(SAMPLE.read_bytes())["accounts"] if one["number"] == "400639"]
    kept = [one for one in sample["contacts"] if one["person"] != but]
    import_run.run(desk.store, read(json.dumps({"accounts": [{"number": "400639", "contacts": kept}]}).encode()))
    desk.work()


def may_open(desk: SlackDesk) -> bool:
    with desk.store.transaction("test") as tx:
        return isinstance(tx.ask(OPENS), Grant)


def test_h10_a_loan_ends_with_the_borrower_and_does_not_come_back(desk: SlackDesk) -> None:
    asked(desk)
    desk.click("U0RAJ", "lend_hours", value="1:1")
    assert may_open(desk)
    contacts(desk, but="leo.fox")
    contacts(desk)
    assert not may_open(desk)
    with desk.store.transaction("test") as tx:
        e = tables.ledger.c
        ended = (
            tx.connection.execute(select(e.who).where(e.action == "right.lend", e.decision == "ended")).scalars().all()
        )
    assert ended == [OPENS.subject]


def test_h10_nothing_is_lent_to_who_is_a_contact_no_more(desk: SlackDesk) -> None:
    """Whatever took them off: the request alone says nothing of that."""
    asked(desk)
    with desk.store.transaction("test") as tx:
        tx.connection.execute(delete(tables.contacts).where(tables.contacts.c.person_id == LEO))
    desk.click("U0RAJ", "lend_hours", value="1:1")
    assert NOT_YOURS in desk.said("U0RAJ")
    contacts(desk)
    assert not may_open(desk)


def test_h10_a_request_ends_with_the_contact_and_does_not_come_back(desk: SlackDesk) -> None:
    asked(desk)
    contacts(desk, but="leo.fox")
    contacts(desk)
    desk.click("U0RAJ", "lend_hours", value="1:1")
    assert NOT_YOURS in desk.said("U0RAJ")
    assert not may_open(desk)


@pytest.mark.parametrize("how", [{"ended_at": 1}, {"ticket": 1}], ids=["taken back", "used up"])
def test_h10_a_loan_that_ends_in_the_middle_of_a_decision_is_a_refusal(
    sample_postgres: str, how: dict[str, int]
) -> None:
    """Right after it was read as good, and before anything rests on it: PostgreSQL alone lets somebody in between."""
    desk = Clocked(sample_postgres, Keys.parse(SECRET))
    outside = create_engine(desk.store.engine.url, poolclass=NullPool)
    row = {"account_id": TIDEWORKS, "lender": RAJ, "borrower": LEO, "cell": OPENS.cell, "one_ticket": True}
    ticket = {"topic": "technical", "kind": "problem", "title": "-", "status": "open"}
    with outside.begin() as connection:
        connection.execute(insert(tables.delegations).values(**row, lent_at=desk.now, ends_at=desk.now + 3_600_000))
        connection.execute(insert(tables.tickets).values(number=1, channel="slack", opened_at=desk.now, **ticket))
    reads: list[str] = []

    def meanwhile(statement: str) -> None:
        """Before the first statement that comes after the loans were read."""
        if reads == ["read"]:
            reads.append("ended")
            with outside.begin() as connection:
                connection.execute(update(tables.delegations).values(**how))
        elif not reads and "one_ticket" in statement:
            reads.append("read")

    try:
        with watched(desk.store.engine, meanwhile), desk.transaction() as tx:
            verdict = tx.ask(OPENS)
        assert reads == ["read", "ended"]
        assert isinstance(verdict, Denied)
        e = tables.ledger.c
        decisions = desk.rows(select(e.decision).where(e.who == OPENS.subject, e.action == OPENS.cell))
        assert [row.decision for row in decisions] == [str(verdict.reason)]
    finally:
        outside.dispose()
        desk.close()
