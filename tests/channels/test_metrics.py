"""What monitoring sees of what people did: counted once it stands, by words of ours alone; and the figures that stand in the database."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select, update

from authz import Action, Ask, Grant, Proof, Reason, Subject
from deskgate import metrics
from deskgate.job_threads import company
from deskgate.serve import log_as_lines
from store import tables
from store.jobs import job_queue
from store.operator.restore import remember
from store.security import threat_mode
from tests.desk import Desk
from tests.house.test_log_events import described
from tests.house.test_names import ROOT
from tests.ivr.conftest import ACCOUNT
from tests.ivr.test_locked_out import lock
from tests.ivr.wire import change

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
LEO, MIA = ((ROOT / "tests" / "ivr" / "calls" / name).read_text("utf-8") for name in ("leo.txt", "mia.txt"))
Figures = dict[str, float]


def scraped(desk: Desk) -> Figures:
    """Each sample by its name and labels, as Prometheus writes them: `deskgate_calls{state="waiting"}`."""
    answer = desk.client.get("/metrics")
    assert answer.status_code == 200
    found = Figures()
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def grown(before: Figures, after: Figures) -> Figures:
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


@pytest.fixture
def seen(sample_sqlite: str) -> Desk:
    return Desk(sample_sqlite)  # with the simulator, where this machine itself may read them


def test_what_was_refused_is_counted_by_its_reason_and_no_more_of_it(seen: Desk) -> None:
    before = scraped(seen)
    seen.ring(LEO)
    more = grown(before, scraped(seen))
    said = {name: n for name, n in more.items() if name.startswith("deskgate_decisions")}
    assert said['deskgate_decisions_total{channel="phone",reason="no_support"}'] >= 1
    assert all(re.search(r'channel="[a-z]+",reason="([a-z_]+)"', name) for name in said)
    assert {re.findall(r'reason="([a-z_]+)"', name)[0] for name in said} <= set(Reason)
    assert not [name for name in more if re.search(r"\d{4}|leo|tideworks", name)], "somebody is named"
    seen.close()


def test_a_ticket_is_counted_once_it_stands(seen: Desk) -> None:
    before = scraped(seen)
    seen.ring(MIA)
    with seen.store.transaction("test") as tx:
        stand = tx.connection.execute(select(func.count()).select_from(tables.tickets)).scalar_one()
    opened = grown(before, scraped(seen))['deskgate_tickets_opened_total{channel="phone"}']
    assert opened == stand > 0

    before = scraped(seen)
    with suppress(ZeroDivisionError), seen.store.transaction("test") as tx:
        tx.tickets_opened += 1
        tx.ask(Ask(Subject("person:1"), Action.PORTAL_LOGIN, 1, None, Proof.NONE))
        raise ZeroDivisionError
    assert not [name for name in grown(before, scraped(seen)) if 'channel="test"' in name], "it was rolled back"
    seen.close()


def test_how_the_desk_stands(seen: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scraped(seen)
    assert before["deskgate_database_up"] == 1
    assert before["deskgate_database_bytes"] > 100_000
    lock(seen)
    with seen.store.transaction("test") as tx:
        grant = tx.ask(Ask(Subject("desk:operator"), Action.DESK_THREAT_SWITCH, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        threat_mode.switch(tx, grant, True)
    seen.pass_time(30)
    more = grown(before, scraped(seen))
    assert more["deskgate_pins_locked"] == 1
    assert more["deskgate_threat_mode"] == 1
    assert more["deskgate_ledger_unsealed_seconds"] == 30
    assert more['deskgate_company_jobs{company="none",state="pending"}'] == 1, "the warning, which the worker brings"
    seen.container.worker.checkpoint()
    assert scraped(seen)["deskgate_ledger_unsealed_seconds"] == 0
    seen.close()


def test_a_company_that_is_away_is_seen_by_what_waits_for_it(seen: Desk) -> None:
    with seen.store.transaction("test") as tx:
        job_queue.enqueue(tx, "slack.reply", "one", {})
        job_queue.enqueue(tx, "ring_agent", "two", {})
    seen.pass_time(400)
    failed = update(tables.jobs).where(tables.jobs.c.kind == "slack.reply")
    change(seen, failed.values(error="timed out"))
    found = scraped(seen)
    assert found['deskgate_company_jobs{company="slack",state="failing"}'] == 1
    assert found['deskgate_company_jobs{company="twilio",state="failing"}'] == 0
    assert found['deskgate_company_jobs{company="twilio",state="pending"}'] == 1
    assert found['deskgate_company_oldest_failing_seconds{company="slack"}'] == 400
    assert found['deskgate_company_oldest_failing_seconds{company="twilio"}'] == 0
    assert found["deskgate_jobs_failing"] == 1
    assert {company(kind) for kind in seen.container.deliveries} <= set(metrics.COMPANIES)
    seen.close()


def test_a_restore_is_seen_until_somebody_has_looked_into_it(seen: Desk) -> None:
    name = 'deskgate_not_looked_into{alert="restored"}'
    assert scraped(seen)[name] == 0
    seen.container.worker.checkpoint()
    remember(seen.store)
    change(seen, tables.checkpoints.delete())
    seen.container.worker.look_back()
    assert scraped(seen)[name] == 1
    change(seen, update(tables.alerts).values(seen_at=seen.now))
    assert scraped(seen)[name] == 0
    seen.close()


def test_a_database_that_is_away_hides_none_of_the_rest(tmp_path: Path, seen: Desk) -> None:
    seen.client.get("/healthz")
    seen.store.engine.dispose()
    there, away = tmp_path / "sample.db", tmp_path / "away.db"
    there.rename(away)
    there.mkdir()
    found = scraped(seen)
    there.rmdir()
    away.rename(there)
    assert found["deskgate_database_up"] == 0
    assert found['deskgate_request_seconds_count{route="/healthz",status="200"}'] >= 1
    assert "deskgate_jobs_pending" not in found, "0 would be a lie"
    assert scraped(seen)["deskgate_database_up"] == 1
    seen.close()


def test_a_line_of_the_log_is_counted_by_its_code_and_what_is_for_supervisors_says_no_more(seen: Desk) -> None:
    before = scraped(seen)
    log_as_lines(production=True)
    log = structlog.get_logger("test")
    log.critical("alert_raised", alert=7, audience="supervisors")
    log.warning("alert_raised", alert=8, kind="probing_pin", account_id=4711, detail="+441632960108")
    for _ in range(3):
        log.warning("request_refused", route="/ivr", why="not signed by Twilio")
    assert {
        name: n for name, n in grown(before, scraped(seen)).items() if "seconds" not in name and "process" not in name
    } == {
        'deskgate_alerts_total{alert="supervisors"}': 1,
        'deskgate_alerts_total{alert="probing_pin"}': 1,
        'deskgate_log_events_total{event="alert_raised",level="critical"}': 1,
        'deskgate_log_events_total{event="alert_raised",level="warning"}': 1,
        'deskgate_log_events_total{event="request_refused",level="warning"}': 3,  # though two of them were not said
    }
    assert 'alert="duress"' not in seen.client.get("/metrics").text
    seen.close()


def test_what_alarms_are_set_on_is_a_code_of_that_level() -> None:
    codes = {event: levels for event, (levels, _) in described().items()}
    assert {event for event, level in metrics.WATCHED.items() if level not in codes.get(event, ())} == set()


def test_every_metric_is_described_and_no_other(seen: Desk) -> None:
    seen.ring(MIA)
    there = {re.sub(r"_(bucket|sum|count)$", "", name.partition("{")[0]) for name in scraped(seen)}
    rows = [line for line in PAGE.splitlines() if line.startswith("| `deskgate_")]
    said = {name for row in rows for name in re.findall(r"`(deskgate_\w+)`", row.split(" | ")[0])}
    assert {name for name in there if name.startswith("deskgate_")} == said
    seen.close()


def test_a_stranger_is_told_nothing(sample_sqlite: str) -> None:
    desk = Desk(
        sample_sqlite, **ACCOUNT, deskgate_env="production", metrics_token="m" * 32, public_url="https://desk.example"
    )
    assert desk.client.get("/metrics").status_code == 404
    assert desk.client.get("/metrics", headers={"Authorization": f"Bearer {'m' * 32}"}).status_code == 200
    desk.close()
