"""What a ticket costs beside one row: ticket, message, ledger and enqueued work against a single INSERT by SQLAlchemy Core.

    python -m benchmarks.tickets [--seconds 2] [--rounds 8] [--only SQLite] [--pool N]

Same kind of engine, gate and writers for all: 2 processes of 4 threads, each process with Stores of its own. The row is as large as
a ticket's, in a table without foreign keys or further indexes, and passes the same gate. Everything is taken in turns in
each round, and a ratio is taken inside its round. Tickets are opened by 333 people on as many accounts, drawn at random.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert

from authz import Action, Ask, Grant, Proof, Subject, Topic, load_schemes
from benchmarks.growth import KEYS, SMALL, Customer, customer, fill
from benchmarks.measuring import APART, KINDS, STORE_PARTS, Stopwatch, aim, databases, machine, percentiles
from store import Store, open_store
from store.jobs import job_queue
from store.messages.timeline import Recorded
from store.tables.base import Id
from store.tickets import customer_tickets

PROCESSES, THREADS = 2, 4
SCRATCH = Table(
    "bench_row",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("account_id", BigInteger),
    Column("opened_by", BigInteger),
    *(Column(name, Text) for name in ("topic", "kind", "title", "status", "service", "channel")),
    *(Column(name, BigInteger) for name in ("priority", "waiting_since", "due_at")),
    Column("opened_at", BigInteger),
)
INSERT = insert(SCRATCH)
TITLE, BODY = "VPS 1 (by phone)", "It does not answer any more."
COUNTER = itertools.count(1)


# --- one piece of each


def raw(store: Store, who: Customer) -> None:
    row = {
        "account_id": who.account,
        "opened_by": who.person,
        "topic": "technical",
        "kind": "problem",
        "title": TITLE,
        "status": "open",
        "priority": 2,
        **dict.fromkeys(("waiting_since", "due_at"), 0),
        "service": None,
        "channel": "phone",
        "opened_at": store.clock(),
    }
    with store.gate.locked(), store.engine.begin() as connection:
        connection.execute(INSERT, row)


def _opened(store: Store, who: Customer, *, enqueue: bool, recorded: bool) -> None:
    sid = f"RE{os.getpid():08x}{next(COUNTER):024x}" if recorded else ""
    with store.transaction("phone", "CA" + "0" * 32) as tx:
        ask = Ask(Subject.of_person(who.person), Action.TICKET_OPEN, who.account, Topic.TECHNICAL, Proof.VERIFIED)
        grant = tx.ask(ask)
        assert isinstance(grant, Grant), grant
        spoken = Recorded(sid, 7) if recorded else None
        number = customer_tickets.open(tx, grant, title=TITLE, body="" if recorded else BODY, recorded=spoken)
        if enqueue:
            job_queue.enqueue(tx, "bench", str(number), {"ticket": number})


def ticket(store: Store, who: Customer) -> None:
    _opened(store, who, enqueue=True, recorded=False)


def without_enqueue(store: Store, who: Customer) -> None:
    _opened(store, who, enqueue=False, recorded=False)


def with_recording(store: Store, who: Customer) -> None:
    _opened(store, who, enqueue=False, recorded=True)  # a recording enqueues its own fetching


PIECES: dict[str, Callable[[Store, Customer], None]] = {
    "one row, by Core": raw,
    "ticket, message, ledger, work": ticket,
    "the same without work": without_enqueue,
    "the same with a recording": with_recording,
}
RAW, TICKET, PLAIN, SPOKEN = PIECES


# --- writers


def writer(url: str, pool_size: int | None, orders: Connection) -> None:
    """One process: does as it is told, `(name, when to begin, for how many seconds)`, and gives the times of each piece."""
    stores = {name: open_store(url, KEYS, load_schemes(), pool_size=pool_size) for name in (RAW, TICKET)}
    for name in PIECES:  # connections, segments and statements are made before any clock starts
        _together(store_for(name, stores), name, time.monotonic(), 0.2)
    orders.send("ready")
    while (order := orders.recv()) is not None:
        orders.send(_together(store_for(order[0], stores), *order))
    for store in stores.values():
        store.close()


def store_for(name: str, stores: dict[str, Store]) -> Store:
    """The single row has connections of its own: what a transaction of the store does to one stays with it."""
    return stores[RAW if name == RAW else TICKET]


def _together(store: Store, name: str, begin: float, seconds: float) -> list[float]:
    piece, took, faults = PIECES[name], [], list[BaseException]()

    def write() -> None:
        chance = random.Random()
        times: list[float] = []
        time.sleep(max(0.0, begin - time.monotonic()))
        try:
            while (now := time.monotonic()) < begin + seconds or not times:
                piece(store, customer(chance.randint(1, SMALL // 3)))
                times.append(time.monotonic() - now)
        except BaseException as fault:  # noqa: BLE001 (raised again below, in the thread that waits)
            faults.append(fault)
        took.extend(times)

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return took


def measure(url: str, rounds: int, seconds: float, pool_size: int | None) -> dict[str, list[list[float]]]:
    """Name → the times of all pieces, one list a round."""
    pipes, processes = [], []
    for _ in range(PROCESSES):
        ours, theirs = APART.Pipe()
        process = APART.Process(target=writer, args=(url, pool_size, theirs))
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    found: dict[str, list[list[float]]] = {name: [] for name in PIECES}
    for n in range(rounds):
        for name in PIECES if n % 2 == 0 else reversed(PIECES):
            begin = time.monotonic() + 0.1  # one clock for all processes of a machine
            for pipe in pipes:
                pipe.send((name, begin, seconds))
            found[name].append([took for pipe in pipes for took in pipe.recv()])
    for pipe in pipes:
        pipe.send(None)
    for process in processes:
        process.join()
    return found


# --- where the time goes

PARTS = {
    **STORE_PARTS,
    "store.tickets.customer_tickets:open": "tickets.open, itself",
    "store.jobs.job_queue:enqueue": "work.enqueue, itself",
}


def where_the_time_goes(kind: str, url: str, times: int) -> None:
    for name in (RAW, TICKET):
        store = open_store(url, KEYS, load_schemes())
        people = [customer(random.randint(1, SMALL // 3)) for _ in range(times)]
        for who in people[:100]:
            PIECES[name](store, who)
        began = time.perf_counter()
        for who in people:
            PIECES[name](store, who)
        plain = time.perf_counter() - began
        with Stopwatch(PARTS, store.engine) as watch:
            began = time.perf_counter()
            for who in people:
                PIECES[name](store, who)
            total = time.perf_counter() - began
        watch.report(f"{kind}, {name}, one thread ({plain / times * 1e6:.0f} µs without the stopwatch)", times, total)
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--pool", type=int, help="connections of each process; the Store's own choice if not given")
    parser.add_argument(
        "--apart", type=int, default=1_000, help="tickets that are taken apart, to see where the time goes"
    )
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    with databases("tickets", kinds=kinds) as urls:
        for kind in kinds:
            url = urls[kind, "tickets"]
            store = open_store(url, KEYS, load_schemes(), pool_size=options.pool)
            fill(store, SMALL)
            SCRATCH.create(store.engine)
            pool: Any = store.engine.pool
            print(
                f"\n{kind}: {PROCESSES} processes of {THREADS} threads, pool of {pool.size()} each; "
                f"median of {options.rounds} rounds of {options.seconds:g} s"
            )
            store.close()
            found = measure(url, options.rounds, options.seconds, options.pool)
            ratios = {}
            print(f"  {'':32}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}   of one row (least, most)")
            for name, each in found.items():
                rate = median(len(times) / options.seconds for times in each)
                p50, p99 = (median(percentiles(times)[n] for times in each) for n in (0, 1))
                inside = sorted(len(times) / len(row) for times, row in zip(each, found[RAW], strict=True))
                ratios[name] = median(inside)
                print(
                    f"  {name:32}{rate:9.0f}{p50:9.1f}{p99:9.1f}   {ratios[name]:.2f} ({inside[0]:.2f}, {inside[-1]:.2f})"
                )
            where_the_time_goes(kind, url, options.apart)
            aim(f"{kind}: a ticket of one row's rate", ratios[TICKET], 0.4)
            aim(f"{kind}: a ticket without work", ratios[PLAIN], 0.4)


if __name__ == "__main__":
    main()
