"""What the Slack channel holds on to: the store, the words, the desk's channel, and where the app is installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.platform.allowance import Allowance
from bot.platform.payloads import Authorization, Payload
from bot.platform.web_api import WebApi
from bot.text.phrases import Phrases
from store import Store, Transaction
from store.slack import installations
from store.slack.installations import Installation

FRESH: Final = 30.0  # seconds what is known of installations is good for; whoever changes them says so at once


@dataclass
class SlackContext:
    """`agent_channel` is the id of the desk's channel, or empty; `token` that of the settings, or empty; `home_team` the
    installation that is the desk's own, or empty for the first. `secrets` are Slack's signing secrets, several while one
    is rotated. `step_up_minutes` is how long a second proof lasts, `texting` the countries to which codes go by text message, none
    where they do not, `public_url` where our own pages are; `phone`: whether customers can call the desk; `region` where a
    number is that is typed without its country (GB)."""

    store: Store
    phrases: Phrases
    secrets: tuple[str, ...]
    agent_channel: str = ""
    token: str = field(default="", repr=False)
    home_team: str = ""
    step_up_minutes: int = 15
    texting: tuple[str, ...] = ()
    accounts_an_hour: int = 0
    public_url: str = ""
    phone: bool = False
    region: str = ""
    monotonic: Callable[[], float] = time.monotonic
    overheard: Allowance = field(default_factory=Allowance, repr=False)
    _known: Mapping[str, Installation] = field(default_factory=dict, repr=False)
    _known_until: float = 0.0

    def look(self, *, anew: bool = False) -> None:
        """Reads where the app is installed, if that is not known for sure. Not inside a transaction."""
        if anew or self._is_stale:
            with self.store.transaction("slack") as tx:
                self._read(tx)

    def look_in(self, tx: Transaction) -> None:
        """The same, inside one."""
        if self._is_stale:
            self._read(tx)

    @property
    def _is_stale(self) -> bool:
        return self.monotonic() > self._known_until or not self._known

    def _read(self, tx: Transaction) -> None:
        self._known = {one.team: one for one in installations.every(tx)}
        self._known_until = self.monotonic() + FRESH

    @property
    def home(self) -> Installation | None:
        """The installation the desk's own channel is in."""
        return self._known.get(self.home_team) if self.home_team else next(iter(self._known.values()), None)

    @property
    def home_id(self) -> str:
        """Its id; empty while it is not known."""
        return self.home.team if self.home is not None else ""

    def installation(self, team: str | None) -> Installation | None:
        """Of an id, from wherever in a request it was taken."""
        return self._known.get(team or "")

    def token_of(self, team: str) -> str | None:
        """The token for an installation; for none in particular that of the settings."""
        if not team:
            return self.token or None
        found = self._known.get(team)
        if found is None:
            return None
        # By OAuth its token is its own; should the key of that be gone, no other is used in its place.
        by_oauth = bool(found.scopes)
        return found.token if by_oauth else self.token or None

    def via(self, body: Payload) -> Installation | None:
        """The installation a request came through. The outer team may be the sender's own."""
        first = body.authorizations[0] if body.authorizations else Authorization()
        named = (
            body.view.app_installed_team_id,
            first.enterprise_id if first.is_enterprise_install else "",
            first.team_id,
            body.team.id,
            body.enterprise.id,
            body.context_team_id,
            body.team_id,
        )
        said = [name for name in named if name]
        found = next((self._known[name] for name in said if name in self._known), None)
        return self.home if found is None and not said else found

    def named(self, body: Payload) -> Installation | None:
        """The installation that an event about the app itself is about."""
        return self.installation(body.team_id) or self.installation(body.enterprise_id)


def ask_who_we_are(context: SlackContext, api: WebApi) -> None:
    """Whose the token of the settings is: asked of Slack, and known from then on. Raises `RetryLaterError`, `PermanentError`."""
    said = api.call("", "auth.test")
    with context.store.transaction("worker") as tx:
        made = Installation(
            str(said.get("enterprise_id") if said.get("is_enterprise_install") else said["team_id"]),
            str(said.get("team") or ""),
            str(said["user_id"]),
            str(said.get("bot_id") or ""),
        )
        installations.put(tx, made, anew=True)
    context.look(anew=True)
