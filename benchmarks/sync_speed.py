"""How long `deskgate sync` takes with 300,000 contacts, and how much memory: the first time, and again, when nothing may change.

    python -m benchmarks.sync_speed [accounts] [--only SQLite]

Three contacts an account, two people an account, one service, one invoice, as in import_speed.py. Processor time is our own, not PostgreSQL's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from authz import load_schemes
from benchmarks.import_speed import document
from benchmarks.measuring import APART, KINDS
from deskgate.sync_command import synced
from store import Keys, migrate, open_store
from tests.postgres import running_server


def measure(name: str, url: str, path: Path, accounts: int) -> None:
    """In a process of its own, so that its memory is its own."""
    migrate(url)
    store = open_store(url, Keys([bytes(range(32))]), load_schemes())
    for what in ("first", "again"):
        began, cpu = time.perf_counter(), time.process_time()
        with path.open("rb") as stream:
            done = synced(store, stream, known_since=None, over_locks=False, home="", notices=True)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        most = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024
        print(
            f"{name}, {what}: {took:.1f} s, of the processor {cpu:.1f} s; {done.lines} lines, {sum(done.counts.values())} differences, "
            f"{len(done.refused)} lines refused; {most} MiB at most until now",
            flush=True,
        )
        if done.lines != accounts or done.refused or (what == "again" and done.counts):
            sys.exit("not all was brought, or the second time changed something")
    store.close()


def write(path: Path, accounts: int) -> None:
    """Each line brings two people; the third contact came with the line before."""
    made = document(accounts)
    with path.open("w", encoding="utf-8") as lines:
        for n, account in enumerate(made["accounts"]):
            account["people"] = made["people"][2 * n : 2 * n + 2]
            account["contacts"][2]["person"] = f"person.{max(2 * n - 2, 1)}"
            if n == 0:
                del account["contacts"][2]
            lines.write(json.dumps(account) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("accounts", type=int, nargs="?", default=100_000)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server(Path("/tmp")) as server:
        path = Path(folder, "accounts.jsonl")
        write(path, options.accounts)
        print(f"{options.accounts} accounts, {options.accounts * 3 - 1} contacts, {path.stat().st_size >> 20} MiB")
        for name in (options.only,) if options.only else KINDS:
            url = f"sqlite:///{folder}/deskgate.db" if name == "SQLite" else server.create("sync")
            process = APART.Process(target=measure, args=(name, url, path, options.accounts))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(f"{name}: the measurement failed")


if __name__ == "__main__":
    main()
