"""H6: two deliveries of one Slack message at once, on PostgreSQL: a newer edit stands, a deletion is the end, and neither is missed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest
from sqlalchemy import insert, select, text

from authz import Subject
from store import Transaction, tables
from store.messages import edits, timeline
from tests.store.clocked import Clocked

SOURCE, AUTHOR = "D1:1.000001", Subject("person:1")
Do = Callable[[Transaction], object]


@pytest.fixture
def desk(postgres_url: str) -> Iterator[Clocked]:
    opened = Clocked(postgres_url)
    yield opened
    opened.close()


def said(words: str) -> Do:
    def add(tx: Transaction) -> None:
        number = timeline.insert_ticket(tx, None, None, "technical", "problem", None, "open")
        timeline.add(tx, number, AUTHOR, words, source=SOURCE, gives_title=True)

    return add


def changed(words: str | None, stamp: str) -> Do:
    """As the bot does it: what is on no ticket yet waits for it."""

    def change(tx: Transaction) -> None:
        edits.lock(tx, SOURCE)
        if timeline.of_source(tx, SOURCE) is None:
            edits.early(tx, AUTHOR, SOURCE, words, stamp)
        elif words is None:
            edits.withdraw(tx, SOURCE)
        else:
            edits.edit(tx, AUTHOR, SOURCE, words, stamp)

    return change


def at_once(desk: Clocked, first: Do, second: Do) -> None:
    """The second begins, and goes as far as it can, while the first is done and not yet committed."""
    other = desk.opened(desk.keys)
    over = threading.Event()

    def run() -> None:
        with other.transaction("test") as tx:
            second(tx)
        over.set()

    thread = threading.Thread(target=run)
    with desk.store.transaction("test") as tx:
        first(tx)
        thread.start()
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with desk.store.transaction("test") as looking:
            while not over.is_set() and not looking.connection.execute(waits).scalar():
                pass
    thread.join()
    assert over.is_set()


def kept(desk: Clocked) -> tuple[str, bool, str]:
    """(body, whether it was taken back, title) of the message, once everything has been settled."""
    m, t = tables.messages.c, tables.tickets.c
    query = select(m.body, m.withdrawn_at, t.title).join(tables.tickets, t.number == m.ticket).where(m.source == SOURCE)
    (row,) = desk.rows(query)
    assert desk.rows(select(tables.early_edits)) == [], "there is one copy of it"
    return row.body, row.withdrawn_at is not None, row.title


MESSAGE, OLDER, NEWER, GONE = (
    said("first"),
    changed("older", "2.000001"),
    changed("newer", "3.000001"),
    changed(None, "2.500001"),
)


@pytest.mark.parametrize(("first", "second"), list(permutations((OLDER, NEWER))))
def test_h6_the_newer_of_two_edits_stands(desk: Clocked, first: Do, second: Do) -> None:
    desk.do(MESSAGE)
    at_once(desk, first, second)
    assert kept(desk) == ("newer", False, "newer")


@pytest.mark.parametrize(("first", "second"), list(permutations((NEWER, GONE))))
def test_h6_what_was_deleted_does_not_return(desk: Clocked, first: Do, second: Do) -> None:
    desk.do(MESSAGE)
    at_once(desk, first, second)
    assert kept(desk) == ("", True, "")


@pytest.mark.parametrize("change", [NEWER, GONE])
@pytest.mark.parametrize("message_first", [True, False])
def test_h6_a_message_and_its_change_meet(desk: Clocked, change: Do, message_first: bool) -> None:
    at_once(desk, *((MESSAGE, change) if message_first else (change, MESSAGE)))
    assert kept(desk) == (("newer", False, "newer") if change is NEWER else ("", True, ""))


def test_h6_there_and_back_again_out_of_order(desk: Clocked) -> None:
    """An edit back to the first words is an edit: an older one that comes later is still older."""
    desk.do(MESSAGE)
    desk.do(changed("first", "3.000001"))
    desk.do(OLDER)
    assert kept(desk) == ("first", False, "first")


@pytest.mark.parametrize(("words", "now"), [("newer", ("newer", False, "newer")), (None, ("", True, ""))])
def test_h6_what_was_missed_all_the_same_is_swept_up(desk: Clocked, words: str | None, now: object) -> None:
    desk.do(MESSAGE)
    missed = {"source": SOURCE, "author": AUTHOR, "edited": "3.000001", "body": words, "at": desk.now}
    desk.do(lambda tx: tx.connection.execute(insert(tables.early_edits).values(**missed)))
    desk.do(edits.sweep)
    assert kept(desk) == now


def test_h6_only_by_its_author(desk: Clocked) -> None:
    desk.do(MESSAGE)
    assert not desk.do(edits.edit, Subject("person:2"), SOURCE, "else", "9.000001")
    desk.do(edits.early, Subject("person:1"), "D1:2.000001", "mine", "2.000001")
    desk.do(edits.early, Subject("person:2"), "D1:2.000001", "else", "3.000001")
    assert desk.do(edits.unfiled, Subject("person:1"), "D1:2.000001") == "mine"
    assert desk.do(edits.unfiled, Subject("person:2"), "D1:2.000001") is None
