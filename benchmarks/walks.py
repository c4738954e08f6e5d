"""What people's everyday walks take, counted: transactions, statements, decisions and files of the product, on SQLite.

    python -m benchmarks.walks

Nothing is timed, so a busy machine changes nothing. Each walk is gone once before it is counted, so that what is made at a first use is
made. A transaction is one that may write; statements are the driver's, without those that begin and end one; a decision is a
call of the judge; a file counts once, when a function of it is entered.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from authz import judge
from benchmarks.measuring import databases
from benchmarks.slack_side import MIA, MIA_IN_SLACK
from simulator.phone import Phone
from tests.bot.slack_desk import AGENTS, SlackDesk, stage
from tests.desk import load_samples
from tests.golden.people import PEOPLE
from tests.portal.browsing import Agent
from tests.statements import watched

ROOT: Final = Path(__file__).resolve().parents[1]
ROOMS: Final = ("authz", "bot", "desk", "deskgate", "ivr", "portal", "store")
WORDS: Final = "the shop is slow"


@dataclass
class Counts:
    transactions: int = 0
    reads: int = 0
    statements: int = 0
    decisions: int = 0
    files: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)


class Counter:
    """Counts what happens inside `counting()`, in whichever thread. Made before any thread of the desk is: a thread is watched
    from its beginning or not at all."""

    def __init__(self) -> None:
        self._now: Counts | None = None
        threading.setprofile(self._entered)
        sys.setprofile(self._entered)

    def _entered(self, frame: FrameType, event: str, _given: Any) -> None:
        if self._now is None or event != "call":
            return
        self._now.files.add(frame.f_code.co_filename)
        self._now.decisions += frame.f_code is judge.__code__

    def statement(self, words: str) -> None:
        if (now := self._now) is None:
            return
        if words.startswith("BEGIN"):
            now.transactions += words == "BEGIN IMMEDIATE"
            now.reads += words == "BEGIN"
        else:
            now.statements += 1
            now.seen.append(words)

    @contextmanager
    def counting(self) -> Iterator[Counts]:
        counts = self._now = Counts()
        try:
            yield counts
        finally:
            self._now = None
        rooms = tuple(f"{ROOT / room}/" for room in ROOMS)
        counts.files = {name.removeprefix(f"{ROOT}/") for name in counts.files if name.startswith(rooms)}


def prepared(desk: SlackDesk) -> tuple[Phone, Agent]:
    """Mia linked in Slack and at the menu of a call, an agent signed in."""
    desk.link(MIA_IN_SLACK, MIA)
    agent = Agent(desk)
    agent.sign_in()
    mia = PEOPLE["mia"]
    phone = desk.exchange.phone(mia.number)
    phone.dial()
    for keys in (mia.support_id, mia.pin):
        phone.press(f"{keys}#")
    desk.work()
    desk.workspace.deliver = lambda: None  # type: ignore[method-assign]  # what the app says is an event, too, and not asked for here
    return phone, agent


def walks(desk: SlackDesk, phone: Phone, agent: Agent, counter: Counter) -> Iterator[tuple[str, Counts]]:
    """Each of them, as people go it."""
    with counter.counting() as counts:
        phone.press("9")
    assert phone.waiting is not None, "the call is over"
    yield "a key at the phone's menu", counts
    with counter.counting() as counts:
        desk.be(MIA_IN_SLACK).dm(WORDS)
    yield "a Slack message that opens a ticket, until it is acknowledged", counts
    with counter.counting() as counts:
        jobs = desk.work()
    assert WORDS in desk.said("U0KIM", AGENTS), "no card of it"
    yield f"its worker, until everything is posted ({jobs} jobs)", counts
    number = max(map(int, re.findall(r'href="/desk/tickets/(\d+)', agent.get("/desk/tickets").text)))
    for title, path in (("calls", "/desk"), ("one ticket", f"/desk/tickets/{number}")):
        with counter.counting() as counts:
            page = agent.get(path)
        assert page.status_code == 200, page.text
        yield f"a desk page: {title}", counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", metavar="WORDS", help="what was counted on the walk whose name has these words")
    options = parser.parse_args()
    counter = Counter()
    with databases("walks", kinds=("SQLite",)) as urls, stage() as here:
        url = urls["SQLite", "walks"]
        load_samples(url)
        desk = SlackDesk(url, here)
        with watched(desk.store.engine, counter.statement):
            hands = prepared(desk)
            gone = [list(walks(desk, *hands, counter)) for _ in range(2)][-1]
        desk.close()
    print(f"{'':66}transactions  reads  statements  decisions  files")
    for name, n in gone:
        print(f"{name:66}{n.transactions:12}{n.reads:7}{n.statements:12}{n.decisions:11}{len(n.files):7}")
        if options.show and options.show in name:
            print("\n".join([*(" ".join(words.split())[:160] for words in n.seen), *sorted(n.files)]))


if __name__ == "__main__":
    main()
