"""B9: no library traces us, whoever sets OpenTelemetry up beside us, for paths and queries have one-time tokens in them; and TRACES_URL has spans with nobody in them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
import structlog.testing
from fastapi import FastAPI
from fastapi.testclient import TestClient

from authz import Action, Ask, Grant, Proof, Subject
from deskgate import traces
from deskgate.http_client import http_client
from store.codes import one_time_links
from store.db import spans
from store.verification import pin_reset
from tests import leaks
from tests.api.asking import operators
from tests.bot.conftest import slack_stage  # noqa: F401 - a fixture
from tests.bot.slack_desk import SlackDesk, Stage
from tests.channels.collector import Collector, collecting
from tests.channels.mailbox import Mailbox
from tests.channels.test_fault_numbers import broken
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire
from tests.personal import held
from tests.portal.browsing import Agent, Browser


def test_b9_the_search_sees_what_fastapi_traces_by_itself() -> None:
    """The real SDK is there (tests/leaks.py), and a FastAPI that is left alone writes down what nobody asked it to."""
    app = FastAPI()

    @app.get("/pin/{token}")
    def _page(token: str) -> str:
        return "ok"

    leaks.SPANS.clear()
    with TestClient(app) as client:
        client.get("/pin/a-token-of-a-page")
    traced = leaks.traced()
    assert any("/pin/a-token-of-a-page" in text for _, text in traced), (
        "nothing is traced by itself any more: is this needed?"
    )


@pytest.mark.parametrize("variable", ["", "FASTAPI_OTEL_AUTO_CONFIGURE"])
def test_b9_nothing_of_ours_is(sample_sqlite: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    if variable:
        monkeypatch.setenv(variable, "true")
    leaks.SPANS.clear()
    desk = Desk(sample_sqlite, **ACCOUNT)
    with desk.store.transaction("test") as tx:
        token = one_time_links.issue(tx, "pin", Subject("person:8"))
    assert Browser(desk).get(f"/pin/{token}").status_code == 200
    caller = Caller(Wire(desk))
    caller.prove()
    assert caller.answer.status == 200
    for path in ("/healthz", "/readyz", "/nowhere?secret=1", "/ivr/voice"):
        desk.client.get(path)
    desk.close()
    assert leaks.traced() == []


# --- TRACES_URL

SAID = "our shop at tideworks is down since Tuesday"
IN_A_SPAN = {
    "method",
    "route",
    "status",
    "webhook",
    "state",
    "kind",
    "company",
    "asks",
    "failed",
    "db.statements",
    "db.ms",
}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def a_day(desk: SlackDesk) -> None:
    """A bit of all that people do here, and of what goes wrong."""
    wire = Wire(desk)
    caller = Caller(wire, "+441632960107")
    caller.prove(pin="53960281")
    for key in ("1", "1", "1"):
        caller.key(key)
    caller.say()
    desk.be("U0DEV").dm(SAID)
    desk.work()
    with desk.store.transaction("test") as tx:
        token = one_time_links.issue(tx, "pin", Subject("person:8"))
        may = tx.ask(Ask(Subject("staff:2"), Action.DESK_PIN_REISSUE, None, None, Proof.NONE))
        assert isinstance(may, Grant)
        pin_reset.owe(tx, may, 2, asked_by=3)
    assert Browser(desk).get(f"/pin/{token}").status_code == 200
    kim = Agent(desk)
    kim.sign_in()
    for page in (
        "/desk",
        "/desk/tickets?words=mia.chen",
        "/desk/lookup?words=%2B441632960108",
        "/nowhere/10000081?name=mia.chen",
    ):
        kim.get(page)
    program = operators(desk)
    for path in ("/accounts/400639", "/accounts/400639/people/mia.chen", "/tickets?account=400639"):
        assert program.get(path).status_code == 200, path
    mend = broken(desk, "ledger")
    caller.key("3")
    kim.get("/desk/tickets?words=10000081")
    mend()
    desk.work()


def test_a_day_is_traced_with_nobody_in_it(
    sample_sqlite: str,
    slack_stage: Stage,  # noqa: F811
    collector: Collector,
) -> None:
    with Mailbox() as box:
        desk = SlackDesk(
            sample_sqlite, slack_stage, traces_url=collector.url, smtp_url=box.url, mail_from="desk@desk.example"
        )
        with desk.client:
            a_day(desk)
        desk.close()
    made = collector.spans()
    assert {name for name, _ in made} == {*traces.NAMES}
    assert {name for _, about in made for name in about} == IN_A_SPAN
    assert not [about for _, about in made if traces.HIDDEN in about.values()]
    routes = {about["route"] for name, about in made if name == "request"}
    assert {
        "/ivr/turn",
        "/pin/{link}",
        "/desk/tickets",
        "/api/v1/accounts/{number}/people/{username}",
        "other",
    } <= routes
    assert {"identify", "pin", "menu"} & {about.get("state") for name, about in made if name == "turn"}
    assert "slack.first_message" in {about.get("kind") for name, about in made if name == "job"}
    assert {"chat.postMessage", "a mail"} <= {about.get("asks") for name, about in made if name == "call"}
    assert max(about["db.statements"] for name, about in made if name == "turn") > 3
    assert [about["failed"] for _, about in made if "failed" in about]
    assert held(collector.text, {SAID, "tideworks is down"}) == set()
    assert list(leaks.SEARCH.secrets.within(collector.text)) == []
    assert len(leaks.SEARCH.secrets) > 10
    assert (
        len(
            {
                span.trace_id
                for request in collector.requests
                for one in request.resource_spans
                for scope in one.scope_spans
                for span in scope.spans
            }
        )
        > 20
    )


def test_what_a_file_is_called_is_in_no_span(sample_sqlite: str, collector: Collector) -> None:
    """A name of letters and dots looks like a method of Slack's, and would pass the second look as well."""
    desk = Desk(sample_sqlite, traces_url=collector.url, **ACCOUNT)
    asked = ("files-pri/T0DESK-F0MIA/download/mia.chen.txt", "files-pri/T0DESK-F0MIA/api.txt", "api/chat.postMessage")
    with desk.client, http_client("http://127.0.0.1:9", company="slack") as slack:
        for path in asked:
            with pytest.raises(httpx2.ConnectError):
                slack.get(f"/{path}")
    desk.close()
    assert [about["asks"] for name, about in collector.spans() if name == "call"] == [
        "other",
        "other",
        "chat.postMessage",
    ]


