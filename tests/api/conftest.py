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
def one_desk(one_sample_url: str) -> Iterator[Desk]:
    """For what hardly concerns the database."""
    opened = Desk(one_sample_url, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def mailing(one_sample_url: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(one_sample_url, **ACCOUNT, smtp_url=mailbox.url, mail_from="desk@desk.example")
    yield opened
    opened.close()
