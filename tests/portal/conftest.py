"""The desk's page before the real app, its log kept off the screen; most of it on SQLite, where the pages are the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
import structlog.testing

from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.portal.browsing import hire


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What goes into the log, and not onto the screen."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    opened = Desk(sample_url, **ACCOUNT)
    yield opened
    opened.close()


@pytest.fixture
def mailing(sample_url: str, mailbox: Mailbox) -> Iterator[Desk]:
    """With a mail server, and two supervisors."""
    opened = Desk(sample_url, **ACCOUNT, smtp_url=mailbox.url, mail_from="desk@desk.example")
    hire(opened, "lead.bo", "Bo Lind", "administrator")
    yield opened
    opened.close()


@pytest.fixture
def one_desk(one_sample_url: str) -> Iterator[Desk]:
    """For what hardly concerns the database."""
    opened = Desk(one_sample_url, **ACCOUNT)
    yield opened
    opened.close()
