"""What was acknowledged is looked for after a loss, what is lost is seen, and what so many accounts cost is computed from measured figures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from sqlalchemy import create_engine, delete, update

from reliability import acknowledged, capacity
from reliability.capacity import Assumed, Cost, Measured, carried
from reliability.cluster import SCENARIOS
from reliability.journal import Journal
from reliability.light_load import callers, outage
from store import tables
from tests.desk import Desk
from tests.house.test_names import ROOT
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire
from tests.sizes import is_everything

PATRONI: Final = ROOT / "deploy" / "patroni"


def ran(module: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


# --- the checker


@pytest.fixture
def past(sample_sqlite: str, tmp_path: Path) -> tuple[str, Path]:
    """A call that was acknowledged: a wrong PIN, a right one, and services told; its database and journal."""
    desk = Desk(sample_sqlite, **ACCOUNT)
    path, caller = tmp_path / "journal.jsonl", Caller(Wire(desk), "+441632960101")
    with desk.store.engine.begin() as connection:
        people = tables.people
        connection.execute(update(people).where(people.c.username == "olivia.hart").values(username="caller.1"))
    written = Journal(path)

    def turn(what: str, keys: str | None) -> None:
        said = caller.dial() if keys is None else caller.key(keys)
        facts = {"done": True, "told": ["services"] if what == "services" else [], "person": 1}
        written.write("twilio", "asked", what, caller.sid, said.status, **facts)

    for what, keys in (
        ("began", None),
        ("id", ""),
        ("wrong_pin", "20000001"),
        ("right_pin", "73059184"),
        ("services", "4"),
    ):
        turn(what, keys)
    desk.close()
    return sample_sqlite, path


def test_a_past_that_is_whole_is_whole(past: tuple[str, Path]) -> None:
    found = acknowledged.check(*past)
    assert (found.attempts, found.told, found.losses, found.doubled) == (1, 1, 0, [])


@pytest.mark.parametrize(
    ("taken", "lost"),
    [
        (delete(tables.ledger).where(tables.ledger.c.action == "pin.attempt"), {"attempt"}),
        (delete(tables.ledger).where(tables.ledger.c.action == "service.view"), {"disclosure"}),
        (update(tables.pin_guards).values(lifetime=0), {"attempt"}),
    ],
    ids=["an entry of an attempt", "an entry of what was told", "the count of a wrong PIN"],
)
def test_what_was_acknowledged_and_is_gone_is_seen(past: tuple[str, Path], taken: Any, lost: set[str]) -> None:
    engine = create_engine(past[0])
    with engine.begin() as connection:
        assert connection.execute(taken).rowcount
    engine.dispose()
    found = acknowledged.check(*past)
    assert {what for what, names in found.lost.items() if names} == lost
    assert not found.whole


def test_a_ticket_that_is_gone_or_there_twice_is_seen(past: tuple[str, Path]) -> None:
    Journal(past[1]).write("slack", "asked", "ticket", "our site is down, case 1-1", 200)
    Journal(past[1]).write("slack", "asked", "ticket", "our site is down, case 1-2", 503)
    assert acknowledged.check(*past).lost["ticket"] == ["our site is down, case 1-1"]


def test_an_outage_is_the_longest_time_with_nothing_acknowledged() -> None:
    assert outage([1, 2, 9, 10], 0, 11) == 7
    assert outage([], 0, 5) == 5
    assert outage([20], 0, 10) == 10


def test_callers_have_support_ids_that_count() -> None:
    ids = [one.support_id for one in callers(3)]
    assert len(set(ids)) == 3
    assert {len(id) for id in ids} == {8}


# --- the drill


@pytest.mark.begins_first
def test_nothing_acknowledged_is_lost_when_postgresql_is_killed_and_the_control_is_found_out() -> None:
    """Tiny: one kill of each."""
    done = ran("reliability.restarts", "--seconds", "0.3", "--kills", "1", "--callers", "2", "--calls", "3")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("as wanted") == 2


def test_what_the_drill_starts_is_what_an_operator_is_shown() -> None:
    patroni = yaml.safe_load((PATRONI / "patroni.yml").read_text("utf-8"))
    dcs = patroni["bootstrap"]["dcs"]
    assert dcs["synchronous_mode"] is True
    assert dcs["ttl"] >= dcs["loop_wait"] + 2 * dcs["retry_timeout"], "Patroni asks for that"
    assert [name for name, one in SCENARIOS.items() if not one.synchronous] == ["control"]


def test_haproxy_takes_its_file(cluster_machines: str) -> None:
    where = {"DESKGATE_LISTEN": "127.0.0.1:9390", "DESKGATE_WEB1": "127.0.0.1:9391", "DESKGATE_WEB2": "127.0.0.1:9392"}
    checked = ["haproxy", "-c", "-f", str(PATRONI / "haproxy.cfg")]
    done = subprocess.run(checked, env={"PATH": cluster_machines} | where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.long_story
def test_nothing_acknowledged_is_lost_with_a_machine(cluster_machines: str) -> None:
    """All of `make cluster`: some ten minutes."""
    done = ran("reliability.cluster", PATH=cluster_machines)
    assert done.returncode == 0, done.stdout


# --- on paper


def test_what_accounts_cost_is_arithmetic() -> None:
    one = Cost(web=10, database=20, bytes=1_000, ledger=400, entries=2)
    of = Measured(one, one, verified=1_000)
    alone = Assumed(tickets=1, calls=0, answers=0, busiest=22 * 3600 / 1e6, peak=1, voice=0, attached=0)
    found = carried(1_000_000, of, alone)
    assert (found.tickets, found.calls, found.entries) == (1_000_000, 0, 2_000_000)
    assert (found.a_second, found.web, found.database) == pytest.approx((1, 0.01, 0.02))
    assert (found.tables, found.ledger, found.sounds) == pytest.approx((7.2, 4.8, 0))
    assert found.verify == pytest.approx(24e6 / 1_000 / 3600)
    assert carried(10, of).database * 1_000 == pytest.approx(carried(10_000, of).database), "so it is linear"


def test_what_a_ticket_and_a_call_cost_is_measured() -> None:
    """Tiny, and with --everything alone: of so few no figure is worth anything."""
    if not is_everything():
        assert "assumed" in capacity.printed(Measured(Cost(1, 1, 1, 1, 1), Cost(1, 1, 1, 1, 1), 1))
        return
    done = ran("reliability.capacity", "--tickets", "4", "--calls", "2", "--callers", "2")
    assert done.returncode == 0, done.stdout
    assert "1,000,000" in done.stdout
