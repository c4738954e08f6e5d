"""What a closed desk held is free again: nothing outside it remembers it, so a run of thousands of desks stays small."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

from tests.desk import Desk
from tests.leaks import SEARCH


def closed(desk: Desk) -> list[Callable[[], object]]:
    """References to it and to the parts that hold the rest. The search for leaks lets go of what it keeps of a test."""
    desk.close()
    SEARCH.journals.clear()
    return [weakref.ref(one) for one in (desk, desk.app, desk.store.engine)]


def test_a_desk_that_is_closed_is_forgotten(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite)
    for path in ("/healthz", "/readyz", "/metrics", "/desk/sign-in", "/nowhere", "/simulator"):
        desk.client.get(path)
    held = closed(desk)
    del desk
    gc.collect()
    assert [one() for one in held] == [None] * len(held)
