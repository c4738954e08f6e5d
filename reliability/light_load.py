"""A light load from outside, for a cluster that loses machines: tickets by Slack, calls with a wrong PIN, a right one and two things told.

Written down in a journal (journal.py) before anything else is done: what was acknowledged is what the platform got an answer for. Slack delivers
again until it gets a 2xx; Twilio does not, and an apology is no acknowledgement.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlencode

from authz import load_schemes
from benchmarks.measuring import ACCOUNT, TOKEN
from benchmarks.slack_side import Hands, furnished
from reliability.journal import Journal
from store import Keys, now_ms, open_store
from store.accounts.people import check_digit
from store.imports import import_run
from store.imports.file_format import read
from tests.desk import SECRET

WRONG, RIGHT = "20000001", "58203917"
SLACKS, TWILIOS, PAUSE = 3.0, 15.0, 1.0  # seconds: the patience of each; until Slack delivers again (it waits longer)
MONTH: Final = 30 * 86_400_000


class Caller(NamedTuple):
    """Somebody with a number on file, one service and one invoice, whose names nobody else has."""

    n: int
    number: str
    support_id: str

    @property
    def secrets(self) -> tuple[str, str]:
        return f"Server {self.n} of theirs", f"{9_000_000 + self.n}"


def callers(count: int) -> list[Caller]:
    ids = (str(3_000_000 + n) for n in range(1, count + 1))
    return [Caller(n, f"+4420{n:08}", word + check_digit(word)) for n, word in enumerate(ids, 1)]


def furnish(url: str, count: int) -> list[Caller]:
    """The sample desk with Mia Chen in Slack, and so many callers, each with a PIN, known for a month."""
    furnished(url)
    found = callers(count)
    people = [
        {
            "username": f"caller.{one.n}",
            "name": f"Caller {one.n}",
            "email": f"caller{one.n}@customer.example",
            "phones": [one.number],
        }
        | {"support_id": one.support_id, "pin": RIGHT}
        for one in found
    ]
    accounts = [
        {"number": str(700_000 + one.n), "name": f"Customer {one.n}", "scheme": "media_temple", "status": "active"}
        | {"services": [{"id": f"s-{one.n}", "name": one.secrets[0], "status": "running", "managed_sla": False}]}
        | {
            "invoices": [
                {
                    "number": one.secrets[1],
                    "amount": "20.00",
                    "currency": "EUR",
                    "due": "2026-12-01",
                    "status": "unpaid",
                }
            ]
        }
        | {"contacts": [{"person": f"caller.{one.n}", "roles": ["owner"]}]}
        for one in found
    ]
    store = open_store(url, Keys.parse(SECRET), load_schemes(), lambda: now_ms() - MONTH)
    import_run.run(store, read(json.dumps({"people": people, "accounts": accounts}).encode()), notices=False)
    store.close()
    return found


class Light:
    """So many tickets and calls a second at one port, until `stop`. `acknowledged` holds when each ticket and each turn was."""

    def __init__(
        self, port: int, public: str, journal: Journal, people: list[Caller], *, tickets: float, calls: float
    ) -> None:
        self._port, self._public, self._journal, self._people = port, public, journal, people
        self._every = {"tickets": 1 / tickets, "calls": 1 / calls}
        self._hands, self._numbers, self._going = Hands(), itertools.count(1), True
        self._mark = time.time_ns() // 1_000_000 % 10_000_000  # of this run: no case of another has this name
        self.acknowledged: dict[str, list[float]] = {"ticket": [], "turn": []}
        self.refused = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, one in (("tickets", self.ticket), ("calls", self.call)):
                group.create_task(self._again(group, self._every[name], one))

    def stop(self) -> None:
        self._going = False

    async def _again(self, group: asyncio.TaskGroup, every: float, one: Callable[[int], object]) -> None:
        at = time.monotonic()
        while self._going:
            group.create_task(one(next(self._numbers)))  # type: ignore[arg-type]
            at += every
            await asyncio.sleep(max(0.0, at - time.monotonic()))

    async def ticket(self, n: int) -> None:
        case = f"our site is down, case {self._mark}-{n}"
        self._hands.mia.dm(case)
        (event,) = self._hands.heard()
        while True:
            status, _ = await post(self._port, event.signed(), SLACKS)
            self._journal.write("slack", "asked", "ticket", case, status)
            if 200 <= status < 300:
                self.acknowledged["ticket"].append(time.monotonic())
                return
            self.refused += 1
            await asyncio.sleep(PAUSE)

    async def call(self, n: int) -> None:
        caller = self._people[n % len(self._people)]
        sid = f"CA{self._mark:016x}{n:016x}"
        action = await self._turn(sid, caller, "/ivr/voice", "began", status="ringing")
        for digits, what in (
            (caller.support_id, "id"),
            (WRONG, "wrong_pin"),
            (RIGHT, "right_pin"),
            ("4", "services"),
            ("3", "invoices"),
        ):
            if action is None:
                return
            action = await self._turn(sid, caller, action, what, Digits=digits)
        await self._turn(sid, caller, "/ivr/status", "ended", status="completed", SequenceNumber="0", CallDuration="9")

    async def _turn(
        self, sid: str, caller: Caller, path: str, what: str, *, status: str = "in-progress", **more: str
    ) -> str | None:
        """Where the next turn goes; None: it was not done, or the call is over."""
        ends = {"From": caller.number, "To": "+441632960000", "Caller": caller.number, "Called": "+441632960000"}
        form = {
            "CallSid": sid,
            "AccountSid": ACCOUNT,
            **ends,
            "CallStatus": status,
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
            **more,
        }
        signed = (self._public + path + "".join(name + form[name] for name in sorted(form))).encode()
        signature, body = (
            base64.b64encode(hmac.digest(TOKEN.encode(), signed, "sha1")).decode(),
            urlencode(form).encode(),
        )
        head = (
            f"POST {path} HTTP/1.1\r\nHost: desk\r\nX-Twilio-Signature: {signature}\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        answered, said = await post(self._port, head.encode() + body, TWILIOS)
        action = re.search(r'<Gather action="([^"]+)"', said)
        done = answered == 200 and (action is not None or what == "ended")
        told = [secret for secret in caller.secrets if secret in said or " ".join(secret) in said]
        facts = {"done": done, "told": told, "person": caller.n}
        self._journal.write("twilio", "asked", what, sid, answered, **facts)
        if not done:
            self.refused += 1
            return None
        self.acknowledged["turn"].append(time.monotonic())
        return action[1].replace("&amp;", "&").removeprefix(self._public) if action else None


async def post(port: int, request: bytes, patience: float) -> tuple[int, str]:
    """Status and body; 0: no answer came in that time."""
    writer = None
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else b""
            return int(head[9:12]), body.decode()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return 0, ""
    finally:
        if writer is not None:
            writer.close()


def outage(times: list[float], since: float, until: float) -> float:
    """The longest time between `since` and `until` in which nothing was acknowledged, in seconds."""
    within = [since, *sorted(at for at in times if since <= at <= until), until]
    return max(later - earlier for earlier, later in itertools.pairwise(within))
