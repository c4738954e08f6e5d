"""Every word people meet, as it was: each walk in walks/ is walked, and what came back is compared with what stands in the file."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import structlog.testing

from deskgate.settings import Settings
from tests.bot.slack_desk import SlackDesk, Stage, stage
from tests.channels.mailbox import Mailbox
from tests.desk import SECRET
from tests.golden import page_words
from tests.golden.labels import NothingCalledError
from tests.golden.walking import KEPT, Walk, Walking

FOLDER = Path(__file__).parent / "walks"
WALKS = sorted(FOLDER.glob("*.txt"))
RECORD = os.environ.get("GOLDEN") == "record"
LEAST = 5  # lines that come of a walk


@pytest.fixture(scope="module")
def walked_in() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


@pytest.fixture
def walking(
    walk: Walk, sample_sqlite: str, walked_in: Stage, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Walking]:
    for name in [one for one in os.environ if one.lower() in Settings.model_fields or one.startswith("DESKGATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", sample_sqlite)
    monkeypatch.setenv("SECRET_KEYS", SECRET)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    mailbox.mails.clear()
    settings: dict[str, Any] = {
        "smtp_url": mailbox.url,
        "mail_from": "desk@desk.example",
        "sms": "on",
        "sms_countries": "GB",
    }
    desk = SlackDesk(sample_sqlite, walked_in, **settings | walk.settings)
    monkeypatch.setattr("time.time_ns", lambda: desk.now * 1_000_000)  # the clock of the commands
    with structlog.testing.capture_logs():
        yield Walking(desk, mailbox, folder)
    desk.close()


@pytest.mark.parametrize("walk", [Walk.read(path) for path in WALKS], ids=lambda walk: walk.name)
def test_walk(walk: Walk, walking: Walking) -> None:
    path = FOLDER / f"{walk.name}.txt"
    try:
        there, now = path.read_text("utf-8"), walking.written(walk)
    except NothingCalledError as missing:
        raise pytest.fail.Exception(str(missing), pytrace=False) from None
    came = [line for line in now.splitlines() if line and not line.startswith(KEPT)]
    assert len(came) >= LEAST, f"{walk.name}: nothing came of it, so nothing is held"
    if RECORD:
        path.write_text(now, "utf-8")
        return
    if there != now:
        differ = difflib.unified_diff(
            there.splitlines(), now.splitlines(), f"{path.name}, recorded", "now", lineterm="", n=4
        )
        sys.stdout.write("\n".join(differ) + "\n")
        pytest.fail(
            f"{path.name}: words differ, see above. Words changed on purpose: make golden, and commit the files by themselves.",
            pytrace=False,
        )


GONE = Walk("a walk", ["> bo opens /desk/sign-in", "> bo presses Sign me in; Username=bo"])


@pytest.mark.parametrize("walk", [GONE], ids=["nothing is called so"])
def test_a_deed_that_names_what_is_gone_says_which_and_what_is_there(walking: Walking) -> None:
    with pytest.raises(NothingCalledError) as missing:
        walking.written(GONE)
    assert str(missing.value).splitlines()[:4] == [
        "a walk.txt, '> bo presses Sign me in; Username=bo'",
        "no button 'Sign me in': perhaps 'Sign in'?",
        "There are:",
        "  Sign in with a passkey",
    ]


@pytest.mark.parametrize("walk", [GONE], ids=["a command that is not there"])
def test_a_walk_in_which_an_exchange_fails_is_neither_held_nor_recorded(walking: Walking) -> None:
    with pytest.raises(AssertionError, match="/weather failed because it is not a valid command"):
        walking.written(Walk("a walk", ["> mia types /weather"]))


def test_there_are_walks_and_nothing_else() -> None:
    assert len(WALKS) >= 10
    assert sorted(FOLDER.iterdir()) == WALKS


def test_of_what_is_hidden_nothing_is_printed_fields_and_buttons_neither() -> None:
    form = '<label for="a">Tag</label><input id="a" name="a"><select name="b"><option>No</option></select>'
    form += '<textarea name="c"></textarea><button disabled>Set</button>'
    assert page_words.read(f"<form>{form}</form>").lines == [
        "label: Tag",
        "<text>",
        "<No>",
        "<words>",
        "[Set] (not now)",
    ]
    assert page_words.read(f"<div hidden><form>{form}</form></div>").lines == []
