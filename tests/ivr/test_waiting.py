"""Who waits for whom: where a turn runs, and what still answers while the database is somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlencode

import httpx2
import pytest

from ivr import router
from store.db.engine import Gate, make_engine
from tests.channels.faults import locked_elsewhere, writer_elsewhere
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import Caller, Wire


@pytest.mark.parametrize("taken", [writer_elsewhere, locked_elsewhere])
def test_b8_while_somebody_else_writes_the_turn_waits_and_the_rest_answers(
    sqlite_desk: Desk, taken: Callable[[str], AbstractContextManager[None]]
) -> None:
    wire = Wire(sqlite_desk)
    caller = Caller(wire)
    caller.dial()
    path, form = caller.answer.action, caller.form(("Digits", ""))
    headers = {"X-Twilio-Signature": wire.sign(path, form), "Content-Type": "application/x-www-form-urlencoded"}
    transport = httpx2.ASGITransport(app=sqlite_desk.app)

    async def ring() -> tuple[str, str]:
        """What the health page said meanwhile, and the turn in the end."""
        async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            with taken(sqlite_desk.store.url):
                turn = asyncio.create_task(client.post(path, content=urlencode(form), headers=headers))
                health = await client.get("/healthz")
                await asyncio.sleep(2 * router.LOOKS * router.LOOK)
                assert not turn.done()
                assert (await client.get("/healthz")).text == health.text
            return health.text, (await turn).text

    health, answer = asyncio.run(ring())
    assert health == "ok"
    assert "key your PIN" in answer


def test_a_gate_says_whether_it_is_free(sqlite_url: str) -> None:
    _, gate = make_engine(sqlite_url)
    assert gate.is_free()
    with gate.locked():
        assert not gate.is_free()
    with writer_elsewhere(sqlite_url):
        assert not gate.is_free()
    assert gate.is_free()
    assert not gate.is_open
    assert not Gate(None).is_free()
    assert Gate(None).is_open
