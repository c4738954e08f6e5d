"""Another system of the operator's asks in Slack whether it is them: a member who is old enough says so, or that it is not."""

from __future__ import annotations

from sqlalchemy import update

from store import tables
from tests.api.asking import Program, operators
from tests.api.verifying import AT, WANTED, asks, refused
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.wire import change


def asked(desk: SlackDesk, **other: str) -> tuple[Program, str]:
    program = operators(desk, "verifications:write")
    made = asks(program, "slack", person="raj.patel", **other)
    desk.work()
    return program, f"{AT}/{made['id']}"


def test_their_member_confirms_and_is_verified_no_further(slack: SlackDesk) -> None:
    program, where = asked(slack, action="service.cancel")
    said = slack.said("U0RAJ")
    assert "a system of ours wants to know that it is you they are dealing with at this moment" in said
    assert "cancel services, at *Tideworks Ltd*" in said
    slack.click("U0RAJ", "verification_yes")
    assert "Confirmed. Whoever you are dealing with sees it now." in slack.said("U0RAJ")
    told = program.read(where)
    assert (told["state"], told["proof"]) == ("passed", "verified")
    assert (told["decision"]["allowed"], told["decision"]["reason"]) == (False, "step_up"), (
        "a bare yes is no second proof"
    )
    assert "That is over" in slack.said("U0RAJ"), "there is nothing more to press"


def test_it_is_not_them(slack_once: SlackDesk) -> None:
    desk = slack_once
    program, where = asked(desk)
    desk.click("U0RAJ", "verification_not_me")
    assert "Nothing was confirmed, and the desk is warned" in desk.said("U0RAJ")
    assert "somebody may be after Tideworks Ltd, account 400639" in desk.said("U0KIM", AGENTS)
    assert (program.read(where)["state"], program.read(where)["why"]) == ("failed", "not_me")


def test_a_member_who_was_linked_just_now_is_asked_nothing(slack_once: SlackDesk) -> None:
    change(slack_once, update(tables.slack_members).values(linked_at=slack_once.now))
    program = operators(slack_once, "verifications:write")
    assert refused(program.post(AT, WANTED | {"person": "raj.patel", "way": "slack"})) == "no_slack"
