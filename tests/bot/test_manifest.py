"""bot/manifest.json installs exactly the app there is: what it listens to, what it may do, and nothing else."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import bolt, call_clicks, clicks, commands, deliver, desk_clicks, events, phrases, prove_clicks, submissions
from bot.shape import EVENTS as SHAPES
from tests.house.test_names import ROOT

MANIFEST = json.loads((ROOT / "bot" / "manifest.json").read_text())
FEATURES, SETTINGS = MANIFEST["features"], MANIFEST["settings"]
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])
EVENTS = set(SETTINGS["event_subscriptions"]["bot_events"])

# What a bot token needs for a method, from the method's page at docs.slack.dev; several where its arguments decide.
NEEDED: dict[str, set[str]] = {
    "apps.connections.open": set(),  # by the app's own token
    "assistant.threads.setStatus": {"chat:write"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "auth.revoke": set(),
    "auth.test": set(),
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
    "files.completeUploadExternal": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "oauth.v2.access": set(),  # by the app's id and secret
    "pins.add": {"pins:write"},
    "reactions.add": {"reactions:write"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
# What an event needs, from its page there.
NEEDED_FOR_EVENT: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "channel_id_changed": {"channels:read", "groups:read"},
    "file_deleted": {"files:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "tokens_revoked": set(),
    "user_change": {"users:read"},
}


def called(source: str) -> Iterator[str]:
    """Names of Web API methods that stand in a module as words: `x.y` or `x.y.z`, of the families Slack has."""
    families = {name.partition(".")[0] for name in NEEDED} | {
        "users",
        "team",
        "bookmarks",
        "usergroups",
        "search",
        "stars",
    }
    tree = ast.parse(source)
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            family, dot, rest = node.value.partition(".")
            if dot and family in families and rest.replace(".", "").isalnum():
                yield node.value


METHODS = {name for path in (ROOT / "bot").glob("*.py") for name in called(path.read_text())}


def test_methods_are_seen() -> None:
    assert set(
        called('"""chat.delete"""\napi.call(team, "users.info", user=1)\nx = "team.info" if x else "bill.view"')
    ) == {
        "users.info",
        "team.info",
    }
    assert len(METHODS) > 12


def test_every_method_that_is_called_has_its_scope() -> None:
    assert set(NEEDED) == METHODS, "a method that is new or gone: look its scope up, and have the manifest say it"
    assert set().union(*NEEDED.values()) <= SCOPES


def test_every_event_has_its_scope() -> None:
    assert set(NEEDED_FOR_EVENT) == EVENTS
    assert set().union(*NEEDED_FOR_EVENT.values()) <= SCOPES


def test_there_is_no_scope_that_nothing_needs() -> None:
    needed = set().union(*NEEDED.values(), *NEEDED_FOR_EVENT.values()) | {"commands"}
    assert needed == SCOPES
    assert not MANIFEST["oauth_config"]["scopes"].keys() - {"bot"}, "nobody's own token"


def test_what_is_subscribed_to_is_what_is_listened_to() -> None:
    """A `message` is subscribed to by where it is said; and an event that nobody listens to would be lost."""
    heard = {kind for kind in events.EVENTS if kind != "message"} | {"message.channels", "message.groups", "message.im"}
    assert heard == EVENTS


def test_commands_are_those_that_are_answered() -> None:
    assert {one["command"] for one in FEATURES["slash_commands"]} == set(commands.NAMES)
    assert all(one["description"] for one in FEATURES["slash_commands"])
    assert all(one["should_escape"] for one in FEATURES["slash_commands"]), "typed.py takes the escapes away"


def test_shortcuts_are_those_that_are_answered() -> None:
    assert [(one["type"], one["callback_id"]) for one in FEATURES["shortcuts"]] == [
        ("message", name) for name in bolt.SHORTCUTS
    ]


def test_all_requests_go_to_one_address() -> None:
    listed = [one["url"] for one in FEATURES["slash_commands"]]
    listed += [SETTINGS["event_subscriptions"]["request_url"]]
    listed += [SETTINGS["interactivity"][name] for name in ("request_url", "message_menu_options_url")]
    assert set(listed) == {"https://desk.example/slack/events"}
    assert SETTINGS["interactivity"]["is_enabled"]
    assert MANIFEST["oauth_config"]["redirect_urls"] == ["https://desk.example/slack/oauth_redirect"]


def test_suggested_prompts_are_those_we_suggest() -> None:
    """The same words in the manifest and by the API; each is an example of what is understood."""
    said = phrases.load()
    ours = [said.plain(f"prompt.{name}") for name in deliver.PROMPTS]
    listed = FEATURES["agent_view"]["suggested_prompts"]
    assert [(one["title"], one["message"]) for one in listed] == [(words, words) for words in ours]
    assert len(ours) <= 4
    examples = said.example("examples")
    for name, words in zip(deliver.PROMPTS, ours, strict=True):
        assert words.rstrip("?").lower() in examples[name]


def test_the_app_has_the_tabs_it_fills_and_may_be_written_to() -> None:
    home = FEATURES["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert "assistant_view" not in FEATURES, "the old experience"


def test_texts_keep_slacks_limits() -> None:
    """As the types of Slack's own library for Node say them."""
    shown = MANIFEST["display_information"]
    assert len(FEATURES["bot_user"]["display_name"]) <= 80
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(FEATURES["agent_view"]["agent_description"]) <= 300
    for one in FEATURES["shortcuts"]:
        assert len(one["callback_id"]) <= 255
        assert len(one["description"]) <= 150
    for one in FEATURES["slash_commands"]:
        assert len(one["command"]) <= 32
        assert len(one["description"]) <= 2_000
        assert len(one.get("usage_hint", "")) <= 1_000


