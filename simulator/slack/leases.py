"""What Slack hands out for a short while: triggers to open a modal with, and URLs to respond to."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from simulator.slack.refusals import RefusedError

TRIGGER_LIVES = 3.0
RESPONSES = 5
RESPONSE_LIVES = 1800.0
_KEPT = 5000


@dataclass
class Trigger:
    """Good once, for TRIGGER_LIVES seconds, to show something to `user`."""

    user: str
    at: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Good for RESPONSES posts in half an hour: about a message (`ts`) or to a person in a room."""

    user: str
    room: str
    ts: str
    ephemeral: bool
    at: float
    thread_ts: str = ""
    left: int = RESPONSES


class Leases:
    """All that is out. Called under the workspace's lock."""

    def __init__(self) -> None:
        self._triggers: OrderedDict[str, Trigger] = OrderedDict()
        self._urls: OrderedDict[str, ResponseUrl] = OrderedDict()

    def trigger(self, user: str, now: float) -> str:
        key = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[key] = Trigger(user, now)
        _trim(self._triggers)
        return key

    def use(self, trigger_id: str, now: float) -> str:
        """Whose trigger it is; it is gone after that. Refused when it is unknown, used or too old."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if now - trigger.at > TRIGGER_LIVES:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def url(self, lease: ResponseUrl) -> str:
        key = secrets.token_urlsafe(18)
        self._urls[key] = lease
        _trim(self._urls)
        return key

    def respond(self, key: str, now: float) -> ResponseUrl:
        """Take one of the posts of a response URL."""
        lease = self._urls.get(key)
        if lease is None or now - lease.at > RESPONSE_LIVES:
            raise RefusedError("expired_url")
        if lease.left <= 0:
            raise RefusedError("used_url")
        lease.left -= 1
        return lease


def _trim(leases: OrderedDict[str, Trigger] | OrderedDict[str, ResponseUrl]) -> None:
    while len(leases) > _KEPT:
        leases.popitem(last=False)
