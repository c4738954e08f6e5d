"""The ledger as a stream: what `deskgate audit` lists, of a range, gone on with where it broke off, in flat memory, and over when its reader leaves."""

from __future__ import annotations

import asyncio
import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.routing import Mount
from starlette.types import Message

from api.v1.moments import spelled
from api.v1.problems import ProblemError
from authz import Action, Ask, Grant, Proof, Subject
from desk import ledger_export
from desk.ledger_export import A_PIECE, SETTLED
from store import OPERATOR, tables
from store.ledger import audit
from tests.api.asking import AT, RAJ, Program, customers, operators, problem
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.sizes import is_everything

AT_MOST = 1.25  # times as much for a ledger four times as long; what is all read at once has 4


def writes(desk: Desk, many: int) -> None:
    for first in range(0, many, A_PIECE):
        with desk.store.transaction("test") as tx:
            for n in range(first, min(many, first + A_PIECE)):
                tx.record(Subject.of_person(RAJ), 3, "offer", "allowed", ("MS-1",), fields=(f"n:{n}",))
        desk.pass_time(0.001)


def settle(desk: Desk) -> None:
    desk.pass_time(SETTLED / 1000 + 1)


def read(program: Program, query: str = "") -> list[dict[str, Any]]:
    answer = program.get(f"/ledger{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/jsonl"
    return [json.loads(line) for line in answer.text.splitlines()]


def as_the_command_lists(desk: Desk, account: int | None = None) -> list[dict[str, Any]]:
    """Of what is older than a minute."""
    with desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_LEDGER_READ, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        found = audit.entries(tx, grant, account)
    names = audit.AuditEntry.__slots__
    return [
        {name: getattr(one, name) for name in names} | {"at": spelled(one.at)}
        for one in found
        if one.at < desk.now - SETTLED
    ]


def streamed(
    desk: Desk,
    key: str,
    after_first: Callable[[], bool] = lambda: True,
    after_each: Callable[[], object] = lambda: None,
) -> tuple[int, bool]:
    """As a server asks the app: how many pieces came, and whether it came to its end. `after_first` is called when the first piece has come, and says whether
    its reader stays; `after_each` each time."""
    pieces, first, ended = 0, asyncio.Event(), False
    # Below what the suite keeps of all that is answered.
    api = next(one for one in desk.app.routes if isinstance(one, Mount) and one.path == AT)
    asked: dict[str, Any] = {"type": "http.request", "body": b"", "more_body": False}

    async def receive() -> Message:
        nonlocal asked
        if asked:
            message, asked = asked, {}
            return message
        await first.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal pieces, ended
        if message["type"] == "http.response.body" and message.get("body"):
            pieces += 1
            after_each()
            if pieces == 1 and not after_first():
                first.set()
                await asyncio.sleep(0)
        ended = ended or (message["type"] == "http.response.body" and not message.get("more_body"))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},  # uvicorn's
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"{AT}/ledger",
        "query_string": b"",
        "raw_path": f"{AT}/ledger".encode(),
        "root_path": AT,
        "client": ("127.0.0.1", 1),
        "server": ("desk", 80),
        "headers": [(b"host", b"desk"), (b"authorization", f"Bearer {key}".encode())],
    }

    async def asks() -> None:
        await api.app(scope, receive, send)

    asyncio.run(asks())
    return pieces, ended


@pytest.mark.both_databases
def test_it_is_what_the_command_lists(desk: Desk) -> None:
    program = operators(desk, "ledger:read")
    customers(desk, RAJ, "400639").get("/tickets")
    writes(desk, 2 * A_PIECE + 3)
    settle(desk)
    e = tables.ledger
    stray = rows(desk, select(e).limit(1))[0]._mapping
    change(desk, insert(e).values({**stray, "segment": "f" * 16}))  # no part of the ledger: `audit verify` says so
    lines = read(program)
    assert lines == as_the_command_lists(desk)
    assert "f" * 16 not in {one["segment"] for one in lines}
    assert len(lines) > 2 * A_PIECE
    (last,) = (one for one in lines if one["fields"] == [f"n:{2 * A_PIECE + 2}"])
    assert (last["who"], last["account"], last["rules"]) == ("raj.patel", "400639", ["MS-1"])
    of_one = read(program, "?account=400639")
    assert of_one == as_the_command_lists(desk, 3)
    assert len(of_one) < len(lines)


