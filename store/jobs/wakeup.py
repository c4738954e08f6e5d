"""Wakes the worker when a job has been committed, so that it need not look for it."""

from __future__ import annotations

import threading


class Wakeup:
    """Safe for threads. Whoever waits says how often they have been woken, so that nothing is missed."""

    def __init__(self) -> None:
        self._times = 0
        self._changed = threading.Condition()

    def notify(self) -> None:
        with self._changed:
            self._times += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Returns when it was notified more often than `heard`, or after so many seconds: how often it has been."""
        with self._changed:
            self._changed.wait_for(lambda: self._times != heard, seconds)
            return self._times
