"""A7, T8: messages of callers who have not proved who they are: so many from one number, from withheld ones, and in an hour."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables
from store.calls.message_limits import FAILED_NUMBER, NUMBER, STRANGERS, WITHHELD
from tests.desk import Desk
from tests.ivr.test_threat_switch import switch
from tests.ivr.wire import Answer, Caller, Wire, count, rows

OWN, ELSEWHERE = "+441632960108", "+441632960999"
SPEAK = "Please speak after the tone, and press hash when you are done."

ONLY = "Just now we can take messages only from phones whose number we have on file."
KEPT = "Thank you. If we have the number of this phone on file, we have your message. Goodbye."


def leaves(desk: Desk, number: str) -> Answer:
    """Star at the PIN, and a message where one is wanted. What is heard after the star."""
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key("")
    heard = caller.key("*")
    if SPEAK in heard.said:
        assert caller.say().said == [KEPT if ONLY in heard.said else "Thank you. We have your message. Goodbye."]
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
    assert words.startswith("We cannot take another message from a withheld number just now. Please call from a phone")
    assert count(desk, tables.tickets) == count(desk, tables.recordings) == WITHHELD.most
    assert warnings(desk) == ["messages_withheld"]
    assert left(desk, 2, OWN) == left(desk, 2, ELSEWHERE) == []
    desk.pass_time(30 * 60)
    assert left(desk, 1, "anonymous") == []


def test_a7_one_number_and_many_made_up_ones(one_desk: Desk) -> None:
    (refused,) = left(one_desk, NUMBER.most + 1, ELSEWHERE)
    assert refused.startswith("We have the messages you left")
    assert warnings(one_desk) == ["messages_number"]
    many = [leaves(one_desk, f"+44163297{n:04}").said for n in range(STRANGERS.most)]
    assert sum(ONLY in said for said in many) == NUMBER.most, "they share what strangers may leave"
    assert warnings(one_desk) == ["messages_number", "messages_strangers"]
    assert count(one_desk, tables.tickets) == STRANGERS.most, "of the others nothing is taken"
    assert left(one_desk, 3, OWN) == []
    assert count(one_desk, tables.tickets) == STRANGERS.most + 3


def test_t8_a7_whether_a_number_is_on_file_is_heard_from_no_message(one_desk: Desk) -> None:
    """Thirty calls to the tone with made-up numbers: then numbers on file were asked to speak, and others were not."""

    def heard(number: str) -> list[object]:
        """By whoever shows it, and by others right after, at the last that strangers have and beyond: silent, then speaking."""
        one_desk.pass_time(24 * 3600)
        one_desk.work()
        made_up = (f"+44163297{n:04}" for n in range(1000))
        seen: list[object] = [hangs_up(one_desk, next(made_up)) for _ in range(STRANGERS.most - 1)]
        seen += [probed(one_desk, number), probed(one_desk, next(made_up)), probed(one_desk, number)]
        one_desk.pass_time(31)
        one_desk.work()
        seen += [probed(one_desk, next(made_up)) for _ in range(STRANGERS.most)]
        return (
            seen + [leaves(one_desk, number).said for _ in range(NUMBER.most + 1)] + [probed(one_desk, next(made_up))]
        )

    on_file, made_up = heard(OWN), heard(ELSEWHERE)
    assert ONLY in str(on_file[STRANGERS.most])
    assert "We have the messages you left" in str(on_file)
    assert on_file == made_up


def probed(desk: Desk, number: str) -> list[str]:
    """What a silent call hears at the star."""
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key("")
    said = caller.key("*").said
    caller.hang_up()
    return said


def test_a7_made_up_numbers_take_nothing_of_what_numbers_on_file_may_leave(one_desk: Desk) -> None:
    for n in range(STRANGERS.most + 3):
        hangs_up(one_desk, f"+44163297{n:04}")
    assert "message:known" not in spent(one_desk)
    assert ONLY in leaves(one_desk, OWN).said
    assert count(one_desk, tables.tickets) == 1
    assert "message:known" in spent(one_desk)


def spent(desk: Desk) -> set[str]:
    b = tables.budgets.c
    return {name for name, at in rows(desk, select(b.name, b.full_at)) if at > desk.now}


def test_a7_what_was_spoken_late_or_given_back_counts_as_it_was_taken(one_desk: Desk) -> None:
    for n in range(STRANGERS.most):
        hangs_up(one_desk, f"+44163297{n:04}")
    late = {}
    for number in (OWN, ELSEWHERE):
        late[number] = Caller(Wire(one_desk), number)
        late[number].dial()
        late[number].key("")
        assert ONLY in late[number].key("*").said
        late[number].hang_up()
    one_desk.pass_time(31)
    one_desk.work()
    for caller in late.values():
        caller.recorded()
    assert count(one_desk, tables.tickets) == 1
    assert "message:known" in spent(one_desk)
    assert "message:strangers" not in spent(one_desk), "what was not taken of it was not given back to it"


def hangs_up(desk: Desk, number: str) -> bool:
    """Star at the PIN, and not a word. Whether a message would have been taken."""
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key("")
    heard = SPEAK in caller.key("*").said
    caller.hang_up()
    return heard


def test_whoever_leaves_nothing_closes_messages_for_nobody(desk: Desk) -> None:
    """36 calls to the tone closed them for half an hour. A line makes a call like that in 12 seconds."""
    for number in ("anonymous", ELSEWHERE):
        for _ in range(36):
            assert hangs_up(desk, number)
            desk.pass_time(12)
            desk.work()
    assert count(desk, tables.tickets) == 0
    assert warnings(desk) == []


def test_at_once_they_come_back_and_what_was_spoken_all_the_same_is_paid_for(one_desk: Desk) -> None:
    assert [hangs_up(one_desk, "anonymous") for _ in range(WITHHELD.most + 1)] == [True] * WITHHELD.most + [False]
    one_desk.pass_time(31)
    one_desk.work()
    late = []
    for _ in range(WITHHELD.most):
        late.append(Caller(Wire(one_desk), "anonymous"))
        late[-1].dial()
        late[-1].key("")
        assert SPEAK in late[-1].key("*").said
        late[-1].hang_up()
    one_desk.pass_time(31)
    one_desk.work()
    for caller in late:
        caller.recorded()
    assert count(one_desk, tables.tickets) == WITHHELD.most
    assert not hangs_up(one_desk, "anonymous"), "nobody speaks for nothing by hanging up"


def test_nothing_on_the_recording_gives_it_back_at_once(one_desk: Desk) -> None:
    for _ in range(WITHHELD.most + 3):
        caller = Caller(Wire(one_desk), "anonymous")
        caller.dial()
        caller.key("")
        assert SPEAK in caller.key("*").said
        caller.hang_up()
        form = [("AccountSid", caller.wire.account), ("CallSid", caller.sid), ("RecordingStatus", "absent")]
        caller.post("/ivr/recording", form)


def test_a7_the_threat_counts_as_well_a_repeat_once_and_the_fallback_has_a_reserve(one_desk: Desk) -> None:
    for n in range(WITHHELD.most):
        caller = Caller(Wire(one_desk), "anonymous")
        if n == 1:
            switch(one_desk, True)
        heard = caller.dial() if n else leaves(one_desk, "anonymous")
        assert SPEAK in heard.said
        if not n:
            continue
        assert caller.again() == heard
    late = Caller(Wire(one_desk), "anonymous")
    assert late.dial().said[-2] == "We cannot check PINs by phone just now."
    assert late.answer.said[-1].startswith("We cannot take another message from a withheld number")
    assert late.again().said == late.answer.said
    lost = Caller(Wire(one_desk), "anonymous")
    assert SPEAK in lost.post("/ivr/fallback", lost.form()).said
    assert SPEAK in lost.again().said
    assert SPEAK in Caller(Wire(one_desk), OWN).dial().said


def test_whoever_comes_to_the_fallback_from_a_message_gets_back_what_that_cost_and_no_more(one_desk: Desk) -> None:
    for _ in range(FAILED_NUMBER.most):
        lost = Caller(Wire(one_desk), ELSEWHERE)
        lost.answer = lost.post("/ivr/fallback", lost.form())
        assert lost.say().said[-1] == "Thank you. We have your message. Goodbye."
    for _ in range(NUMBER.most + 1):
        caller = Caller(Wire(one_desk), ELSEWHERE)
        caller.dial()
        caller.key("")
        assert SPEAK in caller.key("*").said, "none was left before"
        assert SPEAK not in caller.post("/ivr/fallback", caller.form()).said, "there is nothing to give back"
        caller.hang_up()
        one_desk.pass_time(31)
        one_desk.work()


@pytest.mark.parametrize("number", ["anonymous", OWN])
def test_a7_whoever_has_proved_who_they_are_is_not_counted(one_desk: Desk, number: str) -> None:
    left(one_desk, WITHHELD.most, "anonymous")
    left(one_desk, 10, OWN)
    caller = Caller(Wire(one_desk), number)
    caller.prove("10000081")
    assert SPEAK in caller.post("/ivr/fallback", caller.form()).said
