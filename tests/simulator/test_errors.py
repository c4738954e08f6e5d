"""What Twilio makes of a bad answer: its error number, the fallback, and what the caller hears in the end."""

from __future__ import annotations

import httpx2
import pytest

from simulator.exchange import Exchange, posting
from tests.simulator.toy_desk import CALLER, NUMBER, PUBLIC, SID, TOKEN, Says, ToyDesk

APPLICATION_ERROR = "We are sorry. An application error has occurred. Goodbye."
XML = "application/xml"


def heard(exchange: Exchange) -> list[str]:
    phone = exchange.phone(CALLER)
    phone.dial()
    return phone.heard


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, XML, "<Response/>"), 11200),
        ((302, XML, "<Response/>"), 11200),
        ((200, "application/json", "{}"), 12300),
        ((200, "", "<Response/>"), 12300),
        ((200, XML, "<Response>"), 12100),
        ((200, XML, "hello <Response/>"), 12100),
        ((200, XML, "<Answer/>"), 12100),
        ((200, XML, "<Response><Say>\x01</Say></Response>"), 12100),
        ((200, XML, "<Response>" + " " * 65536 + "</Response>"), 12100),
    ],
)
def test_a_failed_answer_goes_to_the_fallback_once(desk: ToyDesk, exchange: Exchange, answer: Says, code: int) -> None:
    desk.on("/ivr/voice", answer)
    desk.on("/ivr/fallback", "<Say>Please ring again.</Say>")
    assert heard(exchange) == ["Please ring again."]
    (form,) = desk.forms("/ivr/fallback")
    assert (form["ErrorCode"], form["ErrorUrl"]) == (str(code), PUBLIC + "/ivr/voice")
    assert [fault.code for fault in exchange.faults] == [code]


def test_a_failed_turn_goes_to_the_fallback_too(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn?t=7"/>')
    desk.on("/ivr/turn", (503, XML, ""))
    desk.on("/ivr/fallback", "<Say>Please ring again.</Say>")
    phone = exchange.phone(CALLER)
    phone.dial()
    phone.press("1#")
    assert phone.heard == ["Please ring again."]
    assert desk.forms("/ivr/fallback")[0]["ErrorUrl"] == PUBLIC + "/ivr/turn?t=7"
    assert "t=7" not in repr(exchange.webhooks)


def test_a_failed_fallback_is_the_end(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", (500, "text/html", "oops"))
    desk.on("/ivr/fallback", (500, "text/html", "oops"))
    assert heard(exchange) == [APPLICATION_ERROR]
    assert desk.routes() == ["/ivr/voice", "/ivr/fallback", "/ivr/status"]


def test_plain_text_is_spoken_unless_it_is_twiml(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", (200, "text/plain", "Internal  error: no such table"))
    assert heard(exchange) == ["Internal error: no such table"]
    desk.on("/ivr/voice", (200, "text/plain", "<Response><Say>Hi.</Say></Response>"))
    assert heard(exchange) == ["Hi."]


def test_sound_is_played(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", (200, "audio/mpeg", "…"))
    assert heard(exchange) == ["[music]"]


@pytest.mark.parametrize(
    "twiml",
    [
        "<say>Small.</say>",
        "<Speak>What?</Speak>",
        "<Gather><Gather/></Gather>",
        '<Gather timeOut="3"/>',
        '<Gather numDigits="few"/>',
        '<Gather finishOnKey="##"/>',
        '<Gather actionOnEmptyResult="yes"/>',
        '<Gather timeout="-1"/>',
        '<Say voice="x"><b>bold</b></Say>',
        "words in between",
        f"<Say>{'word ' * 700}</Say>",
        "<Say/>",
    ],
)
def test_what_is_wrong_in_a_document_is_logged_and_passed_over(desk: ToyDesk, exchange: Exchange, twiml: str) -> None:
    """12200 is a warning at Twilio, and the call goes on; a call script fails on it."""
    desk.on("/ivr/voice", twiml + "<Say>On we go.</Say>")
    phone = exchange.phone(CALLER)
    phone.dial()
    if phone.state == "gathering":
        phone.wait()
    assert phone.heard[-1] == "On we go."
    assert exchange.faults[0].code in (12200, 13520, 13521)
    assert desk.forms("/ivr/fallback") == []


@pytest.mark.parametrize(
    "twiml", ["<Enqueue>x</Enqueue>", "<Dial>+441632960001</Dial>", "<Dial><Number>1</Number></Dial>"]
)
def test_what_the_simulator_does_not_play_is_said_and_not_skipped(
    desk: ToyDesk, exchange: Exchange, twiml: str
) -> None:
    desk.on("/ivr/voice", twiml)
    assert heard(exchange) == [APPLICATION_ERROR]
    assert "the simulator" in exchange.faults[0].words


def test_a_wrong_signature_is_refused_by_the_desk(desk: ToyDesk, exchange: Exchange) -> None:
    desk.token = "another"
    assert heard(exchange) == [APPLICATION_ERROR]
    assert {hook.status for hook in exchange.webhooks} == {403}


def test_an_action_on_another_host_is_not_asked(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="https://desk.example.evil/x"/>')
    phone = exchange.phone(CALLER)
    phone.dial()
    phone.press("1#")
    assert phone.heard == []
    assert desk.routes() == ["/ivr/voice", "/ivr/fallback", "/ivr/status"]


def test_no_connection_is_tried_twice_and_then_an_error() -> None:
    tries = []

    def refuse(request: httpx2.Request) -> httpx2.Response:
        tries.append((request.url.path, request.headers["I-Twilio-Idempotency-Token"]))
        raise httpx2.ConnectError("refused")

    client = httpx2.Client(transport=httpx2.MockTransport(refuse), base_url="http://127.0.0.1:1")
    with client:
        exchange = Exchange(posting(client), SID, TOKEN, PUBLIC, NUMBER)
        assert heard(exchange) == [APPLICATION_ERROR]
    assert [path for path, _ in tries] == ["/ivr/voice"] * 2 + ["/ivr/fallback"] * 2 + ["/ivr/status"] * 2
    assert len({token for _, token in tries}) == 3
    assert [fault.code for fault in exchange.faults] == [11205] * 3


def test_a_status_callback_that_fails_is_noted_and_harms_nothing(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Say>Hi.</Say>")
    desk.on("/ivr/status", (500, "application/json", "{}"))
    assert heard(exchange) == ["Hi."]
    assert [fault.code for fault in exchange.faults] == [11200]
