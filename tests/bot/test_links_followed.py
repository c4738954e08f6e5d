"""Whose Slack member is whose, followed by another system: each tie and each end of one comes in the feed of changes, with who did it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete

from store import tables
from store.imports import import_run
from store.imports.file_format import read
from tests.api.asking import Program, operators
from tests.bot.by_hand import event, send
from tests.bot.slack_desk import SlackDesk


class Follower:
    """A system that asks what is new."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._cursor = program.read("/changes?start=now")["next"]

    def news(self) -> list[tuple[Any, ...]]:
        page = self._program.read(f"/changes?cursor={self._cursor}")
        self._cursor = page["next"]
        return [
            (one["what"], one["person"], one["fields"], one["by"]["kind"], one["by"]["name"], one["own"])
            for one in page["changes"]
        ]


def slack_of(person: str, kind: str, name: str | None, *, own: bool = False) -> tuple[Any, ...]:
    return ("person.changed", person, ["slack"], kind, name, own)


def bring(desk: SlackDesk, **said: object) -> None:
    import_run.run(desk.store, read(json.dumps(said).encode()))


@pytest.mark.both_databases
def test_links_by_code_come_in_the_feed(slack: SlackDesk) -> None:
    desk = slack
    follower = Follower(operators(desk, "accounts:read"))
    desk.link("U0MIA", "mia.chen")
    assert follower.news() == [slack_of("mia.chen", "person", "mia.chen")]
    desk.link("U0MIA", "mia.chen")
    assert follower.news() == [], "tied already"
    desk.be("U0MIA").open_home()
    desk.work()
    home = desk.be("U0MIA").home
    assert home is not None
    desk.be("U0MIA").click(home, "unlink")
    desk.work()
    assert follower.news() == [slack_of("mia.chen", "person", "mia.chen")]
    desk.link("U0MIA", "mia.chen")
    follower.news()
    gone = {"id": "U0MIA", "team_id": "T0DESK", "deleted": True}
    send(desk, event(desk, type="user_change", user=gone))
    assert follower.news() == [slack_of("mia.chen", "desk", None)], "deactivated in Slack"


@pytest.mark.both_databases
def test_links_of_an_import_and_of_a_system_come_in_the_feed(slack: SlackDesk) -> None:
    desk = slack
    ours = operators(desk, "accounts:read", "accounts:write")
    follower = Follower(ours)
    new = {"team": "T0DESK", "user": "U0MIA"}
    bring(desk, people=[{"username": "mia.chen", "slack": [new]}])
    assert follower.news() == [slack_of("mia.chen", "operator", None)]
    bring(desk, people=[{"username": "mia.chen", "slack": [new]}])
    assert follower.news() == [], "nothing is other than it was"
    ours.ask("PUT", "/accounts/400639", {"people": [{"username": "mia.chen", "slack": []}]})
    assert follower.news() == [slack_of("mia.chen", "key", "a system of ours", own=True)]
    bring(desk, people=[{"username": "mia.chen", "slack": [new]}])
    bring(desk, people=[{"username": "mia.chen", "slack": []}, {"username": "leo.fox", "slack": [new]}])
    assert follower.news() == [slack_of(person, "operator", None) for person in ("mia.chen", "mia.chen", "leo.fox")], (
        "and where it passes to somebody else, of both"
    )


@pytest.mark.parametrize("how", ["nightly", "by a system"])
def test_what_the_desk_unties_is_the_desks(slack_once: SlackDesk, how: str) -> None:
    """Also where it comes of what the system itself took away: it does not know whom that unties."""
    desk = slack_once
    ours = operators(desk, "accounts:read", "accounts:write")
    bring(desk, accounts=[{"number": "400639", "slack_teams": ["T0STRANGE"]}])
    desk.be("U0FAKE").dm(f"link {desk.code('dev.anand')}")
    desk.work()
    follower = Follower(ours)
    if how == "nightly":
        with desk.store.transaction("test") as tx:
            tx.connection.execute(delete(tables.account_teams))
        desk.container.worker.sweep()
        desk.work()
    else:
        ours.ask("PUT", "/accounts/400639", {"slack_teams": []})
    assert slack_of("dev.anand", "desk", None) in follower.news()
