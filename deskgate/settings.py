"""Every setting, read once from the environment or `.env`, refused early with one line that names it. docs/settings.md"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from desk import opening_hours, response_times
from deskgate import base_url, env_file, help_desk_settings, settings_check
from deskgate.mail_settings import Addresses, MailServerUrl, Place, Sender, ServerName
from store import Keys, SecretKeysError, read_url, sqlite_file
from store.imports.field_words import SLACK_TEAM
from store.text import numbers

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SIMULATED_SID = "AC" + "0" * 32
SIMULATED_NUMBER = "+441632960000"
SIMULATED_AGENT = "+441632960001"
LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
Numbers = Annotated[tuple[str, ...], NoDecode]


class SettingError(ValueError):
    """Settings are wrong or missing: a line for each, which begins with its name and quotes no secret. `settings` are all of
    them, with the default of each that is wrong by itself; None where nothing could be read."""

    def __init__(self, lines: Sequence[str], settings: Settings | None = None) -> None:
        super().__init__("\n".join(lines))
        self.lines, self.settings = lines, settings

    @property
    def names(self) -> set[str]:
        return {re.split(r"[: ]", line, maxsplit=1)[0] for line in self.lines}


class Settings(help_desk_settings.HelpDeskSettings):
    """docs/settings.md. An empty variable counts as one that is not there."""

    model_config = SettingsConfigDict(
        env_file=env_file.ENV_FILE,
        env_file_encoding=env_file.ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    database_url: str = "sqlite:///deskgate.db"
    secret_keys: str = Field(default="", repr=False)
    public_url: str = "http://localhost:8000"
    twilio_account_sid: str = ""
    twilio_auth_token: Annotated[tuple[str, ...], NoDecode] = Field(default=(), repr=False)
    twilio_number: Numbers = ()
    agent_number: Numbers = ()
    emergency_number: Numbers = ()
    twilio_api_url: str = "https://api.twilio.com"
    slack_signing_secret: Annotated[tuple[str, ...], NoDecode] = Field(default=(), repr=False)
    slack_bot_token: str = Field(default="", repr=False)
    slack_app_token: str = Field(default="", repr=False)
    slack_client_id: str = ""
    slack_client_secret: str = Field(default="", repr=False)
    slack_teams: Annotated[tuple[str, ...], NoDecode] = ()
    slack_api_url: str = "https://slack.com/api/"
    slack_agent_channel: str = ""
    transcribe: Literal["on", "off"] = "off"
    smtp_url: MailServerUrl = Field(default="", repr=False)
    mail_from: Sender = ""
    mail_in: Place = ""
    mail_in_address: Addresses = ()
    mail_in_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = LOOPBACK
    mail_in_server: ServerName = ""
    ticket_mail_text: Literal["on", "off"] = "off"
    pin_choice: Literal["on", "off"] = "off"
    step_up_minutes: int = Field(default=15, ge=5, le=60)
    staff_passkeys: Literal["offered", "required"] = "offered"
    assistants: Literal["drafts", "canned", "off"] = "drafts"
    accounts_an_hour: int = Field(default=30, ge=5, le=1000)
    sms: Literal["on", "off"] = "off"
    sms_countries: Annotated[tuple[str, ...], NoDecode] = ()
    opening_hours: str = ""
    response_targets: str = ""
    recordings_days: int = Field(default=90, ge=1, le=3650)
    files_days: int = Field(default=365, ge=1, le=3650)
    schemes_dir: Path | None = None
    elevated_threat: Literal["on", "off"] = "off"
    proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = LOOPBACK
    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    metrics_token: str = Field(default="", repr=False)
    traces_url: str = ""
    deskgate_env: Literal["development", "production"] = "development"

    @model_validator(mode="before")
    @classmethod
    def _blank(cls, given: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in given.items() if not (isinstance(value, str) and not value.strip())}

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        read_url(value)
        return value

    @field_validator("secret_keys")
    @classmethod
    def _keys(cls, value: str) -> str:
        if value:
            Keys.parse(value)
        return value

    @field_validator("twilio_auth_token", "slack_signing_secret", "slack_teams", "sms_countries", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("proxies", "webhook_networks", "mail_in_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(word.strip()) for word in value.split(",") if word.strip())
        except ValueError:
            raise ValueError("must be addresses or networks like 127.0.0.1, 10.0.0.0/24") from None

    @field_validator("twilio_account_sid")
    @classmethod
    def _account_sid(cls, value: str) -> str:
        if value and not re.fullmatch(r"AC[0-9a-f]{32}", value):
            raise ValueError("must be AC and 32 characters, 0-9 and a-f: copy the Account SID from Twilio's console")
        return value

    @field_validator("sms_countries")
    @classmethod
    def _countries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(word.upper() for word in value)
        if not all(map(numbers.is_region, found)):
            raise ValueError("must be countries of two letters, like GB,IE (the United Kingdom is GB)")
        return found

    @field_validator("schemes_dir")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"{value}: no such folder; name the one that holds your scheme files")
        return value

    @field_validator("twilio_number", "agent_number", "emergency_number", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        words = tuple(word.strip() for word in value.split(",") if word.strip())
        found = [numbers.telephone(word) for word in words]
        if None in found:
            raise ValueError("must be a telephone number like +441632960000")
        return tuple(found)

    @field_validator("agent_number", "emergency_number")
    @classmethod
    def _rung(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for kind in filter(None, map(numbers.nobodys, value)):
            raise ValueError(f"must be a number people answer; one of these is {kind}")
        return value

    @field_validator("slack_teams")
    @classmethod
    def _workspaces(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(SLACK_TEAM, team) for team in value):
            raise ValueError("must be ids like T0DESK or E0GRID, from the workspace's address in a browser")
        return value

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        return base_url.checked(value.rstrip("/"), "https://desk.example")

    @field_validator("traces_url")
    @classmethod
    def _collector(cls, value: str) -> str:
        return base_url.checked(value.rstrip("/"), "http://127.0.0.1:4318") if value else ""

    @field_validator("public_url")
    @classmethod
    def _no_page(cls, value: str) -> str:
        page = re.search(r"/(ivr|slack|desk)(/|$)", urlsplit(value).path)
        if page is not None:
            raise ValueError(f"must end before /{page[1]}, which Deskgate adds by itself")
        return value

    @field_validator("opening_hours", "response_targets")
    @classmethod
    def _readable(cls, value: str, info: ValidationInfo) -> str:
        if info.field_name == "opening_hours":
            opening_hours.read(value)
        else:
            response_times.read(value)
        return value

    @field_validator("slack_agent_channel")
    @classmethod
    def _channel_id(cls, value: str) -> str:
        if value and not re.fullmatch(r"[CG][A-Z0-9]{2,30}", value):
            raise ValueError("must be a channel's id like C0123ABC, from its About, not its name")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        if not value.endswith("/api/"):
            raise ValueError("must be a base URL that ends in /api/")
        return base_url.checked(value, "https://slack.com/api/")

    @property
    def simulated(self) -> bool:
        """Whether the simulator plays Twilio: outside production, with no Twilio account set."""
        return self.deskgate_env != "production" and not self.twilio_account_sid

    @property
    def inbox(self) -> bool:
        """Whether mails go to the simulator's inbox: where it plays Twilio, and there is no mail server."""
        return self.simulated and not self.smtp_url

    @property
    def slack_set(self) -> bool:
        """Whether a real Slack app is configured."""
        return bool(self.slack_signing_secret or self.slack_app_token)

    @property
    def slack_simulated(self) -> bool:
        """Whether the simulator plays Slack as well: where it plays Twilio, and nothing of Slack's is set."""
        return self.simulated and not self.slack_set

    @property
    def slack_open(self) -> bool:
        return self.slack_set or self.slack_simulated

    @property
    def slack_home(self) -> str:
        """The desk's own workspace, where several are named; empty: the first in which the app is installed."""
        return self.slack_teams[0] if self.slack_teams else ""

    @property
    def texting(self) -> tuple[str, ...]:
        """The countries to which codes go by text message: those named, or those of the desk's own numbers; none where no codes go."""
        return (self.sms_countries or self._own_countries) if self.sms == "on" else ()

    @property
    def region(self) -> str:
        """Where a number is that somebody types without its country: where the desk's own is."""
        return next(iter(self._own_countries), "")

    @property
    def _own_countries(self) -> tuple[str, ...]:
        own = (*self.twilio_number, *([SIMULATED_NUMBER] if self.simulated else []))
        return tuple(dict.fromkeys(filter(None, map(numbers.region, own))))

    @property
    def phone_open(self) -> bool:
        return bool(self.twilio_account_sid and self.twilio_auth_token) or self.simulated


