"""Whether the desk grows slower with its customers and its past: every operation at 10,000 and at 1,000,000 of each.

    python -m benchmarks.growth [--many 1000000] [--rounds 9] [--only SQLite] [--chores] [--tiny]

Three contacts, one service and one invoice an account, two people an account. One thread; the two databases of a kind take
turns, each time with other people drawn at random. Times of the parts are taken inside a transaction; a ticket and a turn
are whole transactions, COMMIT included. Beside so many contacts there are as many tickets, messages and entries of the ledger, a
third of that of jobs and a fifth of calls (filling.py); what the desk does by itself with them is in chores.py. `--tiny` shows that it runs.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import text

from authz import Action, Ask, Grant, Proof, Subject, Topic, load_schemes
from benchmarks import filling
from benchmarks.chores import CHORES
from benchmarks.measuring import KINDS, aim, databases, machine
from ivr import phrases, types
from ivr.asks import DeskSettings
from ivr.store_desk import StoreDesk
from ivr.turn import PhoneContext, begin_turn, open_phone
from ivr.webhook import Twilio, step_token
from store import Keys, Store, Transaction, now_ms, open_store, tables
from store.accounts import account_details, people
from store.calls import call_state
from store.jobs import job_queue
from store.tickets import customer_tickets

SMALL, LARGE = 10_000, 1_000_000
TINY = 300
AT_MOST = 1.5  # times slower
GATE = 20  # ms: on SQLite nobody else writes meanwhile
BATCH = 40  # operations of one database before it is the other's turn
SCHEMES = {
    "media_temple": ("owner", "billing", "technical"),
    "standard_roles": ("owner", "billing", "support"),
    "memset": ("admin_contact,manage_billing,manage_services,manage_support", "manage_billing", "manage_support"),
}
KEYS = Keys([bytes(range(32))])
DESK = DeskSettings(("+441632960001",), ("+441632960001",))


# --- made-up customers


class Customer(NamedTuple):
    """The first contact of an account, who may do everything on it."""

    person: int
    account: int
    support_id: str
    phone: str


def customer(account: int) -> Customer:
    """The same every time; ids count from 1, as both databases would."""
    person = 2 * account - 1
    return Customer(person, account, support_id(person), phone(person))


def support_id(person: int) -> str:
    first_seven = str(1_000_000 + person)
    return first_seven + people.check_digit(first_seven)


def phone(person: int) -> str:
    return f"+4416{person:08}"


def rows(count: int) -> dict[Any, tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """Table → its columns and rows, for so many accounts, in the order foreign keys want."""
    schemes = tuple(SCHEMES)
    everyone, all_accounts = range(1, 2 * count + 1), range(1, count + 1)

    def contacts() -> Iterator[tuple[int, int]]:
        for n in all_accounts:
            yield from ((n, 2 * n - 1), (n, 2 * n), (n, 2 * (n % count) + 1))

    def rights() -> Iterator[tuple[int, int, str]]:
        for n, (account, person) in enumerate(contacts()):
            held = SCHEMES[schemes[account % len(schemes)]][n % 3]
            yield from ((account, person, word) for word in held.split(","))

    return {
        tables.people: (
            ("id", "username", "name", "email", "support_id"),
            ((n, f"person.{n}", f"Person {n}", f"person.{n}@customer.example", support_id(n)) for n in everyone),
        ),
        tables.phones: (("person_id", "number", "added_at"), ((n, phone(n), 0) for n in everyone)),
        tables.accounts: (
            ("id", "number", "name", "scheme", "status"),
            ((n, str(1_000_000 + n), f"Customer {n}", schemes[n % len(schemes)], "active") for n in all_accounts),
        ),
        tables.contacts: (("account_id", "person_id"), contacts()),
        tables.contact_rights: (("account_id", "person_id", "right"), rights()),
        tables.services: (
            ("account_id", "ref", "name", "status", "managed_sla"),
            ((n, f"vps-{n}", f"VPS {n}", "running", n % 2 == 0) for n in all_accounts),
        ),
        tables.invoices: (
            ("account_id", "number", "amount", "currency", "due", "status", "billed"),
            ((n, f"SR-{n}", "64.50", "EUR", "2026-11-30", "unpaid", "{}") for n in all_accounts),
        ),
    }


def fill(store: Store, contacts: int) -> int:
    """Straight into the tables; how many accounts that made."""
    count = contacts // 3
    with store.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if store.engine.dialect.name == "sqlite":
            raw.execute("BEGIN")
            for table, (columns, values) in rows(count).items():
                marks = ", ".join("?" * len(columns))
                raw.executemany(f"INSERT INTO {table.name} ({_quoted(columns)}) VALUES ({marks})", values)
            raw.execute("COMMIT")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            with raw.cursor() as cursor:
                for table, (columns, values) in rows(count).items():
                    with cursor.copy(f"COPY {table.name} ({_quoted(columns)}) FROM STDIN") as copy:
                        for value in values:
                            copy.write_row(value)
            raw.commit()
            raw.autocommit = True
            raw.execute("VACUUM ANALYZE")  # as autovacuum does soon after an import; SQLite has nothing that does it
            raw.execute("CHECKPOINT")
            raw.autocommit = False
    return count


def _quoted(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def disk(store: Store) -> str:
    with store.engine.connect().execution_options(reads_only=True) as connection:
        if store.engine.dialect.name == "sqlite":
            size = Path(str(store.engine.url.database)).stat().st_size
        else:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return f"{size / 1024**2:,.0f} MiB"


# --- what is timed


class Filled(NamedTuple):
    store: Store
    phone: PhoneContext
    accounts: int


Operation = Callable[[Filled, list[Customer]], float]


def _ask(tx: Transaction, who: Customer, action: Action, topic: Topic | None = None) -> Grant:
    verdict = tx.ask(Ask(Subject.of_person(who.person), action, who.account, topic, Proof.VERIFIED))
    assert isinstance(verdict, Grant), verdict
    return verdict


def at_the_menu(who: Customer) -> types.Call:
    """A call that is proven and stands at the menu."""
    subject = Subject.of_person(who.person)
    proven = int(Proof.VERIFIED)
    return types.Call("menu", subject=subject, proof=proven, accounts=(who.account,), account=who.account)


def inside(work_of: Callable[[Transaction, Customer], object]) -> Operation:
    """Times a part of a transaction, all customers of the batch in one."""

    def operation(desk: Filled, who: list[Customer]) -> float:
        with desk.store.transaction("phone", "CA" + "0" * 32) as tx:
            began = time.perf_counter()
            for one in who:
                work_of(tx, one)
            return time.perf_counter() - began

    return operation


def resolve(tx: Transaction, who: Customer) -> None:
    found = people.resolve(tx, who.support_id, who.phone)
    assert found[0] == who.person, found


def ask(tx: Transaction, who: Customer) -> None:
    _ask(tx, who, Action.TICKET_OPEN, Topic.TECHNICAL)


def offer(tx: Transaction, who: Customer) -> None:
    offered = StoreDesk(tx, DESK).offer(at_the_menu(who))
    assert offered.cells, offered


def invoices(tx: Transaction, who: Customer) -> None:
    assert len(account_details.invoices(tx, _ask(tx, who, Action.BILLING_VIEW))) == 1


def ticket(desk: Filled, who: list[Customer]) -> float:
    began = time.perf_counter()
    for one in who:
        with desk.store.transaction("phone", "CA" + "0" * 32) as tx:
            grant = _ask(tx, one, Action.TICKET_OPEN, Topic.TECHNICAL)
            number = customer_tickets.open(tx, grant, title="VPS 1 (by phone)", body="It does not answer any more.")
            job_queue.enqueue(tx, "bench", str(number), {"ticket": number})
    return time.perf_counter() - began


def turn(desk: Filled, who: list[Customer]) -> float:
    sids = [f"CA{random.getrandbits(128):032x}" for _ in who]
    with desk.store.transaction("phone") as tx:
        for sid, one in zip(sids, who, strict=True):
            call_state.begin(
                tx, sid, at_the_menu(one).to_json(), "first", "<Response/>", proved_by=at_the_menu(one).proved_by
            )
    tokens = [step_token(desk.store.keys, sid, 0) for sid in sids]
    began = time.perf_counter()
    for sid, token in zip(sids, tokens, strict=True):
        assert "<Gather" in str(begin_turn(desk.phone, sid, token, types.Keys("9"), ("second",)))
    return time.perf_counter() - began


OPERATIONS: dict[str, Operation] = {
    "identification (people.resolve)": inside(resolve),
    "standing and decision (tx.ask)": inside(ask),
    "the menu's offer": inside(offer),
    "invoices, with their decision": inside(invoices),
    "a ticket, work enqueued": ticket,
    "a whole turn (begin_turn, key 9)": turn,
}
AIMED_AT = ("a ticket, work enqueued", "a whole turn (begin_turn, key 9)")


def measure(small: Filled, large: Filled, rounds: int, batch: int) -> dict[str, list[tuple[float, float]]]:
    """Operation → seconds a piece with few and with many contacts, one pair a round."""
    chance = random.Random(2026)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in OPERATIONS}
    for n in range(rounds + 1):
        for name, operation in OPERATIONS.items():
            sums = [0.0, 0.0]
            for turn_about in range(6):  # who goes first alternates
                for which in (0, 1) if turn_about % 2 else (1, 0):
                    desk = (small, large)[which]
                    who = [customer(chance.randint(1, desk.accounts)) for _ in range(batch)]
                    sums[which] += operation(desk, who)
            if n:  # the first round warms up
                found[name].append((sums[0] / 6 / batch, sums[1] / 6 / batch))
    return found


def chores(small: Filled, large: Filled, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """The same of what the desk does by itself."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CHORES}
    for n in range(rounds + 1):
        for name, chore in CHORES.items():
            first, second = (small, large) if n % 2 else (large, small)
            took = {id(desk): median(chore(desk.store) for _ in range(5)) for desk in (first, second)}
            if n:
                found[name].append((took[id(small)], took[id(large)]))
    return found


