"""`deskgate sync`: accounts from JSON Lines, one a line, each whole or not at all; a file of any length in the same memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from authz import Proof
from desk import account_records
from desk.actors import Actor, NotAllowed
from deskgate.command_line import FAILED, fail, open_desk
from deskgate.import_command import STDIN, day
from store import OPERATOR, Store, Transaction, retried
from store.imports.account_lines import Brought, MetOthersError, NumberedLine, read_lines

_ONE_WILL_NOT: Final = "1 line will not do; nothing of it was stored"
_TOLD: Final = 1_000  # lines that will not do, told one by one
_AGAIN: Final = 3


def sync(
    file: Annotated[Path, typer.Argument(help="JSON Lines, an account a line; docs/api.md. `-` reads standard input.")],
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
        bool, typer.Option("--no-notices", help="Mail nobody about invoices and services that this brings.")
    ] = False,
) -> None:
    """Bring accounts line by line: what will not do is named, all else is done; a second time changes nothing."""
    since = day(known_since) if known_since else None
    with open_desk() as (settings, store), _opened(file) as stream:
        all_of_it = synced(
            store, stream, known_since=since, over_locks=over_locks, home=settings.slack_home, notices=not no_notices
        )
    if all_of_it.locked:
        print(
            f"Left as they are: the contacts of {len(all_of_it.locked)} accounts that their owners have locked; --over-locks changes them all the same."
        )
    counted = ", ".join(f"{count} {what.replace('.', ' ')}" for what, count in sorted(all_of_it.counts.items()))
    stored = all_of_it.lines - len(all_of_it.refused)
    if stored or not all_of_it.refused:
        print(f"Synced {stored} accounts: {counted or 'nothing, all is as the lines say'}.")
    if all_of_it.refused:
        many = len(all_of_it.refused)
        fail(f"{many} lines will not do; nothing of those was stored" if many > 1 else _ONE_WILL_NOT, FAILED)


def synced(
    store: Store, stream: BinaryIO, *, known_since: int | None, over_locks: bool, home: str, notices: bool
) -> Brought:
    """All lines of a stream, some hundreds in a transaction, so that whoever else writes never waits for long."""
    all_of_it = Brought()
    for lines in read_lines(stream):

        def bring(tx: Transaction, lines: list[NumberedLine] = lines) -> Brought | NotAllowed:
            return account_records.write(
                tx,
                Actor(OPERATOR, Proof.NONE),
                lines,
                known_since=known_since,
                over_locks=over_locks,
                home=home,
                notices=notices,
            )

        brought = retried(partial(_in_one, store, bring))
        if isinstance(brought, NotAllowed):
            fail(f"the operator may not {brought.ask.action}: {brought.denied.reason}", FAILED)
        all_of_it.lines += brought.lines
        all_of_it.counts += brought.counts
        all_of_it.locked += brought.locked
        for number, faults in brought.refused.items():
            all_of_it.refused[number] = []
            if len(all_of_it.refused) <= _TOLD:
                for fault in faults:
                    said = f"{fault.path}: {fault.words}" if fault.path else fault.words
                    print(f"deskgate: line {number}: {said}", file=sys.stderr)
    return all_of_it


def _in_one(store: Store, bring: Callable[[Transaction], Brought | NotAllowed]) -> Brought | NotAllowed:
    for _ in range(_AGAIN - 1):
        try:
            with store.transaction("shell") as tx:
                return bring(tx)
        except MetOthersError:
            continue
    with store.transaction("shell") as tx:
        return bring(tx)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = file.open("rb")
    except OSError as trouble:
        fail(f"{file}: the file cannot be read: {trouble.strerror}")
    with stream:
        yield stream
