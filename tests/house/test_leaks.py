"""The search for PINs and codes finds what it should: one is planted in each kind of place, and in each form. T24"""

from __future__ import annotations

import base64
import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from authz import Subject
from deskgate import mail, metrics, smtp
from deskgate.app import Container
from deskgate.settings import Settings
from store.codes import one_time_codes, one_time_links
from store.jobs import job_queue
from store.sign_in import credentials, sessions
from store.sign_in.realms import STAFF
from store.verification import totp
from store.verification.pins import Pin
from tests import leaks, watching
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire
from tests.leaks import ALLOWED, SEARCH, Left, Search
from tests.seeking import Secrets, stands_in

PIN = "58203917"


@pytest.fixture(autouse=True)
def planted() -> Iterator[Search]:
    """What is planted here is no leak of the desk's: it is taken out again before the test is looked at."""
    yield SEARCH
    SEARCH.found.clear()
    SEARCH.left.clear()


@pytest.fixture
def one_desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite)
    yield opened
    opened.close()


def found_in(search: Search, place: str) -> bool:
    search.look(search.left)
    return any(line.startswith(place) for line in search.found)


# --- in each form


def forms(digits: str) -> dict[str, str]:
    spelled = {f"base64 at {n}": base64.b64encode(b"x" * n + digits.encode() + b"&y=1").decode() for n in range(3)}
    return spelled | {
        "as it is": f"Digits={digits}#",
        "in JSON": f'{{"pin":"{digits}"}}',
        "a number": repr((int(digits), 0)),
        "backwards": digits[::-1],
        "spaced": " ".join(digits),
        "spoken": ", ".join(digits),
        "parted": f"{digits[:4]} {digits[4:]}",
        "percent": "".join(f"%{ord(digit):02x}" for digit in digits),
        "hex": digits.encode().hex(),
        "sha256": hashlib.sha256(digits.encode()).hexdigest(),
        "sha1": hashlib.sha1(digits.encode()).hexdigest(),
        "md5": hashlib.md5(digits.encode()).hexdigest(),
    }


@pytest.mark.parametrize("form", forms(PIN))
def test_every_form_is_found(form: str) -> None:
    secrets = Secrets()
    secrets.learn(PIN, "PIN")
    text = f"somebody keyed {forms(PIN)[form]} and rang off"
    assert [found.kind for found in secrets.within(text)] == ["PIN"]
    if " " not in forms(PIN)[form]:  # of a file only whole words are read; its rows are read besides
        assert list(secrets.within_bytes(b"\0\1" + text.encode() + b"\0"))


def test_what_only_looks_like_it_is_not_found() -> None:
    secrets = Secrets()
    secrets.learn(PIN, "PIN")
    secrets.learn("482915", "authenticator's code")
    for text in (f"17{PIN}501", "5820 3918", "58203918", "1795348800.482915", "+482915", "abc482915", quote("5820391")):
        assert not list(secrets.within(text)), text
    assert list(secrets.within("the code is 482915 now"))


def test_a_pin_beside_other_digits_in_a_file_is_found() -> None:
    secrets = Secrets()
    secrets.learn(PIN, "PIN")
    beside = f"id1234{PIN}99".encode()
    assert list(secrets.within_bytes(beside))
    assert not list(secrets.within_bytes(beside, own={f"1234{PIN}99"})), "a number of its own, which stands in a table"


def test_a_hash_kept_as_bytes_is_found() -> None:
    secrets = Secrets()
    secrets.learn(PIN, "PIN")
    assert list(secrets.within_bytes(b"\xff" + hashlib.sha256(PIN.encode()).digest()))


def test_a_number_everybody_may_see_is_no_secret() -> None:
    secrets = Secrets()
    secrets.learn("10000081", "PIN")
    assert list(secrets.within("10000081"))
    assert not list(secrets.within("10000081", {"10000081"}))


def test_what_is_found_never_shows_it() -> None:
    Pin(PIN)
    SEARCH.look([Left("somewhere", forms(PIN)["in JSON"])])
    assert SEARCH.found
    assert PIN not in "".join(SEARCH.found)


# --- where secrets come from


def test_secrets_are_learnt_where_they_are_made(one_desk: Desk) -> None:
    before = len(SEARCH.secrets)
    with one_desk.store.transaction("test") as tx:
        made = [
            one_time_codes.issue(tx, "link", Subject("person:1")),
            one_time_links.issue(tx, "pin", Subject("person:1")),
            sessions.begin(tx, STAFF, 1),
        ]
        made.append(totp.begin(tx, 1))
        totp.confirm(tx, 1, "482915")
    credentials.hashed("seven lamps over the harbour")
    Caller(Wire(one_desk)).prove(pin="40718263")
    made += ["482915", "seven lamps over the harbour"]
    assert len(SEARCH.secrets) == before + len(made) + 1
    for secret in (*made, "40718263"):
        assert list(SEARCH.secrets.within(f"here: {secret}."))


