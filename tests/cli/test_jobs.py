"""`deskgate jobs`: what waits, fails or was given up, tried again and dropped, in the ledger, and nobody's address shown. D5"""

from __future__ import annotations

import json
import time

import pytest
from sqlalchemy import insert, select

from store import tables
from store.jobs import job_queue
from tests.cli.conftest import Shell
from tests.desk import NOON

ADDRESS, WORDS = "leo@tideworks.example", "my password is hunter22"


def job(shell: Shell, id: int, kind: str, **values: object) -> None:
    row = {"id": id, "kind": kind, "key": f"{kind}:{id}", "run_at": NOON, "attempts": 2, "created_at": NOON}
    row |= {"payload": "{}", "given_up": False, **values}
    shell.change(insert(tables.jobs).values(**row))


@pytest.fixture
def filled(shell: Shell) -> Shell:
    mail = {"kind": "pin_set", "to": ADDRESS, "name": "Leo Fox", "about": "Leo Fox", "own": True}
    job(shell, 1001, "mail", error="refused (550)", given_up=True, done_at=NOON, payload=json.dumps(mail))
    job(shell, 1002, "slack.reply", error="Slack answered 503", payload=json.dumps({"words": WORDS, "ticket": 7}))
    job(shell, 1003, "notice", attempts=0, ordering_key="l", payload=json.dumps({"notice": "pin_set", "person": 3}))
    job(shell, 1004, "ticket_update", done_at=NOON)
    return shell


def ledgered(shell: Shell) -> list[tuple[str, str]]:
    entries = shell.run("audit", "--json").json
    return [(entry["action"], " ".join(entry["fields"])) for entry in entries if entry["action"].startswith("job.")]


def test_d5_jobs_are_listed_and_shown_without_anybodys_words(filled: Shell) -> None:
    said = filled.run("jobs")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "1001  mail  given up 2026-11-22 12:00  refused (550)",
        "1002  slack.reply  failing, next try 2026-11-22 12:00  Slack answered 503",
        "1003  notice  waiting, next try 2026-11-22 12:00",
    ]
    assert filled.run("jobs", "list").out == said.out
    every = filled.run("jobs", "--json").json
    assert [(one["id"], one["state"]) for one in every] == [(1001, "given-up"), (1002, "failing"), (1003, "waiting")]
    for chosen, ids in (
        (("--state", "failing"), [1002]),
        (("--state", "waiting"), [1003]),
        (("--state", "given-up"), [1001]),
        (("--kind", "notice"), [1003]),
        (("--kind", "notice", "--state", "given-up"), []),
    ):
        assert [one["id"] for one in filled.run("jobs", "list", *chosen, "--json").json] == ids
    assert "and 2 more" in filled.run("jobs", "--limit", "1").out
    shown = [filled.run("jobs", "show", str(id)).out for id in (1001, 1002, 1003)]
    assert "nothing that may be shown; 5 values are not shown" in shown[0]
    assert "ticket 7; 1 values are not shown" in shown[1]
    assert "notice pin_set, person 3" in shown[2]
    for text in (said.out, json.dumps(every), *shown):
        assert not any(secret in text for secret in (ADDRESS, "Leo", WORDS))


def test_d5_a_job_is_tried_again_or_dropped_and_that_is_in_the_ledger(filled: Shell) -> None:
    assert filled.run("jobs", "retry", "1001", "1002").out == "2 jobs are tried again now, if the service is running.\n"
    w = tables.jobs.c
    again = filled.rows(select(w.done_at, w.given_up, w.attempts, w.run_at > NOON).where(w.id.in_((1001, 1002))))
    assert [(*row[:3], bool(row[3])) for row in again] == [(None, False, 2, True)] * 2
    assert [at for (at,) in filled.rows(select(w.run_at - w.retried_at).where(w.retried_at.is_not(None)))] == [0, 0]
    assert filled.run("jobs", "drop", "1001").out == "Job 1001 (mail) is dropped.\n"
    (dropped,) = filled.rows(select(w.done_at, w.given_up, w.payload).where(w.id == 1001))
    assert (dropped[0] is not None, *dropped[1:]) == (True, False, "{}")
    assert ledgered(filled) == [
        ("job.retry", "job:1001 kind:mail"),
        ("job.retry", "job:1002 kind:slack.reply"),
        ("job.drop", "job:1001 kind:mail"),
    ]


def test_b6_a_recording_whose_job_is_dropped_is_gone_and_not_on_its_way(light: Shell) -> None:
    light.change(insert(tables.recordings).values(sid="RE1", state="waiting", seconds=9, recorded_at=NOON))
    job(light, 1001, "fetch_recording", payload=json.dumps({"sid": "RE1"}))
    assert light.run("jobs", "drop", "1001").code == 0
    assert light.rows(select(tables.recordings.c.state)) == [("gone",)]


