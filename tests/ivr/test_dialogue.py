"""The pure dialogue: no sequence of keys gets past it, none gets stuck in it, and what it keeps says no digit of a PIN.

T36
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authz import Subject, Topic
from ivr import desk_port as port
from ivr import phrases, transitions
from ivr import types as t
from ivr.menu import MENU
from ivr.transitions import MOST_UNPROVED, TABLE
from ivr.types import Call, CheckPin, Conference, DialEnded, Gather, HangUp, Keys, Record, Screen
from store.accounts.account_details import AccountName
from tests.ivr.talk import (
    ASKED,
    BEGINNINGS,
    ONE_KEY,
    SPOKEN,
    Dice,
    DiceDesk,
    Step,
    any_desk,
    converse,
    hear,
    prompted,
    settle,
)
from tests.sizes import size

DICE = st.lists(st.integers(0, 59), max_size=60)
WORDS = phrases.load()

TO_STRANGERS = {"may_leave_message", "leave_message"}  # what may be asked of the desk for somebody not proven
STRANGERS_HEAR = {
    *("welcome", "key_support_id", "support_id_again", "key_pin", "pin_not_whole", "pin_wrong", "nothing_heard"),
    *(
        "code_taken",
        "message.no_pin",
        "message.busy",
        "message.closed",
        "recorded_notice",
        "speak",
        "not_a_choice",
        "message_left",
    ),
    *("goodbye.silence", "goodbye.not_proved", "no_more_messages.withheld"),
    *("no_message.no_pin", "no_message.busy", "no_message.closed"),
}

CALLED_HEAR = {
    *("called.desk", "called.why", "called.words", "called.unexpected", "called.press_for_code"),
    *("unlock_code", "unlock_code_again", "unlock_code_use", "goodbye.neutral"),
}


def proved(**known: Any) -> Call:
    """A call that has come to the menu."""
    return replace(
        Call(at="menu", number="+441632960108", subject=Subject("person:8"), proof=2, accounts=(1,), account=1), **known
    )


def keeps_to(allowed: set[str], step: Step, *, proven: bool) -> bool:
    """Asks the desk for nothing else before somebody is proven. Whether they are now."""
    proven = proven or any(isinstance(outcome, t.Proved) for outcome in step.pins)
    assert proven or {name for name, _ in step.asked} <= allowed
    return proven


@settings(max_examples=size(300))
@given(DICE, st.sampled_from(("", "called", "code")))
def test_whoever_answers_a_call_of_ours_is_told_nothing_before_proof(numbers: list[int], begins: str) -> None:
    proven = False
    for step in converse(Dice(numbers), begins=begins):
        proven = keeps_to(TO_STRANGERS | {"unlock_code"}, step, proven=proven)
        if not proven:
            assert step.call.proof == 0
            assert set(step.keys) <= STRANGERS_HEAR | CALLED_HEAR


@settings(max_examples=size(300))
@given(DICE, st.booleans())
def test_nothing_is_told_or_done_before_proof(numbers: list[int], messages_only: bool) -> None:
    proven = False
    for step in converse(Dice(numbers), messages_only=messages_only):
        proven = keeps_to(TO_STRANGERS, step, proven=proven)
        if not proven:
            assert step.call.subject is None
            assert step.call.proof == 0
            assert set(step.keys) <= STRANGERS_HEAR
            assert not any(line.values for line in step.screen.utterances), "a stranger hears no facts"


def test_the_conversations_come_everywhere() -> None:
    dice = random.Random(1)
    calls = [converse(Dice(dice.choices(range(60), k=60)), begins=BEGINNINGS[n % len(BEGINNINGS)]) for n in range(1200)]
    steps = [step for call in calls for step in call]
    assert {name for step in steps for name, _ in step.asked} == ASKED - {"caller_left"}, (
        "the end of a call asks for that"
    )
    assert {type(outcome) for step in steps for outcome in step.pins} == set(get_args(t.PinOutcome))
    assert {step.call.at for step in steps} == set(TABLE)


@settings(max_examples=size(300))
@given(DICE, st.sampled_from(BEGINNINGS))
def test_every_call_can_be_said_kept_and_ended(numbers: list[int], begins: str) -> None:
    for step in converse(Dice(numbers), begins=begins):
        for line in step.screen.utterances:
            assert WORDS.say(line)
        assert step.screen.utterances or isinstance(step.screen.then, Conference)
        assert step.call.lead == (), "what is said before a prompt is said once"
        assert Call.from_json(step.call.to_json()) == step.call
        assert isinstance(step.screen.then, HangUp) == (step.call.at == "over")


@settings(max_examples=size(300))
@given(DICE, st.sampled_from(BEGINNINGS))
def test_silence_ends_a_call_the_second_time_in_a_row_and_only_then(numbers: list[int], begins: str) -> None:
    """Later where somebody writes down or does something elsewhere. Where a hash ends what is keyed, one alone sounds like silence."""
    silences = 0
    for step in converse(Dice(numbers), begins=begins):
        place = TABLE[step.before.at]
        silent = step.event == Keys("") and not place.silence_speaks
        silences = silences + 1 if silent else 0
        most = max(place.silences, step.before.silences)
        assert most == 1 or step.before.at in ("step_code", "anything_else", "menu")
        assert ("goodbye.silence" in step.keys) == (silences > most and step.before.then != "talk")
        asked_again = 0 < silences <= most and not place.ends_with_hash
        assert bool({"nothing_heard", "still_here"} & set(step.keys)) == asked_again
        silences = 0 if step.before.then == "talk" and silences > most else silences


def test_speaking_is_no_silence() -> None:
    call = hear(Dice([9]), proved(at="record", about="ticket", topic="technical"), Keys("")).call
    call = hear(Dice([0] * 9), call, SPOKEN).call
    step = hear(Dice([0] * 9), call, Keys(""))
    assert (step.call.at, step.keys[0]) == ("anything_else", "still_here"), (
        "one silence before the message, one after it"
    )


@given(DICE, st.lists(st.sampled_from(["", "*", "1234", "17846325", "12"]), max_size=12))
def test_three_wrong_pins_end_a_call(numbers: list[int], between: list[str]) -> None:
    call, wrong = Call(at="pin", number="+441632960108", support_id="10000081"), 0
    for keys in between:
        desk = DiceDesk(Dice(numbers))
        move = transitions.step(call, desk.port, Keys(keys))
        if isinstance(move[1], CheckPin):
            wrong += 1
            move = transitions.step(move[0], desk.port, t.NotProved())
        step = settle(Dice(numbers), Step(call, Keys(keys)), move, desk)
        if wrong == 3:
            assert isinstance(step.screen.then, HangUp)
        if step.call.at != "pin":
            return
        call = step.call


@pytest.mark.parametrize(("at", "key"), [("support_id", "*"), ("pin", "*"), ("message", "5")])
def test_a7_one_key_again_and_again_keeps_no_line_for_somebody_unproved(at: str, key: str) -> None:
    """150 stars at the first question, or any key where a message is taken, and the call went on at our expense."""
    step = prompted(Dice([]), Call(at=at, about="no_pin"))
    for _ in range(MOST_UNPROVED):
        step = hear(Dice([]), step.call, Keys(key), may_leave_message=port.MessageAllowed())
        assert not isinstance(step.screen.then, HangUp)
    step = hear(Dice([]), step.call, Keys(key))
    assert (isinstance(step.screen.then, HangUp), step.keys) == (True, ["goodbye.not_proved"])


def test_three_wrong_pins_without_anything_else() -> None:
    call = Call(at="pin")
    heard = []
    for _ in range(3):
        call, then = transitions.step(call, any_desk(), Keys("17846325"))
        assert isinstance(then, CheckPin)
        call, screen = transitions.step(call, any_desk(), t.NotProved())
        assert isinstance(screen, Screen)
        heard.append([line.key for line in screen.utterances])
    assert heard == [["pin_wrong", "key_pin"], ["pin_wrong", "key_pin"], ["goodbye.not_proved"]]


@pytest.mark.parametrize("keyed", ["1", "12345", "12345*", "*1", "12345678901", "١٢٣٤٥٦٧٨", "1234567٨"])
def test_half_a_pin_is_no_attempt_and_three_in_a_row_end_the_call(keyed: str) -> None:
    call = Call(at="pin")
    for last in (False, False, True):
        call, screen = transitions.step(call, any_desk(), Keys(keyed))
        assert isinstance(screen, Screen), "it was taken for a whole PIN"
        assert isinstance(screen.then, HangUp) == last


def test_a_wrong_check_digit_is_asked_again_once_and_is_no_attempt() -> None:
    call, screen = transitions.step(Call(), any_desk(), Keys("12345678"))
    assert isinstance(screen, Screen)
    assert (call.at, call.tries, [line.key for line in screen.utterances]) == (
        "support_id",
        0,
        ["support_id_again", "key_support_id"],
    )
    call, screen = transitions.step(call, any_desk(), Keys("12345678"))
    assert (call.at, call.tries, call.support_id) == ("pin", 0, "12345678"), "it goes on as an unknown ID"


@pytest.mark.parametrize("keyed", ["", "10000081"])
def test_no_id_and_an_id_hear_the_same(keyed: str) -> None:
    call, screen = transitions.step(Call(), any_desk(), Keys(keyed))
    assert isinstance(screen, Screen)
    assert (call.at, call.support_id) == ("pin", keyed or None)
    assert [line.key for line in screen.utterances] == ["key_pin"]


# --- moving about


@pytest.mark.parametrize("place", sorted(TABLE))
def test_every_place_has_a_prompt_and_takes_every_key(place: str) -> None:
    known = proved(
        at=place, about="ticket", topics=tuple(Topic), topic="technical", services=("a", "b"), support_call=5
    )
    call = replace(known, about="no_pin") if place == "message" else known
    first = prompted(Dice([9]), call)
    assert first.screen.utterances
    for keyed in (*ONE_KEY, "17846325", "0" * 64):
        for throw in range(12):
            assert hear(Dice([throw] * 9), call, Keys(keyed)).keys, (keyed, throw)


def test_the_places_are_those_of_the_contract() -> None:
    assert set(TABLE) == {
        *("support_id", "pin", "message", "accounts", "menu", "topic", "service", "record"),
        *("tickets", "reply", "mail", "mail_topic", "on_hold", "closed", "talking", "pin_again", "called"),
        *("confirm", "over", "anything_else", "request", "speak_request", "step_up", "step_code", "approving"),
        *("stepped_up", "carry"),
    }


BACK = [
    (Call(), "support_id"),  # the first: there is nothing before it
    (Call(at="pin"), "message"),  # here it means "I have no PIN"
    (proved(at="accounts", accounts=tuple(range(1, 20)), page=1), "accounts"),
    (proved(), "menu"),
    (proved(accounts=(1, 2)), "accounts"),
    (proved(at="anything_else"), "menu"),
    (proved(at="topic", topics=("technical", "billing")), "menu"),
    (
        proved(at="service", about="ticket", topic="technical", topics=("technical", "billing"), services=("a", "b")),
        "topic",
    ),
    (proved(at="service", about="ticket", topic="technical", services=("a", "b")), "menu"),
    (proved(at="service", about="emergency", services=("a", "b")), "menu"),
    (proved(at="tickets", ticket=1, told=1001), "menu"),
    (proved(at="mail", ticket=1, told=7), "menu"),
    (proved(at="mail_topic", told=7, topics=("technical", "billing")), "anything_else"),  # where none waits any more
    (proved(at="on_hold", support_call=5), "menu"),
    (proved(at="closed"), "menu"),
    (proved(at="pin_again", support_call=5), "talking"),
    (Call(at="called", callback=7), "over"),  # whoever does not want the code has nothing to go back to
    (proved(at="confirm", about="verify", callback=7), "over"),  # nothing is confirmed
    (proved(at="request"), "menu"),
    (proved(at="request", topics=("technical", "billing", "request")), "topic"),
    (proved(at="service", about="request", services=("a", "b"), then="request:service.cancel"), "request"),
    (proved(at="step_up", then="prove"), "menu"),
    (proved(at="step_up", then="request:service.cancel"), "request"),
    (proved(at="step_code", way="text"), "step_up"),
    (proved(at="approving", way="slack_approval", approval=3), "step_up"),
    (proved(at="stepped_up", topics=("technical", "billing")), "menu"),
    (proved(at="carry", topics=("technical", "billing")), "stepped_up"),
]


BACK_FROM = {call.at: call for call, _ in BACK}


@pytest.mark.parametrize(("call", "back"), BACK, ids=lambda value: value if isinstance(value, str) else value.at)
def test_star_goes_one_step_back(call: Call, back: str) -> None:
    step = hear(Dice([0, 1, 1, 1, 1, 1, 1, 1]), call, Keys("*"))
    assert step.call.at == back
    assert isinstance(step.screen.then, Gather | Record | Conference | HangUp)


def test_star_is_known_everywhere_keys_are_heard() -> None:
    gathers = {
        place for place in TABLE if place not in ("message", "record", "reply", "speak_request", "talking", "over")
    }
    assert gathers == {call.at for call, _ in BACK}


def test_what_is_not_built_is_not_offered() -> None:
    cells = frozenset(cell for cell, _ in MENU.values())
    offered = [f"menu.{digit}" for digit in "1234567809"]
    assert prompted(Dice([]), proved(), offer=port.Offered(cells, "")).keys == offered
    step = hear(Dice([]), proved(), Keys("7"), link_code=None, offer=port.Offered(cells, ""))  # as without Slack
    assert (step.call.at, step.keys) == ("menu", ["not_a_choice", *offered])


@given(st.frozensets(st.sampled_from([cell for cell, _ in MENU.values()])))
def test_only_what_is_allowed_is_spoken_always_with_the_same_digits(cells: frozenset[str]) -> None:
    step = prompted(Dice([]), proved(), offer=port.Offered(cells, ""))
    for digit, (cell, _) in MENU.items():
        assert (f"menu.{digit}" in step.keys) == (cell in cells)
        assert WORDS.say(t.say(f"menu.{digit}")).startswith(f"Press {digit} ")


@pytest.mark.parametrize("several", [1, 8, 9, 17])
def test_accounts_are_chosen_by_the_digit_that_was_spoken(several: int) -> None:
    """Page by page: each account is told once, and its digit chooses it."""
    call, chosen = proved(at="accounts", accounts=tuple(range(101, 101 + several)), account=None), []
    for _ in range(-(-several // 8)):
        told = hear(Dice([0] * 9), call, Keys("")).screen
        choices = [line.values for line in told.utterances if line.key == "choose.account"]
        for choice in choices:
            after, _ = transitions.step(call, any_desk(), Keys(str(choice["digit"])))
            assert f"Account {after.account}" == choice["name"]
            chosen.append(after.account)
        call = hear(Dice([0] * 9), call, Keys("9")).call
    assert chosen == list(range(101, 101 + several))


def test_an_account_that_has_gone_meanwhile_moves_no_digit() -> None:
    call = proved(at="accounts", accounts=(101, 102, 103), account=None)
    left = tuple(AccountName(id, f"{id:06}", f"Account {id}") for id in (102, 103))  # the right on 101 went meanwhile
    told = prompted(Dice([]), call, account_names=left).screen
    choices = [line.values for line in told.utterances if line.key == "choose.account"]
    assert len(choices) == 2
    for choice in choices:
        after, _ = transitions.step(call, any_desk(), Keys(str(choice["digit"])))
        assert f"Account {after.account}" == choice["name"]


def test_a_conference_that_ended_brings_the_caller_back_to_the_menu() -> None:
    step = hear(Dice([0] * 9), proved(at="talking", support_call=5), DialEnded())
    assert (step.call.at, step.call.support_call, step.keys[0]) == ("anything_else", None, "talk_ended")
