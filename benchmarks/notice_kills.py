"""A run of notices is mailed once each, however often the service is killed or stopped while it runs. `make notice-kills`

    python -m benchmarks.notice_kills [--notices 10000] [--kills 12] [--only SQLite]

One notice to the owners of so many accounts, sent by `deskgate serve` in a process that is ended again and again at some moment: in one run with SIGKILL,
in the other with SIGTERM, a clean stop. Between a mail server's yes and our writing it down no protocol helps: who is killed there sends that one mail again,
with the same Message-ID, so that a kill repeats one mail at most. A clean stop repeats none; neither loses any. Each process finds the clock
moved on by more than a lease, so that nobody waits for those of the dead. Exits 1 if it is otherwise. docs/notices.md
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from sqlalchemy import select

from benchmarks.measuring import KINDS, databases, machine
from benchmarks.slack_side import Service, opened
from benchmarks.turns import settings
from deskgate.app import make_app
from deskgate.settings import read_settings
from store import Store, now_ms, tables
from tests.channels.mailbox import Mailbox
from tests.channels.notice_runs import repeats, written
from tests.desk import SECRET

LEASE: Final = 130_000  # ms; more than a worker that died holds a job
PATIENCE: Final = 1_800  # seconds for the whole of a run
AHEAD: Final = "NOTICE_KILLS_AHEAD"  # ms by which a process finds the clock moved on
HOW: Final = {signal.SIGKILL: "killed", signal.SIGTERM: "stopped"}


def app() -> FastAPI:
    """In the process that is ended."""
    ahead = int(os.environ[AHEAD])
    return make_app(read_settings(_env_file=None), clock=lambda: now_ms() + ahead)


def is_pending(store: Store) -> bool:
    j = tables.jobs.c
    with store.engine.connect().execution_options(reads_only=True) as connection:
        return (
            connection.execute(select(j.id).where(j.kind == "notice_mail", j.done_at.is_(None)).limit(1)).first()
            is not None
        )


def one_run(kind: str, url: str, houses: int, kills: int, how: signal.Signals, folder: Path) -> bool:
    """Prints what came of it; whether it is as wanted."""
    dice, store, began = random.Random(2026), opened(url), time.monotonic()
    written(store, houses)
    with Mailbox() as mailbox:
        given = {**settings(url), "SECRET_KEYS": SECRET, "SMTP_URL": mailbox.url}
        for n in range(kills + 1):
            environment = {**given, AHEAD: str(n * LEASE)}
            service = Service("benchmarks.notice_kills:app", environment, folder / f"{kind} {how}.log")
            service.start()
            enough = (n + 1) * houses // (kills + 1)
            while len(mailbox.mails) < enough or (n == kills and is_pending(store)):
                assert service.is_alive, f"the service ended by itself: {service.log}"
                assert time.monotonic() - began < PATIENCE
                time.sleep(0.005)
            if n < kills and how is signal.SIGKILL:
                time.sleep(dice.uniform(0, 0.02))
                service.kill()
            else:
                service.stop()
        twice = repeats(store, mailbox.mails, houses)
    store.close()
    good = twice <= (kills if how is signal.SIGKILL else 0)
    print(
        f"{kind:11}{HOW[how]} {kills} times: {houses} notices, {len(mailbox.mails)} mails taken, {twice} of them a repeat, nobody left out; "
        f"{mailbox.sessions} sessions, {time.monotonic() - began:.0f} s   {'as wanted' if good else 'WRONG'}",
        flush=True,
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    good = True
    with tempfile.TemporaryDirectory() as folder, databases(*HOW.values(), kinds=kinds) as urls:
        for kind in kinds:
            for how in HOW:
                good &= one_run(kind, urls[kind, HOW[how]], options.notices, options.kills, how, Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
