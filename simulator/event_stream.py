"""A page that lives: what happens elsewhere, told to a browser as server-sent events."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncGenerator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool

_LOOK_UP = 0.5  # seconds between looks at whether the server closes

Listener = Callable[[dict[str, Any]], None]
Listen = Callable[[Listener], Callable[[], None]]
"""Begins to listen and returns how to stop: Exchange.listen, Workspace.listen."""


async def stream(
    listen: Listen, closing: Callable[[], bool], meanwhile: Callable[[], object] | None = None
) -> AsyncGenerator[str, None]:
    """Every event that is heard, as JSON. A comment now and then finds out who has gone.

    `closing` says that the server is about to stop, which a live stream would hold up. `meanwhile` is done whenever
    nothing was heard for a while: what happens by itself, with time, happens while somebody looks.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def heard(event: dict[str, Any]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, event)

    stop = listen(heard)
    try:
        yield "retry: 500\n\n"
        quiet = 0
        while not closing():
            try:
                event = await asyncio.wait_for(queue.get(), _LOOK_UP)
            except TimeoutError:
                quiet += 1
                if quiet % 30 == 0:
                    yield ": still here\n\n"
                if meanwhile is not None:
                    await run_in_threadpool(meanwhile)
            else:
                yield f"data: {json.dumps(event)}\n\n"
    finally:
        stop()


def uvicorn_stops() -> bool:
    """uvicorn's handler of Ctrl-C is a method of its server, which knows whether it was told to go. Others: no."""
    server = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    return bool(getattr(server, "should_exit", False))
