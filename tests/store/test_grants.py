"""No grant, no data: every public function of `store` refuses every Grant but a genuine one, here, now, for this.

T15
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

import store
from authz import CELL_OF, CELLS, DESK_CELLS, OWNERS_ACTIONS, Action, Ask, Grant, Proof, Subject, Topic
from store import LINE, OPERATOR, WORKER, GrantRequiredError, Keys, Transaction
from store.accounts import account_details, people
from store.calls import call_state, support_calls
from store.jobs import job_queue
from store.tickets import customer_tickets
from store.verification import attempt_limits, pin_changes, pins
from tests.desk import SECRET, load_samples
from tests.store.clocked import Clocked
from tests.store.public import OPENS, PUBLIC
from tests.store.ungranted import REASONS

OWNER, ACCOUNT = Subject("person:1"), 1  # Olivia Hart, owner of Harbour Bakery
LEAD = Subject("staff:2")  # Ana Brandt, a supervisor of the desk

# --- every public function


GRANTED = {
    name for name, function in PUBLIC.items() if {"grant", "grants"} & set(inspect.signature(function).parameters)
}
ABOUT_GRANTS = {f"transaction.Transaction.{name}" for name in ("require", "told", "told_rights")} | {
    "ticket_access.ticket",
    *(f"grant_limits.{name}" for name in ("is_supervisor", "service", "takes_two", "whole_desk")),
}  # the register itself


def test_the_list_was_made() -> None:
    assert len(PUBLIC) > 100
    assert len(GRANTED) > 20
    assert {
        "account_details.invoices",
        "customer_lists.listed",
        "transaction.Transaction.connection",
        "keys.Key.cipher",
    } <= set(PUBLIC)


def test_a_function_asks_for_a_grant_or_has_a_reason_not_to() -> None:
    assert set(OPENS) == GRANTED - ABOUT_GRANTS
    assert set(PUBLIC) - set(OPENS) == set(REASONS)
    assert all(len(reason.split()) >= 4 for reason in REASONS.values())


def test_what_is_told_of_customers_comes_from_functions_with_a_grant_alone() -> None:
    """Each kind of value that holds what a customer may be told is given by the functions with a Grant, and by no other."""
    facts = {
        "AccountName",
        "Invoice",
        "Service",
        "ServiceName",
        "Ticket",
        "ListedTicket",
        "AuditEntry",
        "Notice",
        "Sound",
    }
    facts |= {
        "AgentBriefing",
        "Explained",
        "Card",
        "Conversation",
        "Said",
        "Lender",
        "Request",
        "Delegation",
        "Content",
    }
    kinds = {
        thing.__name__
        for fn in PUBLIC.values()
        for thing in vars(inspect.getmodule(fn)).values()
        if inspect.isclass(thing)
    }
    assert facts <= kinds
    given: dict[str, set[str]] = {fact: set() for fact in facts}
    for name, function in PUBLIC.items():
        said = str(inspect.signature(function).return_annotation)
        for fact in facts & set("".join(c if c.isalnum() else " " for c in said).split()):
            given[fact].add(name)
    assert all(given.values()), given
    assert set().union(*given.values()) <= set(OPENS)


# --- every grant but the right one


class Untouched:
    """Stands for every other argument: a function that looks at it before the grant fails the test."""

    def _touched(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("looked at an argument before the grant")

    __getattr__ = __iter__ = __len__ = __bool__ = __eq__ = __index__ = __getitem__ = _touched
    __hash__ = None  # type: ignore[assignment]


@dataclass
class Container:
    clocked: Clocked

    def call(self, name: str, tx: Transaction, grant: object) -> None:
        function = PUBLIC[name]
        given: dict[str, Any] = {}
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            if parameter.name == "grants":
                given[parameter.name] = [grant]
            elif parameter.name == "grant" or parameter.annotation in ("Grant", Grant):
                given[parameter.name] = grant
            elif parameter.default is inspect.Parameter.empty:
                given[parameter.name] = Untouched()
        function(tx, **given)

    def genuine(self, tx: Transaction) -> dict[str, Grant]:
        """A grant of this transaction for every cell that anybody here is allowed."""
        tx.proved_further(OWNER, ACCOUNT)
        found: dict[str, Grant] = {}
        for (action, topic), cell in CELL_OF.items():
            for who, account in ((OWNER, ACCOUNT), (OPERATOR, None), (WORKER, None), (LINE, ACCOUNT), (LEAD, None)):
                verdict = tx.ask(Ask(who, action, account, topic, Proof.STEPPED_UP))
                if isinstance(verdict, Grant):
                    found.setdefault(cell, verdict)
        return found

    def refuses(self, name: str, tx: Transaction, grant: object) -> bool:
        """Whether the function lets this grant not through. Then it has done nothing that would have to be taken back."""
        try:
            self.call(name, tx, grant)
        except GrantRequiredError:
            return True
        except Exception:  # noqa: BLE001 - it reached the nonsense
            return False
        return False

    def opens(self, name: str, tx: Transaction, grant: object) -> bool:
        """Whether the function lets this grant through. The other arguments are nonsense, so what it does then is taken back."""
        kept = tx.connection.begin_nested()
        try:
            self.call(name, tx, grant)
        except GrantRequiredError:
            return False
        except Exception:  # noqa: BLE001 - it reached the nonsense, which is what matters
            return True
        finally:
            kept.rollback()
        return True


@pytest.fixture
def container(sample_url: str) -> Iterator[Container]:
    container = Container(Clocked(sample_url, Keys.parse(SECRET)))
    yield container
    container.clocked.close()


def copied(grant: Grant) -> Grant:
    return tuple.__new__(Grant, tuple(grant))


def dressed_up(grant: Grant) -> object:
    class Look(tuple[Any, ...]):
        __slots__ = ()

    look = Look(tuple(grant))
    look.__class__ = Grant  # type: ignore[assignment]
    return look


FORGED: list[Callable[[Grant], object]] = [
    copied,
    dressed_up,
    lambda _: tuple.__new__(Grant, ()),
    lambda grant: tuple.__new__(Grant, (*tuple(grant)[:2], 2, *tuple(grant)[3:])),  # for another account
    tuple,
    lambda _: None,
    lambda _: True,
    lambda grant: grant.cell,
    lambda grant: Ask(grant.subject, grant.action, grant.account, grant.topic, grant.proof),
]


def test_a_forged_grant_opens_nothing(container: Container) -> None:
    with container.clocked.transaction() as tx:
        genuine, opened = container.genuine(tx), set()
        for name, cells in OPENS.items():
            for number, forge in enumerate(FORGED):
                if not container.refuses(name, tx, forge(genuine[min(cells)])):
                    opened.add((name, number))
    assert not opened


def test_some_forgeries_cannot_even_be_made(container: Container) -> None:
    with container.clocked.transaction() as tx:
        grant = container.genuine(tx)["billing.view"]
        for make in (lambda: object.__new__(Grant), lambda: Grant(*grant), lambda: type("Mine", (Grant,), {})):
            with pytest.raises(TypeError):
                make()
        with pytest.raises(AttributeError):
            object.__setattr__(grant, "account", 2)
        refused = tx.ask(Ask(Subject("person:4"), Action.TICKET_OPEN, ACCOUNT, Topic.TECHNICAL, Proof.VERIFIED))
        with pytest.raises(TypeError):
            object.__setattr__(refused, "__class__", Grant)


def test_a_grant_is_dead_after_its_transaction(container: Container) -> None:
    with container.clocked.transaction() as ended:
        old = container.genuine(ended)
    for name, cells in OPENS.items():
        with pytest.raises(GrantRequiredError):
            container.call(name, ended, old[min(cells)])
    with container.clocked.transaction() as tx:
        container.genuine(tx)  # the same cells are granted here too
        assert not [name for name, cells in OPENS.items() if not container.refuses(name, tx, old[min(cells)])]


def test_a_grant_does_not_open_another_living_transaction(container: Container, tmp_path: Path) -> None:
    """Of another database here, since SQLite has one writer at a time; below, of the same one."""
    url = f"sqlite:///{tmp_path / 'another.db'}"
    store.migrate(url)
    load_samples(url)
    another = Container(Clocked(url, Keys.parse(SECRET)))
    with container.clocked.transaction() as tx, another.clocked.transaction() as other:
        mine, theirs = container.genuine(tx), another.genuine(other)
        for name in sorted(OPENS):
            with pytest.raises(GrantRequiredError):
                container.call(name, tx, theirs[min(OPENS[name])])
            with pytest.raises(GrantRequiredError):
                another.call(name, other, mine[min(OPENS[name])])
    another.clocked.close()


def test_two_living_transactions_of_one_database(sample_postgres: str) -> None:
    container = Container(Clocked(sample_postgres, Keys.parse(SECRET)))
    with container.clocked.transaction() as tx, container.clocked.transaction() as other:
        theirs = container.genuine(other)
        for name in sorted(OPENS):
            with pytest.raises(GrantRequiredError):
                container.call(name, tx, theirs[min(OPENS[name])])
    container.clocked.close()


def test_a_grant_opens_what_it_is_for_and_nothing_else(container: Container) -> None:
    with container.clocked.transaction() as tx:
        genuine = container.genuine(tx)
        assert set(genuine) == {*CELLS, *OWNERS_ACTIONS, *DESK_CELLS}
        for name, cells in OPENS.items():
            others = [cell for cell in genuine if cell not in cells]
            assert not [cell for cell in others if not container.refuses(name, tx, genuine[cell])], name
            assert not [cell for cell in cells if not container.opens(name, tx, genuine[cell])], name


# --- what is told without one


def test_what_needs_no_grant_names_no_customer(container: Container) -> None:
    """Those of the list that give anything back from the database, called on the sample accounts: no name, no address, no amount."""
    secret = ("Olivia", "Harbour", "@", "+4416", "10000016", "20.00", "Grid", "unpaid", "hello there")
    with container.clocked.transaction("CA1") as tx:
        genuine = container.genuine(tx)
        ticket = customer_tickets.open(tx, genuine["ticket.open:technical"], title="hello there", body="hello there")
        support_call = support_calls.start(tx, genuine["phone.support"], numbers=("+441632960001",))
        call_state.begin(tx, "CA1", "{}", "f", "answer")
        job_queue.enqueue(tx, "notice", "k", {"notice": "pin_set", "person": 1})
        told = [
            people.resolve(tx, "10000016", "+441632960101"),
            people.claimed_by(tx, None, "+441632960101"),
            pins.find(tx, 1),
            attempt_limits.reserve(tx, attempt_limits.counter_of(1), real=True, limits=()),
            attempt_limits.is_disabled(tx, attempt_limits.counter_of(1)),
            call_state.load(tx, "CA1"),
            support_calls.look(tx, support_call),
            support_calls.end(tx, "CA1", support_calls.CALLER_LEFT),
            customer_tickets.has_recording(tx, "RE1"),
            support_calls.place_since(tx, tx.now, emergency=False),
            customer_tickets.leave_pending(tx, title="hello there", body="hello there"),
            job_queue.lease(tx, ["notice"]),
            job_queue.backlog(tx.connection, tx.now),
            tx.standing(Ask(OWNER, Action.BILLING_VIEW, ACCOUNT, None, Proof.VERIFIED)),
        ]
        granted = [
            account_details.name(tx, genuine["billing.view"]),
            pin_changes.own_numbers(tx, genuine["desk.pin.reissue"], 1),
        ]
    assert not [(word, value) for value in told for word in secret if word in repr(value)]
    assert "Harbour" in repr(granted), "the words are those of nobody, so this test sees nothing"
    assert "10000016" in repr(granted)
    assert ticket
