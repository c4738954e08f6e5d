"""Those who play the world for reliability/ answer as they are told, and their journal says what was received and whether it was kept."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import httpx2
import pytest

from reliability import journal
from reliability.world.calls import read
from reliability.world.lines import Answer
from reliability.world.orders import How, Order, Orders
from reliability.world.players import ACCOUNT, World

BRIEFLY = 0.3  # seconds that somebody waits for an answer who gets none


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world") / "journal") as started:
        yield started


def last(world: World) -> journal.Event:
    return [*journal.read(world.path)][-1]


def post(world: World, words: str, **more: str) -> httpx2.Response:
    form = {"channel": "C1", "text": words, **more}
    return httpx2.post(f"{world.http}/api/chat.postMessage", data=form, timeout=BRIEFLY, trust_env=False)


def send(world: World, words: str) -> None:
    mail, address = EmailMessage(), world.smtp.removeprefix("smtp://").split(":")
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
        "desk@desk.example",
        "a@b.example",
        words,
        "<1@desk>",
    )
    mail.set_content(words)
    with smtplib.SMTP(address[0], int(address[1]), timeout=BRIEFLY) as server:
        server.send_message(mail)


def test_what_is_asked_of_twilio_is_done_and_stands_in_the_journal(world: World) -> None:
    base = f"{world.http}/2010-04-01/Accounts/{ACCOUNT}"
    made = httpx2.post(f"{base}/Calls.json", data={"To": "+4420", "Url": "http://desk/1"}, trust_env=False)
    assert (made.status_code, made.json()["status"]) == (201, "queued")
    assert last(world)["what"] == "calls"
    assert last(world)["id"] == made.json()["sid"]
    assert last(world)["facts"]["url"] == "http://desk/1"
    sid = "RE" + "1" * 32
    sound = httpx2.get(f"{base}/Recordings/{sid}.wav", trust_env=False)
    assert sid.encode() in sound.content
    assert httpx2.delete(f"{base}/Recordings/{sid}.json", trust_env=False).status_code == 204
    assert [last(world)[name] for name in ("what", "id", "status")] == ["recording.removed", sid, 204]


def test_what_was_posted_is_found_again_by_its_key(world: World) -> None:
    key = json.dumps({"event_type": "x", "event_payload": {"key": "head:7"}})
    ts = post(world, "our site is down", thread_ts="1.5", metadata=key).json()["ts"]
    facts = last(world)["facts"]
    assert (last(world)["id"], facts["key"], facts["words"]) == (ts, "head:7", "our site is down")
    asked = {"channel": "C1", "ts": "1.5"}
    found = httpx2.post(f"{world.http}/api/conversations.replies", data=asked, trust_env=False).json()["messages"]
    assert [(one["ts"], one["metadata"]["event_payload"]["key"]) for one in found] == [(ts, "head:7")]


@pytest.mark.parametrize(("how", "kept"), [("429", False), ("500", False), ("half", True)])
def test_an_order_is_for_the_next_and_no_more(world: World, how: How, kept: bool) -> None:
    world.order(Order("chat.postMessage", how, seconds=7))
    answer = post(world, how)
    assert answer.status_code == {"429": 429, "500": 500, "half": 200}[how]
    assert answer.headers.get("retry-after") == ("7" if how == "429" else None)
    if how == "half":
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            answer.json()
    assert (last(world)["facts"]["kept"], last(world)["facts"]["how"]) == (kept, how)
    assert post(world, "as ever").json()["ok"]


@pytest.mark.parametrize(("how", "kept"), [("silent", False), ("accepted", True)])
def test_nothing_is_said(world: World, how: How, kept: bool) -> None:
    world.order(Order("*", how, seconds=1))
    with pytest.raises(httpx2.ReadTimeout):
        post(world, how)
    assert (last(world)["status"], last(world)["facts"]["kept"]) == (0, kept)


def test_a_mail_is_taken_or_not_as_it_is_told(world: World) -> None:
    send(world, "Ticket 1001")
    assert (last(world)["what"], last(world)["id"], last(world)["status"]) == ("mail", "<1@desk>", 250)
    assert last(world)["facts"]["to"] == "a@b.example"
    for how, code in (("429", 451), ("500", 554)):
        world.order(Order("mail", how))  # type: ignore[arg-type]
        with pytest.raises(smtplib.SMTPDataError) as refused:
            send(world, how)
        assert (refused.value.smtp_code, last(world)["facts"]["kept"]) == (code, False)
    for how in ("half", "accepted"):
        world.order(Order("mail", how, seconds=1))  # type: ignore[arg-type]
        with pytest.raises((smtplib.SMTPException, TimeoutError)):
            send(world, how)
        assert last(world)["facts"]["kept"]


def test_orders_stand_in_a_row_and_are_withdrawn() -> None:
    orders = Orders()
    orders.give(Order("mail", "500", times=2, after=1), Order("*", "429"))
    assert [one and one.how for one in map(orders.take, ("mail", "mail", "calls", "mail", "mail"))] == [
        "429",
        "500",
        None,
        "500",
        None,
    ]
    orders.give(Order("*", "silent", times=9))
    orders.withdraw()
    assert orders.take("mail") is None


def test_what_a_caller_hears() -> None:
    twiml = b"<Response><Gather action='/t'><Say>One.</Say><Say>Two.</Say></Gather></Response>"
    assert read(Answer(200, twiml, 0.1))[:3] == ("One. Two.", "gather", "/t")
    assert read(Answer(200, b"<Response><Say>Bye.</Say><Hangup/></Response>", 0.1)).then == "hangup"
    assert read(Answer(500, twiml, 0.1)).failed
    assert read(Answer(200, b"<Resp", 0.1)).failed
