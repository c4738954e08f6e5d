"""What Slack costs beside a bare Bolt handler, which checks the same signature and acknowledges, and does nothing else.

    python -m benchmarks.slack_bolt [--seconds 2] [--rounds 5] [--only SQLite]

Servers of one uvicorn worker each, kept to one core; one load generator in a process of its own with 32 connections. All get
the same requests, each of which is new: a message that opens a ticket, one that is none of ours, and the command /tickets (ten
of twelve are shown). The bare server runs before and after every round of the desk, and a round's ratio is to the mean of the
two. Whoever is not driven is stopped (SIGSTOP). The worker is at rest, as what it does is not waited for; in the last row it
works besides, on the same core, and Slack's Web API says ok to it. CPU is the server's own processor time an answer, PostgreSQL's
not included.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from statistics import mean, median
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response

from authz import Subject
from benchmarks.measuring import (
    APART,
    CONNECTIONS,
    KINDS,
    PATIENCE,
    Load,
    a_round,
    aim,
    databases,
    machine,
    percentiles,
)

# Imported late: whatever belongs to the desk, so that the bare server and the generator stay small.
CORE = 0  # the servers'
TICKET, IGNORED, COMMAND = "a message that opens a ticket", "a message that is none of ours", "/tickets"
WORKING = f"{TICKET}, the worker at work as well"


# --- the servers


def bare() -> FastAPI:
    """Bolt as its documentation has it in FastAPI, acknowledging when a listener has run."""
    from slack_bolt import App
    from slack_bolt.adapter.fastapi import SlackRequestHandler
    from slack_bolt.authorization import AuthorizeResult

    from benchmarks.slack_side import SIGNING

    os.sched_setaffinity(0, {CORE})
    known = AuthorizeResult(enterprise_id=None, team_id="T0DESK", bot_user_id="U0DESKGATE", bot_id="B0DESKGATE")
    bolt = App(signing_secret=SIGNING, process_before_response=True, authorize=lambda: known)
    bolt.event("message")(lambda ack: ack())
    bolt.command("/tickets")(lambda ack: ack())
    app, handler = FastAPI(), SlackRequestHandler(bolt)

    @app.post("/slack/events")
    async def events(request: Request) -> Response:
        answer: Response = await handler.handle(request)
        return answer

    return app


def desk() -> FastAPI:
    """The real service; BENCH_WORKER=off keeps its worker from starting."""
    from deskgate.serve import app

    os.sched_setaffinity(0, {CORE})
    return app(works=os.environ.get("BENCH_WORKER") != "off")


# --- in the generator's process


class Job(NamedTuple):
    """Requests like this one; `mark` is what makes each another, wherever it stands in the body."""

    port: int
    body: bytes
    content_type: str
    mark: bytes
    seconds: float


def drive(job: Job) -> Load:
    import uvloop

    from benchmarks.slack_side import Asked, Line

    first = random.getrandbits(48)
    times, refused, going = list[tuple[float, float]](), 0, True

    async def ask_on(place: int) -> None:
        nonlocal refused
        line, n = Line(job.port), first + place
        while going:
            new = f"{2_000_000_000 + n // 1_000_000}.{n % 1_000_000:06d}".encode()
            began, n = time.perf_counter(), n + CONNECTIONS
            answer = await line.ask(Asked(job.body.replace(job.mark, new), job.content_type))
            now = time.perf_counter()
            times.append((now, now - began))
            refused += answer is None or answer[0] != 200
        line.close()

    async def run() -> Load:
        nonlocal going
        asking = [asyncio.create_task(ask_on(place)) for place in range(CONNECTIONS)]
        began, ended = await a_round(job.seconds, lambda: [at for at, _ in times])
        going = False
        async with asyncio.timeout(PATIENCE):  # or a server that answers no more would keep us for ever
            await asyncio.gather(*asking)
        counted = [took for at, took in times if began <= at < ended]
        return Load(len(counted) / (ended - began), *percentiles(counted), len(times), refused)

    return uvloop.run(run())


# --- the rounds


def requests() -> dict[str, tuple[bytes, str, bytes]]:
    """Body, content type and mark of each kind of request."""
    import re

    from benchmarks.slack_side import Hands

    hands, made = Hands(), dict[str, tuple[bytes, str, bytes]]()
    for what, do in (
        (TICKET, lambda: hands.mia.dm("our site is down, since this morning")),
        (IGNORED, lambda: hands.mia.says("help", "lunch at noon, anybody?")),
        (COMMAND, lambda: hands.workspace.as_("U0SAM").command("/tickets")),
    ):
        do()
        (asked,) = hands.heard()
        found = re.search(rb'"ts": "([0-9.]+)"' if what != COMMAND else rb"trigger_id=([^&]+)", asked.body)
        assert found
        made[what] = (asked.body, asked.content_type, found[1])
    return made


def twelve_tickets(url: str) -> None:
    """Of Sam Okoro, for him to list."""
    from sqlalchemy import select

    from authz import Action, Ask, Grant, Proof, Topic
    from benchmarks.slack_side import opened
    from store import tables
    from store.tickets import customer_tickets

    store, c = opened(url), tables.contacts.c
    with store.transaction("phone") as tx:
        sam = select(tables.people.c.id).where(tables.people.c.username == "sam.okoro").scalar_subquery()
        row = tx.connection.execute(select(c.person_id, c.account_id).where(c.person_id == sam)).one()
        ask = Ask(Subject.of_person(row.person_id), Action.TICKET_OPEN, row.account_id, Topic.TECHNICAL, Proof.VERIFIED)
        grant = tx.ask(ask)
        assert isinstance(grant, Grant)
        for n in range(12):
            customer_tickets.open(tx, grant, title=f"the shop is slow {n}", body="since this morning")
    store.close()


def tickets_of_mia(url: str) -> int:
    from sqlalchemy import func, select

    from benchmarks.slack_side import MIA, opened
    from store import tables

    store, t, p = opened(url), tables.tickets.c, tables.people.c
    with store.transaction("test") as tx:
        of = select(func.count(t.number)).join(tables.people, p.id == t.opened_by).where(p.username == MIA)
        count: int = tx.connection.execute(of).scalar_one()
    store.close()
    return count


@contextmanager
def slack_says_ok() -> Iterator[str]:
    """Slack's Web API in a thread; its address."""
    from benchmarks.slack_side import WebApi

    loop, api = asyncio.new_event_loop(), WebApi()
    address = loop.run_until_complete(api.open())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield address
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    api.close()


