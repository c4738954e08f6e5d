"""The state of a call comes back from its text as it was, and shows no digit of a PIN on the way."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz import Subject, Topic
from ivr import transitions
from ivr import types as t
from ivr.transitions import TABLE
from ivr.types import Call, CheckPin, Keys
from tests.ivr.talk import any_desk

FIELDS = {
    "at": st.sampled_from(sorted(TABLE)),
    "number": st.none() | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    "attested": st.booleans(),
    "support_id": st.none() | st.text(min_size=1, max_size=16),
    "asked_again": st.booleans(),
    "tries": st.integers(0, 2),
    "unlocked": st.integers(0, 10**6),
    "short": st.integers(0, 2),
    "unproved": st.integers(0, 40),
    "silent": st.integers(0, 5),
    "silences": st.integers(0, 3),
    "subject": st.none() | st.just("person:8"),
    "proof": st.integers(0, 3),
    "duress": st.booleans(),
    "accounts": st.lists(st.integers(1, 10**12), max_size=30).map(tuple),
    "account": st.none() | st.integers(1, 10**12),
    "page": st.integers(0, 5),
    "topics": st.sampled_from([(), ("technical",), (Topic.TECHNICAL, Topic.BILLING)]),
    "topic": st.none() | st.sampled_from(list(Topic)),
    "services": st.lists(st.text(max_size=64), max_size=20).map(tuple),
    "service": st.none() | st.text(min_size=1, max_size=64),
    "ticket": st.integers(0, 50),
    "told": st.integers(0, 10**9),
    "support_call": st.none() | st.integers(1, 10**12),
    "queue": st.integers(0, 50),
    "rung": st.integers(0, 3),
    "callback": st.none() | st.integers(1, 10**12),
    "about": st.sampled_from(["", "ticket", "emergency", "no_pin", "busy", "closed", "spent", "fallback"]),
    "counted": st.booleans(),
    "on_file": st.booleans(),
    "then": st.sampled_from(["", "talk", "request:service.cancel", "hand_in:1001", "prove"]),
    "way": st.sampled_from(["", "authenticator", "text"]),
    "wrong": st.integers(0, 2),
    "approval": st.integers(0, 10**9),
}
CALLS = st.builds(Call, **FIELDS)


@given(CALLS)
def test_a_call_comes_back_from_its_text(call: Call) -> None:
    assert Call.from_json(call.to_json()) == call
    assert Call.from_json(replace(call, lead=(t.say("welcome"),)).to_json()) == call, "what was said is not kept"


def test_all_of_a_call_is_tried() -> None:
    assert set(Call.__dataclass_fields__) == set(FIELDS) | {"lead"}


@given(st.from_regex("[0-9]{6,10}", fullmatch=True))
def test_no_digit_of_a_pin_is_seen(keyed: str) -> None:
    _, then = transitions.step(Call(at="pin"), any_desk(), Keys(keyed))
    assert isinstance(then, CheckPin)
    for shown in (Keys(keyed), then, then.pin):
        assert not re.search("[0-9]", f"{shown!r} {shown!s} {shown}")
    with pytest.raises(TypeError):
        pickle.dumps(then)


def test_an_event_out_of_place_is_a_fault_that_quotes_nothing() -> None:
    with pytest.raises(TypeError) as fault:
        transitions.step(Call(at="topic"), any_desk(), t.Proved(Subject("person:8"), (400639,)))
    assert not re.search("[0-9]", str(fault.value))
