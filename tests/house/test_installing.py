"""F6, E17: what an operator copies keeps up with the code: `.env.example`, `make`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from deskgate.settings import Settings, read_settings
from tests.desk import SECRET
from tests.house.test_names import ROOT

EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
LINE = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


def test_f6_the_example_names_every_setting_once_and_no_other() -> None:
    assert sorted(name for name, _ in LINE.findall(EXAMPLE)) == sorted(name.upper() for name in Settings.model_fields)


def test_f6_every_value_of_the_example_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, it lacks the key alone; with every # taken away it is a desk with a phone, Slack and mail."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    file = tmp_path / "copy.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in LINE.findall(EXAMPLE)), "utf-8")
    with pytest.raises(ValueError, match="SECRET_KEYS: is missing"):
        read_settings(_env_file=file)
    monkeypatch.setenv("SECRET_KEYS", SECRET)
    settings = read_settings(_env_file=file)
    assert settings.phone_open
    assert settings.slack_open
    assert settings.smtp_url


@pytest.fixture
def plain_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the `make` that runs these tests."""
    for name in ("ARGS", "PORT", "MAKEFLAGS", "MAKEOVERRIDES"):
        monkeypatch.delenv(name, raising=False)


def last_command(*words: str) -> str:
    """Of what `make` would run."""
    typed = ["make", "--dry-run", "--no-print-directory", *words]
    done = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.usefixtures("plain_make")
@pytest.mark.parametrize(("words", "serves"), [((), "serve"), (("PORT=8123",), "serve --port 8123")])
def test_e17_make_run_takes_a_port(words: tuple[str, ...], serves: str) -> None:
    assert last_command("run", *words).endswith(f"-m deskgate {serves}")


@pytest.mark.usefixtures("plain_make")
@pytest.mark.parametrize("words", [(), ("ARGS=-q -x",)])
def test_everything_is_run_whatever_else_is_asked_for(words: tuple[str, ...]) -> None:
    """What is given to `make` on its command line takes the place of what a target adds."""
    assert last_command("test-all", *words).endswith(" ".join(["tests", *(word[5:] for word in words), "--everything"]))
    assert "--everything" not in last_command("test", *words)
