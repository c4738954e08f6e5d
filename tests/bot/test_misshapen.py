"""Signed requests of a shape that Slack never sends: acknowledged, nothing done, and no fault anywhere."""

from __future__ import annotations

import copy
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import structlog.testing

from bot import router
from bot.inbound import bolt_app
from bot.inbound.agent_actions import CLICKS as DESK_CLICKS
from bot.inbound.bolt_app import SHORTCUTS
from bot.inbound.customer_actions import CLICKS
from bot.inbound.submissions import FORMS
from bot.platform.payloads import parse
from simulator.slack.sample import BOT
from tests.bot.by_hand import Json, acted, click, command, event, message, rows, send, shortcut, submission, ts
from tests.bot.slack_desk import SlackDesk, Stage
from tests.sizes import is_everything

Made = Callable[[SlackDesk], Json]
GONE: Any = object()
ODD: tuple[object, ...] = (None, "x", 7, [], [None], {"x": None})


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    return slack_once


@pytest.fixture(scope="module")
def quiet(_sample_template: Path, slack_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackDesk]:
    """One desk for all that leaves nothing behind."""
    path = shutil.copyfile(_sample_template, tmp_path_factory.mktemp("quiet") / "sample.db")
    opened = SlackDesk(f"sqlite:///{path}", slack_stage)
    yield opened
    opened.close()


class Log:
    """What was logged by us, and by Bolt."""

    def __init__(self, ours: list[structlog.typing.EventDict], bolts: pytest.LogCaptureFixture) -> None:
        self.ours, self.bolts = ours, bolts

    @property
    def faults(self) -> list[str]:
        found = [str(one) for one in self.ours if one["log_level"] in ("error", "critical")]
        return found + [str(one.exc_info) for one in self.bolts.records if one.levelno >= logging.ERROR]

    def forget(self) -> None:
        self.ours.clear()
        self.bolts.clear()


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    with structlog.testing.capture_logs() as ours:
        yield Log(ours, caplog)


SAID: dict[str, Made] = {
    "direct": lambda desk: message(desk, "our site is down", channel="D0DEV"),
    "mention": lambda desk: message(desk, f"<@{BOT}> our site is down", type="app_mention", files=[{"id": "F1"}]),
    "thread": lambda desk: message(desk, "and again", thread_ts=ts(desk)),
    "changed": lambda desk: message(
        desk, "", subtype="message_changed", message={"user": "U0DEV", "team": "T0DESK", "ts": "1.1", "text": "now"}
    ),
    "deleted": lambda desk: message(
        desk, "", subtype="message_deleted", previous_message={"user": "U0DEV", "team": "T0DESK", "ts": "1.1"}
    ),
    "home": lambda desk: event(desk, type="app_home_opened", user="U0DEV", channel="D0DEV", tab="home"),
    "tab": lambda desk: event(desk, type="app_home_opened", user="U0DEV", channel="D0DEV", tab="messages"),
    "joined": lambda desk: event(desk, type="member_joined_channel", user=BOT, channel="C0HELP", team="T0DESK"),
    "changed member": lambda desk: event(
        desk, type="user_change", user={"id": "U0SAM", "team_id": "T0DESK", "deleted": True}
    ),
    "moved": lambda desk: event(desk, type="channel_id_changed", old_channel_id="G1", new_channel_id="C1"),
    "revoked": lambda desk: event(desk, type="tokens_revoked", tokens={"oauth": ["U1"], "bot": []}),
}
ACTED: dict[str, Made] = {
    "shortcut": lambda desk: shortcut(),
    "suggestion": lambda desk: acted("block_suggestion", action_id="choose_many", block_id="b", value="tide"),
    "form": lambda desk: submission(
        "open_ticket", "C0HELP|1.1", words={"value": "broken"}, about={"selected_option": {"value": "1:technical"}}
    ),
    "choice": lambda desk: click(
        "choose",
        "1:technical",
        message={"ts": "1.1", "blocks": [{"type": "section", "block_id": "words0", "text": {"text": "down"}}]},
    ),
    "page": lambda desk: click("tell_tickets_1", "tickets:1", view={"type": "home", "id": "V1"}) | {"channel": None},
    "command": lambda desk: command("/ticket", "down"),
}


def test_the_bodies_are_such_as_slack_sends(desk: SlackDesk, log: Log) -> None:
    """Or everything below would be refused for another reason than it says."""
    for name, made in (SAID | ACTED).items():
        before = rows(desk)
        assert parse(made(desk)), name
        assert send(desk, made(desk)).status_code == 200
        assert rows(desk) != before or name in ("thread", "changed", "deleted", "suggestion", "moved", "revoked"), name
    assert not log.faults
    assert not [one for one in log.ours if one["event"] == "invalid_payload"]


@pytest.mark.parametrize("odd", [None, 7, "message", [], [{}], {}, {"type": 7}, {"type": None}, {"text": "no type"}])
def test_an_event_that_is_none(quiet: SlackDesk, log: Log, odd: object) -> None:
    before = rows(quiet)
    body = event(quiet) | {"event": odd}
    answer = send(quiet, body)
    assert (answer.status_code, answer.text) == (200, "")
    assert rows(quiet) == before
    assert not log.faults
    assert [one["event"] for one in log.ours] == ["invalid_payload"], "the operator can see it"