def standing(at: int) -> Callable[[], int]:
    """A clock that stands still."""
    return lambda: at


def behind(by: int) -> Callable[[], int]:
    """A clock that is so many ms late."""
    return lambda: now_ms() - by


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=LARGE)
    parser.add_argument("--chores", action="store_true", help="only what the desk does by itself and its pages read")
    parser.add_argument("--tiny", action="store_true", help="whether it runs: the figures are worth nothing")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    few, many, rounds = (TINY, 2 * TINY, 1) if options.tiny else (SMALL, options.many, options.rounds)
    batch = 2 if options.tiny else BATCH
    print(machine(), flush=True)
    with databases("small", "large", kinds=kinds) as urls:
        for kind in kinds:
            desks = []
            for name, contacts in (("small", few), ("large", many)):
                began = now_ms()
                filling_store = open_store(urls[kind, name], KEYS, load_schemes(), standing(began))
                made = fill(filling_store, contacts)
                filling.past(filling_store, made, contacts, began, without=[tables.checkpoints])
                took = now_ms() - began
                print(f"{kind}: {contacts:,} of each written in {took / 1000:.1f} s, {disk(filling_store)}", flush=True)
                filling_store.close()
                # As if it had taken no time: or the sweeps would find all that has become over meanwhile.
                store = open_store(urls[kind, name], KEYS, load_schemes(), behind(took))
                twilio = Twilio("AC" + "0" * 32, ("token",), "http://127.0.0.1:8000")
                desks.append(Filled(store, open_phone(store, twilio, DESK, phrases.load()), made))
            found = {} if options.chores else measure(desks[0], desks[1], rounds, batch)
            alone = chores(desks[0], desks[1], rounds)
            print(f"\n{kind}: ms a piece, median of {rounds} rounds; ratio in each round, median")
            print(f"  {'':34}{few:>10,}{many:>12,}   ratio (least, most)")
            for name, pairs in (found | alone).items():
                little, much = (median(pair[n] for pair in pairs) * 1e3 for n in (0, 1))
                ratios = sorted(large / small for small, large in pairs)
                print(
                    f"  {name:34}{little:10.2f}{much:12.2f}   {median(ratios):5.2f} ({ratios[0]:.2f}, {ratios[-1]:.2f})"
                )
            for name in AIMED_AT if found else ():
                aim(f"{kind}: {name}, {many:,}/{few:,}", median(b / a for a, b in found[name]), AT_MOST, at_most=True)
            slowest = max(alone, key=lambda name: median(b for _, b in alone[name]))
            aim(f"{kind}: ms of the slowest, {slowest}", median(b for _, b in alone[slowest]) * 1e3, GATE, at_most=True)
            for desk in desks:
                desk.store.close()


if __name__ == "__main__":
    main()
