"""What is imported for what: no clock here, as on a busy machine it says nothing. docs/performance.md has the times."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.conftest import Shell, free_port
from tests.cli.test_start import PRODUCTION, SLACK

HEAVY = {
    "alembic",
    "authz",
    "fastapi",
    "httpx2",
    "phonenumbers",
    "pydantic",
    "rich",
    "slack_bolt",
    "sqlalchemy",
    "store",
    "twilio",
}
DOORS = {"alembic", "bot", "fastapi", "httpx2", "portal", "slack_bolt", "slack_sdk", "twilio", "uvicorn"}
# The X-ray says in the shell what it says on its page: sentences, and no page.
SENTENCES = {"portal", *(f"portal.customers{name}" for name in ("", ".xray_words"))}
SENTENCES |= {"portal.web", "portal.web.page_words", "portal.web.record_words"}


def imported(code: str) -> set[str]:
    """The modules of a new process that has done this."""
    typed = [sys.executable, "-c", f"import sys\n{code}\nprint('\\n', *sys.modules)"]
    done = subprocess.run(typed, capture_output=True, text=True, timeout=120, check=True)
    return set(done.stdout.rpartition("\n ")[2].split())


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_the_help_imports_no_command() -> None:
    found = imported("""
from deskgate.__main__ import main
sys.argv = ["deskgate", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
""")
    assert {name for name in found if name.startswith("deskgate.")} == {"deskgate.__main__"}
    assert not HEAVY & packages(found)


def test_what_reads_and_changes_the_database_imports_no_door(light: Shell) -> None:
    found = imported("""
from deskgate.__main__ import COMMANDS, load
for name in COMMANDS:
    if name not in ("doctor", "simulate", "reconcile"):
        load(name)
from deskgate.command_line import open_desk
with open_desk():
    pass
""")
    assert {"deskgate.records", "deskgate.serve", "sqlalchemy"} <= found
    assert not DOORS & packages(found - SENTENCES)


def test_a_service_that_runs_in_production_has_no_simulator_no_migrations_and_not_all_of_twilio(light: Shell) -> None:
    """Started as an operator starts it, with the worker beside it, and asked for pages; then it stops."""
    light.set(**PRODUCTION, **SLACK, SLACK_API_URL="https://127.0.0.1:9/api/")
    port = free_port()
    found = imported(f"""
import asyncio, http.client, uvicorn
from deskgate.__main__ import main
startup = uvicorn.Server.startup

def ask(path):
    asked = http.client.HTTPConnection("127.0.0.1", {port})
    asked.request("POST" if path.startswith("/ivr") else "GET", path)
    return asked.getresponse().status

async def started(server, sockets=None):
    await startup(server, sockets)
    answers = [await asyncio.to_thread(ask, path) for path in ("/readyz", "/metrics", "/simulator", "/ivr/voice", "/desk/sign-in")]
    assert answers == [200, 404, 404, 403, 200], answers
    server.should_exit = True

uvicorn.Server.startup = started
sys.argv = ["deskgate", "serve", "--port", "{port}"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
""")
    assert {"fastapi", "ivr.router", "bot.router", "portal.router", "twilio"} <= found
    assert not {"alembic", "simulator"} & packages(found)
    assert "deskgate.simulator_mount" not in found
    traced = ("opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf")  # TRACES_URL is not set
    assert not [name for name in found if name.startswith(traced)]
    assert len({name for name in found if name.startswith("twilio.rest.")}) < 20, "there are some thousand"
