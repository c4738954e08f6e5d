"""B9: nothing is traced, whoever sets OpenTelemetry up beside us: paths and queries have one-time tokens in them."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from authz import Subject
from store.codes import one_time_links
from tests import leaks
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire
from tests.portal.browsing import Browser


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
