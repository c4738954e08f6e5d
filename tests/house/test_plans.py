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
from typing import Any

import pytest
from sqlalchemy import Select, func, or_, select

from authz import Action, Ask, Grant, Proof, Subject, Topic
from store import OPERATOR, WORKER, Transaction, tables
from store.accounts import recipients
from store.ledger import account_records, audit
from store.mail_in import pending_mails
from store.mail_in.mail_places import WAITS
from store.mail_in.pending_mails import Mail
from store.messages import response_clock, retention
from store.messages.timeline import Sent as File
from store.staff import drill_runs, staff_invitations
from store.staff.staff_invitations import Invited, NewColleague
from store.tables import Base
from store.tickets import customer_tickets, ticket_merges
from store.tickets.queue_lists import A_PAGE
from store.verification import step_ups
from tests.allowed_scans import ALLOWED, FEW
from tests.bot.by_hand import event, send
from tests.bot.slack_desk import SlackDesk, stage
from tests.ivr.switchboard import asks, rings
from tests.plans import NOW, POSTGRESQL, ROOT, SQLITE, Filled, Sent, filled, seen_anew
from tests.portal.browsing import Agent, hire
from tests.portal.customers import Customer

TIDE, RAJ, MIA, KIM, ANA, LOU = 3, 7, 8, 1, 2, 3  # an account, two people on it, and the staff
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
    "G6": (
        "service_figures:_jobs",
        "service_figures:_read",
        "service_figures:_up_to_most",
        "service_figures:_without_checkpoint",
    ),
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
    "what a run of everything has found": (
        "account_records:one",
        "account_records:of_account",
        "drill_runs:begin",
        "pending_mails:listed",
        "mail_places:make",
        "response_clock:count_again",
        "retention:_files",
        "retention:_in_ledger",
        "staff_invitations:withdraw",
        "ticket_merges:into_ticket",
        "ticket_search:_beginning",
    ),
    "who may do it": ("colleagues:who_might", "recipients:_about_account"),
}
OF_STAFF = (  # what is looked through where one of the staff is removed
    *("ix_messages_written_by", "ix_alerts_seen_by", "ix_callbacks_staff_id", "ix_support_calls_staff_id"),
    *("ix_dual_control_asked_by", "ix_dual_control_answered_by"),
)
MISSED: dict[tuple[str, ...], str] = {  # indices -> whose statement is found without them, on each database
    **{(name,): "staff_invitations:withdraw" for name in OF_STAFF},
    ("ix_tickets_status", "ix_tickets_due"): "response_clock:count_again",
    ("ix_pending_mails_waiting", "ix_pending_mails_vouched"): "mail_places:_is_full",
    ("ix_jobs_kind_due", "ix_jobs_due", "ix_jobs_ordering_key"): "job_queue:lease",
    ("ix_tickets_due", "ix_tickets_status"): "queue_lists:counts",
    ("ix_support_calls_ended_at",): "live_calls:calls",
    ("ix_alerts_seen_at",): "change_stamp:stamp",
    ("ix_jobs_given_up",): "service_figures:_given_up",
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
    began = desk.last("U0MIA", holding="Ticket #1001")
    desk.be("U0MIA").dm("and so is the shop", thread=began.thread_ts or began.ts)
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
        "/desk/tickets?q=slow+site",
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
    asked_of_the_store(desk)
    kim.get("/desk/tickets")  # a page is full now


def may(tx: Transaction, who: Subject, action: Action, *on: Any) -> Grant:
    account, topic, proof = on or (None, None, Proof.NONE)
    grant = tx.ask(Ask(who, action, account, topic, proof))
    assert isinstance(grant, Grant)
    return grant


def asked_of_the_store(desk: SlackDesk) -> None:
    """What it would take many pages to come by."""
    hire(desk, "admin.lou", "Lou", "administrator")
    mia, raj = Subject.of_person(MIA), Subject.of_person(RAJ)
    kim, ana, lou = map(Subject.of_staff, (KIM, ANA, LOU))
    with desk.store.transaction("shell") as tx:
        assert audit.entries(tx, may(tx, OPERATOR, Action.DESK_LEDGER_READ), limit=50)
        delivers = may(tx, WORKER, Action.DESK_DELIVER)
        assert recipients.addressed(tx, delivers, {"notice": "account_changed", "account": TIDE})
        opens = may(tx, mia, Action.TICKET_OPEN, TIDE, Topic.TECHNICAL, Proof.VERIFIED)
        for _ in range(A_PAGE):
            customer_tickets.open(tx, opens, body="slow", files=(File("F1", "log.txt", 1, b"x"),))
        assert pending_mails.keep(tx, Mail("<1@mail.example>", "mia@mail.example", "", "Help", "It is slow"))
        manages = may(tx, lou, Action.DESK_STAFF_MANAGE)
        nora = NewColleague("agent.nora", "Nora", "nora@desk.example")
        assert staff_invitations.add(tx, manages, nora) is Invited.INVITED
    desk.now += 1
    with desk.store.transaction("shell") as tx:
        retention.remove(tx, may(tx, WORKER, Action.DESK_DELIVER), recordings_days=0, files_days=0)
        response_clock.count_again(tx, may(tx, ana, Action.DESK_THREAT_SWITCH), tx.now)
        step_ups.reached(tx, raj, TIDE, "passkey", "session", ends_at=tx.now + 1)
        reads = may(tx, raj, Action.ACCOUNT_RECORDS, TIDE, None, Proof.STEPPED_UP)
        newest = account_records.of_account(tx, reads, 1)[0]
        assert account_records.one(tx, reads, newest.segment, newest.n)
        assert staff_invitations.withdraw(tx, may(tx, lou, Action.DESK_STAFF_MANAGE), LOU + 1)
        works = may(tx, kim, Action.DESK_TICKET_WORK)
        assert pending_mails.listed(tx, works)
        assert not pending_mails.listed(tx, works, automatic=True)
        assert pending_mails.remove(tx, works, 1)
        its = may(tx, kim, Action.DESK_TICKET_WORK, TIDE, None, Proof.NONE)
        assert not ticket_merges.into_ticket(tx, its, 1001)
        drill_runs.begin(tx, may(tx, kim, Action.DESK_PROOF_ASK), "sim_swap")


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
    assert {name for name, many in counts.items() if many < 1_000} == set(), "benchmarks/filling.py"
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
        kinds = {one.rpartition("(")[2] for one in found}
        # What follows a key that goes is in no plan of PostgreSQL's.
        assert kinds == {"SQLite)", *(("PostgreSQL)",) if indices[0] not in OF_STAFF else ())}, (indices, found)
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
t, m, f, c = (one.c for one in (tables.tickets, tables.messages, tables.attachments, tables.checkpoints))
w, g, d, m_in = (one.c for one in (tables.ticket_words, tables.ticket_merges, tables.drills, tables.pending_mails))
said = tables.messages.alias("said").c
_of_ticket = select(said.id).where(said.ticket == t.number).order_by(said.id.desc()).limit(1)
_last = _of_ticket.correlate(tables.tickets).scalar_subquery()
_merged = select(g.ticket).join(tables.tickets, t.number == g.ticket)
_file = select(f.id).where(f.message == m.id, f.id.in_((1, 2))).exists()
_later = func.coalesce(t.due_at, 0) >= NOW, t.priority > 0
AS_IT_WAS: dict[str, Select[*tuple[Any, ...]]] = {
    "G3": select(tables.ledger).where(e.n > 0, e.segment.in_(select(segment.id))).order_by(e.at.desc()).limit(50),
    "G5": select(r.id).where(or_(r.ended_at.is_(None), r.ended_at > NOW - 1_800_000)).order_by(r.id),
    "G8": select(p.key).where(p.key.like("say:1:%")),
    "retention": select(t.number)
    .join(tables.messages, m.ticket == t.number)
    .where(_file)
    .distinct()
    .order_by(t.number),
    "count_again": select(t.number).where(t.status.in_(("open", "pending")), *_later).order_by(t.number).limit(2_000),
    "into_ticket": _merged.where(g.into == 5, t.status == "closed").order_by(g.at.desc(), g.ticket.desc()).limit(20),
    "mails": select(m_in.id).where(m_in.state == WAITS, m_in.automatic != "").order_by(m_in.id.desc()).limit(50),
    "drills": select(d.id).where(d.staff_id == 1, d.ended_at.is_(None)),
    "a receipt": select(c.n, c.mac).order_by(c.n.desc()).limit(1),
    "_beginning": select(func.min(w.word)).where(w.word >= "slow", w.word < "slox", w.word > "slow"),
    "_last_words": select(t.number, m.at)
    .select_from(tables.tickets)
    .outerjoin(tables.messages, m.id == _last)
    .where(t.number.in_(range(50))),
}


def test_g_the_statements_as_they_were_are_found(large: Filled) -> None:
    """Where there is an index and the words keep SQLite from it."""
    for row, statement in AS_IT_WAS.items():
        assert large.scans([Sent(statement, {}, f"test:{row}", "sqlite", 0)]), row
