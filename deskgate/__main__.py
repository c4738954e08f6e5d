"""The command line: `deskgate serve | migrate | import | explain | matrix | tickets | audit | pin | staff | jobs | doctor | simulate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from deskgate import __version__, decisions, doctor, jobs, records, staff
from deskgate.serve import serve
from deskgate.settings import SIMULATED_NUMBER, SIMULATED_SID, read_keys, read_settings, simulated_token
from deskgate.shell import fail, in_one_line, one_line, open_desk
from simulator.terminal import dialling, run_call
from store import imports, migrate, now_ms
from store.import_format import ImportTrouble, read

commands = typer.Typer(
    help="A support desk that knows who is asking.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
simulate_commands = typer.Typer(help="Play a caller's part, on this machine only.", no_args_is_help=True)
commands.add_typer(simulate_commands, name="simulate")
commands.add_typer(records.audit_commands, name="audit")
commands.add_typer(records.pin_commands, name="pin")
commands.add_typer(staff.staff_commands, name="staff")
commands.add_typer(jobs.job_commands, name="jobs")
commands.command("serve")(serve)
commands.command("explain")(decisions.explain)
commands.command("matrix")(decisions.show_matrix)
commands.command("tickets")(records.show_tickets)
commands.command("restored")(records.after_a_restore)
commands.command("doctor")(doctor.examine)
MOST_LINES = 200  # differences shown by `import --dry-run`; the rest are counted


@commands.command("migrate")
def migrate_database() -> None:
    """Bring the database to the newest schema."""
    with in_one_line():
        migrate(read_settings().database_url)
    print("The database is up to date.")


@commands.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(help="JSON; docs/import.md has the format.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the differences and store nothing.")] = False,
    reset_pins: Annotated[
        bool, typer.Option("--reset-pins", help="PINs in the file replace those people have.")
    ] = False,
    known_since: Annotated[
        str,
        typer.Option(
            help="A day: since when numbers, addresses and Slack members of newcomers have been on file with you."
        ),
    ] = "",
) -> None:
    """Load accounts: all or nothing, and a second time changes nothing."""
    since = _day(known_since) if known_since else None
    try:
        with open_desk() as (settings, store), _bars() as progress:
            choice = settings.pin_choice == "on"
            result = imports.run(
                store,
                read(file),
                dry_run=dry_run,
                reset_pins=reset_pins,
                pin_choice=choice,
                known_since=since,
                home=settings.slack_home,
                progress=progress,
            )
    except ImportTrouble as trouble:
        for words in trouble.lines[:-1]:
            print(f"deskgate: {file}: {words}", file=sys.stderr)
        fail(f"{file}: {trouble.lines[-1]}")
    if dry_run:
        for words in result.differences[:MOST_LINES]:
            print(words)
        if len(result.differences) > MOST_LINES:
            print(f"and {len(result.differences) - MOST_LINES} more")
    counted = ", ".join(f"{count} {what.replace('.', ' ')}" for what, count in result.counts.items() if count)
    print(f"{'Would change' if dry_run else 'Imported'}: {counted or 'nothing, all is as the file says'}.")


def _day(word: str) -> int:
    """The beginning of a day in UTC, in ms."""
    try:
        at = int(datetime.combine(date.fromisoformat(word), time(), UTC).timestamp() * 1000)
    except ValueError:
        fail(f"--known-since: {one_line(word)} is no day like 2026-01-31")
    if at > now_ms():
        fail(f"--known-since: {word} is still to come")
    return at


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress on a terminal; nothing where there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield progress


@simulate_commands.command("call")
def simulate_call(
    caller: Annotated[str, typer.Option("--from", help="The number to call from, or `withheld`.")],
    script: Annotated[Path | None, typer.Option(help="A call written down: docs/simulator.md")] = None,
    url: Annotated[str, typer.Option(help="The running service; PUBLIC_URL unless said.")] = "",
) -> None:
    """Ring the running service from a keypad in the terminal, or play a call from a file."""
    with in_one_line():
        settings = read_settings()
        if not settings.simulated:
            fail("the simulator is not to be had in production or with a Twilio account set")
        token = simulated_token(read_keys(settings))
    base = url or settings.public_url
    with dialling(base, SIMULATED_SID, token, settings.public_url, SIMULATED_NUMBER) as exchange:
        raise typer.Exit(run_call(base, caller, script, exchange))


@commands.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    os.umask(0o077)  # whatever we make is for whoever runs us alone
    commands()


if __name__ == "__main__":
    main()
