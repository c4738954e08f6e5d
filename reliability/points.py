"""Named points of the service at which its process can be killed, put around it from outside: `CHAOS_POINT=commit.after:7` is the seventh time it comes past there.

    Service("reliability.points:app", {"CHAOS_POINT": "pin.counted:1", "CHAOS_JOURNAL": "…"}, log)

The product knows nothing of them: they are functions of ours and of its libraries with a step before or behind. Killed is with SIGKILL, after a line in the journal.
"""

from __future__ import annotations

import importlib
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reliability.journal import Journal

if TYPE_CHECKING:
    from fastapi import FastAPI

# Point → (module, name in it, whether it is before or after that is done)
POINTS: Final[dict[str, tuple[str, str, str]]] = {
    "phone signature checked": ("ivr.webhook:Twilio", "read", "after"),
    "Slack signature checked": ("bot.router:", "verify", "after"),
    "delivery remembered": ("store.calls.call_state:", "first_delivery", "after"),
    "decided": ("store.db.transaction:Transaction", "ask", "after"),
    "PIN counted, not compared": ("store.verification.pins:", "compare", "before"),
    "PIN compared, not settled": ("store.verification.pins:", "compare", "after"),
    "ledger to be written": ("store.db.commit:Commit", "chained", "before"),
    "before COMMIT": ("store.db.commit:Commit", "finish", "before"),
    "after COMMIT": ("store.db.commit:Commit", "finish", "after"),
    "job begun": ("deskgate.worker:", "_begun", "after"),
    "job to be written down as done": ("store.jobs.job_queue:", "done", "before"),
    "before a call to Twilio or Slack": ("httpx2:Client", "send", "before"),
    "after a call to Twilio or Slack": ("httpx2:Client", "send", "after"),
    "before a mail": ("smtplib:SMTP", "data", "before"),
    "after a mail": ("smtplib:SMTP", "data", "after"),
    "answer to be sent": ("starlette.responses:Response", "__call__", "before"),
}


class _Fuse:
    """Counts who comes past the one point that is armed."""

    def __init__(self, at: int, journal: Path) -> None:
        self._at, self._journal, self._seen, self._lock = at, Journal(journal), 0, threading.Lock()

    def passed(self, point: str) -> None:
        with self._lock:
            self._seen += 1
            if self._seen == self._at:
                self._journal.write("operator", "did", "kill", point)
                os.kill(os.getpid(), signal.SIGKILL)


def _owner(point: str) -> Any:
    module, _, name = POINTS[point][0].partition(":")
    on = importlib.import_module(module)
    return getattr(on, name) if name else on


def found(point: str) -> Any:
    """The function that a point stands before or behind. Raises AttributeError where it is gone."""
    return getattr(_owner(point), POINTS[point][1])


def armed(point: str, at: int, journal: Path) -> None:
    """In the process that is to be killed, before it begins."""
    _, name, side = POINTS[point]
    fuse = _Fuse(at, journal)
    setattr(_owner(point), name, _around(found(point), lambda: fuse.passed(point), before=side == "before"))


def _around(do: Callable[..., Any], passed: Callable[[], None], *, before: bool) -> Callable[..., Any]:
    def done(*given: Any, **named: Any) -> Any:
        if before:
            passed()
        came = do(*given, **named)
        if not before:
            passed()
        return came

    return done


def app() -> FastAPI:
    """The service as it is, with one point armed, or none. What is compared is written down."""
    from deskgate import serve
    from reliability.faults_controls import compared

    journal = Path(os.environ["CHAOS_JOURNAL"])
    compared(Journal(journal), setattr)
    point, _, at = os.environ.get("CHAOS_POINT", "").rpartition(":")
    if point:
        armed(point, int(at), journal)
    return serve.app()


def counted(names: Counter[str]) -> str:
    return ", ".join(f"{many} {name}" for name, many in names.items())
