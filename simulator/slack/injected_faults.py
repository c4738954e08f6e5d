"""Faults of Slack's Web API, as a test orders them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.slack.message import Json


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one request. With several, in this order: it hangs, then it fails; or it is done and the response lost.

    `error`: `ok: false` with this error. `status` and `body`: this HTTP response instead. `retry_after`: 429, and after
    how many seconds to come again. `hang`: seconds of waiting, for real, before anything else. `lost_response`: the
    effect happens and the connection breaks.
    """

    error: str = ""
    status: int = 0
    body: str = ""
    retry_after: int | None = None
    hang: float = 0.0
    lost_response: bool = False


Ordered = Callable[[str, Json], Trouble | None]
"""Asked before every request with the method's name and its arguments. Besides the methods of the Web API there are
`upload` (a file on its way in), `download` (a private file) and `response_url`."""


def untroubled(method: str, args: Json) -> Trouble | None:
    return None
