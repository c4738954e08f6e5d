"""How long an import of 100,000 accounts takes, and how much memory: the first time, again, and with a change to every tenth.

    python -m benchmarks.import_speed [accounts] [--only SQLite] [--once]

Three contacts an account, two people an account, one service, one invoice; no PINs (a PIN is 20 ms on one of two places).
Processor time is our own, not PostgreSQL's. The tests' PostgreSQL does not wait for the disk (tests/postgres.py), which matters little to one transaction.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from authz import load_schemes
from benchmarks.measuring import APART, KINDS
from store import Keys, migrate, open_store
from store.accounts.people import check_digit
from store.imports.file_format import read
from store.imports.import_run import run
from tests.postgres import running_server

Document = dict[str, list[dict[str, Any]]]


def document(accounts: int) -> Document:
    people = [
        {
            "username": f"person.{n}",
            "name": f"Person {n}",
            "email": f"person.{n}@customer.example",
            "phones": [f"+4416{n:08}"],
            "support_id": f"{1_000_000 + n}{check_digit(str(1_000_000 + n))}",
        }
        for n in range(accounts * 2)
    ]
    return {"people": people, "accounts": [account(n, accounts * 2) for n in range(accounts)]}


def account(n: int, people: int) -> dict[str, Any]:
    return {
        "number": str(1_000_000 + n),
        "name": f"Customer {n}",
        "scheme": "standard_roles",
        "status": "active",
        "services": [{"id": f"vps-{n}", "name": f"VPS {n}", "status": "running", "managed_sla": False}],
        "invoices": [
            {"number": f"SR-{n}", "amount": "64.50", "currency": "EUR", "due": "2026-11-30", "status": "unpaid"}
        ],
        "contacts": [
            {"person": f"person.{2 * n}", "roles": ["owner"]},
            {"person": f"person.{2 * n + 1}", "roles": ["billing"]},
            {"person": f"person.{(2 * n + 2) % people}", "roles": ["support"]},
        ],
    }


def measure(name: str, url: str, files: dict[str, Path]) -> None:
    """In a process of its own, so that its memory is its own."""
    migrate(url)
    store = open_store(url, Keys([bytes(range(32))]), load_schemes())
    for what, path in files.items():
        began, cpu = time.perf_counter(), time.process_time()
        file = read(path)
        parsed = time.process_time() - cpu
        result = run(store, file, progress=_progress)
        took, cpu, n = time.perf_counter() - began, time.process_time() - cpu, sum(result.counts.values())
        most = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024
        print(
            f"{name}, {what}: {took:.1f} s, of the processor {cpu:.1f} s, of which {parsed:.1f} s reading the file; "
            f"{n} differences; {most} MiB at most until now",
            flush=True,
        )
        del file, result
    store.close()


def _progress(stage: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage}: {done} of {total}    ", end="", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("accounts", type=int, nargs="?", default=100_000)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--once", action="store_true", help="only the first time")
    options = parser.parse_args()
    accounts = options.accounts
    with tempfile.TemporaryDirectory() as folder, running_server(Path("/tmp")) as server:
        first, later = Path(folder, "first.json"), Path(folder, "later.json")
        made = document(accounts)
        first.write_text(json.dumps(made), encoding="utf-8")
        for entry in made["accounts"][::10]:
            entry["contacts"][2]["roles"] = ["billing", "support"]
        later.write_text(json.dumps(made), encoding="utf-8")
        print(
            f"{accounts} accounts, {accounts * 3} contacts, {first.stat().st_size // 1024 // 1024} MiB of JSON",
            flush=True,
        )
        del made
        files = {"first": first}
        if not options.once:
            files |= {"again": first, "every tenth account changed": later}
        for name in (options.only,) if options.only else KINDS:
            url = f"sqlite:///{folder}/deskgate.db" if name == "SQLite" else server.create("import")
            process = APART.Process(target=measure, args=(name, url, files))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(f"{name}: the measurement failed")


if __name__ == "__main__":
    main()
