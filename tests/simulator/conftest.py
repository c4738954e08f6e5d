"""An exchange connected to the toy desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from simulator import Exchange, posting
from tests.simulator.toy_desk import NUMBER, PUBLIC, SID, TOKEN, ToyDesk


@pytest.fixture
def desk() -> ToyDesk:
    return ToyDesk()


@pytest.fixture
def exchange(desk: ToyDesk) -> Iterator[Exchange]:
    with TestClient(desk.app()) as client:
        yield Exchange(posting(client), SID, TOKEN, PUBLIC, NUMBER, now=lambda: 1_800_000_000.0)
