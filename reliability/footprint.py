"""What a service takes: memory, file handles and threads of all its processes, and its database's size; and whether they grew.

before = taken(service.processes(), store)
found = grown(footprints)          # what grew after the first quarter, in words; nothing: all is flat
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from sqlalchemy import text

from store import Store

MIB: Final = 1024 * 1024
MEMORY: Final = (16 * MIB, 0.10)  # that it may grow by, or this share of it: caches fill, and the heap is never packed
HANDLES, THREADS = 8, 2
EACH: Final = 1.25  # times as much of the database for each ticket as before


class Footprint(NamedTuple):
    """Bytes and counts. `tickets` there are; what is kept for ever grows with them."""

    pss: int
    rss: int
    handles: int
    threads: int
    database: int
    tickets: int

    def said(self) -> str:
        return (
            f"PSS {self.pss / MIB:.1f} MiB, RSS {self.rss / MIB:.1f} MiB, {self.handles} file handles, {self.threads} threads, "
            f"database {self.database / MIB:.1f} MiB, {self.tickets} tickets"
        )


def taken(processes: Sequence[int], store: Store) -> Footprint:
    kib, handles, threads = {"Pss": 0, "Rss": 0}, 0, 0
    for pid in processes:
        own = Path(f"/proc/{pid}")
        for line in (own / "smaps_rollup").read_text("ascii").splitlines()[1:]:
            name, _, size = line.partition(":")
            if name in kib:
                kib[name] += int(size.split()[0])
        handles += len([*(own / "fd").iterdir()])
        threads += len([*(own / "task").iterdir()])
    return Footprint(kib["Pss"] * 1024, kib["Rss"] * 1024, handles, threads, *_database(store))


def _database(store: Store) -> tuple[int, int]:
    with store.engine.connect().execution_options(reads_only=True) as connection:
        tickets = int(connection.execute(text("SELECT count(*) FROM tickets")).scalar_one())
        if store.engine.dialect.name != "sqlite":
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()), tickets
    path = Path(str(store.engine.url.database))
    return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*")), tickets


def grown(each: Sequence[Footprint]) -> list[tuple[str, str]]:
    """(what, in words). The first quarter is the warm-up; the second is what the last is held against."""
    quarter = max(1, len(each) // 4)
    early, late = each[quarter : 2 * quarter], each[-quarter:]
    found = list[tuple[str, str]]()
    for name, least, share in (("pss", *MEMORY), ("rss", *MEMORY)):
        first, last = (median(getattr(one, name) for one in some) for some in (early, late))
        if last - first > max(least, share * first):
            found.append(("memory", f"{name.upper()} grew from {first / MIB:.1f} to {last / MIB:.1f} MiB"))
    for name, most in (("handles", HANDLES), ("threads", THREADS)):
        first, last = (median(getattr(one, name) for one in some) for some in (early, late))
        if last - first > most:
            found.append((name, f"{name} grew from {first:.0f} to {last:.0f}"))
    middle = each[len(each) // 2]
    first, last = _each(each[quarter], middle), _each(middle, each[-1])
    if last > EACH * first + 1024:
        found.append(("database", f"a ticket takes {last:,.0f} bytes of the database, and took {first:,.0f}"))
    return found


def _each(before: Footprint, after: Footprint) -> float:
    """Bytes of the database for each ticket that came between."""
    return max(0, after.database - before.database) / max(1, after.tickets - before.tickets)
