"""What a ticket by Slack costs the worker: its own processor time until the desk's card and the customer's thread stand.

    python -m benchmarks.worker [--tickets 200] [--rounds 3] [--only SQLite] [--show 25]

Messages of Mia Chen's are written down as tickets with no worker beside; then a worker in a process of its own does all that is owed,
with its threads as `deskgate serve` starts them, until nothing is pending. Slack's Web API says ok to it from another process. What
PostgreSQL takes is its own and not counted. `--show` says in which functions one thread spends it, by a profiler, which makes it slower.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

from benchmarks.measuring import APART, KINDS, PATIENCE, aim, databases, machine

AIM_MS: Final = {"SQLite": 4.0, "PostgreSQL": 6.0}
WARM: Final = 20  # tickets before the first that counts: statements are compiled, modules imported
_here: dict[str, Any] = {}  # of the worker's process


# --- in the worker's process


def _open(settings: dict[str, str]) -> None:
    import os

    from deskgate.app import open_container
    from deskgate.serve import log_as_lines
    from deskgate.settings import read_settings

    os.environ.update(settings)
    log_as_lines(production=True)
    _here["container"] = open_container(read_settings())


def _start() -> None:
    from deskgate.worker import Worker

    container = _here["container"]
    container.slack.context.look(anew=True)
    _here["worker"], _here["began"] = Worker(container.store, container.deliveries), time.process_time()
    _here["worker"].start()


def _stop() -> float:
    """Seconds of processor time since it was started."""
    spent = time.process_time() - float(_here["began"])
    _here["worker"].stop()
    return spent


def _profiled(most: int) -> None:
    """All that is owed, by one thread."""
    from deskgate.worker import Worker

    container = _here["container"]
    worker = Worker(container.store, container.deliveries)
    with cProfile.Profile() as profile:
        while worker.do_one():
            pass
    pstats.Stats(profile).sort_stats("tottime").print_stats(most)


# --- beside it


class Messages:
    """Messages of Mia's, each of which opens a ticket, written down by a desk without a worker."""

    def __init__(self, url: str, api: str) -> None:
        from benchmarks.slack_side import Hands, desk_settings
        from bot.inbound.bolt_app import make_bolt
        from deskgate.app import open_container
        from deskgate.settings import Settings

        settings = {name.lower(): value for name, value in desk_settings(url, api).items()}
        self._container = open_container(Settings.model_validate(settings))
        assert self._container.slack is not None
        self._context = self._container.slack.context
        self._bolt, self._n = make_bolt(self._context), 0
        hands = Hands()
        hands.mia.dm("our site is down, since this morning")
        (asked,) = hands.heard()
        self._body = asked.body
        self._ts = str(json.loads(asked.body)["event"]["ts"]).encode()
        self.store, self.close = self._container.store, self._container.store.close

    def write(self, many: int) -> None:
        from bot import router

        for _ in range(many):
            self._n += 1
            body = json.loads(self._body.replace(self._ts, f"{2_000_000_000 + self._n}.000000".encode()))
            status, said = router.respond(self._context, self._bolt, body)
            assert status == 200, (status, said)

    @property
    def owed(self) -> int:
        return self.store.backlog().pending


@contextmanager
def slack_apart() -> Iterator[str]:
    """Slack's Web API in a process of its own; its address."""
    ours, theirs = APART.Pipe()
    process = APART.Process(target=_slack, args=(theirs,), daemon=True)
    process.start()
    try:
        assert ours.poll(PATIENCE), "Slack's part does not start"
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _slack(pipe: Any) -> None:
    import asyncio

    from benchmarks.slack_side import WebApi

    async def run() -> None:
        pipe.send(await WebApi().open())
        await asyncio.Event().wait()

    asyncio.run(run())


def drained(messages: Messages, worker: ProcessPoolExecutor, many: int) -> float:
    """Milliseconds of the worker's processor time a ticket."""
    messages.write(many)
    assert messages.owed, "nothing is owed for them"
    worker.submit(_start).result()
    end = time.monotonic() + PATIENCE + many
    while messages.owed:
        assert time.monotonic() < end, f"{messages.owed} jobs are still owed"
        time.sleep(0.05)
    return float(worker.submit(_stop).result()) / many * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--show", type=int, default=0, metavar="LINES")
    options = parser.parse_args()
    from benchmarks.slack_side import desk_settings, furnished

    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    print(
        f"\nms of the worker's processor time a ticket by Slack, {options.tickets} of them a round, the backlog awaited"
    )
    with databases("worker", kinds=kinds) as urls, slack_apart() as api:
        for (kind, _), url in urls.items():
            furnished(url)
            messages, given = Messages(url, api), {**desk_settings(url, api), "PUBLIC_URL": "http://127.0.0.1:8000"}
            with ProcessPoolExecutor(1, mp_context=APART, initializer=_open, initargs=(given,)) as worker:
                drained(messages, worker, min(WARM, options.tickets))
                rounds = [drained(messages, worker, options.tickets) for _ in range(options.rounds)]
                if options.show:
                    messages.write(options.tickets)
                    worker.submit(_profiled, options.show).result()
            messages.close()
            print(f"  {kind:12}{median(rounds):7.2f}   by round: " + ", ".join(f"{ms:.2f}" for ms in rounds))
            aim(f"worker: ms a ticket by Slack, {kind}", median(rounds), AIM_MS[kind], at_most=True)


if __name__ == "__main__":
    main()
