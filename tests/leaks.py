"""No digit of a PIN or a code is left anywhere: what every test leaves behind is searched for every secret that came to be in it.

A pytest plugin. It sees secrets where they are made or keyed, by watching a few functions and changing none, and fails a test
with the place and the kind of secret, never with its digits. tests/seeking.py says in which forms they are recognised,
`ALLOWED` where they may stand. Not looked for: the two digits of an approval in Slack, which any text holds by chance.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from deskgate import metrics
from tests import watching
from tests.postgres import Server
from tests.seeking import Found, Secrets
from tests.sizes import STORE, is_everything

PAGE, LOG_HEAD, FRAME_HEAD = 4096, 32, 24  # bytes, of a SQLite file and of its log
PIECE, LAP, DIGITS = 1024, 128, b"0123456789"  # bytes: no secret in any form is longer than LAP
TEMPLATES: Final = ("_sqlite_template", "_sample_template", "_postgres_template", "sample_postgres_template")

# (place, kind, why it may stand there): patterns of whole words
ALLOWED: Final = (
    ("page /ivr/.*", "code .*", "a code is spoken to the caller who asked for it"),
    ("page /simulator.*", ".*", "the simulator plays people, and shows players what its people know"),
    ("page /slack/.*", "code .*|page", "shown in Slack to whoever asked for it, in the answer to their click"),
    ("page /(desk.*|sign-in.*|join/.*)", "session", "the cookie, to the browser that has signed in"),
    ("page /pin/.*", "PIN", "a new PIN is shown once, on a one-time page mailed to its owner"),
    ("page /desk/(tickets|calls)/[0-9]+/assistant", "assistant's token", "a new token is shown once to its agent"),
    ("page /accounts/.*/keys", "API key", "a new key is shown once to whoever made it, after a second proof"),
    ("page /me/pin", "PIN", "a new PIN is shown once to its owner, after a second proof"),
    (
        "page /me/slack/code",
        "code of kind link",
        "a code to link Slack is shown once to its owner, after a second proof",
    ),
    ("page /me/app", "page", "to their own one-time page, which the desk names in Slack as well"),
    ("page /(enrol|join|desk/join)/.*", "authenticator's secret", "scanned once, from a one-time page"),
    ("page /(pin|enrol|join|desk/join)/.*", "page", "the form of a one-time page goes to its own address"),
    ("page /login-details/.*", "login details", "shown once to the one they are for, after a second proof"),
    ("page /(login-details/.*|prove.*|sign-in.*)", "login link", "it leads there, by way of signing in and proving"),
    ("(mail|URL .*)", "login link", "mailed to the address on file; it opens in their own proved session alone"),
    ("Twilio's journal", "code .*", "the simulator's own note of what was spoken"),
    ("to Slack, body", "code .*|page", "a code, or a one-time address, in somebody's direct messages"),
    ("to Twilio, body", "code .*", "a code as a text message"),
    ("mail", "code .*|page", "a code to link Slack, or a one-time address, by mail to the address on file"),
    ("URL /.*", "page", "a one-time page has its token in its address, and is used up by its form"),
)


class Left(NamedTuple):
    """A piece of what a test left, and where."""

    place: str
    text: str


class Database(NamedTuple):
    """Every row as text, its table before it; the pages of its file if it is one; numbers that everybody may see."""

    rows: list[str]
    pages: list[bytes]
    public: frozenset[str]


class Search:
    """What is known of the test that runs: its secrets, and what it left so far."""

    def __init__(self) -> None:
        self.secrets = Secrets()  # of this module, whose fixtures may outlive a test, and of the sample accounts
        self.sample: list[tuple[str, str]] = []
        self.module, self.furnishing = "", False
        self.left: list[Left] = []
        self.journals: list[Any] = []
        self.found: set[str] = set()
        self.known: set[str | bytes] = set()  # rows and pages that stand in a template, where they were searched
        self.seen: set[str | bytes] = set()  # the same for this module
        self.looked_for = self.looked_through = 0

    def learn(self, secret: str, kind: str) -> None:
        new = self.secrets.learn(secret, kind)
        self.looked_for += new
        if new and self.furnishing:
            self.sample.append((secret, kind))

    def leave(self, place: str, text: str) -> None:
        self.left.append(Left(place, text))

    def begin(self, module: str) -> None:
        if module != self.module:
            self.module, self.secrets = module, Secrets()
            self.seen.clear()
            for secret, kind in self.sample:
                self.secrets.learn(secret, kind)
        self.left.clear()
        self.journals.clear()
        self.found.clear()

    def look(self, left: Iterable[Left], public: frozenset[str] = frozenset()) -> None:
        """Notes where something holds a secret that may not stand there."""
        pieces = list(left)
        whole = "\n".join(text for _, text in pieces)
        self.looked_through += len(whole)
        if not any(self.secrets.within(whole, public)):
            return
        for place, text in pieces:
            self.found |= {
                f"{place}: a {one.kind}, {one.form}"
                for one in self.secrets.within(text, public)
                if not is_allowed(place, one)
            }

    def look_into(self, database: Database, of: str) -> None:
        """The same for a database. What stands in a template was searched there."""
        rows, pages, public = database
        new = [row for row in rows if row not in self.known and row not in self.seen]
        self.look((Left(f"{of}, table {row.partition(' ')[0]}", row) for row in new), public)
        changed = once({page for page in pages if page not in self.known and page not in self.seen})
        self.seen.update(new, pages)  # what was there before a secret was made does not hold it
        if changed:
            own = frozenset(re.findall(r"\d{8,}", "\n".join(rows)))
            self.looked_through += len(changed)
            within = self.secrets.within_bytes(changed, own, public)
            self.found |= {f"{of}, file: a {one.kind}, {one.form}" for one in within}

    def know(self, database: Database) -> None:
        self.look_into(database, "a template")
        self.known.update(database.rows, database.pages)


SEARCH: Final = Search()
SPANS: Final = InMemorySpanExporter()


def is_allowed(place: str, found: Found) -> bool:
    return any(re.fullmatch(where, place) and re.fullmatch(kind, found.kind) for where, kind, _why in ALLOWED)


# --- databases

_EVERYBODYS: Final = {"people": "support_id", "accounts": "number"}


def sqlite_at(path: Path, *, pages: bool = True) -> Database:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
        opened.text_factory = lambda kept: kept.decode("utf-8", "replace")  # a test may have put bytes there
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [f"{table} {row!r}" for table in tables for row in opened.execute(f'SELECT * FROM "{table}"')]
        public = [
            str(number)
            for table, column in _EVERYBODYS.items()
            if table in tables
            for (number,) in opened.execute(f'SELECT "{column}" FROM "{table}"')
        ]
    return Database(rows, pages_of(path) if pages else [], frozenset(public))


def pages_of(path: Path) -> list[bytes]:
    """Of the file and of its log."""
    raw, log = path.read_bytes(), path.with_name(path.name + "-wal")
    frames = log.read_bytes()[LOG_HEAD:] if log.exists() else b""
    every = [raw[at : at + PAGE] for at in range(0, len(raw), PAGE)]
    return every + [frames[at : at + PAGE] for at in range(FRAME_HEAD, len(frames), FRAME_HEAD + PAGE)]


def once(pages: Iterable[bytes]) -> bytes:
    """What stands in these pages, each piece once: a log holds a page anew for each row that came to it. Pieces lap over, so that
    nothing is cut; digits at a cut are whole in the piece beside it."""
    pieces = set()
    for page in pages:
        for at in range(0, len(page), PIECE):
            piece = page[max(0, at - LAP) : at + PIECE + LAP]
            piece = piece.lstrip(DIGITS) if at else piece
            pieces.add(piece.rstrip(DIGITS) if at + PIECE + LAP < len(page) else piece)
    return b" ".join(pieces)


def postgres_at(opened: psycopg.Connection[Any]) -> Database:
    tables = [
        table for (table,) in opened.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    ]
    every = [f"SELECT '{table} ' || t::text FROM public.\"{table}\" t" for table in tables]
    every += [f"SELECT 'public ' || {column} FROM {table}" for table, column in _EVERYBODYS.items() if table in tables]
    found = [row for (row,) in opened.execute(" UNION ALL ".join(every).encode())] if every else []
    public = frozenset(row.removeprefix("public ") for row in found if row.startswith("public "))
    return Database([row for row in found if not row.startswith("public ")], [], public)


def files_of(item: pytest.Item) -> Iterator[Path]:
    """The SQLite databases of a test: in its own folder, and those of a desk that is lent to several."""
    lent = getattr(item, "funcargs", {})
    if isinstance(folder := lent.get("tmp_path"), Path) and folder.is_dir():
        yield from folder.glob("*.db")
    for one in lent.values():
        url = str(getattr(getattr(one, "settings", None), "database_url", ""))
        path = Path(url.removeprefix("sqlite:///"))
        if url.startswith("sqlite:///") and path.parent != lent.get("tmp_path") and path.exists():
            yield path


# --- in a run of pytest


def pytest_configure() -> None:
    watching.begin(SEARCH)
    provider = TracerProvider()  # as an operator has it who traces what else runs on the machine
    provider.add_span_processor(SimpleSpanProcessor(SPANS))
    trace.set_tracer_provider(provider)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    if fixturedef.argname == "postgres":
        server: Server = yield
        server.look = look_at_postgres
        return server
    if fixturedef.argname not in TEMPLATES:
        return (yield)
    SEARCH.furnishing = True
    try:
        made: Any = yield
    finally:
        SEARCH.furnishing = False
    if isinstance(made, Path):
        SEARCH.know(sqlite_at(made))
    else:
        with request.getfixturevalue("postgres").connect(made) as opened:
            SEARCH.know(postgres_at(opened))
    return made


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    SEARCH.begin(item.nodeid.partition("::")[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    if len(SEARCH.secrets):
        look_at_what_is_left(item)
        if nextitem is None or nextitem.path != item.path:  # metrics only grow: once for all secrets of a module
            SEARCH.look([measured()])
    result = yield
    if SEARCH.found:
        pytest.fail("secrets were left behind:\n" + "\n".join(sorted(SEARCH.found)), pytrace=False)
    return result


def look_at_postgres(opened: psycopg.Connection[Any]) -> None:
    if len(SEARCH.secrets):
        SEARCH.look_into(postgres_at(opened), "PostgreSQL")


def look_at_what_is_left(item: pytest.Item) -> None:
    public: set[str] = set()
    # What was deleted stands in the file for a while. Rows are looked at everywhere; to read all files takes as long as a tenth of
    # the tests, so at every change it is done where the store itself is tried.
    pages = is_everything() or STORE in item.path.parents
    for path in files_of(item):
        database = sqlite_at(path, pages=pages)
        public |= database.public
        SEARCH.look_into(database, "SQLite")
    printed = [Left(section, text) for _when, section, text in item._report_sections]
    journals = [Left("Twilio's journal", watching.journal(exchange)) for exchange in SEARCH.journals]
    SEARCH.look([*SEARCH.left, *printed, *journals, *traced()], frozenset(public))


def traced() -> list[Left]:
    spans = [Left("a trace", span.to_json()) for span in SPANS.get_finished_spans()]
    SPANS.clear()
    return spans


def measured() -> Left:
    return Left("metrics", generate_latest(metrics.REGISTRY).decode())


# --- what it came to

_SEEN: Final = {"secrets": 0, "bytes": 0, "processes": 0}


def pytest_sessionfinish(session: pytest.Session) -> None:
    said = {"secrets": SEARCH.looked_for, "bytes": SEARCH.looked_through, "processes": 1}
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["leaks"] = said
    elif SEARCH.looked_through:
        _add(said)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _add(getattr(node, "workeroutput", {}).get("leaks", {}))


def _add(said: dict[str, int]) -> None:
    for what, count in said.items():
        _SEEN[what] += count


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _SEEN["bytes"]:
        terminalreporter.write_line(
            f"Secrets: {_SEEN['secrets']:,} looked for in {_SEEN['bytes'] / 1e6:,.1f} MB that tests left behind."
        )