# --- in each place


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_one_in_a_table_is_found(database: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[database])
    Pin(PIN)
    desk = Desk(url)
    with desk.store.transaction("test") as tx:
        job_queue.enqueue(tx, "test", "test", {"pin": PIN})
    desk.close()
    if database == "sqlite":
        SEARCH.look_into(leaks.sqlite_at(Path(url.removeprefix("sqlite:///"))), "SQLite")
    else:
        host = url.partition("host=")[2].partition("&")[0]
        name = url.partition("@/")[2].partition("?")[0]
        with psycopg.connect(host=host, port=5432, user="postgres", dbname=name) as opened:
            leaks.look_at_postgres(opened)
    assert any("table jobs" in line for line in SEARCH.found)
    if database == "postgresql":
        with psycopg.connect(host=host, port=5432, user="postgres", dbname=name) as opened:
            opened.execute("DELETE FROM jobs")


def test_one_that_was_deleted_is_found_in_the_file(tmp_path: Path) -> None:
    Pin(PIN)
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA secure_delete = off")
        opened.execute("CREATE TABLE t (x)")
        opened.executemany("INSERT INTO t VALUES (?)", [(f"keyed {PIN}",), ("other",)])
        opened.commit()
        opened.execute("DELETE FROM t")
        opened.commit()
    SEARCH.look_into(leaks.sqlite_at(path), "SQLite")
    assert any("SQLite, file" in line for line in SEARCH.found)


def test_one_in_the_log_is_found() -> None:
    Pin(PIN)
    structlog.get_logger("deskgate").warning("keyed", digits=PIN)
    assert found_in(SEARCH, "the log")
    SEARCH.left.clear()
    SEARCH.found.clear()
    logging.getLogger("some.library").warning("POST Digits=%s", PIN)
    assert found_in(SEARCH, "the log")


def test_one_in_an_exception_that_is_logged_is_found() -> None:
    Pin(PIN)
    try:
        raise ValueError(f"no such PIN: {PIN}")
    except ValueError:
        structlog.get_logger("deskgate").exception("a fault")
    assert found_in(SEARCH, "the log")


async def _nothing() -> Message:
    return {"type": "http.request"}


async def _ignored(_message: Message) -> None:
    return None


@pytest.mark.parametrize("where", ["page /desk", "URL /desk", "an exception at /desk"])
def test_one_in_a_page_a_url_or_a_fault_is_found(where: str) -> None:
    Pin(PIN)

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if where.startswith("an exception"):
            raise ValueError(PIN)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"<b>{PIN}</b>".encode() if "page" in where else b""})

    scope = {"type": "http", "path": "/desk", "query_string": f"pin={PIN}".encode() if "URL" in where else b""}
    run = metrics.RequestTimer(app)(scope, _nothing, _ignored)
    with suppress(StopIteration, ValueError):
        run.send(None)
    assert found_in(SEARCH, where)


def test_one_in_a_mail_and_in_a_request_of_ours_is_found(one_desk: Desk) -> None:
    Pin(PIN)
    container: Container = one_desk.container
    settings: Settings = container.settings
    letter = mail._mail(settings, "a@b.example", "A", f"Your PIN is {PIN}", "…", "key")
    with pytest.raises(job_queue.RetryLaterError):
        smtp.MailServer("smtp://127.0.0.1:1").send(letter)
    assert found_in(SEARCH, "mail")
    number = one_desk.exchange.number
    one_desk.exchange.create_call(number, f"http://127.0.0.1:8000/ivr/voice?pin={PIN}")
    assert list(SEARCH.secrets.within(watching.journal(one_desk.exchange)))


def test_one_printed_is_looked_for() -> None:
    Pin(PIN)
    SEARCH.look([Left("Captured stdout call", f"the PIN {PIN}")])
    assert any("stdout" in line for line in SEARCH.found)


def test_one_in_the_metrics_is_found() -> None:
    Pin(PIN)
    metrics.REQUESTS.labels(PIN, 200).observe(1)
    try:
        SEARCH.look([leaks.measured()])
    finally:
        metrics.REQUESTS.remove(PIN, 200)
    assert any(line.startswith("metrics") for line in SEARCH.found)


# --- what may stand where


def test_every_exception_has_its_reason_and_few_let_a_pin_through() -> None:
    assert all(len(why) > 20 for _, _, why in ALLOWED)
    assert {where for where, kind, _ in ALLOWED if kind in (".*", "PIN")} == {
        "page /simulator.*",
        "page /pin/.*",
        "page /me/pin",
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("your code is 482 913", True),
        ("+482913", True),
        ("at 1795482913250", False),
        ("3f482913ab", False),
        ("4-8-2-9-1-3.", True),
    ],
)
def test_f4_digits_are_met_as_a_number_of_their_own_and_not_by_chance(text: str, found: bool) -> None:
    assert stands_in("482913", text) is found


def test_wherever_it_stands_in_a_page_it_is_found_and_a_longer_number_is_not() -> None:
    """A log is searched in pieces, each once."""
    secrets = Secrets()
    secrets.learn(PIN, "PIN")
    for at in range(leaks.PIECE - 20, leaks.PIECE + leaks.LAP + 20):
        page, number = (b"." * at + text + b"." * leaks.PAGE for text in (PIN.encode(), f"17{PIN}432".encode()))
        assert list(secrets.within_bytes(leaks.once([page, page])))
        assert not list(secrets.within_bytes(leaks.once([number]), own=[f"17{PIN}432"]))
        assert len(leaks.once([page])) == len(leaks.once([page, page]))
