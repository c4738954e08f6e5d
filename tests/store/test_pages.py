"""Tokens of one-time pages: looked at often, used once, each for its own kind of page, and nowhere to be read."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from authz import Subject
from store import tables
from store.codes import one_time_codes, one_time_links
from tests.store.clocked import MINUTE, Clocked


@pytest.fixture
def clocked(store_url: str) -> Iterator[Clocked]:
    opened = Clocked(store_url)
    yield opened
    opened.close()


def test_a_token_is_looked_at_often_and_used_once(clocked: Clocked) -> None:
    token = clocked.do(one_time_links.issue, "enrol", Subject("person:7"), "bound here")
    for _ in range(3):
        assert clocked.do(one_time_links.look, "enrol", token) == ("person:7", "bound here")
    assert clocked.do(one_time_links.use, "enrol", token) == ("person:7", "bound here")
    assert clocked.do(one_time_links.use, "enrol", token) is None
    assert clocked.do(one_time_links.look, "enrol", token) is None


def test_a_token_is_long_and_kept_as_a_digest(clocked: Clocked) -> None:
    token = clocked.do(one_time_links.issue, "join", Subject("staff:1"), life=24 * 60 * MINUTE)
    assert len(token) == 43
    assert not [row for row in clocked.rows(select(tables.codes)) if token in str(row)]


def test_a_token_is_of_its_kind_and_its_time(clocked: Clocked) -> None:
    token = clocked.do(one_time_links.issue, "enrol", Subject("person:7"))
    for wrong in (token[:-1], token + "A", token.swapcase(), "", "é" * 50):
        assert clocked.do(one_time_links.use, "enrol", wrong) is None
    assert clocked.do(one_time_links.use, "pin", token) is None
    assert clocked.do(one_time_codes.redeem, "page:enrol", token) is None
    clocked.now += 10 * MINUTE - 1
    assert clocked.do(one_time_links.look, "enrol", token) is not None
    clocked.now += 1
    assert clocked.do(one_time_links.look, "enrol", token) is None
    assert clocked.do(one_time_links.use, "enrol", token) is None


def test_a_new_token_ends_the_one_before_it(clocked: Clocked) -> None:
    first = clocked.do(one_time_links.issue, "enrol", Subject("person:7"))
    other = clocked.do(one_time_links.issue, "enrol", Subject("person:8"))
    second = clocked.do(one_time_links.issue, "enrol", Subject("person:7"))
    assert clocked.do(one_time_links.look, "enrol", first) is None
    assert clocked.do(one_time_links.look, "enrol", second) is not None
    assert clocked.do(one_time_links.look, "enrol", other) is not None


def test_of_those_who_use_it_at_once_one_succeeds(clocked: Clocked) -> None:
    token, won = clocked.do(one_time_links.issue, "pin", Subject("person:7")), []
    barrier = threading.Barrier(4)

    def try_it() -> None:
        barrier.wait()
        won.append(clocked.do(one_time_links.use, "pin", token))

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 4
    assert [found for found in won if found is not None] == [("person:7", "")]


def test_a_kind_that_nobody_has_listed_is_refused(clocked: Clocked) -> None:
    """What `revoke` ends is written down by kind: see test_taken_away."""
    with pytest.raises(ValueError, match="no kind of page"):
        clocked.do(one_time_links.issue, "strange", Subject("person:7"))
    with pytest.raises(ValueError, match="no kind of code"):
        clocked.do(one_time_codes.issue, "strange", Subject("person:7"))
