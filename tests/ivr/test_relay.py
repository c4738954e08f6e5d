"""T41, the relay: somebody rings the customer as the desk and the desk as the customer, and passes on what each of them says.

What is said aloud can be passed on, and the first test shows it. What holds is what does not pass through the thief's hands: a
call back rings the customer, a proof counts for one call, one account and some minutes, and whom it is given for is told.
"""

from __future__ import annotations

from sqlalchemy import select

from store import tables
from tests.desk import Desk
from tests.ivr.elsewhere import has_called
from tests.ivr.proving import APP, DONE, OLIVIA, by_app, shown, subject, with_app
from tests.ivr.wire import Caller, Wire, rows

THIEF = "+441632960777"
OLIVIAS_ID, OLIVIAS_PIN = "10000016", "73059184"


def relayed(desk: Desk) -> Caller:
    """The thief on the line, with the support ID and the PIN that Olivia has just said to them."""
    thief = Caller(Wire(desk), THIEF)
    thief.dial()
    thief.key(OLIVIAS_ID)
    thief.key(OLIVIAS_PIN)
    return thief


def test_t41_what_is_said_aloud_can_be_passed_on(one_full: Desk) -> None:
    """This is what does not hold. Where it stops holding, docs/threats.md is to say so."""
    secret = with_app(one_full)
    thief = relayed(one_full)
    assert APP in thief.key("8").said
    thief.key("1")
    assert thief.key(shown(one_full, secret)).said[0] == DONE, "six digits read to the thief are six digits"


def test_t41_what_was_passed_on_opens_one_call_and_not_the_next(one_full: Desk) -> None:
    secret = with_app(one_full)
    thief = relayed(one_full)
    thief.key("8")
    by_app(thief, one_full, secret)
    thief.hang_up()
    again = relayed(one_full)
    assert APP in again.key("8").said, "asked anew: nothing of the call before counts"


def test_t41_the_desk_sees_that_the_call_is_from_no_number_on_file(one_full: Desk) -> None:
    thief = relayed(one_full)
    thief.key("0")
    r = tables.support_calls.c
    (support_call,) = rows(one_full, select(r.subject, r.own_number))
    assert tuple(support_call) == (subject(one_full, OLIVIA), False)


def test_t41_a_callback_rings_the_customer_and_not_the_thief(one_full: Desk) -> None:
    relayed(one_full).hang_up()
    has_called(one_full, OLIVIA)
    ringing = [leg.called for leg in one_full.exchange.legs.values() if leg.state == "ringing"]
    assert ringing == ["+441632960101"], "the number on file"
