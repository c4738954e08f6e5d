"""Retries: what is done once more when the database went away, or two transactions stood in each other's way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from store.db.transaction import CollidedError, ConnectionLostError

T = TypeVar("T")
TIMES: Final = 4  # more than one: whoever is ended by PostgreSQL can be ended by the same other one again
# Seconds for the other one to go on. PostgreSQL gives a lock to whoever asks first, not to whoever has waited longest: done again
# at once, both would wait for each other as before.
PAUSE: Final = 0.05


def retried(do: Callable[[], T], *, if_stored: bool = True) -> T:
    """What `do` gives, done up to `TIMES` times more where it met another, for nothing of it is stored then; and once more where the
    database went away, unless it must not be done twice (`if_stored` is false): what is stored is not known then.

    Raises `ConnectionLostError` where that did not help."""
    lost = False
    for _ in range(TIMES):
        try:
            return do()
        except CollidedError:
            time.sleep(PAUSE)
        except ConnectionLostError:
            if lost or not if_stored:
                raise
            lost = True
    return do()
