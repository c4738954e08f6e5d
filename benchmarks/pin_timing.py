"""Seven kinds of refused PIN take the same time: medians less than 1 ms apart over 3,000 each. `make pin-timing`, docs/pins.md

    python -m benchmarks.pin_timing [--samples 3000] [--only SQLite]

Signed requests to the whole app in this process, straight at its ASGI entry; one at a time, the kinds in random order. Timed is
the turn that brings a PIN, from the request to the last byte of the answer. Between turns, outside that time, counters are put
where the kind has them (nothing counted, locked, disabled), calls are answered and IDs keyed, and the clock goes on by a
minute, so that neither the twenty tries a minute nor the desk's budget end the measurement. Every answer is compared as well:
a kind that heard anything else would stop the run.

The control is an unknown ID whose hash is left out: it must be seen, or the measurement sees nothing. Exits 1 if medians are
1 ms or more apart, or if the control is not.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import random
import re
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any, NamedTuple
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from benchmarks.measuring import ACCOUNT, KINDS, TOKEN, databases, machine, parameters
from ivr import pin
from ivr.pin import Attempt, Right
from ivr.webhook import step_token
from store import HashPool, Keys
from store.verification import attempt_limits
from store.verification.pins import Pin
from tests.desk import PUBLIC, Desk, load_samples
from tests.refused import Stranger, prepare, strangers, unknown_ids

CONTROL = "(control: no hash)"
BOUND = 1.0  # ms
MINUTE = 61_000
OPERATOR = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_number": "+441632960000"}


class Answer(NamedTuple):
    text: str
    ms: float
    cpu: float  # of this process, in ms: PostgreSQL's is not in it


class Wire:
    """Posts one signed webhook to the app and says how long its answer took, and how much processor time, in ms."""

    def __init__(self, app: Any) -> None:
        self._app, self._signer = app, RequestValidator(TOKEN)

    async def post(self, path: str, form: dict[str, str]) -> Answer:
        signature = self._signer.compute_signature(PUBLIC + path, form)
        body, said = urlencode(form).encode(), list[bytes]()
        place, _, query = path.partition("?")
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": place,
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8000),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200, message
            else:
                said.append(message["body"])

        began, worked = time.perf_counter(), time.process_time()
        await self._app(scope, receive, send)
        took, work = time.perf_counter() - began, time.process_time() - worked
        return Answer(b"".join(said).decode(), took * 1000, work * 1000)


class OnTheLine:
    """A caller of one kind, in one call after another, three tries each."""

    _sids = itertools.count(1)

    def __init__(self, wire: Wire, keys: Keys, stranger: Stranger, ids: Callable[[], str]) -> None:
        self.stranger, self._wire, self._keys, self._ids = stranger, wire, keys, ids
        self._sid, self.tries = "", 0

    async def begin(self) -> None:
        """To the prompt for a PIN, if the last call is over."""
        if self.tries % 3:
            return
        self._sid, self.tries = f"CA{next(self._sids):032x}", 0
        await self._wire.post("/ivr/voice", self._form(""))
        fresh = self.stranger.kind in ("unknown ID", CONTROL)
        await self._turn(0, self._ids() if fresh else self.stranger.support_id)

    async def key_pin(self) -> Answer:
        answer = await self._turn(1 + self.tries, self.stranger.pin)
        self.tries += 1
        return answer._replace(text=f"{self.tries} {re.sub(r't=[A-Za-z0-9_-]{20}', 't=…', answer.text)}")

    async def _turn(self, step: int, digits: str) -> Answer:
        return await self._wire.post(f"/ivr/turn?t={step_token(self._keys, self._sid, step)}", self._form(digits))

    def _form(self, digits: str) -> dict[str, str]:
        return {**parameters(self._sid, digits), "From": self.stranger.number, "Caller": self.stranger.number}


class Times(NamedTuple):
    kind: str
    ms: list[float]
    cpu: list[float]

    def line(self) -> str:
        cuts, work = quantiles(self.ms, n=20), median(self.cpu)
        return f"  {self.kind:20} {len(self.ms):6} {cuts[0]:8.3f} {median(self.ms):8.3f} {cuts[-1]:8.3f} {work:8.3f}"


async def measure(url: str, samples: int) -> list[Times]:
    """All kinds and the control, each so many times; the control a tenth of it."""
    desk = Desk(url, **OPERATOR)
    kinds = strangers(desk.store)
    kinds[CONTROL] = kinds["unknown ID"]._replace(kind=CONTROL)
    wire, ids = Wire(desk.app), unknown_ids()
    lines = {kind: OnTheLine(wire, desk.store.keys, stranger, lambda: next(ids)) for kind, stranger in kinds.items()}
    evaluate, leaving_out = pin.evaluate, [False]

    def evaluated(pool: HashPool, keys: Keys, attempt: Attempt, pin: Pin) -> Right | None:
        assert desk.container.phone is not None
        desk.container.phone.radar._memories.clear()  # it would slow a thousand guesses with one PIN, and say so to the ear
        if leaving_out[0]:
            pool.leave()
            return None
        return evaluate(pool, keys, attempt, pin)

    pin.evaluate = evaluated
    order = [kind for kind in kinds for _ in range(samples if kind != CONTROL else max(50, samples // 10))]
    random.Random(2026).shuffle(order)
    order = [*list(kinds) * 6, *order]  # the first are not counted: everything is opened and compiled then
    times = {kind: Times(kind, [], []) for kind in kinds}
    heard: dict[str, set[str]] = {kind: set() for kind in kinds}
    gc.collect()
    gc.disable()
    for n, kind in enumerate(order):
        await lines[kind].begin()
        desk.now += MINUTE
        with desk.store.transaction("test") as tx:
            prepare(tx, lines[kind].stranger)
        leaving_out[0] = kind == CONTROL
        answer = await lines[kind].key_pin()
        leaving_out[0] = False
        heard[kind].add(answer.text)
        if n >= 6 * len(kinds):
            times[kind].ms.append(answer.ms)
            times[kind].cpu.append(answer.cpu)
        if n % 500 == 499:
            gc.collect()
            progress(n, len(order))
    gc.enable()
    pin.evaluate = evaluate
    desk.close()
    assert all(answers == heard["wrong PIN"] for answers in heard.values()), "the kinds do not hear the same"
    assert len(heard["wrong PIN"]) == 3, "three tries, three answers"
    return list(times.values())


def progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}    ", end="", file=sys.stderr, flush=True)


def area(one: list[float], other: list[float]) -> float:
    """AUC: how often a turn of one kind is longer than one of the other. 0.5 is chance, 1 tells them apart every time."""
    ordered = sorted(other)
    below = sum(bisect_left(ordered, ms) + bisect_right(ordered, ms) for ms in one)
    return below / (2 * len(one) * len(other))


def report(kind: str, found: list[Times]) -> bool:
    """Prints the figures of one database; whether they are as wanted."""
    *seven, control = found
    print(
        f"\n{kind}: ms from request to answer\n  {'':20} {'turns':>6} {'5 %':>8} {'median':>8} {'95 %':>8} {'cpu':>8}"
    )
    for times in found:
        print(times.line())
    print(f"  between the medians in µs (AUC):\n  {'':20}" + "".join(f"{times.kind:>18}" for times in seven[:-1]))
    apart = []
    for n, one in enumerate(seven[1:], 1):
        cells = []
        for other in seven[:n]:
            apart.append(median(one.ms) - median(other.ms))
            cells.append(f"{apart[-1] * 1000:+8.0f} ({area(one.ms, other.ms):.3f})")
        print(f"  {one.kind:20}" + "".join(f"{cell:>18}" for cell in cells))
    most, seen = max(map(abs, apart)), abs(median(control.ms) - median(seven[0].ms))
    work = [median(times.cpu) for times in seven]
    areas = [area(one.ms, other.ms) for one, other in itertools.combinations(seven, 2)]
    good = most < BOUND <= seen
    print(
        f"  most between two medians: {most * 1000:.0f} µs of {BOUND * 1000:.0f} (of processor time "
        f"{(max(work) - min(work)) * 1000:.0f} µs); AUC {min(areas):.3f} to {max(areas):.3f}; "
        f"control {seen:.1f} ms, AUC {area(seven[0].ms, control.ms):.3f}: {'as wanted' if good else 'WRONG'}",
        flush=True,
    )
    return good


def main() -> None:
    asked = argparse.ArgumentParser(description="How long each kind of refused PIN takes")
    asked.add_argument("--samples", type=int, default=3_000)
    asked.add_argument("--only", choices=KINDS)
    given = asked.parse_args()
    print(machine(), flush=True)
    good = True
    with databases("timing", kinds=(given.only,) if given.only else KINDS) as urls:
        for (kind, _), url in urls.items():
            load_samples(url)
            good &= report(kind, asyncio.run(measure(url, given.samples)))
    print(
        f"lock {attempt_limits.LOCK // 60_000} min, {attempt_limits.TRIES_A_MINUTE} tries a minute, Argon2id 19 MiB t=2 p=1",
        flush=True,
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
