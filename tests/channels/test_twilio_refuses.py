"""Twilio refuses: what can never be is given up at once with its code, what passes or is the operator's to mend waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from authz import Subject
from deskgate.twilio_rest import refusal
from store import tables
from store.jobs.job_queue import PermanentError, RetryLaterError
from store.verification import sms_codes
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.elsewhere import has_called, person
from tests.ivr.switchboard import asks, rings
from tests.ivr.wire import rows

AGENT, MIA = ACCOUNT["agent_number"], "+441632960108"


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **ACCOUNT, sms="on", sms_countries="GB")
    yield opened
    opened.close()


def given_up(desk: Desk) -> list[tuple[str, str]]:
    w = tables.jobs.c
    return [(row[0], row[1]) for row in rows(desk, select(w.kind, w.error).where(w.given_up).order_by(w.id))]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        *((400, code, PermanentError) for code in (21211, 21214, 21216, 21217, 21610, 21612, 21614, 13224)),
        *((400, code, RetryLaterError) for code in (21606, 21215, 21408, 21219, 21608, 21611, 30001)),
        *((status, None, RetryLaterError) for status in (401, 403, 408, 429, 500, 502, 503)),
        (429, 20429, RetryLaterError),
        (401, 20003, RetryLaterError),
        (404, 20404, PermanentError),
        (400, None, PermanentError),
    ],
)
def test_d5_what_twilios_codes_mean(status: int, code: int | None, kind: type[Exception]) -> None:
    assert type(refusal("a call", status, code)) is kind


def test_d5_a_phone_of_the_desk_that_is_no_number_is_not_rung_for_ever(desk: Desk) -> None:
    desk.exchange.refusing[AGENT] = (400, 21211)
    with capture_logs() as log:
        asks(desk)
    assert given_up(desk) == [("ring_agent", "Twilio answered 400 (21211) to a call")]
    assert not any(AGENT in str(line) for line in log)
    assert rows(desk, select(tables.alerts.c.kind)) == [("job_given_up",)]
    desk.exchange.refusing.clear()
    desk.pass_time(30)
    desk.work()
    assert rings(desk) == []


def test_d5_a_phone_is_rung_again_where_twilio_was_only_busy(desk: Desk) -> None:
    desk.exchange.refusing[AGENT] = (429, 20429)
    asks(desk)
    assert (rings(desk), given_up(desk)) == ([], [])
    desk.exchange.refusing.clear()
    desk.pass_time(5)
    desk.work()
    assert [phone.called for phone in rings(desk)] == [AGENT]


def test_d5_a_callback_to_a_number_that_is_none_is_over_and_its_asker_told(desk: Desk) -> None:
    desk.exchange.refusing[MIA] = (400, 21217)
    id = has_called(desk)
    c, w = tables.callbacks.c, tables.jobs.c
    assert rows(desk, select(c.state).where(c.id == id)) == [("refused",)]
    assert rows(desk, select(w.key).where(w.kind == "slack.callback_failed")) == [(str(id),)]


@pytest.mark.parametrize(("answer", "over"), [((400, 21610), True), ((429, 20429), False)])
def test_d5_a_text_to_somebody_who_opted_out_is_not_tried_again(
    desk: Desk, answer: tuple[int, int], over: bool
) -> None:
    desk.exchange.refusing[MIA] = answer
    with desk.store.transaction("test") as tx:
        assert sms_codes.ask(tx, Subject.of_person(person(desk)), "CA1", ("GB",))
    with capture_logs() as log:
        desk.work()
    assert given_up(desk) == ([("text_code", f"Twilio answered 400 ({answer[1]}) to a text message")] if over else [])
    assert not any(MIA in str(line) for line in log)
    desk.exchange.refusing.clear()
    desk.pass_time(5)
    desk.work()
    assert desk.store.backlog("text_code").pending == 0
    assert len(desk.exchange.messages) == (0 if over else 1)
