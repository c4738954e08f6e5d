"""The ledger as the operator reads it: under a grant, oldest first, with names while there are any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic, load_schemes
from store import OPERATOR, WORKER, GrantRequiredError, Keys, Store, Transaction, open_store, tables
from store.imports.file_format import read
from store.imports.import_run import run
from store.ledger.audit import AuditEntry, entries
from store.tickets import customer_tickets

NOW = 1_795_000_000_000
OPERATES = Ask(OPERATOR, Action.DESK_LEDGER_READ, None, None, Proof.NONE)


class Told:
    """A desk where olivia.hart (person 1, owner of account 1) opened a ticket and tom.reyes asked for a bill."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.store: Store = open_store(url, Keys([bytes(range(32))]), load_schemes(), lambda: self.now)
        sample = json.loads((Path(__file__).parents[2] / "deskgate" / "sample-accounts.json").read_bytes())
        for person in sample["people"]:
            del person["pin"]
        run(self.store, read(json.dumps(sample).encode()))
        self.now += 1_000
        with self.store.transaction("phone", "CA1") as tx:
            grant = tx.ask(Ask(Subject("person:1"), Action.TICKET_OPEN, 1, Topic.TECHNICAL, Proof.VERIFIED))
            assert isinstance(grant, Grant)
            customer_tickets.open(tx, grant, title="s", body="b")
        self.now += 1_000
        with self.store.transaction("phone", "CA2") as tx:
            assert isinstance(tx.ask(Ask(Subject("person:3"), Action.BILLING_VIEW, 1, None, Proof.VERIFIED)), Denied)
        self.now += 1_000
        with self.store.transaction("slack") as tx:
            tx.record(Subject("staff:1"), 3, "ticket.taken", "done")

    def entries(
        self, account: int | None = None, *, since: int | None = None, limit: int | None = None
    ) -> list[AuditEntry]:
        self.now += 1_000
        with self.store.transaction("shell") as tx:
            return entries(tx, granted(tx, OPERATES), account, since=since, limit=limit)


def granted(tx: Transaction, ask: Ask) -> Grant:
    grant = tx.ask(ask)
    assert isinstance(grant, Grant)
    return grant


@pytest.fixture
def told(store_url: str) -> Iterator[Told]:
    told = Told(store_url)
    yield told
    told.store.close()


def test_entries_say_what_the_contract_lists(told: Told) -> None:
    _import, ticket, bill, taken = told.entries()[-4:]
    assert (ticket.at, ticket.who, ticket.account, ticket.action) == (
        NOW + 1_000,
        "olivia.hart",
        "200417",
        "ticket.open:technical",
    )
    assert (ticket.decision, ticket.rules, ticket.proof) == ("allowed", ["MT-4"], "verified")
    assert (ticket.channel, ticket.call, ticket.fields) == ("phone", "CA1", ["ticket.number:1001"])
    assert (bill.who, bill.decision, bill.rules, bill.fields) == ("tom.reyes", "no_right", ["MT-17"], [])
    assert (taken.who, taken.account, taken.call) == ("agent.kim", "400639", None)
    assert (_import.who, _import.account) == ("desk:operator", None)


def test_reading_is_an_entry_itself(told: Told) -> None:
    told.entries()
    last = told.entries()[-1]
    assert (last.who, last.action, last.fields) == ("desk:operator", "desk.ledger.read", ["ledger"])


def test_one_account_the_newest_and_those_since(told: Told) -> None:
    assert [entry.action for entry in told.entries(1)] == ["ticket.open:technical", "billing.view"]
    assert [entry.action for entry in told.entries(limit=2)] == ["ticket.taken", "desk.ledger.read"]
    assert [entry.action for entry in told.entries(1, limit=1)] == ["billing.view"]
    assert [entry.action for entry in told.entries(since=NOW + 2_000)][:2] == ["billing.view", "ticket.taken"]


def test_somebody_erased_is_a_subject_again(told: Told) -> None:
    with told.store.transaction("test") as tx:
        tx.connection.execute(delete(tables.people).where(tables.people.c.username == "tom.reyes"))
        tx.record(Subject("person:3"), 99, "late", "done")
    assert [entry.who for entry in told.entries(1)] == ["olivia.hart", "person:3"]
    assert next(entry for entry in told.entries() if entry.action == "late").account == "account:99"


def test_nobody_reads_it_without_the_grant(told: Told) -> None:
    with told.store.transaction("shell") as tx:
        other = granted(tx, Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
        with pytest.raises(GrantRequiredError):
            entries(tx, other)
        of_one = granted(tx, Ask(OPERATOR, Action.DESK_LEDGER_READ, 1, None, Proof.NONE))
        with pytest.raises(GrantRequiredError):
            entries(tx, of_one)
        with pytest.raises(GrantRequiredError):
            entries(tx, of_one, 2)
        assert len(entries(tx, of_one, 1)) == 2
    with told.store.transaction("worker") as tx:
        assert isinstance(tx.ask(Ask(WORKER, Action.DESK_LEDGER_READ, None, None, Proof.NONE)), Denied)