# --- what is drawn is what is listened to


def drawn() -> set[str]:
    """The action ids of every element in bot/, as they stand in the source."""
    makers = {"button": 1, "select": 1, "grouped": 1, "search": 1}
    found: set[str] = set()
    for path in (ROOT / "bot").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            at = makers.get(node.func.attr)
            if at is not None and isinstance(node.func.value, ast.Name) and node.func.value.id == "b":
                id = node.args[at]
                if isinstance(id, ast.JoinedStr):  # `add_{number}`
                    id = id.values[0]
                assert isinstance(id, ast.Constant), f"{path.name}:{node.lineno}: an id that cannot be read here"
                found.add(str(id.value))
    return found


def test_everything_that_can_be_pressed_is_listened_to() -> None:
    """platform-facts.md 0.5: what is pressed and not listened to counts as a failure."""
    customers, desk = {*clicks.CLICKS, *prove_clicks.CLICKS, "send_text"}, {*desk_clicks.CLICKS, *call_clicks.CLICKS}
    listened = {*customers, *desk, *bolt.LINKS, "about", "service", "add_"}
    assert len(drawn()) > 15
    assert drawn() <= listened
    assert listened - drawn() <= {"choose_many"}, "and nothing else is"


def test_every_form_is_listened_to() -> None:
    """Those with a button to send them: their callback is a key of FORMS."""
    sent = set(submissions.FORMS)
    rooms = [Path(submissions.__file__).with_name(name) for name in ("forms.py", "prove_words.py")]
    modals = {
        str(node.args[0].value)
        for room in rooms
        for node in ast.walk(ast.parse(room.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "modal"
        and isinstance(node.args[0], ast.Constant)
        and any(keyword.arg == "submit" for keyword in node.keywords)
    }
    assert modals == {"open_ticket", "desk_verify", "prove", "approve"}
    assert {"reply", "desk_answer", "desk_note"} <= sent - modals, "those of `words`"
    assert set(deliver.FORMS) - {"open", "verify", "prove", "approve"} == sent - modals


@pytest.mark.parametrize("kind", sorted(events.EVENTS))
def test_the_kinds_of_events_have_a_shape(kind: str) -> None:
    assert kind in SHAPES or kind == "app_uninstalled"
