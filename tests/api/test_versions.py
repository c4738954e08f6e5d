"""Of two changes of one version at once, each by a key of its own, one is made and the other is told that somebody was faster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Final

import pytest
from httpx2 import Response
from sqlalchemy import delete
from sqlalchemy.engine import make_url

from api.v1.router import ROUTES
from authz import Subject
from desk import verification_requests
from store import Transaction, tables
from store.contacts import contact_changes
from store.verification import own_details
from tests.api.asking import ACCOUNTS, MIA, RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.api.test_tickets import opened
from tests.api.verifying import asks
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.postgres import Server

SOON: Final = 20.0  # seconds in which what is waited for has happened, on a busy machine too
Two = tuple[Program, Program]
_ASKS: Final = (
    "SELECT FROM pg_locks WHERE relation = 'budgets'::regclass AND pid = pg_backend_pid()"  # the request of a key
)
_WAITS: Final = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def at_its_commit(desk: Desk) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Whoever comes to it stands still there, with all that it locks, until told to go on."""
    engine, came, go_on = desk.store.engine, threading.Event(), threading.Event()
    commit = engine.dialect.do_commit

    def stands_still(connection: Any) -> None:
        if connection.execute(_ASKS).fetchone() is not None:
            came.set()
            assert go_on.wait(SOON)
        commit(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.dialect, "do_commit", stands_still)
        try:
            yield came, go_on
        finally:
            go_on.set()


def of_a_customer(one: Desk, other: Desk) -> tuple[Two, str, list[Any]]:
    two = customers(one, RAJ, TIDEWORKS), customers(one, RAJ, TIDEWORKS, name="another")
    return (two[0], Program(other, two[1].key)), f"/tickets/{opened(two[0])}", [{"status": "closed"}] * 2


def of_the_desk(one: Desk, other: Desk) -> tuple[Two, str, list[Any]]:
    two = operators(one, "tickets:read", "tickets:write"), operators(other, "tickets:read", "tickets:write")
    number = opened(customers(one, RAJ, TIDEWORKS))
    return two, f"/tickets/{number}", [{"status": "closed"}, {"status": "waiting"}]


def of_an_account(one: Desk, other: Desk) -> tuple[Two, str, list[Any]]:
    two = operators(one, "accounts:read", "accounts:write"), operators(other, "accounts:read", "accounts:write")
    return two, f"/accounts/{TIDEWORKS}", [{"name": "Tideworks Sea"}, {"status": "suspended"}]


STORIES: Final = {"PATCH of a customer's": of_a_customer, "PATCH of the desk's": of_the_desk, "PUT": of_an_account}


def test_each_route_that_names_a_version_has_its_story() -> None:
    """And the DELETE is that of a verification, below."""
    assert {route for route in ROUTES if route[0] in ("PUT", "PATCH", "DELETE")} == {
        ("PATCH", "/tickets/{number}"),
        ("PUT", "/accounts/{number}"),
        ("DELETE", "/verifications/{id}"),
    }


@pytest.fixture
def beside(sample_postgres: str) -> Iterator[tuple[Desk, Desk]]:
    """Two processes on one database."""
    desks = Desk(sample_postgres, **ACCOUNT), Desk(sample_postgres, **ACCOUNT)
    yield desks
    for desk in desks:
        desk.close()


@pytest.mark.parametrize("story", STORIES)
def test_of_two_changes_of_one_version_one_is_made(beside: tuple[Desk, Desk], postgres: Server, story: str) -> None:
    (first, second), at, bodies = STORIES[story](*beside)
    method, etag = story.split()[0], first.get(at).headers["etag"]
    assert second.get(at).headers["etag"] == etag
    with ThreadPoolExecutor(2) as threads, at_its_commit(beside[0]) as (came, go_on):
        ahead = threads.submit(first.ask, method, at, bodies[0], If_Match=etag)
        assert came.wait(SOON)
        behind = threads.submit(second.ask, method, at, bodies[1], If_Match=etag)
        waits_or_is_done(postgres, beside[0], behind)
        go_on.set()
        done, late = ahead.result(SOON), behind.result(SOON)
    assert done.status_code == 200, done.text
    problem(late, "changed")


def mia_says_no(tx: Transaction, at: str) -> None:
    assert verification_requests.not_me(tx, Subject.of_person(MIA), int(at.rpartition("/")[2]))


def mia_has_another_address(tx: Transaction, _at: str) -> None:
    assert own_details.change_address(tx, Subject.of_person(MIA), "mia@elsewhere.example", but="")


def mia_is_taken_off(tx: Transaction, _at: str) -> None:
    account = ACCOUNTS[TIDEWORKS]
    contact_changes.lock(tx, account)
    tx.connection.execute(delete(tables.contact_rights).where(tables.contact_rights.c.person_id == MIA))
    tx.connection.execute(delete(tables.contacts).where(tables.contacts.c.person_id == MIA))


@pytest.mark.parametrize("deed", [mia_says_no, mia_has_another_address, mia_is_taken_off])
def test_what_people_change_just_now_is_another_version(
    beside: tuple[Desk, Desk], postgres: Server, deed: Callable[[Transaction, str], None]
) -> None:
    """A verification is one key's alone, whose requests wait for each other anyhow; but not for whoever is asked."""
    key = operators(beside[1], "verifications:write", "accounts:read", "accounts:write")
    asks_for = ("DELETE", f"/verifications/{asks(key, 'callback')['id']}", None)
    method, at, body = asks_for if deed is mia_says_no else ("PUT", f"/accounts/{TIDEWORKS}", {"name": "Tideworks Sea"})
    etag = key.get(at).headers["etag"]
    with ThreadPoolExecutor(1) as threads:
        with beside[0].store.transaction("test") as tx:
            deed(tx, at)
            behind = threads.submit(key.ask, method, at, body, If_Match=etag)
            waits_or_is_done(postgres, beside[0], behind)
        problem(behind.result(SOON), "changed")


def waits_or_is_done(postgres: Server, desk: Desk, behind: Future[Response]) -> None:
    monitor = postgres.connect(str(make_url(desk.settings.database_url).database))
    while not behind.done() and monitor.execute(_WAITS).fetchone() is None:
        wait([behind], 0.005)
    monitor.close()
