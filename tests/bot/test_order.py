"""Slack's deliveries overtake each other: edits and deletions count in the order they were made, not that of arrival."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.by_hand import event, send
from tests.bot.slack_desk import AGENTS, SlackDesk

pytestmark = pytest.mark.both_databases

MIA: dict[str, Any] = {"user": "U0MIA", "team": "T0DESK"}


@pytest.fixture
def desk(slack: SlackDesk) -> SlackDesk:
    slack.link("U0MIA", "mia.chen")
    return slack


def tell(desk: SlackDesk, inner: dict[str, Any]) -> None:
    assert send(desk, event(desk, **inner)).status_code == 200


def said(ts: str, text: str, thread: str = "") -> dict[str, Any]:
    there = {"type": "message", "channel": "D0MIA", "channel_type": "im", "ts": ts, "text": text, **MIA}
    return there | ({"thread_ts": thread} if thread else {})


def edited(ts: str, text: str, at: str, thread: str = "") -> dict[str, Any]:
    inner = {"ts": ts, "text": text, "edited": {"user": "U0MIA", "ts": at}, **MIA}
    inner |= {"thread_ts": thread} if thread else {}
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": "D0MIA",
        "channel_type": "im",
        "ts": at,
        "message": inner,
    }


def deleted(ts: str, at: str, thread: str = "") -> dict[str, Any]:
    before = {"ts": ts, "text": "x", **MIA} | ({"thread_ts": thread} if thread else {})
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "D0MIA",
        "channel_type": "im",
        "ts": at,
        "event_ts": at,
        "previous_message": before,
    }


def test_an_older_edit_that_comes_later_changes_nothing(desk: SlackDesk) -> None:
    first, second = (
        edited("1.000001", "our site is DOWN", "2.000001"),
        edited("1.000001", "our shop is down", "3.000001"),
    )
    for body in (said("1.000001", "our site is down"), second, first):
        tell(desk, body)
    desk.work()
    assert "our shop is down" in desk.said("U0KIM", AGENTS)
    assert "DOWN" not in desk.said("U0KIM", AGENTS)


def test_an_edit_before_its_message(desk: SlackDesk) -> None:
    tell(desk, said("1.000001", "our site is down"))
    tell(desk, edited("2.000001", "since nine", "3.000001", "1.000001"))
    tell(desk, said("2.000001", "since ten", "1.000001"))
    desk.work()
    assert "since nine" in desk.said("U0KIM", AGENTS)
    assert "since ten" not in desk.said("U0KIM", AGENTS)


def test_a_deletion_before_its_message(desk: SlackDesk) -> None:
    tell(desk, said("1.000001", "our site is down"))
    tell(desk, deleted("2.000001", "3.000001", "1.000001"))
    tell(desk, edited("2.000001", "my password is hunter3", "2.500001", "1.000001"))
    tell(desk, said("2.000001", "my password is hunter2", "1.000001"))
    desk.work()
    assert "hunter" not in desk.said("U0KIM", AGENTS)
    assert "Deleted by its author" in desk.said("U0KIM", AGENTS)


def test_what_others_edit_in_channels_is_not_kept(desk: SlackDesk) -> None:
    inner = {"ts": "9.000001", "text": "none of your business", "edited": {"ts": "9.000002"}, **MIA}
    body = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C0HELP",
        "channel_type": "channel",
        "ts": "9.1",
        "message": inner,
    }
    tell(desk, body)
    with desk.store.transaction("test") as tx:
        from sqlalchemy import text

        assert tx.connection.execute(text("SELECT count(*) FROM early_edits")).scalar() == 0


def test_edited_there_and_back_again(desk: SlackDesk) -> None:
    tell(desk, said("1.000001", "our site is down"))
    tell(desk, said("2.000001", "port 80", "1.000001"))
    desk.work()
    for at, words in (("3.000001", "port 443"), ("4.000001", "port 80")):
        tell(desk, edited("2.000001", words, at, "1.000001"))
        desk.work()
        assert words in desk.said("U0KIM", AGENTS)