def read_settings(**given: Any) -> Settings:
    """The settings, checked one by one and as a whole. Raises `SettingError`."""
    unreadable = env_file.trouble()
    if unreadable is not None:
        raise SettingError([unreadable])
    wrong: dict[str, str] = {}
    try:
        settings = Settings(**given)
    except ValidationError as trouble:
        for error in trouble.errors():
            wrong.setdefault(str(error["loc"][0]), _in_our_words(error))
        settings = Settings(**given | {name: Settings.model_fields[name].get_default() for name in wrong})
    lines = [line if line.startswith(name) else f"{name}: {line}" for name, line in _named(wrong)]
    # What is said of a setting that is wrong by itself would be said of the default that stands in for it.
    lines += [line for line in settings_check.faults(settings) if not any(name in line for name, _ in _named(wrong))]
    if lines:
        raise SettingError(lines, settings)
    return settings


def _named(wrong: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.upper(), line) for name, line in wrong.items()]


def _in_our_words(error: ErrorDetails) -> str:
    """What is to be written instead, also where Pydantic has found the fault."""
    match error["type"]:
        case "literal_error":
            return f"must be {error['ctx']['expected']}"
        case "int_parsing":
            return "must be a whole number"
        case "greater_than_equal":
            return f"must be {error['ctx']['ge']} or more"
        case "less_than_equal":
            return f"must be {error['ctx']['le']} or less"
    return error["msg"].removeprefix("Value error, ")


def read_keys(settings: Settings) -> Keys:
    """SECRET_KEYS, or in simulator mode a key made once and kept beside the SQLite file. Raises `SettingError`."""
    try:
        return Keys.parse(settings.secret_keys or _made_key(settings))
    except SecretKeysError as trouble:
        raise SettingError([str(trouble)]) from None


def _made_key(settings: Settings) -> str:
    database = sqlite_file(settings.database_url)
    if database is None:
        raise SettingError([settings_check.NO_KEYS])
    path = database.with_name(database.name + ".key")
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii", errors="replace").strip()
    with os.fdopen(made, "w", encoding="ascii") as file:
        file.write(base64.b64encode(os.urandom(32)).decode() + "\n")
    return path.read_text("ascii", errors="replace").strip()


def simulated_slack(keys: Keys) -> tuple[str, str]:
    """The signing secret and the bot's token where the simulator plays Slack."""
    made = keys.newest("simulated-slack").secret.hex()
    return made[:32], f"xoxb-{made[32:]}"


def simulated_token(keys: Keys) -> str:
    """Twilio's auth token where the simulator plays Twilio: the web process and the terminal find the same."""
    return keys.newest("simulated-twilio").secret.hex()[:32]
