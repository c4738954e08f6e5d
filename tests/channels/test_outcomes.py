"""Each outcome of a use case that a channel puts into words has some: a table that misses one would end a click in a fault."""

from __future__ import annotations

from enum import Enum
from types import ModuleType

import pytest

from bot.inbound import agent_actions, call_actions, commands
from desk.calls import Callback
from desk.lookup import Closed, NotFound
from desk.people import NotAdded
from portal.staff import account_pages, call_pages, supervisors, ticket_pages
from portal.web import page_words

SAID = page_words.load().known("said") | page_words.load().known("not_done")
PORTAL = (account_pages, call_pages, supervisors, ticket_pages)
BOT = (agent_actions, call_actions, commands)
# Outcomes that never come to a table, with why.
ELSEWHERE: dict[tuple[ModuleType, Enum], str] = {
    (account_pages, Closed.NOT_PERMITTED): "the page is not there",
    (ticket_pages, NotAdded.PHONE): "nobody is asked for it there",
    (ticket_pages, NotAdded.USERNAME): "nobody is asked for it there",
    (ticket_pages, NotAdded.TAKEN): "one is made up when it is confirmed",
    (ticket_pages, NotAdded.ENOUGH): "counted when it is confirmed",
    (commands, NotFound.NOBODY): "has a message of its own",
    (call_actions, Callback.NO_PHONE): "the button is drawn only where the desk has a line",
    (call_actions, Callback.ABROAD): "found out when the number is rung",
}


def tables(module: ModuleType) -> list[dict[Enum, str | None]]:
    """The tables of a module from outcomes to words."""
    found = [thing for name, thing in vars(module).items() if name.isupper() and isinstance(thing, dict)]
    return [table for table in found if all(isinstance(key, Enum) for key in table)]


@pytest.mark.parametrize("module", [*PORTAL, *BOT], ids=lambda module: module.__name__)
def test_every_outcome_has_its_words(module: ModuleType) -> None:
    assert tables(module)
    for table in tables(module):
        outcomes = {outcome for key in table for outcome in type(key)}
        assert {type(outcome) for outcome in outcomes} == {type(next(iter(table)))}
        assert {one for one in outcomes - set(table) if (module, one) not in ELSEWHERE} == set()


@pytest.mark.parametrize("module", PORTAL, ids=lambda module: module.__name__)
def test_what_the_page_says_stands_in_its_words(module: ModuleType) -> None:
    assert {said for table in tables(module) for said in table.values() if said is not None} <= SAID
