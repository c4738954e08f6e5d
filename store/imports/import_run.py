"""Brings the database to what an import file says: all of it in one transaction, or nothing.

PINs are hashed before that transaction, so that no caller waits for them, and a hash is bound to its person's id. So a
file with PINs is gone through twice: a dry pass finds whose PINs are wanted; ids of new people are taken; PINs are hashed;
then the pass that writes checks that it still meets the same people, and gives up if not. On PostgreSQL the ids come from
the sequence, which gives none twice; on SQLite they are the next ones, and somebody else's newcomer makes the import give up.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from authz import Action, Ask, Grant, Proof, Subject
from store import OPERATOR, Store, Transaction
from store.db.retrying import retried
from store.imports.account_rows import bring_accounts
from store.imports.file_format import ImportFile, ImportFileError
from store.imports.people_rows import STAFF, PinRound, bring_people, bring_slack, check_spelling
from store.imports.row_changes import CHUNK, Changes, Progress, pieces
from store.verification import pins, slack_members
from store.verification.hash_pool import PLACES, HashPool
from store.verification.pins import KeptPin, Pin

IMPORT_LOCK: Final = 4406  # PostgreSQL: one import at a time; 4405 is that of the migrations


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was changed, or would be by a dry run: counts like `accounts.added`, and a line for each of the first differences. `locked`:
    the numbers of accounts that their owners have locked, whose contacts the file has otherwise and which were left as they are."""

    counts: Mapping[str, int]
    differences: list[str]
    locked: list[str] = field(default_factory=list)


class _NothingKeptError(Exception):
    """Leaves a transaction of a dry pass, which then stores nothing."""


def run(
    store: Store,
    file: ImportFile,
    *,
    dry_run: bool = False,
    reset_pins: bool = False,
    pin_choice: bool = False,
    known_since: int | None = None,
    over_locks: bool = False,
    home: str = "",
    notices: bool = True,
    progress: Progress | None = None,
) -> ImportResult:
    """Raises `ImportFileError`, and nothing is stored, if a scheme, the PIN policy or what is there already speaks against it.

    `known_since` (ms): numbers and Slack members of people who are new here have been on file elsewhere since then, which
    is the operator's word; without it they are as young as the import, and prove nothing for 72 hours. `home` is the desk's own
    Slack workspace, as the settings name it: see `slack_members.home_of`. `over_locks`: contacts of accounts that their owners have locked
    are brought as well. Without `notices` nobody is mailed about invoices and services; whom changed contacts and accounts concern is told
    all the same. `progress` is called with what is being done, how many are
    done, and how many there are.
    """
    round = PinRound(choice=pin_choice, reset=reset_pins)
    if dry_run or file.has_pins:
        found = _pass(store, file, round, progress, known_since, over_locks, home, notices, dry=True)
        if dry_run:
            return found
        if round.wanted:
            round.ids = _take_ids(store, round.newcomers)
            round.kept = _hash(store, round, progress)
    return retried(
        lambda: _pass(store, file, round, progress, known_since, over_locks, home, notices, dry=False),
        if_stored=False,
    )


def _pass(
    store: Store,
    file: ImportFile,
    round: PinRound,
    progress: Progress | None,
    known_since: int | None,
    over_locks: bool,
    home: str,
    notices: bool,
    *,
    dry: bool,
) -> ImportResult:
    changes: Changes | None = None
    troubles: list[str] = []
    try:
        with _old_objects_left_alone(), store.transaction("shell") as tx:
            grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
            assert isinstance(grant, Grant), "the operator's shell may import"
            changes = Changes(
                tx, file, progress, dry=dry, known_since=known_since, over_locks=over_locks, notices=notices
            )
            if not dry:
                one_at_a_time(tx)
            bring(changes, file, round, home)
            troubles = changes.troubles
            if dry or troubles:
                raise _NothingKeptError
            tx.look_at_the_clock()
            fields = [f"{what}:{n}" for what, n in sorted(changes.counts.items())]
            fields += [f"known_since:{known_since}"] if known_since is not None else []
            fields += ["over_locks"] if over_locks else []
            tx.record(OPERATOR, None, "import", "done", fields=fields)
    except _NothingKeptError:
        pass
    except IntegrityError:
        troubles = ["somebody else stored the same people, accounts or Slack members just now; run the import again"]
    if troubles:
        raise ImportFileError(troubles)
    assert changes is not None
    return ImportResult(dict(sorted(changes.counts.items())), changes.differences, changes.locked)


