"""The real app for programs that ask, on SQLite alone and on both databases; its log kept off the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
import structlog.testing

from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def one_desk(sample_sqlite: str) -> Iterator[Desk]:
    """For what does not concern the database."""
    opened = Desk(sample_sqlite, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def mailing(sample_sqlite: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **ACCOUNT, smtp_url=mailbox.url, mail_from="desk@desk.example")
    yield opened
    opened.close()
