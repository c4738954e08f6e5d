"""`make_app`: everything wired together once, for the service and for the tests alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio.to_thread
import httpx2
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.telemetry import TelemetryConfig

from api.mcp.door import Assistants
from api.v1.context import ApiContext
from api.v1.router import make_api, mounted
from authz import load_schemes
from desk import faults, opening_hours, response_times
from desk.actors import permit_worker
from desk.verification_requests import Reach
from deskgate import metrics, operator_pages, request_bodies, slack, smtp, smtp_listener, traces, uncaught
from deskgate.help_desk_client import help_desk_of
from deskgate.help_desk_jobs import EVERY, HelpDeskJobs
from deskgate.http_client import http_client
from deskgate.job_handlers import Deliveries, Send, make_deliveries
from deskgate.phone_jobs import may_call
from deskgate.settings import (
    SIMULATED_AGENT,
    SIMULATED_NUMBER,
    SIMULATED_SID,
    SettingError,
    Settings,
    read_keys,
    simulated_token,
)
from deskgate.slack import Slack
from deskgate.twilio_rest import TwilioRest
from deskgate.worker import Worker
from ivr import phrases, screens
from ivr.asks import DeskSettings
from ivr.router import router as ivr_router
from ivr.turn import PhoneContext, open_phone
from ivr.webhook import Twilio
from portal.router import router as portal_router
from portal.web.context import PortalContext, open_context
from store import KeyRetiredError, Store, Transaction, now_ms, open_store
from store.ledger import public_keys
from store.messages import retention
from store.reports import daily_figures

if TYPE_CHECKING:
    from deskgate.simulator_mount import Inbox

THREADS = 12  # for health pages and the simulator; turns have threads of their own (ivr/router.py)
LOOKS = ["GET", "HEAD"]  # what proxies probe with
# FastAPI records the path, the query and the exceptions of every request as soon as somebody sets OpenTelemetry up beside us:
# one-time tokens, step tokens, what was keyed. What is traced of ours we say ourselves (traces.py).
UNTRACED: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": lambda _scope: True,
}
log = structlog.get_logger("deskgate")


@dataclass(frozen=True)
class Container:
    """What `make_app` put together; on `app.state.container` for whoever runs or tests it."""

    settings: Settings
    store: Store
    phone: PhoneContext | None
    slack: Slack | None
    portal: PortalContext
    deliveries: Deliveries
    worker: Worker
    inbox: Inbox | None = None
    help_desk: HelpDeskJobs | None = None


def open_container(
    settings: Settings,
    *,
    clock: Callable[[], int] = now_ms,
    twilio_api: httpx2.Client | None = None,
    slack_api: httpx2.Client | None = None,
) -> Container:
    """Store, channels and worker from settings. Raises `SettingError`, `KeyRetiredError`, `SchemeError`,
    `DatabaseUrlError`.

    `clock` gives milliseconds since 1970; `twilio_api` and `slack_api` stand in for the HTTP clients that reach TWILIO_API_URL and
    SLACK_API_URL.
    """
    keys = read_keys(settings)
    hours = opening_hours.read(settings.opening_hours)
    zone = hours.zone if hours is not None else ZoneInfo("UTC")
    due = response_times.read(settings.response_targets, settings.opening_hours).due
    store = open_store(settings.database_url, keys, load_schemes(settings.schemes_dir), clock, due=due)
    store.committed = metrics.count_committed
    faults.keep_in(store.memory.path.parent if store.memory.path is not None else None)
    if store.is_ready():
        why = store.why_not_write()
        if why is not None:
            store.engine.dispose()
            raise KeyRetiredError(why)
        if store.begin_key():
            log.critical("new_ledger_key")
    account, tokens = settings.twilio_account_sid, settings.twilio_auth_token
    agents, emergency = settings.agent_number, settings.emergency_number
    if settings.simulated:
        account, tokens = SIMULATED_SID, (simulated_token(keys),)
        agents = agents or (SIMULATED_AGENT,)
    phone, rest = None, None
    if settings.phone_open:
        phone = open_phone(
            store,
            Twilio(account, tokens, settings.public_url),
            DeskSettings(
                agents,
                emergency or agents,
                slack=settings.slack_open,
                step_up_minutes=settings.step_up_minutes,
                pin_choice=settings.pin_choice == "on",
                texting=settings.texting,
                hours=hours,
            ),
            phrases.load(),
            messages_only=settings.elevated_threat == "on",
            transcribe=settings.transcribe == "on" or settings.simulated,
        )
        base = f"{settings.public_url}/simulator/twilio" if settings.simulated else settings.twilio_api_url
        rest = TwilioRest(
            twilio_api or http_client(base, company="twilio"),
            account,
            tokens[0],
            (*settings.twilio_number, SIMULATED_NUMBER)[0],
        )
    opened = slack.open_slack(settings, store, http=slack_api)
    mail_server = smtp.MailServer(settings.smtp_url) if settings.smtp_url else None
    send: Send | None = mail_server.send if mail_server else None
    inbox = None
    if settings.inbox:
        from deskgate import simulator_mount

        inbox = simulator_mount.Inbox()
        send = inbox.put
    deliveries = make_deliveries(settings, store, phone, rest, send) | slack.deliveries(opened, store)
    help_desk, jobs = help_desk_of(settings), None
    if help_desk is not None:
        jobs = HelpDeskJobs(store, help_desk, settings.public_url, settings.step_up_minutes, phone=settings.phone_open)
        deliveries |= jobs.deliveries(deliveries["ticket_update"])
    return Container(
        settings,
        store,
        phone,
        opened,
        open_context(
            store,
            settings.public_url,
            settings.texting,
            phone=settings.phone_open,
            may_call=partial(may_call, settings),
            proxies=settings.proxies,
            region=settings.region,
            accounts_an_hour=settings.accounts_an_hour,
            passkeys_required=settings.staff_passkeys == "required",
            step_up_minutes=settings.step_up_minutes,
            zone=zone,
            opening_hours=settings.opening_hours,
            mails=send is not None,
            assistants=settings.assistants != "off",
        ),
        deliveries,
        Worker(
            store,
            deliveries,
            (slack.sweep(opened), partial(_remove_old, settings), daily_figures.count_days(zone)),
            mail_server.hang_up if mail_server else None,
            {"help-desk": (jobs.look, EVERY)} if jobs is not None else {},
        ),
        inbox,
        jobs,
    )


def _remove_old(settings: Settings, tx: Transaction) -> None:
    retention.remove(tx, permit_worker(tx), recordings_days=settings.recordings_days, files_days=settings.files_days)


def make_app(
    settings: Settings,
    *,
    clock: Callable[[], int] = now_ms,
    twilio_api: httpx2.Client | None = None,
    slack_api: httpx2.Client | None = None,
    works: bool = True,
) -> FastAPI:
    """The web process. The worker and the ledger's checkpoints run beside it from start-up to a clean stop, unless somebody else `works`."""
    if FastAPI.__module__ != "fastapi.applications":  # as `opentelemetry-instrument` puts its own in its place
        raise SettingError(
            [
                f"{FastAPI.__module__} would record every request, with one-time tokens in them: start without it (docs/operating.md, Traces)"
            ]
        )
    container = open_container(settings, clock=clock, twilio_api=twilio_api, slack_api=slack_api)
    assistants = Assistants(container.store, settings.public_url, sends=settings.assistants == "canned")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        if container.slack is not None:
            await anyio.to_thread.run_sync(slack.greet, container.slack, settings)
        if works:
            await anyio.to_thread.run_sync(container.worker.start)
        if container.slack is not None and container.slack.socket is not None:
            container.slack.socket.start()
        try:
            async with (
                assistants.open(),
                smtp_listener.opened(settings, container.store, works=works),
                traces.opened(settings.traces_url, container.store),
            ):
                yield
        finally:
            if container.slack is not None and container.slack.socket is not None:
                await anyio.to_thread.run_sync(container.slack.socket.stop)
            await anyio.to_thread.run_sync(container.worker.stop)
            await anyio.to_thread.run_sync(container.store.close)

    app = FastAPI(
        title="Deskgate",
        lifespan=lifespan,
        telemetry=UNTRACED,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.container = container
    app.add_middleware(request_bodies.BodyLimits, proxies=settings.proxies)
    app.add_middleware(uncaught.FaultAnswer)
    app.add_middleware(metrics.RequestTimer)
    if settings.traces_url:
        app.add_middleware(traces.Requests)
    _own_routes(app, container)
    if container.phone is None:
        log.warning("phone_disabled", why="TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")
    else:
        app.include_router(ivr_router(container.phone))
    if container.slack is None:
        log.warning("slack_disabled", why="neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is set")
    else:
        slack.add(app, settings, container.slack, clock=clock)
        if settings.slack_simulated and slack_api is None:
            from deskgate import simulator_mount

            simulator_mount.add_slack(app, settings, container.store.keys)
    api = make_api(
        ApiContext(
            container.store,
            container.portal.origin,
            container.portal.zone,
            settings.region,
            settings.slack_home,
            Reach(settings.phone_open, partial(may_call, settings), settings.texting, settings.slack_open),
            settings.proxies,
        ),
        UNTRACED,
    )
    operator_pages.add(app, settings, container.store, api)
    app.router.routes.append(mounted(api))
    if settings.assistants != "off":
        app.add_route("/mcp", assistants, methods=["POST"], include_in_schema=False)  # type: ignore[arg-type] # an ASGI application
    app.router.routes.extend(portal_router(container.portal).routes)  # included, each page would be looked for twice
    if settings.simulated and container.phone is not None:
        from deskgate import simulator_mount

        simulator_mount.add_twilio(app, settings, container.store.keys)
        if container.inbox is not None:
            simulator_mount.add_inbox(app, container.store, container.inbox)
    return app


def _own_routes(app: FastAPI, container: Container) -> None:
    @app.api_route("/healthz", methods=LOOKS)
    async def healthz() -> PlainTextResponse:  # waits for no thread that somebody else keeps busy
        return PlainTextResponse("ok")

    @app.api_route("/readyz", methods=LOOKS)
    def readyz() -> PlainTextResponse:
        trouble = ""
        if not container.store.is_ready():
            trouble = "the database is not reachable or not migrated, or all our connections to it are taken"
        elif not container.store.can_write():
            trouble = "the database cannot be written: is its disk full, is it read-only, or does somebody else write without end?"
        return PlainTextResponse(trouble or "ready", 503 if trouble else 200)

    @app.api_route("/.well-known/jwks.json", methods=LOOKS)
    def show_public_keys() -> JSONResponse:
        return JSONResponse(public_keys.published(container.store.keys), headers={"Cache-Control": "max-age=3600"})

    @app.exception_handler(404)
    async def not_found(request: Request, _fault: Exception) -> Response:
        if request.url.path.startswith("/ivr"):
            return Response(screens.refusal(phrases.load()), 404, media_type="application/xml")
        return PlainTextResponse("not found", 404)

    @app.exception_handler(405)
    async def not_allowed(request: Request, _fault: Exception) -> Response:
        if request.url.path.startswith("/ivr"):
            return Response(screens.refusal(phrases.load()), 405, media_type="application/xml")
        return PlainTextResponse("method not allowed", 405)
