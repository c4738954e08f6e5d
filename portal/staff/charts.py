"""Bars of what was counted, laid out for an SVG: pure, and no words of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT, LEFT, UNDER, ABOVE = 640, 200, 40, 22, 8
LABELS: Final = 8  # at the most, below the bars


@dataclass(frozen=True, slots=True)
class Bar:
    """`of` is which of the chart's series, from 0."""

    x: float
    y: float
    width: float
    height: float
    of: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars upon each other, one pile for each period. `series` are codes; `rows` what is drawn, by period. `lines` are heights with
    what they stand for, `labels` the periods that are named, with the middle of each."""

    name: str
    series: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    labels: tuple[tuple[float, int], ...]


def piled(name: str, series: Sequence[str], rows: Sequence[Sequence[int]]) -> Chart:
    """`rows`: of each period the numbers of all series, in their order."""
    top = _round_up(max((sum(row) for row in rows), default=0))
    each = (WIDTH - LEFT) / max(len(rows), 1)
    high = HEIGHT - UNDER - ABOVE
    bars = []
    for n, row in enumerate(rows):
        floor = float(HEIGHT - UNDER)
        for of, many in enumerate(row):
            tall = high * many / top
            floor -= tall
            if many:
                bars.append(Bar(*_rounded(LEFT + n * each + each * 0.15, floor, each * 0.7, tall), of))
    lines = tuple((round(HEIGHT - UNDER - high * part / 2, 1), top * part // 2) for part in range(3))
    step = -(-len(rows) // LABELS)
    labels = tuple((round(LEFT + (n + 0.5) * each, 1), n) for n in range(len(rows)) if (len(rows) - 1 - n) % step == 0)
    return Chart(name, tuple(series), tuple(map(tuple, rows)), tuple(bars), lines, labels)


def _round_up(most: int) -> int:
    """The next 2, 4, 10, 20, 40, 100, …: half of it is a whole number as well."""
    top = 2
    while True:
        for times in (1, 2, 5):
            if top * times >= most:
                return top * times
        top *= 10


def _rounded(*numbers: float) -> tuple[float, float, float, float]:
    x, y, width, height = (round(one, 1) for one in numbers)
    return x, y, width, height
