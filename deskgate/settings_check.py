"""What is wrong with settings that are right one by one and do not go together: a line for each, which names one and says what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final, Protocol
from urllib.parse import urlsplit

from deskgate.mail_settings import is_loopback
from store import sqlite_file
from store.db.keys import MAKE_A_KEY
from store.text.this_machine import is_here

NO_KEYS: Final = f"SECRET_KEYS: is missing; {MAKE_A_KEY}"


class Configured(Protocol):
    """The settings that are looked at together."""

    @property
    def database_url(self) -> str: ...
    @property
    def deskgate_env(self) -> str: ...
    @property
    def mail_in(self) -> str: ...
    @property
    def mail_in_address(self) -> Sequence[str]: ...
    @property
    def model_fields_set(self) -> set[str]: ...
    @property
    def public_url(self) -> str: ...
    @property
    def rt_secret(self) -> str: ...
    @property
    def rt_url(self) -> str: ...
    @property
    def rt_user(self) -> str: ...
    @property
    def secret_keys(self) -> str: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def slack_api_url(self) -> str: ...
    @property
    def slack_app_token(self) -> str: ...
    @property
    def slack_bot_token(self) -> str: ...
    @property
    def slack_client_id(self) -> str: ...
    @property
    def slack_client_secret(self) -> str: ...
    @property
    def slack_set(self) -> bool: ...
    @property
    def slack_teams(self) -> Sequence[str]: ...
    @property
    def staff_passkeys(self) -> str: ...
    @property
    def twilio_account_sid(self) -> str: ...
    @property
    def twilio_auth_token(self) -> Sequence[str]: ...
    @property
    def twilio_number(self) -> Sequence[str]: ...


def faults(settings: Configured) -> Iterator[str]:
    # A key of our own is made only while the simulator plays Twilio, and beside a SQLite file.
    if not settings.secret_keys and not (settings.simulated and sqlite_file(settings.database_url) is not None):
        yield NO_KEYS
    if settings.rt_url and not (settings.rt_user and settings.rt_secret):
        yield f"{'RT_TOKEN' if settings.rt_user else 'RT_USER'}: is missing; RT needs a user of its own for us, and its token or password"
    if bool(settings.twilio_account_sid) != bool(settings.twilio_auth_token):
        missing = "TWILIO_AUTH_TOKEN" if settings.twilio_account_sid else "TWILIO_ACCOUNT_SID"
        yield f"{missing}: is missing; the phone needs both the account and its token"
    if settings.twilio_account_sid and not settings.twilio_number:
        yield "TWILIO_NUMBER: is missing; it is the number callers dial"
    if settings.mail_in and not settings.mail_in_address:
        yield "MAIL_IN_ADDRESS: is missing; it is the address people write to"
    if settings.mail_in and not is_loopback(settings.mail_in) and "mail_in_networks" not in settings.model_fields_set:
        yield (
            "MAIL_IN_NETWORKS: is missing; MAIL_IN listens beyond this machine, so name the addresses or networks of your mail "
            "server, like 10.0.0.25"
        )
    yield from _slack(settings)
    if settings.simulated and not is_here(settings.public_url):
        yield (
            "PUBLIC_URL: names another machine, and the simulator plays Twilio on this one only; set TWILIO_ACCOUNT_SID "
            "or DESKGATE_ENV=production"
        )
    if settings.deskgate_env == "production" and not settings.public_url.startswith("https://"):
        yield "PUBLIC_URL: must be https in production"
    if settings.staff_passkeys == "required" and not _takes_passkeys(settings.public_url):
        yield (
            "STAFF_PASSKEYS: nobody could sign in; browsers make passkeys for a name over https, or for localhost: give "
            "PUBLIC_URL one"
        )


def _takes_passkeys(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def _slack(settings: Configured) -> Iterator[str]:
    oauth = (settings.slack_client_id, settings.slack_client_secret)
    if bool(oauth[0]) != bool(oauth[1]):
        yield f"{'SLACK_CLIENT_SECRET' if oauth[0] else 'SLACK_CLIENT_ID'}: is missing; OAuth needs both"
    if oauth[0] and not settings.slack_teams:
        yield "SLACK_TEAMS: is missing; OAuth needs the workspaces that may install, the desk's own first"
    if settings.slack_set and not settings.slack_bot_token and not oauth[0]:
        yield "SLACK_BOT_TOKEN: is missing; or set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET to install by OAuth"
    if (settings.slack_bot_token or oauth[0]) and not settings.slack_set:
        yield "SLACK_SIGNING_SECRET: is missing; or set SLACK_APP_TOKEN for Socket Mode"
    for name, token, begins in (
        ("SLACK_BOT_TOKEN", settings.slack_bot_token, "xoxb-"),
        ("SLACK_APP_TOKEN", settings.slack_app_token, "xapp-"),
    ):
        if token and not token.startswith(begins):
            yield f"{name}: must begin with {begins}; this is another kind of token"
        elif not (token.isascii() and token.isprintable() and " " not in token):
            yield f"{name}: has a character that no token has; copy it from Slack again"
    if settings.deskgate_env == "production" and not settings.slack_api_url.startswith("https://"):
        yield "SLACK_API_URL: must be https in production"
