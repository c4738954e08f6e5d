"""What `make day` calls flat, and what it calls grown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from reliability.day_clock import Ahead
from reliability.footprint import MIB, Footprint, grown
from store import now_ms


@dataclass(frozen=True)
class Grows:
    """By so much a slice, after a warm-up of six."""

    pss: int = 0
    rss: int = 0
    handles: float = 0
    threads: float = 0
    database: int = 4_096  # each ticket

    def slices(self) -> list[Footprint]:
        def at(n: int) -> Footprint:
            late, warm = max(0, n - 6), min(n, 6)
            tickets = 100 * n
            return Footprint(
                *((100 + 5 * warm) * MIB + late * self.pss, (120 + 5 * warm) * MIB + late * self.rss),
                *(30 + int(late * self.handles), 24 + int(late * self.threads)),
                4 * MIB + 4_096 * min(tickets, 1_200) + self.database * max(0, tickets - 1_200),
                tickets,
            )

        return [at(n) for n in range(24)]


def test_a_service_that_warms_up_and_stays_so_is_flat() -> None:
    assert grown(Grows().slices()) == []


@pytest.mark.parametrize(
    ("leak", "what"),
    [
        (Grows(pss=2 * MIB), "memory"),
        (Grows(rss=2 * MIB), "memory"),
        (Grows(handles=1), "handles"),
        (Grows(threads=0.5), "threads"),
        (Grows(database=8_192), "database"),
    ],
)
def test_what_grows_is_named(leak: Grows, what: str) -> None:
    assert {name for name, _ in grown(leak.slices())} == {what}


def test_a_clock_is_moved_on_for_all_who_read_it(tmp_path: Path) -> None:
    one = Ahead(tmp_path / "ahead")
    other = Ahead(one.path)
    one.move_on(3_600)
    assert other.ms == 3_600_000
    assert 0 <= other.now_ms() - now_ms() - 3_600_000 < 60_000
