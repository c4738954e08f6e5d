"""Who waits for whom: where a turn runs, and what still answers while the database is somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlencode

import httpx2
import pytest

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
                for _ in range(5):
                    assert (await client.get("/healthz")).text == health.text
                assert not turn.done()
            return health.text, (await turn).text

    health, answer = asyncio.run(ring())
    assert health == "ok"
    assert "key your PIN" in answer
