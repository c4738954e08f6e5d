"""The phone in the terminal: by hand, from a script, and its exit codes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from simulator.exchange import Exchange
from simulator.terminal import dialling, run_call
from tests.simulator.served import served
from tests.simulator.toy_desk import CALLER, NUMBER, SID, TOKEN, ToyDesk

HERE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _toy_calls(desk: ToyDesk) -> None:
    desk.on("/ivr/voice", '<Gather action="/turn" numDigits="1"><Say>Press 1.</Say></Gather><Say>Nothing keyed.</Say>')
    desk.on("/turn", "<Say>Speak.</Say><Record action='/kept'/>")
    desk.on("/kept", "<Say>Thank you.</Say>")


def by_hand(exchange: Exchange, *typed: str) -> str:
    out = io.StringIO()
    lines = iter(typed)

    def ask(prompt: str) -> str:
        out.write(prompt)
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    assert run_call(HERE, CALLER, None, exchange, out=out, ask=ask) == 0
    return out.getvalue()


def test_a_call_by_hand(desk: ToyDesk, exchange: Exchange) -> None:
    told = by_hand(exchange, "?", "dance", "1", "say", "say my site is down")
    assert "desk  Press 1.\ngathering> " in told
    assert "neither a key nor a word" in told
    assert "recording>   say what?" in told
    assert told.endswith("desk  Thank you.\n  The call has ended.\n")
    assert desk.forms("/kept")[0]["Digits"] == "#"


@pytest.mark.parametrize(("typed", "heard"), [("", "Nothing keyed."), ("wait", "Nothing keyed."), ("hangup", "ended")])
def test_silence_and_hanging_up(exchange: Exchange, typed: str, heard: str) -> None:
    assert heard in by_hand(exchange, typed)


def test_saying_and_hanging_up(desk: ToyDesk, exchange: Exchange) -> None:
    by_hand(exchange, "1", "say my site is down and hang up")
    assert desk.forms("/kept")[0]["Digits"] == "hangup"
    (recording,) = exchange.recordings.values()
    assert recording.text == "my site is down"


def test_the_end_of_the_input_hangs_up(desk: ToyDesk, exchange: Exchange) -> None:
    by_hand(exchange)
    assert desk.routes()[-1] == "/ivr/status"


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("desk: Press 1.\ncaller presses 1\ndesk: Speak.\ncaller says hello\ndesk: Thank you.", 0, ""),
        ("desk: Press 2.", 1, "line 1: expected to hear:\n    Press 2.\n  but heard:\n    Press 1."),
        ("desk: Press 1.\ncaller dances", 2, "line 2: nobody knows how to do this: caller dances"),
    ],
)
def test_a_script(exchange: Exchange, tmp_path: Path, script: str, code: int, words: str) -> None:
    path = tmp_path / "call.txt"
    path.write_text(script)
    out, errors = io.StringIO(), io.StringIO()
    assert run_call(HERE, CALLER, path, exchange, out=out, errors=errors) == code
    assert words in errors.getvalue()
    assert ("call.txt: as it should be" in out.getvalue()) == (code == 0)


def test_a_script_that_is_not_there(exchange: Exchange, tmp_path: Path) -> None:
    errors = io.StringIO()
    assert run_call(HERE, CALLER, tmp_path / "none.txt", exchange, errors=errors) == 2
    assert "cannot be read" in errors.getvalue()


@pytest.mark.parametrize("url", ["https://desk.example", "http://192.0.2.1:8000", "http://127.0.0.1.evil.example", "x"])
def test_only_loopback_is_rung(desk: ToyDesk, exchange: Exchange, url: str) -> None:
    errors = io.StringIO()
    assert run_call(url, CALLER, None, exchange, errors=errors) == 2
    assert errors.getvalue().count("\n") == 1
    assert desk.asked == []


def test_against_a_running_service(tmp_path: Path) -> None:
    path = tmp_path / "call.txt"
    path.write_text("desk: Welcome … hash.\ncaller presses 10000081#17846325#\ndesk: …\ncaller hangs up\n")
    with served() as service, dialling(service.url, SID, TOKEN, service.url, NUMBER) as exchange:
        assert run_call(service.url, CALLER, path, exchange, out=io.StringIO()) == 0
