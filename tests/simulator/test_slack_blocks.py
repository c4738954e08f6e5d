"""The limits of Block Kit, one by one: just inside is taken, just outside is refused with a pointer to the place."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.slack.limits import check_blocks, check_view
from tests.simulator.slack_desk import Json, field_of, modal, mrkdwn, option, plain, press, section


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "a", **more}


def options(count: int) -> list[Json]:
    return [option(str(number), str(number)) for number in range(count)]


def typed(**more: Any) -> Json:
    return field_of("b", "Words", {"type": "plain_text_input", "action_id": "a", **more})


ONE = option("One", "1")
CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("Really?"), "confirm": plain("Yes"), "deny": plain("No")}

LIMITS: list[tuple[str, Any]] = [
    # the pointer that a refusal names, and a pair: a block that is just right, and one that is just too much
    ("/blocks/0/text/text", (section("x" * 3000), section("x" * 3001))),
    ("/blocks/0/text/text", (section("x"), section(""))),
    ("/blocks/0", (section("x"), {"type": "section"})),
    ("/blocks/0/fields", [{"type": "section", "fields": [mrkdwn("x")] * count} for count in (10, 11)]),
    ("/blocks/0/fields/0/text", [{"type": "section", "fields": [mrkdwn("x" * size)]} for size in (2000, 2001)]),
    ("/blocks/0/text/text", [{"type": "header", "text": plain("x" * size)} for size in (150, 151)]),
    ("/blocks/0/text/type", ({"type": "header", "text": plain("x")}, {"type": "header", "text": mrkdwn("x")})),
    ("/blocks/0/elements", [{"type": "context", "elements": [mrkdwn("x")] * count} for count in (10, 11)]),
    ("/blocks/0/elements", [{"type": "context", "elements": [mrkdwn("x")] * count} for count in (1, 0)]),
    ("/blocks/0/elements", [actions(*(press("x", f"a{place}") for place in range(count))) for count in (25, 26)]),
    (
        "/blocks/0/elements/1/action_id",
        (actions(press("x", "a"), press("x", "b")), actions(press("x", "a"), press("x", "a"))),
    ),
    ("/blocks/0/elements/0/text/text", [actions(press("x" * size, "a")) for size in (75, 76)]),
    ("/blocks/0/elements/0/value", [actions(press("x", "a", value="x" * size)) for size in (2000, 2001)]),
    ("/blocks/0/elements/0/url", [actions(press("x", "a", url="x" * size)) for size in (3000, 3001)]),
    ("/blocks/0/elements/0/style", [actions(press("x", "a", style=style)) for style in ("danger", "blue")]),
    ("/blocks/0/elements/0/action_id", [actions(press("x", "a" * size)) for size in (255, 256)]),
    (
        "/blocks/0/elements/0/confirm/title/text",
        [actions(press("x", "a", confirm={**CONFIRM, "title": plain("x" * size)})) for size in (100, 101)],
    ),
    (
        "/blocks/0/elements/0/confirm/text/text",
        [actions(press("x", "a", confirm={**CONFIRM, "text": plain("x" * size)})) for size in (300, 301)],
    ),
    (
        "/blocks/0/elements/0/confirm/deny/text",
        [actions(press("x", "a", confirm={**CONFIRM, "deny": plain("x" * size)})) for size in (30, 31)],
    ),
    ("/blocks/0/elements/0/options", [actions(select(options=options(count))) for count in (100, 101)]),
    (
        "/blocks/0/elements/0/option_groups",
        [actions(select(option_groups=[{"label": plain("x"), "options": [ONE]}] * count)) for count in (100, 101)],
    ),
    (
        "/blocks/0/elements/0/option_groups/0/label/text",
        [actions(select(option_groups=[{"label": plain("x" * size), "options": [ONE]}])) for size in (75, 76)],
    ),
    ("/blocks/0/elements/0", (actions(select(options=[ONE])), actions(select()))),
    ("/blocks/0/elements/0", (actions(select(options=[ONE])), actions(select(options=[ONE], option_groups=[])))),
    (
        "/blocks/0/elements/0/options/0/text/text",
        [actions(select(options=[option("x" * size, "1")])) for size in (75, 76)],
    ),
    (
        "/blocks/0/elements/0/options/0/value",
        [actions(select(options=[option("x", "x" * size)])) for size in (150, 151)],
    ),
    (
        "/blocks/0/elements/0/options/0/description/text",
        [actions(select(options=[{**ONE, "description": plain("x" * size)}])) for size in (75, 76)],
    ),
    (
        "/blocks/0/elements/0/placeholder/text",
        [actions(select(options=[ONE], placeholder=plain("x" * size))) for size in (150, 151)],
    ),
    (
        "/blocks/0/elements/0/initial_option",
        [actions(select(options=[ONE], initial_option=first)) for first in (ONE, option("One", "2"))],
    ),
    (
        "/blocks/0/elements/0/options",
        [actions({"type": "overflow", "action_id": "a", "options": options(count)}) for count in (5, 6)],
    ),
    (
        "/blocks/0/elements/0/options",
        [actions({"type": "radio_buttons", "action_id": "a", "options": options(count)}) for count in (10, 11)],
    ),
    (
        "/blocks/0/elements/0/options",
        [actions({"type": "checkboxes", "action_id": "a", "options": options(count)}) for count in (10, 11)],
    ),
    (
        "/blocks/0/accessory/type",
        (
            section("x", accessory=press("x", "a")),
            section("x", accessory={"type": "plain_text_input", "action_id": "a"}),
        ),
    ),
    (
        "/blocks/0/label/text",
        [field_of("b", "x" * size, {"type": "plain_text_input", "action_id": "a"}) for size in (2000, 2001)],
    ),
    ("/blocks/0/hint/text", [{**typed(), "hint": plain("x" * size)} for size in (2000, 2001)]),
    ("/blocks/0/element/max_length", [typed(max_length=size) for size in (3000, 3001)]),
    ("/blocks/0/element/initial_value", [typed(max_length=3, initial_value="x" * size) for size in (3, 4)]),
    ("/blocks/0/element/type", (typed(), field_of("b", "x", press("x", "a")))),
    ("/blocks/0/element/type", (typed(), field_of("b", "x", {"type": "telepathy"}))),
    ("/blocks/0", (typed(), {"type": "input", "label": plain("x")})),
    ("/blocks/0/block_id", [{"type": "divider", "block_id": "x" * size} for size in (255, 256)]),
    ("/blocks/0/alt_text", [{"type": "image", "image_url": "x", "alt_text": "x" * size} for size in (2000, 2001)]),
    ("/blocks/0/image_url", [{"type": "image", "image_url": "x" * size, "alt_text": "x"} for size in (3000, 3001)]),
    ("/blocks/0/type", ({"type": "divider"}, {"type": "carousel"})),
    ("/blocks", [{"type": "markdown", "text": "x" * size} for size in (12_000, 12_001)]),
    (
        "/blocks/0/elements/0/type",
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
            {"type": "rich_text", "elements": [{"type": "song"}]},
        ),
    ),
]


@pytest.mark.parametrize(("at", "pair"), LIMITS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_limit(at: str, pair: Any) -> None:
    right, wrong = pair
    assert check_blocks([right], "message") == []
    problems = check_blocks([wrong], "message")
    assert problems
    assert any(problem.endswith(f"[json-pointer:{at}]") for problem in problems), problems


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_how_many_blocks(surface: str, most: int) -> None:
    assert check_blocks([{"type": "divider"}] * most, surface) == []
    assert check_blocks([{"type": "divider"}] * (most + 1), surface) == [
        f"no more than {most} items allowed [json-pointer:/blocks]"
    ]


def test_two_blocks_of_one_id() -> None:
    assert "already exists" in check_blocks([section("x", block_id="b"), section("x", block_id="b")], "message")[0]
    assert check_blocks([section("x"), section("x")], "message") == []


@pytest.mark.parametrize("blocks", ["text", {"type": "divider"}, None, ["text"], [[]]])
def test_what_is_no_list_of_blocks(blocks: Any) -> None:
    assert check_blocks(blocks, "message")


@pytest.mark.parametrize("kind", ["markdown", "context_actions"])
def test_what_only_messages_take(kind: str) -> None:
    block = {
        "markdown": {"type": "markdown", "text": "x"},
        "context_actions": {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "f",
                    "positive_button": {"text": plain("Good"), "value": "+"},
                    "negative_button": {"text": plain("Bad"), "value": "-"},
                }
            ],
        },
    }[kind]
    assert check_blocks([block], "message") == []
    assert check_blocks([block], "modal")


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"title": plain("x" * 25)}, "/view/title/text"),
        ({"title": mrkdwn("x")}, "/view/title/type"),
        ({"title": None}, "/view/title"),
        ({"submit": plain("x" * 25)}, "/view/submit/text"),
        ({"close": plain("x" * 25)}, "/view/close/text"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"callback_id": "x" * 256}, "/view/callback_id"),
        ({"external_id": "x" * 256}, "/view/external_id"),
        ({"submit": None}, "/view"),
        ({"type": "drawer"}, "/view/type"),
        ({"blocks": None}, "/view/blocks"),
    ],
)
def test_a_view(change: Json, at: str) -> None:
    right = modal(typed(), close=plain("x" * 24), private_metadata="x" * 3000, callback_id="x" * 255)
    assert check_view(right) == []
    assert any(problem.endswith(f"[json-pointer:{at}]") for problem in check_view({**right, **change}))
    assert check_view({"type": "home", "blocks": [section("x")]}) == []
