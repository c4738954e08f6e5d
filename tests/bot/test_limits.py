"""Whatever people and imports bring, every message, form and home tab keeps Slack's limits, and nothing in it comes alive.

T38
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError

from bot.text import phrases
from bot.views import (
    agent_cards,
    call_cards,
    customer_messages,
    delegation_messages,
    forms,
    home,
    verification_messages,
)
from bot.views import blocks as b
from bot.views.blocks import Message
from desk.accounts import OfAccounts, Rights
from simulator.slack.limits import check_blocks
from simulator.slack.limits import check_view as simulators_view
from store.accounts.account_details import Deciders, Invoice, Service
from store.tickets.customer_tickets import Conversation
from tests.bot import every_view, everything_shown
from tests.bot import slack_limits as limits
from tests.bot.every_view import views
from tests.bot.everything_shown import AT, P, account, loan, messages, said, ticket
from tests.sizes import size

NASTY = (  # the most telling first: a run at every change takes these
    "&" * 12_000,
    "<!channel> <!here> <@U1> <#C1> <https://evil.example|bank> https://evil.example & &amp; &lt;",
    "\x07\x1b[31m\u202e\u200b\u2028 \r\n\t" * 20,
    "*bold* _it_ ~no~ `code` ```\n> quoted\n• point",
    "",
    "W" * 12_000,
    "<" * 3_001,
    "n" * 200,
    "a b " * 3_000,
    "😀👩‍👩‍👧‍👦" * 100,
    "<!date^0^{date}|x> <!subteam^S1>",
    " ",
)


def trouble(text: str) -> list[str]:
    """What Slack would not take, or what would come alive, with what it is about."""
    found = []
    for what, message in messages(text):
        found += _wrong(what, partial(limits.check_message, message))
        found += [f"{what}: {one}" for one in check_blocks(message.sent()["blocks"], "message")]
    for what, view in views(text):
        found += _wrong(what, partial(limits.check_view, view))
        found += [f"{what}: {one}" for one in simulators_view(view)]
    return found


def _wrong(what: str, check: Callable[[], None]) -> list[str]:
    try:
        check()
    except (AssertionError, SlackObjectFormationError) as wrong:
        return [f"{what}: {str(wrong)[:200]}"]
    return []


@pytest.mark.parametrize("text", NASTY[: size(len(NASTY), 3)], ids=lambda text: ascii(text[:12]))
def test_nasty_words_keep_the_limits(text: str) -> None:
    assert trouble(text) == []


_odd = st.text(alphabet=st.sampled_from("&<>|!@#*_`~^ ampltg;\n😀\u202ed0")) | st.text()


@settings(max_examples=size(10, 2))
@given(text=st.builds(lambda words, times: (words * times)[:13_000], _odd, st.sampled_from([1, 7, 900])))
def test_whatever_anybody_says_keeps_the_limits(text: str) -> None:
    assert trouble(text) == []


@given(text=_odd, most=st.integers(3, 60))
def test_what_is_cut_is_whole(text: str, most: int) -> None:
    """Cut anywhere, what was escaped stays escaped, and what of it can be read is the beginning of what was said."""
    said = phrases.escaped(text) + phrases.moment(AT) + phrases.escaped(text)
    left = b.cut_mrkdwn(said, most)
    assert len(left) <= most
    limits.check_mrkdwn(left)
    assert left == said or said.startswith(left.removesuffix(b.CUT))


def test_what_is_not_shown_is_said() -> None:
    due = [Invoice("MT-1", "1.00", "GBP", "2026-11-15", "unpaid")] * 60
    for message, told_of in (
        (
            customer_messages.bills(P, OfAccounts(tuple((account("a", n), due) for n in range(150)), 0)),
            ("40 more", "110 more"),
        ),
        (
            customer_messages.services(P, OfAccounts(((account("a"), [Service("r", "s", "running")] * 40),) * 41, 0)),
            ("10 more", "1 more"),
        ),
        (
            customer_messages.contacts(P, OfAccounts(((account("a"), Deciders(("b",), False, "")),) * 50, 100)),
            ("110 more",),
        ),
        (
            customer_messages.account(
                P, OfAccounts(((account("a"), Rights(("billing.view",), frozenset())),) * 150, 0), [], has_lent=False
            ),
            ("138 more",),
        ),
        (delegation_messages.lent(P, [loan("a")] * 21), ("1 more",)),
        (
            customer_messages.conversation(P, Conversation(ticket("a"), "question", (said("W" * 12_000),) * 30)),
            ("earlier messages",),
        ),
    ):
        words = str(message.blocks)
        assert all(one in words for one in told_of), told_of
        assert "action_id" in str(message.blocks[-2:]) or told_of[-1] in str(message.blocks[-1:])


def test_a_long_ticket_keeps_its_buttons_and_the_last_of_what_was_said() -> None:
    long = Conversation(ticket("a"), "question", tuple(said(f"{n:05}" * 2_400, n) for n in range(30)))
    *blocks, last = customer_messages.conversation(P, long).sent()["blocks"]
    assert [one["action_id"] for one in last["elements"]] == ["reply", "solved"]
    assert str(blocks).count("00029") >= 2_400


@pytest.mark.parametrize(
    "module",
    [customer_messages, agent_cards, delegation_messages, call_cards, verification_messages, forms, home],
    ids=lambda module: module.__name__,
)
def test_everything_that_makes_a_message_or_a_form_was_tried(module: ModuleType) -> None:
    tried = "".join(
        Path(str(where.__file__)).read_text() for where in (everything_shown, every_view, customer_messages)
    )
    makers = [
        name
        for name, made in inspect.getmembers(module, inspect.isfunction)
        if made.__module__ == module.__name__
        and not name.startswith("_")
        and made.__annotations__["return"] in ("Message", "Block")
    ]
    assert makers
    assert [
        name
        for name in makers
        if f"{module.__name__.rpartition('.')[2]}.{name}(" not in tried and f" {name}(" not in tried
    ] == []


def _section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x", "verbatim": True}} | more


@pytest.mark.parametrize(
    "blocks",
    [
        [_section(text={"type": "mrkdwn", "text": "hello <!channel>", "verbatim": True})],
        [_section(text={"type": "mrkdwn", "text": "a & b", "verbatim": True})],
        [_section(text={"type": "mrkdwn", "text": "x", "verbatim": False})],
        [_section(text={"type": "mrkdwn", "text": "x" * 3_001, "verbatim": True})],
        [_section(text={"type": "mrkdwn", "text": "", "verbatim": True})],
        [_section(block_id="a"), _section(block_id="a")],
        [_section(block_id="a" * 256)],
        [*b.actions(b.button("a", "one"), b.button("b", "one"))],
        [*b.actions(b.button("a", "one", "v" * 2_001))],
        [*b.actions(*(b.button("a", f"id{n}") for n in range(6)))],
        [*b.actions(b.select("a", "one", []))],
        [*b.actions(b.select("a", "one", [b.option("x", "v" * 151)]))],
        [*b.actions(b.select("a", "one", [b.option("x", "v"), b.option("y", "v")]))],
        [*b.actions(b.grouped("a", "one", [("group", [])]))],
        [_section()] * 51,
    ],
    ids=lambda blocks: str(blocks)[:90],
)
def test_what_slack_would_not_take_is_seen(blocks: list[dict[str, Any]]) -> None:
    with pytest.raises((AssertionError, SlackObjectFormationError)):
        limits.check_message(Message("x", tuple(blocks)))


def test_a_message_without_words_is_seen() -> None:
    with pytest.raises(AssertionError):
        limits.check_message(Message("  ", (_section(),)))


def test_a_form_that_slack_would_not_take_is_seen() -> None:
    asks = [b.ask("a", "a", b.words("a"))]
    for wrong in (b.modal("c", "t", asks), b.modal("c", "t", asks, submit="s", metadata="m" * 3_001), b.home([])):
        with pytest.raises((AssertionError, SlackObjectFormationError)):
            limits.check_view(wrong)
