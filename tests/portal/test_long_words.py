"""C6: on the page, too, nothing is cut without a word: what is too long is neither sent nor kept, and that is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from store import tables
from tests.bot.conftest import slack_stage as slack_stage
from tests.bot.slack_desk import SlackDesk, Stage
from tests.portal.browsing import Agent


@pytest.fixture
def desk(sample_sqlite: str, slack_stage: Stage) -> Iterator[SlackDesk]:
    opened = SlackDesk(sample_sqlite, slack_stage)
    opened.link("U0MIA", "mia.chen")
    opened.be("U0MIA").dm("our site is down")
    yield opened
    opened.close()


def test_c6_an_answer_and_a_note_of_too_many_characters(desk: SlackDesk) -> None:
    kim = Agent(desk)
    kim.sign_in()
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    for what in ("answer", "note"):
        kim.get("/desk/tickets/1001")
        kim.send(f"/desk/tickets/1001/{what}", words="é" * 12_001)
        assert "longer than 12,000 characters" in kim.words
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/note", words="é" * 12_000)
    with desk.store.transaction("test") as tx:
        m = tables.messages.c
        kept = tx.connection.execute(select(m.body).where(m.event == "").order_by(m.id)).scalars().all()
    assert kept == ["our site is down", "é" * 12_000]
