"""`deskgate doctor` and Slack: whether the token is good, has every scope, and is in the desk's channel; what waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import insert

from bot.platform.install import scopes
from simulator.slack import Trouble, Workspace
from store import tables
from tests.bot.serving import TOKEN, slack
from tests.cli.conftest import Shell

CHANNEL = "C0AGENTS"


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Workspace, str]]:
    with slack() as (workspace, base):
        workspace.app = replace(workspace.app, scopes=tuple(scopes()))
        yield workspace, base


@pytest.fixture
def workspace(_served: tuple[Workspace, str], light: Shell) -> Iterator[Workspace]:
    workspace, base = _served
    light.set(SLACK_SIGNING_SECRET="s", SLACK_BOT_TOKEN=TOKEN, SLACK_API_URL=base, SLACK_AGENT_CHANNEL=CHANNEL)
    yield workspace
    workspace.trouble = lambda _method, _args: None


def of_slack(shell: Shell) -> list[tuple[str, str]]:
    said = shell.run("doctor")
    assert TOKEN not in said.out
    found = [(line[:5].strip(), line[5:]) for line in said.out.splitlines()]
    assert said.code == any(state == "BAD" for state, _ in found)
    return [
        (state, words)
        for state, words in found
        if any(word in words for word in ("Slack", "SLACK", "channel", "scope"))
    ]


def test_all_is_well(light: Shell, workspace: Workspace) -> None:
    assert of_slack(light) == [
        ("ok", "Slack: Deskgate Hosting, every scope of the manifest"),
        ("ok", "the desk's channel"),
    ]


def test_a_scope_that_is_missing(light: Shell, workspace: Workspace) -> None:
    whole = workspace.app
    workspace.app = replace(whole, scopes=tuple(scope for scope in whole.scopes if scope != "pins:write"))
    (first, *_) = of_slack(light)
    workspace.app = whole
    assert first == (
        "BAD",
        "SLACK_BOT_TOKEN: the app lacks pins:write: paste bot/manifest.json at Slack again and reinstall",
    )


def test_a_token_that_is_refused(light: Shell, workspace: Workspace) -> None:
    light.set(SLACK_BOT_TOKEN="xoxb-other")
    (first, *_) = of_slack(light)
    assert first == ("BAD", "Slack refuses the token of SLACK_BOT_TOKEN (invalid_auth): install the app again")


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("C0RANDOM", "SLACK_AGENT_CHANNEL: the app is not in that channel: invite it"),
        (
            "C0HARBOUR",
            "SLACK_AGENT_CHANNEL: that channel is shared with another organisation, who would read every card: make a private one and set its id",
        ),
        ("C0NOWHERE", "SLACK_AGENT_CHANNEL: Slack answers channel_not_found: invite the app into the channel"),
    ],
)
def test_a_channel_that_is_not_right(light: Shell, workspace: Workspace, channel: str, words: str) -> None:
    light.set(SLACK_AGENT_CHANNEL=channel)
    assert ("BAD", words) in of_slack(light)


def test_slack_is_away(light: Shell, workspace: Workspace) -> None:
    workspace.trouble = lambda _method, _args: Trouble(status=503, body="no")
    ((state, words),) = of_slack(light)
    assert state == "BAD"
    assert words.startswith("Slack cannot be reached (JSONDecodeError): check this machine's way to the internet")


def test_d6_scopes_that_slack_does_not_tell_are_not_said_to_be_lacking(light: Shell, workspace: Workspace) -> None:
    whole = workspace.app
    workspace.app = replace(whole, scopes=())
    (first, *_) = of_slack(light)
    workspace.app = whole
    assert first[0] == "note"
    assert "cannot be checked" in first[1]


def test_what_waits_for_slack_and_what_was_given_up(light: Shell, workspace: Workspace) -> None:
    row = {"key": "k", "payload": "{}", "run_at": 0, "attempts": 3, "created_at": 0, "given_up": False}
    light.change(insert(tables.jobs).values(**row, kind="slack.message", error="Slack answered 503"))
    gone = row | {"key": "g", "given_up": True, "done_at": 1}
    light.change(insert(tables.jobs).values(**gone, kind="slack.message", error="Slack answered channel_not_found"))
    said = light.run("doctor").out
    assert "1 of these wait for Slack: Slack answered 503" in said
    assert "1 background jobs were given up: see `deskgate jobs --state given-up`, retry or drop them" in said
