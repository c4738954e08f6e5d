"""H11: a transaction's time is read when it has begun, not while it waited for its turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from authz import Proof, Subject
from store import tables
from store.verification import step_ups
from tests.store.clocked import MINUTE, Clocked


@pytest.fixture
def clocked(store_url: str) -> Iterator[Clocked]:
    opened = Clocked(store_url)
    yield opened
    opened.close()


def waits(clocked: Clocked, monkeypatch: pytest.MonkeyPatch, ms: int) -> None:
    """Whoever wants to write has to wait for so long: for the gate, and for a segment."""
    acquire = clocked.store.gate.acquire

    def slowly() -> None:
        clocked.now += ms
        acquire()

    monkeypatch.setattr(clocked.store.gate, "acquire", slowly)


def test_h11_a_proof_that_ended_while_it_waited_counts_no_more(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = clocked.add_people(1)
    subject = Subject.of_person(person)
    with clocked.transaction("CA1") as tx:
        account = tx.connection.execute(
            tables.accounts.insert()
            .values(number="1", name="A", scheme="memset", status="active")
            .returning(tables.accounts.c.id)
        ).scalar_one()
        step_ups.reached(tx, subject, account, "authenticator", "CA1", ends_at=tx.now + MINUTE)
    with clocked.transaction("CA1") as tx:
        assert step_ups.proof(tx, subject, account, "CA1") is Proof.STEPPED_UP
    clocked.now += MINUTE - 500
    waits(clocked, monkeypatch, 2_000)
    with clocked.transaction("CA1") as tx:
        assert tx.now == clocked.now
        assert step_ups.proof(tx, subject, account, "CA1") is Proof.VERIFIED
        tx.record(subject, None, "call", "began")
    monkeypatch.undo()
    at = clocked.rows(select(tables.ledger.c.at).order_by(tables.ledger.c.at.desc()).limit(1))[0][0]
    assert at == clocked.now, "and the ledger's time is when it was done"


def test_h11_whoever_takes_long_looks_again(clocked: Clocked) -> None:
    with clocked.transaction() as tx:
        before = tx.now
        clocked.now += 10 * MINUTE
        assert tx.now == before
        tx.look_at_the_clock()
        assert tx.now == before + 10 * MINUTE
        clocked.now -= MINUTE
        tx.look_at_the_clock()
        assert tx.now == before + 10 * MINUTE, "never back"
