"""`deskgate doctor`: is everything as it should be? Each thing that is not says how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from authz import Action, SchemeError, load_schemes
from deskgate import doctor_remote, unknown_settings
from deskgate.command_line import FAILED, granted, in_one_line, moment, one_line, quiet
from deskgate.doctor_remote import BAD, OK, WARN, Finding
from deskgate.settings import SettingError, Settings, read_keys, read_settings
from store import ConnectionLostError, DatabaseFault, Store, open_store
from store.operator import lookups, restore
from store.security import alerts, reconcile_mode
from store.slack import installations

STUCK = 300  # seconds a job may be pending before it is worth a word
_KEPT: Final = "what is in the database (keys, ledger, jobs, installations)"
# Wrong, each of these would have us make a key, or look at a database, that is none of this desk's.
_WHETHER_PLAYED: Final = {"DESKGATE_ENV", "TWILIO_ACCOUNT_SID"}
_FOR_THE_DATABASE: Final = {"DATABASE_URL", "SECRET_KEYS", "SCHEMES_DIR"} | _WHETHER_PLAYED


def examine(
    report: Annotated[
        Path | None,
        typer.Option(help="Also write what mends a fault of ours to this new file: nobody's words, names or numbers."),
    ] = None,
) -> None:
    """Check settings, database, keys, Twilio, Slack and the work that is owed; exits 1 if something is broken."""
    quiet()
    states: list[str] = []
    for state, words in _findings():
        print(f"{state:<5}{words}")
        states.append(state)
    if report is not None:
        _write(report, states)
    if BAD in states:
        raise typer.Exit(FAILED)


def _write(report: Path, states: list[str]) -> None:
    from deskgate import fault_report  # it is asked for once in a while

    settings: Settings | None
    try:
        settings = read_settings()
    except SettingError as trouble:
        settings = trouble.settings
    with in_one_line():
        fault_report.write(report, settings, states)
    print(f"Written to {report}: read it, then send it to whoever mends Deskgate.")


def _findings() -> Iterator[Finding]:
    """Each look is taken as long as the settings it needs are right; one that is not is named."""
    wrong: set[str] = set()
    settings: Settings | None
    try:
        settings = read_settings()
        yield OK, f"settings read; {settings.deskgate_env}{_played(settings)}"
    except SettingError as trouble:
        settings, wrong = trouble.settings, trouble.names
        yield from ((BAD, line) for line in trouble.lines)
    for words in unknown_settings.unknown(os.environ):
        yield WARN, words
    if unknown_settings.readable_by_others():
        yield BAD, ".env can be read by others on this machine, and holds keys: run `chmod 600 .env`"
    if settings is None:
        yield WARN, _not_checked("the database, Twilio, Slack, mail")
        return
    if settings.pin_choice == "on":
        yield (
            WARN,
            (
                "PIN_CHOICE is on: a handful of wrong PINs of six or seven digits leaves all callers with such a PIN to "
                "messages for hours; issue PINs of eight digits and set PIN_CHOICE=off, or see docs/pins.md"
            ),
        )
    tokens = {"SLACK_BOT_TOKEN": settings.slack_bot_token} if settings.slack_bot_token else {}
    looks: list[tuple[str, set[str], Callable[[], Iterator[Finding]]]] = [
        ("the database", _FOR_THE_DATABASE, lambda: _database(settings, tokens)),
        ("Twilio", {"PUBLIC_URL"} | _WHETHER_PLAYED, lambda: doctor_remote.twilio(settings)),
        ("Slack", _WHETHER_PLAYED, lambda: doctor_remote.slack(settings, tokens)),
        ("mail", {"SMTP_URL", "MAIL_FROM"}, lambda: doctor_remote.mail(settings)),
        (
            "Request Tracker",
            {"RT_URL", "RT_USER", "RT_TOKEN", "RT_PASSWORD", "WEBHOOK_NETWORKS"},
            lambda: doctor_remote.help_desk(settings),
        ),
    ]
    for what, needed, look in looks:
        if first := sorted(name for name in wrong if name in needed or name.startswith(f"{what.upper()}_")):
            yield WARN, _not_checked(what, " and ".join(first))
        else:
            yield from look()


def _not_checked(what: str, until: str = "that") -> str:
    return f"{what}: not checked; mend {until}, then run this again"


def _database(settings: Settings, tokens: dict[str, str]) -> Iterator[Finding]:
    """Adds to `tokens` those of the workspaces where the app is installed."""
    try:
        keys, schemes = read_keys(settings), load_schemes(settings.schemes_dir)
    except (SettingError, SchemeError, OSError) as trouble:
        yield BAD, str(trouble)
        yield WARN, _not_checked("the database")
        return
    store = open_store(settings.database_url, keys, schemes)
    try:
        if not store.is_ready():
            yield BAD, "the database is not reachable or not migrated: check DATABASE_URL, run `deskgate migrate`"
            yield WARN, _not_checked(_KEPT)
            return
        yield OK, f"database reachable and migrated ({store.engine.dialect.name})"
        if store.is_ahead():
            yield (
                WARN,
                "a newer version has migrated this database: this one goes on with it; install the newer one here as well",
            )
        why = store.why_not_write() or store.why_not_begin()
        if why is not None:  # to look is to write an entry
            yield BAD, why
            yield WARN, _not_checked(_KEPT)
            return
        yield from _kept(store)
        with store.transaction("shell") as tx:
            for one in installations.every(tx):
                if one.token is not None:
                    tokens.setdefault(one.name or one.team, one.token)
        store.checkpoint()
    except (ConnectionLostError, DatabaseFault) as lost:
        yield BAD, f"the database went away: {str(lost).splitlines()[0]}"
    finally:
        store.engine.dispose()


def _kept(store: Store) -> Iterator[Finding]:
    retired = store.retired_keys()
    with store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        used, needed = lookups.schemes_in_use(tx, grant), lookups.keys_in_use(tx, grant, retired)
        noticed, jumped = reconcile_mode.since(tx), alerts.unseen(tx, grant, "clock")
    backlog, slack = store.backlog(), store.backlog("slack.%")
    for scheme in sorted(used - set(store.schemes)):
        yield BAD, f"accounts use the scheme {scheme}, which is not there: check SCHEMES_DIR"
    yield from _keys(store, needed)
    yield from _ledger(store, needed["ledger"])
    yield from _past(store, noticed)
    if jumped is not None:
        yield (
            WARN,
            f"the clock jumped at {moment(jumped)}: see how this machine keeps time, then have a supervisor press Mark as checked on the desk's page",
        )
    if backlog.failing or backlog.oldest > STUCK * 1000:
        yield (
            WARN,
            (
                f"{backlog.pending} background jobs pending, {backlog.failing} failing, the oldest from "
                f"{moment(store.clock() - backlog.oldest)}: {one_line(backlog.error or 'is the service running?')}; "
                "see `deskgate jobs`"
            ),
        )
    else:
        yield OK, f"{backlog.pending} background jobs pending, none stuck"
    if slack.failing:
        yield WARN, f"{slack.failing} of these wait for Slack: {one_line(slack.error or '')}; see `deskgate jobs`"
    if backlog.given_up:
        yield (
            WARN,
            f"{backlog.given_up} background jobs were given up: see `deskgate jobs --state given-up`, retry or drop them",
        )


def _past(store: Store, noticed: int | None) -> Iterator[Finding]:
    """Whether the database is as old as it should be."""
    if noticed is not None:
        yield (
            WARN,
            f"reconcile mode since {moment(noticed)}: the database was restored, or a failover lost its end; no contact, right, service or key can be changed and no request made. Suspend again anyone suspended since the backup, run the newest import, then `deskgate reconcile`, then have a supervisor press Mark as checked on the desk's page",
        )
    behind = restore.is_behind(store)
    if store.memory.path is None:
        yield (
            WARN,
            "no folder to remember this database in, so a restore would go unnoticed: add StateDirectory=deskgate to the systemd unit",
        )
    elif behind is not None:
        yield (
            BAD,
            f"checkpoint {behind.checkpoint} is gone: the database was restored, or a failover lost its end: run `deskgate restored`",
        )
    elif restore.last_seen(store) is None:
        yield (
            WARN,
            "this machine has not seen this database before: if it was restored from a backup, run `deskgate restored` now; otherwise there is nothing to do",
        )
    else:
        yield OK, "the database holds all that this machine has seen of it"


def _played(settings: Settings) -> str:
    both = [name for name, so in (("Twilio", settings.simulated), ("Slack", settings.slack_simulated)) if so]
    return f", the simulator plays {' and '.join(both)}" if both else ""


def _keys(store: Store, needed: dict[str, set[str]]) -> Iterator[Finding]:
    """Which of SECRET_KEYS are still needed: a key goes when nothing kept was made with it."""
    count = len(store.keys.for_use("ledger"))
    for place in range(count):
        uses = [use for use, ids in needed.items() if store.keys.for_use(use)[place].id in ids]
        if place and not uses:
            yield WARN, f"key {place + 1} of SECRET_KEYS is no longer needed: remove it"
        else:
            yield (
                OK,
                f"key {place + 1} of SECRET_KEYS is in use{' for ' + ', '.join(uses) if uses else ' for what is new'}",
            )
    for use, ids in needed.items():
        gone = ids - {key.id for key in store.keys.for_use(use)}
        if gone:
            yield BAD, f"{use}: something is kept under a key that is no longer in SECRET_KEYS; put the old key back"


def _ledger(store: Store, needed: set[str]) -> Iterator[Finding]:
    troubles = store.look_at_checkpoints()
    for trouble in troubles:
        yield BAD, f"ledger: {trouble.words}"
    if not troubles:
        yield (
            OK,
            "ledger: the newest checkpoint is good, nothing waits for one (`deskgate audit verify` reads all of it)",
        )
    known = store.keys.for_use("ledger")
    for place, key in enumerate(known[1:], 2):
        if key.id in needed - {known[0].id}:
            yield WARN, f"entries made with key {place} of SECRET_KEYS still count: run `deskgate audit retire`"
