"""What people do besides talking: commands, shortcuts, clicks; what comes of the desk's answers; what each of them sees."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from simulator.exchange import UnreachableError
from simulator.slack import Message, NoSuchElementError, NotAvailableError, Workspace
from tests.simulator.conftest import Clock
from tests.simulator.slack_desk import Json, SlackDesk, mrkdwn, option, plain, press, section

BUTTONS = [
    section("Shall I open a ticket, <@U0MIA>?"),
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            press("Yes", "answer", value="yes", style="primary"),
            press("No", "answer-no", value="no"),
            {"type": "overflow", "action_id": "more", "options": [option("Later", "later"), option("Never", "never")]},
            {
                "type": "static_select",
                "action_id": "topic",
                "placeholder": plain("Topic"),
                "option_groups": [{"label": plain("All"), "options": [option("Billing", "billing")]}],
            },
        ],
    },
    {"type": "context", "elements": [mrkdwn("Rule MS-29")]},
]


def posted(slack: Workspace, channel: str = "C0HELP", blocks: list[Json] = BUTTONS, **more: Any) -> Message:
    told = slack.api("chat.postMessage", {"channel": channel, "text": "Shall I?", "blocks": blocks, **more}).body
    assert isinstance(told, dict)
    assert told["ok"], told
    message = slack.message(channel, told["ts"])
    assert message is not None
    return message


# --- commands and shortcuts


def test_a_command(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").command("/ticket", "our shop is down", "help")
    form = slack_desk.one("/ticket")
    assert form.pop("trigger_id")
    assert form.pop("response_url").startswith("http://127.0.0.1:8000/simulator/slack/response/")
    assert form.pop("token")
    assert form == {
        "team_id": "T0DESK",
        "team_domain": "deskgate-hosting",
        "channel_id": "C0HELP",
        "channel_name": "help",
        "user_id": "U0MIA",
        "user_name": "mia",
        "command": "/ticket",
        "text": "our shop is down",
        "api_app_id": "A0DESKGATE",
        "is_enterprise_install": "false",
    }
    slack.as_("U0KIM").command("/verify", "10000081", "desk-agents")
    assert slack_desk.one("/verify")["channel_name"] == "privategroup"
    slack.as_("U0MIA").command("/account")
    assert slack_desk.one("/account")["channel_name"] == "directmessage"


@pytest.mark.parametrize(
    ("answer", "whispers", "says"),
    [
        ("", [], []),
        ({}, [], []),
        ("Thank you.", ["Thank you."], []),
        ({"text": "Thank you."}, ["Thank you."], []),
        ({"text": "x", "blocks": [section("*Thank you.*")]}, ["*Thank you.*"], []),
        ({"response_type": "in_channel", "text": "Thank you."}, [], ["Thank you."]),
    ],
)
def test_what_a_command_is_answered(
    slack: Workspace, slack_desk: SlackDesk, answer: Any, whispers: list[str], says: list[str]
) -> None:
    slack_desk.on("/ticket", answer)
    slack.as_("U0MIA").command("/ticket", "", "help")
    room = slack.rooms["C0HELP"]
    assert [slack.text_of(message) for message in room.ephemerals] == whispers
    assert [slack.text_of(message) for message in room.messages.values()] == says
    assert len(slack_desk.of("message")) == len(says)  # what is said in the channel comes back as an event
    assert slack.as_("U0MIA").errors == []


def unreachable(body: Json) -> None:
    raise UnreachableError("no")


@pytest.mark.parametrize("answer", [(500, "text/plain", ""), (404, "text/plain", ""), unreachable])
def test_what_fails_is_told_to_the_person_and_not_tried_again(
    slack: Workspace, slack_desk: SlackDesk, clock: Clock, answer: Any
) -> None:
    for kind in ("/ticket", "block_actions", "message_action"):
        slack_desk.on(kind, answer)
    mia, message = slack.as_("U0MIA"), posted(slack)
    slack.deliver()
    mia.command("/ticket", "", "help")
    mia.click(message, "answer")
    mia.shortcut("open_ticket", message)
    assert mia.errors == [
        "/ticket failed because the app did not respond",
        "“Yes” failed because the app did not respond",
        "the shortcut open_ticket failed because the app did not respond",
    ]
    clock.passes(1000)
    assert slack.redeliver_due() == 0
    assert slack.seen_by("U0MIA")["errors"] == mia.errors
    assert slack.seen_by("U0RAJ")["errors"] == []


def test_an_answer_that_slack_would_not_take(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack_desk.on("/ticket", {"blocks": [{"type": "header", "text": plain("x" * 151)}]})
    slack.as_("U0MIA").command("/ticket", "", "help")
    (error,) = slack.as_("U0MIA").errors
    assert "invalid_blocks" in error
    assert "less than 151" in error


def test_a_command_nobody_registered(slack: Workspace, slack_desk: SlackDesk) -> None:
    slack.as_("U0MIA").command("/weather", "", "help")
    assert slack_desk.asked == []
    assert slack.as_("U0MIA").errors == ["/weather failed because it is not a valid command"]


def test_a_shortcut_carries_the_message(slack: Workspace, slack_desk: SlackDesk) -> None:
    said = slack.as_("U0LEO").says("help", "our shop is down & out")
    slack.as_("U0MIA").shortcut("open_ticket", said)
    payload = slack_desk.one("message_action")
    assert (payload["callback_id"], payload["message_ts"], payload["channel"]["id"]) == (
        "open_ticket",
        said.ts,
        "C0HELP",
    )
    assert (payload["message"]["user"], payload["message"]["text"]) == ("U0LEO", "our shop is down &amp; out")
    assert payload["user"] == {"id": "U0MIA", "username": "mia", "name": "mia", "team_id": "T0DESK"}
    assert {"trigger_id", "response_url", "token", "team", "enterprise", "is_enterprise_install"} <= set(payload)
    slack.as_("U0MIA").shortcut("new_ticket")
    assert "channel" not in slack_desk.one("shortcut")


def test_people_of_other_organisations_have_no_commands_and_no_shortcuts(
    slack: Workspace, slack_desk: SlackDesk
) -> None:
    olivia = slack.as_("U0OLIVIA")
    said = olivia.says("harbour-bakery", "our shop is down")
    with pytest.raises(NotAvailableError, match="other organisations"):
        olivia.command("/ticket", "", "harbour-bakery")
    with pytest.raises(NotAvailableError, match="other organisations"):
        olivia.shortcut("open_ticket", said)
    assert slack_desk.kinds == ["message"]


# --- clicks


def test_a_click(slack: Workspace, slack_desk: SlackDesk) -> None:
    message = posted(slack)
    slack.as_("U0MIA").click(message, "answer")
    payload = slack_desk.one("block_actions")
    (action,) = payload["actions"]
    assert action.pop("action_ts")
    assert action == {
        "type": "button",
        "action_id": "answer",
        "block_id": "row",
        "text": plain("Yes"),
        "value": "yes",
        "style": "primary",
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": "C0HELP",
        "is_ephemeral": False,
    }
    assert payload["message"]["ts"] == message.ts
    assert payload["message"]["bot_id"] == "B0DESKGATE"
    assert payload["channel"] == {"id": "C0HELP", "name": "help"}
    assert payload["team"] == {"id": "T0DESK", "domain": "deskgate-hosting"}
    assert payload["enterprise"] is None
    assert {"trigger_id", "response_url", "api_app_id", "state"} <= set(payload)


def test_a_click_from_another_organisation(slack: Workspace, slack_desk: SlackDesk) -> None:
    """`team` is where the app is installed; who clicked is in `user.team_id` alone."""
    message = posted(slack, "C0HARBOUR")
    slack.as_("U0OLIVIA").click(message, "answer")
    payload = slack_desk.one("block_actions")
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0HARBOUR", "T0DESK")


def test_choices(slack: Workspace, slack_desk: SlackDesk) -> None:
    mia, message = slack.as_("U0MIA"), posted(slack)
    mia.click(message, "more", value="never")
    mia.click(message, "topic", value="Billing")
    more, topic = (one.body for one in slack_desk.of("block_actions"))
    assert more["actions"][0]["selected_option"] == option("Never", "never")
    assert topic["actions"][0]["selected_option"] == option("Billing", "billing")
    assert topic["state"]["values"]["row"]["topic"]["selected_option"]["value"] == "billing"
    assert slack.seen_by("U0RAJ")["channels"][0]["messages"][0]["choices"] == {}
    with pytest.raises(NoSuchElementError, match="no option"):
        mia.click(message, "topic", value="technical")
    with pytest.raises(NoSuchElementError, match="0 elements"):
        mia.click(message, "dance")


def test_who_does_not_see_a_message_cannot_click_it(slack: Workspace) -> None:
    message = posted(slack, "C0AGENTS")
    with pytest.raises(NotAvailableError):
        slack.as_("U0MIA").click(message, "answer")


def test_an_ephemeral(slack: Workspace, slack_desk: SlackDesk) -> None:
    args = {"channel": "C0HELP", "user": "U0MIA", "text": "Only you", "blocks": BUTTONS}
    assert slack.api("chat.postEphemeral", args).body["ok"]  # type: ignore[index]
    (agent_briefing,) = slack.rooms["C0HELP"].ephemerals
    slack.deliver()
    assert slack_desk.asked == []
    assert [one["only_you"] for one in slack.seen_by("U0MIA")["channels"][0]["messages"]] == [True]
    assert slack.seen_by("U0RAJ")["channels"][0]["messages"] == []
    slack.as_("U0MIA").click(agent_briefing, "answer")
    payload = slack_desk.one("block_actions")
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    with pytest.raises(NotAvailableError):
        slack.as_("U0RAJ").click(agent_briefing, "answer")
    args["user"] = "U0OLIVIA"
    assert slack.api("chat.postEphemeral", args).body == {"ok": False, "error": "user_not_in_channel"}


# --- response URLs


def respond(slack: Workspace, web: TestClient, desk: SlackDesk, body: Json) -> int:
    path = desk.of("block_actions")[-1].body["response_url"].removeprefix(slack.public_url)
    return web.post(path, json=body).status_code


def test_a_response_url(slack: Workspace, slack_desk: SlackDesk, web: TestClient) -> None:
    mia, message = slack.as_("U0MIA"), posted(slack)
    mia.click(message, "answer")
    assert respond(slack, web, slack_desk, {"text": "Only you see this."}) == 200
    assert [one.text for one in slack.rooms["C0HELP"].ephemerals] == ["Only you see this."]
    assert respond(slack, web, slack_desk, {"text": "All do.", "response_type": "in_channel"}) == 200
    assert respond(slack, web, slack_desk, {"text": "Done.", "blocks": [], "replace_original": True}) == 200
    assert message.text == "Done."
    assert slack.text_of(message) == "Done."
    assert respond(slack, web, slack_desk, {"delete_original": True}) == 200
    assert message.ts not in slack.rooms["C0HELP"].messages
    assert respond(slack, web, slack_desk, {}) == 404
    assert respond(slack, web, slack_desk, {"text": "a sixth time"}) == 404


def test_an_ephemeral_is_replaced_through_its_response_url(
    slack: Workspace, slack_desk: SlackDesk, web: TestClient
) -> None:
    slack.api("chat.postEphemeral", {"channel": "C0HELP", "user": "U0MIA", "text": "?", "blocks": BUTTONS})
    (agent_briefing,) = slack.rooms["C0HELP"].ephemerals
    slack.as_("U0MIA").click(agent_briefing, "answer")
    assert respond(slack, web, slack_desk, {"replace_original": True, "text": "Done.", "blocks": []}) == 200
    assert [slack.text_of(one) for one in slack.rooms["C0HELP"].ephemerals] == ["Done."]
    assert respond(slack, web, slack_desk, {"delete_original": True}) == 200
    assert slack.rooms["C0HELP"].ephemerals == []


def test_a_response_url_ends_after_half_an_hour(
    slack: Workspace, slack_desk: SlackDesk, web: TestClient, clock: Clock
) -> None:
    slack.as_("U0MIA").click(posted(slack), "answer")
    clock.passes(1801)
    assert respond(slack, web, slack_desk, {"text": "too late"}) == 404


# --- what is seen, and read


def test_what_one_person_sees(slack: Workspace) -> None:
    root = slack.as_("U0OLIVIA").says("harbour-bakery", "our shop is down")
    slack.as_("U0KIM").says("harbour-bakery", "I look", thread=root)
    seen = slack.seen_by("U0OLIVIA")
    (channel,) = seen["channels"]
    assert (channel["name"], channel["shared_with"], seen["external"]) == ("harbour-bakery", ["Deskgate Hosting"], True)
    (message,) = channel["messages"]
    assert (message["mine"], message["organisation"]) == (True, "")
    assert [(one["words"], one["organisation"]) for one in message["replies"]] == [("I look", "Deskgate Hosting")]
    assert (seen["dm"]["id"], seen["home"], seen["views"]) == ("D0OLIVIA", None, [])
    assert {one["name"] for one in slack.seen_by("U0MIA")["channels"]} == {"help", "hosting-meetup", "random"}


def test_a_message_read_out(slack: Workspace) -> None:
    blocks = [
        {"type": "header", "text": plain("Ticket <1042>")},
        section("*Mia* &amp; <@U0RAJ> in <#C0HELP>: <http://x.example|the log>", accessory=press("Take it", "take")),
        {"type": "section", "fields": [mrkdwn("Account\n400639"), mrkdwn("Topic\ntechnical")]},
        {"type": "divider"},
        *BUTTONS[1:],
    ]
    assert slack.text_of(posted(slack, blocks=blocks)) == (
        "Ticket <1042>\n"
        "*Mia* & @Raj in #help: the log (http://x.example)  [Take it]\n"
        "Account\n400639\nTopic\ntechnical\n"
        "———\n"
        "[Yes] [No] [⋯ Later | Never] [Topic ▾]\n"
        "Rule MS-29"
    )
    said = slack.as_("U0MIA").says("help", "a & b, @Raj", files=[("x.log", "x")])
    assert slack.text_of(said) == "a & b, @Raj\n[file: x.log]"
