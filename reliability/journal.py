"""What was asked of a desk and what the world received from it, as JSON Lines on the disk: written by those who play the world, read by the checker.

One line an event, written with one `write` before whoever asked is answered, so that neither a kill of the desk nor of its player loses what was
seen. Lines of several processes may stand in one file: each is shorter than a page and is appended whole.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypedDict

Side = Literal["twilio", "slack", "smtp", "browser", "api", "operator"]
Kind = Literal["asked", "received", "did"]


class Event(TypedDict):
    """`asked`: a request of the world's, with what the desk answered. `received`: what the desk sent out. `did`: what the operator or a fault did."""

    at: float  # seconds since 1970
    side: Side
    kind: Kind
    what: str  # "voice", "message", "chat.postMessage", "mail", "kill" …
    id: str  # CallSid, event_id, Message-ID: by it both sides know what it is about
    status: int  # of the answer; 0: none came
    facts: dict[str, Any]  # the rest, as `what` needs it: words said, digits of a case, who it went to


class Journal:
    """One file to append to."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(
        self,
        side: Side,
        kind: Kind,
        what: str,
        id: str = "",
        status: int = 0,
        **facts: Any,
    ) -> None:
        event = Event(at=time.time(), side=side, kind=kind, what=what, id=id, status=status, facts=facts)
        os.write(self._file, json.dumps(event).encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)


def read(path: Path) -> Iterator[Event]:
    """In the order written. Raises ValueError, naming the line, where one is not whole."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as fault:
                raise ValueError(f"{path.name}, line {number}: {fault}") from None
