"""The checker of reliability/ is silent on a history in which all twelve invariants hold, and names each one that is broken by hand."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from sqlalchemy import create_engine, text

from authz import Action, Ask, At, Grant, Proof, Subject
from reliability import checker, history
from reliability.checker import INVARIANTS, check
from reliability.furnishing import Customer, furnished
from reliability.journal import Journal
from reliability.stage import Stage
from reliability.world.calls import Call
from store.contacts import contact_changes
from store.verification import step_ups
from tests.desk import SECRET

MINUTES: Final = 15 * 60_000
PIN: Final = "91827364"  # nobody's, or the search after every test would find it first


class Good(NamedTuple):
    """A database and a journal in which all is well."""

    database: Path
    journal: Path
    customers: list[Customer]
    call: str


async def _rings(stage: Stage, who: Customer) -> str:
    """A ticket by phone, services heard, and afterwards wrong PINs until it is locked."""
    call = Call(stage.twilio, who.number)
    await call.dial()
    for keys in ("", who.pin, "4", "9", "1"):
        await call.key(keys)
    await call.speak("our site is down, case 1")
    await call.hang_up()
    for _ in range(2):
        wrong = Call(stage.twilio, who.number)
        await wrong.dial()
        for keys in ("", "11111111", "11111111", "11111111"):
            if not wrong.over and wrong.screen.then == "gather":
                await wrong.key(keys)
        await wrong.hang_up()
    return call.sid


def _gives(stage: Stage, who: Customer) -> None:
    """The admin contact of an account gives its contact one right more, on their page."""
    admin, held = Subject.of_person(who.person + 3), frozenset({"manage_support", "manage_services", "manage_billing"})
    with stage.store.transaction("portal") as tx:
        step_ups.reached(tx, admin, who.account, "passkey", "a session", ends_at=stage.now + MINUTES)
        assert step_ups.until(tx, admin, who.account, "a session") is not None
        ask = Ask(admin, Action.CONTACTS_MANAGE, who.account, None, Proof.STEPPED_UP, at=At.PAGES)
        contact_changes.lock(tx, who.account)
        grant = tx.ask(ask)
        assert isinstance(grant, Grant)
        assert contact_changes.change(tx, grant, {who.person: held}).refusal is None


@pytest.fixture(scope="module")
def good(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Good:
    folder = tmp_path_factory.mktemp("checked")
    url = f"sqlite:///{shutil.copyfile(_sqlite_template, folder / 'desk.db')}"
    customers = furnished(url, 3)
    with Stage(url, folder) as stage:
        call = asyncio.run(_rings(stage, customers[0]))
        asyncio.run(_writes(stage, customers[1]))
        _gives(stage, customers[1])
        assert stage.settle() == 0
        stage.container.worker.checkpoint()
        journal = stage.path
    return Good(folder / "desk.db", journal, customers, call)


async def _writes(stage: Stage, who: Customer) -> None:
    assert (await stage.slack.says(who.slack, "our site is down, case 2")).status == 200


class Broken(NamedTuple):
    """The same, to be broken."""

    url: str
    path: Path
    of: Good

    def does(self, *statements: str, **values: Any) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                assert connection.execute(text(statement), values).rowcount != 0, statement
        engine.dispose()

    def says(self, *given: Any, **facts: Any) -> None:
        with closing(Journal(self.path)) as journal:
            journal.write(*given, **facts)

    def found(self, **how: Any) -> dict[str, str]:
        """Invariant → what is said of it."""
        read = history.read(self.url, journal=self.path, keys=SECRET, **how)
        return {one.invariant: one.words for one in reversed(check(read))}


@pytest.fixture
def copy(good: Good, tmp_path: Path) -> Broken:
    shutil.copyfile(good.journal, tmp_path / "journal.jsonl")
    return Broken(f"sqlite:///{shutil.copyfile(good.database, tmp_path / 'desk.db')}", tmp_path / "journal.jsonl", good)


def test_it_is_silent_where_all_is_well_and_had_something_to_look_at(copy: Broken) -> None:
    secrets = {customer.pin: "PIN" for customer in copy.of.customers}
    assert copy.found(secrets=secrets) == {}
    read = history.read(copy.url, journal=copy.path)
    assert len(read.rows("tickets")) == 2
    assert {canary.field for told in read.told for canary in read.canaries_in(told.text)} >= {"service.name"}
    assert any(guard.locked_until for guard in read.rows("pin_guards"))
    assert read.rows("contact_changes")
    assert read.rows("ledger_checkpoints")


def service(of: Customer) -> str:
    return f"Server {of.canary}"


def lost(on: Broken) -> None:
    on.does("DELETE FROM messages WHERE body LIKE '%case 2%'")


def opened_twice(on: Broken) -> None:
    on.does(
        "INSERT INTO tickets SELECT 4000, account_id, opened_by, topic, kind, title, title_is_first_line, status, customer_status,"
        " priority, waiting_since, due_at, service, channel, opened_at, proof, factor FROM tickets LIMIT 1",
        "INSERT INTO messages (id, ticket, author, body, at) SELECT 4000, 4000, author, body, at FROM messages WHERE body LIKE '%case 2%'",
    )


def told_with_no_entry(on: Broken) -> None:
    third = on.of.customers[2]
    place = f"D{third.slack[1:]}"
    on.says("slack", "received", "chat.postMessage", "1.1", 200, kept=True, channel=place, words=service(third))


def told_to_another(on: Broken) -> None:
    first, second, _ = on.of.customers
    on.says(
        "slack", "received", "chat.update", "1.1", 200, kept=True, channel=f"D{first.slack[1:]}", words=service(second)
    )


def told_to_another_by_phone(on: Broken) -> None:
    on.says("twilio", "asked", "turn", on.of.call, 200, said=f"{service(on.of.customers[1])} is running.")


def compared_too_often(on: Broken) -> None:
    on.does("UPDATE pin_guards SET lifetime = 31")


def compared_uncounted(on: Broken) -> None:
    for _ in range(7):
        on.says("operator", "did", "compared", person=on.of.customers[0].person)


def allowed_after_it_was_taken(on: Broken) -> None:
    on.does(
        "INSERT INTO contact_changes (account_id, person_id, by, at, before, after) VALUES (:account, :person, 'desk:operator', 1000,"
        " 'manage_support,manage_services', 'manage_services')",
        account=on.of.customers[0].account,
        person=on.of.customers[0].person,
    )


def nobody_in_charge(on: Broken) -> None:
    on.does("DELETE FROM contact_rights WHERE \"right\" = 'admin_contact' AND account_id = 1")


def gave_themselves(on: Broken) -> None:
    on.does("UPDATE contact_changes SET by = 'person:' || person_id")


def an_entry_gone(on: Broken) -> None:
    on.does("DELETE FROM ledger WHERE action = 'ticket.open:technical' AND decision = 'allowed'")


def the_last_entries_gone(on: Broken) -> None:
    on.does("DELETE FROM ledger WHERE (segment, n) IN (SELECT segment, max(n) FROM ledger GROUP BY segment)")


def a_call_proved_by_nothing(on: Broken) -> None:
    on.does("UPDATE calls SET proved_by = 2 WHERE proved_by IS NULL")


def posted_twice(on: Broken) -> None:
    for ts in ("1.1", "1.2"):
        on.says("slack", "received", "chat.postMessage", ts, 200, kept=True, channel="C0DESK", key="head:900")


def mailed_twice(on: Broken) -> None:
    for _ in range(9):
        on.says("smtp", "received", "mail", "<one@desk>", 250, kept=True, to="x@y.example", words="")


def a_code_twice(on: Broken) -> None:
    for call in ("CA1", "CA2"):
        on.says("slack", "asked", "event", call, 200, code="12345678", taken=True)


def a_pin_in_a_title(on: Broken) -> None:
    on.does("UPDATE tickets SET title = :pin WHERE number = 1001", pin=PIN)


def a_pin_said(on: Broken) -> None:
    on.says("smtp", "received", "mail", "<a@b>", 250, kept=True, to="a@b.example", words=" ".join(PIN))


def locked_by_nobody(on: Broken) -> None:
    on.does("UPDATE accounts SET locked_at = 5 WHERE id = 2")


def a_lock_with_no_attempt(on: Broken) -> None:
    on.does("UPDATE ledger SET fields = '' WHERE action = 'pin.attempt'")


def failed_and_told(on: Broken) -> None:
    on.says("twilio", "asked", "turn", on.of.call, 500, said=f"{service(on.of.customers[0])} is running.")


def allowed_unproved(on: Broken) -> None:
    on.does("UPDATE ledger SET proof = 'claimed' WHERE action = 'ticket.open:technical'")


def a_change_nobody_is_told_of(on: Broken) -> None:
    on.does("DELETE FROM jobs WHERE key LIKE 'contacts_changed:%'")


def a_lock_nobody_is_told_of(on: Broken) -> None:
    on.does("DELETE FROM jobs WHERE kind = 'notice' AND key LIKE 'lock:%'")


BREAKS: Final[dict[str, tuple[Callable[[Broken], None], ...]]] = {
    "INV1": (lost, opened_twice),
    "INV2": (told_with_no_entry,),
    "INV3": (told_to_another, told_to_another_by_phone),
    "INV4": (compared_too_often, compared_uncounted),
    "INV5": (allowed_after_it_was_taken,),
    "INV6": (nobody_in_charge, gave_themselves),
    "INV7": (an_entry_gone, the_last_entries_gone, a_call_proved_by_nothing),
    "INV8": (posted_twice, mailed_twice, a_code_twice),
    "INV9": (a_pin_in_a_title, a_pin_said),
    "INV10": (locked_by_nobody, a_lock_with_no_attempt),
    "INV11": (failed_and_told, allowed_unproved),
    "INV12": (a_change_nobody_is_told_of, a_lock_nobody_is_told_of),
}


def test_each_of_the_twelve_is_broken_by_something() -> None:
    assert BREAKS.keys() == INVARIANTS.keys()


@pytest.mark.parametrize(("invariant", "breaks"), [(name, one) for name, every in BREAKS.items() for one in every])
def test_what_is_broken_is_named(copy: Broken, invariant: str, breaks: Callable[[Broken], None]) -> None:
    breaks(copy)
    assert invariant in copy.found(secrets={PIN: "PIN"})


def test_it_is_a_command_that_ends_with_1_where_anything_is_wrong(
    copy: Broken, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["checker", copy.url, "--journal", str(copy.path), "--keys", SECRET]
    monkeypatch.setattr(sys, "argv", command)
    assert checker.main() == 0
    assert "INV1  holds   every acknowledged ticket exists exactly once" in capsys.readouterr().out
    a_change_nobody_is_told_of(copy)
    assert checker.main() == 1
    said = capsys.readouterr().out
    assert "INV12 BROKEN" in said
    assert "contacts_changed:2:" in said


def test_it_reads_postgresql_as_well(sample_postgres: str) -> None:
    read = history.read(sample_postgres, keys=SECRET)
    assert check(read) == []
    assert len(read.rows("people")) == 9
