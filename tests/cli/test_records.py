"""`deskgate tickets` and `deskgate audit`: what the operator reads, as a list for people and as JSON for programs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from authz import Action, Ask, Grant, Proof, Subject, Topic
from store import tables
from store.calls import callbacks
from store.codes import one_time_codes, one_time_links
from store.messages.timeline import Recorded
from store.security import alerts
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.staff import email_codes
from store.tickets import customer_tickets
from store.verification import call_approvals, step_ups, totp
from tests.cli.conftest import Shell

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MIA = Ask(Subject("person:8"), Action.TICKET_OPEN, 3, Topic.TECHNICAL, Proof.VERIFIED)


def opened(shell: Shell, *, title: str = "Miniserver tide-web (by phone)", body: str = "It is down.") -> int:
    with shell.store() as store, store.transaction("phone", "CA1") as tx:
        grant = tx.ask(MIA)
        assert isinstance(grant, Grant)
        return customer_tickets.open(tx, grant, title=title, body=body, recorded=Recorded("RE" + "1" * 32, 7))


def left(shell: Shell) -> int:
    with shell.store() as store, store.transaction("phone", "CA2") as tx:
        return customer_tickets.leave_pending(tx, title="Call back: a caller without a PIN", body="")


# --- tickets


def test_no_tickets_yet(shell: Shell) -> None:
    assert shell.run("tickets") == (0, "No tickets yet.\n", "")
    assert shell.run("tickets", "--json").json == []
    assert shell.run("tickets", "--account", "400639", "--json").json == []


def test_a_ticket_has_the_keys_of_the_contract(shell: Shell) -> None:
    number = opened(shell)
    (ticket,) = shell.run("tickets", "--json").json
    assert list(ticket) == [
        "number",
        "account",
        "topic",
        "kind",
        "subject",
        "body",
        "status",
        "opened_by",
        "channel",
        "opened_at",
        "recording",
    ]
    assert MOMENT.fullmatch(ticket.pop("opened_at"))
    assert ticket == {
        "number": number,
        "account": "400639",
        "topic": "technical",
        "kind": "problem",
        "subject": "Miniserver tide-web (by phone)",
        "body": "It is down.",
        "status": "open",
        "opened_by": "mia.chen",
        "channel": "phone",
        "recording": "RE" + "1" * 32,
    }


def test_what_waits_for_the_desk_is_listed_and_belongs_to_no_account(shell: Shell) -> None:
    mine, pending = opened(shell), left(shell)
    assert [ticket["number"] for ticket in shell.run("tickets", "--json").json] == [mine, pending]
    assert [ticket["number"] for ticket in shell.run("tickets", "--account", "400639", "--json").json] == [mine]
    assert shell.run("tickets", "--account", "200417", "--json").json == []
    (waits,) = (ticket for ticket in shell.run("tickets", "--json").json if ticket["number"] == pending)
    assert (waits["account"], waits["opened_by"], waits["status"], waits["kind"]) == (None, None, "pending", "question")


def test_tickets_in_words(shell: Shell) -> None:
    opened(shell)
    left(shell)
    lines = shell.run("tickets").out.splitlines()
    assert re.fullmatch(
        r"1001  \S+ \S+  400639  technical  open  mia\.chen  Miniserver tide-web \(by phone\)", lines[0]
    )
    assert lines[1].strip() == "It is down."
    assert re.fullmatch(r"1002  \S+ \S+  no account  technical  pending  -  Call back: .*", lines[2])


def test_what_somebody_said_does_not_move_the_cursor(light: Shell) -> None:
    opened(light, title="a\x1b[2J\r\nb", body="[bold]x[/bold]\x1b]0;title\x07\n1002  forged")
    said = light.run("tickets").out
    assert not set(said) & {"\x1b", "\r", "\x07"}
    assert said.count("\n") == 2
    assert "[bold]x[/bold]" in said


def test_an_unknown_account(light: Shell) -> None:
    assert light.refuses("tickets", "--account", "999999") == "there is no account 999999"
    assert light.refuses("audit", "--account", "999999") == "there is no account 999999"


# --- audit


def test_the_ledger_as_a_list(shell: Shell) -> None:
    opened(shell)
    entries = shell.run("audit", "--json").json
    assert entries
    for entry in entries:
        assert list(entry) == [
            "at",
            "who",
            "account",
            "action",
            "decision",
            "rules",
            "proof",
            "channel",
            "call",
            "fields",
            "segment",
            "n",
        ]
        assert MOMENT.fullmatch(entry["at"])
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    (allowed,) = (entry for entry in entries if entry["action"] == "ticket.open:technical")
    assert (allowed["who"], allowed["account"], allowed["decision"]) == ("mia.chen", "400639", "allowed")
    assert (allowed["rules"], allowed["proof"]) == (["MS-28", "MS-29"], "verified")
    assert (allowed["channel"], allowed["call"], allowed["fields"]) == ("phone", "CA1", ["ticket.number:1001"])
    of_account = shell.run("audit", "--account", "400639", "--json").json
    assert of_account == [entry for entry in entries if entry["account"] == "400639"]
    assert len(of_account) == 1


def test_reading_is_in_the_ledger_itself(light: Shell) -> None:
    before = light.run("audit", "--json").json
    after = light.run("audit", "--json").json
    assert after[: len(before)] == before
    assert [(entry["who"], entry["action"]) for entry in after[len(before) :]] == [
        ("desk:operator", "desk.ledger.read")
    ]


def test_the_ledger_in_words_is_a_line_each(shell: Shell) -> None:
    opened(shell, title="a\nb", body="c\nd")
    entries = shell.run("audit", "--json").json
    lines = shell.run("audit").out.splitlines()
    assert len(lines) == len(entries) + 1, "and what was read meanwhile"
    (line,) = (line for line in lines if "ticket.open:technical" in line)
    assert (
        line[20:]
        == "  mia.chen  400639  ticket.open:technical  allowed  MS-28,MS-29  verified  phone  ticket.number:1001"[1:]
    )


def test_an_empty_ledger(nowhere: object, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert nowhere
    shell = Shell(sqlite_url, monkeypatch)
    assert shell.run("audit", "verify") == (0, "ok: 0 entries, no checkpoint yet\n", "")
    assert shell.run("audit", "--json").json == []
    assert shell.run("tickets", "--json").json == []


# --- audit verify


def test_a_whole_ledger(shell: Shell) -> None:
    opened(shell)
    said = shell.run("audit", "verify")
    first, second = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"ok: \d+ entries; vouched for up to checkpoint \d+, 0 came after", first)
    head = second.removeprefix("head: ")
    assert re.fullmatch("[0-9a-f]{64}", head)
    opened_later = shell.run("tickets")
    assert opened_later.code == 0
    assert shell.run("audit", "verify", "--head", head).code == 0
    assert shell.run("audit", "verify", "--head", head.upper()).code == 0


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE ledger SET decision = 'allowed' WHERE action = 'import'",
        "DELETE FROM ledger WHERE action = 'import'",
        "UPDATE ledger_checkpoints SET heads = '[]' WHERE n = 1",
        "DELETE FROM ledger_segments",
    ],
)
def test_a_broken_ledger_is_named_and_exits_1(shell: Shell, harm: str) -> None:
    shell.change(text(harm))
    said = shell.run("audit", "verify")
    assert said.code == 1
    assert re.match(r"broken: (segment [0-9a-f]{16}|checkpoint \d+)\b", said.out)
    assert said.out.count("\n") == 1


def test_a_head_that_is_not_in_the_ledger(light: Shell) -> None:
    light.run("tickets")
    for head in ("0" * 64, "nonsense", "broken\nok: 9 entries"):
        said = light.run("audit", "verify", "--head", head)
        assert said.code == 1
        assert said.out.startswith("broken: the checkpoint ")


def test_what_was_cut_off_is_found_with_a_head_from_outside(light: Shell) -> None:
    before = light.rows(select(tables.checkpoints.c.n))
    light.run("tickets")
    head = light.run("audit", "verify").out.splitlines()[1].removeprefix("head: ")
    light.change(text(f"DELETE FROM ledger_checkpoints WHERE n > {len(before)}"))
    assert light.run("audit", "verify", "--head", head).code == 1


def test_b6_after_a_restore_what_was_proved_then_proves_nothing(light: Shell) -> None:
    with light.store() as store, store.transaction("test") as tx:
        kim = tx.connection.execute(
            select(tables.staff.c.id).where(tables.staff.c.username == "agent.kim")
        ).scalar_one()
        session, code, page = (
            sessions.begin(tx, STAFF, kim),
            one_time_codes.issue(tx, "step", Subject("person:8")),
            one_time_links.issue(tx, "pin", Subject("person:8")),
        )
        step_ups.reached(tx, Subject("person:8"), 1, "authenticator", "CA1", ends_at=tx.now + 900_000)
        asks = tx.ask(Ask(Subject.of_staff(kim), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(asks, Grant)
        email_codes.ask(tx, asks, 8)
        callbacks.ask(tx, asks, 8, purpose="code")
        totp.begin(tx, 8)
    with light.store() as store, store.transaction("phone", "CA2") as tx:
        question, number = call_approvals.ask(tx, Subject("person:8"), 1)
    said = light.run("restored")
    assert said.out.startswith(
        "ended: 1 sign-ins, 0 sign-ins of customers, 2 codes and pages, 0 API keys, 1 second proofs, 1 questions in Slack, "
        "1 codes and links to be sent, 1 callbacks, 0 login details, 1 authenticators begun, 0 removals of authenticators, 0 delegations, "
        "0 verifications, 0 of the staff suspended again\n"
    )
    (entry,) = [one for one in light.run("audit", "--json").json if one["action"] == "restored"]
    assert "sign-ins:1" in entry["fields"]
    with light.store() as store, store.transaction("test") as tx:
        assert sessions.find(tx, STAFF, session, does=True) is None
        assert one_time_codes.redeem(tx, "step", code) is None
        assert one_time_links.use(tx, "pin", page) is None
        assert step_ups.until(tx, Subject("person:8"), 1, "CA1") is None
        assert call_approvals.answer(tx, Subject("person:8"), question, number, ends_at=tx.now + 900_000) is None


def test_b6_a_restore_is_told_by_the_doctor_and_the_operators_word_suspends_again(light: Shell, tmp_path: Path) -> None:
    database, backup = Path(light.url.removeprefix("sqlite:///")), tmp_path / "backup.db"
    assert "if it was restored from a backup, run `deskgate restored` now" in light.run("doctor").out
    light.run("tickets")
    shutil.copyfile(database, backup)
    light.run("staff", "suspend", "agent.kim")
    assert "the database holds all that this machine has seen of it" in light.run("doctor").out
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    shutil.copyfile(backup, database)
    light.run("tickets")  # forgets nothing
    told = light.run("doctor")
    assert (told.code, "a failover lost its end: run `deskgate restored`" in told.out) == (1, True)
    assert ", 1 of the staff suspended again\n" in light.run("restored").out
    assert "agent.kim  agent  suspended" in light.run("staff", "list").out
    told = light.run("doctor")
    assert "the database holds all that this machine has seen of it" in told.out
    assert "reconcile mode since " in told.out


def test_b6_a_jump_of_the_clock_is_told_by_the_doctor_until_somebody_has_looked(light: Shell) -> None:
    line = "the clock jumped at "
    assert line not in light.run("doctor").out
    with light.store() as store, store.transaction("test") as tx:
        alerts.alert(tx, "clock", "1")
    assert line in light.run("doctor").out
    light.change(update(tables.alerts).values(seen_at=1))
    assert line not in light.run("doctor").out


def test_b6_where_a_restore_cannot_be_noticed_the_doctor_says_so(light: Shell) -> None:
    light.set(STATE_DIRECTORY="/proc/nowhere", XDG_STATE_HOME="/proc/nowhere")
    assert "no folder to remember this database in, so a restore would go unnoticed: add StateDirectory=" in (
        light.run("doctor").out
    )


def test_b2_the_name_of_a_lane_moves_no_cursor(light: Shell) -> None:
    """What is broken is printed on the operator's terminal, and quotes what somebody put there."""
    light.run("tickets")
    row = {column.name: "" for column in tables.ledger.c} | {"n": 1, "at": 1, "mac": b"", "account": None, "call": None}
    light.change(insert(tables.ledger).values({**row, "segment": "\x1b[2J\rok: "}))
    said = light.run("audit", "verify")
    assert (said.code, said.out.count("\n")) == (1, 1)
    assert not set(said.out) & {"\x1b", "\r"}
