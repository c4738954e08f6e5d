"""`deskgate explain` and `deskgate matrix`: the rules asked from a shell, in words and as JSON, and what is no question."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from authz import CELLS, DESK_CELLS, Subject, load_schemes
from store import tables
from tests.cli.conftest import Shell

LEO = ("explain", "--account", "400639", "--person", "leo.fox")
MIA = ("explain", "--account", "400639", "--person", "mia.chen")
TECHNICAL = ("--action", "ticket.open", "--topic", "technical")


# --- explain


def test_a_yes_in_words_and_as_json(shell: Shell) -> None:
    said = shell.run(*MIA, *TECHNICAL)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == "mia.chen on 400639: ticket.open (technical): yes"
    assert "rules: MS-28, MS-29" in said.out
    assert "next:" not in said.out
    found = shell.run(*MIA, *TECHNICAL, "--json").json
    assert found == {"allowed": True, "reason": "allowed", "rules": ["MS-28", "MS-29"], "next": "none"}


def test_a_no_in_words_and_as_json(shell: Shell) -> None:
    said = shell.run(*LEO, *TECHNICAL)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == "leo.fox on 400639: ticket.open (technical): no"
    assert "(no_support)" in said.out
    assert "someone who may manage the account's contacts can give you support. (ask_for_support)" in said.out
    found = shell.run(*LEO, *TECHNICAL, "--json").json
    assert list(found) == ["allowed", "reason", "rules", "next"]
    assert (found["allowed"], found["reason"], found["next"]) == (False, "no_support", "ask_for_support")
    assert found["rules"]


def test_a_limit_is_named_in_words(light: Shell) -> None:
    said = light.run("explain", "--account", "200417", "--person", "bea.lund", "--action", "phone.support")
    assert "yes" in said.out.splitlines()[0]
    assert "while billing_topics" in said.out


@pytest.mark.parametrize(
    ("proof", "reason"), [("none", "unverified"), ("claimed", "unverified"), ("verified", "allowed"), ("", "allowed")]
)
def test_the_proof_is_verified_unless_said(light: Shell, proof: str, reason: str) -> None:
    given = ("--proof", proof) if proof else ()
    assert light.run(*MIA, *TECHNICAL, *given, "--json").json["reason"] == reason


@pytest.mark.parametrize(("at", "reason"), [("support", "no_support"), ("pages", "allowed"), ("", "no_support")])
def test_it_is_asked_at_a_support_channel_unless_said(light: Shell, at: str, reason: str) -> None:
    given = ("--at", at) if at else ()
    assert light.run(*LEO, "--action", "service.view", *given, "--json").json["reason"] == reason


def test_what_is_done_on_pages_alone_is_explained_there(light: Shell) -> None:
    assert light.run(*LEO, "--action", "account.lock", "--json").json["reason"] == "no_right"
    assert light.run(*LEO, "--action", "account.lock", "--at", "support", "--json").json["reason"] == "no_support"


def test_a_known_person_who_is_not_on_the_account(shell: Shell) -> None:
    found = shell.run("explain", "--account", "200417", "--person", "mia.chen", *TECHNICAL, "--json").json
    assert found == {
        "allowed": False,
        "reason": "not_a_contact",
        "rules": ["D-contact"],
        "next": "ask_contact_admin",
    }


def test_a_service_decides_where_the_sla_does(light: Shell) -> None:
    call = ("explain", "--account", "400639", "--person", "mia.chen", "--action", "phone.emergency", "--json")
    assert light.run(*call, "--service", "ms-1").json["reason"] == "allowed"
    assert light.run(*call, "--service", "ms-2").json["reason"] == "not_covered"
    assert light.run(*call).json["reason"] == "allowed"


def test_a_closed_account_says_so(light: Shell) -> None:
    light.change(update(tables.accounts).where(tables.accounts.c.number == "400639").values(status="closed"))
    assert light.run(*MIA, *TECHNICAL, "--json").json["reason"] == "account_closed"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--account", "999999", "--person", "mia.chen", *TECHNICAL), "there is no account 999999"),
        (("--account", "400639", "--person", "nobody", *TECHNICAL), "there is no person nobody"),
        (
            ("--account", "400639", "--person", "mia.chen", "--action", "ticket.open"),
            "ticket.open needs --topic technical or --topic billing",
        ),
        (
            ("--account", "400639", "--person", "mia.chen", "--action", "ticket.burn"),
            "there is no action ticket.burn; `deskgate matrix` lists them",
        ),
        (
            ("--account", "400639", "--person", "mia.chen", "--action", "ticket.open", "--topic", "cooking"),
            "there is no topic cooking: technical or billing",
        ),
        (
            ("--account", "400639", "--person", "mia.chen", *TECHNICAL, "--proof", "sworn"),
            "there is no proof sworn: none, claimed, verified or stepped-up",
        ),
        (
            ("--account", "400639", "--person", "mia.chen", *TECHNICAL, "--at", "home"),
            '--at: expected support or pages, got "home"',
        ),
        (
            ("--account", "400639", "--person", "mia.chen", *TECHNICAL, "--service", "ms-9"),
            "account 400639 has no service ms-9",
        ),
    ],
)
def test_what_cannot_be_asked(light: Shell, words: tuple[str, ...], line: str) -> None:
    assert light.refuses("explain", *words) == line
    assert light.refuses("explain", *words, "--json") == line


def test_a_missing_option_is_a_usage_error(light: Shell) -> None:
    said = light.run("explain", "--account", "400639")
    assert (said.code, said.out) == (2, "")
    assert "--person" in said.err


def test_asking_is_in_the_ledger_and_grants_nothing(shell: Shell) -> None:
    shell.run(*MIA, *TECHNICAL)
    e = tables.ledger.c
    entries = shell.rows(select(e.action, e.decision, e.fields).where(e.who == "desk:operator", e.channel == "shell"))
    mia, tideworks = shell.id_of("mia.chen"), 3
    told = ("desk.operate", "allowed", f"explained:person:{mia}:{tideworks}:ticket.open:technical")
    assert told in entries
    assert not [row for row in shell.rows(select(e.who)) if row[0] == Subject.of_person(mia)]


# --- matrix


@pytest.mark.parametrize("name", load_schemes())
def test_the_table_of_a_scheme_as_json(light: Shell, name: str) -> None:
    """docs/commands.md: {"scheme", "holdings": {HOLDING: {ACTION: {"allowed", "rules", "when"}}}}."""
    found = light.run("matrix", name, "--json").json
    scheme = load_schemes()[name]
    assert list(found) == ["scheme", "holdings"]
    assert found["scheme"] == name
    assert list(found["holdings"]) == list(scheme.holdings)
    cells = DESK_CELLS if name == "desk" else CELLS
    assert cells
    for table in found["holdings"].values():
        assert set(table) == set(cells)
        for square in table.values():
            assert list(square) == ["allowed", "rules", "when"]
            assert isinstance(square["allowed"], bool)
            assert isinstance(square["when"], str)
            assert all(isinstance(rule, str) for rule in square["rules"])
            assert square["rules"] or not square["allowed"]


def test_a_square_is_what_explain_says(light: Shell) -> None:
    table = light.run("matrix", "memset", "--json").json["holdings"]["manage_support"]
    for cell in ("ticket.open:technical", "billing.view", "service.view"):
        action, _, topic = cell.partition(":")
        given = ("--topic", topic) if topic else ()
        found = light.run(*MIA, "--action", action, *given, "--json").json
        assert found["allowed"] is table[cell]["allowed"], cell
        assert table[cell]["when"] == ""
    assert (
        light.run("matrix", "memset", "--json").json["holdings"]["manage_support"]["phone.emergency"]["when"] == "sla"
    )


def test_the_table_in_words(light: Shell) -> None:
    said = light.run("matrix", "standard_roles")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0].split() == list(load_schemes()["standard_roles"].holdings)
    assert any(line.startswith("ticket.open:billing ") for line in said.out.splitlines())


def test_an_unknown_scheme(light: Shell) -> None:
    line = light.refuses("matrix", "godmode")
    assert line == "there is no scheme godmode: " + ", ".join(load_schemes())


def test_a_scheme_of_ones_own_is_printed_and_a_broken_one_refused(light: Shell, nowhere: Path) -> None:
    folder = nowhere / "schemes"
    folder.mkdir()
    shipped = (Path(__file__).parents[2] / "authz" / "schemes" / "memset.toml").read_text("utf-8")
    ours = shipped.replace('scheme = "memset"', 'scheme = "ours"')
    (folder / "ours.toml").write_text(ours, "utf-8")
    light.set(SCHEMES_DIR=str(folder))
    assert light.run("matrix", "ours", "--json").json["scheme"] == "ours"
    (folder / "ours.toml").write_text(ours.replace('"yes MS-', '"perhaps MS-', 1), "utf-8")
    assert "ours.toml" in light.refuses("matrix", "ours")


def test_the_matrix_needs_no_database(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell("sqlite:////nowhere/at/all.db", monkeypatch)
    assert shell.run("matrix", "memset", "--json").json["scheme"] == "memset"


def test_what_a_move_to_another_scheme_gives_and_takes(shell: Shell) -> None:
    found = shell.run("matrix", "standard_roles", "--against", "memset", "--json").json
    assert set(found) == {"from", "to", "holdings"}
    assert found["holdings"]["billing"]["becomes"] == ["manage_billing"]
    people = shell.run("matrix", "standard_roles", "--against", "memset", "--account", "300528", "--json").json
    assert people["people"]["ines.costa"]["becomes"] == ["manage_billing"]
    assert people["notes"] == []
    out = shell.run("matrix", "standard_roles", "--against", "memset", "--account", "300528").out
    assert "ines.costa (billing) becomes manage_billing\n  gives  -\n" in out
    out = shell.run("matrix", "memset", "--against", "standard_roles", "--account", "400639").out
    assert "\n  why    tickets would keep more of it, but adds phone.emergency\n" in out


def test_a_move_that_is_none_is_refused(shell: Shell) -> None:
    for words, why in (
        (("standard_roles", "--against", "nothing"), "there is no scheme nothing"),
        (("standard_roles", "--against", "desk"), "the scheme desk is of the desk's own people"),
        (("standard_roles", "--account", "300528"), "--account needs --against"),
        (
            ("memset", "--against", "standard_roles", "--account", "300528"),
            "account 300528 is under standard_roles, not",
        ),
        (("memset", "--against", "standard_roles", "--account", "1"), "there is no account 1"),
    ):
        code, out, err = shell.run("matrix", *words)
        assert (code, out) == (2, "")
        assert why in err


def test_an_xray_says_to_the_operator_what_the_owner_reads(shell: Shell) -> None:
    found = shell.run("account", "xray", "400639", "--json").json
    assert found["owners"] == ["Raj Patel"]
    assert {"code": "managing_one", "people": ["Raj Patel"]} in found["findings"]
    out = shell.run("account", "xray", "400639").out
    assert "Only Raj Patel may change who is on the account.\n  Let a second person manage contacts" in out
    assert shell.run("account", "xray", "1") == (
        2,
        "",
        "deskgate: there is no account 1: `deskgate account list` says which there are\n",
    )
