"""After a restore `deskgate reconcile` lists what Slack and Twilio know of and the database does not."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import delete

from store import tables
from tests.bot.slack_desk import APP, SlackDesk, Stage
from tests.cli.conftest import Shell
from tests.desk import SECRET
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire
from tests.serving import serving

SID = ACCOUNT["twilio_account_sid"]


def twilio(*calls: dict[str, str]) -> FastAPI:
    """Lists calls, one a page."""
    app, path = FastAPI(), f"/2010-04-01/Accounts/{SID}/Calls.json"

    @app.get(path)
    def listed(request: Request) -> JSONResponse:
        n = int(request.query_params.get("Page", 0))
        return JSONResponse(
            {"calls": [calls[n]], "next_page_uri": f"{path}?Page={n + 1}" if n + 1 < len(calls) else None}
        )

    return app


def test_r17_tickets_and_calls_that_the_database_lost_are_listed(
    sample_sqlite: str, slack_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = SlackDesk(sample_sqlite, slack_stage)
    mia = desk.be("U0MIA")
    desk.link("U0MIA", "mia.chen")
    caller = Caller(Wire(desk))
    caller.dial()
    for words in ("the site is down", "the mail is down"):
        mia.dm(words)
        desk.work()
    with desk.store.engine.begin() as connection:
        kept, lost = sorted(connection.execute(tables.tickets.select()).all(), key=lambda row: row.number)[-2:]
        connection.execute(delete(tables.tickets).where(tables.tickets.c.number == lost.number))
    known = {"sid": caller.sid, "direction": "inbound", "from": "+441632960108", "start_time": "then", "duration": "9"}
    calls = (known, known | {"sid": "CA" + "e" * 32}, known | {"sid": "CA" + "f" * 32, "direction": "outbound-api"})
    with serving(twilio(*calls)) as server:
        shell = Shell(sample_sqlite, monkeypatch)
        given = {name.upper(): value for name, value in (ACCOUNT | APP).items()}
        shell.set(
            **given,
            SECRET_KEYS=SECRET,
            TWILIO_API_URL=server.url,
            SLACK_API_URL=f"{slack_stage.base}/simulator/slack/api/",
        )
        said = shell.run("reconcile", "--days", "365")
    assert said.code == 0, said
    assert "The desk is not in reconcile mode." in said.out
    assert "tickets on cards in Slack that are not here: 1\n" in said.out
    assert f"#{lost.number}" in said.out
    assert f"#{kept.number}" not in said.out
    assert "calls at Twilio that are not here: 1\n  CAeeee" in said.out
    desk.close()
