"""How long the desk's pages take with a million tickets, and what ten of them open cost: `python -m benchmarks.pages`.

Each page is asked for through the real app, by agents who are signed in, with other words and numbers each time, in turns with a file
that needs no database and with an empty list: what is above those is the page's own. Milliseconds by the clock and of the processor (ours, and
of PostgreSQL's processes for us), the median, the 95th and the 99th percentile. Where the clock says much more than the processor, the
machine was busy. Then ten pages stay open for a while: what that takes of a core, beside none.
"""

from __future__ import annotations

import argparse
import itertools
import random
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from statistics import quantiles
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import Engine, insert, text

from authz import load_schemes
from benchmarks import filling
from benchmarks.growth import disk, fill
from benchmarks.measuring import APART, KINDS, aim, databases, machine
from store import Keys, Store, open_store, tables
from tests.desk import SECRET, Desk
from tests.portal.browsing import Agent, hire
from tests.serving import serving

MANY: Final = 1_000_000
AT_MOST: Final = 50  # ms at the 95th percentile
OF_A_CORE: Final = 0.05
AGENTS: Final = 5
OPEN_PAGES: Final = 10
LIVE: Final = 40  # calls: half of them wait
ASKS: Final = {"X-By-Itself": "1"}  # as a page does that is open (live.js)
HOUR: Final = 3_600_000
NEWEST: Final = ("SELECT max(opened_at) FROM tickets", "SELECT max(made_at) FROM staff_sessions")
# On top of filling.py, where all but ten of each are over. {first}: the first of our agents. The newest hundredth is the desk's to answer and
# is taken by them, so that every filter has something to leave out; they have looked at some of those accounts today.
MADE: Final = (
    """UPDATE tickets SET status = CASE WHEN number % 5 < 3 THEN 'open' ELSE 'waiting' END, kind = CASE number % 3 WHEN 0 THEN
       'question' ELSE 'problem' END, waiting_since = opened_at, due_at = opened_at + {hour} * (number % 9), topic = CASE number % 7 WHEN 0
       THEN 'billing' ELSE 'technical' END WHERE number > {many} - {open}""",
    "UPDATE tickets SET waiting_since = NULL, due_at = NULL WHERE status = 'waiting'",
    "INSERT INTO ticket_words (word, ticket) SELECT 'w' || (number % 1000), number FROM tickets",
    "UPDATE assignments SET staff_id = {first} + ticket % {agents} WHERE ticket > {many} - {open}",
    """INSERT INTO account_access (staff_id, account_id, at) SELECT {first} + number % {agents}, account_id, {now} - 2 * {hour} FROM tickets
       WHERE number > {many} - {open} / 10""",
    """UPDATE support_calls SET ended_at = NULL, ending = '', started_at = {now} - 4000 * ({calls} - id), subject = 'person:' || (2 * account_id - 1),
       taken_by = CASE id % 2 WHEN 0 THEN 'CB' || id END, taken_at = CASE id % 2 WHEN 0 THEN {now} - 2000 * ({calls} - id) END,
       staff_id = CASE id % 2 WHEN 0 THEN {first} + (id / 2) % {agents} END, proof = 2 WHERE id > {calls} - {live}""",
)
DAYS: Final = 400  # of which there are figures
FIGURES: Final = 40


class Running(Desk):
    """Its clock goes on from where it is set."""

    @property
    def now(self) -> int:
        return self._at + int((time.monotonic() - self._since) * 1000)

    @now.setter
    def now(self, at: int) -> None:
        self._at, self._since = at, time.monotonic()


class Asked(NamedTuple):
    """One kind of page: `paths` are what is asked for, each once a round."""

    name: str
    paths: Iterator[str]
    aimed: bool = True


# --- what is there


def filled(url: str, many: int) -> None:
    """A desk of so many tickets, and of as many of all else; or a third, or a fifth (filling.py)."""
    store = open_store(url, Keys.parse(SECRET), load_schemes())
    filling.past(store, fill(store, max(many, 30)), many, store.clock(), without=[tables.checkpoints])
    store.close()


