"""Slack away, slow, full, or refusing: nothing is lost, nothing comes twice, order is kept, and the operator sees it.

T27
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from simulator.slack import Trouble
from store import tables
from store.jobs import job_queue
from store.jobs.job_queue import Backlog
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.rights import hold

POSTS = ("chat.postMessage",)


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.link("U0MIA", "mia.chen")
    return slack_once


def troubled(trouble: Trouble, *methods: str) -> Callable[[str, Any], Trouble | None]:
    return lambda method, _args: trouble if not methods or method in methods else None


def backlog(desk: SlackDesk) -> Backlog:
    return desk.store.backlog("slack.%")


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=503, body="no"),
        Trouble(status=200, body="<html>"),
        Trouble(error="internal_error"),
        Trouble(error="token_revoked"),
        Trouble(retry_after=30),
    ],
    ids=lambda trouble: trouble.error or str(trouble.status or "429") + trouble.body,
)
def test_away_for_a_while(desk: SlackDesk, trouble: Trouble) -> None:
    desk.workspace.trouble = troubled(trouble)
    mine = desk.be("U0MIA").dm("our site is down")
    for n in range(3):
        desk.be("U0MIA").dm(f"more {n}", thread=mine)
    desk.work()
    assert "#1001" not in desk.said("U0KIM", AGENTS)
    seen = backlog(desk)
    assert seen.failing >= 1
    assert seen.error
    assert "more" not in seen.error
    desk.workspace.trouble = troubled(trouble, "nothing")
    for _ in range(20):
        desk.pass_time(301)
        desk.work()
    told = desk.said("U0KIM", AGENTS)
    assert told.count("#1001: our site is down") == 1
    assert [told.count(f"more {n}") for n in range(3)] == [1, 1, 1]
    assert told.index("more 0") < told.index("more 1") < told.index("more 2")
    assert desk.said("U0MIA").count("Ticket #1001") == 1
    assert backlog(desk).pending == 0


def test_slack_says_when_to_come_again(desk: SlackDesk) -> None:
    desk.workspace.trouble = troubled(Trouble(retry_after=120), *POSTS)
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.workspace.trouble = troubled(Trouble(), "nothing")
    desk.pass_time(100)
    desk.work()
    assert "#1001" not in desk.said("U0KIM", AGENTS)
    desk.pass_time(21)
    desk.work()
    assert "#1001" in desk.said("U0KIM", AGENTS)


def test_answers_that_are_lost_are_found_again(desk: SlackDesk) -> None:
    """Slack has posted it, and the connection broke before it said so: whoever tries again looks first."""
    lost = {"left": 3}

    def once_each(method: str, _args: Any) -> Trouble | None:
        if method in POSTS and lost["left"]:
            lost["left"] -= 1
            return Trouble(lost_response=True)
        return None

    desk.workspace.trouble = once_each
    mine = desk.be("U0MIA").dm("our site is down")
    desk.be("U0MIA").dm("and more", thread=mine)
    desk.work()
    for _ in range(10):
        desk.pass_time(61)
        desk.work()
    assert lost["left"] == 0
    assert desk.said("U0KIM", AGENTS).count("#1001: our site is down") == 1
    assert desk.said("U0KIM", AGENTS).count("and more") == 1
    assert desk.said("U0MIA").count("Ticket #1001") == 1


def test_a_lost_response_is_found_however_much_was_said_since(desk: SlackDesk) -> None:
    """Slack shows 200 messages at a time, and other people talk in the desk's channel too."""
    lost = {"left": 1}

    def once(method: str, args: Any) -> Trouble | None:
        if method in POSTS and args.get("channel") == AGENTS and lost["left"]:
            lost["left"] -= 1
            return Trouble(lost_response=True)
        return None

    desk.workspace.trouble = once
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    assert lost["left"] == 0
    for n in range(210):
        desk.be("U0ANA").says(AGENTS, f"lunch, anybody? {n}")
    desk.pass_time(61)
    desk.work()
    assert desk.said("U0KIM", AGENTS).count("#1001: our site is down") == 1
    assert backlog(desk).pending == 0


