"""D6: `deskgate doctor` and mail, misspelt settings, a `.env` that others can read: each has a line with its fix."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from deskgate import doctor, doctor_remote
from tests.channels.mailbox import Mailbox
from tests.cli.conftest import Shell


def lines(shell: Shell) -> list[tuple[str, str]]:
    return [(line[:5].strip(), line[5:]) for line in shell.run("doctor").out.splitlines()]


def test_d6_a_mail_server_that_is_reached_and_one_that_is_not(light: Shell) -> None:
    with Mailbox() as mailbox:
        light.set(SMTP_URL=mailbox.url, MAIL_FROM="desk@desk.example")
        assert ("ok", "mail: the server is reached and lets us in") in lines(light)
        mailbox.says = {"EHLO": "554 go away", "HELO": "554 go away"}
        assert any(state == "BAD" and words.startswith("mail: ") for state, words in lines(light))
    light.set(SMTP_URL="smtp://127.0.0.1:1")
    away = "mail: the mail server cannot be reached: ConnectionRefusedError; check SMTP_URL"
    assert ("BAD", away) in lines(light)


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://u:p/w@mail.example:25", "smtp://h:x"]
)
def test_d6_a_malformed_smtp_url_is_named_with_what_to_write(light: Shell, url: str) -> None:
    light.set(SMTP_URL=url)
    said = light.run("doctor")
    assert said.code == 1
    assert "SMTP_URL: must be like smtps://user:password@mail.example:465" in said.out
    assert "p/w" not in said.out


def test_d6_misspelt_settings_and_an_env_file_for_everybody(light: Shell, nowhere: Path) -> None:
    env = nowhere / ".env"
    env.write_text("SMPT_URL=smtp://x\nBANANAS=1\n")
    env.chmod(0o644)
    light.set(SLACK_SIGNING_SECERT="s", PATHS_OF_OTHERS="x")
    found = lines(light)
    read = "is no setting of Deskgate's, and nobody reads it"
    assert ("note", f"SMPT_URL in .env {read}: did you mean SMTP_URL?") in found
    assert ("note", f"BANANAS in .env {read}: remove it; docs/settings.md has every setting") in found
    assert ("note", f"SLACK_SIGNING_SECERT in the environment {read}: did you mean SLACK_SIGNING_SECRET?") in found
    assert ("BAD", ".env can be read by others on this machine, and holds keys: run `chmod 600 .env`") in found
    assert not any("PATHS_OF_OTHERS" in words for _, words in found)
    env.chmod(0o600)
    assert not any("chmod" in words for _, words in lines(light))


def test_a4_the_doctor_says_what_short_pins_cost_where_people_choose(light: Shell) -> None:
    assert not any("PIN_CHOICE" in words for _, words in lines(light))
    light.set(PIN_CHOICE="on")
    (said,) = (words for state, words in lines(light) if state == "note" and words.startswith("PIN_CHOICE is on"))
    assert "wrong PINs of six or seven digits" in said


FIXES = (
    "add",
    "check",
    "set",
    "run",
    "see",
    "invite",
    "remove",
    "put",
    "open",
    "paste",
    "install",
    "compare",
    "use",
    "make",
)
SPEAKS_FOR_ITSELF = (
    "trouble",
    "fault",
    "words",
    "lost",
    "why",
)  # lines made elsewhere, which say what to do; the database's own words


def test_d6_every_line_that_is_not_ok_says_what_to_do() -> None:
    """All lines of the doctor, read from its source."""
    seen, mute = 0, list[str]()
    files = [Path(module.__file__ or "").read_text() for module in (doctor, doctor_remote)]
    for node in (node for file in files for node in ast.walk(ast.parse(file))):
        if not (isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple)):
            continue
        state, said = node.value.elts
        if ast.unparse(state) not in ("BAD", "WARN"):
            continue
        seen += 1
        words = ast.unparse(said)
        made = any(name in words for name in SPEAKS_FOR_ITSELF) or "_away(" in words or "_not_checked(" in words
        if not made and not any(f" {fix} " in words.replace(":", " ").replace("`", " ") for fix in FIXES):
            mute.append(words)
    assert not mute
    assert seen > 20
