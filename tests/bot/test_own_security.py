"""What was changed about somebody's own security is told to them in Slack too, and to nobody else there."""

from __future__ import annotations

import pytest

from store.accounts import recipients
from store.accounts.people import resolve
from store.jobs import job_queue
from tests.bot.slack_desk import SlackDesk


def changed(desk: SlackDesk, notice: str, support_id: str = "10000073") -> None:
    with desk.store.transaction("test") as tx:
        person, _ = resolve(tx, support_id, None)
        job_queue.enqueue(tx, "notice", f"{notice}:{desk.now}", {"notice": notice, "person": person})
    desk.work()


@pytest.mark.parametrize("notice", recipients.OWN_SECURITY)
def test_they_are_told_and_nobody_else(slack_once: SlackDesk, notice: str) -> None:
    changed(slack_once, notice)
    said = "".join(slack_once.read("U0RAJ"))
    assert slack_once.container.slack is not None
    assert slack_once.container.slack.context.phrases.say(f"notice.{notice}") in said
    for other in ("U0DEV", "U0SAM", "U0KIM", "U0ANA"):
        assert slack_once.read(other) == []
    assert slack_once.read("U0KIM", "C0AGENTS") == []


def test_whoever_was_unlinked_meanwhile_hears_nothing(slack_once: SlackDesk) -> None:
    desk = slack_once
    with desk.store.transaction("test") as tx:
        person, _ = resolve(tx, "10000073", None)
        to = {"notice": "pin_set", "person": person, "team": "T0DESK", "user": "U0DEV"}  # who stands for another
        job_queue.enqueue(tx, "slack.notice_to_member", "k", to)
    desk.work()
    assert desk.read("U0DEV") == []
