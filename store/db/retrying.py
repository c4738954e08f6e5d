"""A piece of work run again where it met another transaction, or where the database went away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from store.db.commit import CollidedError, ConnectionLostError

T = TypeVar("T")
TRIES: Final = 5  # more than two: whoever is ended by PostgreSQL can be ended by the same other one again
# Seconds for the other one to go on: PostgreSQL gives a lock to whoever asks first, and at once both would wait as before.
PAUSE: Final = 0.05


def retried(do: Callable[[], T], *, if_stored: bool = True) -> T:
    """What `do` returns. It is run up to `TRIES` times where it met another transaction (nothing is stored then), and once more where the
    database went away, unless it must not be done twice (`if_stored` is false): what is stored is not known then.

    Raises `ConnectionLostError` where that did not help."""
    lost = False
    for _ in range(TRIES - 1):
        try:
            return do()
        except CollidedError:
            time.sleep(PAUSE)
        except ConnectionLostError:
            if lost or not if_stored:
                raise
            lost = True
    return do()
