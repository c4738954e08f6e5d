"""Desks with Slack for the tests of Slack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.slack_desk import SlackDesk, Stage, stage


@pytest.fixture(scope="session")
def slack_stage() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture
def slack(sample_url: str, slack_stage: Stage) -> Iterator[SlackDesk]:
    """On both databases."""
    opened = SlackDesk(sample_url, slack_stage)
    yield opened
    opened.close()


@pytest.fixture
def slack_once(one_sample_url: str, slack_stage: Stage) -> Iterator[SlackDesk]:
    """For what hardly concerns the database."""
    opened = SlackDesk(one_sample_url, slack_stage)
    yield opened
    opened.close()
