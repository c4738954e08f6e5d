"""G1 to G8: no statement of the running service reads a table that grows from end to end, on either database.

tests/plans.py asks this of whatever a run of everything has sent. Here a desk is walked through by its doors and its worker,
so that what the rows name has been sent whatever else runs; and each plan is shown to be found without its index.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Select, or_, select

from authz import Action, Ask, Grant, Proof
from store import OPERATOR, WORKER, tables
from store.accounts import recipients
from store.ledger import audit
from store.tables import Base
from tests.bot.by_hand import event, send
from tests.bot.slack_desk import SlackDesk, stage
from tests.ivr.switchboard import asks, rings
from tests.plans import ALLOWED, FEW, NOW, POSTGRESQL, ROOT, SQLITE, Filled, Sent, filled, seen_anew
from tests.portal.browsing import Agent
from tests.portal.customers import Customer

ROWS = {  # row -> what it names
    "G1": ("checkpoints:open_heads",),
    "G2": ("job_queue:lease",),
    "G3": ("audit:entries",),
    "G4": (
        "queue_lists:listed",
        "queue_lists:counts",
        "queue_lists:_last_words",
        "ticket_search:_by_case",
        "ticket_search:_by_words",
        "ticket_queue:quarantined",
        "live_calls:calls",
        "live_calls:just_over",
        "support_calls:queue",
        "alerts:waiting",
    ),
    "G5": ("change_stamp:stamp",),
    "G6": ("job_queue:backlog",),
    "G7": (
        "call_state:sweep",
        "support_calls:sweep",
        "job_queue:sweep",
        "callbacks:sweep",
        "attempt_limits:sweep",
        "dual_control:sweep",
        "drill_runs:sweep",
    ),
    "G8": ("ticket_threads:versions", "ticket_threads:channel_moved"),
    "who may do it": ("colleagues:who_might", "recipients:_about_account"),
}
MISSED = {  # indices -> whose statement is found without them, on each database
    ("ix_jobs_kind_due", "ix_jobs_due", "ix_jobs_ordering_key"): "job_queue:lease",
    ("ix_tickets_due", "ix_tickets_status"): "queue_lists:counts",
    ("ix_support_calls_ended_at",): "live_calls:calls",
    ("ix_alerts_seen_at",): "change_stamp:stamp",
    ("ix_jobs_given_up",): "job_queue:backlog",
    ("ix_jobs_done",): "job_queue:sweep",
    ("ix_calls_response",): "call_state:sweep",
    ("ix_callbacks_ended_at",): "callbacks:sweep",
    ("ix_posts_channel",): "ticket_threads:channel_moved",
}


@pytest.fixture(scope="module")
def large() -> Filled:
    return filled()


@pytest.fixture(scope="module")
def walked(_sample_template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Sent]:
    """What the walk has sent: everything in ROWS is among it."""
    path = shutil.copyfile(_sample_template, tmp_path_factory.mktemp("walked") / "sample.db")
    with stage() as on, seen_anew() as sent:
        desk = SlackDesk(f"sqlite:///{path}", on)
        walk(desk)
        desk.close()
    return list(sent.values())


def walk(desk: SlackDesk) -> None:
    """Slack, a call, the desk's pages, the worker with all that it sweeps, the operator's look."""
    desk.link("U0MIA", "mia.chen")
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.be("U0MIA").dm("Who decides on contacts?")
    desk.work()
    moved = desk.last("U0MIA", holding="Ticket #1001").channel
    send(desk, event(desk, type="channel_id_changed", old_channel_id=moved, new_channel_id="C0NEW"))
    caller = asks(desk)
    kim, ana = Agent(desk), Agent(desk, "lead.ana")
    for one in (kim, ana):
        one.sign_in()
    for page in (
        "/desk",
        "/desk/tickets",
        "/desk/tickets?status=closed",
        "/desk/tickets?whose=mine",
        "/desk/tickets?whose=mine&status=closed",
        "/desk/tickets?sort=waiting",
        "/desk/tickets?late=1&after=1.5.6",
        "/desk/tickets?sort=waiting&kind=question&after=5.6",
        "/desk/tickets?status=waiting&after=6",
        "/desk/tickets?q=our+site",
    ):
        kim.get(page)
    mia = Customer(desk)
    mia.sign_in()
    mia.get("/")
    rings(desk)[0].answer()
    caller.hang_up()
    desk.work()
    ana.get("/desk/supervisors")
    assert desk.client.get("/metrics").status_code == 200
    desk.container.worker.checkpoint()
    desk.pass_time(60)
    desk.container.worker.checkpoint()
    desk.container.worker.sweep()
    desk.work()
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_LEDGER_READ, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert audit.entries(tx, grant, limit=50)
        delivers = tx.ask(Ask(WORKER, Action.DESK_DELIVER, None, None, Proof.NONE))
        assert isinstance(delivers, Grant)
        assert recipients.addressed(tx, delivers, {"notice": "account_changed", "account": 3})


def test_g_what_is_allowed_is_still_there() -> None:
    """A file that has got another name would take its reason with it, and `make test-all` alone would say so."""
    of_files = (
        group or name for pattern in ALLOWED for group, name in re.findall(r"(?:\(([a-z_|]+)\)|([a-z_]+)):", pattern)
    )
    named = {name for names in of_files for name in names.split("|")}
    files = {path.stem for path in (ROOT / "store").rglob("*.py")}
    assert len(named) > 15
    assert named - files == set()


def test_g_every_table_has_much_in_it_or_is_said_not_to_grow(large: Filled) -> None:
    counts = {name: large.count(name) for name in Base.metadata.tables if name not in FEW}
    assert {name for name, many in counts.items() if many < 1_000} == {"ledger_segments"}, "benchmarks/filling.py"
    assert set(Base.metadata.tables) >= FEW


def test_g_what_the_service_sends_reads_nothing_from_end_to_end(walked: list[Sent], large: Filled) -> None:
    seen = {one.where for one in walked}
    missing = {row: set(named) - seen for row, named in ROWS.items() if set(named) - seen}
    assert missing == {}, "the walk has not come by there"
    assert len(walked) > 150
    assert large.scans(walked) == []


def test_g_a_plan_without_its_index_is_found(walked: list[Sent], large: Filled) -> None:
    def sent_by(*where: str) -> list[Sent]:
        return [one for one in walked if one.where in where]

    for indices, where in MISSED.items():
        with large.without("sqlite", indices), large.without("postgresql", indices):
            found = large.scans(sent_by(where), analysed=False)
        assert {one.rpartition("(")[2] for one in found} == {"SQLite)", "PostgreSQL)"}, (indices, found)
    assert large.scans(sent_by(*MISSED.values())) == [], "they are back"


def test_who_may_do_something_is_looked_up_by_the_right(walked: list[Sent], large: Filled) -> None:
    """On an account with so many contacts that it matters."""
    by_right = [one for one in walked if one.where in ROWS["who may do it"]]
    assert by_right
    with crowded(large, 3):
        used = {(one.where, dialect): names for one in by_right for dialect, names in goes_by(large, one).items()}
    assert all("ix_contact_rights_right" in names for names in used.values()), used


def test_g_whether_a_job_is_in_another_s_way_is_looked_up_by_its_key(walked: list[Sent], large: Filled) -> None:
    """By the figures of a time when little was pending: PostgreSQL has no others when a company has been away for an hour."""
    leases = [goes_by(large, one) for one in walked if one.where == "job_queue:lease"]
    assert leases
    assert all("ix_jobs_ordering_key" in names for used in leases for names in used.values()), leases


def goes_by(large: Filled, one: Sent) -> dict[str, set[str]]:
    """The indices by which each database looks up what a statement asks for."""
    explained = {
        "sqlite": large.explained(SQLITE, "EXPLAIN QUERY PLAN", one),
        "postgresql": large.explained(POSTGRESQL, "EXPLAIN (FORMAT JSON)", one),
    }
    known = {str(index.name) for table in Base.metadata.tables.values() for index in table.indexes}
    plans = {dialect: str([tuple(row) for row in rows]) for dialect, rows in explained.items()}
    return {dialect: {name for name in known if name in plan} for dialect, plan in plans.items()}


@contextmanager
def crowded(large: Filled, account: int) -> Iterator[None]:
    """Everybody is a contact of this account, with a word that allows nothing."""
    theirs = f"FROM contacts WHERE account_id = {account} AND person_id"
    rights = f"(SELECT person_id FROM contact_rights WHERE account_id = {account}"
    comes = (
        f"INSERT INTO contacts SELECT {account}, id FROM people WHERE id NOT IN (SELECT person_id {theirs} > 0)",
        f"INSERT INTO contact_rights SELECT {account}, person_id, 'crowd' {theirs} NOT IN {rights})",
    )
    goes = (f"DELETE {theirs} IN {rights} AND \"right\" = 'crowd')",)
    for statements in (comes, goes):
        for dialect, words in itertools.product(large.engines, statements):
            large.run(dialect, words)
        large.run("postgresql", "ANALYZE contact_rights")
        if statements is comes:
            yield


r, p, e, segment = tables.support_calls.c, tables.posts.c, tables.ledger.c, tables.segments.c
_newest = select(tables.ledger.alias("newest").c.n).where(tables.ledger.alias("newest").c.segment == segment.id)
AS_IT_WAS: dict[str, Select[*tuple[object, ...]]] = {
    "G3": select(tables.ledger).where(e.n > 0, e.segment.in_(select(segment.id))).order_by(e.at.desc()).limit(50),
    "G5": select(r.id).where(or_(r.ended_at.is_(None), r.ended_at > NOW - 1_800_000)).order_by(r.id),
    "G8": select(p.key).where(p.key.like("say:1:%")),
}


def test_g_the_statements_as_they_were_are_found(large: Filled) -> None:
    """Where there is an index and the words keep SQLite from it."""
    for row, statement in AS_IT_WAS.items():
        assert large.scans([Sent(statement, {}, f"test:{row}", "sqlite", 0)]), row
