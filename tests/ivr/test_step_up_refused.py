"""A second proof by phone: only what is on file and old enough is offered, and what does not match is counted."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from store import tables
from store.verification import attempt_limits, call_codes
from tests.desk import Desk
from tests.ivr.proving import (
    ANSWER,
    APP,
    DONE,
    HOUR,
    OFFER,
    OLIVIA,
    REFERENCE,
    SLACK_CODE,
    TEXT,
    TOM,
    WRONG,
    at_menu,
    attempts,
    by_app,
    not_shown,
    shown,
    shown_in_slack,
    slack_codes,
    subject,
    with_app,
)
from tests.ivr.wire import ANYTHING, Caller, change, count

STAR = "Press star to go back."


# --- only what is on file, and old enough


def test_nothing_is_heard_of_it_by_whom_nothing_is_on_file_for(desk: Desk) -> None:
    """Without Slack and text messages an app is all there could be, and nobody has one."""
    for who in (OLIVIA, TOM):
        caller = at_menu(desk, who)
        assert OFFER not in caller.answer.said
        assert caller.key("8").said[:2] == [
            "We have nothing on file by which you could give a second proof.",
            "In Slack you can set up an authenticator app: write authenticator to the desk. It counts three days after that.",
        ]
        assert OFFER not in caller.answer.said


def test_nor_by_whom_nothing_needs_it(one_full: Desk) -> None:
    caller = Caller(at_menu(one_full).wire)  # Mia may open tickets, and nothing that needs more
    assert OFFER not in caller.prove().said
    assert (
        caller.key("8").said[0]
        == "Nothing you may do on this account needs a second proof, unless an agent asks for one."
    )


@pytest.mark.parametrize("hours", [71, 73])
def test_an_app_counts_after_72_hours(one_full: Desk, hours: int) -> None:
    secret = with_app(one_full, hours=hours)
    caller = at_menu(one_full)
    assert (APP in caller.key("8").said) == (hours > 72)
    by_app(caller, one_full, secret)
    assert count(one_full, tables.step_ups) == (hours > 72), "nor by a key that was not spoken"


@pytest.mark.parametrize("hours", [71, 73])
def test_a_number_and_a_link_count_after_72_hours(one_full: Desk, hours: int) -> None:
    since = one_full.now - hours * HOUR
    change(one_full, update(tables.phones).values(added_at=since), update(tables.slack_members).values(linked_at=since))
    caller = at_menu(one_full)
    said = caller.key("8").said
    assert ((SLACK_CODE in said), (ANSWER in said), (TEXT in said)) == ((hours > 72),) * 3
    if hours < 72:
        assert said == [REFERENCE, STAR], "which proves nothing by itself"
        for key in "234":
            assert caller.key(key).said[0] == "That is not one of the choices."
        assert slack_codes(one_full) == []
        assert one_full.exchange.messages == []


def test_what_is_too_young_is_said_where_there_is_nothing_else(one_desk: Desk) -> None:
    with_app(one_desk, hours=1)
    assert at_menu(one_desk).key("8").said[1] == (
        "Your authenticator app was set up less than three days ago, so it proves nothing yet."
    )


def test_what_went_meanwhile_is_worth_nothing(one_full: Desk) -> None:
    """A right code that reached them by a link made since is no proof, and neither is an app that was taken away."""
    secret = with_app(one_full)
    caller = at_menu(one_full)
    caller.key("8")
    caller.key("2")
    code = shown_in_slack(one_full, slack_codes(one_full)[0])
    change(one_full, update(tables.slack_members).values(linked_at=one_full.now))
    assert caller.key(code).said[0] == WRONG
    caller.key("*")
    caller.key("1")
    change(one_full, tables.authenticators.delete())
    assert caller.key(shown(one_full, secret)).said[0] == WRONG
    assert count(one_full, tables.step_ups) == 0


# --- wrong codes


def test_wrong_codes_lead_back_to_the_menu_and_then_lock(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    for last in (False, False, True):
        if not caller.answer.said[0].startswith(WRONG):
            caller.key("8")
            caller.key("1")
        caller.key(not_shown(full, secret))
        assert caller.answer.said[0] == WRONG
        assert (ANYTHING in caller.answer.said) == last
    for said in (WRONG, WRONG, "Too many codes did not match. Please try again in half an hour."):
        if ANYTHING in caller.answer.said:
            caller.key("8")
            caller.key("1")
        assert caller.key(not_shown(full, secret)).said[0] == said
    assert [decision for decision, _ in attempts(full)] == ["wrong"] * 5 + ["refused"]
    again = at_menu(full)  # neither another call nor another way, and the PIN is not touched by it
    again.key("8")
    again.key("2")
    code = shown_in_slack(full, slack_codes(full)[0])
    assert again.key(code).said[0].startswith("Too many codes did not match.")
    full.pass_time(31 * 60)
    later = at_menu(full)
    later.key("8")
    by_app(later, full, secret)
    assert later.answer.said[0] == DONE


def test_a_right_one_clears_the_wrong_ones_before_it_and_a_new_code_does_not(one_full: Desk) -> None:
    secret = with_app(one_full)
    for round in range(2):
        for _ in range(2):  # four wrong in two calls
            caller = at_menu(one_full)
            caller.key("8")
            caller.key("1")
            for _ in range(2):
                assert caller.key(not_shown(one_full, secret)).said[0] == WRONG
        one_full.pass_time(60)
        if round == 0:
            assert caller.key(shown(one_full, secret)).said[0] == DONE
    caller.key("*")
    caller.key("2")
    caller.key("00000000")  # the fifth, by another way and with a code asked for anew
    code = shown_in_slack(one_full, slack_codes(one_full)[-1])
    assert caller.key(code).said[0].startswith("Too many codes did not match.")


def test_a_new_pin_begins_anew(one_full: Desk) -> None:
    secret = with_app(one_full)
    with one_full.store.transaction("test") as tx:
        for _ in range(10):
            attempt_limits.reserve(tx, call_codes.counter_of(subject(one_full)), real=True, limits=())
        tx.connection.execute(update(tables.pin_guards).values(locked_until=None, consecutive=10))
    caller = at_menu(one_full)
    caller.key("8")
    by_app(caller, one_full, secret)
    assert caller.answer.said[0].startswith("Too many codes did not match.")
    with one_full.store.transaction("test") as tx:
        attempt_limits.forget_person(tx, subject(one_full).person)
    caller.key("8")
    one_full.pass_time(60)
    by_app(caller, one_full, secret)
    assert caller.answer.said[0] == DONE


def test_half_a_code_is_no_attempt(one_full: Desk) -> None:
    with_app(one_full)
    caller = at_menu(one_full)
    caller.key("8")
    caller.key("1")
    for keyed in ("1234", "1234567", "12*456"):
        assert caller.key(keyed).said[0] == "That code was not complete."
    assert attempts(one_full) == []
    assert ANYTHING in caller.answer.said


@pytest.mark.parametrize("key", ["2", "3"])
def test_nobody_is_asked_in_slack_until_they_tire_of_it(full: Desk, key: str) -> None:
    for _ in range(3):
        caller = at_menu(full)
        caller.key("8")
        assert "Slack" in caller.key(key).said[0]
    caller = at_menu(full)
    caller.key("8")
    assert caller.key(key).said[0].startswith("That was tried too often just now.")
    full.pass_time(601)
    assert "Slack" in caller.key(key).said[0]
