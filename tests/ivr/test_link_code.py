"""Press 7: a code to link Slack, for the ears of the caller alone, and nothing where the desk has no Slack."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import delete, select

from authz import Proof, Subject
from ivr.desk_port import Code
from store import tables
from store.codes import one_time_codes
from store.codes.one_time_codes import LIFE
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT, SLACK
from tests.ivr.wire import ANYTHING, Caller, Wire, change, count, rows, state_of
from tests.rights import held
from tests.seeking import stands_in

OFFER = "Press 7 for a code to link Slack."
MIA, MIAS_PIN = "+441632960108", "17846325"
LEO, LEOS_PIN = "+441632960109", "39275068"


@pytest.fixture
def slack_desk(sample_url: str) -> Iterator[Desk]:
    desk = Desk(sample_url, **ACCOUNT, **SLACK)
    yield desk
    desk.close()


def mia(desk: Desk) -> Caller:
    caller = Caller(Wire(desk), MIA)
    caller.prove(pin=MIAS_PIN)
    return caller


def mias_subject(desk: Desk) -> str:
    p = tables.people.c
    return Subject.of_person(rows(desk, select(p.id).where(p.username == "mia.chen"))[0][0])


def told(caller: Caller) -> str:
    """The code that was read out, as digits."""
    spoken = re.fullmatch(r"Your code to link Slack is ((?:[0-9] ){7}[0-9])\.", caller.answer.said[0])
    assert spoken, caller.answer.said
    return spoken[1].replace(" ", "")


def redeemed(desk: Desk, code: str) -> tuple[str, str] | None:
    with desk.store.transaction("test") as tx:
        return one_time_codes.redeem(tx, "link", code)


def test_a_code_is_read_out_twice_and_is_the_callers(slack_desk: Desk) -> None:
    caller = mia(slack_desk)
    assert OFFER in caller.answer.said
    caller.key("7")
    code = told(caller)
    assert caller.answer.said[1:] == [
        f"Again: {' '.join(code)}.",
        "In Slack write to the desk: link, then these eight digits. It is good for ten minutes.",
        ANYTHING,
    ]
    assert redeemed(slack_desk, code) == (mias_subject(slack_desk), "")
    assert redeemed(slack_desk, code) is None, "once"


def test_a_code_is_good_for_ten_minutes(slack_desk: Desk) -> None:
    caller = mia(slack_desk)
    caller.key("7")
    slack_desk.now += LIFE
    assert redeemed(slack_desk, told(caller)) is None


def test_a_new_code_ends_the_one_before(slack_desk: Desk) -> None:
    caller = mia(slack_desk)
    caller.key("7")
    first = told(caller)
    caller.key("7")
    assert redeemed(slack_desk, first) is None
    assert redeemed(slack_desk, told(caller)) is not None


def test_a_repeat_of_the_turn_reads_out_the_same_code(slack_desk: Desk) -> None:
    caller = mia(slack_desk)
    caller.key("7")
    assert caller.again() == caller.again() == caller.answer
    assert count(slack_desk, tables.codes) == 1
    assert redeemed(slack_desk, told(caller)) is not None


def test_the_code_is_in_the_answer_and_nowhere_else(slack_desk: Desk, logged: list[structlog.typing.EventDict]) -> None:
    caller = mia(slack_desk)
    caller.key("7")
    code = told(caller)
    stored = [tuple(row) for table in tables.Base.metadata.sorted_tables for row in rows(slack_desk, select(table))]
    held = repr(stored)  # of tuples: a row of SQLAlchemy's leaves out the middle of what is long
    assert caller.sid in held
    for place in (held, caller.answer.action, state_of(slack_desk, caller.sid).to_json(), repr(logged)):
        assert not stands_in(code, place)


def test_a_code_hides_itself() -> None:
    assert "01234567" not in repr(Code("01234567"))


def test_it_is_in_the_ledger_without_the_code(slack_desk: Desk) -> None:
    mia(slack_desk).key("7")
    e = tables.ledger.c
    written = select(e.who, e.account, e.decision, e.proof, e.fields).where(e.action == "slack.link")
    assert rows(slack_desk, written) == [(mias_subject(slack_desk), None, "code_told", Proof.VERIFIED.word, "")]


def test_who_may_not_ask_for_support_has_none(slack_desk: Desk) -> None:
    """Nor who lost that right in the middle of a call: what they were offered before is refused with the reason."""
    caller, leo = mia(slack_desk), Caller(Wire(slack_desk), LEO)
    leo.prove(pin=LEOS_PIN)
    assert OFFER in caller.answer.said
    assert OFFER not in leo.answer.said
    change(slack_desk, *held("manage_services"))
    for each in (caller, leo):
        assert each.key("7").said[0] == "You may not ask for support on this account."
    change(slack_desk, delete(tables.contacts))
    assert caller.key("7").said[0] == "You are no longer on this account."
    assert count(slack_desk, tables.codes) == 0


def test_nobody_has_one_before_they_have_proved_themselves(slack_desk: Desk) -> None:
    caller = Caller(Wire(slack_desk), LEO)
    caller.dial()
    for _ in range(3):
        caller.key("7")
    assert count(slack_desk, tables.codes) == 0


def test_a_desk_without_slack_offers_none(desk: Desk) -> None:
    caller = mia(desk)
    assert OFFER not in caller.answer.said
    menu = caller.answer.said[1:]
    assert caller.key("7").said == ["That is not one of the choices.", *menu]
    assert count(desk, tables.codes) == 0
    assert count(desk, tables.ledger, tables.ledger.c.action == "slack.link") == 0
