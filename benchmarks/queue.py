"""How long the desk's queue and its search take with a million tickets, of which ten thousand are open: `python -m benchmarks.queue`.

The milliseconds of each list as a page reads it, without drawing it: the least, the median and the 95th percentile. Where the least is a
fraction of the median the machine was busy. Ten thousand of the newest are the desk's to answer, so that every filter has something to
leave out; titles share a few words.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Final

from sqlalchemy import text

from authz import Proof, Subject, load_schemes
from benchmarks import filling
from benchmarks.growth import KEYS, TINY, fill
from benchmarks.measuring import KINDS, aim, databases, machine
from desk import queue_page
from desk.actors import Actor
from store import Store, Transaction, open_store
from store.tickets.queue_lists import Filters

MANY: Final = 1_000_000
AT_MOST: Final = 50  # ms at the 95th percentile
AGENT: Final = Subject.of_staff(1)
MADE: Final = (
    """UPDATE tickets SET status = CASE WHEN number % 5 < 3 THEN 'open' ELSE 'waiting' END, kind = CASE number % 3 WHEN 0 THEN
       'question' ELSE 'problem' END, waiting_since = opened_at, due_at = opened_at + 3600000 * (number % 9), topic = CASE number % 7 WHEN 0
       THEN 'billing' ELSE 'technical' END WHERE number > {many} - {open}""",
    "UPDATE tickets SET waiting_since = NULL, due_at = NULL WHERE status = 'waiting'",
    "INSERT INTO ticket_words (word, ticket) SELECT 'w' || (number % 1000), number FROM tickets",
)
LISTS: Final[dict[str, tuple[Filters, str]]] = {
    "late first": (Filters(), ""),
    "longest wait first": (Filters(sort="waiting"), ""),
    "waiting for the customer": (Filters("waiting"), ""),
    "closed": (Filters("closed"), ""),
    "mine": (Filters(whose="mine"), ""),
    "mine, closed": (Filters("closed", "mine"), ""),
    "nobody's (none)": (Filters(whose="nobody"), ""),
    "billing questions": (Filters(kind="question", topic="billing"), ""),
    "requests, closed (none)": (Filters("closed", kind="request"), ""),
    "late, low": (Filters(late=True, priority=3), ""),
    "found: a number": (Filters(), "#{many}"),
    "found: a word of half of them": (Filters(), "slow"),
    "found: two words, each of many": (Filters(), "slow w7"),
    "found: nothing": (Filters(), "printer"),
    "found: an account": (Filters(), "{account}"),
    "found: somebody's name": (Filters(), "person"),
}


def filled(store: Store, many: int) -> None:
    filling.past(store, fill(store, max(many // 10, 30)), many, store.clock(), without=_WITHOUT)
    with store.gate.locked(), store.engine.begin() as connection:
        for statement in MADE:
            connection.execute(text(statement.format(many=many, open=many // 100)))
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


_WITHOUT: Final = [
    table for table in filling.PAST if table.name not in ("tickets", "messages", "assignments", "ticket_words")
]


def took(store: Store, read: Callable[[Transaction], object]) -> float:
    with store.transaction("portal") as tx:
        began = time.perf_counter()
        assert read(tx) is not None
        return (time.perf_counter() - began) * 1e3


def reading(filters: Filters, search: str) -> Callable[[Transaction], object]:
    return lambda tx: queue_page.queue_page(tx, Actor(AGENT, Proof.NONE), filters, search=search)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--tiny", action="store_true", help="whether it runs: the figures are worth nothing")
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    many, rounds = (10 * TINY, 2) if options.tiny else (options.many, options.rounds)
    print(machine(), flush=True)
    kinds = (options.only,) if options.only else KINDS
    with databases("queue", kinds=kinds) as urls:
        for kind in kinds:
            store = open_store(urls[kind, "queue"], KEYS, load_schemes())
            filled(store, many)
            print(f"\n{kind}, {many:,} tickets: ms a page, of {rounds}")
            worst = 0.0
            for name, (filters, search) in LISTS.items():
                read = reading(filters, search.format(many=many, account=100_001))
                times = [took(store, read) for _ in range(rounds + 1)][1:]
                late = quantiles(times, n=20)[-1]
                worst = max(worst, late := quantiles(times, n=20)[-1])
                print(f"  {name:34}{min(times):8.2f}{median(times):8.2f}{late:8.2f}", flush=True)
            aim(f"{kind}: ms of the slowest list, 95 of 100", worst, AT_MOST, at_most=True)
            store.close()


if __name__ == "__main__":
    main()
