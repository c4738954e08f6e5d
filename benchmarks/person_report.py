"""How long `deskgate person report` takes on a desk with a million of everything, and how long an erasure looks.

    python -m benchmarks.person_report [many]

On SQLite: so many tickets, messages, entries of the ledger and of all else, two people an account.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable

from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, load_schemes
from benchmarks import filling, growth
from store import OPERATOR, Store, Transaction, migrate, open_store, tables
from store.operator import erasure, person_report

WHO = 5  # any of them


def asks(action: Action) -> Callable[[Transaction], Grant]:
    def granted(tx: Transaction) -> Grant:
        verdict = tx.ask(Ask(OPERATOR, action, None, None, Proof.NONE))
        assert isinstance(verdict, Grant)
        return verdict

    return granted


def measure(store: Store) -> None:
    with store.transaction("shell") as tx:
        p = tables.people.c
        username = tx.connection.execute(select(p.username).where(p.id == WHO)).scalar_one()
    began, cpu = time.perf_counter(), time.process_time()
    found = person_report.report(store, asks(Action.DESK_OPERATE), asks(Action.DESK_LEDGER_READ), username)
    assert found is not None
    rows = sum(map(len, found.sections.values()))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"report: {took:.1f} s, of the processor {cpu:.1f} s; {rows} rows in {len(found.sections)} sections", flush=True
    )
    began = time.perf_counter()
    done = erasure.erase(
        *(store, asks(Action.DESK_OPERATE), asks(Action.DESK_ACCOUNTS_WRITE), username), words=True, dry_run=True
    )
    assert done is not None
    print(
        f"what an erasure would take: {time.perf_counter() - began:.1f} s; {sum(done.found.values())} rows", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("many", nargs="?", type=int, default=1_000_000)
    many: int = parser.parse_args().many
    with tempfile.TemporaryDirectory(prefix="deskgate-report-") as folder:
        url = f"sqlite:///{folder}/desk.db"
        migrate(url)
        store = open_store(url, growth.KEYS, load_schemes())
        filling.past(store, growth.fill(store, many), many, int(time.time() * 1000))
        measure(store)
        store.close()


if __name__ == "__main__":
    main()