def test_what_is_no_word_of_ours_is_hidden_and_would_be_found(
    sample_sqlite: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the second look the PIN is in a span, and both this test's search and that of every test see it."""

    def traced(route: str) -> None:
        desk = Desk(sample_sqlite, traces_url=collector.url, **ACCOUNT)
        with desk.client, spans.span("request", route=route):
            pass
        desk.close()

    Caller(Wire(Desk(sample_sqlite, **ACCOUNT))).prove()
    for route in ("/pin/17846325", "Mia Chen +44 1632 960108", "x" * 81, "a\nb", "mia@tideworks.example"):
        traced(route)
    assert [about["route"] for _, about in collector.spans()] == [traces.HIDDEN] * 5
    assert [traces.safe(value) for value in (True, 200, 12345, None, 0.5)] == [True, 200, *[traces.HIDDEN] * 3]
    assert held(collector.text) == set()
    before = len(leaks.SEARCH.left)
    monkeypatch.setattr(traces, "safe", lambda value: value)
    traced("/pin/17846325")
    assert held(collector.text) == {"17846325"}
    left = [text for place, text in leaks.SEARCH.left[before:] if place == "a trace"]
    del leaks.SEARCH.left[before:]
    assert [found.kind for text in left for found in leaks.SEARCH.secrets.within(text)] == ["PIN"]


def test_a_collector_that_is_away_keeps_nobody_waiting(sample_sqlite: str, collector: Collector) -> None:
    """It takes what comes and says nothing: callers are answered, no more than so many spans are kept, and all else is lost."""
    desk = Desk(sample_sqlite, traces_url=collector.url, **ACCOUNT)
    collector.open.clear()
    with desk.client:
        for _ in range(2 * traces.WAITING):
            with spans.span("turn", state="menu"):
                pass
        assert collector.came.wait(20)
        caller = Caller(Wire(desk))
        caller.prove()
        assert caller.answer.status == 200
        assert not collector.raw, "and it has answered nothing"
        collector.open.set()
    desk.close()
    assert traces.BATCH <= len(collector.spans()) <= traces.WAITING + traces.BATCH


def test_one_that_refuses_is_in_the_log_once_and_one_that_is_back(sample_sqlite: str, collector: Collector) -> None:
    with structlog.testing.capture_logs() as logged:
        desk = Desk(sample_sqlite, traces_url=collector.url, **ACCOUNT)
        for collector.status in (400, 200):
            with desk.client:
                desk.client.get("/healthz")
        desk.close()
    assert [line["event"] for line in logged if line["event"].startswith("traces")] == ["traces_not_sent"]
    assert [about["route"] for _, about in collector.spans()] == ["/healthz"]


def test_nothing_is_sent_where_none_is_set(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT)
    with desk.client:
        began = time.process_time()  # what other work takes of the machine is not ours
        for _ in range(10_000):
            with spans.span("turn"):
                spans.say(state="menu")
        assert spans.carried(a_day) is a_day
        assert time.process_time() - began < 5
    assert not [one for one in threading.enumerate() if "Otel" in one.name]
    desk.close()
