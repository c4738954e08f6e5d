"""What chaining costs: tickets a second with the ledger, against the same with an unchained row in its place; and verifying.

    python -m benchmarks.ledger [--seconds 3] [--rounds 3] [--only SQLite]

Two processes of four threads, each process with a Store of its own; the two kinds take turns in each round, and a ratio is
taken inside its round. For the unchained row a writer's process replaces `store.db.transaction.write`, in itself alone, by one
that inserts the same row with 32 zero bytes: no canonical form, no HMAC. While the chained kind runs, a checkpoint is made
every second (the service makes one every ten).
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection as Pipe
from statistics import median

from authz import Action, Ask, Grant, Proof, Subject, Topic, load_schemes
from benchmarks.import_speed import document
from benchmarks.measuring import APART, KINDS, aim, databases, machine, percentiles
from store import Keys, Store, open_store
from store.db import ledger_chain, transaction
from store.imports.file_format import read
from store.imports.import_run import run
from store.ledger.verify import verify
from store.tickets import customer_tickets

PROCESSES, THREADS, ACCOUNTS = 2, 4, 300
CHAINED, UNCHAINED = "with the ledger", "with an unchained row"
KEYS = Keys([bytes(range(32))])


def unchained(
    segment: ledger_chain.Segment, entries: Sequence[ledger_chain.Entry]
) -> tuple[list[dict[str, object]], tuple[int, bytes]]:
    rows = [{**e.row(), "segment": segment.id, "n": n, "mac": bytes(32)} for n, e in enumerate(entries, segment.n + 1)]
    return rows, (segment.n + len(rows), bytes(32))


CHAIN = {CHAINED: ledger_chain.chained, UNCHAINED: unchained}


def open_ticket(opened: Store, account: int) -> None:
    with opened.transaction("phone", "CA" + "0" * 32) as tx:
        grant = tx.ask(
            Ask(Subject.of_person(2 * account - 1), Action.TICKET_OPEN, account, Topic.TECHNICAL, Proof.VERIFIED)
        )
        assert isinstance(grant, Grant), grant
        customer_tickets.open(tx, grant, title="VPS 1 (by phone)", body="It does not answer any more.")


def writer(urls: dict[str, str], orders: Pipe) -> None:
    """One process: `(kind, when to begin, for how many seconds)` in, the time of each ticket out."""
    stores = {kind: open_store(url, KEYS, load_schemes()) for kind, url in urls.items()}
    for kind in urls:
        together(stores[kind], kind, time.monotonic(), 0.2)
    orders.send("ready")
    while (order := orders.recv()) is not None:
        kind, begin, seconds = order
        orders.send(together(stores[kind], kind, begin, seconds))
    for opened in stores.values():
        opened.engine.dispose()


def together(opened: Store, kind: str, begin: float, seconds: float) -> list[float]:
    vars(transaction)["chained"] = CHAIN[kind]
    took: list[float] = []

    def write() -> None:
        chance, times = random.Random(), list[float]()
        time.sleep(max(0.0, begin - time.monotonic()))
        while (now := time.monotonic()) < begin + seconds or not times:
            open_ticket(opened, chance.randint(1, ACCOUNTS))
            times.append(time.monotonic() - now)
        took.extend(times)

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def measure(urls: dict[str, str], rounds: int, seconds: float) -> dict[str, list[list[float]]]:
    """Kind → the times of all tickets, one list a round."""
    pipes, processes = [], []
    for _ in range(PROCESSES):
        ours, theirs = APART.Pipe()
        processes.append(APART.Process(target=writer, args=(urls, theirs)))
        processes[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    watcher = open_store(urls[CHAINED], KEYS, load_schemes())
    found: dict[str, list[list[float]]] = {kind: [] for kind in urls}
    for n in range(rounds):
        for kind in urls if n % 2 == 0 else reversed(urls):
            begin = time.monotonic() + 0.1
            for pipe in pipes:
                pipe.send((kind, begin, seconds))
            while kind == CHAINED and time.monotonic() < begin + seconds:
                time.sleep(1)
                watcher.checkpoint()
            found[kind].append([took for pipe in pipes for took in pipe.recv()])
    watcher.close()
    for pipe in pipes:
        pipe.send(None)
    for process in processes:
        process.join()
    return found


def how_fast_is_verifying(url: str) -> float:
    opened, speeds = open_store(url, KEYS, load_schemes()), list[float]()
    verdict = verify(opened)
    for _ in range(5):
        began = time.perf_counter()
        verdict = verify(opened)
        speeds.append(verdict.entries / (time.perf_counter() - began))
        assert verdict.ok, verdict.broken
    print(f"  verify: {verdict.entries} entries, {median(speeds):.0f} a second, median of 5; {verdict}")
    opened.engine.dispose()
    return median(speeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    file = read(json.dumps(document(ACCOUNTS)).encode())
    with databases(CHAINED, UNCHAINED, kinds=kinds) as made:
        for database in kinds:
            urls = {kind: made[database, kind] for kind in (CHAINED, UNCHAINED)}
            for url in urls.values():
                opened = open_store(url, KEYS, load_schemes())
                run(opened, file)
                opened.close()
            print(f"\n{database}: {PROCESSES} processes of {THREADS} threads; medians of {options.rounds} rounds")
            found = measure(urls, options.rounds, options.seconds)
            for kind, each in found.items():
                rate = median(len(times) / options.seconds for times in each)
                p50, p99 = (median(percentiles(times)[n] for times in each) for n in (0, 1))
                print(f"  {kind:22}{rate:8.0f} tickets a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
            ratios = sorted(len(a) / len(b) for a, b in zip(found[CHAINED], found[UNCHAINED], strict=True))
            print(f"  ratio {median(ratios):.2f} (least {ratios[0]:.2f}, most {ratios[-1]:.2f})")
            speed = how_fast_is_verifying(urls[CHAINED])
            aim(f"{database}: tickets with the ledger, of those with an unchained row", median(ratios), 0.8)
            aim(f"{database}: ledger entries verified a second", speed, 50_000)


if __name__ == "__main__":
    main()