def one_at_a_time(tx: Transaction) -> None:
    """Waits until no other import is at work; none begins before this transaction has ended. On SQLite whoever writes is alone anyhow."""
    if tx.dialect == "postgresql":
        tx.connection.execute(text(f"SELECT pg_advisory_xact_lock({IMPORT_LOCK})"))
        tx.look_at_the_clock()


@contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Thousands of entries are made and dropped again and again, and the collector would look at all that stands each time: a
    sixth of the time, measured. In the service that is so already (deskgate/serve.py)."""
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def bring(changes: Changes, file: ImportFile, round: PinRound, home: str) -> None:
    """All that the file says, in the transaction of `changes`; what speaks against it is in its `troubles` afterwards."""
    first = 0
    for people in pieces(file.people, CHUNK):
        changes.told("people", first, len(file.people))
        bring_people(changes, first, people, round)
        first += len(people)
    everybody = list(file.staff)
    there = STAFF.find(changes, everybody)
    check_spelling(changes, STAFF, 0, everybody, there)
    staff = STAFF.bring(changes, 0, everybody, there)
    changes.new_staff = {id for username, id in staff.items() if username not in there}
    for id in sorted(changes.new_staff):
        changes.changed("staff.added", None, (Subject.of_staff(id), "role"))
    bring_slack(changes, everybody, staff)
    first = 0
    for accounts in pieces(file.accounts, CHUNK):
        changes.told("accounts", first, len(file.accounts))
        bring_accounts(changes, first, accounts)
        first += len(accounts)
    changes.told("accounts", len(file.accounts), len(file.accounts))
    if not changes.dry and not changes.troubles:
        slack_members.unlink_unfit(changes.tx, slack_members.home_of(changes.tx, home))


def _take_ids(store: Store, usernames: list[str]) -> dict[str, int]:
    """Ids for people who are not there yet, so that their PINs can be bound to them."""
    with store.engine.connect().execution_options(reads_only=True) as connection:
        if connection.dialect.name == "postgresql":
            taking = "SELECT nextval(pg_get_serial_sequence('people', 'id')) FROM generate_series(1, :n)"
            ids = list(connection.execute(text(taking), {"n": len(usernames)}).scalars())
        else:
            given = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'people'"
            last = connection.execute(text(given)).scalar_one()
            ids = list(range(last + 1, last + 1 + len(usernames)))
    return dict(zip(usernames, ids, strict=True))


def _hash(store: Store, round: PinRound, progress: Progress | None) -> dict[str, KeptPin]:
    """Two at a time, on the places the phone hashes on as well: the machine never hashes more."""

    def keep(wish: tuple[str, int, Pin]) -> tuple[str, KeptPin]:
        username, id, pin = wish
        pool.admit()  # there is always room: this pool is ours alone, and no more than PLACES of us come at a time
        return username, pool.run(lambda: pins.keep(store.keys, round.ids.get(username, id), pin))

    kept: dict[str, KeptPin] = {}
    pool, threads = HashPool(), ThreadPoolExecutor(PLACES)
    try:
        for username, made in threads.map(keep, round.wanted):
            kept[username] = made
            if progress is not None:
                progress("PINs", len(kept), len(round.wanted))
    finally:
        threads.shutdown(cancel_futures=True)
        pool.close()
    return kept
