"""The page's routes and the REST API: who may use them, and what they do."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from simulator import twilio_api, web
from simulator.event_stream import stream
from simulator.exchange import Exchange
from simulator.recording import comment
from tests.simulator.toy_desk import CALLER, NUMBER, PUBLIC, SID, TOKEN, ToyDesk

HERE = "http://127.0.0.1:8000"
REST = f"/simulator/twilio/2010-04-01/Accounts/{SID}"
AUTH = {"Authorization": "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()}
PEOPLE = [{"name": "Mia Chen", "number": CALLER, "support_id": "10000081", "pin": "17846325", "note": "support only"}]


@pytest.fixture
def app(desk: ToyDesk, exchange: Exchange) -> FastAPI:
    desk.on("/ivr/voice", '<Gather action="/ivr/turn?t=1" numDigits="1"><Say>Press 1.</Say></Gather><Say>Bye.</Say>')
    desk.on("/ivr/turn", "<Record/>")
    app = FastAPI()
    app.include_router(web.router(exchange, PEOPLE))
    app.include_router(twilio_api.router(exchange))
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50000)) as client:
        yield client


PATHS = [
    ("GET", "/simulator"),
    ("GET", "/simulator/static/simulator.js"),
    ("GET", "/simulator/state"),
    ("GET", "/simulator/events"),
    ("POST", "/simulator/calls"),
    ("POST", "/simulator/legs/x"),
    ("GET", "/simulator/legs/x/script"),
    ("POST", f"{REST}/Calls.json"),
    ("POST", f"{REST}/Calls/x.json"),
    ("GET", f"{REST}/Conferences.json"),
    ("POST", f"{REST}/Conferences/x/Participants/y.json"),
    ("POST", f"{REST}/Messages.json"),
    ("GET", f"{REST}/Recordings/x.wav"),
    ("DELETE", f"{REST}/Recordings/x.json"),
]


def test_every_route_is_among_those_tried(app: FastAPI) -> None:
    paths = set()
    for source in (web.router(Exchange.__new__(Exchange), []), twilio_api.router(Exchange.__new__(Exchange))):
        paths |= {(method, route.path) for route in source.routes for method in route.methods}  # type: ignore[attr-defined]
    assert len(paths) == len(PATHS)


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.7", {}),
        ("127.0.0.1", {"Host": "evil.example:8000"}),
        ("127.0.0.1", {"Host": "localhost.evil.example"}),
        ("127.0.0.1", {"Origin": "http://evil.example"}),
        ("127.0.0.1", {"Origin": "null"}),
        ("127.0.0.1", {"Origin": "http://127.0.0.1:9999"}),
        ("127.0.0.1", {"Sec-Fetch-Site": "cross-site"}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
    ],
)
def test_nobody_else_gets_in(app: FastAPI, method: str, path: str, peer: str, headers: dict[str, str]) -> None:
    with TestClient(app, base_url=HERE, client=(peer, 50000)) as client:
        answer = client.request(method, path, headers={**AUTH, **headers}, json={"from": CALLER, "act": "wait"})
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found"}


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000", "127.0.0.1"])
def test_this_machine_does(client: TestClient, host: str) -> None:
    answer = client.get("/simulator", headers={"Host": host, "Origin": f"http://{host}"})
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    assert len(web._STATIC) > 1
    for name in web._STATIC:
        answer = client.get(f"/simulator/static/{name}")
        assert answer.status_code == 200
        assert "https://" not in answer.text.replace("https://www.w3.org", "")
    assert client.get("/simulator/static/page.html").status_code == 404
    assert "://" not in client.get("/simulator").text


def test_a_call_from_the_page(client: TestClient, desk: ToyDesk) -> None:
    leg = client.post("/simulator/calls", json={"from": CALLER}, headers={"Origin": HERE}).json()
    assert (leg["state"], leg["lines"], leg["from"]) == ("gathering", [["desk", "Press 1."]], CALLER)
    leg = client.post(f"/simulator/legs/{leg['call']}", json={"act": "press", "keys": "1"}).json()
    assert leg["state"] == "recording"
    leg = client.post(f"/simulator/legs/{leg['call']}", json={"act": "speak and hang up", "text": "help"}).json()
    assert leg["state"] == "ended"
    state = client.get("/simulator/state").json()
    assert state["people"] == PEOPLE
    assert state["number"] == NUMBER
    assert [hook["path"] for hook in state["webhooks"]] == [
        "/ivr/voice",
        "/ivr/turn?t=…",
        "/ivr/turn?t=…",
        "/ivr/status",
    ]
    script = client.get(f"/simulator/legs/{leg['call']}/script").text
    assert script == f"from {CALLER}\ndesk: Press 1.\ncaller presses 1\ncaller says help and hangs up\n"


def test_a_withheld_number(client: TestClient, desk: ToyDesk) -> None:
    client.post("/simulator/calls", json={"from": ""})
    assert desk.forms("/ivr/voice")[0]["From"] == "anonymous"


def test_a_time_out_that_comes_too_late_is_void(client: TestClient, desk: ToyDesk) -> None:
    leg = client.post("/simulator/calls", json={"from": CALLER}).json()
    path = f"/simulator/legs/{leg['call']}"
    late = {"act": "wait", "turn": leg["turn"]}
    client.post(path, json={"act": "press", "keys": "1"})
    assert client.post(path, json=late).status_code == 409
    assert client.post(path, json={"act": "press", "keys": "x"}).status_code == 422
    assert client.post(path, json={"act": "sing"}).status_code == 422
    client.post(path, json={"act": "hang up"})
    answer = client.post(path, json={"act": "press", "keys": "1"})
    assert (answer.status_code, answer.json()["leg"]["state"]) == (409, "ended")
    assert client.post("/simulator/legs/nobody", json=late).status_code == 404


def test_the_stream_tells_of_everything(desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/voice", "<Say>Hi.</Say>")

    async def listen() -> list[dict[str, object]]:
        told = stream(exchange.listen, lambda: False)
        assert await anext(told) == "retry: 500\n\n"
        waiting = asyncio.ensure_future(anext(told))
        await asyncio.sleep(0)  # lets the stream begin to wait
        await asyncio.to_thread(exchange.phone(CALLER).dial)
        events = [await waiting] + [await anext(told) for _ in range(3)]
        await told.aclose()
        return [json.loads(event.removeprefix("data: ")) for event in events]

    kinds = [event["kind"] for event in asyncio.run(listen())]
    assert set(kinds) == {"webhook", "leg"}
    assert exchange._listeners == []


def form(**fields: str) -> dict[str, object]:
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields.items())
    return {"content": body, "headers": {**AUTH, "Content-Type": "application/x-www-form-urlencoded"}}


def test_a_call_through_the_rest_api(client: TestClient, desk: ToyDesk, exchange: Exchange) -> None:
    desk.on("/ivr/agent", "<Gather><Say>Press 1.</Say></Gather>")
    asked = form(To="+441632960999", From=NUMBER, Url=PUBLIC + "/ivr/agent", StatusCallback=PUBLIC + "/s")
    asked["content"] = f"{asked['content']}&StatusCallbackEvent=answered&StatusCallbackEvent=completed"
    answer = client.post(f"{REST}/Calls.json", **asked)  # type: ignore[arg-type]
    assert answer.status_code == 201
    assert answer.json()["status"] == "queued"
    phone = exchange.ringing()
    assert phone is not None
    assert (phone.sid, phone.other_end) == (answer.json()["sid"], "+441632960999")
    phone.answer()
    assert phone.heard == ["Press 1."]
    assert client.post(f"{REST}/Calls/{phone.sid}.json", **form(Status="completed")).json()["status"] == "completed"  # type: ignore[arg-type]
    assert [sent["CallStatus"] for sent in desk.forms("/s")] == ["in-progress", "completed"]
    assert client.post(f"{REST}/Calls/{phone.sid}.json", **form(Url=PUBLIC + "/x")).status_code == 400  # type: ignore[arg-type]
    assert client.post(f"{REST}/Calls/CA0.json", **form(Status="completed")).status_code == 404  # type: ignore[arg-type]
    assert client.post(f"{REST}/Calls.json", **form(To="1")).json()["code"] == 21213  # type: ignore[arg-type]
    assert "to Twilio" in {hook.direction for hook in exchange.webhooks}


def test_a_text_message(client: TestClient, exchange: Exchange) -> None:
    answer = client.post(f"{REST}/Messages.json", **form(To=CALLER, From=NUMBER, Body="Your ticket is open."))  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["sid"][:2]) == (201, "SM")
    assert exchange.messages == [(CALLER, "Your ticket is open.")]


def test_a_recordings_media(client: TestClient, exchange: Exchange) -> None:
    phone = exchange.phone(CALLER)
    phone.dial()
    phone.press("1")
    phone.speak("the café's site is down", then_hang_up=True)
    (sid,) = exchange.recordings
    answer = client.get(f"{REST}/Recordings/{sid}.wav", headers=AUTH)
    assert answer.headers["content-type"] == "audio/x-wav"
    assert comment(answer.content) == "the café's site is down"
    assert client.get(f"{REST}/Recordings/RE0.wav", headers=AUTH).status_code == 404


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"AC:wrong").decode()]
)
@pytest.mark.parametrize(("method", "path"), [path for path in PATHS if path[1].startswith(REST)])
def test_the_rest_api_wants_the_accounts_password(
    client: TestClient, method: str, path: str, authorization: str
) -> None:
    answer = client.request(method, path, headers={"Authorization": authorization} if authorization else {})
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    other = path.replace(SID, "AC" + "1" * 32)
    assert client.request(method, other, headers=AUTH).status_code == 401
