"""Slack as Slack and as an attacker try it: every request gets the right answer, and none a fault. T10, T31, T34"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.types import Message

from bot.platform.request import read, verify
from deskgate.request_bodies import BOUNDS
from deskgate.settings import simulated_slack
from simulator.slack.delivery import sign
from store import Keys
from tests.bot.by_hand import FORM, JSON, click, command, event, message, rows, send, signed, submission
from tests.bot.slack_desk import SlackDesk, Stage
from tests.desk import SECRET

Logged = list[structlog.typing.EventDict]
GOOD = b'{"type": "url_verification", "challenge": "c"}'


@pytest.fixture(autouse=True)
def logged() -> Iterator[Logged]:
    """What goes into the log, and not onto the screen."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    return slack_once


# --- who may come in


def test_what_slack_signs_is_answered(desk: SlackDesk) -> None:
    answer = signed(desk, GOOD)
    assert (answer.status_code, answer.text) == (200, "c")


@pytest.mark.parametrize(
    "signature",
    [
        " ",
        "v0=",
        "v0=" + "0" * 64,
        "v1=" + "0" * 64,
        "0" * 64,
        "v0=é",
        "v0=" + "０" * 64,
        "v0=" + "0" * 60_000,
    ],
    ids=["none", "empty", "wrong", "of another version", "bare", "not ASCII", "wide digits", "long"],
)
def test_a_wrong_signature_is_401(desk: SlackDesk, signature: str) -> None:
    assert signed(desk, GOOD, x_slack_signature=signature).status_code == 401


