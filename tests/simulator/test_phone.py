"""Every verb, key, time-out and hang-up, against the toy desk: what is heard, and what is asked of the desk when."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.exchange import Exchange
from simulator.phone import CallOverError, Phone
from tests.simulator.toy_desk import CALLER, NUMBER, SID, ToyDesk

Act = Callable[[Phone], object]

APPLICATION_ERROR = "We are sorry. An application error has occurred. Goodbye."


def dialled(exchange: Exchange, number: str = CALLER) -> Phone:
    phone = exchange.phone(number)
    phone.dial()
    return phone


def test_the_first_webhook_carries_what_twilio_always_sends(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Gather/>")
    phone = dialled(exchange)
    (form,) = desk.forms("/ivr/voice")
    assert form["CallSid"] == phone.sid
    assert phone.sid[:2] == "CA"
    assert len(phone.sid) == 34
    assert {name: form[name] for name in ("AccountSid", "From", "To", "Caller", "Called")} == {
        "AccountSid": SID,
        "From": CALLER,
        "To": NUMBER,
        "Caller": CALLER,
        "Called": NUMBER,
    }
    assert (form["CallStatus"], form["Direction"], form["ApiVersion"]) == ("ringing", "inbound", "2010-04-01")
    phone.wait()
    assert desk.forms("/ivr/status")[0]["CallStatus"] == "completed"


def test_say_pause_play_and_the_end_of_the_document(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Say>One  two.</Say><Pause/><Play>/tune.mp3</Play><Say loop='2'>Again.</Say>")
    phone = dialled(exchange)
    assert phone.heard == ["One two.", "[music]", "Again.", "Again."]
    assert phone.state == "ended"
    assert desk.routes() == ["/ivr/voice", "/ivr/status"]


def test_ssml_is_heard_as_what_it_says(desk: ToyDesk, exchange: Exchange) -> None:
    say = "<Say>Ticket <say-as interpret-as='digits'>4 8 2 1</say-as>.<break time='1s'/>That is <say-as "
    desk.on("/ivr/voice", say + "interpret-as='digits'>4821</say-as>.</Say>")
    assert dialled(exchange).heard == ["Ticket 4 8 2 1. That is 4821."]


def test_keys_end_a_gather_at_num_digits(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather numDigits="1" action="/ivr/turn?t=1"><Say>Press 1.</Say></Gather>')
    desk.on("/ivr/turn", "<Say>Bye.</Say>")
    phone = dialled(exchange)
    assert phone.state == "gathering"
    phone.press("1")
    assert desk.asked[1][0] == "/ivr/turn?t=1"
    assert desk.asked[1][1]["Digits"] == "1"
    assert desk.asked[1][1]["CallStatus"] == "in-progress"
    assert phone.transcript == [("desk", "Press 1."), ("caller", "presses 1"), ("desk", "Bye.")]


def test_the_finish_key_is_removed(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn"/>')
    desk.on("/ivr/turn", '<Gather action="/ivr/turn" finishOnKey="*"/>')
    phone = dialled(exchange)
    phone.press("1234#")
    phone.press("5#6*")
    assert [form["Digits"] for form in desk.forms("/ivr/turn")] == ["1234", "5#6"]


def test_an_empty_finish_key_collects_until_the_time_out(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn" finishOnKey=""/>')
    phone = dialled(exchange)
    phone.press("12#")
    assert desk.forms("/ivr/turn") == []
    phone.wait()
    assert desk.forms("/ivr/turn")[0]["Digits"] == "12#"


def test_half_keyed_digits_wait_for_the_time_out_and_are_then_submitted(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn" numDigits="8"/>')
    phone = dialled(exchange)
    phone.press("12")
    phone.press("3")
    assert phone.state == "gathering"
    phone.wait()
    assert desk.forms("/ivr/turn")[0]["Digits"] == "123"


@pytest.mark.parametrize("act", [lambda phone: phone.wait(), lambda phone: phone.press("#")])
def test_nothing_keyed_goes_on_with_the_next_verb(desk: ToyDesk, exchange: Exchange, act: Act) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn"/><Say>Nothing then.</Say>')
    phone = dialled(exchange)
    act(phone)
    assert phone.heard == ["Nothing then."]
    assert desk.forms("/ivr/turn") == []


@pytest.mark.parametrize("act", [lambda phone: phone.wait(), lambda phone: phone.press("#")])
def test_nothing_keyed_is_told_when_the_desk_asks_for_it(desk: ToyDesk, exchange: Exchange, act: Act) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn" actionOnEmptyResult="true"/><Say>Not reached.</Say>')
    desk.on("/ivr/turn", "<Hangup/>")
    phone = dialled(exchange)
    act(phone)
    assert desk.forms("/ivr/turn")[0]["Digits"] == ""
    assert phone.heard == []


def test_keys_that_are_left_go_to_what_comes_next(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/a"/>')
    desk.on("/a", '<Gather action="/b"/>')
    desk.on("/b", '<Gather action="/c" numDigits="1"/>')
    phone = dialled(exchange)
    phone.press("10000081#17846325#1")
    assert [(path, form["Digits"]) for path, form in desk.asked[1:4]] == [
        ("/a", "10000081"),
        ("/b", "17846325"),
        ("/c", "1"),
    ]
    assert phone.transcript == [("caller", "presses •••"), ("caller", "presses •••"), ("caller", "presses 1")]


def test_keys_pressed_one_by_one_never_show_a_pin(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/a"/>')
    phone = dialled(exchange)
    for key in "17846325":
        phone.press(key)
    assert phone.transcript == []
    phone.press("#")
    assert phone.transcript == [("caller", "presses •••")]


def test_an_action_left_out_is_the_document_itself(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", lambda form: "<Say>Got it.</Say>" if "Digits" in form else "<Gather/>")
    phone = dialled(exchange)
    phone.press("7#")
    assert phone.heard == ["Got it."]


def test_a_relative_action_is_resolved_against_the_document(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="turn?t=9"/>')
    dialled(exchange).press("1#")
    assert desk.asked[1][0] == "/ivr/turn?t=9"


RECORD = (
    '<Record action="/kept?t=2" maxLength="120" finishOnKey="#" playBeep="true" recordingStatusCallback="/recorded" '
    'transcribe="true" transcribeCallback="/transcribed"/><Say>Nothing heard.</Say>'
)


def test_a_message_ended_by_its_key(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", RECORD)
    desk.on("/kept", "<Say>Thank you.</Say>")
    phone = dialled(exchange)
    assert phone.state == "recording"
    phone.speak("my site is down")
    assert desk.routes() == ["/ivr/voice", "/kept", "/recorded", "/transcribed", "/ivr/status"]
    kept, recorded, transcribed = (form for _, form in desk.asked[1:4])
    sid = kept["RecordingSid"]
    assert kept["Digits"] == "#"
    assert kept["RecordingUrl"] == f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Recordings/{sid}"
    assert int(kept["RecordingDuration"]) > 0
    assert (recorded["RecordingSid"], recorded["RecordingStatus"]) == (sid, "completed")
    assert recorded["RecordingDuration"] == kept["RecordingDuration"]
    assert (transcribed["TranscriptionText"], transcribed["TranscriptionStatus"]) == ("my site is down", "completed")
    assert transcribed["RecordingSid"] == sid
    assert transcribed["TranscriptionSid"].startswith("TR")
    assert phone.heard == ["Thank you."]
    assert exchange.recordings[sid].text == "my site is down"


def test_a_message_ended_by_silence_has_no_digits(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Record action="/kept" finishOnKey=""/>')
    dialled(exchange).speak("hello")
    assert "Digits" not in desk.forms("/kept")[0]


@pytest.mark.parametrize("act", [lambda phone: phone.wait(), lambda phone: phone.press("#")])
def test_silence_in_a_recording_goes_on_with_the_next_verb(desk: ToyDesk, exchange: Exchange, act: Act) -> None:
    desk.on("/ivr/voice", RECORD)
    phone = dialled(exchange)
    act(phone)
    assert phone.heard == ["Nothing heard."]
    assert desk.routes() == ["/ivr/voice", "/ivr/status"]


def test_hanging_up_while_recording_still_delivers_the_recording(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", RECORD)
    desk.on("/kept", "<Say>Nobody hears this.</Say>")
    phone = dialled(exchange)
    phone.speak("my site is down", then_hang_up=True)
    assert desk.routes() == ["/ivr/voice", "/kept", "/recorded", "/transcribed", "/ivr/status"]
    assert (desk.asked[1][1]["Digits"], desk.asked[1][1]["CallStatus"]) == ("hangup", "completed")
    assert (phone.heard, phone.state) == ([], "ended")


def test_hanging_up_reports_the_end_and_loses_pending_keys(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn"/>')
    phone = dialled(exchange)
    phone.press("12")
    phone.hang_up()
    assert desk.routes() == ["/ivr/voice", "/ivr/status"]
    status = desk.forms("/ivr/status")[0]
    assert (status["CallStatus"], status["CallDuration"], status["SequenceNumber"]) == ("completed", "0", "0")
    with pytest.raises(CallOverError):
        phone.press("1")


def test_redirect_goes_on_elsewhere_and_stops_at_ten(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Redirect>/ivr/loop</Redirect><Say>Not reached.</Say>")
    desk.on("/ivr/loop", "<Redirect/>")
    phone = dialled(exchange)
    assert phone.heard == [APPLICATION_ERROR]
    assert len(desk.forms("/ivr/loop")) == 10
    assert [fault.code for fault in exchange.faults] == [11215]


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_reject(desk: ToyDesk, exchange: Exchange, reason: str, status: str) -> None:
    desk.on("/ivr/voice", f'<Reject reason="{reason}"/>')
    assert dialled(exchange).state == "ended"
    assert desk.forms("/ivr/status")[0]["CallStatus"] == status


def test_a_gather_for_speech_takes_words(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather input="dtmf speech" action="/ivr/turn"/>')
    dialled(exchange).speak("a person please")
    assert desk.forms("/ivr/turn")[0]["SpeechResult"] == "a person please"


def test_a_repeated_delivery_carries_the_same_or_what_the_test_changes(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn"/>')
    desk.on("/ivr/turn", "<Gather/>")
    phone = dialled(exchange)
    phone.press("1#")
    assert phone.redeliver()[0] == 200
    phone.redeliver(Digits="2")
    assert [form["Digits"] for form in desk.forms("/ivr/turn")] == ["1", "1", "2"]


def test_the_log_masks_digits_and_tokens(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn?t=secret"/>')
    desk.on("/ivr/turn", "<Hangup/>")
    events: list[dict[str, object]] = []
    stop = exchange.listen(events.append)
    dialled(exchange).press("17846325#")
    stop()
    shown = repr(events) + repr(exchange.webhooks)
    assert "17846325" not in shown
    assert "secret" not in shown
    assert [hook.path for hook in exchange.webhooks] == ["/ivr/voice", "/ivr/turn?t=…", "/ivr/status"]
    assert ("Digits", "•••") in exchange.webhooks[1].params
    assert {event["kind"] for event in events} == {"webhook", "leg"}
