"""Slack's Web API as the worker uses it: how it is asked, and what becomes of each way in which it does not answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import pytest

from bot.platform.web_api import SlackError, WebApi
from deskgate.http_client import http_client
from simulator.slack import Workspace
from simulator.slack.injected_faults import Trouble
from store.jobs.job_queue import PermanentError, RetryLaterError
from tests.bot.serving import TOKEN, Reply, saying, slack, way_to

SECTION = [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}]
PAGE: Reply = (200, {"content-type": "text/html"}, b"<!DOCTYPE html>Sign in")
FINE: Reply = (200, {"content-type": "application/json"}, b'{"ok": true}')
Failed = RetryLaterError | PermanentError


@dataclass
class Slack:
    workspace: Workspace
    api: WebApi

    def post(self, **args: Any) -> dict[str, Any]:
        return self.api.call("T0DESK", "chat.postMessage", **{"channel": "C0HELP", "text": "hush", **args})

    @property
    def posted(self) -> list[str]:
        return [message.text for message in self.workspace.rooms["C0HELP"].messages.values()]

    def order(self, method: str, trouble: Trouble) -> None:
        self.workspace.trouble = lambda asked, _args: trouble if asked == method else None

    def refusal(self, trouble: Trouble) -> Failed:
        self.order("chat.postMessage", trouble)
        return refused(self.api)


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Workspace, str]]:
    with slack() as (workspace, base):
        yield workspace, base


@pytest.fixture
def served(_served: tuple[Workspace, str]) -> Iterator[Slack]:
    workspace, base = _served
    with http_client(base) as http:
        yield Slack(workspace, WebApi(http, {"T0DESK": TOKEN, "T0OLD": "xoxb-old"}.get))
    workspace.trouble = lambda _method, _args: None
    workspace.rooms["C0HELP"].messages.clear()


def refused(api: WebApi, team: str = "T0DESK", method: str = "chat.postMessage", **args: Any) -> Failed:
    """What is raised, with words that give nothing away."""
    with pytest.raises((RetryLaterError, PermanentError)) as raised:
        api.call(team, method, **{"channel": "C0HELP", "text": "hush", **args})
    assert "\n" not in str(raised.value)
    assert not any(secret in str(raised.value) for secret in (TOKEN, "xoxb", "hush"))
    found = raised.value
    assert isinstance(found, RetryLaterError | PermanentError)
    return found


def api_of(base: str, timeout: float = 10) -> WebApi:
    return WebApi(way_to(base, timeout), lambda _team: TOKEN)


# --- asking


def test_a_method_and_its_answer(served: Slack) -> None:
    told = served.post(thread_ts=None, blocks=SECTION)
    assert (told["ok"], told["channel"], told["message"]["blocks"][0]["type"]) == (True, "C0HELP", "section")
    assert served.api.call("T0DESK", "users.info", user="U0MIA")["user"]["real_name"] == "Mia Chen"
    assert served.api.call("T0DESK", "auth.test")["team_id"] == "T0DESK"


def test_methods_that_read_get_a_form_and_what_has_parts_goes_as_json() -> None:
    """Slack reads no JSON for users.info and the like, and answers as if nothing had been said."""
    with saying(FINE, FINE) as (url, heard):
        api = api_of(url)
        api.call("T1", "users.info", user="U1", include_locale=False, limit=3, cursor=None, text="ü & \ud800 =")
        api.call("T1", "chat.postMessage", text="ü", blocks=SECTION, unfurl_links=False, thread_ts=None)
    (path, headers, body), (_, json_headers, json_body) = heard
    assert (path, headers["authorization"]) == ("users.info", f"Bearer {TOKEN}")
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    fields = {name: values for name, [values] in parse_qs(body.decode()).items()}
    assert fields == {"user": "U1", "include_locale": "0", "limit": "3", "text": "ü & ? ="}
    assert (json_headers["content-type"], json_headers["authorization"]) == (
        "application/json;charset=utf-8",
        f"Bearer {TOKEN}",
    )
    assert json.loads(json_body) == {"text": "ü", "blocks": SECTION, "unfurl_links": False}


# --- refused


def test_without_a_token_nothing_is_asked(served: Slack) -> None:
    found = refused(served.api, "T0NEW")
    assert isinstance(found, RetryLaterError)
    assert ("no token for T0NEW" in str(found), found.seconds) == (True, 300)
    with pytest.raises(RetryLaterError, match="no token for T0NEW"):
        served.api.download("T0NEW", "https://files.slack.com/x", 9)
    assert served.posted == []


@pytest.mark.parametrize("error", ["internal_error", "fatal_error", "service_unavailable", "request_timeout"])
def test_what_passes_comes_later(served: Slack, error: str) -> None:
    found = served.refusal(Trouble(error=error))
    assert isinstance(found, RetryLaterError)
    assert (found.seconds, error in str(found)) == (None, True)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=500, body="no"),
        Trouble(status=503, body='{"ok": true}'),
        Trouble(status=502, body="<html>"),
        Trouble(status=302, body=""),
    ],
)
def test_no_answer_comes_later(served: Slack, trouble: Trouble) -> None:
    found = served.refusal(trouble)
    assert isinstance(found, RetryLaterError)
    assert (found.seconds, str(trouble.status) in str(found)) == (None, True)


@pytest.mark.parametrize(
    "body", [b"", b"hush", b"<html>hush", b"[1]", b'"hush"', b"null", b"{}", b"\xff\xfe", b"[" * 50_000, b'{"ok": 1']
)
def test_what_is_no_answer_of_slack_comes_later(body: bytes) -> None:
    with saying((200, {"content-type": "application/json"}, body)) as (url, _):
        found = refused(api_of(url))
    assert isinstance(found, RetryLaterError)
    assert found.seconds is None


def test_no_more_is_read_than_an_answer_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.platform.web_api.LARGEST_RESPONSE", 20)
    with saying((200, {}, b'{"ok": true}'), (200, {}, b'{"ok": true, "text": "hush"}')) as (url, _):
        api = api_of(url)
        assert api.call("T1", "auth.test") == {"ok": True}
        assert isinstance(refused(api), RetryLaterError)


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("0", 1), ("", 30), ("soon", 30), ("-3", 30), ("9" * 9, 3600)])
def test_slack_says_how_long_to_wait(said: str, seconds: int) -> None:
    headers = {"Retry-After": said} if said else {}
    with saying((429, headers, b'{"ok": false, "error": "ratelimited"}'), (429, headers, b"slow down")) as (url, _):
        for _ in range(2):
            found = refused(api_of(url))
            assert isinstance(found, RetryLaterError)
            assert found.seconds == seconds


def test_a_limit_may_come_with_status_200(served: Slack) -> None:
    found = served.refusal(Trouble(error="ratelimited"))
    assert isinstance(found, RetryLaterError)
    assert found.seconds == 30


def test_a_token_that_is_no_good_is_the_operators(served: Slack) -> None:
    found = refused(served.api, "T0OLD")
    assert isinstance(found, RetryLaterError)
    assert (found.seconds, "invalid_auth" in str(found)) == (300, True)
    for error in ("account_inactive", "token_revoked", "token_expired", "not_authed"):
        found = served.refusal(Trouble(error=error))
        assert isinstance(found, RetryLaterError)
        assert (found.seconds, error in str(found)) == (300, True)


def test_a_scope_that_is_missing_is_named() -> None:
    said = b'{"ok": false, "error": "missing_scope", "needed": "chat:write,im:write", "provided": "none"}'
    with saying((200, {}, said)) as (url, _):
        found = refused(api_of(url))
    assert isinstance(found, RetryLaterError)
    assert (found.seconds, "missing_scope to chat.postMessage (needs chat:write,im:write)" in str(found)) == (300, True)


def test_what_slack_refuses_is_for_the_caller(served: Slack) -> None:
    found = refused(served.api, channel="C0NOWHERE")
    assert isinstance(found, SlackError)
    assert (found.error, str(found)) == (
        "channel_not_found",
        "Slack answered channel_not_found to chat.postMessage",
    )
    with saying((200, {}, b'{"ok": false, "error": "hush: xoxb\\n"}'), (200, {}, b'{"ok": false}')) as (url, _):
        for _ in range(2):
            assert isinstance(refused(api_of(url)), SlackError)


def test_nothing_is_sent_twice(served: Slack) -> None:
    found = served.refusal(Trouble(lost_response=True))
    assert isinstance(found, RetryLaterError)
    assert "RemoteProtocolError" in str(found)
    assert served.posted == ["hush"]


def test_nobody_there_and_nobody_answering() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        api = api_of(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=1)
        assert "ConnectError" in str(refused(api))
        listener.listen()
        found = refused(api)
        assert isinstance(found, RetryLaterError)
        assert "ReadTimeout" in str(found)


def test_the_token_is_not_taken_along_to_another_place(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with saying(FINE) as (elsewhere, taken), saying((302, {"Location": elsewhere}, b"")) as (url, heard):
        assert isinstance(refused(api_of(url)), RetryLaterError)
        assert (len(heard), taken) == (1, [])
    assert not any(secret in caplog.text for secret in ("hush", TOKEN))


# --- files


def link_of(served: Slack, file: str) -> str:
    return str(served.workspace.files[file].shown(served.workspace.public_url)["url_private"])


def test_a_file_goes_up_and_comes_down(served: Slack) -> None:
    root = served.post()["ts"]
    file = served.api.upload("T0DESK", "C0HELP", root, "ü.bin", b"\x00\xff" * 500, "here it is")
    message = list(served.workspace.rooms["C0HELP"].messages.values())[-1]
    assert (message.text, message.thread_ts, [one.id for one in message.files]) == ("here it is", root, [file])
    assert served.api.download("T0DESK", link_of(served, file), 1000) == b"\x00\xff" * 500
    with pytest.raises(PermanentError, match="larger than 999"):
        served.api.download("T0DESK", link_of(served, file), 999)


@pytest.mark.parametrize(
    ("method", "trouble", "kind"),
    [
        ("files.getUploadURLExternal", Trouble(error="invalid_arguments"), SlackError),
        ("upload", Trouble(status=500), RetryLaterError),
        ("upload", Trouble(retry_after=9), RetryLaterError),
        ("upload", Trouble(lost_response=True), RetryLaterError),
        ("files.completeUploadExternal", Trouble(error="internal_error"), RetryLaterError),
    ],
)
def test_a_file_that_does_not_go_up(served: Slack, method: str, trouble: Trouble, kind: type[Exception]) -> None:
    served.order(method, trouble)
    with pytest.raises(kind):
        served.api.upload("T0DESK", "C0HELP", None, "a.txt", b"x")
    assert served.posted == []


def test_a_file_goes_up_to_slack_alone() -> None:
    given = json.dumps({"ok": True, "file_id": "F1", "upload_url": "https://elsewhere.example/x"}).encode()
    with saying((200, {}, given), FINE) as (url, _):
        with pytest.raises(PermanentError):
            api_of(url).upload("T1", "C1", None, "a.txt", b"x")
        with pytest.raises(RetryLaterError):
            api_of(url).upload("T1", "C1", None, "a.txt", b"x")


@pytest.mark.parametrize(
    ("trouble", "kind", "seconds"),
    [
        (Trouble(status=500), RetryLaterError, None),
        (Trouble(retry_after=9), RetryLaterError, 9),
        (Trouble(status=401), RetryLaterError, 300),
        (Trouble(status=404), PermanentError, None),
    ],
)
def test_a_file_that_does_not_come_down(
    served: Slack, trouble: Trouble, kind: type[Exception], seconds: int | None
) -> None:
    file = served.api.upload("T0DESK", "C0HELP", None, "a.txt", b"x")
    served.order("download", trouble)
    with pytest.raises(kind) as raised:
        served.api.download("T0DESK", link_of(served, file), 9)
    assert getattr(raised.value, "seconds", None) == seconds


def test_a_page_to_sign_in_with_is_no_file(served: Slack) -> None:
    text = served.api.upload("T0DESK", "C0HELP", None, "a.txt", b"x")
    page = served.api.upload("T0DESK", "C0HELP", None, "a.html", b"<p>x")
    with pytest.raises(PermanentError, match="sign in"):
        served.api.download("T0OLD", link_of(served, text), 1000)
    assert served.api.download("T0DESK", link_of(served, page), 1000) == b"<p>x"


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/x",
        "https://files.slack.com:8443/x",
        "https://files.slack.com.example/x",
        "https://notslack.com/x",
        "https://files.slack.com@elsewhere.example/x",
        "https://someone@files.slack.com/x",
        "https://elsewhere.example\\@files.slack.com/x",
        "file:///etc/passwd",
        "http://[::1/x",
        "x",
        "",
    ],
)
def test_the_token_is_shown_to_slack_alone(url: str) -> None:
    with pytest.raises(PermanentError, match="not at Slack"):
        api_of("https://slack.com/api/").download("T1", url, 9)


def test_another_port_of_this_machine_is_another_place() -> None:
    with saying() as (elsewhere, taken):
        with pytest.raises(PermanentError, match="not at Slack"):
            api_of("http://127.0.0.1:9/api/").download("T1", f"{elsewhere}/x", 9)
        assert taken == []


def test_a_redirect_is_followed_at_the_same_place_alone() -> None:
    file: Reply = (200, {"content-type": "text/plain"}, b"x")
    with saying((302, {"Location": "/there"}, b""), file) as (url, heard):
        assert api_of(f"{url}/api/").download("T1", f"{url}/here", 9) == b"x"
        assert [(path, headers["authorization"]) for path, headers, _ in heard] == [
            ("here", f"Bearer {TOKEN}"),
            ("there", f"Bearer {TOKEN}"),
        ]
    circle: Reply = (302, {"Location": "/again"}, b"")
    with saying(circle, circle, circle, file) as (url, _), pytest.raises(PermanentError, match="circles"):
        api_of(url).download("T1", f"{url}/again", 9)
    with saying(file) as (elsewhere, taken), saying((302, {"Location": elsewhere}, b""), PAGE) as (url, _):
        with pytest.raises(PermanentError, match="elsewhere"):
            api_of(url).download("T1", f"{url}/here", 9)
        assert taken == []
