"""What nothing else caught: a fault with a number as well, in whatever thread or library it came up, and never with its own words.

Uvicorn, asyncio and threads would write a traceback that ends in what the exception says, which may quote whom it was about.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk import faults


class FaultAnswer:
    """Answers with the number, where nothing was answered yet. A route that answers its own faults never comes here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def seen(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except Exception as fault:  # noqa: BLE001 — whatever it is: the server would log its words
            number = faults.note(fault, "web", route=f"/{scope['path'].split('/', 2)[1]}" if begun else "")
            if not begun:
                words = f"Something went wrong on our side. If it happens again, tell us its number: {number}."
                await PlainTextResponse(words, 500)(scope, receive, send)


def is_without_words(record: logging.LogRecord) -> bool:
    """A filter: a line of a library's that has an exception becomes a fault of ours."""
    fault = record.exc_info[1] if record.exc_info else None
    if fault is None:
        return True
    faults.note(fault, "web", thread=record.threadName or "")
    return False


def log_without_words() -> None:
    """For the process that serves, from its start."""
    logging.getLogger("uvicorn.error").addFilter(is_without_words)
    if logging.lastResort is not None:  # where every line goes that has no handler of its own
        logging.lastResort.addFilter(is_without_words)
    if threading.excepthook is threading.__excepthook__:  # whoever runs us under something of theirs keeps it
        threading.excepthook = of_a_thread
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = of_the_process


def of_a_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        faults.note(ended.exc_value, "worker", thread=ended.thread.name if ended.thread else "")


def of_the_process(_type: type[BaseException], fault: BaseException, _trace: TracebackType | None) -> None:
    faults.note(fault, "web")
