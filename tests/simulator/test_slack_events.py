"""What reaches the desk when somebody speaks: envelopes, signatures, double events, organisations, and retries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.exchange import UnreachableError
from simulator.slack import App, Member, NotAvailableError, TimedOutError, Workspace
from tests.simulator.conftest import Clock
from tests.simulator.slack_desk import SlackDesk

HOME, AWAY = "T0DESK", "T0HARBOUR"


def test_a_message_in_its_envelope(slack: Workspace, slack_desk: SlackDesk, clock: Clock) -> None:
    said = slack.as_("U0MIA").says("help", "our shop is down")
    body = slack_desk.one("message")
    event = body.pop("event")
    assert body.pop("event_id").startswith("Ev")
    assert body.pop("event_context")
    assert body.pop("token")
    assert body == {
        "team_id": HOME,
        "context_team_id": HOME,
        "context_enterprise_id": None,
        "api_app_id": "A0DESKGATE",
        "type": "event_callback",
        "event_time": int(clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": HOME,
                "user_id": "U0DESKGATE",
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
    assert event.pop("client_msg_id")
    assert event.pop("blocks")[0]["type"] == "rich_text"
    assert event == {
        "type": "message",
        "user": "U0MIA",
        "text": "our shop is down",
        "ts": said.ts,
        "team": HOME,
        "channel": "C0HELP",
        "event_ts": said.ts,
        "channel_type": "channel",
    }


def test_the_signature_is_over_the_body_as_it_is_sent(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").says("help", "ärger: 50 %\nzwei Zeilen & <drei>")
    slack.as_("U0MIA").command("/ticket", "the payload is broken + 50% & ünïcode", "help")
    assert slack_desk.kinds == ["message", "/ticket"]  # the toy desk takes nothing with another signature
    assert slack_desk.one("/ticket")["text"] == "the payload is broken + 50% &amp; ünïcode"


@pytest.mark.parametrize("words", ["@Deskgate help", "please <@U0DESKGATE>", "hello @deskgate, are you there?"])
def test_a_mention_comes_twice(slack: Workspace, slack_desk: SlackDesk, words: str) -> None:
    said = slack.as_("U0MIA").says("help", words)
    mention, message = slack_desk.one("app_mention"), slack_desk.one("message")
    assert mention["event_id"] != message["event_id"]
    assert mention["event"]["ts"] == message["event"]["ts"] == said.ts
    assert "<@U0DESKGATE>" in mention["event"]["text"]
    assert "channel_type" not in mention["event"]


def test_an_address_is_no_mention_and_neither_are_direct_messages(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").says("help", "write to ada@deskgate.example or a@Deskgatelike")
    slack.as_("U0MIA").dm("@Deskgate hello")
    assert slack_desk.kinds == ["message", "message"]
    assert [one.event["channel_type"] for one in slack_desk.asked] == ["channel", "im"]


def test_where_the_app_is_not_it_hears_nothing(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").says("random", "@Deskgate are you here?")
    assert slack_desk.asked == []
    slack.as_("U0MIA").invite_bot("random")
    assert slack_desk.kinds == ["member_joined_channel", "message"]
    joined = slack_desk.of("member_joined_channel")[0].event
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == ("U0DESKGATE", "U0MIA", "C")
    assert slack_desk.of("message")[0].event["subtype"] == "channel_join"
    slack.as_("U0MIA").says("random", "@Deskgate now?")
    assert slack_desk.kinds[2:] == ["app_mention", "message"]


def test_what_people_type_is_escaped_and_linked(slack: Workspace, slack_desk: SlackDesk) -> None:
    words = "a & b <c> @Raj in #help: http://x.example/?a=1&b=2 from ada@x.example <!channel>"
    slack.as_("U0MIA").says("help", words)
    event = slack_desk.one("message")["event"]
    assert event["text"] == (
        "a &amp; b &lt;c&gt; <@U0RAJ> in <#C0HELP|help>: <http://x.example/?a=1&amp;b=2>"
        " from <mailto:ada@x.example|ada@x.example> &lt;!channel&gt;"
    )
    rich = event["blocks"][0]["elements"][0]["elements"]
    assert [piece["type"] for piece in rich] == [
        "text",
        "user",
        "text",
        "channel",
        "text",
        "link",
        "text",
        "link",
        "text",
    ]
    assert rich[0]["text"] == "a & b <c> "


# --- another organisation


def test_a_message_from_another_organisation(slack: Workspace, slack_desk: SlackDesk) -> None:
    """The outer team is the sender's; the installation is in the authorizations."""
    slack.as_("U0OLIVIA").says("harbour-bakery", "our shop is down")
    body = slack_desk.one("message")
    assert (body["team_id"], body["context_team_id"], body["is_ext_shared_channel"]) == (AWAY, HOME, True)
    assert body["authorizations"][0]["team_id"] == HOME
    event = body["event"]
    assert (event["team"], event["user_team"], event["source_team"]) == (AWAY, AWAY, AWAY)
    assert event["user_profile"]["team"] == AWAY


