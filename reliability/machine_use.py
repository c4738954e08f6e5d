"""What of the machine each takes: the service's processes, the database's, the generator, those who play the world, and all others, who have no part in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import text

from reliability.service import family
from store import Store

TICK: Final = os.sysconf("SC_CLK_TCK")


def processor_time(pid: int) -> float:
    """Seconds; of one that has gone none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def everybodys() -> float:
    """Seconds of all cores that were not idle."""
    spent = [int(one) for one in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
    return (sum(spent) - spent[3] - spent[4]) / TICK


def database_processes(store: Store) -> list[int]:
    """PostgreSQL's, on this machine; none of SQLite, which is a part of the service."""
    if store.engine.dialect.name == "sqlite":
        return []
    with store.engine.connect().execution_options(reads_only=True) as connection:
        mine = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    return family(int(Path(f"/proc/{mine}/stat").read_text("ascii").rpartition(")")[2].split()[1]))


class MachineUse:
    """From when it is made on; `shares()` says of how many cores each was."""

    def __init__(self, **whose: Callable[[], Sequence[int]]) -> None:
        self._whose = whose
        self._began, self._all = time.monotonic(), everybodys()
        self._before = {name: self._spent(name) for name in whose}

    def _spent(self, name: str) -> float:
        return sum(processor_time(pid) for pid in self._whose[name]())

    def shares(self) -> dict[str, float]:
        took = time.monotonic() - self._began
        own = {name: (self._spent(name) - self._before[name]) / took for name in self._whose}
        return own | {"others": (everybodys() - self._all) / took - sum(own.values())}

    def said(self) -> str:
        return ", ".join(f"{name} {share:.2f}" for name, share in self.shares().items())
