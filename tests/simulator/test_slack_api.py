"""The Web API over HTTP: tokens, and the methods with their shapes and refusals."""

from __future__ import annotations

import base64
import json

import pytest
from fastapi.testclient import TestClient

from simulator.slack import App, Workspace
from simulator.slack.cast import SCOPES
from tests.simulator.conftest import Clock
from tests.simulator.slack_desk import TOKEN, Api, Json, SlackDesk, press, section

AUTH = {"Authorization": f"Bearer {TOKEN}"}


# --- tokens


def test_a_token_is_needed(web: TestClient, slack: Workspace) -> None:
    assert Api(web, "").error("auth.test") == "not_authed"
    assert Api(web, "xoxb-other").error("auth.test") == "invalid_auth"
    assert web.get(f"/simulator/slack/api/auth.test?token={TOKEN}").json()["team_id"] == "T0DESK"
    slack.tokens.revoke()
    assert Api(web).error("auth.test") == "token_revoked"


def test_every_answer_names_the_scopes(web: TestClient, slack: Workspace) -> None:
    answer = web.post("/simulator/slack/api/auth.test", headers=AUTH)
    assert answer.headers["x-oauth-scopes"] == ",".join(SCOPES)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    slack.app = App(token=TOKEN, scopes=("chat:write",))
    told = Api(web)("users.info", user="U0MIA")
    assert (told["error"], told["needed"], told["provided"]) == ("missing_scope", "users:read", "chat:write")


def test_an_unknown_method(api: Api) -> None:
    assert api.error("admin.users.list") == "unknown_method"
    assert api.error("apps.connections.open") == "not_allowed_token_type"


