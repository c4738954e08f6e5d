"""How far one PostgreSQL carries, on paper: what a ticket and a call cost, measured here, times what so many accounts ask for.

    python -m reliability.capacity [--tickets 400] [--calls 150] [--callers 150]

Costs are processor time of the web process with its worker and of PostgreSQL, and bytes of tables and indices, for a ticket by Slack (one message,
one card) and for a call (an ID, a wrong PIN, a right one, services, invoices). What is assumed of accounts stands in `ASSUMED`; docs/capacity.md says
what follows. Rates swing with the machine: what is printed are costs, and a share of two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.measuring import databases
from benchmarks.measuring import machine as measured_on
from benchmarks.slack_side import WebApi, desk_settings, opened
from reliability.journal import Journal
from reliability.light_load import Caller, Light, furnish
from reliability.restarts import KIND, admin, children, postmaster
from reliability.service import Service
from store.ledger.verify import verify

ACCOUNTS: Final = (10_000, 100_000, 1_000_000)
MB, GB, TICK = 1e6, 1e9, os.sysconf("SC_CLK_TCK")


class Assumed(NamedTuple):
    """Of support, each an assumption of ours: put your own in. A month has 22 working days; its busiest hour has so much of a day."""

    tickets: float = 0.5  # an account and month
    calls: float = 0.15
    answers: float = 4.0  # messages on a ticket after its first one, each as dear as a ticket
    busiest: float = 0.15
    peak: float = 5.0  # the busiest second, times the mean of the busiest hour
    voice: float = 0.1  # of the calls leave a recording …
    recording: float = 240e3  # … of so many bytes: 30 s, 8 kHz, 8 bit (as Twilio's are)
    attached: float = 0.2  # files a ticket …
    file: float = 500e3  # … of so many bytes


ASSUMED: Final = Assumed()


class Cost(NamedTuple):
    """Of one: ms of processor time in the web process and in PostgreSQL; bytes kept, and of them in the ledger; entries of the ledger."""

    web: float
    database: float
    bytes: float
    ledger: float
    entries: float


class Measured(NamedTuple):
    ticket: Cost
    call: Cost
    verified: float  # entries of the ledger read and checked a second


class Carried(NamedTuple):
    """Of so many accounts: a month's tickets, calls and entries; in the busiest second web and PostgreSQL cores; GB a year in tables, in the ledger, in
    recordings (90 days) and files (a year); hours that `audit verify` takes after a year."""

    accounts: int
    tickets: float
    calls: float
    entries: float
    a_second: float
    web: float
    database: float
    tables: float
    ledger: float
    sounds: float
    verify: float


def carried(accounts: int, of: Measured, assumed: Assumed = ASSUMED) -> Carried:
    """The arithmetic."""
    tickets, calls = accounts * assumed.tickets, accounts * assumed.calls
    said = tickets * (1 + assumed.answers)
    busy = assumed.busiest * assumed.peak / 22 / 3600  # of a month, in its busiest second
    entries = said * of.ticket.entries + calls * of.call.entries
    kept = said * of.ticket.bytes + calls * of.call.bytes
    ledger = said * of.ticket.ledger + calls * of.call.ledger
    sounds = calls * 3 * assumed.voice * assumed.recording + tickets * 12 * assumed.attached * assumed.file
    return Carried(
        accounts,
        tickets,
        calls,
        entries,
        (said + calls) * busy,
        (said * of.ticket.web + calls * of.call.web) * busy / 1000,
        (said * of.ticket.database + calls * of.call.database) * busy / 1000,
        (kept - ledger) * 12 / GB,
        ledger * 12 / GB,
        sounds / GB,
        entries * 12 / of.verified / 3600,
    )


# --- measured


class Stood(NamedTuple):
    web: float
    database: float
    bytes: float
    ledger: float
    entries: int


def processor_ms(pids: list[int], *, gone_too: bool = False) -> float:
    """Of these processes; `gone_too`: and of the children they have waited for."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11 : 15 if gone_too else 13]))
    return ticks * 1000 / TICK


