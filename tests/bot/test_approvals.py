"""Somebody on the phone, asked in Slack: by a number said once, by a code to key; and whoever is no old member is asked nothing."""

from __future__ import annotations

import re

from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from store.jobs import job_queue
from store.verification import step_ups
from tests.bot.by_hand import click, send, submission
from tests.bot.proving import SUBJECT, digits_in, linked_days_ago, on_the_phone, sid
from tests.bot.slack_desk import AGENTS, SlackDesk

TIDEWORKS = 3


def asked(desk: SlackDesk) -> tuple[Phone, str]:
    """Raj is on the phone, proved by PIN, and has it asked in Slack: the number he hears."""
    raj = on_the_phone(desk, "raj.patel")
    raj.press("8")
    raj.press("3")
    desk.work()
    spoken = next(line for line in raj.heard if line.startswith("We are asking you in Slack. The number"))
    return raj, re.sub("[^0-9]", "", spoken)


def further(desk: SlackDesk) -> bool:
    call = sid(desk)
    with desk.store.transaction("test") as tx:
        return step_ups.until(tx, SUBJECT["raj.patel"], TIDEWORKS, call) is not None


def test_the_right_number_proves_the_call(slack: SlackDesk) -> None:
    desk = slack
    raj, number = asked(desk)
    assert "Somebody on the phone says they are you*, and asks about *Tideworks Ltd*" in desk.said("U0RAJ")
    assert number not in re.findall("[0-9]+", desk.said("U0RAJ")), "it is heard, never shown"
    desk.click("U0RAJ", "approve_say")
    left = desk.submit("U0RAJ", number=number)
    assert "That is proved on the phone now" in desk.text_of(left)
    assert further(desk)
    raj.wait()
    assert any("minutes" in line for line in raj.heard[-12:]), raj.heard[-12:]
    assert "Say the number" not in desk.said("U0RAJ"), "there is nothing more to press"
    assert "This question has expired" in desk.said("U0RAJ")


def test_a_wrong_number_ends_it(slack: SlackDesk) -> None:
    desk = slack
    _, number = asked(desk)
    wrong = f"{(int(number) - 9) % 90 + 10}"
    assert wrong != number
    desk.click("U0RAJ", "approve_say")
    assert "That was not the number" in desk.text_of(desk.submit("U0RAJ", number=wrong))
    again = send(desk, submission("approve", "1", "U0RAJ", number={"value": number}))
    assert "This question has expired: it was answered" in again.text, "not even with the right one"
    assert not further(desk)


def test_it_is_not_me(slack_once: SlackDesk) -> None:
    desk = slack_once
    asked(desk)
    desk.click("U0RAJ", "approve_not_me")
    assert "Thank you: they were told nothing more" in desk.said("U0RAJ")
    assert "somebody may be after Tideworks Ltd, account 400639" in desk.said("U0KIM", AGENTS)
    assert "They said they were Raj Patel" in desk.said("U0KIM", AGENTS)
    assert "Somebody on the phone said they were you" in desk.said("U0RAJ"), "the notice"
    assert not further(desk)


def test_there_is_no_bare_yes(slack_once: SlackDesk) -> None:
    desk = slack_once
    asked(desk)
    (row,) = (b for b in desk.last("U0RAJ", holding="says they are you").blocks if b["type"] == "actions")
    assert [element["action_id"] for element in row["elements"]] == ["approve_say", "approve_not_me"]
    desk.click("U0RAJ", "approve_say")
    assert "number" in str(desk.form("U0RAJ").blocks)
    for empty in ("x1", "  "):
        desk.submit("U0RAJ", number=empty)
    assert not further(desk)


def test_nobody_else_can_answer(slack_once: SlackDesk) -> None:
    desk = slack_once
    asked(desk)
    for user in ("U0SAM", "U0DEV", "U0LEO", "U0KIM"):
        dm = desk.workspace.dm(desk.be(user).person).id
        send(desk, click("approve_not_me", "1", user, dm))
        send(desk, click("approve_say", "1", user, dm))
        desk.work()
        assert "Tideworks" not in desk.said(user)
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.approvals.c.answered_at)).scalar_one() is None
        kinds = tx.connection.execute(select(tables.alerts.c.kind)).scalars().all()
    assert set(kinds) <= {"job_given_up"}, "of the made-up clicks themselves, and of nobody on the phone"


def test_a_link_younger_than_72_hours_is_asked_nothing(slack_once: SlackDesk) -> None:
    """And may answer nothing: with an older one beside it the question is there, and not theirs."""
    desk = slack_once
    linked_days_ago(desk, "U0RAJ", 2)
    call = "CA" + "7" * 32
    with desk.store.transaction("phone", call=call) as tx:
        job_queue.enqueue(tx, "slack.code", "k", {"person": 7, "call": call, "account": TIDEWORKS})
    desk.work()
    assert desk.said("U0RAJ") == ""
    linked_days_ago(desk, "U0RAJ", 30)
    asked(desk)
    linked_days_ago(desk, "U0RAJ", 2)
    desk.click("U0RAJ", "approve_not_me")
    desk.click("U0RAJ", "approve_say")
    assert desk.said("U0RAJ").count("This question has expired: it was answered") == 2
    assert not further(desk)


def test_a_code_to_key_on_the_phone(slack: SlackDesk) -> None:
    desk = slack
    raj = on_the_phone(desk, "raj.patel")
    raj.press("8")
    raj.press("2")
    desk.work()
    told = desk.said("U0RAJ")
    assert "asks for a second proof at *Tideworks Ltd*" in told
    assert "Never tell it to anybody who calls or writes to you" in told
    raj.press(f"{digits_in(told)}#")
    assert further(desk)
    desk.pass_time(601)
    desk.work()
    assert "This has expired or was already used" in desk.said("U0RAJ")
    assert digits_in("1234 5678") not in desk.said("U0RAJ")


def test_what_was_proved_in_slack_is_carried_to_the_phone(slack: SlackDesk) -> None:
    from tests.bot.proving import app, shows

    desk = slack
    made = app(desk, "raj.patel")
    desk.be("U0RAJ").dm("transfer code")
    desk.work()
    assert "There is nothing to take to the phone" in desk.said("U0RAJ")
    desk.be("U0RAJ").dm("prove")
    desk.work()
    desk.click("U0RAJ", "prove", value=f"{TIDEWORKS}:0")
    desk.submit("U0RAJ", code=shows(desk, made))
    desk.be("U0RAJ").dm("transfer code")
    desk.work()
    desk.click("U0RAJ", "tell_transfer_code", value="transfer_code:3:service.cancel")
    told = desk.said("U0RAJ")
    assert "On the phone press 8, then 5, and key" in told
    raj = on_the_phone(desk, "raj.patel")
    raj.press("8")
    raj.press("5")
    raj.press(f"{digits_in(told)}#")
    call = sid(desk)
    with desk.store.transaction("test") as tx:
        assert step_ups.until(tx, SUBJECT["raj.patel"], TIDEWORKS, call, "technical") is not None
        assert step_ups.until(tx, SUBJECT["raj.patel"], TIDEWORKS, call, "billing") is None
