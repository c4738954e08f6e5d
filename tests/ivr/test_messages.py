"""A7: messages of callers who have not proved who they are: so many from one number, from withheld ones, and in an hour."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables
from store.message_limits import NUMBER, STRANGERS, WITHHELD
from tests.desk import Desk
from tests.ivr.test_threat_switch import switch
from tests.ivr.wire import Answer, Caller, Wire, count, rows

OWN, ELSEWHERE = "+441632960108", "+441632960999"
SPEAK = "Please speak after the tone, and press hash when you are done."


def leaves(desk: Desk, number: str) -> Answer:
    """Star at the PIN, and a message where one is wanted. What is heard after the star."""
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key("")
    heard = caller.key("*")
    if SPEAK in heard.said:
        assert caller.say().said == ["Thank you. We have your message. Goodbye."]
    return heard


def left(desk: Desk, many: int, number: str) -> list[str]:
    """The last words of each that was not wanted."""
    return [said[-1] for said in (leaves(desk, number).said for _ in range(many)) if SPEAK not in said]


def warnings(desk: Desk) -> list[str]:
    a = tables.alerts.c
    return [row.kind for row in rows(desk, select(a.kind).order_by(a.id))]


def test_a7_forty_anonymous_messages_are_not_taken_and_numbers_on_file_notice_nothing(desk: Desk) -> None:
    refused = left(desk, 40, "anonymous")
    assert len(refused) == 40 - WITHHELD.most
    (words,) = set(refused)
    assert words.startswith("We cannot take another message from a withheld number just now. Please ring from a phone")
    assert count(desk, tables.tickets) == count(desk, tables.recordings) == WITHHELD.most
    assert warnings(desk) == ["messages_withheld"]
    assert left(desk, 2, OWN) == left(desk, 2, ELSEWHERE) == []
    desk.pass_time(30 * 60)
    assert left(desk, 1, "anonymous") == []


def test_a7_one_number_and_many_made_up_ones(one_desk: Desk) -> None:
    (refused,) = left(one_desk, NUMBER.most + 1, ELSEWHERE)
    assert refused.startswith("We have the messages you left")
    assert warnings(one_desk) == ["messages_number"]
    many = [left(one_desk, 1, f"+44163297{n:04}") for n in range(STRANGERS.most)]
    assert sum(len(one) for one in many) == NUMBER.most, "they share what strangers may leave"
    assert many[-1][0].startswith(
        "We cannot take another message just now. Please ring from a phone whose number we have"
    )
    assert warnings(one_desk) == ["messages_number", "messages_strangers"]
    assert left(one_desk, 3, OWN) == []


def test_a7_the_fallback_and_the_threat_count_as_well_and_a_repeat_once(one_desk: Desk) -> None:
    for n in range(WITHHELD.most):
        caller = Caller(Wire(one_desk), "anonymous")
        if n == 1:
            switch(one_desk, True)
        heard = caller.dial() if n % 2 else caller.post("/ivr/fallback", caller.form())
        assert SPEAK in heard.said
        assert caller.again() == heard
    late = Caller(Wire(one_desk), "anonymous")
    assert late.dial().said[-2] == "We cannot check PINs by phone just now."
    assert late.answer.said[-1].startswith("We cannot take another message from a withheld number")
    assert late.again().said == late.answer.said
    lost = Caller(Wire(one_desk), "anonymous")
    assert lost.post("/ivr/fallback", lost.form()).said[-1].startswith("We cannot take another message from a withheld")
    assert SPEAK in Caller(Wire(one_desk), OWN).dial().said


@pytest.mark.parametrize("number", ["anonymous", OWN])
def test_a7_whoever_has_proved_who_they_are_is_not_counted(one_desk: Desk, number: str) -> None:
    left(one_desk, WITHHELD.most, "anonymous")
    left(one_desk, 10, OWN)
    caller = Caller(Wire(one_desk), number)
    caller.prove("10000081")
    assert SPEAK in caller.post("/ivr/fallback", caller.form()).said
