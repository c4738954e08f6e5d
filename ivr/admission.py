"""Turns that have come and are not begun yet: where those before one have waited for too long, a caller is asked to call again, and hears it at once.

New calls give way first, then turns of calls that go on. What Twilio only tells us is never turned away: nobody would tell it again.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Final

NEW_CALL: Final = 2.0  # seconds that whoever waits longest has waited, and no call is begun
TURN: Final = 6.0  # … and no call goes on; Twilio itself gives up after fifteen


class Waiting:
    """Of one process. `came` and `begun` for each; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock, self._numbers = clock, threading.Lock(), itertools.count()
        self._since: dict[int, float] = {}  # in the order in which they came

    def came(self) -> int:
        with self._lock:
            number = next(self._numbers)
            self._since[number] = self._clock()
        return number

    def begun(self, number: int) -> None:
        """It waits no more. Said again, it changes nothing."""
        with self._lock:
            self._since.pop(number, None)

    def longest(self) -> float:
        """Seconds that the one who waits longest has waited."""
        with self._lock:
            since = next(iter(self._since.values()), None)
        return 0.0 if since is None else self._clock() - since
