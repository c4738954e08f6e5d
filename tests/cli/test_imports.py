"""What is imported for what: no clock here, as on a busy machine it says nothing. docs/performance.md has the times."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.conftest import Shell

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
    if name not in ("doctor", "simulate"):
        load(name)
from deskgate.shell import open_desk
with open_desk():
    pass
""")
    assert {"deskgate.records", "deskgate.serve", "sqlalchemy"} <= found
    assert not DOORS & packages(found)


def test_a_start_on_a_database_that_is_there_imports_no_migrations_and_not_all_of_twilio(light: Shell) -> None:
    found = imported("""
from deskgate.serve import app
from deskgate.settings import read_settings
from store import migrate
migrate(read_settings().database_url)
app().state.house.store.close()
""")
    assert {"fastapi", "ivr.router", "bot.router", "twilio"} <= found
    assert "alembic" not in packages(found)
    assert len({name for name in found if name.startswith("twilio.rest.")}) < 20, "there are some thousand"
