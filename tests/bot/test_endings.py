"""D2: what became of a call for a person: the card in Slack and the desk's page say what happened, each ending in its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.ivr.elsewhere import kim
from tests.ivr.switchboard import asks, rings
from tests.ivr.wire import rows
from tests.portal.browsing import Agent

Opens = Callable[..., SlackDesk]
ASKED = "The caller asked for a person by phone"


@pytest.fixture
def opens(sample_sqlite: str, slack_stage: Stage) -> Iterator[Opens]:
    opened: list[SlackDesk] = []

    def open_with(**settings: Any) -> SlackDesk:
        opened.append(SlackDesk(sample_sqlite, slack_stage, **settings))
        return opened[-1]

    yield open_with
    for desk in opened:
        desk.close()


def picked_up(desk: SlackDesk) -> Phone:
    (agent,) = rings(desk)
    agent.answer()
    agent.press("1")
    return agent


def hangs_up(desk: SlackDesk, mia: Phone) -> None:
    desk.pass_time(20)
    mia.hang_up()


def nobody_answers(desk: SlackDesk, mia: Phone) -> None:
    desk.pass_time(46)
    mia.wait()


def goes_back(desk: SlackDesk, mia: Phone) -> None:
    desk.pass_time(20)
    mia.press("*")


def wants_a_callback(desk: SlackDesk, mia: Phone) -> None:
    desk.pass_time(20)
    mia.press("1")


def is_gone_when_it_is_taken(desk: SlackDesk, mia: Phone) -> None:
    desk.pass_time(20)
    picked_up(desk)
    mia.hang_up()


def talks_and_hangs_up(desk: SlackDesk, mia: Phone) -> None:
    desk.pass_time(40)
    picked_up(desk)
    mia.wait()
    desk.pass_time(180)
    mia.hang_up()


def talks_until_the_desk_hangs_up(desk: SlackDesk, mia: Phone) -> None:
    agent = picked_up(desk)
    mia.wait()
    desk.pass_time(180)
    agent.hang_up()


def is_never_heard_of_again(desk: SlackDesk, mia: Phone) -> None:
    picked_up(desk)
    mia.wait()
    desk.pass_time(5 * 3600)
    desk.container.worker.sweep()
    desk.pass_time(60)


@pytest.mark.parametrize(
    ("happens", "card", "page", "ticket"),
    [
        (
            hangs_up,
            "The caller hung up after 20 s, before anyone answered. They are to be called back.",
            "The caller hung up after 20 s, before anyone answered",
            f"{ASKED} and hung up after 20 s, before anyone answered.",
        ),
        (
            nobody_answers,
            "Nobody answered within 46 s.",
            "Nobody answered within 46 s",
            f"{ASKED} and nobody took the call.",
        ),
        (goes_back, "The caller went back to the menu after 20 s", "The caller went back to the menu after 20 s", ""),
        (
            wants_a_callback,
            "The caller waited for 20 s, and asked to be called back instead.",
            "The caller asked after 20 s to be called back instead",
            f"{ASKED}, and then to be called back instead of waiting.",
        ),
        (
            is_gone_when_it_is_taken,
            "Kim Novak took the call, and the caller had hung up before they met, after 20 s.",
            "Taken by you, but the caller had already hung up",
            f"{ASKED}. The call was taken after 20 s, and the caller had gone.",
        ),
        (
            talks_and_hangs_up,
            "Talked to Kim Novak for 3 min, until the caller hung up.",
            "Talked to you for 3 min, until the caller hung up",
            "",
        ),
        (
            talks_until_the_desk_hangs_up,
            "Talked to Kim Novak for 3 min, until the desk hung up.",
            "Talked to you for 3 min, until the desk hung up",
            "",
        ),
        (is_never_heard_of_again, "Twilio has not told us how it ended.", "", ""),
    ],
)
def test_d2_each_ending_has_its_own_words(
    opens: Opens, happens: Callable[[SlackDesk, Phone], None], card: str, page: str, ticket: str
) -> None:
    """D2: not "Talked to somebody at the desk" of a caller whom nobody answered."""
    desk = opens()
    kim(desk)
    mia = asks(desk)
    happens(desk, mia)
    desk.work()
    m = tables.messages.c
    assert [body for (body,) in rows(desk, select(m.body).where(m.event == ""))] == [ticket] * bool(ticket)
    (shown,) = [words for words in desk.read("U0ANA", AGENTS) if "*Call* ·" in words]
    assert f"*Ended.* {card}" in shown
    agent = Agent(desk)
    agent.sign_in()
    agent.get("/desk")
    assert page in agent.words


def test_d2_no_phone_of_the_desk(opens: Opens) -> None:
    desk = opens(agent_number="")
    asks(desk)
    desk.work()
    assert "*Ended.* No phone of the desk could be rung. They are to be called back." in desk.said("U0ANA", AGENTS)
