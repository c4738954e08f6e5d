"""Who hears of an alarm: the desk of what is the desk's, supervisors of what is theirs alone, and of that no word."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from authz import Subject
from store import tables
from store.security import alerts
from tests.channels.mailbox import Mailbox
from tests.desk import Desk


def raised(desk: Desk, kind: str) -> None:
    with desk.store.transaction("test") as tx:
        assert alerts.alert(tx, kind, "once", subject=Subject("person:7"), detail="5")
        assert not alerts.alert(tx, kind, "once"), "the same is not raised twice"


@pytest.mark.parametrize("kind", [kind for kind, audience in alerts.KINDS.items() if audience == alerts.SUPERVISORS])
def test_what_is_for_the_leads_says_nowhere_what_it_is(sample_sqlite: str, kind: str) -> None:
    with Mailbox() as mailbox, capture_logs() as log:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        raised(desk, kind)
        desk.work()
        desk.close()
    assert [mail["To"] for mail in mailbox.mails] == [
        "ana@desk.example"
    ]  # the supervisor; Kim, an agent, hears nothing
    assert [line["log_level"] for line in log if line["event"] == "alert_raised"] == ["critical"]
    for words in (mailbox.mails[0].as_string(), str(log)):
        assert kind not in words
        assert "person:7" not in words


def test_what_is_for_the_desk_is_in_the_log(sample_sqlite: str) -> None:
    with Mailbox() as mailbox, capture_logs() as log:
        desk = Desk(sample_sqlite, smtp_url=mailbox.url)
        raised(desk, "probing_number")
        desk.work()
        desk.close()
    assert mailbox.mails == []
    assert [line["kind"] for line in log if line["event"] == "alert_raised"] == ["probing_number"]


def test_b1_a_forged_checkpoint_is_an_alarm_in_the_log_at_once_and_an_alert(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite)
    worker = desk.container.worker
    worker.checkpoint()
    row = {"n": 1_000, "at": desk.now + 10**12, "key": "00000000", "heads": "[]", "mac": bytes(32)}
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.checkpoints).values(row))
        tx.record(Subject("nobody"), None, "call", "fallback")
    with capture_logs() as log:
        worker.checkpoint()
        worker.checkpoint()
        with desk.store.transaction("test") as tx:
            raised_there = tx.connection.execute(select(tables.alerts.c.kind, tables.alerts.c.audience)).all()
        with desk.store.transaction("test") as tx:
            tx.record(Subject("nobody"), None, "call", "fallback")
        desk.now += 61_000
        worker.watch_the_ledger()
    desk.close()
    alarms = [(line["log_level"], line["code"]) for line in log if line["event"] == "ledger_alarm"]
    assert alarms == [("critical", "forged"), ("critical", "overdue")]
    assert [tuple(row) for row in raised_there] == [("ledger", "supervisors")]
    heads = [line for line in log if line["event"] == "ledger_checkpoint"]
    assert heads, "and checkpoints go on"
