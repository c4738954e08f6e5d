"""PINs cost the tests' own process next to nothing to hash. A test about the hash itself asks for `real_hash`."""

from __future__ import annotations

from typing import Final

import pytest

from store.verification import pins

REAL: Final = {"MEMORY_KIB": pins.MEMORY_KIB, "PASSES": pins.PASSES}
pins.MEMORY_KIB, pins.PASSES = 8, 1  # the least there is; the suite hashes some ten thousand times


@pytest.fixture
def real_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is in service: what another process keeps can be compared here. The sample accounts' PINs cannot."""
    for name, cost in REAL.items():
        monkeypatch.setattr(pins, name, cost)
