"""Slack from settings: over HTTP or Socket Mode, one workspace by token or several by OAuth, real or simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx2
import structlog
from fastapi import FastAPI

from bot import router
from bot.inbound.bolt_app import make_bolt
from bot.outbound import handlers
from bot.platform import install
from bot.platform.context import SlackContext, ask_who_we_are
from bot.platform.socket_mode import Socket
from bot.platform.web_api import WebApi
from bot.text import phrases
from deskgate.http_client import http_client
from deskgate.settings import Settings, simulated_slack
from store import Store, Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError, outside
from store.messages import edits
from store.slack import installations

log = structlog.get_logger("slack")
NOBODY_IN_SLACK = (
    "ticket_update",
    "call_card",
    "slack.alert",
    "slack.approve",
    "slack.callback_failed",
    "slack.code_words",
    "slack.code",
    "slack.notice",
    "slack.announcement",
    edits.SAYS,
)
AT_THE_START = 3  # seconds the phone waits, at the very first start, for a Slack that is silent


@dataclass(frozen=True)
class Slack:
    """`app` is our app as OAuth knows it, or None; `socket` is there in Socket Mode."""

    context: SlackContext
    api: WebApi
    http: httpx2.Client
    app: install.App | None
    socket: Socket | None


def open_slack(settings: Settings, store: Store, *, http: httpx2.Client | None = None) -> Slack | None:
    """None where Slack is closed. `http` stands in for the one that reaches SLACK_API_URL."""
    if not settings.slack_open:
        return None
    secrets, token, channel = settings.slack_signing_secret, settings.slack_bot_token, settings.slack_agent_channel
    base = settings.slack_api_url
    if settings.slack_simulated:
        from deskgate import simulator_mount

        secret, token = simulated_slack(store.keys)
        secrets, channel, base = (secret,), simulator_mount.AGENT_CHANNEL, f"{settings.public_url}/simulator/slack/api/"
    http = http or http_client(base, company="slack")
    context = SlackContext(
        store,
        phrases.load(phone=settings.phone_open, pages=settings.public_url),
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
    api = WebApi(http, context.token_of)
    app = None
    if settings.slack_client_id:
        app = install.App(settings.slack_client_id, settings.slack_client_secret, http, settings.slack_teams)
    socket = None
    if settings.slack_app_token:
        bolt = make_bolt(context)
        socket = Socket(settings.slack_app_token, http, lambda body: router.respond(context, bolt, body), log=log)
    return Slack(context, api, http, app, socket)


def deliveries(slack: Slack | None, store: Store) -> dict[str, Delivery]:
    """What the worker does in Slack. Where Slack is closed nobody is owed any news of a ticket."""
    if slack is None:
        return dict.fromkeys(NOBODY_IN_SLACK, _not_here)
    made = handlers.make_deliveries(slack.context, slack.api)
    app = slack.app
    if app is not None:
        made["slack.rotate"] = lambda _tx, job: outside(lambda: install.rotate(store, app, str(job.payload["team"])))
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
            from deskgate import simulator_mount

            installations.put(tx, simulator_mount.INSTALLATION)
        elif context.token:
            job_queue.enqueue_once(tx, "slack.check_token", f"hello:{tx.now}", {}, ordering_key="hello")


def _is_told_who_we_are(slack: Slack) -> bool:
    try:
        with http_client(str(slack.http.base_url), AT_THE_START) as hurried:
            ask_who_we_are(slack.context, WebApi(hurried, slack.context.token_of))
    except (RetryLaterError, PermanentError) as why:
        log.warning("slack_identity_unknown", why=str(why))
        return False
    return True


def sweep(slack: Slack | None) -> Callable[[Transaction], None]:
    """What the worker looks after now and then."""
    return install.due if slack is not None and slack.app is not None else lambda tx: None


def add(app: FastAPI, settings: Settings, slack: Slack, *, clock: Callable[[], int]) -> None:
    """Slack's routes."""
    if settings.slack_signing_secret or settings.slack_simulated:
        app.include_router(router.router(slack.context, clock=lambda: clock() / 1000))
    if slack.app is not None:
        changed = partial(slack.context.look, anew=True)
        app.include_router(install.router(slack.context.store, slack.app, settings.public_url, changed=changed))