def made_busy(desk: Desk, many: int) -> None:
    """The bad week: a hundredth of the tickets is open, and forty callers are on the line."""
    for n in range(AGENTS):
        hire(desk, f"bench.{n}", f"Agent {n}", "supervisor" if n == 0 else "agent")
    first = found(desk.store.engine, "SELECT id FROM staff WHERE username = 'bench.0'")
    calls = found(desk.store.engine, "SELECT max(id) FROM support_calls")
    known = {"many": many, "open": max(many // 100, 30), "agents": AGENTS, "first": first, "hour": HOUR, "live": LIVE}
    with desk.store.gate.locked(), desk.store.engine.begin() as connection:
        for statement in MADE:
            connection.execute(text(statement.format(now=desk.now, calls=calls, **known)))
        today = datetime.fromtimestamp(desk.now / 1000, UTC).date()
        days = [(today - timedelta(days=n + 1)).isoformat() for n in range(DAYS)]
        rows = [{"day": day, "figure": f"opened.word{n}", "many": n} for day in days for n in range(FIGURES)]
        connection.execute(insert(tables.daily_figures), rows)
    if not is_sqlite(desk.store):
        with desk.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as autovacuum does soon; SQLite has nothing that does it


def is_sqlite(store: Store) -> bool:
    return store.engine.dialect.name == "sqlite"


def found(engine: Engine, statement: str) -> Any:
    with engine.connect().execution_options(reads_only=True) as connection:
        return connection.execute(text(statement)).scalar()


def pages(many: int, cards: Sequence[Sequence[int]]) -> list[Asked]:
    """`cards`: of each agent, the calls they have."""
    chance = random.Random(2026)

    def some(least: int = 1) -> int:
        return chance.randint(least, many)

    open_ones = many - max(many // 100, 30) + 1
    lists = (
        *("", "?sort=waiting", "?status=waiting", "?status=closed", "?whose=mine", "?whose=mine&status=closed"),
        *("?whose=nobody", "?kind=question&topic=billing", "?kind=request&status=closed", "?late=1&priority=3"),
        *("?tag=tag7", "?tag=tag7&status=closed", "?status=closed&after={many}", "?sort=newest&after={some}"),
    )
    searches = (
        "#{some}",
        "slow",
        "slow+w{few}",
        "w{few}",
        "word{few}",
        "printer",
        "{account}",
        "person+{some}",
        "It+is",
    )

    def of(words: Sequence[str]) -> Iterator[str]:
        for one in itertools.cycle(words):
            account = 1_000_000 + some() // 3
            yield one.format(some=some(), few=chance.randrange(500), account=account, many=some(many // 2))

    return [
        Asked("a file (no database)", itertools.repeat("/static/live.js"), False),
        Asked("an empty list", itertools.repeat("/desk/tickets?status=pending"), False),
        Asked("queue", (f"/desk/tickets{one}" for one in of(lists))),
        Asked("search", (f"/desk/tickets?q={quote(one, safe='+')}" for one in of(searches))),
        Asked("ticket", (f"/desk/tickets/{some(open_ones if n % 2 else 1)}" for n in itertools.count())),
        Asked("ticket, and what was before", (f"/desk/tickets/{some()}?with=before" for _ in itertools.count())),
        Asked(
            "card of a call", (f"/desk/calls/{c[n // AGENTS % len(c)]}" for n, c in enumerate(itertools.cycle(cards)))
        ),
        Asked("calls", itertools.repeat("/desk")),
        Asked("wall", itertools.repeat("/desk/wall")),
        Asked("reports", itertools.cycle(("/desk/reports", "/desk/reports?by=week")), False),
        Asked("supervisors", itertools.repeat("/desk/supervisors"), False),
        Asked("staff", itertools.repeat("/desk/staff"), False),
    ]


LEADS: Final = ("reports", "supervisors", "staff")  # the first agent's alone


# --- what it takes


class Processor:
    """Time of the processor in seconds: of this process, and of those that PostgreSQL has for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files: list[Path] = []
        self.look()

    def look(self) -> None:
        """Which these are, once they are there."""
        if not is_sqlite(self._store):
            mine = "SELECT string_agg(CAST(pid AS text), ' ') FROM pg_stat_activity WHERE datname = current_database()"
            self._files = [Path(f"/proc/{pid}/schedstat") for pid in found(self._store.engine, mine).split()]

    def spent(self) -> float:
        return time.process_time() + sum(int(one.read_text().split()[0]) for one in self._files if one.exists()) / 1e9


def measured(desk: Desk, agents: Sequence[Agent], asked: Sequence[Asked], rounds: int) -> dict[str, list[list[float]]]:
    """Page → ms by the clock and of the processor, of each time."""
    times: dict[str, list[list[float]]] = {one.name: [[], []] for one in asked}
    processor = Processor(desk.store)
    warm = max(len(agents), 2)  # rounds that do not count
    for n in range(rounds + warm):
        if n == warm:
            processor.look()
        for one in asked:
            agent = agents[0 if one.name in LEADS else n % AGENTS]
            path, before, began = next(one.paths), processor.spent(), time.perf_counter()
            page = agent.client.get(path)
            took = time.perf_counter() - began, processor.spent() - before
            assert page.status_code == 200, (path, page.status_code, page.text[:300])
            for kept, seconds in zip(times[one.name], took, strict=True):
                kept += [seconds * 1e3] if n >= warm else []
    return times


def told(kind: str, asked: Sequence[Asked], times: dict[str, list[list[float]]]) -> None:
    print(f"  {'ms, of ' + str(len(times[asked[0].name][0])):30}{'by the clock':>24}{'of the processor':>24}")
    print(f"  {'':30}" + 2 * f"{'p50':>8}{'p95':>8}{'p99':>8}")
    for one in asked:
        cuts = [quantiles(each, n=100) for each in times[one.name]]
        print(f"  {one.name:30}" + "".join(f"{cut[n]:8.1f}" for cut in cuts for n in (49, 94, 98)), flush=True)
    for words, n in (("by the clock", 0), ("of the processor", 1)):
        late = {one.name: quantiles(times[one.name][n], n=100)[94] for one in asked}
        for names in ([one.name for one in asked if one.aimed], ["reports"]):
            slowest = max(names, key=late.__getitem__)
            aim(f"{kind}: ms {words}, of 100 the 95th, {slowest}", late[slowest], AT_MOST, at_most=True)


# --- pages that stay open


def opened(address: tuple[str, int], cookies: str, path: str) -> None:
    """One page as a browser keeps it: it listens, and asks for itself whenever it hears another stamp than the one it was made with."""

    def ask(was: str) -> str:
        shown = HTTPConnection(*address)  # the server would have closed the one of before
        shown.request("GET", f"{path}?stamp={was}", headers={"Cookie": cookies, **(ASKS if was else {})})
        answer = shown.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        shown.close()
        return answer.headers.get("X-Stamp") or was

    mine = ask("")
    with socket.create_connection(address) as line:
        line.sendall(f"GET /desk/events HTTP/1.1\r\nHost: desk\r\nCookie: {cookies}\r\n\r\n".encode())
        for heard in line.makefile():
            stamp = heard.removeprefix("data: ").strip()
            if heard.startswith("data: ") and stamp != mine:
                mine = ask(mine)


def browsers(address: tuple[str, int], whose: Sequence[tuple[str, str]], ready: Pipe) -> None:
    """All of them in a process of their own, whose time is not counted."""
    for cookies, path in whose:
        threading.Thread(target=opened, args=(address, cookies, path), daemon=True).start()
    ready.send(True)
    ready.recv()


@contextmanager
def looking(address: tuple[str, int], whose: Sequence[tuple[str, str]]) -> Iterator[None]:
    here, there = APART.Pipe()
    process = APART.Process(target=browsers, args=(address, whose, there))
    process.start()
    here.recv()
    try:
        yield
    finally:
        here.send(True)
        process.join()


def cost(desk: Desk, agents: Sequence[Agent], seconds: float, paths: Sequence[str]) -> tuple[float, float]:
    """What of a core it takes that nobody has a page open, and that ten are."""
    cookies = ["; ".join(f"{name}={value}" for name, value in agent.client.cookies.items()) for agent in agents]
    whose = [(cookies[n % AGENTS], paths[n % len(paths)]) for n in range(OPEN_PAGES)]
    processor = Processor(desk.store)

    def over() -> float:
        time.sleep(min(2.0, seconds))  # until all are there
        processor.look()
        began, before = time.monotonic(), processor.spent()
        time.sleep(seconds)
        return (processor.spent() - before) / (time.monotonic() - began)

    with serving(desk.app) as server:
        none = over()
        with looking(server.address, whose):
            return none, over()


# --- a run


def one_kind(kind: str, url: str, many: int, rounds: int, seconds: float) -> None:
    desk = Running(url, accounts_an_hour="1000")
    desk.now = 60_000 + max(found(desk.store.engine, one) or 0 for one in NEWEST)
    if found(desk.store.engine, "SELECT count(*) FROM staff WHERE username = 'bench.0'") == 0:
        made_busy(desk, many)
    agents = [Agent(desk, f"bench.{n}") for n in range(AGENTS)]
    with ExitStack() as stack:
        for agent in agents:
            stack.enter_context(agent.client)  # one loop for all its requests
            agent.sign_in()
        first, calls = agents[0].staff, found(desk.store.engine, "SELECT max(id) FROM support_calls")
        theirs = [
            found(
                desk.store.engine,
                f"SELECT min(id) FROM support_calls WHERE ended_at IS NULL AND staff_id = {first + n}",
            )
            for n in range(AGENTS)
        ]
        cards = [range(one, calls + 1, 2 * AGENTS) for one in theirs]
        asked = pages(many, cards)
        print(f"\n{kind}, {many:,} tickets, {disk(desk.store)}", flush=True)
        told(kind, asked, measured(desk, agents, asked, rounds))
        paths = ("/desk", "/desk/tickets", f"/desk/tickets/{many - 7}", f"/desk/calls/{cards[3][0]}", "/desk/wall")
        none, ten = cost(desk, agents, seconds, paths)
        print(
            f"  {OPEN_PAGES} pages open for {seconds:g} s: {ten:.2%} of a core, beside {none:.2%} with none", flush=True
        )
        aim(f"{kind}: of a core, {OPEN_PAGES} pages open", ten - none, OF_A_CORE, at_most=True)
    desk.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60, help="for which ten pages stay open")
    parser.add_argument("--tiny", action="store_true", help="whether it runs: the figures are worth nothing")
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument(
        "--at", metavar="URL", help="of a database that was filled already, with --many; of the kind --only names"
    )
    options = parser.parse_args()
    many, rounds, seconds = (600, 2, 0.2) if options.tiny else (options.many, options.rounds, options.seconds)
    kinds = (options.only,) if options.only else KINDS
    print(machine(), flush=True)
    with ExitStack() as stack:
        made = {} if options.at else stack.enter_context(databases("pages", kinds=kinds))
        for kind in kinds:
            url = options.at or made[kind, "pages"]
            if not options.at:
                filled(url, many)
            one_kind(kind, url, many, rounds, seconds)


if __name__ == "__main__":
    main()
