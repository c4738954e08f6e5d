"""Call scripts: what a line can say, what counts as heard, and how a mismatch reads."""

from __future__ import annotations

import pytest

from simulator.exchange import Exchange
from simulator.script import BadScriptError, ScriptMismatchError, play, record, written_down
from tests.simulator.toy_desk import PUBLIC, ToyDesk

STORY = """\
# Mia reports that her site is down.
from +441632960108
desk: Welcome. Key your PIN.
caller presses 17846325#
desk: Press 1 to open a ticket.
desk: Press 0 for a person.
caller presses 1
desk: Speak after the tone.
caller says my site is down
desk: Your ticket is … . Goodbye.
desk hangs up
"""


@pytest.fixture(autouse=True)
def _toy_calls(desk: ToyDesk) -> None:
    desk.on("/ivr/voice", '<Say>Welcome.</Say><Gather action="/menu"><Say>Key your PIN.</Say></Gather>')
    desk.on(
        "/menu",
        '<Gather action="/turn" numDigits="1" actionOnEmptyResult="true"><Say>Press 1 to open a ticket.</Say>'
        "<Say>Press 0 for a person.</Say></Gather>",
    )
    desk.on("/turn", turn)
    desk.on("/kept", "<Say>Your ticket is 1 0 4 2 . Goodbye.</Say>")
    desk.on("/agent", '<Gather action="/take" numDigits="1"><Say>Press 1 to take a call.</Say></Gather>')
    desk.on("/take", "<Dial><Conference>seven</Conference></Dial>")


def turn(form: dict[str, str]) -> str:
    match form["Digits"]:
        case "1":
            return '<Say>Speak after the tone.</Say><Record action="/kept"/>'
        case "0":
            return "<Dial><Conference endConferenceOnExit='true'>seven</Conference></Dial>"
        case _:
            return "<Say>Nothing was keyed.</Say>"


def test_a_call_as_it_should_go(exchange: Exchange) -> None:
    transcript = play(STORY, exchange)
    assert transcript[:3] == [("desk", "Welcome."), ("desk", "Key your PIN."), ("caller", "presses •••")]
    assert ("caller", "says my site is down") in transcript


@pytest.mark.parametrize(
    ("old", "new", "number", "words"),
    [
        ("desk: Welcome. Key your PIN.", "desk: Welcome.", 4, "Key your PIN."),
        ("desk: Welcome. Key your PIN.", "desk: Good day.", 3, "Welcome."),
        ("desk: Press 0 for a person.\n", "", 6, "Press 0 for a person."),
        ("desk: Speak after the tone.", "desk: Speak after the ….\ndesk: More.", 9, "heard nothing more"),
        ("caller says my site is down", "caller hangs up\ncaller presses 1", 10, "there is no call"),
        ("desk hangs up", "desk: More.", 11, "heard nothing more"),
        ("caller says my site is down", "desk hangs up", 9, "the phone is recording"),
    ],
)
def test_a_mismatch_says_where_and_what(exchange: Exchange, old: str, new: str, number: int, words: str) -> None:
    with pytest.raises(ScriptMismatchError) as caught:
        play(STORY.replace(old, new), exchange)
    assert caught.value.number == number
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"line {number}: expected ")


def test_the_end_of_the_script_leaves_nothing_unheard_and_hangs_up(desk: ToyDesk, exchange: Exchange) -> None:
    with pytest.raises(ScriptMismatchError, match="the end of the script"):
        play("from unknown", exchange)
    assert desk.routes()[-1] == "/ivr/status"
    assert desk.forms("/ivr/voice")[0]["From"] == "unknown"


def test_any_words_and_any_lines(exchange: Exchange) -> None:
    play("from unknown\ndesk: …\ncaller presses 1234#\ndesk: Press 1 … .\ndesk: ...\ncaller waits\ndesk: …", exchange)
    play("from unknown\ndesk: …\ncaller presses 1234#\ndesk: …\ndesk: Press 0 for a person.\ncaller hangs up", exchange)


def test_words_are_no_pattern(exchange: Exchange) -> None:
    with pytest.raises(ScriptMismatchError):
        play("from unknown\ndesk: Welcome. Key your PIN?\ncaller hangs up", exchange)
    with pytest.raises(ScriptMismatchError):
        play("from unknown\ndesk: .*\ncaller hangs up", exchange)


@pytest.mark.parametrize(
    "line", ["caller dances", "caller presses 12a", "desk", "agent answers later", "agent presses 1"]
)
def test_a_bad_line_is_named(exchange: Exchange, line: str) -> None:
    with pytest.raises(BadScriptError, match="line 3"):
        play(f"from unknown\ndesk: …\n{line}", exchange)


def test_who_calls_may_be_said_outside(exchange: Exchange) -> None:
    play("desk: …", exchange, from_number="+441632960101")
    with pytest.raises(BadScriptError, match="who calls"):
        play("desk: …", exchange)


def test_an_agent_takes_the_call(exchange: Exchange) -> None:
    """`meanwhile` is where a test delivers the desk's outbox: here it places the call that rings the agent."""

    def outbox() -> None:
        if "seven" in exchange.conferences and len(exchange.legs) == 1:
            exchange.create_call("+441632960999", PUBLIC + "/agent")

    script = """
        from +441632960108
        desk: …
        caller presses 1234#
        desk: …
        caller presses 0
        agent answers
        agent: hears Press 1 to take a call.
        agent presses 1
        agent says hello, how can I help
        desk: hello, how can I help
        caller says my site is down
        agent: my site is down
        caller hangs up
    """
    play(script, exchange, meanwhile=outbox)
    with pytest.raises(ScriptMismatchError, match="phone to ring"):
        play("from unknown\ndesk: …\nagent answers", exchange)


def test_an_error_twilio_would_log_must_be_expected(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Say>Welcome.</Say><speak/>")
    with pytest.raises(ScriptMismatchError, match="12200 at /ivr/voice"):
        play("from unknown\ndesk: Welcome.", exchange)
    play("from unknown\ndesk: Welcome.\ntwilio logs 12200", exchange)
    with pytest.raises(ScriptMismatchError, match="it logged 12200"):
        play("from unknown\ndesk: Welcome.\ntwilio logs 11200", exchange)


def test_a_golden_call_is_updated_by_playing_it(exchange: Exchange) -> None:
    updated = record(STORY.replace("desk: Press 0 for a person.\n", "desk: Press 0 and pray.\n"), exchange)
    assert updated.startswith("# Mia reports that her site is down.\nfrom +441632960108\ndesk: Welcome.\n")
    assert "desk: Press 0 for a person.\ncaller presses 1\n" in updated
    assert updated.endswith("desk: Your ticket is 1 0 4 2 . Goodbye.\ndesk hangs up\n")
    play(updated, exchange)


def test_a_call_made_by_hand_can_be_written_down(exchange: Exchange) -> None:
    phone = exchange.phone("+441632960108")
    phone.dial()
    for key in "1234#":
        phone.press(key)
    phone.wait()
    script = written_down(phone)
    assert "caller presses 1234#\n" in script
    play(script, exchange)