def test_an_installation_and_its_rotating_tokens(web: TestClient, slack: Workspace, clock: Clock) -> None:
    basic = {"Authorization": "Basic " + base64.b64encode(b"1.2:of-the-app").decode()}

    def access(**form: str) -> Json:
        told: Json = web.post("/simulator/slack/api/oauth.v2.access", data=form, headers=basic).json()
        return told

    code = slack.tokens.approve()
    first = access(code=code)
    assert (first["token_type"], first["bot_user_id"], first["expires_in"]) == ("bot", "U0DESKGATE", 43200)
    assert (first["team"]["id"], first["app_id"], first["scope"]) == ("T0DESK", "A0DESKGATE", ",".join(SCOPES))
    assert access(code=code)["error"] == "code_already_used"
    assert access(code="x")["error"] == "invalid_code"
    assert Api(web, first["access_token"])("auth.test")["ok"]
    clock.passes(43_199)
    second = access(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert access(grant_type="refresh_token", refresh_token=first["refresh_token"])["error"] == "invalid_refresh_token"
    clock.passes(1)
    assert Api(web, first["access_token"]).error("auth.test") == "token_expired"
    assert Api(web, second["access_token"])("auth.test")["ok"]
    late = slack.tokens.approve()
    clock.passes(601)
    assert access(code=late)["error"] == "invalid_code"
    wrong = web.post("/simulator/slack/api/oauth.v2.access", data={"client_id": "1.2", "client_secret": "x"})
    assert wrong.json()["error"] == "bad_client_secret"


# --- messages


def test_posting(api: Api, slack: Workspace) -> None:
    metadata = {"event_type": "ticket", "event_payload": {"number": 1042}}
    told = api("chat.postMessage", channel="C0HELP", text="Hello.", metadata=metadata)
    assert (told["channel"], told["message"]["text"], told["message"]["bot_id"]) == ("C0HELP", "Hello.", "B0DESKGATE")
    reply = api.form("chat.postMessage", channel="#help", text="In a thread", thread_ts=told["ts"])
    blocks = json.dumps([section("*From a form*")])
    formed = api.form("chat.postMessage", channel="U0MIA", text="x", blocks=blocks, unfurl_links="0")
    assert formed["channel"] == "D0MIA"
    thread = api("conversations.replies", channel="C0HELP", ts=told["ts"], include_all_metadata=True)
    root, answer = thread["messages"]
    assert (root["metadata"], root["reply_count"], root["thread_ts"]) == (metadata, 1, told["ts"])
    assert (answer["ts"], answer["parent_user_id"]) == (reply["ts"], "U0DESKGATE")
    assert "metadata" not in api("conversations.replies", channel="C0HELP", ts=told["ts"])["messages"][0]
    assert [one["text"] for one in api("conversations.history", channel="C0HELP")["messages"]] == ["Hello."]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0RANDOM", "text": "x"}, "not_in_channel"),
        ({"channel": "C0SECRET", "text": "x"}, "channel_not_found"),
        ({"channel": "C0OLD", "text": "x"}, "is_archived"),
        ({"channel": "C0HELP"}, "no_text"),
        ({"channel": "C0HELP", "text": "  "}, "no_text"),
        ({"channel": "C0HELP", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0HELP", "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ({"channel": "C0HELP", "text": "x", "blocks": "no json"}, "invalid_blocks_format"),
        ({"channel": "C0HELP", "text": "x", "blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"channel": "C0HELP", "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
        ({"channel": "U0NOBODY", "text": "x"}, "channel_not_found"),
    ],
)
def test_what_cannot_be_posted(api: Api, slack: Workspace, args: Json, error: str) -> None:
    secret, old = slack.rooms["C0RANDOM"], slack.rooms["C0HELP"]
    slack.rooms["C0SECRET"] = type(secret)("C0SECRET", "secret", ("T0DESK",), ["U0MIA"], private=True)
    slack.rooms["C0OLD"] = type(old)("C0OLD", "old", ("T0DESK",), ["U0MIA", "U0DESKGATE"], archived=True)
    assert api.error("chat.postMessage", **args) == error
    assert slack.rooms["C0HELP"].messages == {}


def test_updating(api: Api, slack: Workspace, slack_desk: SlackDesk) -> None:
    told = api("chat.postMessage", channel="C0HELP", text="One", blocks=[section("*One*", accessory=press("Go", "go"))])
    place = {"channel": "C0HELP", "ts": told["ts"]}
    assert api("chat.update", **place, text="Two")["text"] == "Two"
    message = slack.rooms["C0HELP"].messages[told["ts"]]
    assert slack.text_of(message) == "*One*  [Go]"  # blocks that are not given stay, whatever the text says
    assert api("chat.update", **place, text="Two", blocks=[])["ok"]
    assert slack.text_of(message) == "Two"
    assert slack_desk.asked[-1].event["subtype"] == "message_changed"
    said = slack.as_("U0MIA").says("help", "mine")
    assert api.error("chat.update", channel="C0HELP", ts=said.ts, text="x") == "cant_update_message"
    assert api.error("chat.delete", channel="C0HELP", ts=said.ts) == "cant_delete_message"
    assert api.error("chat.update", channel="C0HELP", ts="1.1", text="x") == "message_not_found"
    assert api("chat.delete", **place)["ok"]
    assert api.error("chat.update", **place, text="x") == "message_not_found"


def test_a_permalink_leads_to_the_page(api: Api, slack: Workspace) -> None:
    told = api("chat.postMessage", channel="C0HELP", text="One")
    link = api("chat.getPermalink", channel="C0HELP", message_ts=told["ts"])["permalink"]
    assert link == f"http://127.0.0.1:8000/simulator#/archives/C0HELP/p{told['ts'].replace('.', '')}"
    reply = api("chat.postMessage", channel="C0HELP", text="Two", thread_ts=told["ts"])
    link = api("chat.getPermalink", channel="C0HELP", message_ts=reply["ts"])["permalink"]
    assert link.endswith(f"?thread_ts={told['ts']}&cid=C0HELP")


def test_pins_and_reactions(api: Api, slack: Workspace) -> None:
    said = slack.as_("U0MIA").says("help", "hello")
    place = {"channel": "C0HELP", "timestamp": said.ts}
    assert api("pins.add", **place)["ok"]
    assert api.error("pins.add", **place) == "already_pinned"
    assert api("reactions.add", **place, name="eyes")["ok"]
    assert api.error("reactions.add", **place, name="eyes") == "already_reacted"
    assert api.error("reactions.add", **place, name="no such!") == "invalid_name"
    assert api.error("pins.add", channel="C0RANDOM", timestamp="1.1") == "not_in_channel"
    (message,) = api("conversations.history", channel="C0HELP")["messages"]
    assert message["reactions"] == [{"name": "eyes", "users": ["U0DESKGATE"], "count": 1}]
    assert message["pinned_to"] == ["C0HELP"]


def test_what_is_many_comes_in_pages(api: Api, slack: Workspace, clock: Clock) -> None:
    for number in range(5):
        slack.as_("U0MIA").says("help", str(number))
        clock.passes(1)
    first = api("conversations.history", channel="C0HELP", limit=2)
    assert ([one["text"] for one in first["messages"]], first["has_more"]) == (["4", "3"], True)
    cursor = first["response_metadata"]["next_cursor"]
    second = api("conversations.history", channel="C0HELP", limit=2, cursor=cursor)
    assert [one["text"] for one in second["messages"]] == ["2", "1"]
    oldest = first["messages"][1]["ts"]
    assert [one["text"] for one in api("conversations.history", channel="C0HELP", oldest=oldest)["messages"]] == ["4"]
    assert len(api("conversations.history", channel="C0HELP", oldest=oldest, inclusive="true")["messages"]) == 2
    assert api.error("conversations.history", channel="C0HELP", cursor="x") == "invalid_cursor"
    assert api.error("conversations.history", channel="C0HELP", oldest="yesterday") == "invalid_oldest"


# --- rooms and people


def test_rooms(api: Api, slack: Workspace) -> None:
    shared = api("conversations.info", channel="C0HARBOUR", include_num_members=True)["channel"]
    assert (shared["is_ext_shared"], shared["shared_team_ids"]) == (True, ["T0DESK", "T0HARBOUR"])
    assert (shared["is_member"], shared["num_members"], shared["name"]) == (True, 5, "harbour-bakery")
    assert api("conversations.info", channel="C0RANDOM")["channel"]["is_member"] is False
    opened = api("conversations.open", users="U0OLIVIA", return_im=True)["channel"]
    assert (opened["id"], opened["is_im"], opened["user"], opened["is_ext_shared"]) == (
        "D0OLIVIA",
        True,
        "U0OLIVIA",
        True,
    )
    assert api("conversations.open", users=["U0OLIVIA"]) == {
        "ok": True,
        "channel": {"id": "D0OLIVIA"},
        "no_op": True,
        "already_open": True,
    }
    assert api.error("conversations.open", users="U0NOBODY") == "user_not_found"
    assert api.error("conversations.open") == "users_list_not_supplied"
    assert "U0OLIVIA" in api("conversations.members", channel="C0HARBOUR")["members"]
    named = [one["name"] for one in api("conversations.list", types="public_channel,private_channel")["channels"]]
    assert named == ["desk-agents", "help", "harbour-bakery", "hosting-meetup", "random"]


def test_people(api: Api, slack: Workspace) -> None:
    mia = api("users.info", user="U0MIA")["user"]
    assert (mia["team_id"], mia["profile"]["email"], mia["deleted"]) == ("T0DESK", "mia@tideworks.example", False)
    fake = api("users.info", user="U0FAKE")["user"]
    real = api("users.info", user="U0OLIVIA")["user"]
    assert fake["profile"]["email"] == real["profile"]["email"]
    assert (fake["team_id"], real["team_id"]) == ("T0STRANGE", "T0HARBOUR")
    assert api("users.info", user="U0DESKGATE")["user"]["is_bot"] is True
    assert api.error("users.info", user="U0NOBODY") == "user_not_found"
    slack.app = App(token=TOKEN, scopes=("users:read",))
    assert "email" not in api("users.info", user="U0MIA")["user"]["profile"]


def test_the_app_and_the_organisations(api: Api) -> None:
    assert api("auth.test")["bot_id"] == "B0DESKGATE"
    assert api("bots.info", bot="B0DESKGATE")["bot"]["user_id"] == "U0DESKGATE"
    assert api.error("bots.info", bot="B1") == "bot_not_found"
    assert api("team.info")["team"]["name"] == "Deskgate Hosting"
    assert api("team.info", team="T0HARBOUR")["team"]["domain"] == "harbour-bakery"
    assert api.error("team.info", team="T1") == "team_not_found"
