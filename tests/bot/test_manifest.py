"""bot/manifest.json installs exactly the app there is: what it listens to, what it may do, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from sqlalchemy import select

from bot.inbound import (
    agent_actions,
    bolt_app,
    call_actions,
    commands,
    contact_actions,
    customer_actions,
    events,
    mail_actions,
    submissions,
    verification_actions,
)
from bot.outbound import handlers
from bot.platform.payloads import EVENTS as SHAPES
from bot.text import phrases
from simulator.slack.injected_faults import Trouble
from store import tables
from tests.bot.slack_desk import SlackDesk
from tests.house.test_names import ROOT

MANIFEST = json.loads((ROOT / "bot" / "manifest.json").read_text())
AGENT_VIEW = json.loads((ROOT / "bot" / "manifest-agent-view.json").read_text())
# https://github.com/slackapi/manifest-schema, schemas/manifest.schema.2.0.0.json at c50cfa8 of 2026-07-21, MIT licence
SCHEMA = json.loads((ROOT / "tests" / "bot" / "slack-manifest.schema.json").read_text())
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
    "files.delete": {"files:write"},
    "files.info": {"files:read"},
    "oauth.v2.access": set(),  # by the app's id and secret
    "pins.add": {"pins:write"},
    "reactions.add": {"reactions:write"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
ONLY_WITH_AGENT_VIEW = {"assistant:write"}  # whoever calls goes on without: decision 0012
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


@cache  # and not when the file is read, which every process of a run does
def methods() -> frozenset[str]:
    return frozenset(name for path in (ROOT / "bot").rglob("*.py") for name in called(path.read_text()))


def test_methods_are_seen() -> None:
    assert set(
        called('"""chat.delete"""\napi.call(team, "users.info", user=1)\nx = "team.info" if x else "bill.view"')
    ) == {
        "users.info",
        "team.info",
    }
    assert len(methods()) > 12


def test_every_method_that_is_called_has_its_scope() -> None:
    assert set(NEEDED) == methods(), "a method that is new or gone: look its scope up, and have the manifest say it"
    assert set().union(*NEEDED.values()) <= SCOPES | ONLY_WITH_AGENT_VIEW


def test_every_event_has_its_scope() -> None:
    assert set(NEEDED_FOR_EVENT) == EVENTS
    assert set().union(*NEEDED_FOR_EVENT.values()) <= SCOPES


def test_there_is_no_scope_that_nothing_needs() -> None:
    needed = set().union(*NEEDED.values(), *NEEDED_FOR_EVENT.values()) | {"commands"}
    assert needed == SCOPES | ONLY_WITH_AGENT_VIEW
    assert not MANIFEST["oauth_config"]["scopes"].keys() - {"bot"}, "nobody's own token"


def test_what_is_subscribed_to_is_what_is_listened_to() -> None:
    """A `message` is subscribed to by where it is said; and an event that nobody listens to would be lost."""
    heard = {kind for kind in events.EVENTS if kind != "message"} | {"message.channels", "message.groups", "message.im"}
    assert heard == EVENTS


def test_commands_are_those_that_are_answered() -> None:
    assert {one["command"] for one in FEATURES["slash_commands"]} == set(commands.NAMES)
    assert all(one["description"] for one in FEATURES["slash_commands"])
    assert all(one["should_escape"] for one in FEATURES["slash_commands"]), "mrkdwn.py takes the escapes away"


def test_shortcuts_are_those_that_are_answered() -> None:
    assert [(one["type"], one["callback_id"]) for one in FEATURES["shortcuts"]] == [
        ("message", name) for name in bolt_app.SHORTCUTS
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
    ours = [said.plain(f"prompt.{name}") for name in handlers.PROMPTS]
    listed = AGENT_VIEW["features"]["agent_view"]["suggested_prompts"]
    assert [(one["title"], one["message"]) for one in listed] == [(words, words) for words in ours]
    assert len(ours) <= 4
    examples = said.example("examples")
    for name, words in zip(handlers.PROMPTS, ours, strict=True):
        assert words.rstrip("?").lower() in examples[name]


def test_the_app_has_the_tabs_it_fills_and_may_be_written_to() -> None:
    home = FEATURES["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert "assistant_view" not in FEATURES, "the old experience"


def wrong(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    """What a JSON value breaks of a schema, by the words that Slack's uses of what we have."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    kind = {"object": dict, "array": list, "string": str, "boolean": bool}.get(schema.get("type", ""))
    if kind is not None and not isinstance(value, kind):
        yield f"{at} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{at} has no {name}" for name in schema.get("required", ()) if name not in value)
        if schema.get("additionalProperties") is False:
            yield from (f"{at}.{name} is not known" for name in value if name not in known)
        for name in value.keys() & known.keys():
            yield from wrong(value[name], known[name], f"{at}.{name}")
    elif isinstance(value, str | list):
        few, many = ("minLength", "maxLength") if isinstance(value, str) else ("minItems", "maxItems")
        if not schema.get(few, 0) <= len(value) <= schema.get(many, len(value)):
            yield f"{at} is {len(value)} long, at most {schema.get(many)}"
        if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at} is not like {schema['pattern']}"
        if isinstance(value, list) and "items" in schema:
            for n, one in enumerate(value):
                yield from wrong(one, schema["items"], f"{at}[{n}]")