@pytest.mark.both_databases
def test_it_goes_on_after_any_line(desk: Desk) -> None:
    """Also between two entries of one moment, and of two segments."""
    program = operators(desk, "ledger:read")
    writes(desk, A_PIECE)
    writes(desk, 20)
    settle(desk)
    lines = read(program)
    for cut in (0, 7, A_PIECE - 1, A_PIECE, len(lines) - 2, len(lines) - 1):
        last = lines[cut]
        assert read(program, f"?after={last['segment']}:{last['n']}") == lines[cut + 1 :]


def test_a_range_is_from_a_time_to_before_another(one_desk: Desk) -> None:
    program = operators(one_desk, "ledger:read")
    settle(one_desk)
    since = spelled(one_desk.now)
    writes(one_desk, 2)
    one_desk.pass_time(1)
    until = spelled(one_desk.now)
    writes(one_desk, 2)
    assert read(program, f"?since={since}") == [], "what is younger than a minute may still be joined by others"
    settle(one_desk)
    assert [one["fields"] for one in read(program, f"?since={since}&until={until}")] == [["n:0"], ["n:1"]]
    offers = [one["fields"] for one in read(program, f"?since={since}") if one["action"] == "offer"]
    assert offers == [["n:0"], ["n:1"], ["n:0"], ["n:1"]]
    assert read(program, f"?since={until}&until={since}") == []
    assert len(read(program, "?since=2026-01-01T00:00:00%2B02:00&until=2100-01-01T00:00:00Z")) > 4
    for wrong in ("since=yesterday", "since=2026-01-01T00:00:00", "after=x", f"after={'a' * 16}:1", "account=999999"):
        assert problem(program.get(f"/ledger?{wrong}"), "invalid")["errors"][0]["field"] == wrong.partition("=")[0]


def test_it_is_for_an_operators_key_that_was_made_for_it(one_desk: Desk) -> None:
    problem(operators(one_desk, "reports:read").get("/ledger"), "denied")
    problem(customers(one_desk, RAJ, "400639").get("/ledger"), "other-kind")


def pieces_read(desk: Desk) -> int:
    e = tables.ledger.c
    return len(rows(desk, select(e.n).where(e.action == "desk.ledger.read", e.fields.like("%entries:%"))))


def test_it_is_over_when_its_reader_leaves_or_its_key_is_withdrawn(one_desk: Desk) -> None:
    program = operators(one_desk, "ledger:read")
    writes(one_desk, 6 * A_PIECE)
    settle(one_desk)
    assert streamed(one_desk, program.key, lambda: False)[1] is False
    assert pieces_read(one_desk) < 4
    k = tables.api_keys.c

    def withdrawn() -> bool:
        change(one_desk, update(tables.api_keys).where(k.id == program.id).values(ended_at=one_desk.now))
        return True

    with pytest.raises(ProblemError, match="no-key"):
        streamed(one_desk, program.key, withdrawn)


def peak(desk: Desk, key: str) -> int:
    """Bytes of Python's own that were held at most, without what nobody holds any more."""
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        assert streamed(desk, key, after_each=gc.collect)[1]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def test_what_it_holds_does_not_grow_with_the_ledger(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four pieces and sixteen, small ones in the run at every change."""
    each = A_PIECE if is_everything() else 100
    monkeypatch.setattr(ledger_export, "A_PIECE", each)
    program = operators(one_desk, "ledger:read")
    writes(one_desk, 4 * each)
    settle(one_desk)
    streamed(one_desk, program.key)  # what is made once
    small = peak(one_desk, program.key)
    writes(one_desk, 12 * each)
    settle(one_desk)
    assert peak(one_desk, program.key) < AT_MOST * small
