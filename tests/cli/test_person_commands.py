"""`deskgate person`, `account`, `staff`: listed, shown, suspended and back again, all of it in the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from store import tables
from store.verification.attempt_limits import IN_A_ROW_TO_DISABLE
from tests.cli.conftest import Shell

MIA, RAJ, TIDE = 8, 7, 3
SECRETS = ("17846325", "sealed", "digest", "salt")  # Mia's PIN, and what a secret is called


def told(shell: Shell) -> list[str]:
    """The names of what the ledger says was told or done by the operator."""
    e = tables.ledger.c
    found = shell.rows(select(e.fields).where(e.who == "desk:operator").order_by(e.at, e.segment, e.n))
    return [word for (fields,) in found for word in fields.split()]


def test_people_are_listed_a_page_at_a_time(shell: Shell) -> None:
    every, seen = shell.run("person", "list", "--json").json, []
    assert len(every) == 9
    after = ""
    while page := shell.run("person", "list", "--limit", "4", "--after", after, "--json").json:
        seen += page
        after = page[-1]["username"]
    assert seen == every
    said = shell.run("person", "list", "--limit", "4").out.splitlines()
    assert said[-1] == f"There are more: `deskgate person list --after {every[3]['username']}`."
    assert shell.run("person", "list", "--after", "zz").out == "Nobody.\n"
    assert shell.run("person", "list", "--suspended").out == "Nobody.\n"
    assert "people:4" in told(shell)


@pytest.mark.parametrize(
    "words", ["mia.chen", "10000081", "1000 0081", "+441632960108", "01632 960108", "MIA@tideworks.example"]
)
def test_somebody_is_found_by_exactly_what_is_on_file(light: Shell, words: str) -> None:
    light.set(TWILIO_NUMBER="+441632960000")
    assert [one["username"] for one in light.run("person", "list", "--find", words, "--json").json] == ["mia.chen"]
    assert f"found:person:{MIA}" in told(light)


def test_what_is_only_like_it_finds_nobody(light: Shell) -> None:
    for words in ("mia", "1000008", "+44163296010", "tideworks.example", "%", "mia.che_"):
        assert "nobody has exactly that" in light.refuses("person", "list", "--find", words)
    assert "found:nobody" in told(light)


def test_a_number_of_several_finds_all_of_them(light: Shell) -> None:
    light.change(insert(tables.phones).values(person_id=RAJ, number="+441632960108", added_at=1))
    found = light.run("person", "list", "--find", "+441632960108", "--json").json
    assert {one["username"] for one in found} == {"mia.chen", "raj.patel"}


def test_somebody_is_shown_with_what_proves_them_and_no_secret(shell: Shell) -> None:
    g = tables.pin_guards
    row = {"window_attempts": 5, "locked_until": 10**14, "consecutive": 5, "lifetime": 5, "generation": 0}
    shell.change(insert(g).values(counter_key=f"person:{MIA}", real=True, seen_at=1, **row))
    shell.change(
        insert(tables.passkeys).values(
            person_id=MIA,
            credential_id=b"c",
            public_key=b"p",
            handle=b"h",
            sign_count=0,
            transports="",
            backup_eligible=False,
            backed_up=False,
            name="her phone",
            made_at=1,
            counts_from=1,
        )
    )
    shell.run("person", "invite", "mia.chen")
    seen = shell.run("person", "show", "mia.chen", "--json")
    assert {key: seen.json[key] for key in ("pin", "password", "invitation", "api_keys", "sessions")} == {
        "pin": "locked",
        "password": False,
        "invitation": "queued",
        "api_keys": 0,
        "sessions": [],
    }
    assert seen.json["passkeys"][0]["name"] == "her phone"
    (on,) = seen.json["accounts"]
    assert (on["number"], on["scheme"], on["roles"], on["permissions"]) == ("400639", "memset", [], ["manage_support"])
    words = shell.run("person", "show", "mia.chen").out
    assert "`deskgate pin unlock --person mia.chen`" in words
    assert not [secret for secret in SECRETS if secret in words + seen.out]
    shell.change(update(g).values(consecutive=IN_A_ROW_TO_DISABLE))
    assert "`deskgate pin set --person mia.chen`" in shell.run("person", "show", "mia.chen").out
    assert f"shown:person:{MIA}" in told(shell)


def test_nobody_of_that_name(light: Shell) -> None:
    for command in ("show", "suspend", "resume"):
        refused = light.refuses("person", command, "mia")
        assert "nobody called mia" in refused
        assert "deskgate person list --find" in refused


def test_a_person_is_suspended_and_back_again(shell: Shell) -> None:
    assert shell.run("person", "suspend", "mia.chen").out == "mia.chen is suspended.\n"
    assert shell.run("person", "suspend", "mia.chen").out == "mia.chen was suspended already.\n"
    assert [one["username"] for one in shell.run("person", "list", "--suspended", "--json").json] == ["mia.chen"]
    assert "suspended" in shell.run("account", "show", "400639").out
    assert "suspended" in shell.refuses("person", "invite", "mia.chen")
    answer = shell.run(
        *("explain", "--account", "400639", "--person", "mia.chen", "--action", "ticket.open"),
        *("--topic", "technical", "--json"),
    ).json
    assert (answer["allowed"], answer["reason"]) == (False, "not_a_contact")
    assert shell.run("person", "resume", "mia.chen").out == "mia.chen can prove themselves again.\n"
    assert shell.run("person", "resume", "mia.chen").out == "mia.chen was not suspended.\n"
    assert {f"suspended:person:{MIA}", f"resumed:person:{MIA}"} <= set(told(shell))
    notices = [
        payload for (payload,) in shell.rows(select(tables.jobs.c.payload).where(tables.jobs.c.kind == "notice"))
    ]
    assert [word for word in ("person_suspended", "person_resumed") if sum(word in one for one in notices) == 1] == [
        "person_suspended",
        "person_resumed",
    ]


def test_a_last_owner_is_suspended_and_it_is_said_what_stands_still(light: Shell) -> None:
    Path("news.txt").write_text("News\n\nOf a kind.\n")
    notify = ("notify", "--kind", "billing", "--account", "400639", "--file", "news.txt", "--dry-run", "--json")
    assert [one["person"] for one in light.run(*notify).json] == ["raj.patel"]
    said = light.run("person", "suspend", "raj.patel").out
    assert "Nobody else owns 400639" in said
    assert "nobody on these accounts is told" in light.refuses(*notify)  # nor are they, by mail


def test_accounts_are_listed_and_shown(shell: Shell) -> None:
    assert [one["number"] for one in shell.run("account", "list", "--json").json] == ["200417", "300528", "400639"]
    assert "--after 300528" in shell.run("account", "list", "--limit", "2").out
    assert shell.run("account", "list", "--status", "closed").out == "None.\n"
    assert "--status must be one of" in shell.refuses("account", "list", "--status", "gone")
    seen = shell.run("account", "show", "400639", "--json").json
    assert (seen["scheme"], seen["contacts"], seen["services"], seen["locked_at"]) == ("memset", 4, 2, None)
    assert {one["username"] for one in seen["people"]} == {"dev.anand", "leo.fox", "mia.chen", "raj.patel"}
    assert "deskgate account list" in shell.refuses("account", "show", "1")


def test_an_account_is_suspended_as_an_import_does_it(shell: Shell) -> None:
    assert shell.run("account", "suspend", "400639").out == "Account 400639 is suspended.\n"
    assert shell.run("account", "suspend", "400639").out == "Account 400639 was suspended already.\n"
    assert [one["number"] for one in shell.run("account", "list", "--status", "suspended", "--json").json] == ["400639"]
    j, e = tables.jobs.c, tables.ledger.c
    (notice,) = shell.rows(select(j.payload).where(j.kind == "notice"))
    assert "account_changed" in notice[0]
    changed = shell.rows(select(e.account, e.fields).where(e.action == "account.changed"))
    assert changed == [(TIDE, "status")]
    assert shell.run("account", "resume", "400639").out == "Account 400639 is active.\n"
    shell.change(update(tables.accounts).where(tables.accounts.c.id == TIDE).values(status="closed"))
    for command in ("suspend", "resume"):
        assert "is closed" in shell.refuses("account", command, "400639")
    assert "deskgate account list" in shell.refuses("account", "suspend", "1")


def test_nothing_of_the_contacts_is_touched_where_the_owner_has_locked_it(light: Shell) -> None:
    light.change(update(tables.accounts).values(locked_at=1))
    before = light.rows(select(tables.contact_rights))
    assert light.run("account", "suspend", "400639").out == "Account 400639 is suspended.\n"
    assert light.rows(select(tables.contact_rights)) == before
    assert "locked by its owner" in light.run("account", "show", "400639").out


def test_staff_are_shown_and_listed_a_page_at_a_time(shell: Shell) -> None:
    assert "--after agent.kim" in shell.run("staff", "list", "--limit", "1").out
    assert [one["username"] for one in shell.run("staff", "list", "--after", "agent.kim", "--json").json] == [
        "lead.ana"
    ]
    shell.run("staff", "invite", "agent.kim")
    seen = shell.run("staff", "show", "agent.kim", "--json").json
    assert (seen["role"], seen["password"], seen["tickets"], seen["suspended_at"]) == ("agent", False, 0, None)
    assert seen["invited_until"]
    assert "invited until" in shell.run("staff", "show", "agent.kim").out
    assert "nobody of the staff" in shell.refuses("staff", "show", "kim")
    assert "shown:staff:1" in told(shell)


def test_a_report_that_cannot_be_written_is_said_in_a_line(light: Shell, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    for option in ("--out", "--files"):
        nowhere = tmp_path / "a file" / "mia.json"
        said = light.run("person", "report", "mia.chen", option, str(nowhere))
        assert (said.code, said.err) == (1, f"deskgate: {nowhere} cannot be used: Not a directory\n")
    assert "another ending" in light.refuses("person", "report", "mia.chen", "--out", str(tmp_path / "mia.txt"))
    assert [path.name for path in tmp_path.glob("mia*")] == []


def test_a_report_is_read_by_whoever_was_never_told_our_names(light: Shell) -> None:
    said = light.run("person", "report", "mia.chen").out
    assert "Numbers on file\n" in said
    assert "email unproved no" in said
    profile = said.partition("Ledger\n")[0]
    assert "_" not in profile.replace("manage_support", "")


def test_whoever_has_nothing_to_reconcile_is_told_to_open_nothing(light: Shell) -> None:
    assert light.run("reconcile").out.splitlines()[0] == "The desk is not in reconcile mode."
    assert "Open" not in light.run("reconcile").out
    light.run("restored")
    assert (
        light.run("reconcile").out.splitlines()[-1]
        == "At the end a supervisor presses Mark as checked on the desk's page."
    )
