"""The simulator beside the service, imported only where it is on: Twilio's part of the conversation, and Slack's."""

from __future__ import annotations

import json
import time
from importlib import resources

from fastapi import FastAPI

import simulator.inbox
import simulator.slack.web
import simulator.slack.web_api
import simulator.twilio_api
import simulator.web
from authz import Action, Ask, Grant, Proof
from deskgate.http_client import http_client
from deskgate.settings import SIMULATED_NUMBER, SIMULATED_SID, Settings, simulated_slack, simulated_token
from simulator.exchange import Exchange, posting
from simulator.inbox import Inbox as Inbox
from simulator.slack import App, Workspace, delivery, sample
from store import OPERATOR, Keys, Store
from store.sign_in import invitations
from store.sign_in.invitations import Invited
from store.slack.installations import Installation

SAMPLE = resources.files("deskgate") / "sample-accounts.json"
AGENT_CHANNEL = sample.AGENT_CHANNEL
INSTALLATION = Installation(sample.DESK, "Deskgate Hosting", sample.BOT, "B0DESKGATE")

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

INVITED_NOT = {
    Invited.NOBODY: "There is nobody of that name.",
    Invited.JOINED: "They have joined already, and a link by mail alone opens nothing: they can sign in.",
    Invited.ADDRESS_YOUNG: "Their address took another's place in the last 72 hours.",
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


def add_twilio(app: FastAPI, settings: Settings, keys: Keys) -> None:
    """Twilio's part, over HTTP against this very service, and a page to ring it from."""
    client = http_client(settings.public_url, 15.0)  # Twilio's own patience
    token = simulated_token(keys)
    exchange = Exchange(posting(client), SIMULATED_SID, token, settings.public_url, SIMULATED_NUMBER)
    app.state.exchange = exchange
    app.include_router(simulator.web.router(exchange, sample_people()))
    app.include_router(simulator.twilio_api.router(exchange))


def add_inbox(app: FastAPI, store: Store, inbox: Inbox) -> None:
    """The mails of the desk, and the sample people invited to their account pages, as `deskgate person invite` does it."""

    def invite(username: str) -> str:
        with store.transaction("shell") as tx:
            grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
            if not isinstance(grant, Grant):
                return "The operator may not invite anybody: see the scheme desk."
            done = invitations.invite(tx, grant, username)
        return "The invitation is on its way." if done is Invited.INVITED else INVITED_NOT[done]

    names = {person["username"]: person["name"] for person in json.loads(SAMPLE.read_text("utf-8"))["people"]}
    people = {username: names[username] for username in NOTES}
    app.include_router(simulator.inbox.router(inbox, app.state.exchange.messages, people, invite))


def add_slack(app: FastAPI, settings: Settings, keys: Keys) -> None:
    """Slack's part, likewise."""
    secret, token = simulated_slack(keys)
    post = delivery.posting(http_client(settings.public_url, delivery.PATIENCE))
    workspace = Workspace(post, secret, sample.SAMPLE, App(token), public_url=settings.public_url, now=time.time)
    app.state.workspace = workspace
    app.include_router(simulator.slack.web.router(workspace))
    app.include_router(simulator.slack.web_api.router(workspace))
