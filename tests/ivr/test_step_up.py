"""A second proof by phone: each way there is, what is on file and what is not, and that it counts here and nowhere else."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select, update

from authz import Topic
from store import tables
from store.verification import call_approvals, call_codes, step_ups, transfer_codes
from tests.desk import Desk
from tests.ivr.proving import (
    ANSWER,
    APP,
    DEV,
    DONE,
    OFFER,
    RAJ,
    REFERENCE,
    SLACK_CODE,
    TEXT,
    WRONG,
    account,
    at_menu,
    attempts,
    by_app,
    shown,
    shown_in_slack,
    slack_codes,
    subject,
    with_app,
)
from tests.ivr.wire import Caller, change, count, rows
from tests.seeking import stands_in

STAR = "Press star to go back."
CHOICES = ["Press 1 for a transfer code to use in Slack.", "Press 2 to ask for a change.", STAR]


def proved(caller: Caller) -> bool:
    """Whether they are verified twice in this call, as the menu says it."""
    return caller.key("8").said[0].startswith("Your second proof is good for another ")


# --- each way


def test_by_an_authenticator_app(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    assert OFFER in caller.answer.said
    assert caller.key("8").said == [APP, SLACK_CODE, ANSWER, TEXT, REFERENCE, STAR]
    assert caller.key("1").said == ["Please key the six digits your app shows, then hash."]
    assert caller.key(shown(full, secret)).said[0] == DONE
    assert attempts(full) == [("right", "factor:authenticator"), ("reached", "factor:authenticator")]
    assert caller.key("8").said == ["Your second proof is good for another 15 minutes.", *CHOICES]
    full.pass_time(14 * 60 + 1)
    assert caller.key("*").said
    assert caller.key("8").said[0] == "Your second proof is good for another 1 minute."


def test_a_code_of_the_app_is_good_once(one_full: Desk) -> None:
    secret = with_app(one_full)
    first, second = at_menu(one_full), at_menu(one_full)
    code = shown(one_full, secret)
    for caller, said in ((first, DONE), (second, WRONG)):
        caller.key("8")
        caller.key("1")
        assert caller.key(code).said[0] == said
    one_full.pass_time(30)
    assert second.key(code).said[0] == WRONG, "nor a moment later"
    assert second.key(shown(one_full, secret)).said[0] == DONE


def test_by_a_code_in_slack(full: Desk) -> None:
    caller = at_menu(full)
    caller.key("8")
    said = "You get a code in Slack. Please key its eight digits, then hash."
    assert caller.key("2").said == [said]
    asked = slack_codes(full)
    assert asked == [{"person": int(subject(full)[7:]), "call": caller.sid, "account": account(full)}]
    assert caller.key(shown_in_slack(full, asked[0])).said[0] == DONE
    assert attempts(full)[-1] == ("reached", "factor:slack_code")


def test_by_an_answer_in_slack(full: Desk) -> None:
    caller = at_menu(full)
    caller.key("8")
    said = caller.key("3").said
    found = re.fullmatch(r"We are asking you in Slack. The number to give there is ([0-9]) ([0-9])\.", said[0])
    assert found
    assert said[1:] == [f"Again: {found[1]} {found[2]}.", "Please stay on the line.", STAR]
    assert caller.key("").said == ["We are waiting for your answer in Slack."]
    with full.store.transaction("slack") as tx:
        assert call_approvals.answer(tx, subject(full), 1, found[1] + found[2], ends_at=tx.now + 15 * 60_000) is True
    assert caller.key("").said[0] == DONE
    assert proved(caller)


def test_an_answer_that_is_wrong_or_does_not_come(full: Desk) -> None:
    refused, late, wrong = at_menu(full), at_menu(full), at_menu(full)
    for caller in (refused, late, wrong):
        caller.key("8")
        caller.key("3")
    numbers = ["00", None, "01"]
    for id, number in enumerate(numbers, 1):
        with full.store.transaction("slack") as tx:
            if number == "00":
                assert call_approvals.refuse(tx, subject(full), id) == account(full)
            elif number:
                assert call_approvals.answer(tx, subject(full), id, number, ends_at=tx.now + 1) is False
    assert refused.key("").said[0] == "You were not approved in Slack."
    assert wrong.key("").said[0] == "You were not approved in Slack."
    assert late.key("").said == ["We are waiting for your answer in Slack."]
    full.pass_time(181)
    assert late.key("").said[0] == "You were not approved in Slack."
    assert count(full, tables.step_ups) == 0


def test_whoever_waits_no_more_is_not_approved_later(one_full: Desk) -> None:
    caller = at_menu(one_full)
    caller.key("8")
    number = re.sub(r"[^0-9]", "", caller.key("3").said[0])
    assert caller.key("*").said[-1] == STAR
    with one_full.store.transaction("slack") as tx:
        assert call_approvals.answer(tx, subject(one_full), 1, number, ends_at=tx.now + 1000) is None
    assert count(one_full, tables.step_ups) == 0


def test_by_a_text_message(full: Desk) -> None:
    caller = at_menu(full)
    caller.key("8")
    caller.key("4")
    full.work()
    [(to, words)] = full.exchange.messages
    assert to == "+441632960101"
    code = re.findall("[0-9]{8}", words)
    assert len(code) == 1
    assert len(words) <= 160, "one message"
    assert caller.key(code[0]).said[0] == DONE
    everything = str([rows(full, select(table)) for table in tables.Base.metadata.sorted_tables])
    assert not stands_in(code[0], everything)


def test_a_code_that_goes_out_twice_is_two_of_which_the_newer_is_good(one_full: Desk) -> None:
    caller = at_menu(one_full)
    caller.key("8")
    caller.key("4")
    one_full.work()
    owed = {
        "done_at": None,
        "run_at": 0,
        "payload": json.dumps({"text": 1, "code": "text", "bound": call_codes.bound_to(caller.sid, account(one_full))}),
    }
    change(one_full, update(tables.jobs).where(tables.jobs.c.kind == "text_code").values(**owed))
    one_full.work()
    first, second = (re.findall("[0-9]{8}", words)[0] for _, words in one_full.exchange.messages)
    assert caller.key(first).said[0] == WRONG
    assert caller.key(second).said[0] == DONE


def test_by_a_transfer_code_from_slack_for_its_topic(full: Desk) -> None:
    who, here = subject(full), "T0HARBOUR:U0OLIVIA"
    with full.store.transaction("slack") as tx:
        step_ups.reached(tx, who, account(full), "authenticator", here, ends_at=tx.now + 9 * 60_000)
        digits = transfer_codes.give(tx, transfer_codes.TO_PHONE, who, account(full), here, Topic.TECHNICAL)
    assert digits
    caller = at_menu(full)
    caller.key("8")
    assert caller.key("5").said == ["Please key the eight digits you were given in Slack, then hash."]
    assert caller.key(digits).said[0] == "Thank you. Your second proof is good for 9 minutes.", "no longer than there"
    for change_of, said in (
        ("2", "This message is recorded."),
        ("4", "To close the account we need a second proof of who you are."),
    ):
        caller.key("1")
        caller.key("3")
        assert caller.key(change_of).said[0] == said
        caller.key("*")


def test_what_was_proved_here_is_taken_to_slack(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    caller.key("8")
    by_app(caller, full, secret)
    caller.key("8")
    asked = caller.key("1").said
    assert asked[:2] == ["What will you ask for in Slack?", "Press 1 to order a service."]
    assert asked[-2:] == ["Press 8 to have login details sent.", STAR]
    said = caller.key("6").said
    found = re.fullmatch(r"Your transfer code is ((?:[0-9] ){7}[0-9])\.", said[0])
    assert found
    assert said[1:3] == [
        f"Again: {found[1]}.",
        "In Slack, write to the desk: transfer code, then these eight digits. It works for ten minutes.",
    ]
    digits = found[1].replace(" ", "")
    with full.store.transaction("slack") as tx:
        assert transfer_codes.take(tx, transfer_codes.TO_SLACK, subject(full, DEV), digits, "T:DEV") is None, (
            "nobody else's"
        )
        assert transfer_codes.take(tx, transfer_codes.TO_SLACK, subject(full), digits, "T:U") == account(full)
        assert step_ups.proof(tx, subject(full), account(full), "T:U", "billing") == 3
        assert step_ups.proof(tx, subject(full), account(full), "T:U", "technical") == 2


# --- what it is not good for


@pytest.mark.parametrize("key", ["2", "4"])
def test_a_code_for_another_call_is_refused_there(full: Desk, key: str) -> None:
    here, there = at_menu(full), at_menu(full)
    for caller in (here, there):
        caller.key("8")
        caller.key(key)  # the code is for the call that asked last
    asked = slack_codes(full)
    full.work()
    code = shown_in_slack(full, asked[1]) if key == "2" else full.exchange.messages[-1][1][26:34]
    assert here.key(code).said[0] == WRONG
    assert attempts(full)[-1][0] == "wrong"
    assert there.key(code).said[0] == WRONG, "it is used up, whatever call it was for"
    assert count(full, tables.step_ups) == 0


def test_a_transfer_code_for_another_account_is_refused(one_full: Desk) -> None:
    who, here = subject(one_full, DEV), "T0DESK:U0DEV"
    with one_full.store.transaction("slack") as tx:
        step_ups.reached(tx, who, account(one_full), "authenticator", here, ends_at=tx.now + 60_000)
        digits = transfer_codes.give(tx, transfer_codes.TO_PHONE, who, account(one_full), here, Topic.TECHNICAL)
    assert digits
    dev = at_menu(one_full, DEV)
    for keyed in ("300528", "8", "5"):
        dev.key(keyed)
    assert dev.key(digits).said[0] == WRONG
    assert count(one_full, tables.step_ups) == 1


@pytest.mark.parametrize("key", ["2", "4"])
def test_a_code_of_somebody_else_is_neither_accepted_nor_used_up(full: Desk, key: str) -> None:
    olivia, raj = at_menu(full), at_menu(full, RAJ)
    for caller in (raj, olivia):
        caller.key("8")
        caller.key(key)
    if key == "2":
        rajs = shown_in_slack(full, slack_codes(full)[0])
    else:
        full.work()
        [rajs] = [re.findall("[0-9]{8}", words)[0] for to, words in full.exchange.messages if to == "+441632960107"]
    assert olivia.key(rajs).said[0] == WRONG
    assert raj.key(rajs).said[0] == DONE


def test_on_one_account_it_says_nothing_of_another(full: Desk) -> None:
    secret = with_app(full, DEV)
    dev = at_menu(full, DEV)
    dev.key("1")  # Harbour Bakery
    dev.key("8")
    by_app(dev, full, secret)
    assert proved(dev)
    dev.key("*")
    dev.key("*")
    assert "Northlight Studio." in dev.key("300528").said
    assert not proved(dev)
    assert dev.answer.said[0] == APP


def test_in_one_call_it_says_nothing_of_another(one_full: Desk) -> None:
    secret = with_app(one_full)
    first, second = at_menu(one_full), at_menu(one_full)
    first.key("8")
    by_app(first, one_full, secret)
    assert proved(first)
    assert not proved(second)


def test_it_ends_by_itself(full: Desk) -> None:
    secret = with_app(full)
    caller = at_menu(full)
    caller.key("8")
    by_app(caller, full, secret)
    full.pass_time(15 * 60 + 1)
    assert not proved(caller)
