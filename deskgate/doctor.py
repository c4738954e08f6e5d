"""`deskgate doctor`: is everything as it should be? Each thing that is not says how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx2
import typer

from authz import Action, SchemeError, load_schemes
from bot.install import scopes
from deskgate import misspelt, smtp
from deskgate.settings import Settings, SettingTrouble, read_keys, read_settings
from deskgate.shell import FAILED, granted, moment, one_line, quiet
from store import (
    ConnectionLost,
    DatabaseFault,
    DatabaseUrlTrouble,
    Store,
    alerts,
    installations,
    open_store,
    restored,
    shell,
)
from store.work import Later

OK, WARN, BAD = "ok", "note", "BAD"
Finding = tuple[str, str]
STUCK = 300  # seconds a piece of later work may be owed before it is worth a word


def examine() -> None:
    """Check settings, database, keys, Twilio, Slack and the work that is owed; exits 1 if something is broken."""
    quiet()
    broken = False
    for state, words in _findings():
        print(f"{state:<5}{words}")
        broken |= state == BAD
    if broken:
        raise typer.Exit(FAILED)


def _findings() -> Iterator[Finding]:
    try:
        settings = read_settings()
        keys = read_keys(settings)
        schemes = load_schemes(settings.schemes_dir)
    except (SettingTrouble, SchemeError) as trouble:
        yield BAD, str(trouble)
        return
    except OSError as fault:
        yield BAD, str(fault)
        return
    yield OK, f"settings read; {settings.deskgate_env}{_played(settings)}"
    for words in misspelt.unknown(os.environ):
        yield WARN, words
    if misspelt.readable_by_others():
        yield BAD, ".env can be read by others on this machine, and holds keys: run `chmod 600 .env`"
    if settings.pin_choice == "on":
        yield (
            WARN,
            (
                "PIN_CHOICE is on: a handful of wrong PINs of six or seven digits leaves all callers with such a PIN to "
                "messages for hours; issue PINs of eight digits and set PIN_CHOICE=off, or see docs/pins.md"
            ),
        )
    try:
        store = open_store(settings.database_url, keys, schemes)
    except DatabaseUrlTrouble as trouble:
        yield BAD, str(trouble)
        return
    if not store.is_ready():
        store.engine.dispose()
        yield BAD, "the database is not reachable or not migrated: check DATABASE_URL, run `deskgate migrate`"
        return
    try:
        yield OK, f"database reachable and migrated ({store.engine.dialect.name})"
        why = store.why_not_write()
        if why is not None:
            yield BAD, why
            store.engine.dispose()
            return
        yield from _kept(store)
        tokens = _tokens(settings, store)
        store.close()
    except (ConnectionLost, DatabaseFault) as lost:
        store.engine.dispose()
        yield BAD, f"the database went away: {str(lost).splitlines()[0]}"
        return
    yield from _twilio(settings)
    yield from _slack(settings, tokens)
    yield from _mail(settings)


def _mail(settings: Settings) -> Iterator[Finding]:
    """A session with the mail server, signed in as for a mail; nothing is sent."""
    if not settings.smtp_url:
        yield WARN, "SMTP_URL is not set: people cannot be told by mail, their notices wait: set it, with MAIL_FROM"
        return
    if not settings.mail_from:
        yield WARN, "MAIL_FROM is not set: mails come from desk@localhost, which many servers refuse; set an address"
    try:
        smtp.connected(smtp.server_of(settings.smtp_url)).close()
    except Later as trouble:
        yield BAD, f"mail: {trouble}"
    else:
        yield OK, "mail: the server is reached and lets us in"


def _kept(store: Store) -> Iterator[Finding]:
    retired = store.retired_keys()
    with store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        used, needed = shell.schemes_in_use(tx, grant), shell.keys_in_use(tx, grant, retired)
        told = {kind: alerts.unseen(tx, grant, kind) for kind in ("restored", "clock")}
    owed, slack = store.backlog(), store.backlog("slack.%")
    for scheme in sorted(used - set(store.schemes)):
        yield BAD, f"accounts use the scheme {scheme}, which is not there: check SCHEMES_DIR"
    yield from _keys(store, needed)
    yield from _ledger(store, needed["ledger"])
    yield from _past(store, told["restored"])
    if told["clock"] is not None:
        yield (
            WARN,
            f"the clock jumped at {moment(told['clock'])}: see how this machine keeps time, then have a supervisor press Looked into on the desk's page",
        )
    if owed.failing or owed.oldest > STUCK * 1000:
        yield (
            WARN,
            (
                f"{owed.owed} background jobs pending, {owed.failing} failing, the oldest from "
                f"{moment(store.clock() - owed.oldest)}: {one_line(owed.error or 'is the service running?')}; "
                "see `deskgate jobs`"
            ),
        )
    else:
        yield OK, f"{owed.owed} background jobs pending, none stuck"
    if slack.failing:
        yield WARN, f"{slack.failing} of these wait for Slack: {one_line(slack.error or '')}; see `deskgate jobs`"
    if owed.given_up:
        yield (
            WARN,
            f"{owed.given_up} background jobs were given up: see `deskgate jobs --state given-up`, retry or drop them",
        )


def _past(store: Store, noticed: int | None) -> Iterator[Finding]:
    """Whether the database is as old as it should be."""
    if noticed is not None:
        yield (
            WARN,
            f"the database was restored (noticed at {moment(noticed)}): suspend again anyone suspended since the backup, run the newest import, then have a supervisor press Looked into on the desk's page",
        )
    behind = restored.is_behind(store)
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
    elif restored.last_seen(store) is None:
        yield (
            WARN,
            "this machine has not seen this database before: if it was restored from a backup, run `deskgate restored` now; otherwise there is nothing to do",
        )
    else:
        yield OK, "the database holds all that this machine has seen of it"


def _played(settings: Settings) -> str:
    both = [name for name, so in (("Twilio", settings.simulated), ("Slack", settings.slack_simulated)) if so]
    return f", the simulator plays {' and '.join(both)}" if both else ""


def _tokens(settings: Settings, store: Store) -> dict[str, str]:
    """The workspaces where the app is installed, with their tokens; that of the settings has no name yet."""
    with store.transaction("shell") as tx:
        found = {one.name or one.team: one.token for one in installations.every(tx) if one.token is not None}
    return found | ({"SLACK_BOT_TOKEN": settings.slack_bot_token} if settings.slack_bot_token else {})


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
            yield BAD, f"{use}: something is kept under a key that is not in SECRET_KEYS any more; put the old key back"


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


def _twilio(settings: Settings) -> Iterator[Finding]:
    if not settings.twilio_account_sid:
        yield (
            (OK, "phone: simulated")
            if settings.simulated
            else (WARN, "phone: closed; to open it set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        )
        return
    if not settings.agent_number:
        yield (
            WARN,
            "AGENT_NUMBER is not set: whoever asks for a person gets a call-back ticket: set the numbers of the desk's phones",
        )
    account = f"{settings.twilio_api_url}/2010-04-01/Accounts/{settings.twilio_account_sid}"
    wanted = {"voice_url": "/ivr/voice", "voice_fallback_url": "/ivr/fallback", "status_callback": "/ivr/status"}
    try:
        with httpx2.Client(auth=(settings.twilio_account_sid, settings.twilio_auth_token[0]), timeout=10) as http:
            for number in settings.twilio_number:
                answer = http.get(f"{account}/IncomingPhoneNumbers.json", params={"PhoneNumber": number})
                if answer.status_code == 401:
                    yield BAD, "Twilio refuses the token: check TWILIO_AUTH_TOKEN"
                    return
                found = answer.json().get("incoming_phone_numbers", []) if answer.status_code == 200 else []
                if not found:
                    yield BAD, f"{number} is not a number of this Twilio account: check TWILIO_NUMBER"
                for field, path in wanted.items():
                    if found and found[0].get(field) != settings.public_url + path:
                        yield BAD, f"{number}: set its {field} at Twilio to {settings.public_url}{path} (POST)"
                    elif found:
                        yield OK, f"{number}: {field}"
    except (httpx2.HTTPError, ValueError) as fault:
        yield BAD, f"Twilio cannot be reached ({type(fault).__name__}): {_away('TWILIO_API_URL')}"


def _slack(settings: Settings, tokens: dict[str, str]) -> Iterator[Finding]:
    if not settings.slack_set:
        yield (
            (OK, "Slack: simulated")
            if settings.slack_simulated
            else (WARN, "Slack: closed; to open it set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET")
        )
        return
    if not tokens:
        yield WARN, "Slack: the app is installed nowhere yet: run `deskgate slack install`, and open what it prints"
    if not settings.slack_agent_channel:
        yield (
            WARN,
            "SLACK_AGENT_CHANNEL is not set: the desk's people get no cards: set it to the id of a private channel",
        )
    try:
        with httpx2.Client(base_url=settings.slack_api_url, timeout=10) as http:
            for name, token in tokens.items():
                yield from _workspace(http, name, token)
            first = next(iter(tokens.values()), "")
            if settings.slack_agent_channel and first:
                yield from _agent_channel(http, first, settings.slack_agent_channel)
    except (httpx2.HTTPError, ValueError) as fault:
        yield BAD, f"Slack cannot be reached ({type(fault).__name__}): {_away('SLACK_API_URL')}"


def _away(setting: str) -> str:
    return f"check this machine's way to the internet (DNS, firewall, proxy), and {setting} if you set it"


def _workspace(http: httpx2.Client, name: str, token: str) -> Iterator[Finding]:
    answer = http.post("auth.test", headers={"Authorization": f"Bearer {token}"})
    said = answer.json()
    if not said.get("ok"):
        yield BAD, f"Slack refuses the token of {name} ({one_line(str(said.get('error')))}): install the app again"
        return
    reported = answer.headers.get("x-oauth-scopes")
    if not reported:
        yield (
            WARN,
            f"{name}: Slack does not say which scopes the app has; this cannot be checked: compare them with bot/manifest.json",
        )
        return
    given = {scope.strip() for scope in reported.split(",")}
    missing = sorted(set(scopes()) - given)
    if missing:
        yield BAD, f"{name}: the app lacks {', '.join(missing)}: paste bot/manifest.json at Slack again and reinstall"
    else:
        yield OK, f"Slack: {one_line(str(said.get('team')))}, every scope of the manifest"


def _agent_channel(http: httpx2.Client, token: str, channel: str) -> Iterator[Finding]:
    said = http.post(
        "conversations.info", headers={"Authorization": f"Bearer {token}"}, data={"channel": channel}
    ).json()
    if not said.get("ok"):
        yield (
            BAD,
            f"SLACK_AGENT_CHANNEL: Slack answers {one_line(str(said.get('error')))}: invite the app into the channel",
        )
    elif not said["channel"].get("is_member"):
        yield BAD, "SLACK_AGENT_CHANNEL: the app is not in that channel: invite it"
    elif said["channel"].get("is_ext_shared"):
        yield (
            BAD,
            "SLACK_AGENT_CHANNEL: that channel is shared with another organisation, who would read every card: make a private one and set its id",
        )
    elif not said["channel"].get("is_private"):
        yield (
            WARN,
            "SLACK_AGENT_CHANNEL: that channel is public: everybody in your workspace can read the cards: make it private",
        )
    else:
        yield OK, "the desk's channel"
