"""Who and what there is in the simulated Slack, as plain data: organisations, people, channels, and the app itself."""

from __future__ import annotations

from dataclasses import dataclass, field

SCOPES = (
    *("app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands"),
    *("files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write"),
    *("mpim:history", "pins:write", "reactions:write", "team:read", "users:read", "users:read.email"),
)
EVENTS = (
    *("app_home_opened", "app_mention", "member_joined_channel", "message.channels", "message.groups"),
    *("message.im", "tokens_revoked"),
)


@dataclass(frozen=True)
class Team:
    """An organisation with a Slack of its own."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True)
class Person:
    """Somebody in an organisation. `name` is what others see, `note` one line about who that is, for the page.

    `email` is what this person's own organisation says it is: the one thing an impostor can choose freely.
    """

    id: str
    team: str
    name: str
    real_name: str
    email: str = ""
    deactivated: bool = False
    note: str = ""

    @property
    def handle(self) -> str:
        """The old-fashioned user name that payloads still carry."""
        return self.name.lower().replace(" ", ".")


@dataclass(frozen=True)
class Channel:
    """A channel as it is at the beginning. `teams` are the organisations that share it, the first one owns it.

    `members` are user ids; the app is in it when its bot user is one of them.
    """

    id: str
    name: str
    members: tuple[str, ...]
    teams: tuple[str, ...] = ()
    private: bool = False
    archived: bool = False
    topic: str = ""


@dataclass(frozen=True)
class Command:
    """A slash command of the manifest, with the hint that Slack shows while it is typed."""

    name: str
    usage: str
    description: str


@dataclass(frozen=True)
class Shortcut:
    """A shortcut of the manifest: for a message, or from anywhere."""

    callback_id: str
    name: str
    on_message: bool = True


COMMANDS = (
    Command("/ticket", "[words or a number]", "Open a ticket, or look at one"),
    Command("/tickets", "", "Your tickets"),
    Command("/account", "", "What you may do and see"),
    Command("/link", "[code]", "Link this Slack member to you"),
    Command("/verify", "[support ID or number]", "For agents: who is asking?"),
)
SHORTCUTS = (Shortcut("open_ticket", "Open a ticket"),)


@dataclass(frozen=True)
class App:
    """What Slack knows of the app: its ids, its secrets, and what its manifest asks for. `team` is where it is installed."""

    token: str = field(repr=False)
    team: str = "T0DESK"
    id: str = "A0DESKGATE"
    user: str = "U0DESKGATE"
    bot: str = "B0DESKGATE"
    name: str = "Deskgate"
    client_id: str = "1.2"
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = SCOPES
    events: tuple[str, ...] = EVENTS
    commands: tuple[Command, ...] = COMMANDS
    shortcuts: tuple[Shortcut, ...] = SHORTCUTS


@dataclass(frozen=True)
class Cast:
    """Everybody and every place at the beginning."""

    teams: tuple[Team, ...]
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
