"""`deskgate notify`: to exactly whom the schemes name, looked at first, once; and every way of saying it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

import authz
from store import tables
from tests.cli.conftest import Shell
from tests.cli.test_start import TWILIO


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "notice.txt"
    path.write_text("Works on Sunday\n\nThe servers are away from two to three.\n", "utf-8")
    return str(path)


def counted(shell: Shell) -> tuple[int, int]:
    n, r = tables.notices.c.id, tables.notice_recipients.c.person_id
    return shell.rows(select(func.count(n)))[0][0], shell.rows(select(func.count(r)))[0][0]


@pytest.mark.parametrize(
    ("kind", "account", "told"),
    [
        ("billing", "200417", {"olivia.hart": ["MT-7"], "bea.lund": ["MT-20"]}),
        ("technical", "200417", {"olivia.hart": ["MT-7"], "tom.reyes": ["D-notices.technical"]}),
        ("account", "200417", {"olivia.hart": ["MT-7"]}),
        ("billing", "300528", {"sam.okoro": ["D-notices.billing"], "ines.costa": ["SR-10"]}),
        ("technical", "300528", {"sam.okoro": ["D-notices.technical"], "dev.anand": ["D-notices.technical"]}),
        ("account", "300528", {"sam.okoro": ["D-notices.account"]}),
        ("billing", "400639", {"raj.patel": ["MS-17", "MS-18"]}),
        ("technical", "400639", {"raj.patel": ["MS-12", "MS-22"]}),
        ("account", "400639", {"raj.patel": ["MS-12"]}),
    ],
)
def test_a_dry_run_shows_whom_it_would_go_to_and_why_and_sends_nothing(
    light: Shell, text: str, kind: str, account: str, told: dict[str, list[str]]
) -> None:
    found = light.run("notify", "--kind", kind, "--account", account, "--file", text, "--dry-run", "--json").json
    assert [set(one) for one in found] == [{"person", "email", "rules"}] * len(told)
    assert {one["person"]: one["rules"] for one in found} == told
    assert all("@" in one["email"] for one in found)
    assert counted(light) == (0, 0)


def test_it_is_sent_once_a_day_and_again_when_that_is_wanted(shell: Shell, text: str) -> None:
    shell.set(**TWILIO)  # or the simulator's inbox would take the mails
    words = ("notify", "--kind", "billing", "--account", "200417", "--account", "300528", "--file", text)
    said = shell.run(*words)
    assert said.code == 0, said
    assert said.out.endswith("Notice 1 goes to 4.\n")
    assert "olivia.hart  olivia@harbourbakery.example  MT-7" in said.out
    assert said.err == "SMTP_URL is not set: the mails wait until it is.\n"
    assert counted(shell) == (1, 4)
    assert "so nothing is sent" in shell.run(*words).out
    assert counted(shell) == (1, 4)
    assert shell.run(*words, "--again", "--json").code == 0
    assert counted(shell) == (2, 8)
    entries = shell.run("audit", "--account", "200417", "--json").json
    sent = [one for one in entries if one["action"] == "notice.billing"]
    assert [(one["who"], one["fields"]) for one in sent[:1]] == [("desk:operator", ["notice:1", "people:2"])]


def test_a_scheme_of_the_operators_says_who_is_told(light: Shell, text: str, tmp_path: Path) -> None:
    folder = tmp_path / "schemes"
    folder.mkdir()
    shipped = (Path(authz.__file__).parent / "schemes" / "memset.toml").read_text("utf-8")
    assert shipped.count('billing = { billing_contact = "MS-17, MS-18" }') == 1
    changed = shipped.replace('billing = { billing_contact = "MS-17, MS-18" }', 'billing = { manage_support = "XY-1" }')
    (folder / "memset.toml").write_text(changed, "utf-8")
    light.set(SCHEMES_DIR=str(folder))
    words = ("notify", "--kind", "billing", "--account", "400639", "--file", text, "--dry-run")
    assert "mia.chen" in light.run(*words).out
    (folder / "memset.toml").write_text(changed.replace("billing = { manage_support", "bills = { manage_support"))
    assert "row 'notices.bills': unknown kind; there are billing, technical, account, ticket" in light.refuses(*words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kind", "ticket", "--account", "200417"), "--kind must be one of billing, technical, account"),
        (("--kind", "billing", "--account", "999999"), "there is no account 999999"),
        (("--kind", "billing"), "missing option '--account' (see `deskgate notify --help`)"),
    ],
)
def test_what_is_said_wrongly_is_refused_in_one_line(
    light: Shell, text: str, words: tuple[str, ...], says: str
) -> None:
    assert light.refuses("notify", *words, "--file", text) == says
    assert counted(light) == (0, 0)


def test_a_text_needs_a_subject_and_words_that_can_be_read(light: Shell, tmp_path: Path) -> None:
    words = ("notify", "--kind", "billing", "--account", "200417", "--file")
    assert light.refuses(*words, "-", stdin="Only a title\n") == (
        "--file needs a first line, which is the title, and words below it"
    )
    assert "a title has 200 characters at most" in light.refuses(*words, "-", stdin="x" * 201 + "\nwords")
    (tmp_path / "bad").write_bytes(b"\xff\xfe\n\nx")
    assert light.refuses(*words, str(tmp_path / "bad")) == "--file: the text is not UTF-8"
    nothing = tmp_path / "none"
    assert light.refuses(*words, str(nothing)) == f"{nothing}: the file cannot be read: No such file or directory"
