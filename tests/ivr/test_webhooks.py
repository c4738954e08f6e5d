"""What is not signed by Twilio, not for us or not in order is refused in TwiML, before it is read and without a trace.

T10, T31
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from starlette.routing import Route

from deskgate.request_bodies import BOUNDS
from ivr import router
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Form, Wire, kept, state_of

# Always sent, of a call and of a recording: a request without one of them has been re-cut.
OF_A_CALL = ("AccountSid", "ApiVersion", "CallSid", "CallStatus", "Direction", "From", "To")
OF_A_RECORDING = ("AccountSid", "CallSid", "RecordingSid")
ROUTES = [f"/ivr{path}" for path in router.ROUTES]


@pytest.fixture
def wire(long_desk: Desk) -> Wire:
    return Wire(long_desk)


def form_for(wire: Wire, route: str) -> Form:
    """A form that the route would take."""
    caller, sid = Caller(wire), "RE" + "1" * 32
    spoken = caller.form(("RecordingSid", sid), ("RecordingStatus", "completed"), ("TranscriptionStatus", "completed"))
    return spoken if route in ("/ivr/recording", "/ivr/transcription") else caller.form(status="completed")


def is_twiml(answer: Answer) -> bool:
    assert answer.kind == "application/xml"
    assert ElementTree.fromstring(answer.text).tag == "Response"
    return True


def test_the_routes_are_those_of_the_app(wire: Wire) -> None:
    assert len(ROUTES) == 13
    assert {"/ivr/voice", "/ivr/turn", "/ivr/status", "/ivr/fallback", "/ivr/recording", "/ivr/agent"} <= set(ROUTES)
    assert wire.desk.container.phone is not None
    routes = router.router(wire.desk.container.phone).routes
    served = {route.path: route.methods for route in routes if isinstance(route, Route)}
    assert len(served) == len(routes)
    assert set(served) == set(ROUTES)
    assert all(methods == {"POST"} for methods in served.values()), "a GET would put digits into URLs and logs"


@pytest.mark.parametrize("route", ROUTES)
def test_only_twilio_is_heard(wire: Wire, route: str) -> None:
    form, before = form_for(wire, route), kept(wire.desk, but=())
    body = urlencode(form).encode()
    good = wire.sign(route, form)
    other = Wire(wire.desk)
    other._signer.token = b"another token"
    forged = {
        "wrong": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "empty": "",
        "not ASCII": "héllo",
        "cut": good[:-1],
        "long": good + "A",
        "for another route": wire.sign("/ivr/other", form),
        "for another host": wire.sign(route, form, "https://evil.example"),
        "for another scheme": wire.sign(route, form, PUBLIC.replace("http", "https")),
        "for a query": wire.sign(f"{route}?t=1", form),
        "for other parameters": wire.sign(route, [*form, ("Digits", "1")]),
        "with another token": other.sign(route, form),
    }
    answers = {why: wire.post(route, form, signature) for why, signature in forged.items()}
    answers["none"] = wire.send(route, body)
    answers["another header"] = wire.send(route, body, **{"X-Twilio-Webhooks-Signature": good})
    answers["another algorithm"] = wire.post(
        route, form, "A" * 44, **{"X-Twilio-Webhooks-Signature-Settings": "key=a,algorithm=HMAC_SHA256"}
    )
    for why, answer in answers.items():
        assert is_twiml(answer)
        assert (answer.status, answer.said) == (403, ["Goodbye."]), why
    assert kept(wire.desk, but=()) == before
    if route in ("/ivr/voice", "/ivr/status", "/ivr/fallback", "/ivr/transcription"):
        assert wire.post(route, form, good).status == 200, "signed, the same form is taken"


def test_a_second_token_is_good_while_they_are_changed(sample_sqlite: str) -> None:
    for tokens, status in (("new,old", 200), ("old", 200), ("new", 403)):
        desk = Desk(sample_sqlite, **ACCOUNT | {"twilio_auth_token": tokens})
        wire = Wire(desk)
        wire._signer.token = b"old"
        assert Caller(wire).dial().status == status, tokens
        desk.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:8000#"},
        {"Host": "evil.example/ivr/voice#"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
        {"Forwarded": "host=evil.example;proto=https", "X-Forwarded-Prefix": "/evil", "X-Original-URL": "/evil"},
    ],
    ids=str,
)
def test_whatever_stands_between_does_not_matter(wire: Wire, headers: dict[str, str]) -> None:
    caller = Caller(wire)
    form = caller.form()
    assert wire.post("/ivr/voice", form, **headers).said[0] == "Welcome to the support desk."
    theirs = wire.sign("/ivr/voice", form, "https://evil.example")
    assert wire.post("/ivr/voice", form, theirs, **headers).status == 403
    moved = {"Host": f"127.0.0.1:8000/ivr/voice{headers.get('Host', '')}#"}
    assert wire.post("/ivr/fallback", form, wire.sign("/ivr/voice", form), **moved).status == 403


# --- signed, and wrong all the same


@pytest.mark.parametrize("route", ROUTES)
def test_a_signed_request_that_is_no_webhook_is_refused(wire: Wire, route: str) -> None:
    form = form_for(wire, route)
    always: tuple[str, ...] = OF_A_RECORDING if route in ("/ivr/recording", "/ivr/transcription") else OF_A_CALL
    if route == "/ivr/agent/told":
        always = ("AccountSid",)  # an announcement in a conference: what Twilio sends of it beside that is not sure
    wrong: dict[str, tuple[int, Form]] = {
        f"without {name}": (400, [pair for pair in form if pair[0] != name]) for name in always
    }
    without_account = [pair for pair in form if pair[0] != "AccountSid"]
    wrong |= {
        "for another account": (403, [*without_account, ("AccountSid", "AC" + "f" * 32)]),
        "twice the same": (400, [*form, form[0]]),
        "twice another": (400, [*form, ("CallSid", "CA" + "f" * 32)]),
        "200 parameters": (403, [*form, *((f"Extra{n}", "x") for n in range(200))]),
        "large": (413, [*form, ("Extra", "x" * BOUNDS["ivr"].most)]),
        "digits that are none": (400, [*form, ("Digits", "1٢")]),
        "a line break": (400, [*form, ("Digits", "1\n")]),
        "many digits": (400, [*form, ("Digits", "1" * 65)]),
        "a duration": (400, [*form, ("RecordingDuration", "1e9")]),
        "a dial status": (400, [*form, ("DialCallStatus", "completed\n")]),
    }
    before = kept(wire.desk, but=())
    for why, (status, parameters) in wrong.items():
        answer = wire.post(route, parameters)
        assert is_twiml(answer)
        assert answer.status == status, why
    assert kept(wire.desk, but=()) == before


@pytest.mark.parametrize("body", [b"\xff\xfe", b"From=%ff%fe", b"=", b"&&&", b"{}", b"", b"\x00", b"CallSid=%00"])
def test_a_body_that_is_no_form_is_refused(wire: Wire, body: bytes) -> None:
    for route in ROUTES:
        for signature in ("", "AAAA", wire.sign(route, []), wire.sign(route, [("From", "\ufffd\ufffd")])):
            answer = wire.send(route, body, **{"X-Twilio-Signature": signature})
            assert is_twiml(answer)
            assert answer.status in (400, 403)


def test_other_methods_and_other_places_are_answered_in_twiml(wire: Wire) -> None:
    for route in ROUTES:
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = wire.send(route, b"", method)
            assert is_twiml(answer)
            assert answer.status == 405
    for path in ("/ivr", "/ivr/", "/ivr/voicemail", "/ivr/voice/x", "/ivr/%2e%2e/healthz", "/ivr/VOICE"):
        answer = wire.send(path, b"")
        assert is_twiml(answer)
        assert answer.status == 404, path


def test_an_endless_body_is_not_read_to_its_end(wire: Wire) -> None:
    asked = itertools.count(1)

    def endless() -> Iterator[bytes]:
        for _ in asked:
            yield b"x" * 4096

    answer = wire.raw(b"/ivr/voice", b"", [(b"x-twilio-signature", b"A" * 27 + b"=")], endless())
    assert is_twiml(answer)
    assert answer.status == 413
    assert next(asked) < 2 * BOUNDS["ivr"].most / 4096


def test_t34_a_body_that_cannot_be_signed_or_is_too_large_is_not_read_at_all(wire: Wire) -> None:
    asked = itertools.count(1)

    def body() -> Iterator[bytes]:
        yield b"x" * next(asked)

    for signature, length, status in (
        (b"AAAA", b"9", 403),
        (b"A" * 27 + b"=", str(BOUNDS["ivr"].most + 1).encode(), 413),
    ):
        headers = [(b"x-twilio-signature", signature), (b"content-length", length)]
        assert wire.raw(b"/ivr/voice", b"", headers, body()).status == status
    assert next(asked) == 1


@pytest.mark.parametrize("query", [b"t=\xff\xfe", b"t=%ff", b"t=%00", b"&&", b"t", b"=" * 50, b"support_call=1;leg=2"])
def test_a_query_of_any_bytes_is_refused(wire: Wire, query: bytes) -> None:
    form = urlencode(Caller(wire).form()).encode()
    for route in ROUTES:
        answer = wire.raw(route.encode(), query, [(b"x-twilio-signature", b"AAAA")], iter([form]))
        assert is_twiml(answer)
        assert answer.status == 403


def test_a_query_parameter_that_comes_twice_is_refused(wire: Wire) -> None:
    caller = Caller(wire)
    path = f"{caller.dial().action}&t=x"
    assert caller.wire.post(path, caller.form(("Digits", ""))).status == 400


# --- what counts as a number


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("+441632960108", True),
        ("441632960108", False),
        ("+0441632960108", False),
        ("+44", False),
        ("+441632960108\n", False),
        ("+44163296010٨", False),
        ("+4416329601081632960108", False),
        ("anonymous", False),
        ("unknown", False),
        ("", False),
        ("sip:+441632960108@desk.example", False),
        ("client:mia", False),
        ("+266696687", False),
        ("+7378742833", False),
    ],
)
def test_anything_but_e164_is_no_number_and_never_refused(wire: Wire, number: str, known: bool) -> None:
    caller = Caller(wire, number)
    assert caller.dial().said[0] == "Welcome to the support desk."
    assert (state_of(wire.desk, caller.sid).number is not None) == known