def test_the_worker_dies_between_posting_and_writing_it_down(desk: SlackDesk) -> None:
    """Its lease runs out, and another takes the job: the post is found by its key."""
    desk.be("U0MIA").dm("our site is down")
    deliveries = desk.container.deliveries
    head: Any = deliveries["slack.first_message"]
    died = list[Any]()

    def dies(tx: Any, job: Any) -> Any:
        yield from head(tx, job)
        if not died:
            died.append(job)
            raise SystemExit

    deliveries["slack.first_message"] = dies
    with pytest.raises(SystemExit):
        desk.work()
    desk.pass_time(job_queue.LEASE / 1000 + 1)
    desk.work()
    assert desk.said("U0KIM", AGENTS).count("#1001: our site is down") == 1
    assert desk.said("U0MIA").count("Ticket #1001") == 1


def test_what_can_never_be_done_holds_up_nothing(desk: SlackDesk) -> None:
    """The channel where it began is gone: the desk's card and her own messages stand all the same."""
    desk.workspace.trouble = lambda method, args: (
        Trouble(error="channel_not_found") if args.get("channel") == "C0HELP" else None
    )
    desk.be("U0MIA").says("help", "@Deskgate our site is down")
    desk.work()
    assert "#1001" in desk.said("U0KIM", AGENTS)
    assert "Ticket #1001" in desk.said("U0MIA")
    seen = backlog(desk)
    assert (seen.pending, seen.failing) == (0, 0)
    assert seen.given_up >= 1


def test_one_place_that_is_stuck_holds_up_no_other(desk: SlackDesk) -> None:
    desk.workspace.trouble = lambda method, args: Trouble(status=503) if args.get("channel") == AGENTS else None
    mine = desk.be("U0MIA").dm("our site is down")
    desk.work()
    assert "Ticket #1001" in desk.said("U0MIA")
    desk.be("U0MIA").dm("more", thread=mine)
    desk.work()
    assert backlog(desk).failing == 1
    desk.workspace.trouble = lambda method, args: None
    desk.pass_time(61)
    desk.work()
    assert "more" in desk.said("U0KIM", AGENTS)


def test_a_form_that_comes_too_late_says_so(desk: SlackDesk) -> None:
    desk.be("U0MIA").command("/ticket", "x", "help")
    desk.pass_time(4)
    desk.work()
    assert desk.be("U0MIA").view is None
    assert "Please click once more" in desk.said("U0MIA")


def test_rights_are_read_when_it_is_posted(desk: SlackDesk) -> None:
    """While Slack was away Mia lost her permission: what the desk answered then is not told to her now."""

    desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.workspace.trouble = troubled(Trouble(status=503), "chat.postMessage", "chat.update")
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="The password of root is in the vault")
    with desk.store.transaction("test") as tx:
        mia = select(tables.people.c.id).where(tables.people.c.username == "mia.chen").scalar_subquery()
        hold(tx, "manage_services", tables.contacts.c.person_id == mia)
    desk.workspace.trouble = troubled(Trouble(), "nothing")
    for _ in range(5):
        desk.pass_time(301)
        desk.work()
    assert "vault" not in desk.said("U0MIA")
    assert "You can no longer see ticket 1001" in desk.said("U0MIA")
    assert "vault" in desk.said("U0KIM", AGENTS)


def test_files_that_cannot_be_had(desk: SlackDesk) -> None:
    desk.workspace.trouble = troubled(Trouble(error="file_not_found"), "files.info")
    desk.be("U0MIA").dm("our site is down", files=[("x.txt", "x")])
    desk.work()
    assert "#1001" in desk.said("U0KIM", AGENTS)
    assert backlog(desk).pending == 0


def test_the_app_is_removed_and_comes_back(desk: SlackDesk) -> None:
    desk.workspace.remove_app()
    desk.be("U0MIA").dm("our site is down")
    assert desk.context.home is None
    desk.pass_time(60)
    desk.install()
    desk.workspace.tokens = type(desk.workspace.tokens)(desk.workspace.app, desk.workspace.now)
    desk.workspace.redeliver_due()
    desk.work()
    assert "#1001" in desk.said("U0KIM", AGENTS), "what came meanwhile was not acknowledged, and comes again"
