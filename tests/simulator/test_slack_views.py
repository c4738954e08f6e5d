"""Modals and home tabs: triggers, what is filled in, what the desk answers to a form, and how they lie on each other."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.slack import NoSuchElementError, NotAvailableError, View, Workspace
from tests.simulator.conftest import Clock
from tests.simulator.slack_desk import TOPIC, WORDS, Json, SlackDesk, field_of, modal, option, plain, press, section
from tests.simulator.test_slack_members import posted

EXTERNAL = field_of(
    "service", "Service", {"type": "external_select", "action_id": "find", "min_query_length": 1}, optional=True
)


def trigger(slack: Workspace, desk: SlackDesk, user: str = "U0MIA") -> str:
    slack.as_(user).command("/ticket", "", "help")
    return str(desk.of("/ticket")[-1].body["trigger_id"])


def call(slack: Workspace, method: str, **args: Any) -> Json:
    told = slack.api(method, args).body
    assert isinstance(told, dict)
    return told


def opened(slack: Workspace, desk: SlackDesk, *blocks: Json, **more: Any) -> View:
    told = call(slack, "views.open", trigger_id=trigger(slack, desk), view=modal(*(blocks or (WORDS, TOPIC)), **more))
    assert told["ok"], told
    view = slack.as_("U0MIA").view
    assert view is not None
    return view


# --- triggers


def test_a_trigger_is_good_once(slack: Workspace, slack_desk: SlackDesk) -> None:
    key = trigger(slack, slack_desk)
    assert call(slack, "views.open", trigger_id=key, view=modal(WORDS))["ok"]
    assert call(slack, "views.open", trigger_id=key, view=modal(WORDS))["error"] == "exchanged_trigger_id"
    assert call(slack, "views.open", trigger_id="1.2.x", view=modal(WORDS))["error"] == "invalid_trigger_id"


def test_a_trigger_lives_three_seconds(slack: Workspace, slack_desk: SlackDesk, clock: Clock) -> None:
    key = trigger(slack, slack_desk)
    clock.passes(3.1)
    assert call(slack, "views.open", trigger_id=key, view=modal(WORDS))["error"] == "expired_trigger_id"


def test_a_bad_view_does_not_use_the_trigger_up(slack: Workspace, slack_desk: SlackDesk) -> None:
    key = trigger(slack, slack_desk)
    told = call(slack, "views.open", trigger_id=key, view=modal(WORDS, submit=None))
    assert told["error"] == "invalid_arguments"
    assert "submit" in told["response_metadata"]["messages"][0]
    assert call(slack, "views.open", trigger_id=key, view=modal(WORDS))["ok"]


# --- forms


def test_a_form_filled_in_and_sent(slack: Workspace, slack_desk: SlackDesk) -> None:
    opened(slack, slack_desk, private_metadata="C0HELP")
    assert slack.as_("U0MIA").submit({"What is wrong?": "a & <b>", "pick": "Technical"}) is None
    payload = slack_desk.one("view_submission")
    view = payload["view"]
    assert view["state"]["values"] == {
        "words": {"text": {"type": "plain_text_input", "value": "a & <b>"}},
        "topic": {"pick": {"type": "static_select", "selected_option": option("Technical", "technical")}},
    }
    assert (view["callback_id"], view["private_metadata"], view["type"]) == ("ticket", "C0HELP", "modal")
    assert (view["root_view_id"], view["previous_view_id"], view["bot_id"]) == (view["id"], None, "B0DESKGATE")
    assert view["hash"]
    assert (payload["response_urls"], payload["user"]["id"]) == ([], "U0MIA")
    assert slack.as_("U0MIA").view is None


def test_the_form_of_somebody_of_another_organisation(slack: Workspace, slack_desk: SlackDesk) -> None:
    """Here `team` is the actor's, and the installation stands in the view (bolt-python's captured sample)."""

    def opens(body: Json) -> str:
        slack.api("views.open", {"trigger_id": body["trigger_id"], "view": modal(WORDS)})
        return ""

    slack_desk.on("block_actions", opens)
    olivia = slack.as_("U0OLIVIA")
    olivia.click(posted(slack, "C0HARBOUR"), "answer")
    assert olivia.submit({"words": "our shop is down"}) is None
    payload = slack_desk.one("view_submission")
    assert (payload["team"]["id"], payload["view"]["team_id"]) == ("T0HARBOUR", "T0HARBOUR")
    assert payload["view"]["app_installed_team_id"] == "T0DESK"


def test_slack_itself_asks_for_what_is_missing(slack: Workspace, slack_desk: SlackDesk) -> None:
    words = field_of("words", "Words", {"type": "plain_text_input", "action_id": "t", "min_length": 3, "max_length": 5})
    opened(slack, slack_desk, words, TOPIC, EXTERNAL)
    mia = slack.as_("U0MIA")
    view = mia.submit()
    assert view is not None
    assert set(view.errors) == {"words", "topic"}
    view = mia.submit({"words": "x", "topic": "billing"})
    assert view is not None
    assert view.errors == {"words": "Please use at least 3 characters."}
    view = mia.submit({"words": "x" * 6})
    assert view is not None
    assert view.errors == {"words": "Please use at most 5 characters."}
    assert slack_desk.of("view_submission") == []
    assert mia.submit({"words": "four"}) is None
    with pytest.raises(NotAvailableError, match="no form"):
        mia.submit()


def test_what_is_not_there_cannot_be_filled_in(slack: Workspace, slack_desk: SlackDesk) -> None:
    opened(slack, slack_desk)
    with pytest.raises(NoSuchElementError, match="0 fields"):
        slack.as_("U0MIA").submit({"colour": "red"})
    with pytest.raises(NoSuchElementError, match="no option"):
        slack.as_("U0MIA").submit({"topic": "weather"})


def answered(slack: Workspace, desk: SlackDesk, answer: Any) -> View | None:
    desk.on("view_submission", answer)
    return slack.as_("U0MIA").submit({"words": "help", "topic": "billing"})


def test_errors(slack: Workspace, slack_desk: SlackDesk) -> None:
    before = opened(slack, slack_desk)
    view = answered(slack, slack_desk, {"response_action": "errors", "errors": {"words": "Say more."}})
    assert view is before
    assert view.errors == {"words": "Say more."}
    assert view.values["words"]["text"]["value"] == "help"
    assert answered(slack, slack_desk, "") is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors"},
        {"response_action": "dance"},
        {"response_action": "update", "view": {"type": "modal"}},
        "words",
        (500, "text/plain", ""),
    ],
)
def test_an_answer_that_is_none_leaves_the_form_open(slack: Workspace, slack_desk: SlackDesk, answer: Any) -> None:
    view = opened(slack, slack_desk)
    assert answered(slack, slack_desk, answer) is view
    (error,) = slack.as_("U0MIA").errors
    assert error.startswith("“Open a ticket” failed because")


def test_update_push_and_clear(slack: Workspace, slack_desk: SlackDesk) -> None:
    first = opened(slack, slack_desk)
    hash_ = first.hash
    view = answered(slack, slack_desk, {"response_action": "update", "view": modal(WORDS, TOPIC, title=plain("Again"))})
    assert view is first
    assert (view.title, view.hash == hash_, view.values["words"]["text"]["value"]) == ("Again", False, "help")
    pushed = answered(
        slack, slack_desk, {"response_action": "push", "view": modal(WORDS, TOPIC, title=plain("Second"))}
    )
    assert pushed is not None
    assert (pushed.title, pushed.root, pushed.previous) == ("Second", first.id, first.id)
    assert pushed.values["words"]["text"]["value"] is None
    answered(slack, slack_desk, {"response_action": "push", "view": modal(WORDS, TOPIC)})
    answered(slack, slack_desk, {"response_action": "push", "view": modal(WORDS, TOPIC)})
    assert "push_limit_reached" in slack.as_("U0MIA").errors[-1]
    assert answered(slack, slack_desk, {"response_action": "clear"}) is None


def test_an_empty_answer_closes_the_top_alone(slack: Workspace, slack_desk: SlackDesk) -> None:
    first = opened(slack, slack_desk)
    answered(slack, slack_desk, {"response_action": "push", "view": modal(WORDS, TOPIC)})
    assert answered(slack, slack_desk, "") is first


def test_closing(slack: Workspace, slack_desk: SlackDesk) -> None:
    opened(slack, slack_desk, notify_on_close=True)
    slack.as_("U0MIA").close()
    payload = slack_desk.one("view_closed")
    assert (payload["is_cleared"], payload["view"]["callback_id"]) == (False, "ticket")
    opened(slack, slack_desk)
    slack.as_("U0MIA").close(everything=True)
    assert len(slack_desk.of("view_closed")) == 1
    assert slack.as_("U0MIA").view is None


def test_choosing_in_a_form_is_kept_and_told_only_where_it_says_so(slack: Workspace, slack_desk: SlackDesk) -> None:
    view = opened(slack, slack_desk, TOPIC, {**TOPIC, "block_id": "topic2", "dispatch_action": True})
    mia = slack.as_("U0MIA")
    mia.click(view, "pick", block_id="topic", value="billing")
    assert slack_desk.of("block_actions") == []
    mia.click(view, "pick", block_id="topic2", value="technical")
    payload = slack_desk.one("block_actions")
    assert payload["container"] == {"type": "view", "view_id": view.id}
    assert payload["view"]["state"]["values"]["topic"]["pick"]["selected_option"]["value"] == "billing"
    assert "response_url" not in payload
    assert call(slack, "views.update", view_id=view.id, hash=view.hash, view=modal(TOPIC, WORDS))["ok"]
    assert view.values["topic"]["pick"]["selected_option"]["value"] == "billing"


def test_an_external_select(slack: Workspace, slack_desk: SlackDesk) -> None:
    view = opened(slack, slack_desk, EXTERNAL)
    mia = slack.as_("U0MIA")
    slack_desk.on(
        "block_suggestion", {"option_groups": [{"label": plain("Tideworks"), "options": [option("tide-web", "ms-1")]}]}
    )
    assert mia.suggestions(view, "find", "tide") == [option("tide-web", "ms-1")]
    asked = slack_desk.one("block_suggestion")
    assert (asked["action_id"], asked["block_id"], asked["value"]) == ("find", "service", "tide")
    assert "offered" not in str(asked["view"])
    slack_desk.on("block_suggestion", {"options": []})
    assert mia.suggestions(view, "find", "x") == []
    slack_desk.on("block_suggestion", {"options": [option("x", "y" * 151)]})
    assert mia.suggestions(view, "find", "x") == []
    assert "less than 151" in mia.errors[-1]
    slack_desk.on("block_suggestion", {"options": [option("tide-web", "ms-1")]})
    mia.suggestions(view, "find", "tide")
    assert mia.submit({"service": "ms-1"}) is None
    values = slack_desk.one("view_submission")["view"]["state"]["values"]
    assert values["service"]["find"]["selected_option"] == option("tide-web", "ms-1")


# --- views.*


def test_updating_with_an_old_hash(slack: Workspace, slack_desk: SlackDesk) -> None:
    view = opened(slack, slack_desk, external_id="draft-1")
    assert (
        call(slack, "views.update", external_id="draft-1", hash="1.old", view=modal(WORDS))["error"] == "hash_conflict"
    )
    assert call(slack, "views.update", external_id="draft-1", hash=view.hash, view=modal(WORDS))["ok"]
    assert call(slack, "views.update", view_id="V0", view=modal(WORDS))["error"] == "not_found"


def test_pushing_by_a_trigger_of_the_form(slack: Workspace, slack_desk: SlackDesk) -> None:
    view = opened(
        slack, slack_desk, section("More?"), {"type": "actions", "elements": [press("More", "more")]}, submit=None
    )
    slack.as_("U0MIA").click(view, "more")
    key = slack_desk.one("block_actions")["trigger_id"]
    assert call(slack, "views.push", trigger_id=key, view=modal(WORDS))["view"]["previous_view_id"] == view.id


def test_a_home_tab(slack: Workspace, slack_desk: SlackDesk) -> None:
    home = {"type": "home", "blocks": [section("*Yours*", accessory=press("Open a ticket", "open"))]}
    told = call(slack, "views.publish", user_id="U0MIA", view=home)
    assert call(slack, "views.publish", user_id="U0MIA", view=home, hash="1.old")["error"] == "hash_conflict"
    again = call(slack, "views.publish", user_id="U0MIA", view=home, hash=told["view"]["hash"])
    assert again["view"]["id"] == told["view"]["id"]
    mia = slack.as_("U0MIA")
    assert mia.home is not None
    assert slack.text_of(mia.home) == "*Yours*  [Open a ticket]"
    mia.click(mia.home, "open")
    assert slack_desk.one("block_actions")["view"]["type"] == "home"
    assert call(slack, "views.publish", user_id="U0NOBODY", view=home)["error"] == "user_not_found"
    assert call(slack, "views.publish", user_id="U0MIA", view=modal(WORDS))["error"] == "invalid_arguments"
    with pytest.raises(NotAvailableError, match="somebody else"):
        slack.as_("U0RAJ").click(mia.home, "open")


def test_a_form_read_out(slack: Workspace, slack_desk: SlackDesk) -> None:
    assert slack.text_of(opened(slack, slack_desk)) == (
        "Open a ticket\nWhat is wrong?: [        ]\nAbout: [Choose a topic ▾]\n[Send]"
    )
