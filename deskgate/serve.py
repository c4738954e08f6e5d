"""`deskgate serve`: the web process, its log, and what it says first; and `deskgate migrate`."""

from __future__ import annotations

import errno
import gc
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import structlog
import typer

from deskgate import log_limits, uncaught, unknown_settings
from deskgate.command_line import FAILED, fail, in_one_line
from deskgate.mail_settings import place_of
from deskgate.settings import Settings, read_settings
from store import migrate, sqlite_file

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes; more than one needs PostgreSQL.")] = 1,
    no_migrate: Annotated[bool, typer.Option("--no-migrate", help="Leave the schema as it is.")] = False,
) -> None:
    """Run the service. Migrates first, unless told not to."""
    import uvicorn  # here, and the app with it: other commands start in half the time without them

    from deskgate import workers as several
    from deskgate.app import make_app
    from deskgate.connections import TimedConnection

    with in_one_line():
        settings = read_settings()
        if "public_url" not in settings.model_fields_set and settings.simulated:
            settings = read_settings(public_url=f"http://localhost:{port}")
        if settings.simulated and host not in ("127.0.0.1", "localhost", "::1"):
            fail(
                "the simulator listens on loopback only; set TWILIO_ACCOUNT_SID or DESKGATE_ENV=production for another --host"
            )
        if workers > 1 and sqlite_file(settings.database_url) is not None:
            fail("--workers needs PostgreSQL: on SQLite one process is fastest (docs/operating.md)")
        if workers > 1 and settings.simulated:
            fail("--workers does not go with the simulator, which keeps its calls in one process")
        if not no_migrate:
            migrate(settings.database_url)
        if is_taken(host, port):
            other = port + 1 if port < 65_535 else port - 1
            fail(
                f"port {port} is taken: stop what listens there, or choose another: `--port {other}`, `make run PORT={other}`"
            )
        if settings.mail_in and is_taken(*place_of(settings.mail_in)):
            fail(f"MAIL_IN: {settings.mail_in} is taken: stop what listens there, or choose another port")
        log_as_lines(production=settings.deskgate_env == "production")
        made = make_app(settings)  # what is wrong is said here, before any process is started
    for words in unknown_settings.unknown(os.environ):
        print(f"deskgate: {words}", file=sys.stderr)
    _say_what_to_try(settings, port)
    how: dict[str, Any] = {
        "host": host,
        "port": port,
        "workers": workers,
        "http": TimedConnection,
        "ws": "none",
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": 10,
        "timeout_worker_healthcheck": several.SILENT_FOR,
    }
    _keep()
    try:
        if workers == 1:
            uvicorn.run(made, **how)
    finally:
        made.state.container.store.engine.dispose()
    if workers > 1:
        with _adding_up():
            several.run(uvicorn.Config("deskgate.serve:app", factory=True, **how))  # each makes its own


@contextmanager
def _adding_up() -> Iterator[None]:
    """Each process of several counts into files of one folder, so that every scrape shows the sum of all (metrics.SHARED)."""
    below = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0] or None
    with tempfile.TemporaryDirectory(prefix="deskgate-metrics-", dir=below) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def migrate_database() -> None:
    """Bring the database to the newest schema."""
    with in_one_line():
        migrate(read_settings().database_url)
    print("The database is up to date.")


def is_taken(host: str, port: int) -> bool:
    """Whether something listens there already, found out before we say that we run."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as uvicorn does: what lingers is not taken
        try:
            trial.bind((host, port))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                fail(f"cannot listen on {host}, port {port}: {fault.strerror}; choose another --host or --port", FAILED)
            return True
    return False


def app(*, works: bool = True) -> FastAPI:
    """What each web process runs, where there are several."""
    from deskgate.app import make_app

    os.umask(0o077)
    settings = read_settings()
    log_as_lines(production=settings.deskgate_env == "production")
    made = make_app(settings, works=works)
    _keep()
    return made


def _keep() -> None:
    """What is made at the start stays to the end: Python's collector looks through it no more, for which everybody waited 0.1 s at a time."""
    gc.freeze()


def log_as_lines(*, production: bool) -> None:
    """One line an event: JSON in production, words on a terminal. Values are escaped by the renderer, a fault has no words and no locals (desk/faults.py)."""
    from deskgate import metrics

    renderer: structlog.typing.Processor
    if production:
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            metrics.count_events,  # before some of them are left out
            log_limits.Seldom(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("uvicorn.error").addFilter(log_limits.not_http)
    uncaught.log_without_words()


def _say_what_to_try(settings: Settings, port: int) -> None:
    if not settings.simulated:
        print(f"Deskgate listens on port {port}. Stop it with Ctrl-C.")
        return
    # Another command knows of this port only what it is told: without that its link leads to port 8000.
    known = "" if port == 8000 else f"PUBLIC_URL={settings.public_url} "
    print(
        f"Deskgate is running. Open {settings.public_url}/simulator and call the desk:\n"
        "  Mia Chen may get support   key 10000081#  then 17846325#  then 1, choose, and say what is wrong\n"
        "  Leo Fox may not            key 10000099#  then 39275068#  then 1, and hear why\n"
        "Beside the phone is Slack: be Kim and answer Mia there, be Olivia and write to the desk.\n"
        f"To be an agent yourself: `{known}deskgate staff invite agent.kim` in .venv/bin, open its link, "
        f"then {settings.public_url}/desk.\n"
        f"To be a customer on the account pages: invite somebody at {settings.public_url}/simulator/inbox, open the link in the mail.\n"
        "Then look at `deskgate tickets` and `deskgate audit` in .venv/bin. Stop with Ctrl-C."
    )