def test_a_mention_from_another_organisation(slack: Workspace, slack_desk: SlackDesk) -> None:
    """Of an app_mention outer and inner team are the installation's: only user_team tells."""
    slack.as_("U0OLIVIA").says("harbour-bakery", "@Deskgate our shop is down")
    body = slack_desk.one("app_mention")
    assert (body["team_id"], body["event"]["team"]) == (HOME, HOME)
    assert (body["event"]["user_team"], body["event"]["source_team"]) == (AWAY, AWAY)


def test_somebody_of_home_in_a_shared_channel(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0KIM").says("harbour-bakery", "good morning")
    body = slack_desk.one("message")
    assert (body["team_id"], body["is_ext_shared_channel"], body["event"]["team"]) == (HOME, True, HOME)
    assert "user_team" not in body["event"]


def test_direct_messages_need_a_shared_channel(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0OLIVIA").dm("hello")
    assert slack_desk.one("message")["event"]["user_team"] == AWAY
    slack.rooms["C0MEETUP"].members.remove("U0FAKE")
    with pytest.raises(NotAvailableError, match="shares no channel"):
        slack.as_("U0FAKE").dm("hello")


# --- edits, deletions, threads, files, tabs


def test_an_edit(slack: Workspace, slack_desk: SlackDesk) -> None:
    mia = slack.as_("U0MIA")
    said = mia.says("help", "first")
    mia.edit(said, "second, @Deskgate")
    assert slack_desk.kinds == ["message", "message"]  # and no app_mention
    event = slack_desk.asked[1].event
    assert (event["subtype"], event["hidden"]) == ("message_changed", True)
    assert event["previous_message"]["text"] == "first"
    assert event["message"]["text"] == "second, <@U0DESKGATE>"
    assert event["message"]["edited"]["user"] == "U0MIA"
    assert (event["message"]["ts"], event["ts"] > said.ts) == (said.ts, True)
    with pytest.raises(NotAvailableError):
        slack.as_("U0RAJ").edit(said, "third")


def test_a_deletion_and_a_tombstone(slack: Workspace, slack_desk: SlackDesk) -> None:
    mia = slack.as_("U0MIA")
    mia.delete(mia.says("help", "oops"))
    event = slack_desk.asked[-1].event
    assert (event["subtype"], event["previous_message"]["text"]) == ("message_deleted", "oops")
    root = mia.says("help", "a thread")
    slack.as_("U0RAJ").says("help", "a reply", thread=root)
    mia.delete(root)
    event = slack_desk.asked[-1].event
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
    assert [one["words"] for one in slack.seen_by("U0MIA")["channels"][0]["messages"]] == ["This message was deleted."]


def test_a_reply(slack: Workspace, slack_desk: SlackDesk) -> None:
    root = slack.as_("U0MIA").says("help", "a thread")
    reply = slack.as_("U0RAJ").says("help", "a reply", thread=root)
    slack.as_("U0LEO").says("help", "another", thread=reply)
    events = [one.event for one in slack_desk.asked]
    assert "thread_ts" not in events[0]
    assert [event["thread_ts"] for event in events[1:]] == [root.ts, root.ts]
    assert events[1]["parent_user_id"] == "U0MIA"


def test_a_file(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").says("help", "look", files=[("error.log", "upstream timed out")])
    event = slack_desk.one("message")["event"]
    (file,) = event["files"]
    assert (event["subtype"], file["name"], file["size"]) == ("file_share", "error.log", 18)
    assert file["url_private"].startswith("http://127.0.0.1:8000/simulator/slack/files/F")


def test_a_file_of_another_organisation_has_to_be_asked_for(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0OLIVIA").says("harbour-bakery", "look", files=[("error.log", "upstream timed out")])
    (file,) = slack_desk.one("message")["event"]["files"]
    assert (file["mode"], file["file_access"], "name" in file) == ("file_access", "check_file_info", False)
    told = slack.api("files.info", {"file": file["id"]}).body
    assert isinstance(told, dict)
    assert told["file"]["name"] == "error.log"


def test_the_apps_own_tabs(slack: Workspace, slack_desk: SlackDesk) -> None:
    mia = slack.as_("U0MIA")
    assert mia.open_home() is None
    slack.api("views.publish", {"user_id": "U0MIA", "view": {"type": "home", "blocks": []}})
    mia.open_home()
    mia.open_messages_tab()
    first, second, third = (one.event for one in slack_desk.of("app_home_opened"))
    assert (first["tab"], "view" in first) == ("home", False)
    assert (second["view"]["type"], second["channel"]) == ("home", "D0MIA")
    assert (third["tab"], "view" in third) == ("messages", False)


def test_what_the_app_does_comes_back_to_it_after_its_answer(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.api("chat.postMessage", {"channel": "C0HELP", "text": "Hello."})
    assert slack_desk.asked == []
    slack.deliver()
    event = slack_desk.one("message")["event"]
    assert (event["bot_id"], event["app_id"], event["user"]) == ("B0DESKGATE", "A0DESKGATE", "U0DESKGATE")
    assert event["bot_profile"]["app_id"] == "A0DESKGATE"


def test_only_what_is_subscribed_to_is_sent(slack_desk: SlackDesk, slack: Workspace) -> None:
    slack.app = App(token="x", events=("app_mention",))
    slack.as_("U0MIA").says("help", "@Deskgate hello")
    assert slack_desk.kinds == ["app_mention"]


def test_somebody_deactivated_can_do_nothing(slack: Workspace) -> None:
    slack.people["U0MIA"] = replace(slack.people["U0MIA"], deactivated=True)
    acts: tuple[Callable[[Member], object], ...] = (
        lambda mia: mia.says("help", "x"),
        lambda mia: mia.dm("x"),
        lambda mia: mia.command("/ticket"),
    )
    for act in acts:
        with pytest.raises(NotAvailableError, match="deactivated"):
            act(slack.as_("U0MIA"))


def test_the_app_is_removed(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.remove_app()
    assert slack_desk.one("tokens_revoked")["event"]["tokens"]["bot"] == ["U0DESKGATE"]
    assert slack.api("auth.test", {}).body == {"ok": False, "error": "token_revoked"}


# --- retries


def retries(desk: SlackDesk) -> list[tuple[str | None, str | None]]:
    return [(one.headers.get("x-slack-retry-num"), one.headers.get("x-slack-retry-reason")) for one in desk.asked]


def test_an_event_that_fails_comes_again_at_once_after_a_minute_after_five(
    slack: Workspace, slack_desk: SlackDesk, clock: Clock
) -> None:
    slack_desk.on("message", (500, "text/plain", "oops"))
    slack.as_("U0MIA").says("help", "hello")
    assert retries(slack_desk) == [(None, None)]
    assert slack.redeliver_due() == 1
    assert slack.redeliver_due() == 0
    clock.passes(59)
    assert slack.redeliver_due() == 0
    clock.passes(1)
    assert slack.redeliver_due() == 1
    clock.passes(300)
    assert slack.redeliver_due() == 1
    clock.passes(10_000)
    assert slack.redeliver_due() == 0
    assert retries(slack_desk)[1:] == [("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({one.body["event_id"] for one in slack_desk.asked}) == 1


def test_an_answer_ends_the_retries(slack: Workspace, slack_desk: SlackDesk, clock: Clock) -> None:
    slack_desk.on("message", (404, "text/plain", ""))
    slack.as_("U0MIA").says("help", "hello")
    slack_desk.on("message", "")
    assert slack.redeliver_due() == 1
    clock.passes(10_000)
    assert (slack.redeliver_due(), slack.deliveries.waiting()) == (0, [])


@pytest.mark.parametrize(
    ("error", "reason"), [(TimedOutError("3 s"), "http_timeout"), (UnreachableError("refused"), "connection_failed")]
)
def test_why_an_event_comes_again(
    slack: Workspace, slack_desk: SlackDesk, error: UnreachableError, reason: str
) -> None:
    def fails(body: Any) -> None:
        raise error

    slack_desk.on("message", fails)
    slack.as_("U0MIA").says("help", "hello")
    slack.redeliver_due()
    assert retries(slack_desk)[1] == ("1", reason)


def test_an_answer_that_takes_too_long_is_none(
    slack: Workspace, slack_desk: SlackDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.slack.delivery.PATIENCE", -1.0)
    slack.as_("U0MIA").says("help", "hello")
    assert [sent.reason for sent in slack.deliveries.waiting()] == ["http_timeout"]


def test_an_event_that_was_answered_comes_again_all_the_same(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").says("help", "hello")
    slack.deliver_again(slack_desk.one("message")["event_id"])
    first, second = slack_desk.asked
    assert first.body == second.body
    assert second.headers["x-slack-retry-num"] == "1"


def test_the_journal_shows_both_directions_and_no_secrets(slack: Workspace) -> None:
    told: list[dict[str, Any]] = []
    stop = slack.listen(told.append)
    slack.as_("U0MIA").command("/ticket", "help", "help")
    slack.api("chat.postMessage", {"channel": "C0HELP", "text": "Hello."})
    stop()
    slack.as_("U0MIA").says("help", "unheard")
    hooks = [event for event in told if event["kind"] == "webhook"]
    assert [hook["direction"] for hook in hooks] == ["to the desk", "to Slack"]
    assert {"changed", "webhook"} == {event["kind"] for event in told}
    shown = str(hooks)
    assert "xoxb" not in shown
    assert "simulated-and-deprecated" not in shown
    assert "/simulator/slack/response/" not in shown
