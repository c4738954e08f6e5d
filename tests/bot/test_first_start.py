"""E15: the first seconds of a desk that Slack has not told yet who it is: what is clicked then is answered, or seen to fail."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from deskgate import slack
from simulator.slack import Trouble
from simulator.slack.injected_faults import untroubled
from store import tables
from tests.bot.by_hand import click, command, send
from tests.bot.slack_desk import SlackDesk


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    """As it is before its very first start."""
    with slack_once.store.transaction("test") as tx:
        tx.connection.execute(delete(tables.installations))
    slack_once.context.look(anew=True)
    assert slack_once.context.home is None
    return slack_once


def start(desk: SlackDesk) -> None:
    """What is done before the first request is let in; no worker has run yet."""
    assert desk.container.slack is not None
    slack.greet(desk.container.slack, desk.settings)


def test_e15_a_click_in_the_first_second_is_answered(desk: SlackDesk) -> None:
    start(desk)
    assert desk.context.home is not None
    assert send(desk, click("open")).status_code == 200
    assert send(desk, command("/ticket")).text == ""


def test_e15_where_slack_is_silent_the_desk_starts_and_a_click_is_seen_to_fail(desk: SlackDesk) -> None:
    desk.workspace.trouble = lambda method, args: Trouble(status=503)
    start(desk)
    assert send(desk, click("open")).status_code == 503, "Slack shows a failure; with 200 nobody would know"
    desk.workspace.trouble = untroubled
    desk.pass_time(60)
    desk.work()
    assert desk.context.home is not None, "the worker has asked again"
    assert send(desk, click("open")).status_code == 200