@pytest.mark.parametrize("manifest", [MANIFEST, AGENT_VIEW], ids=["manifest", "with the agent view"])
def test_f1_slacks_own_schema_takes_the_manifest(manifest: dict[str, Any]) -> None:
    assert list(wrong(manifest, SCHEMA, "manifest")) == []


def test_f1_what_the_schema_refuses_is_seen() -> None:
    bad = json.loads(json.dumps(MANIFEST))
    bad["features"]["shortcuts"][0]["name"] = "Open a ticket from this message"
    bad["features"]["slash_commands"][0]["command"] = "ticket"
    bad["features"]["no_such_thing"] = {}
    del bad["display_information"]
    found = list(wrong(bad, SCHEMA, "manifest"))
    assert "manifest.features.shortcuts[0].name is 31 long, at most 24" in found
    assert len(found) == 4


def test_f2_guests_are_not_shut_out_by_an_agent_view_unless_it_was_asked_for() -> None:
    assert "agent_view" not in FEATURES
    more = json.loads(json.dumps(AGENT_VIEW))
    del more["features"]["agent_view"]
    more["oauth_config"]["scopes"]["bot"].remove("assistant:write")
    assert more == MANIFEST, "nothing else is different"


def test_f2_who_opens_messages_without_an_agent_view_is_answered(slack_once: SlackDesk) -> None:
    """The two methods are refused there; the answer comes all the same, and nothing of it waits."""
    desk, tried = slack_once, set[str]()
    desk.link("U0MIA", "mia.chen")

    def refused(method: str, _args: dict[str, Any]) -> Trouble | None:
        if not method.startswith("assistant."):
            return None
        tried.add(method)
        return Trouble(error="missing_scope")

    begun = desk.be("U0MIA").dm("hello")
    desk.work()
    desk.workspace.trouble = refused
    desk.be("U0MIA").open_messages_tab()
    desk.be("U0MIA").dm("who decides on contacts?", thread=begun)
    desk.work()
    assert tried == {"assistant.threads.setSuggestedPrompts", "assistant.threads.setStatus"}
    assert "may change who is on the account" in desk.said("U0MIA")
    with desk.container.store.transaction("test") as tx:
        waiting = tx.connection.execute(select(tables.jobs.c.kind).where(tables.jobs.c.done_at.is_(None))).scalars()
        assert list(waiting) == ["notice"], "of the link, by mail; nothing for Slack"


# --- what is drawn is what is listened to


def drawn() -> set[str]:
    """The action ids of every element in bot/, as they stand in the source."""
    makers = {"button": 1, "select": 1, "grouped": 1, "search": 1}
    found: set[str] = set()
    for path in (ROOT / "bot").rglob("*.py"):
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
    """What is pressed and not listened to counts as a failure."""
    customers, desk = (
        {
            *customer_actions.CLICKS,
            *verification_actions.CLICKS,
            *contact_actions.CLICKS,
            *mail_actions.CLICKS,
            "send_text",
            "verification_yes",
        },
        {*agent_actions.CLICKS, *call_actions.CLICKS},
    )
    listened = {*customers, *desk, *bolt_app.LINKS, *bolt_app.CHOSEN, "add_", "tell_transfer_code"}
    assert len(drawn()) > 15
    assert drawn() <= listened
    assert listened - drawn() <= {"choose_many"}, "and nothing else is"


def test_every_form_is_listened_to() -> None:
    """Those with a button to send them: their callback is a key of FORMS."""
    sent = set(submissions.FORMS)
    rooms = [ROOT / "bot" / "views" / name for name in ("forms.py", "verification_messages.py", "contact_messages.py")]
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
    assert modals == {"open_ticket", "desk_verify", "prove", "approve", "contact_ask", "contact_confirm"}
    assert {"reply", "desk_answer", "desk_note"} <= sent - modals, "those of `words`"
    assert set(handlers.FORMS) - {"open", "verify", "prove", "approve", "contact_ask", "contact_look"} == sent - modals


@pytest.mark.parametrize("kind", sorted(events.EVENTS))
def test_the_kinds_of_events_have_a_shape(kind: str) -> None:
    assert kind in SHAPES or kind == "app_uninstalled"
