"""D1: what became of the sound of a spoken ticket, as its card in Slack and its page say it."""

from __future__ import annotations

from sqlalchemy import update

from store import tables
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.wire import change
from tests.portal.browsing import Agent

COMING = "Spoken by phone; the recording is on its way"
GONE = "Spoken by phone, but the recording could not be fetched: nobody can hear it."


def test_d1_card_and_page_say_what_became_of_the_sound(slack_once: SlackDesk) -> None:
    """D1: also when that changes, where the card stands; the customer reads it too."""
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    mia = desk.exchange.phone("+441632960108")
    mia.dial()
    for keys in ("#", "17846325#", "1", "1"):
        mia.press(keys)
    mia.speak("x")
    (sid,) = desk.exchange.recordings
    desk.exchange.lost.add(sid)
    change(desk, update(tables.messages).values(body=""))  # as without transcripts
    desk.work()
    assert COMING in desk.said("U0KIM", AGENTS)
    kim = Agent(desk)
    kim.sign_in()
    for _ in range(8):
        desk.pass_time(3601)
        desk.work()
    assert GONE in desk.said("U0KIM", AGENTS)
    assert COMING not in desk.said("U0KIM", AGENTS)
    assert GONE in desk.said("U0MIA")
    kim.sign_in()
    kim.get("/desk/tickets/1001")
    assert GONE in kim.words
    assert "the desk has the recording" not in kim.words
