"""Slack from settings: over HTTP or Socket Mode, one workspace by token or several by OAuth, real or simulated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from fastapi import FastAPI

import simulator.slack.web
import simulator.slack.web_api
from bot import router
from bot.inbound.bolt_app import make_bolt
from bot.outbound import handlers
from bot.platform import install
from bot.platform.context import SlackContext, ask_who_we_are
from bot.platform.socket_mode import Socket
from bot.platform.web_api import WebApi
from bot.text import phrases
from deskgate import simulated
from deskgate.settings import Settings, simulated_slack
from simulator.slack import SAMPLE, App, Workspace, posting
from simulator.slack.delivery import PATIENCE
from simulator.slack.sample import AGENT_CHANNEL, BOT, DESK
from store import Store, Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError, outside
from store.messages import edits
from store.slack import installations
from store.slack.installations import Installation

log = structlog.get_logger("slack")
NOBODY_IN_SLACK = (
    "news",
    "case",
    "slack.alert",
    "slack.approve",
    "slack.called",
    "slack.calling",
    "slack.code",
    "slack.notice",
    edits.SAYS,
)
AT_THE_START = 3  # seconds the phone waits, at the very first start, for a Slack that is silent
SIMULATED = Installation(DESK, "Deskgate Hosting", BOT, "B0DESKGATE")


@dataclass(frozen=True)
class Slack:
    """`app` is our app as OAuth knows it, or None; `socket` is there in Socket Mode."""

    context: SlackContext
    api: WebApi
    api_url: str
    app: install.App | None
    socket: Socket | None


def open_slack(settings: Settings, store: Store, *, api_url: str | None = None) -> Slack | None:
    """None where Slack is closed. `api_url` stands in for the Web API's address."""
    if not settings.slack_open:
        return None
    secrets, token, channel = settings.slack_signing_secret, settings.slack_bot_token, settings.slack_agent_channel
    base = settings.slack_api_url
    if settings.slack_simulated:
        secret, token = simulated_slack(store.keys)
        secrets, channel, base = (secret,), AGENT_CHANNEL, f"{settings.public_url}/simulator/slack/api/"
    base = api_url or base
    context = SlackContext(
        store,
        phrases.load(phone=settings.phone_open),
        secrets,
        channel,
        token,
        settings.slack_home,
        step_up_minutes=settings.step_up_minutes,
        texting=settings.texting,
        accounts_an_hour=settings.accounts_an_hour,
        public_url=settings.public_url,
        phone=settings.phone_open,
        region=settings.region,
    )
    api = WebApi(base, context.token_of)
    app = None
    if settings.slack_client_id:
        app = install.App(settings.slack_client_id, settings.slack_client_secret, base, settings.slack_teams)
    socket = None
    if settings.slack_app_token:
        bolt = make_bolt(context)
        socket = Socket(settings.slack_app_token, base, lambda body: router.answer(context, bolt, body), log=log)
    return Slack(context, api, base, app, socket)


def deliveries(slack: Slack | None, store: Store) -> dict[str, Delivery]:
    """What the worker does in Slack. Where Slack is closed nobody is owed any news of a ticket."""
    if slack is None:
        return dict.fromkeys(NOBODY_IN_SLACK, _not_here)
    made = handlers.make_deliveries(slack.context, slack.api)
    app = slack.app
    if app is not None:
        made["slack.rotate"] = lambda _tx, job: outside(
            lambda: install.rotate(store, app.api_base, app.client_id, app.client_secret, str(job.payload["team"]))
        )
    return made


def _not_here(_tx: Transaction, _piece: Job) -> None:
    """What is owed to Slack, where there is none: nobody waits for it."""


def greet(slack: Slack, settings: Settings) -> None:
    """At the start: whose token that of the settings is. As long as that is not known nothing of Slack's can be answered, so where
    it never was Slack is asked before anything is let in; otherwise, and where Slack is silent, the worker asks."""
    context = slack.context
    if context.token and not settings.slack_simulated:
        context.look(anew=True)
        if context.home is None and _is_told_who_we_are(slack):
            return
    with context.store.transaction("worker") as tx:
        if settings.slack_simulated:
            installations.put(tx, SIMULATED)
        elif context.token:
            job_queue.enqueue_once(tx, "slack.hello", f"hello:{tx.now}", {}, lane="hello")


def _is_told_who_we_are(slack: Slack) -> bool:
    try:
        ask_who_we_are(slack.context, WebApi(slack.api_url, slack.context.token_of, timeout=AT_THE_START))
    except (RetryLaterError, PermanentError) as why:
        log.warning("Slack does not say who we are", why=str(why))
        return False
    return True


def sweep(slack: Slack | None) -> Callable[[Transaction], None]:
    """What the worker looks after now and then."""
    return install.due if slack is not None and slack.app is not None else lambda tx: None


def add(app: FastAPI, settings: Settings, slack: Slack, *, clock: Callable[[], int]) -> None:
    """Slack's routes; and the little Slack's, where it plays Slack's part."""
    if settings.slack_signing_secret or settings.slack_simulated:
        app.include_router(router.router(slack.context, clock=lambda: clock() / 1000))
    if slack.app is not None:
        changed = partial(slack.context.look, anew=True)
        app.include_router(install.router(slack.context.store, slack.app, settings.public_url, changed=changed))


def simulate(app: FastAPI, settings: Settings, store: Store) -> Workspace:
    """A little Slack over HTTP against this very service."""
    secret, token = simulated_slack(store.keys)
    client = simulated.client(settings.public_url, PATIENCE)
    workspace = Workspace(posting(client), secret, SAMPLE, App(token), public_url=settings.public_url, now=time.time)
    app.include_router(simulator.slack.web.router(workspace))
    app.include_router(simulator.slack.web_api.router(workspace))
    return workspace
