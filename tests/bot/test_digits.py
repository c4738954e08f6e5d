"""Digits that somebody writes to Deskgate without a word: never kept, as they may be a PIN; and codes in the digits of any script."""

from __future__ import annotations

import pytest

from bot import reading
from store import tables
from tests.bot.slack_desk import SlackDesk
from tests.ivr.wire import count

NOT_KEPT = "I have not kept those digits. *Never write your PIN here*"
PIN = "40817263"


@pytest.mark.parametrize(
    "words", [PIN, PIN[:4], "4081 7263", "my PIN is 408172", "Hi, the PIN number's *40817263*, thanks!", "٤٠٨١٧٢"]
)
def test_digits_alone_are_not_kept_and_whoever_wrote_them_is_told(slack_once: SlackDesk, words: str) -> None:
    desk = slack_once
    desk.link("U0LEO", "leo.fox")
    desk.be("U0LEO").dm(words)
    desk.work()
    assert NOT_KEPT in desk.said("U0LEO")
    assert count(desk, tables.tickets) == count(desk, tables.early_edits) == 0


@pytest.mark.parametrize(
    "words", ["#1001", "ticket 1001", "server 1001 is down", "999", "01632 960101", "proof 408172", "1234 and 5678"]
)
def test_digits_that_are_said_to_be_something_else_are_no_pin(words: str) -> None:
    assert not reading.may_be_pin(words)


def test_a_stranger_is_told_so_too_and_links_with_eight_digits_of_any_script(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0LEO").dm("408172")
    desk.work()
    assert NOT_KEPT in desk.said("U0LEO")
    code = desk.code("leo.fox").translate({ord("0") + n: ord("٠") + n for n in range(10)})
    desk.be("U0LEO").dm(f"link {code}")
    desk.work()
    assert "I know you now" in desk.said("U0LEO")
