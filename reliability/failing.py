"""Makes the n-th thing of a kind fail once: a statement, a COMMIT, a call to another company, a mail, an answer on its way back. From outside, on a stage.

with failing(stage, "statement", 12) as place:
    …                                   # place.met: whether there was a twelfth
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import psycopg
import pytest

from reliability.journal import Journal
from reliability.stage import Outgoing, Stage, Straight
from reliability.world.lines import Answer
from reliability.world.orders import How, Order

IN_THE_DATABASE: Final = ("statement", "commit")
WITH_A_SERVER: Final = (
    "statement, connection lost",
    "commit, connection lost",
)  # only PostgreSQL has a connection to lose
OUTGOING: Final = ("call refused", "call timed out", "call accepted, timed out", "call 429", "call 500", "call half")
MAILS: Final = ("mail 429", "mail 500", "mail half", "mail silent", "mail accepted, silent")
ANSWERS: Final = ("answer lost",)
_NO_SPACE: Final = "DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$"
_ORDER: Final[dict[str, How]] = {
    "mail 429": "429",
    "mail 500": "500",
    "mail half": "half",
    "mail silent": "silent",
    "mail accepted, silent": "accepted",
    "call 429": "429",
    "call 500": "500",
    "call half": "half",
}


@dataclass
class Place:
    """The n-th, from one. `seen` so many there were; the fault came only if `met`."""

    n: int
    seen: int = 0
    at: str = ""
    journal: Journal | None = None  # where it is written down that something failed

    @property
    def met(self) -> bool:
        return self.seen >= self.n

    def is_here(self, at: str) -> bool:
        self.seen += 1
        if self.seen != self.n:
            return False
        self.at = " ".join(at.split())[:90]
        if self.journal is not None:
            self.journal.write("operator", "did", "fault", self.at[:20])
        return True


def kinds(*, postgres: bool) -> tuple[str, ...]:
    return (*IN_THE_DATABASE, *(WITH_A_SERVER if postgres else ()), *OUTGOING, *MAILS, *ANSWERS)


@contextmanager
def failing(stage: Stage, kind: str, n: int) -> Iterator[Place]:
    place = Place(n, journal=stage.journal)
    with pytest.MonkeyPatch.context() as patch:
        if kind.startswith(("statement", "commit")):
            _in_the_database(stage, kind, place, patch)
        elif kind in _ORDER and kind.startswith("mail"):
            stage.orders.give(Order("mail", _ORDER[kind], after=n - 1, seconds=0.0))
        elif kind in ANSWERS:
            _on_its_way_back(place, patch)
        else:
            _calls(stage, kind, place, patch)
        yield place
    if kind.startswith("mail"):
        mails = [event for event in stage.history().events if event["what"] == "mail"]
        place.seen = len(mails)
        stage.orders.withdraw()


def _in_the_database(stage: Stage, kind: str, place: Place, patch: pytest.MonkeyPatch) -> None:
    dialect, lost = stage.store.engine.dialect, kind.endswith("lost")
    postgres = dialect.name == "postgresql"

    def fails(raw: Any) -> None:
        """As the driver says it, and the server knows of it."""
        if not postgres:
            raise sqlite3.OperationalError("database or disk is full")
        if lost:
            raw.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        raw.execute(_NO_SPACE)

    def before(send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(cursor: Any, statement: str, *rest: Any, **named: Any) -> Any:
            if place.is_here(statement):
                fails(cursor.connection)
            return send(cursor, statement, *rest, **named)

        return sent

    def committing(commit: Callable[[Any], None]) -> Callable[[Any], None]:
        def committed(connection: Any) -> None:
            here = place.is_here("COMMIT")
            if here and not lost:
                connection.rollback()
                fails(getattr(connection, "driver_connection", connection))
            commit(connection)
            if here:
                fails(getattr(connection, "driver_connection", connection))

        return committed

    if kind.startswith("commit"):
        patch.setattr(dialect, "do_commit", committing(dialect.do_commit))
        return
    for way in ("do_execute", "do_executemany", "do_execute_no_params"):
        patch.setattr(dialect, way, before(getattr(dialect, way)))


def _calls(stage: Stage, kind: str, place: Place, patch: pytest.MonkeyPatch) -> None:
    def meets(do: Callable[[], httpx2.Response]) -> httpx2.Response:
        if not place.is_here(kind):
            return do()
        if kind in _ORDER:
            stage.orders.give(Order("*", _ORDER[kind], seconds=1.0))
            return do()
        if kind == "call refused":
            raise httpx2.ConnectError("connection refused")
        if kind == "call accepted, timed out":
            do()
        raise httpx2.ReadTimeout("nothing came for 30 seconds")

    patch.setattr(Outgoing, "meets", staticmethod(meets))


def _on_its_way_back(place: Place, patch: pytest.MonkeyPatch) -> None:
    """What a platform asked was done, and its answer never came."""
    post = Straight.post

    async def lost(self: Straight, path: str, *rest: Any) -> Answer:
        answer = await post(self, path, *rest)
        return Answer(0, b"", answer.took) if place.is_here(path.partition("?")[0]) else answer

    patch.setattr(Straight, "post", lost)
