"""What came with messages is removed when its time is over, here, at Twilio and in Slack, and its ticket says since when."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import tables
from store.messages import retention
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.test_spoken import FIRST, speaking
from tests.ivr.wire import Caller, Wire, change, rows
from tests.portal.test_files import known, opened
from tests.portal.test_login_details import kim
from tests.portal.test_media import MIA, PNG

DAY = 24 * 3600  # seconds


def cleaned(desk: SlackDesk, days: int) -> None:
    desk.pass_time(days * DAY)
    desk.container.worker.sweep()
    desk.work()


def here(desk: SlackDesk) -> tuple[int, int]:
    """How many recordings and files are kept."""
    r, f = tables.recordings.c, tables.attachments.c
    return tuple(len(rows(desk, select(one).where(one.is_not(None)))) for one in (r.sealed, f.sealed))  # type: ignore[return-value]


def test_each_is_removed_when_its_time_is_over_and_the_ticket_says_when(slack: SlackDesk) -> None:
    spoken = Caller(Wire(slack))
    speaking(spoken).say(FIRST)
    spoken.hang_up()
    page = opened(slack, known(slack, MIA), ("up.png", PNG))
    slack.link("U0MIA", "mia.chen")
    slack.be("U0MIA").dm("our site is down", files=[("log.txt", b"one line")])
    slack.work()
    posted = [file.name for file in slack.workspace.files.values() if file.user == slack.workspace.app.user]
    assert sorted(posted) == ["log.txt", "up.png", "up.png"], "to the desk, and what came by a page to her"
    assert here(slack) == (1, 2)
    cleaned(slack, 89)
    assert here(slack) == (1, 2)
    assert FIRST not in slack.exchange.lost
    cleaned(slack, 2)
    assert here(slack) == (0, 2)
    assert FIRST in slack.exchange.lost
    assert "the recording is kept no longer" in slack.said("U0KIM", AGENTS), "nothing else has happened there"
    agent = kim(slack)
    ((number,),) = rows(slack, select(tables.messages.c.ticket).where(tables.messages.c.recording == FIRST))
    agent.get(f"/desk/tickets/{number}")
    assert "the recording is kept no longer. Removed 21 Feb 2027" in agent.words
    assert "<audio" not in agent.text
    cleaned(slack, 275)
    assert here(slack) == (0, 0)
    left = [file.name for file in slack.workspace.files.values()]
    assert left == ["log.txt"], "what mia put there herself is hers"
    for said in (slack.said("U0KIM", AGENTS), slack.said("U0MIA")):
        assert "File that is kept no longer: up.png" in said
    assert "File that is kept no longer: log.txt" in slack.said("U0KIM", AGENTS)
    agent = kim(slack)
    agent.get(f"/desk{page}")
    assert "File: up.png (removed 23 Nov 2027" in agent.words
    assert agent.get(f"/desk{page}/files/1").status_code == 404
    mia = known(slack, MIA)
    mia.get(page)
    assert "File that is kept no longer: up.png" in mia.words
    e = tables.ledger.c
    entries = rows(slack, select(e.account, e.fields).where(e.action == "retention").order_by(e.at, e.fields))
    assert [(row.account, row.fields.split()[-1]) for row in entries] == [
        (3, "ticket.recording"),
        (3, "ticket.file"),
        (3, "ticket.file"),
    ]
    cleaned(slack, 1)
    assert len(rows(slack, select(e.n).where(e.action == "retention"))) == 3, "once"


@pytest.mark.parametrize("state", ["waiting", "nothing"])
def test_what_never_came_is_removed_at_twilio_too_and_does_not_come_back(slack_once: SlackDesk, state: str) -> None:
    speaking(Caller(Wire(slack_once))).say(FIRST)
    change(slack_once, update(tables.recordings).values(state=state, sealed=None))
    if state == "waiting":
        slack_once.exchange.lost.add(FIRST)  # Twilio has none
    cleaned(slack_once, 91)
    assert FIRST in slack_once.exchange.lost
    r, w = tables.recordings.c, tables.jobs.c
    assert [
        row[0] for row in rows(slack_once, select(w.done_at.is_not(None)).where(w.kind == retention.AT_TWILIO))
    ] == [1]
    assert rows(slack_once, select(r.state, r.sealed)) == [("nothing" if state == "nothing" else "removed", None)]


def test_one_file_too_many_waits_for_the_next_minute(slack_once: SlackDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    opened(slack_once, known(slack_once, MIA), ("a.txt", b"a"), ("b.txt", b"b"))
    cleaned(slack_once, 366)
    assert here(slack_once) == (0, 1)
    cleaned(slack_once, 0)
    assert here(slack_once) == (0, 0)
