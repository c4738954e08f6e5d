"""A desk as an operator has it, for drills: on SQLite, running, with the sample accounts and those around it who play Twilio, Slack and a mail server; and a caller."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from reliability.world.calls import Call, Screen, Twilio
from reliability.world.lines import Lines
from reliability.world.players import World
from tests.house.drill import Drill, Site, site
from tests.house.test_names import ROOT

FOLDER: Final = ROOT / "docs" / "operations"
INDEX: Final = (FOLDER / "README.md").read_text("utf-8")
PAGES: Final = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"}
# Alert rules point to them.
NAMES: Final = {
    *("backup", "restore", "keys", "upgrade", "failover", "attacked", "slack-away", "twilio-away", "disk-full"),
}
PARTS: Final = ["You notice", "Now", "It is over when", "Next morning", "What customers hear meanwhile"]
LONGEST: Final = 130
RAJ, HIS_ID, HIS_PIN = "+441632960107", "10000073", "53960281"
SORRY: Final = "went wrong on our side"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world") / "journal") as started:
        yield started


@pytest.fixture
def sample(_sample_template: Path) -> Path:
    return _sample_template


@pytest.fixture
def here(nowhere: Path, sample: Path, world: World) -> Iterator[Site]:
    with installed(nowhere, sample, world) as made:
        yield made


@contextmanager
def installed(nowhere: Path, sample: Path, world: World) -> Iterator[Site]:
    """A desk on SQLite, running, with the sample accounts and the world around it."""
    world.withdraw()
    (nowhere / "database").mkdir(exist_ok=True)
    shutil.copyfile(sample, nowhere / "database" / "desk.db")
    shutil.copyfile(ROOT / "deskgate" / "sample-accounts.json", nowhere / "accounts.json")
    given = {**world.environment(), "AGENT_NUMBER": "+441632960001", "TRANSCRIBE": "off"}
    with site(nowhere, f"sqlite:///{nowhere / 'database' / 'desk.db'}", given) as made:
        made.start()
        made.app.state.container.worker.checkpoint()  # as ten seconds later by itself: this machine has seen it
        yield made


class Caller:
    """One call, whose line is closed after each turn: the service may have been stopped before the next."""

    def __init__(self, here: Site, number: str = RAJ) -> None:
        self._twilio = Twilio(Lines("127.0.0.1", here.port), f"http://{here.here}")
        self._call = Call(self._twilio, number)

    def dial(self) -> Screen:
        return asyncio.run(self._turn(self._call.dial()))

    def key(self, digits: str) -> Screen:
        return asyncio.run(self._turn(self._call.key(digits)))

    async def _turn(self, turn: Coroutine[Any, Any, Screen]) -> Screen:
        screen = await turn
        self._twilio.lines.close()
        await asyncio.sleep(0)
        return screen


def said_to(here: Site, *keys: str, number: str = RAJ) -> Screen:
    """What a caller hears last."""
    call = Caller(here, number)
    screen = call.dial()
    for digits in keys:
        if screen.then in ("hangup", ""):
            break
        screen = call.key(digits)
    return screen


def is_well(here: Site, number: str = RAJ) -> bool:
    """Whether it says so, and a caller is let in."""
    ready = httpx2.get(f"http://{here.here}/readyz", trust_env=False).text
    return ready == "ready" and said_to(here, HIS_ID, HIS_PIN, number=number).said.startswith("Thank you.")


def followed(drill: Drill, name: str, elsewhere: int = 0) -> None:
    drill.follow(PAGES[name])
    assert len(drill.elsewhere) == elsewhere, drill.elsewhere