def test_d1_a_file_whose_job_is_dropped_could_not_be_had(light: Shell) -> None:
    """Or its ticket would say for ever that it has one."""
    about = {"topic": "technical", "kind": "problem", "title": "x", "status": "open", "channel": "slack"}
    light.change(
        insert(tables.tickets).values(
            number=1001, opened_at=NOON, title_is_first_line=False, proof="", factor="", **about
        )
    )
    m = {"author": "person:1", "body": "x", "event": "", "internal": False, "earlier": "[]", "edited": ""}
    light.change(insert(tables.messages).values(id=1, ticket=1001, at=NOON, **m))
    f = {"message": 1, "slack_id": "F1", "name": "log.txt", "content_type": "", "size": 9, "came_at": NOON}
    light.change(insert(tables.attachments).values(**f))
    job(light, 1001, "slack.fetch_file", payload=json.dumps({"message": 1, "file": "F1"}))
    assert light.run("jobs", "drop", "1001").code == 0
    assert light.rows(select(tables.attachments.c.trouble)) == [("dropped by the operator",)]


def test_d2_a_callback_whose_job_is_dropped_is_owed_no_more(light: Shell) -> None:
    """The desk's page counts it no longer, and whoever asked for it hears so."""
    light.change(insert(tables.people).values(id=901, username="x", name="X", email="", support_id="10000990"))
    about = {"person_id": 901, "number": "+441632960101", "purpose": "talk", "made_at": NOON}
    for id, state in ((1, "owed"), (2, "ringing")):
        light.change(insert(tables.callbacks).values(id=id, state=state, **about))
        job(light, 1000 + id, "callback", payload=json.dumps({"callback": id}))
    for dropped in ("1001", "1002"):
        assert light.run("jobs", "drop", dropped).code == 0
    c, w = tables.callbacks.c, tables.jobs.c
    assert light.rows(select(c.state).order_by(c.id)) == [("given_up",), ("ringing",)]
    assert light.rows(select(w.key).where(w.kind == "slack.callback_failed")) == [("1",)]


def test_d5_all_that_were_given_up_are_tried_again_at_once(light: Shell) -> None:
    assert light.run("jobs").out == "No jobs: nothing waits, nothing was given up.\n"
    assert light.run("jobs", "retry", "--all").out == "No job was given up.\n"
    for id, kind in ((1, "mail"), (2, "mail"), (3, "ring_agent")):
        job(light, id, kind, error="x", given_up=True, done_at=NOON)
    assert light.run("jobs", "retry", "--all", "--kind", "mail").out.startswith("2 jobs are tried again")
    assert [one["id"] for one in light.run("jobs", "list", "--state", "given-up", "--json").json] == [3]


def test_codes_and_links_asked_for_long_ago_are_not_sent_again(light: Shell) -> None:
    """Each kind that proves something; a link to a PIN page is good to send for a day, a code for a talk."""
    for id, kind in enumerate(job_queue.PROVING, 1):
        job(light, id, kind, error="x", given_up=True, done_at=NOON, created_at=0)
    line = "job 2 (pin_page) is not tried again: what it sends was asked for more than 24 h ago; drop it, and ask for a new one if needed"
    assert light.refuses("jobs", "retry", "2") == line
    job(light, 11, "pin_page", error="x", given_up=True, done_at=NOON, created_at=time.time_ns() // 1_000_000)
    said = light.run("jobs", "retry", "--all").out.splitlines()
    assert line in said
    assert len(said) == len(job_queue.PROVING) + 1
    assert said[-1] == "1 job is tried again now, if the service is running."
    w = tables.jobs.c
    assert light.rows(select(w.id).where(w.done_at.is_(None))) == [(11,)]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("show", "77"), "there is no job 77 that waits or was given up: see `deskgate jobs`"),
        (("retry", "1004"), "there is no job 1004 that waits or was given up: see `deskgate jobs`"),
        (("drop", "77"), "there is no job 77 that waits or was given up: see `deskgate jobs`"),
        (("retry",), "say which: numbers of jobs, --failing, or --all for those that were given up"),
        (("retry", "77", "--kind", "mail"), "--kind goes with --all and --failing"),
        (("--state", "done"), "--state: expected waiting, failing or given-up, got 'done'"),
    ],
)
def test_d5_what_cannot_be_is_one_line_and_exit_2(light: Shell, words: tuple[str, ...], line: str) -> None:
    job(light, 1004, "ticket_update", done_at=NOON)
    assert light.refuses("jobs", *words) == line