def test_a_missing_signature_is_401(desk: SlackDesk) -> None:
    stamp = str(desk.now // 1000)
    bare = desk.client.post("/slack/events", content=GOOD, headers={"X-Slack-Request-Timestamp": stamp})
    assert bare.status_code == 401
    alone = desk.client.post("/slack/events", content=GOOD, headers={"X-Slack-Signature": sign(desk.secret, "", GOOD)})
    assert alone.status_code == 401


def test_a_signature_in_capitals_is_not_slacks(desk: SlackDesk) -> None:
    stamp = str(desk.now // 1000)
    assert signed(desk, GOOD, x_slack_signature=sign(desk.secret, stamp, GOOD).upper()).status_code == 401


@pytest.mark.parametrize("stamp", ["now", "", "1" * 5_000, "-1", "1e9", "١٧٩٥٣٤٨٨٠٠", "nan", "0x6b"])
def test_a_time_stamp_that_is_none_is_401_however_well_it_is_signed(desk: SlackDesk, stamp: str) -> None:
    assert signed(desk, GOOD, x_slack_request_timestamp=stamp or " ").status_code == 401


@pytest.mark.parametrize("written", ["+{}", " {}", "{} ", "{}.0", "{}\u00a0", "1_{}"])
def test_the_right_time_written_otherwise_is_not_taken(desk: SlackDesk, written: str) -> None:
    """`int()` would take most of these; HTTP itself takes the blanks around a header away, and then it is not what was signed."""
    stamp = written.format(desk.now // 1000)
    assert signed(desk, GOOD, x_slack_request_timestamp=stamp).status_code == 401


@pytest.mark.parametrize(("off", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
def test_five_minutes_either_way(desk: SlackDesk, off: int, status: int) -> None:
    stamp = str(desk.now // 1000 + off)
    assert signed(desk, GOOD, x_slack_request_timestamp=stamp).status_code == status


def test_a_signature_of_another_body_is_401(desk: SlackDesk) -> None:
    stamp = str(desk.now // 1000)
    other = sign(desk.secret, stamp, GOOD)
    for body in (GOOD + b" ", GOOD[:-1], b"", GOOD.replace(b'"c"', b'"d"')):
        assert signed(desk, body, x_slack_signature=other).status_code == 401


def test_nothing_of_a_refused_request_is_done_or_logged(desk: SlackDesk, logged: Logged) -> None:
    before = rows(desk)
    body = json.dumps(message(desk, "a secret of ours", channel="D0DEV")).encode()
    assert signed(desk, body, x_slack_signature="v0=no").status_code == 401
    assert rows(desk) == before
    assert [one["event"] for one in logged] == ["request_refused"]
    assert "secret of ours" not in str(logged)


def test_while_a_secret_is_rotated_both_are_good(sample_sqlite: str, slack_stage: Stage) -> None:
    """And one that was taken away is not."""
    new, other = "the-new-signing-secret", "somebody-elses"
    old, token = simulated_slack(Keys.parse(SECRET))
    settings: dict[str, Any] = {"slack_bot_token": token, "slack_agent_channel": "C0AGENTS"}
    rotated = SlackDesk(sample_sqlite, slack_stage, slack_signing_secret=f"{new},{old}", **settings)
    assert _statuses(rotated, new, old, other) == [200, 200, 401]
    rotated.close()
    done = SlackDesk(sample_sqlite, slack_stage, slack_signing_secret=new, **settings)
    assert _statuses(done, new, old, other) == [200, 401, 401]
    done.close()


def _statuses(desk: SlackDesk, *secrets: str) -> list[int]:
    stamp = str(desk.now // 1000)
    return [signed(desk, GOOD, x_slack_signature=sign(secret, stamp, GOOD)).status_code for secret in secrets]


# --- what can be read


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", JSON),
        (b"", JSON),
        (b'{"a": 1} {"b": 2}', JSON),
        (b"[" * 100_000, JSON),
        (b'{"a":' * 100_000, JSON),
        (b"[]", JSON),
        (b'"text"', JSON),
        (b"null", JSON),
        (b'{"type": "\xff"}', JSON),
        (b"payload=%7B", FORM),
        (b"payload=[]", FORM),
        (b"payload=", FORM),
        (b"payload=" + b"[" * 100_000, FORM),
        (b"payload=%7B%7D&payload=%7B%7D", FORM),
        (b"command=/ticket&command=/link", FORM),
        (b"command=%FF", FORM),
        (b"command=\xff", FORM),
        (b"&".join(b"f%d=1" % n for n in range(500)), FORM),
    ],
    ids=lambda given: str(given)[:24],
)
def test_what_cannot_be_read_is_400(desk: SlackDesk, body: bytes, content_type: str) -> None:
    before = rows(desk)
    assert signed(desk, body, content_type).status_code == 400
    assert rows(desk) == before


def test_a_mebibyte_is_taken_and_not_a_byte_more(desk: SlackDesk) -> None:
    room = BOUNDS["slack"].most - len(GOOD)
    assert signed(desk, GOOD + b" " * room).status_code == 200
    assert signed(desk, GOOD + b" " * (room + 1)).status_code == 413
    assert signed(desk, GOOD + b" " * (room + 1), x_slack_signature="v0=no").status_code == 401, "not read"
    assert signed(desk, GOOD + b" " * (room + 1), x_slack_signature="v0=" + "0" * 64).status_code == 413


def test_a6_whoever_keeps_back_the_end_of_a_large_body_takes_the_room_of_sixteen(desk: SlackDesk) -> None:
    """480 heads of the right form with a MiB but for its last byte, from one stranger, were 470 MB of memory."""
    stamp = str(desk.now // 1000)

    async def asked(signature: str, body: bytes, more: asyncio.Event) -> int:
        """What the app answers to a body that ends when `more` is set."""
        parts: list[Message] = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]
        head = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, "Content-Type": JSON}
        headers = [(name.lower().encode(), value.encode()) for name, value in head.items()]
        scope = {"type": "http", "method": "POST", "path": "/slack/events", "query_string": b"", "headers": headers}
        answers = []

        async def receive() -> Message:
            part = parts.pop(0)
            if part["type"] == "http.disconnect":
                await more.wait()
                return {"type": "http.request", "body": b"", "more_body": False}
            return part

        async def send(said: Message) -> None:
            answers.append(said)

        await desk.app(scope, receive, send)
        return int(answers[0]["status"])

    async def strangers_and_slack() -> tuple[int, list[int]]:
        kept_back, at_once, false = asyncio.Event(), asyncio.Event(), "v0=" + "0" * 64
        at_once.set()
        held = [asyncio.create_task(asked(false, b" " * (BOUNDS["slack"].most - 1), kept_back)) for _ in range(40)]
        await asyncio.sleep(0)
        slack = await asked(sign(desk.secret, stamp, GOOD), GOOD, at_once)
        kept_back.set()
        return slack, await asyncio.gather(*held)

    slack, strangers = asyncio.run(strangers_and_slack())
    assert slack == 200
    assert Counter(strangers) == {503: 25, 401: 15}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_posts_are_taken(desk: SlackDesk, method: str) -> None:
    assert desk.client.request(method, "/slack/events").status_code == 405


@given(
    raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode), content_type=st.sampled_from([JSON, FORM, ""])
)
def test_reading_fails_with_bad_request_alone(raw: bytes, content_type: str) -> None:
    try:
        said: object = read(raw, content_type)
    except HTTPException as bad:
        said = bad.status_code == 400 and bad.detail
    quotes_nothing = ("cannot be read", "not a JSON object", "a field came twice")
    assert isinstance(said, dict) or said in quotes_nothing


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(sent=st.dictionaries(st.text(max_size=10), _json, max_size=5))
def test_what_was_sent_is_what_is_read(sent: dict[str, Any]) -> None:
    packed = json.dumps(sent)
    assert read(packed.encode(), JSON) == sent
    assert read(packed.encode(), "application/json; charset=utf-8") == sent
    assert read(urlencode({"payload": packed}).encode(), FORM) == sent


@given(
    form=st.dictionaries(st.text(min_size=1, max_size=10).filter(lambda name: name != "payload"), st.text(max_size=20))
)
def test_a_form_is_read_as_it_was_filled_in(form: dict[str, str]) -> None:
    assert read(urlencode(form).encode(), FORM) == form


@given(stamp=st.text(max_size=20), signature=st.text(max_size=80), raw=st.binary(max_size=50))
def test_nothing_but_slacks_own_signature_is_verified(stamp: str, signature: str, raw: bytes) -> None:
    with pytest.raises(HTTPException) as refused:
        verify(["secret"], stamp, signature, raw, 1_795_348_800.0)
    assert refused.value.status_code == 401


@given(
    raw=st.binary(max_size=200),
    off=st.integers(-300, 300),
    secrets=st.lists(st.text(max_size=40), min_size=1, max_size=3),
)
def test_what_any_of_the_secrets_signed_is_verified(raw: bytes, off: int, secrets: list[str]) -> None:
    stamp = str(1_795_348_800 + off)
    for secret in secrets:
        verify(secrets, stamp, sign(secret, stamp, raw), raw, 1_795_348_800.9 if off > 0 else 1_795_348_800.0)


def test_without_a_secret_nothing_is_verified() -> None:
    with pytest.raises(HTTPException):
        verify([], "1795348800", sign("", "1795348800", b""), b"", 1_795_348_800.0)


# --- what is answered


def test_slacks_own_questions(desk: SlackDesk) -> None:
    before = rows(desk)
    checked = signed(desk, b"ssl_check=1&token=t", FORM)
    assert (checked.status_code, checked.text) == (200, "")
    long = signed(desk, json.dumps({"type": "url_verification", "challenge": "c" * 5_000}).encode())
    assert (long.status_code, long.text) == (200, "c" * 200)
    odd = signed(desk, b'{"type": "url_verification"}')
    assert (odd.status_code, odd.text) == (200, "")
    assert rows(desk) == before


def test_where_the_app_is_not_installed_nothing_happens(desk: SlackDesk) -> None:
    """A workspace we do not know is not the desk's own, whatever it says."""
    before = rows(desk)
    elsewhere = {"team_id": "T0NOWHERE", "context_team_id": "T0NOWHERE", "authorizations": [{"team_id": "T0NOWHERE"}]}
    assert send(desk, message(desk, "our site is down", channel="D0DEV") | elsewhere).status_code == 200
    assert send(desk, command("/tickets") | {"team_id": "T0NOWHERE"}).status_code == 200
    assert rows(desk) == before | {"deliveries": before["deliveries"] + 1}  # the command's, which is not sent again


@pytest.mark.parametrize(
    "words",
    [
        "the payload is broken",
        "payload={}",
        "&payload=%7B%7D",
        '{"payload": 1}',
        "ssl_check=1",
        "type=url_verification",
    ],
)
def test_a_command_may_say_what_it_likes(desk: SlackDesk, words: str) -> None:
    """Bolt's own reading loses a command in which the word payload stands."""
    answer = send(desk, command("/ticket", words))
    assert (answer.status_code, answer.text) == (200, "")
    desk.be("U0DEV").command("/ticket", words)
    desk.work()
    (asked,) = [block for block in desk.form("U0DEV").blocks if block["block_id"] == "words"]
    assert asked["element"]["initial_value"] == words


def test_what_nothing_listens_to_is_acknowledged(desk: SlackDesk) -> None:
    """A 404 would count as a failure, and enough of them end the subscription."""
    before = rows(desk)
    for body in (
        event(desk, type="reaction_added", user="U0DEV", reaction="+1"),
        event(desk, type="message", subtype="channel_topic", user="U0DEV", channel="C0HELP", ts="1.2", text="new"),
        event(desk, type="message", subtype="bot_message", bot_id="B1", channel="D0DEV", ts="1.3", text="site is down"),
        {**event(desk, type="message"), "type": "app_rate_limited"},
        command("/unknown", "words"),
        click("no_such_action"),
        click("tell_<b>"),
        submission("no_such_form"),
        {**submission("open_ticket"), "type": "view_closed"},
        {**submission("open_ticket"), "type": "interactive_message"},
        {"type": "shortcut", "callback_id": "open_ticket", "user": {"id": "U0DEV", "team_id": "T0DESK"}},
        {"type": "no such type"},
        {"type": "function_executed", "event": {}},
        {},
    ):
        answer = send(desk, body) if body else signed(desk, b"{}")
        assert (answer.status_code, answer.text) == (200, ""), body
    assert rows(desk) == before


def test_the_answer_to_a_command_is_for_whoever_asked_alone(desk: SlackDesk) -> None:
    said = send(desk, command("/account")).json()
    assert said["response_type"] == "ephemeral"
    assert "Tideworks" in said["text"]
