"""What `deskgate doctor` asks others: whether Twilio, Slack and the mail server are reached, and set as this desk needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import httpx2

from bot.platform.install import scopes
from deskgate import smtp
from deskgate.command_line import one_line
from deskgate.help_desk_client import help_desk_of
from deskgate.http_client import http_client
from deskgate.settings import Settings
from store.jobs.job_queue import RetryLaterError

OK: Final = "ok"
WARN: Final = "note"
BAD: Final = "BAD"
Finding = tuple[str, str]


def mail(settings: Settings) -> Iterator[Finding]:
    """A session with the mail server, signed in as for a mail; nothing is sent."""
    if not settings.smtp_url:
        yield WARN, "SMTP_URL is not set: people cannot be told by mail, their notices wait: set it, with MAIL_FROM"
        return
    if not settings.mail_from:
        yield WARN, "MAIL_FROM is not set: mails come from desk@localhost, which many servers refuse; set an address"
    try:
        smtp.connected(smtp.server_of(settings.smtp_url)).close()
    except RetryLaterError as trouble:
        yield BAD, f"mail: {trouble}"
    else:
        yield OK, "mail: the server is reached and lets us in"


def twilio(settings: Settings) -> Iterator[Finding]:
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
            "AGENT_NUMBER is not set: whoever asks for a person gets a callback ticket: set the numbers of the desk's phones",
        )
    account = f"/2010-04-01/Accounts/{settings.twilio_account_sid}"
    auth = (settings.twilio_account_sid, settings.twilio_auth_token[0])
    wanted = {"voice_url": "/ivr/voice", "voice_fallback_url": "/ivr/fallback", "status_callback": "/ivr/status"}
    try:
        with http_client(settings.twilio_api_url) as http:
            for number in settings.twilio_number:
                response = http.get(f"{account}/IncomingPhoneNumbers.json", params={"PhoneNumber": number}, auth=auth)
                if response.status_code == 401:
                    yield BAD, "Twilio refuses the token: check TWILIO_AUTH_TOKEN"
                    return
                if response.status_code == 429 or response.status_code >= 500:
                    yield BAD, f"Twilio answers {response.status_code}: nothing of ours; see status.twilio.com"
                    return
                found = response.json().get("incoming_phone_numbers", []) if response.status_code == 200 else []
                if not found:
                    yield BAD, f"{number} is not a number of this Twilio account: check TWILIO_NUMBER"
                for field, path in wanted.items():
                    if found and found[0].get(field) != settings.public_url + path:
                        yield BAD, f"{number}: set its {field} at Twilio to {settings.public_url}{path} (POST)"
                    elif found:
                        yield OK, f"{number}: {field}"
    except (httpx2.HTTPError, ValueError) as fault:
        yield BAD, f"Twilio cannot be reached ({type(fault).__name__}): {_away('TWILIO_API_URL')}"


def slack(settings: Settings, tokens: dict[str, str]) -> Iterator[Finding]:
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
        with http_client(settings.slack_api_url) as http:
            for name, token in tokens.items():
                yield from _workspace(http, name, token)
            first = next(iter(tokens.values()), "")
            if settings.slack_agent_channel and first:
                yield from _agent_channel(http, first, settings.slack_agent_channel)
    except (httpx2.HTTPError, ValueError) as fault:
        yield BAD, f"Slack cannot be reached ({type(fault).__name__}): {_away('SLACK_API_URL')}"


def help_desk(settings: Settings) -> Iterator[Finding]:
    """Nothing is said where none is set."""
    there = help_desk_of(settings)
    if there is not None:
        why = there.trouble()
        yield (
            (OK, f"Request Tracker: {settings.rt_user} may work in {settings.rt_queue}") if why is None else (BAD, why)
        )


def _away(setting: str) -> str:
    return f"check this machine's way to the internet (DNS, firewall, proxy), and {setting} if you set it"


def _workspace(http: httpx2.Client, name: str, token: str) -> Iterator[Finding]:
    response = http.post("auth.test", headers={"Authorization": f"Bearer {token}"})
    said = response.json()
    if not said.get("ok"):
        yield BAD, f"Slack refuses the token of {name} ({one_line(str(said.get('error')))}): install the app again"
        return
    reported = response.headers.get("x-oauth-scopes")
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
