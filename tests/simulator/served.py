"""The simulator's pages before the toy desk, served on loopback by uvicorn, with a call worth playing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
from fastapi import FastAPI

from simulator import twilio_api, web
from simulator.exchange import Exchange, posting
from tests.serving import serving
from tests.simulator.toy_desk import NUMBER, SID, TOKEN, ToyDesk

AGENT = "+441632960999"
PEOPLE = [
    {
        "name": "Mia Chen",
        "number": "+441632960108",
        "support_id": "10000081",
        "pin": "17846325",
        "note": "support only, at Tideworks",
    },
    {
        "name": "Olivia Hart",
        "number": "+441632960101",
        "support_id": "10000016",
        "pin": "73059184",
        "note": "owns Harbour Bakery",
    },
    {
        "name": "Bea Lund",
        "number": "+441632960104",
        "support_id": "10000040",
        "pin": "90734682",
        "note": "billing only, at Harbour Bakery",
    },
    {
        "name": "Dev Anand",
        "number": "+441632960102",
        "support_id": "10000024",
        "pin": "48291537",
        "note": "three accounts, three roles",
    },
    {"name": "Someone else", "number": "+441632960155", "note": "knows no ID and no PIN"},
]


@dataclass
class Served:
    """A running service: its base URL, the toy desk behind it, and the exchange."""

    url: str
    desk: ToyDesk
    exchange: Exchange


@contextmanager
def served() -> Iterator[Served]:
    app = FastAPI()
    with serving(app) as server, httpx2.Client(base_url=server.url, timeout=15) as client:
        desk = ToyDesk(public=server.url)
        exchange = Exchange(posting(client), SID, TOKEN, server.url, NUMBER)
        answers(desk, exchange, server.url)
        app.include_router(web.router(exchange, PEOPLE, closing=server.closing))
        app.include_router(twilio_api.router(exchange))
        app.mount("/", desk.app())
        yield Served(server.url, desk, exchange)


def answers(desk: ToyDesk, exchange: Exchange, url: str) -> None:
    """A small desk that anyone gets into: support ID, PIN, a menu, a message, and a person."""

    def gather(action: str, *says: str, digits: int = 0, timeout: int = 6) -> str:
        prompts = "".join(f'<Say voice="Polly.Amy">{words}</Say>' for words in says)
        limit = f' numDigits="{digits}"' if digits else ""
        return f'<Gather action="{action}?t=hQ3kT0" actionOnEmptyResult="true" timeout="{timeout}"{limit}>{prompts}</Gather>'

    menu = ("Hello Mia.", "Press 1 to open a ticket.", "Press 0 for a person.", "Press 9 to hear this again.")

    def chosen(form: dict[str, str]) -> str:
        if form["Digits"] == "1":
            words = "This message is recorded. Say what is wrong after the tone, then press hash."
            return f'<Say>{words}</Say><Record action="/ivr/kept?t=a" finishOnKey="#" recordingStatusCallback="/ivr/recording?t=b"/>'
        if form["Digits"] == "0":
            exchange.create_call(AGENT, f"{url}/ivr/agent?c=7", status_callback=f"{url}/ivr/agent/status?c=7")
            return gather("/ivr/hold", "We are ringing somebody. Please hold.", timeout=1)
        return gather("/ivr/menu", *menu, digits=1)

    taken: list[str] = []
    desk.on("/ivr/voice", gather("/ivr/id", "Welcome to the support desk.", "Key your support ID, then hash."))
    desk.on("/ivr/id", gather("/ivr/pin", "Now key your PIN, then hash.", timeout=8))
    desk.on("/ivr/pin", gather("/ivr/menu", *menu, digits=1))
    desk.on("/ivr/menu", chosen)
    desk.on(
        "/ivr/kept",
        "<Say>Thank you. Your ticket is number <say-as interpret-as='digits'>1042</say-as>, "
        "that is <say-as interpret-as='digits'>1042</say-as>.</Say><Say>Goodbye.</Say>",
    )
    meet = "<Dial><Conference endConferenceOnExit='true'>call-7</Conference></Dial>"
    desk.on("/ivr/hold", lambda form: meet if taken else gather("/ivr/hold", timeout=1))
    desk.on("/ivr/agent", gather("/ivr/agent/take", "Press 1 to take a support call.", digits=1))

    def take(form: dict[str, str]) -> str:
        taken.append(form["Digits"])
        return f"<Say>Mia Chen, Tideworks, verified by PIN.</Say>{meet}"

    desk.on("/ivr/agent/take", take)
