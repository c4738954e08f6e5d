"""Open pages of the desk told when to look, as server-sent events: one look at the database for all pages of a process, each second.

What is sent is the stamp alone (store/staff/change_stamp.py), changed or not, so that a page knows a line that has gone silent. What
has changed each page asks for itself, under the rights of whoever is signed in there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from desk import faults
from store import ConnectionLostError, Store

EVERY: Final = 1.0  # seconds between two looks
OF_ONE_SESSION: Final = (
    4  # a browser has six connections to one address over HTTP/1.1, and needs some for everything else
)
IN_ALL: Final = 200  # of the connections of a process (deskgate/connections.py)
_LOOKS: Final = ThreadPoolExecutor(1, thread_name_prefix="portal-events")
log = structlog.get_logger("portal")


class Events:
    """The pages that listen. Of one event loop."""

    def __init__(self, store: Store, every: float = EVERY) -> None:
        self._store, self._every = store, every
        self._listening: dict[asyncio.Queue[str], str] = {}  # with their sessions; an empty stamp: theirs has ended
        self._looking: asyncio.Task[None] | None = None

    def has_room(self, session: str) -> bool:
        """A page that finds none asks by itself."""
        return (
            len(self._listening) < IN_ALL
            and sum(theirs == session for theirs in self._listening.values()) < OF_ONE_SESSION
        )

    async def listen(self, session: str) -> AsyncIterator[str]:
        """Until the session ends or the page has gone; nothing, where as many as there may be were asked for at the same moment."""
        if not self.has_room(session):
            return
        mine: asyncio.Queue[str] = asyncio.Queue(1)  # whoever reads slowly gets the newest
        self._listening[mine] = session
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            while stamp := await mine.get():
                yield f"data: {stamp}\n\n"
        finally:
            del self._listening[mine]

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        failed = ""  # what the last look ended with, which is logged once for all looks in a row
        try:
            while self._listening:
                try:
                    sessions = set(self._listening.values())
                    stamp, ended = await loop.run_in_executor(_LOOKS, self._store.watch_all, sessions)
                except (
                    Exception
                ) as fault:  # nothing is said, the pages notice and ask by themselves, and the next look may do
                    before, failed = failed, type(fault).__name__
                    if failed != before and isinstance(fault, ConnectionLostError):
                        log.warning("database_unavailable", thread="portal-events")
                    elif failed != before:
                        faults.note(fault, "portal", thread="portal-events")
                else:
                    failed = ""
                    for theirs, session in self._listening.items():
                        if theirs.full():
                            theirs.get_nowait()
                        theirs.put_nowait("" if session in ended else stamp)
                await asyncio.sleep(self._every)
        finally:
            self._looking = None
