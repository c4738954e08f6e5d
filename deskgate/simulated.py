"""The simulator beside the service: the keypad phone in the browser, and Twilio's part of the conversation."""

from __future__ import annotations

import json
import ssl
from functools import cache
from importlib import resources

import httpx2
from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response

import simulator.twilio_api
import simulator.web
from deskgate.settings import SIMULATED_NUMBER, SIMULATED_SID, Settings, simulated_token
from simulator.exchange import Exchange, posting
from store import Keys

SAMPLE = resources.files("deskgate") / "sample-accounts.json"

# What each of the sample people may do, in a few words, for the cards beside the keypad.
NOTES = {
    "mia.chen": "Manage Support at Tideworks",
    "leo.fox": "Manage Services only",
    "bea.lund": "billing contact, Harbour Bakery",
    "tom.reyes": "technical contact, Harbour Bakery",
    "ines.costa": "billing only, Northlight",
    "raj.patel": "admin contact of Tideworks",
    "dev.anand": "on three accounts",
    "olivia.hart": "owner of Harbour Bakery",
    "sam.okoro": "owner of Northlight",
}


def sample_people() -> list[dict[str, str]]:
    """The people of the sample accounts, the five of the story first, as the simulator shows them."""
    people = {person["username"]: person for person in json.loads(SAMPLE.read_text("utf-8"))["people"]}
    return [
        {
            "name": people[username]["name"],
            "number": people[username]["phones"][0],
            "support_id": people[username]["support_id"],
            "pin": people[username]["pin"],
            "note": note,
        }
        for username, note in NOTES.items()
    ]


@cache
def _trusted() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def client(base_url: str, timeout: float) -> httpx2.Client:
    """To this very machine, past any proxy. All share what they trust: reading that takes longer than anything else here."""
    return httpx2.Client(base_url=base_url, timeout=timeout, trust_env=False, verify=_trusted())


def make_exchange(public_url: str, keys: Keys) -> Exchange:
    """Twilio's part, over HTTP against a service at `public_url`."""
    # Twilio's own patience
    return Exchange(
        posting(client(public_url, 15.0)), SIMULATED_SID, simulated_token(keys), public_url, SIMULATED_NUMBER
    )


def add(app: FastAPI, settings: Settings, keys: Keys) -> None:
    exchange = make_exchange(settings.public_url, keys)
    app.state.exchange = exchange
    app.include_router(simulator.web.router(exchange, sample_people()))
    app.include_router(simulator.twilio_api.router(exchange))

    @app.get("/", include_in_schema=False)
    def front() -> Response:
        return RedirectResponse("/simulator", 307)
