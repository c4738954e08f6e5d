"""`deskgate import`: accounts from a file, all or nothing; how far it has come is shown on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from deskgate.command_line import fail, one_line, open_desk
from store import now_ms
from store.imports import import_run
from store.imports.file_format import ImportFileError, read

STDIN = Path("-")
_SHOWN = 20  # accounts named


def import_accounts(
    file: Annotated[Path, typer.Argument(help="JSON; docs/import.md has the format. `-` reads standard input.")],
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
    over_locks: Annotated[
        bool, typer.Option("--over-locks", help="Change contacts of accounts that their owners have locked as well.")
    ] = False,
    no_notices: Annotated[
        bool,
        typer.Option("--no-notices", help="Mail nobody about invoices and services that this import brings."),
    ] = False,
) -> None:
    """Load accounts: all or nothing, and a second time changes nothing."""
    since = day(known_since) if known_since else None
    try:
        with (
            open_desk() as (settings, store),
            closing(read(sys.stdin.buffer if file == STDIN else file)) as said,
            _bars() as progress,
        ):
            choice = settings.pin_choice == "on"
            result = import_run.run(
                store,
                said,
                dry_run=dry_run,
                reset_pins=reset_pins,
                pin_choice=choice,
                known_since=since,
                over_locks=over_locks,
                home=settings.slack_home,
                notices=not no_notices,
                progress=progress,
            )
    except ImportFileError as trouble:
        name = "standard input" if file == STDIN else file
        for words in trouble.lines[:-1]:
            print(f"deskgate: {name}: {words}", file=sys.stderr)
        fail(f"{name}: {trouble.lines[-1]}")
    if dry_run:
        for words in result.differences:
            print(words)
        if more := sum(result.counts.values()) - len(result.differences):
            print(f"and {more} more")
    if result.locked:
        many = f", and of {len(result.locked) - _SHOWN} more" if len(result.locked) > _SHOWN else ""
        print(
            f"Left as they are: the contacts of {', '.join(result.locked[:_SHOWN])}{many}. Their owners have locked them against changes; "
            "--over-locks changes them all the same."
        )
    counted = ", ".join(f"{count} {what.replace('.', ' ')}" for what, count in result.counts.items() if count)
    print(f"{'Would change' if dry_run else 'Imported'}: {counted or 'nothing, all is as the file says'}.")


def day(word: str) -> int:
    """The beginning of a day in UTC, in ms."""
    try:
        at = int(datetime.combine(date.fromisoformat(word), time(), UTC).timestamp() * 1000)
    except ValueError:
        fail(f'--known-since: expected a date such as 2026-01-31, got "{one_line(word)}"')
    if at > now_ms():
        fail(f"--known-since: {word} is in the future")
    return at


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress on a terminal; nothing where there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield progress
