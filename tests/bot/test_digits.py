"""Digits that somebody writes to Deskgate without a word: never kept, as they may be a PIN; and codes in the digits of any script."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.text import intents
from store import tables
from store.text import pin_redaction
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.wire import count, rows

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
    assert not intents.may_be_pin(words)


LEFT_OUT = "I have left out digits that may be your PIN"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("our shop is down, my PIN is 48291327", "our shop is down, my PIN is …"),
        ("PIN: 4829-1327 and the site is slow", "PIN: … and the site is slow"),
        ("account 200417 (PIN 48291327) is down", "account 200417 (PIN …) is down"),
        ("482913 is my pin, it is down. Or 551122 (pin)", "… is my pin, it is down. Or … (pin)"),
        ("pins 482913 and 551122, it is down", "pins … and …, it is down"),
        ("PIN 482913, 551122 or 771133: all wrong, see #1001", "PIN …, … or …: all wrong, see #1001"),
        ("my secret number is 48291327, order 123456 is late", "my secret number is …, order 123456 is late"),
        ("my code is ٤٨٢٩١٣, the VPS is slow", "my code is …, the VPS is slow"),
        ("my PIN is four eight two nine one three two seven, it is down", "my PIN is …, it is down"),
        ("My pin. Um. Four. Eight. Two. Nine. One. Three.", "My pin. Um. …."),
        ("forty-eight, double two thirteen is my PIN. One server is down", "… is my PIN. One server is down"),
        ("PIN 4829, 1327, or 48 29 13. Two of three are slow", "PIN …, or …. Two of three are slow"),
        ("my PIN is one two three, they say, and one of two servers is down", ""),
        ("error code 80070057, PIN does not work for 17846325", ""),
        ("our order 123456, PIN 4829 is short, ring 01632 960101", ""),
    ],
)
def test_digits_that_are_called_a_pin_are_left_out_and_no_others(words: str, left: str) -> None:
    assert pin_redaction.left_out(words) == (left or words).replace("…", pin_redaction.MARK)


def test_a_pin_within_a_report_goes_nowhere_and_the_rest_becomes_a_ticket(slack_once: SlackDesk) -> None:
    """Nor by an edit, in a ticket's thread, from a channel, by a command, or from a form."""
    desk, bodies = slack_once, select(tables.messages.c.body)
    desk.link("U0MIA", "mia.chen")
    mia = desk.be("U0MIA")
    mine = mia.dm(f"our shop is down, my PIN is {PIN}")
    desk.work()
    left = "our shop is down, my PIN is [digits left out]"
    assert f"Ticket #1001: {left}" in desk.said("U0MIA")
    assert f"{LEFT_OUT}; the rest of what you wrote is kept. *Never write your PIN here*" in desk.said("U0MIA")
    assert [row.body for row in rows(desk, bodies)] == [left]
    desk.pass_time(60)
    mia.edit(mine, f"our shop is down since nine, the PIN is {PIN}")
    desk.work()
    assert desk.said("U0MIA").count(LEFT_OUT) == 2
    mia.dm(f"or the pin code {PIN}", thread=mine)
    mia.says("help", f"@Deskgate our shop is down, pin {PIN}")
    desk.work()
    mia.command("/ticket", f"our shop is down. PIN {PIN}", "help")
    desk.work()
    assert "PIN [digits left out]" in desk.text_of(desk.form("U0MIA"))
    refused = desk.submit("U0MIA", words=f"our shop is down. PIN {PIN}")
    assert "may be a PIN" in str(refused.errors if refused is not None else "")
    assert [row.body for row in rows(desk, bodies)] == [
        "our shop is down since nine, the PIN is [digits left out]",
        *("or the pin code [digits left out]", "our shop is down, pin [digits left out]"),
    ]
    mia.edit(mine, "our shop is down since nine")
    desk.work()
    assert rows(desk, bodies)[0].body == "our shop is down since nine", "taken out of the message, as was asked"
    assert PIN not in desk.said("U0KIM", AGENTS)


def test_a_stranger_is_told_so_too_and_links_with_eight_digits_of_any_script(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0LEO").dm("408172")
    desk.work()
    assert NOT_KEPT in desk.said("U0LEO")
    code = desk.code("leo.fox").translate({ord("0") + n: ord("٠") + n for n in range(10)})
    desk.be("U0LEO").dm(f"link {code}")
    desk.work()
    assert "I know you now" in desk.said("U0LEO")