def stands(service: Service, url: str) -> Stood:
    """When nothing is owed."""
    store = opened(url)
    until = time.monotonic() + 120
    while store.backlog().pending and time.monotonic() < until:
        time.sleep(0.1)
    store.engine.dispose()
    server = postmaster(url)
    with admin(url) as connection:
        sizes = "SELECT sum(pg_total_relation_size(oid)), max(pg_total_relation_size(oid)) FILTER (WHERE relname = 'ledger') FROM pg_class"
        whole, ledger = connection.execute(
            f"{sizes} WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace".encode()
        ).fetchone() or (0, 0)
        entries = (connection.execute("SELECT count(*) FROM ledger").fetchone() or (0,))[0]
    spent = processor_ms([server], gone_too=True) + processor_ms(children(server))
    return Stood(processor_ms(service.processes()), spent, float(whole), float(ledger), int(entries))


async def loaded(
    service: Service, path: Path, url: str, people: list[Caller], *, tickets: int = 0, calls: int = 0
) -> Cost:
    """The cost of one, from so many of one kind. What the desk does by itself meanwhile (checkpoints, sweeps) is in it."""
    before = await asyncio.to_thread(stands, service, url)
    light = Light(service.port, service.public, Journal(path), people, tickets=20.0, calls=4.0)
    many, one = (tickets, light.ticket) if tickets else (calls, light.call)
    free = asyncio.Semaphore(4)

    async def done(n: int) -> None:
        async with free:
            await one(n)

    await asyncio.gather(*(done(n) for n in range(1, many + 1)))
    after = await asyncio.to_thread(stands, service, url)
    return Cost(*((later - earlier) / many for earlier, later in zip(before, after, strict=True)))


async def measured(url: str, given: argparse.Namespace, folder: Path) -> Measured:
    api, people = WebApi(), furnish(url, given.callers)
    service = Service(url, desk_settings(url, await api.open()), folder / "service.log")
    try:
        await asyncio.to_thread(service.ready)
        await loaded(service, folder / "warm.jsonl", url, people, tickets=max(2, given.tickets // 10))
        ticket = await loaded(service, folder / "tickets.jsonl", url, people, tickets=given.tickets)
        call = await loaded(service, folder / "calls.jsonl", url, people, calls=given.calls)
    finally:
        await asyncio.to_thread(service.stop)
        api.close()
    store, began = opened(url), time.process_time()
    read = verify(store)
    took, entries = time.process_time() - began, ticket.entries * given.tickets + call.entries * given.calls
    store.engine.dispose()
    assert read.broken is None, read.broken
    return Measured(ticket, call, entries / max(took, 1e-6))


def printed(of: Measured) -> str:
    lines = [
        "cost of one          web and worker  PostgreSQL   bytes kept   of them ledger   entries",
        *(
            f"{name:21}{cost.web:9.1f} ms {cost.database:9.1f} ms {cost.bytes:10.0f}  {cost.ledger:12.0f}  {cost.entries:10.1f}"
            for name, cost in (("ticket by Slack", of.ticket), ("call of six turns", of.call))
        ),
        f"the ledger is checked at {of.verified:,.0f} entries a second of processor time",
        "",
        f"assumed: {ASSUMED}",
        "",
        "accounts   tickets   calls     entries   busiest second:      web   PostgreSQL | a year: tables   ledger   sound, files   audit verify",
        "           a month   a month   a month   messages, calls    cores        cores |            GB       GB             GB          hours",
    ]
    for accounts in ACCOUNTS:
        c = carried(accounts, of)
        lines.append(
            f"{c.accounts:9,} {c.tickets:9,.0f} {c.calls:9,.0f} {c.entries:11,.0f} {c.a_second:17.1f} {c.web:8.2f} {c.database:12.2f} |"
            f"{c.tables:14.1f} {c.ledger:8.1f} {c.sounds:14.1f} {c.verify:14.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--tickets", type=int, default=400)
    asked.add_argument("--calls", type=int, default=150)
    asked.add_argument("--callers", type=int, default=150, help="people who call; each has three wrong PINs left")
    given = asked.parse_args()
    print(measured_on(), flush=True)
    with databases("capacity", kinds=(KIND,)) as urls, tempfile.TemporaryDirectory() as folder:
        print(printed(asyncio.run(measured(urls[KIND, "capacity"], given, Path(folder)))))


if __name__ == "__main__":
    main()
