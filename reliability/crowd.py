"""Callers and Slack members who come by the clock, whatever the desk does: each says words of their own, and remembers what was said to them.

At rate 1: twenty calls a second, each with one PIN checked, of which ten open a ticket and hear it read back (15 seconds) and ten hear their services (5 seconds):
200 live calls. And ten tickets a second by Slack. One caller in `MISTYPES` keys a wrong PIN first. Who begins late does so by the generator's fault: `late` says by how much.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from reliability.furnishing import Customer
from reliability.journal import Journal
from reliability.service import Service
from reliability.world.calls import Call, Screen, Twilio
from reliability.world.slack_people import SlackPeople

CALLS, TICKETS_BY_SLACK = 20.0, 10.0  # a second, at rate 1
TALKS, LISTENS = 2.1, 1.25  # seconds between two keys, of who opens a ticket and of who listens
MISTYPES: Final = 200
CASE: Final = re.compile(r"\bcase ([a-z]{10})\b")
LETTERS: Final = "bcdfghjklmnpqrstvwxz"  # no word, and no digits, which the desk leaves out where they may be a PIN
NUMBER: Final = re.compile(r"The ticket number is ((?:\d )*\d)\.")
AGAIN: Final = "lease call again"


class Timed(NamedTuple):
    kind: str  # "webhook" or "acknowledgement"
    at: float  # when it began, seconds by the monotonic clock
    took: float
    status: int


@dataclass
class Case:
    """One thing that somebody wants of the desk. `promised`: they were told that it is there, or Slack that it was taken."""

    code: str
    who: Customer
    channel: str
    promised: bool = False
    number: int = 0  # as it was told
    read_back: bool | None = None  # the words, by phone; None: not asked
    written: bool = False  # what was spoken was told as words as well

    @property
    def words(self) -> str:
        return f"our site is down, case {self.code}"

    def hears(self, screen: Screen, call: Call) -> None:
        """What was said to who has just spoken them."""
        self.written = call.told_words
        if (told := NUMBER.search(screen.said)) is not None:
            self.promised, self.number = True, int(told[1].replace(" ", ""))


@dataclass
class Crowd:
    """`callers` and `members` are customers, each with one call or message at a time. `pace`: by how much the pauses between keys are longer."""

    service: Service
    journal: Journal
    callers: deque[Customer]
    members: deque[Customer]
    pace: float = 1.0
    now: Callable[[], float] = time.time  # the desk's clock
    cases: list[Case] = field(default_factory=list)
    calls: dict[str, Customer] = field(default_factory=dict)  # sid → who called
    times: list[Timed] = field(default_factory=list)
    late: list[float] = field(default_factory=list)  # seconds after their moment that somebody began
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # what nobody may be told
    live: int = 0
    most_live: int = 0

    def __post_init__(self) -> None:
        self._twilio = Twilio(self.service.lines(), self.service.public, self.journal, self.times_of("webhook"))
        self._slack = SlackPeople(self.service.lines(), self.journal, now=self.now)
        self._turn = itertools.count()

    def times_of(self, kind: str) -> Callable[[float, int], None]:
        def noted(took: float, status: int) -> None:
            self.times.append(Timed(kind, time.monotonic() - took, took, status))

        return noted

    async def come(self, rate: float, seconds: float) -> None:
        """For so long they come; returns when the last of them has gone."""
        async with asyncio.TaskGroup() as group:
            for often, begin in ((rate * CALLS, self._calls), (rate * TICKETS_BY_SLACK, self._writes)):
                if often:
                    group.create_task(self._by_the_clock(often, seconds, begin))

    async def _by_the_clock(self, often: float, seconds: float, begin: Callable[[], Awaitable[None]]) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for n in range(int(often * seconds)):
                due = began + n / often
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self.late.append(time.monotonic() - due)
                group.create_task(_of(begin))

    # --- by phone

    async def _calls(self) -> None:
        if not self.callers:
            self.outcomes["nobody was free to call"] += 1
            return
        who, n = self.callers.popleft(), next(self._turn)
        self.live += 1
        self.most_live = max(self.most_live, self.live)
        call = Call(self._twilio, who.number)
        self.calls[call.sid] = who
        try:
            ended = await self._talks(call, who, opens=n % 2 == 0, mistypes=n % MISTYPES == 7)
        finally:
            self.live -= 1
            self.callers.append(who)
        if not call.over:
            await call.hang_up()
        self.outcomes[ended] += 1

    async def _talks(self, call: Call, who: Customer, *, opens: bool, mistypes: bool) -> str:
        """How it ended. A call may last and end in more ways than one; whatever is unlike what was wanted is named."""
        pause = self.pace * (TALKS if opens else LISTENS)
        screen = await call.dial()
        for keys in (who.support_id, *(["00000000"] if mistypes else []), who.pin):
            if screen.then != "gather":
                return self._ended(screen)
            await asyncio.sleep(pause)
            screen = await call.key(keys)
            if keys == "00000000" and "Press 2" in screen.said:
                self.wrong.append(f"a wrong PIN was taken, call {call.sid}")
        if "Press 2" not in screen.said:
            return self._ended(screen)
        await asyncio.sleep(pause)
        if not opens:
            screen = await call.key("4")
            await asyncio.sleep(pause)
            return "listened" if who.canary in screen.said else self._ended(screen)
        screen = await call.key("1")
        if screen.then != "record" or "something went wrong" in screen.said:
            return self._ended(screen)
        await asyncio.sleep(pause)
        return await self._opens(call, who, pause)

    async def _opens(self, call: Call, who: Customer, pause: float) -> str:
        case = Case(code(), who, "phone")
        self.cases.append(case)
        screen = await call.speak(case.words)
        case.hears(screen, call)
        if not case.promised or screen.then != "gather":
            return self._ended(screen)
        await asyncio.sleep(pause)
        screen = await call.key("2")
        if screen.then != "gather":
            return self._ended(screen)
        case.read_back = case.code in screen.said if case.written else None
        if set(CASE.findall(screen.said)) - {one.code for one in self.cases if one.who is who}:
            self.wrong.append(f"somebody else's words were read out, call {call.sid}")
        await asyncio.sleep(pause)
        return "opened a ticket"

    @staticmethod
    def _ended(screen: Screen) -> str:
        if screen.failed:
            return f"no answer that can be played ({screen.status or 'none'})"
        if AGAIN in screen.said:
            return "asked to call again"
        if "something went wrong" in screen.said:
            return "an apology"
        return f"unlike what was wanted: {screen.said[:60]!r}"

    # --- in Slack

    async def _writes(self) -> None:
        if not self.members:
            self.outcomes["nobody was free to write"] += 1
            return
        who = self.members.popleft()
        case = Case(code(), who, "Slack")
        self.cases.append(case)
        self.outcomes[await self._delivers(case)] += 1
        self.members.append(who)

    async def _delivers(self, case: Case) -> str:
        """As Slack does: again at once where it was not taken, and once more a little later (which is a minute there)."""
        asked = self._slack.direct(case.who.slack, case.words)
        for again, pause in enumerate((0.0, 0.0, 10.0, 30.0)):
            await asyncio.sleep(pause)
            answer = await self._slack.deliver(asked, again=again)
            if again == 0:
                self.times_of("acknowledgement")(answer.took, answer.status)
            if 200 <= answer.status < 300:
                case.promised = True
                return "written" if not again else "written, delivered again"
        return "never taken"

    async def burst(self, many: int, seconds: float = 1.0) -> list[float]:
        """So many messages within so many seconds; how long each took to be taken for the first time, infinite for those that were not."""
        before, cases = (
            len(self.times),
            [Case(code(), who, "Slack") for who in _round(self.members, many)],
        )
        self.cases += cases
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for n, case in enumerate(cases):
                await asyncio.sleep(max(0.0, began + n * seconds / many - time.monotonic()))
                self.late.append(time.monotonic() - began - n * seconds / many)
                group.create_task(_of(lambda case=case: self._delivers(case)))  # type: ignore[misc]
        first = [one for one in self.times[before:] if one.kind == "acknowledgement"]
        return [one.took if 200 <= one.status < 300 else float("inf") for one in first]

    def close(self) -> None:
        self._twilio.lines.close()
        self._slack.lines.close()


def code() -> str:
    """Nobody says it by chance."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


async def _of(begin: Callable[[], Awaitable[object]]) -> None:
    await begin()


def _round(who: Sequence[Customer], many: int) -> list[Customer]:
    return [who[n % len(who)] for n in range(many)]