class Rounds:
    """Drives one server after the other; gives the load and the server's own µs of processor time an answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._made = seconds, requests()
        self._generator = ProcessPoolExecutor(1, mp_context=APART)
        self.close = self._generator.shutdown

    def drive(self, server: Any, what: str) -> tuple[Load, float]:
        with server.awake():
            job, before = Job(server.port, *self._made[what], self._seconds), server.processor_time()
            load = self._generator.submit(drive, job).result()
            spent = server.processor_time() - before
        if load.refused:
            raise RuntimeError(f"{what}: {load.refused} of {load.answers} requests were not answered with 200: {load}")
        return load, spent / load.answers * 1e6


def main() -> None:
    from benchmarks.slack_side import desk_settings, furnished
    from benchmarks.turns import Server, show

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    with databases("door", "both", kinds=kinds) as urls, slack_says_ok() as api, ExitStack() as stack:
        for url in urls.values():
            furnished(url)
            twelve_tickets(url)
        small = stack.enter_context(closing(Server("benchmarks.slack_bolt:bare")))
        servers = {}
        for (kind, name), url in urls.items():
            worker = {"BENCH_WORKER": "off" if name == "door" else "on"}
            servers[kind, name] = Server("benchmarks.slack_bolt:desk", **desk_settings(url, api), **worker)
            stack.callback(servers[kind, name].close)
        rounds = stack.enter_context(closing(Rounds(options.seconds)))
        cases = [(what, kind) for what in (TICKET, IGNORED, COMMAND, WORKING) for kind in kinds]
        loads: dict[Any, list[tuple[Load, float]]] = {case: [] for case in cases}
        ratios: dict[Any, list[float]] = {case: [] for case in cases}
        bares: dict[str, list[tuple[Load, float]]] = {what: [] for what in (TICKET, IGNORED, COMMAND)}
        for _ in range(options.rounds):
            for what, kind in cases:
                sent = TICKET if what == WORKING else what
                around = [rounds.drive(small, sent)]
                loads[what, kind].append(rounds.drive(servers[kind, "both" if what == WORKING else "door"], sent))
                around.append(rounds.drive(small, sent))
                ratios[what, kind].append(loads[what, kind][-1][0].rate / mean(load.rate for load, _ in around))
                bares[sent] += around
        print(f"\n{CONNECTIONS} connections, one core; {options.rounds} rounds of {options.seconds:g} s, medians")
        print(f"  {'':44}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}   of the bare rate, by round")
        for what, each in bares.items():
            show(f"bare Bolt: {what}", each, [])
        for (what, kind), each in loads.items():
            show(f"{kind}: {what}", each, ratios[what, kind])
        stack.close()  # a worker that was stopped may hold what the count waits for
        for kind, (name, what) in ((kind, pair) for kind in kinds for pair in (("door", TICKET), ("both", WORKING))):
            opened, answered = tickets_of_mia(urls[kind, name]), sum(load.answers for load, _ in loads[what, kind])
            assert opened == answered, f"{kind}: {answered} messages accepted, {opened} tickets"
        for (what, kind), found in ratios.items():
            if what != WORKING:
                aim(f"{kind}: {what}, of bare Bolt's rate", median(found), 0.4)


if __name__ == "__main__":
    main()
