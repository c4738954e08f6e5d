"""What `make load` matches by its words: a desk as it is leaves nothing to say, and what is lost, doubled or told to somebody else is named."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from reliability.crowd import Case, code
from reliability.furnishing import Customer, furnished
from reliability.load import Options, controls
from reliability.load_controls import CONTROLS
from reliability.matching import Fault, matched
from reliability.stage import Stage
from reliability.world.calls import Call
from reliability.world.players import AGENT_CHANNEL
from tests.sizes import is_everything


class Played(NamedTuple):
    stage: Stage
    customers: list[Customer]
    cases: list[Case]
    calls: dict[str, Customer]

    def found(self, *cases: Case) -> list[Fault]:
        return matched(self.stage.url, self.stage.path, cases or self.cases, self.customers, self.calls)

    def kinds(self, *cases: Case) -> set[str]:
        return {fault.kind for fault in self.found(*cases)}


@pytest.fixture
def played(sqlite_url: str, tmp_path: Path) -> Iterator[Played]:
    """One ticket by phone, read back, and one by Slack."""
    customers = furnished(sqlite_url, 2, with_pins=1)
    ann, ben = customers
    spoken, written = Case(code(), ann, "phone"), Case(code(), ben, "Slack", promised=True)
    with Stage(sqlite_url, tmp_path) as stage:
        call = Call(stage.twilio, ann.number)

        async def talk() -> None:
            await call.dial()
            for keys in (ann.support_id, ann.pin, "1"):
                await call.key(keys)
            spoken.hears(await call.speak(spoken.words), call)
            stage.work()
            spoken.read_back = spoken.code in (await call.key("2")).said
            await call.hang_up()
            await stage.slack.says(ben.slack, written.words)

        asyncio.run(talk())
        stage.work()
        yield Played(stage, customers, [spoken, written], {call.sid: ann})


def test_a_desk_as_it_is_has_nothing_wrong(played: Played) -> None:
    spoken, written = played.cases
    assert (spoken.promised, spoken.written, spoken.read_back, spoken.number) == (True, True, True, 1001)
    assert played.found() == []
    lost = Case(code(), written.who, "Slack", promised=True)
    assert played.kinds(spoken, written, lost) == {"lost"}
    assert played.kinds(replace(spoken, number=77)) == {"told"}, "a number that was promised, and is no ticket's"
    assert played.kinds(replace(spoken, read_back=False)) == {"told"}
    assert played.kinds(replace(spoken, who=written.who)) >= {"told"}, "on somebody else's account"


def test_a_ticket_that_is_there_twice_is_seen(played: Played) -> None:
    asyncio.run(played.stage.slack.says(played.cases[1].who.slack, played.cases[1].words))
    played.stage.work()
    assert played.kinds() == {"doubled"}
    assert len(played.found()) == 2, "in the database, and in the desk's channel"


def test_a_message_that_was_posted_twice_or_never_is_seen(played: Played) -> None:
    written = played.cases[1]
    posted = {"kept": True, "channel": f"D{written.who.slack[1:]}", "key": "head:9", "words": "x"}
    for ts in ("1.1", "1.2"):
        played.stage.journal.write("slack", "received", "chat.postMessage", ts, 200, **posted)
    assert played.kinds() == {"doubled"}
    silent = replace(written, who=played.customers[0])
    assert any("has no message" in fault.words for fault in played.found(silent))


@pytest.mark.parametrize("side", ["twilio", "slack", "smtp"])
def test_somebody_elses_word_is_seen_wherever_it_is_told(played: Played, side: str) -> None:
    ann, ben = played.customers
    (sid,) = played.calls
    facts = {
        "twilio": {"said": f"Server {ben.canary} is running."},
        "slack": {"channel": f"D{ann.slack[1:]}", "words": f"House {ben.canary}"},
        "smtp": {"to": "person.0@customer.example", "words": f"about House {ben.canary}"},
    }[side]
    kind = "asked" if side == "twilio" else "received"
    played.stage.journal.write(side, kind, "anything", sid if side == "twilio" else "1.1", 200, **facts)  # type: ignore[arg-type]
    (fault,) = played.found()
    assert (fault.kind, ben.canary in fault.words) == ("told", True)


def test_the_desks_channel_may_name_everybody_but_not_two_in_one_message(played: Played) -> None:
    ann, ben = (who.canary for who in played.customers)
    facts = {"channel": AGENT_CHANNEL, "words": f"House {ann} and House {ben}"}
    played.stage.journal.write("slack", "received", "chat.update", "1.1", 200, **facts)
    assert played.kinds() == {"told"}


@pytest.mark.begins_first
def test_every_service_that_is_broken_on_purpose_is_found_out(sqlite_url: str, tmp_path: Path) -> None:
    """At every change one of them; the others with `--everything`."""
    names, new = [*CONTROLS] if is_everything() else ["forgets"], sqlite_url.removeprefix("sqlite:///")
    urls = {name: f"sqlite:///{shutil.copyfile(new, tmp_path / f'{name}.db')}" for name in names}
    assert controls(names, urls, Options(1.0, 0.5, 0, 1, 0, 0, 1, 0, pace=0.02), tmp_path)
