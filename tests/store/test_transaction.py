"""One transaction: decision, effect and entry stand together or not at all, whatever fails and whenever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic
from store import ConnectionLostError, GrantRequiredError, Keys, Store, Transaction, open_store, tables
from store.accounts import account_details
from store.calls import call_state
from store.jobs import job_queue
from store.ledger import verify
from store.messages.timeline import Recorded
from store.tickets import customer_tickets
from store.verification import step_ups
from tests.desk import SECRET
from tests.rights import hold
from tests.statements import watched
from tests.store.clocked import NOON, SCHEMES, Clocked

OPENS = Ask(Subject("person:1"), Action.TICKET_OPEN, 1, Topic.TECHNICAL, Proof.VERIFIED)
MAY_NOT = Ask(Subject("person:4"), Action.TICKET_OPEN, 1, Topic.TECHNICAL, Proof.VERIFIED)
SID = "RE" + "1" * 32


@pytest.fixture
def desk(sample_url: str) -> Iterator[Clocked]:
    desk = Clocked(sample_url, Keys.parse(SECRET))
    yield desk
    desk.close()


def granted(tx: Transaction, ask: Ask = OPENS) -> Grant:
    verdict = tx.ask(ask)
    assert isinstance(verdict, Grant)
    return verdict


def ledger(desk: Clocked) -> list[tuple[str, str, str]]:
    """Entries since the sample was loaded: who, what, with what outcome."""
    e = tables.ledger.c
    rows = desk.rows(select(e.who, e.action, e.decision).where(e.at >= NOON).order_by(e.at, e.n))
    return [tuple(row) for row in rows]


# --- entry and effect


def test_a_refusal_is_an_entry_that_stays(desk: Clocked) -> None:
    with desk.transaction() as tx:
        assert isinstance(tx.ask(MAY_NOT), Denied)
    assert ledger(desk) == [("person:4", "ticket.open:technical", "no_right")]


def test_a_fault_takes_back_the_entry_and_the_effect(desk: Clocked) -> None:
    def opens_and_fails() -> None:
        with desk.transaction() as tx:
            customer_tickets.open(tx, granted(tx), title="s", body="b")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        opens_and_fails()
    assert ledger(desk) == []
    assert desk.rows(select(tables.tickets)) == []
    with desk.transaction() as tx:
        customer_tickets.open(tx, granted(tx), title="s", body="b")
    assert ledger(desk) == [("person:1", "ticket.open:technical", "allowed")]


def test_what_was_told_is_named_in_the_entry_it_was_told_under(desk: Clocked) -> None:
    with desk.transaction("CA1") as tx:
        bills = granted(tx, Ask(Subject("person:1"), Action.BILLING_VIEW, 1, None, Proof.VERIFIED))
        account_details.invoices(tx, bills)
        account_details.invoices(tx, bills)
    e = tables.ledger.c
    assert desk.rows(select(e.fields, e.call, e.channel, e.proof, e.account).where(e.at >= NOON)) == [
        ("invoice.number invoice.amount invoice.due invoice.status", "CA1", "test", "verified", 1)
    ]


def test_h15_an_offer_is_no_entry_until_something_is_told_under_it(desk: Clocked) -> None:
    cells = [(Action.TICKET_OPEN, Topic.TECHNICAL), (Action.TICKET_OPEN, Topic.BILLING), (Action.BILLING_VIEW, None)]
    with desk.transaction() as tx:
        offered = tx.offer([Ask(Subject("person:4"), action, 1, topic, Proof.VERIFIED) for action, topic in cells])
        assert set(offered) == {"ticket.open:billing", "billing.view"}
        assert account_details.invoices(tx, offered["billing.view"])
        with pytest.raises(GrantRequiredError):
            account_details.invoices(tx, offered["ticket.open:billing"])
        account_details.invoices(
            tx, tx.offer([Ask(Subject("person:4"), Action.BILLING_VIEW, 1, None, Proof.VERIFIED)])["billing.view"]
        )
    assert ledger(desk) == [("person:4", "billing.view", "allowed")], "the same yes is one entry"
    e = tables.ledger.c
    assert desk.rows(select(e.account, e.rules, e.fields).where(e.at >= NOON)) == [
        (1, "MT-20", "invoice.number invoice.amount invoice.due invoice.status")
    ]


def test_h15_what_is_offered_on_every_account_is_written_for_those_that_are_told(desk: Clocked) -> None:
    with desk.transaction() as tx:
        offered = tx.offer_accounts(Subject("person:2"), Proof.VERIFIED, [(Action.SERVICE_VIEW, None)])
        assert [account_details.name(tx, grant).number for grant in offered.values()] == ["200417", "300528", "400639"]
        assert tx.offer_accounts(Subject("person:2"), Proof.CLAIMED, [(Action.SERVICE_VIEW, None)]) == {}
        assert tx.offer_accounts(Subject("person:0"), Proof.VERIFIED, [(Action.SERVICE_VIEW, None)]) == {}
        assert tx.offer_everywhere(Subject("person:2"), Proof.VERIFIED, [(Action.BILLING_VIEW, None)])
    e = tables.ledger.c
    told = desk.rows(select(e.account, e.action, e.decision, e.fields).where(e.at >= NOON).order_by(e.n))
    assert told == [(id, "service.view", "allowed", "account.number account.name") for id in offered]


def test_h8_nobody_is_called_stepped_up_who_gave_no_second_proof(desk: Clocked) -> None:
    """Neither in a grant nor in the ledger, whatever a caller of the store asks with."""
    asked = Ask(Subject("person:1"), Action.SERVICE_CANCEL, 1, None, Proof.STEPPED_UP)
    with desk.transaction() as tx:
        for made in (
            lambda: tx.ask(asked),
            lambda: tx.offer([asked]),
            lambda: tx.offer_everywhere(Subject("person:1"), Proof.STEPPED_UP, [(Action.SERVICE_CANCEL, None)]),
            lambda: tx.record(Subject("person:1"), 1, "step_up", "reached", proof=Proof.STEPPED_UP),
        ):
            with pytest.raises(GrantRequiredError, match="no second proof"):
                made()
        assert Action.SERVICE_CANCEL in tx.rights(Subject("person:1"), 1, Proof.STEPPED_UP).requests
        assert set(tx.requests_everywhere(Subject("person:1"))) == {1}
        assert step_ups.until(tx, Subject("person:1"), 1, "CA1") is None
        step_ups.reached(tx, Subject("person:1"), 1, "authenticator", "CA1", ends_at=tx.now + 1)
    with desk.transaction() as tx:
        proof = step_ups.proof(tx, Subject("person:1"), 1, "CA1")
        assert proof is Proof.STEPPED_UP
        assert isinstance(tx.ask(asked._replace(proof=proof)), Grant)
        with pytest.raises(GrantRequiredError):
            tx.ask(asked._replace(account=2))
    e = tables.ledger.c
    assert desk.rows(select(e.action, e.proof).where(e.at >= NOON).order_by(e.n)) == [
        ("step_up", "stepped-up"),
        ("service.cancel", "stepped-up"),
    ]


# --- what a decision rests on


def test_a_standing_is_read_once_and_anew_where_the_transaction_has_changed_it(desk: Clocked) -> None:
    c = tables.contacts.c
    hers = (c.person_id == 1, c.account_id == 1)
    seen: list[str] = []
    with desk.transaction() as tx, watched(desk.store.engine, seen.append):
        assert isinstance(tx.ask(OPENS), Grant)
        assert isinstance(tx.ask(OPENS), Grant)
        assert len([one for one in seen if "contact_rights" in one]) == 1
        for held, verdict in (("billing", Denied), ("owner", Grant)):
            hold(tx, held, *hers)
            assert isinstance(tx.ask(OPENS), verdict), "an answer was remembered"


def test_h5_a_right_withdrawn_by_another_is_gone_in_the_next_transaction(sample_postgres: str) -> None:
    """At the next key, message or click, however soon; what is told in that very moment is told."""
    desk = Clocked(sample_postgres, Keys.parse(SECRET))
    c = tables.contacts.c
    with desk.transaction() as tx:
        granted(tx)
        with desk.transaction() as other:
            hold(other, "billing", c.person_id == 1)
        granted(tx)
    with desk.transaction() as tx:
        assert isinstance(tx.ask(OPENS), Denied)
    desk.close()


def test_an_account_whose_scheme_is_gone_tells_nothing(desk: Clocked, sample_url: str) -> None:
    """The file was taken out of SCHEMES_DIR: a fault, and nothing is stored. `deskgate doctor` says what to do."""
    without = {name: scheme for name, scheme in SCHEMES.items() if name != "media_temple"}
    store = open_store(sample_url, Keys.parse(SECRET), without, lambda: NOON)
    questions: tuple[Callable[[Transaction], object], ...] = (
        lambda tx: tx.ask(OPENS),
        lambda tx: tx.offer([OPENS]),
        lambda tx: tx.offer_accounts(Subject("person:1"), Proof.VERIFIED, [(Action.BILLING_VIEW, None)]),
    )
    for question in questions:
        with pytest.raises(KeyError), store.transaction("test") as tx:
            question(tx)
    with store.transaction("test") as tx:  # another account, whose scheme is there
        granted(tx, Ask(Subject("person:7"), Action.BILLING_VIEW, 3, None, Proof.VERIFIED))
    store.close()
    assert ledger(desk) == [("person:7", "billing.view", "allowed")]


def test_what_a_row_is_from_now_on_goes_with_the_entries(desk: Clocked) -> None:
    """A call and its entries: on PostgreSQL one statement, and nothing of it where the transaction fails."""
    seen: list[str] = []
    desk.do(call_state.begin, "CA1", "{}", "first", "<Response/>")

    def saves(step: int) -> None:
        with desk.transaction("CA1") as tx:
            row = call_state.load(tx, "CA1")
            assert row is not None
            assert row.step == step
            call_state.save(tx, row, "{}", f"f{step}", "<Response/>", proved_by=None)
            tx.record(Subject("person:1"), 1, "call", f"saved {step}")
            if step:
                raise ZeroDivisionError

    with watched(desk.store.engine, seen.append):
        saves(0)
    wrote = [one for one in seen if "UPDATE calls" in one]
    assert len(wrote) == 1
    assert ("INSERT INTO ledger" in wrote[0]) is (desk.store.engine.dialect.name == "postgresql")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            saves(1)
    assert [decision for _, action, decision in ledger(desk) if action == "call"] == ["saved 0"]


@pytest.mark.parametrize("many", [2, 3, 9])
def test_jobs_of_one_transaction_are_numbered_as_they_were_enqueued(desk: Clocked, many: int) -> None:
    """By which those with one ordering key are done the oldest first. Nine are more than go as one statement."""
    with desk.transaction() as tx:
        for n in range(many):
            job_queue.enqueue(tx, "alarm", f"{n}", {}, ordering_key="one")
            tx.record(Subject("person:1"), 1, "noted", "done")
    w = tables.jobs.c
    assert [row.key.partition(":")[0] for row in desk.rows(select(w.key).order_by(w.id))] == [
        str(n) for n in range(many)
    ]


def test_after_its_end_a_transaction_is_of_no_use(desk: Clocked) -> None:
    with desk.transaction() as tx:
        pass
    with pytest.raises(GrantRequiredError):
        tx.ask(OPENS)
    assert ledger(desk) == []


# --- the n-th statement fails


@contextmanager
def failing(engine: Engine, n: int) -> Iterator[list[int]]:
    """The n-th statement from now on fails as it does on a full disk. Gives a list that counts them."""
    seen: list[int] = []

    def count(_statement: str) -> None:
        seen.append(len(seen) + 1)
        if len(seen) == n:
            raise engine.dialect.loaded_dbapi.OperationalError("No space left on device")

    with watched(engine, count):
        yield seen


def everything(desk: Clocked) -> tuple[int, ...]:
    """How many tickets, messages, recordings, jobs and entries there are."""
    kept = (tables.tickets, tables.messages, tables.recordings, tables.jobs)
    return (*(len(desk.rows(select(table))) for table in kept), len(ledger(desk)))


def opens_a_ticket(store: Store) -> None:
    with store.transaction("phone", "CA1") as tx:
        customer_tickets.open(tx, granted(tx), title="s", body="b", recorded=Recorded(SID, 7))


def test_whichever_statement_fails_there_is_no_part_of_a_ticket(desk: Clocked) -> None:
    """T23 and T26: every n until nothing fails any more; afterwards the same process goes on."""
    n, before = 0, everything(desk)
    while True:
        n += 1
        with failing(desk.store.engine, n) as seen:
            try:
                opens_a_ticket(desk.store)
            except (OperationalError, ConnectionLostError):
                failed = True
            else:
                failed = False
        assert everything(desk) == (before if failed else (1, 1, 1, 3, 1))
        if not failed:
            break
        assert len(seen) >= n
    together = 3 if desk.store.engine.dialect.name == "postgresql" else 7
    assert n > together, "standing, ticket, and the rest: one statement on PostgreSQL, one each on SQLite"
    assert verify.verify(desk.store).ok


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_commit_that_fails_leaves_all_or_nothing_and_the_ledger_whole(
    desk: Clocked, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the answer to COMMIT was lost, nobody knows: the segment it concerned is given up, and both outcomes verify."""
    store = desk.opened(desk.keys, pool_size=1)
    with store.transaction("test"):
        pass  # its segment is open
    dialect = store.engine.dialect
    commit: Callable[[Any], None] = dialect.do_commit

    def lost(connection: Any) -> None:
        if moment == "after":
            commit(connection)
        raise OperationalError("COMMIT", None, OSError(5, "Input/output error"))

    monkeypatch.setattr(dialect, "do_commit", lost)
    with pytest.raises(OperationalError):
        opens_a_ticket(store)
    monkeypatch.setattr(dialect, "do_commit", commit)
    assert everything(desk) == ((1, 1, 1, 3, 1) if moment == "after" else (0, 0, 0, 0, 0))
    for _ in range(3):
        with store.transaction("test") as tx:
            tx.ask(MAY_NOT)
    verdict = verify.verify(store)
    assert verdict.ok, verdict.broken


# --- the database goes away


def test_after_a_lost_connection_later_transactions_work_on_a_lane_of_their_own(sample_postgres: str) -> None:
    desk = Clocked(sample_postgres, Keys.parse(SECRET))
    opens_a_ticket(desk.store)
    before = {row.segment for row in desk.rows(select(tables.ledger.c.segment))}

    def loses_its_connection() -> None:
        with desk.transaction() as tx:
            granted(tx)
            backend = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with psycopg.connect(sample_postgres.replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", (backend,))
            customer_tickets.open(tx, granted(tx), title="s", body="b")

    with pytest.raises(ConnectionLostError):
        loses_its_connection()
    assert len(desk.rows(select(tables.tickets))) == 1
    for _ in range(10):
        with desk.transaction() as tx:
            granted(tx)
    assert len(ledger(desk)) == 11
    assert before <= {row.segment for row in desk.rows(select(tables.ledger.c.segment))}
    verdict = verify.verify(desk.store)
    assert verdict.ok, verdict.broken
    desk.close()
