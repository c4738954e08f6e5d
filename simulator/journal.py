"""The webhooks as they go, in a shape fit to be shown: digits masked, tokens left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_QUERY_VALUE = re.compile(r"([?&][A-Za-z_][\w-]*=)[^&\"'<>\s]*")
_SHOWN_DIGITS = frozenset({"", "hangup"})


@dataclass(frozen=True)
class Webhook:
    """One request and its response.

    `direction` is "to the desk" for Twilio's webhooks and "to Twilio" for the desk's use of the REST API.
    `leg` says whose phone it is about: "caller" or "agent". `path` and `response` have their query values left out.
    """

    number: int
    at: float
    direction: str
    leg: str
    call: str
    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    status: int
    size: int
    milliseconds: int
    response: str

    @property
    def route(self) -> str:
        return urlsplit(self.path).path

    def shown(self) -> dict[str, Any]:
        """The same as JSON for the page."""
        return {**vars(self), "route": self.route}


@dataclass(frozen=True)
class Fault:
    """What Twilio's debugger would show: its error number, words, the route, and the call it is about."""

    code: int
    words: str
    route: str
    call: str

    def __str__(self) -> str:
        return f"{self.code} at {self.route}: {self.words}"


def without_tokens(text: str) -> str:
    """`/ivr/turn?t=abc` becomes `/ivr/turn?t=…`, in a path or anywhere in TwiML."""
    return _QUERY_VALUE.sub(r"\1…", text)


def masked(form: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The form with keyed digits as • (one for one key, three for any more) and no tokens in URLs."""
    names = {name for name, _ in form}
    return tuple((name, _mask(value) if _hides(name, value, names) else without_tokens(value)) for name, value in form)


def shown_keys(keys: str) -> str:
    """Keys as a transcript may show them: a single one as it is (a menu), more as ••• (perhaps a PIN)."""
    return keys if len(keys) <= 1 else "•••"


def _hides(name: str, value: str, names: set[str]) -> bool:
    """The key that ends a recording is no secret; everything else that was keyed may be one."""
    return name == "Digits" and value not in _SHOWN_DIGITS and "RecordingSid" not in names


def _mask(value: str) -> str:
    return "•" if len(value) == 1 else "•••"
