"""Rung when a job has been committed, so that the worker need not look for it: it hears."""

from __future__ import annotations

import threading


class Bell:
    """Safe for threads. Whoever waits says how often they have heard it, so that no ring is missed."""

    def __init__(self) -> None:
        self._rung = 0
        self._changed = threading.Condition()

    def ring(self) -> None:
        with self._changed:
            self._rung += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Returns when it was rung more often than `heard`, or after so many seconds: how often it has been rung."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung != heard, seconds)
            return self._rung