@pytest.mark.parametrize("missing", ["channel", "ts", "user", "type"])
@pytest.mark.parametrize("kind", ["direct", "mention"])
def test_an_event_without_what_all_have(quiet: SlackDesk, log: Log, kind: str, missing: str) -> None:
    before = rows(quiet)
    body = SAID[kind](quiet)
    del body["event"][missing]
    assert send(quiet, body).status_code == 200
    assert rows(quiet) == before
    assert not log.faults


@pytest.mark.parametrize(
    "odd",
    [
        {"actions": []},
        {"actions": None},
        {"actions": {}},
        {"actions": [None]},
        {"actions": [{"type": "button"}]},
        {"user": None},
        {"user": "U0DEV"},
        {"user": {}},
        {"user": {"id": "U0DEV"}},
        {"trigger_id": None},
        {"channel": "C0HELP"},
        {"message": []},
        {"container": "message"},
    ],
    ids=str,
)
@pytest.mark.parametrize("action", ["open", "choose", "desk_take", "tell_account"])
def test_a_click_on_nothing(quiet: SlackDesk, log: Log, action: str, odd: Json) -> None:
    before = rows(quiet)
    body = click(action, "1") | odd
    answer = send(quiet, body)
    assert (answer.status_code, answer.text) == (200, "")
    assert rows(quiet) == before
    assert not log.faults


@pytest.mark.parametrize("missing", ["container", "channel", "message", "team", "api_app_id"])
def test_a_click_may_lack_what_slack_leaves_out(desk: SlackDesk, log: Log, missing: str) -> None:
    """In home tabs, and of messages for one's own eyes: these are clicks like any other."""
    for empty in ({missing: None}, {}):
        body = {name: said for name, said in click("tell_account", "account").items() if name != missing} | empty
        before = rows(desk)["jobs"]
        assert send(desk, body).status_code == 200
        assert rows(desk)["jobs"] == before + 1
    assert not log.faults


@pytest.mark.parametrize(
    "odd",
    [
        {"view": None},
        {"view": []},
        {"view": {}},
        {"view": {"id": "V1", "type": "modal"}},
        {"view": {"callback_id": "open_ticket", "type": "modal"}},
        {"view": {"id": "V1", "type": "modal", "callback_id": "open_ticket", "state": {"values": [1]}}},
        {"view": {"id": "V1", "type": "modal", "callback_id": "open_ticket", "blocks": [None]}},
        {"user": None},
    ],
    ids=str,
)
def test_a_form_that_is_none(quiet: SlackDesk, log: Log, odd: Json) -> None:
    before = rows(quiet)
    answer = send(quiet, submission("open_ticket") | odd)
    assert (answer.status_code, answer.text) == (200, "")
    assert rows(quiet) == before
    assert not log.faults


@pytest.mark.parametrize("callback", [*FORMS, *SHORTCUTS])
def test_a_form_that_came_back_empty(quiet: SlackDesk, log: Log, callback: str) -> None:
    for metadata in ("", "²", "9" * 200, "||||"):
        for user in ("U0DEV", "U0KIM", "U0MIA"):
            before = rows(quiet)
            answer = send(quiet, submission(callback, metadata, user))
            assert answer.status_code == 200
            assert answer.json()["response_action"] in ("errors", "update")
            after = rows(quiet)
            assert [after[name] for name in ("tickets", "messages", "jobs")] == [
                before[name] for name in ("tickets", "messages", "jobs")
            ]
    assert not log.faults


@pytest.mark.parametrize("action", [*CLICKS, *DESK_CLICKS, "tell_tickets_1"])
def test_a_click_with_a_value_that_is_none_of_ours(quiet: SlackDesk, log: Log, action: str) -> None:
    values = ("", "²", "9" * 200, "1:2:3", "1:ticket.open", "tickets:²", "tickets:" + "9" * 5_000)
    home = {"view": {"type": "home", "id": "V1"}}
    ways: tuple[tuple[str, Json], ...] = (("U0RAJ", {}), ("U0KIM", {}), ("U0RAJ", home))
    for n, value in enumerate(values):  # at every change each value and each way, not each with each
        for user, more in ways if is_everything() else [ways[n % len(ways)]]:
            assert send(quiet, click(action, value, user, **more)).status_code == 200
    assert rows(quiet)["tickets"] == 0
    assert not log.faults


@pytest.mark.parametrize("name", [*SAID, *ACTED])
def test_a_request_with_one_part_gone_or_odd(desk: SlackDesk, log: Log, name: str) -> None:
    """Every part of every kind of request, left out and replaced by what it should not be. There are hundreds, so they go
    to the one function that both doors, HTTP and Socket Mode, call."""
    made, tried, wrong, listening = (SAID | ACTED)[name], 0, [], bolt_app.make_bolt(desk.context)
    for path in list(_paths(made(desk))):
        for odd in (GONE, *ODD):
            tried += 1
            status, _ = router.respond(desk.context, listening, _with(made(desk), path, odd))
            if status != 200 or log.faults:
                wrong.append((path, "gone" if odd is GONE else odd, status, log.faults))
            log.forget()
    assert not wrong
    assert tried > 50


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*before, key)
        yield from _paths(inner, (*before, key))


def _with(body: Json, path: tuple[Any, ...], odd: Any) -> Json:
    changed = copy.deepcopy(body)
    *way, last = path
    at: Any = changed
    for key in way:
        at = at[key]
    if odd is GONE:
        del at[last]
    else:
        at[last] = odd
    return changed
