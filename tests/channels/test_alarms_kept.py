"""What this process alone has seen, and cannot tell while the database is away, is told when it is there again, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert, select

from authz import Subject
from ivr import after
from ivr.radar import Seen
from store import ConnectionLostError, tables
from store.verification.pins import Pin
from tests.channels.faults import away, full
from tests.desk import Desk

Tells = Callable[[], None]


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite)
    yield opened
    opened.close()


def alerted(desk: Desk) -> list[str]:
    with desk.store.transaction("test") as tx:
        return list(tx.connection.execute(select(tables.alerts.c.kind)).scalars())


def of_the_ledger(desk: Desk, _patch: pytest.MonkeyPatch) -> Tells:
    """A checkpoint that was forged, and found."""
    desk.container.worker.checkpoint()
    row = {"n": 1_000, "at": desk.now + 10**12, "key": "00000000", "heads": "[]", "mac": bytes(32)}
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.checkpoints).values(row))
        tx.record(Subject("nobody"), None, "call", "fallback")
    desk.store.checkpoint()
    return desk.container.worker.watch_the_ledger


def of_the_clock(desk: Desk, patch: pytest.MonkeyPatch) -> Tells:
    patch.setattr("time.clock_gettime_ns", lambda _clock: 0)
    desk.container.worker.watch_the_clock()
    desk.pass_time(3_600)
    return desk.container.worker.watch_the_clock


def of_the_radar(desk: Desk, _patch: pytest.MonkeyPatch) -> Tells:
    phone = desk.container.phone
    assert phone is not None
    for n in range(5):
        phone.radar.failed(Seen(f"{n}0000081", f"+44163296010{n}", Pin("58203917")), desk.now)
    return lambda: after.warn(phone)


Sees = Callable[[Desk, pytest.MonkeyPatch], Tells]
KINDS: dict[Sees, str] = {of_the_ledger: "ledger", of_the_clock: "clock", of_the_radar: "probing_pin"}


@pytest.mark.parametrize("sees", list(KINDS))
def test_it_is_told_when_the_database_is_back(desk: Desk, monkeypatch: pytest.MonkeyPatch, sees: Sees) -> None:
    tells = sees(desk, monkeypatch)
    with away(desk), pytest.raises(ConnectionLostError):
        tells()
    with_room = full(desk, "alerts")
    with pytest.raises(Exception, match="disk full"):
        tells()
    with_room()
    assert alerted(desk) == []
    tells()
    tells()
    assert alerted(desk) == [KINDS[sees]]
