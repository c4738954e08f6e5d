"""Twilio's signature has no separators: every re-cut of a captured request that still verifies is refused or changes nothing.

T11
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from starlette.exceptions import HTTPException
from twilio.request_validator import RequestValidator

from ivr.webhook import OfACall, OfATranscription, Twilio, Webhook
from store import tables
from tests.desk import PUBLIC, Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Form, Wire, count, kept

TOKEN = ACCOUNT["twilio_auth_token"]
NOTHING_LEARNT = (["Goodbye."], ["The caller has gone. Goodbye."], ["Somebody else has taken that call. Goodbye."])
URL_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/?=&+:@")


class Captured(NamedTuple):
    path: str
    form: Form
    answer: Answer


def in_order(form: Form) -> bool:
    """Names each once and sorted: then, and only then, the signed string is the one of this form."""
    return all(before < after for (before, _), (after, _) in pairwise(form)) and all(name for name, _ in form)


def recuts(path: str, form: Form) -> Iterator[tuple[str, Form]]:
    """Everything one cut more, one cut less or one cut moved makes of a request with the same signed string."""
    form = sorted(form)
    for n, (name, value) in enumerate(form):
        text, before, after = name + value, form[:n], form[n + 1 :]
        for cut in range(1, len(text) + 1):  # the cut between name and value is moved
            yield path, [*before, (text[:cut], text[cut:]), *after]
        for start in range(len(value)):  # one cut more: another parameter begins inside of the value
            for end in range(start + 1, min(len(value), start + 12) + 1):
                yield path, [*before, (name, value[:start]), (value[start:end], value[end:]), *after]
        if after:  # the cut between two parameters is moved or left out
            (next_name, next_value), rest = after[0], after[1:]
            for cut in range(1, len(next_name)):
                yield path, [*before, (name, value + next_name[:cut]), (next_name[cut:], next_value), *rest]
            for cut in range(1, len(value) + 1):
                yield path, [*before, (name, value[:-cut]), (value[-cut:] + next_name, next_value), *rest]
            for cut in range(len(next_value) + 1):
                yield path, [*before, (name, value + next_name + next_value[:cut]), (next_value[cut:], ""), *rest]
            yield path, [*before, (name, value + next_name + next_value), *rest]
    (name, value), rest = form[0], form[1:]
    for cut in range(1, len(name)):  # the cut between URL and parameters is moved
        yield path + name[:cut], [(name[cut:], value), *rest]
    yield path + name + value, rest
    for cut in range(1, len(path)):
        yield path[:-cut], [(path[-cut:] + name, value), *rest]
        yield path[:-cut], [(path[-cut:], name + value), *rest]


def variants(captured: Captured) -> list[tuple[str, Form]]:
    """The re-cuts that verify, less the request itself."""
    own = (captured.path, sorted(captured.form))
    found = {
        (path, tuple(form))
        for path, form in recuts(captured.path, captured.form)
        if in_order(form) and path.startswith("/") and set(path) <= URL_SAFE
    }
    return [(path, list(form)) for path, form in sorted(found) if (path, list(form)) != own]


@pytest.fixture(scope="module")
def captured(long_desk: Desk) -> list[Captured]:
    """Some fifty requests of calls that are over: everything a caller and an agent do."""
    wire, desk = Wire(long_desk), long_desk
    mia = Caller(wire)
    mia.prove("10000081", "11111112")
    for keys in ("17846325", "3", "1", "1"):
        mia.key(keys)
    mia.say("RE" + "a" * 32)
    mia.recorded("RE" + "a" * 32)
    mia.transcribed("the server is slow", "RE" + "a" * 32)
    for keys in ("2", "1"):
        mia.key(keys)
    mia.say("RE" + "b" * 32)
    for keys in ("0", ""):
        mia.key(keys)
    desk.work()
    agent = desk.exchange.ringing()
    assert agent is not None
    agents = agent_requests(wire, desk)
    mia.key("")
    mia.post(mia.answer.action, mia.form(("DialCallStatus", "completed")))
    mia.hang_up()
    dev = Caller(wire, "+441632960102")
    dev.prove("10000024", "48291537")
    for keys in ("300528", "4", "*", "3", "5", "*", "9"):
        dev.key(keys)
    dev.hang_up()
    lost = Caller(wire, "anonymous")
    lost.dial()
    for keys in ("12345678", "12345678", "1234", "55555556", "*"):
        lost.key(keys)
    lost.say("RE" + "c" * 32)
    lost.recorded("RE" + "c" * 32)
    lost.hang_up()
    fallen = Caller(wire)
    fallen.dial()
    fallen.answer = fallen.post("/ivr/fallback", fallen.form(("ErrorCode", "11200")))
    fallen.say("RE" + "d" * 32)
    fallen.hang_up()
    desk.pass_time(61)
    desk.work()
    calls = [Captured(*sent) for caller in (mia, dev, lost, fallen, agents) for sent in caller.sent]
    assert {call.answer.status for call in calls} == {200}
    return calls


def agent_requests(wire: Wire, desk: Desk) -> Caller:
    """What the agent's phone sends, by hand: the offer, the key, the end."""
    agent = Caller(wire, "+441632960000")
    leg = desk.exchange.ringing()
    assert leg is not None
    path, over = leg._voice_url.removeprefix(PUBLIC), leg._status_url.removeprefix(PUBLIC)
    agent.post(path, agent.form())
    agent.post(path, agent.form(("Digits", "1")))
    agent.post(over, agent.form(status="completed"))
    return agent


def kind(path: str) -> type[Webhook]:
    return OfATranscription if path.startswith(("/ivr/recording", "/ivr/transcription")) else OfACall


def refusal(twilio: Twilio, path: str, form: Form, signature: str) -> str:
    """Why the phone does not take a request, or nothing if it does."""
    try:
        twilio.read(path, urlencode(form).encode(), signature, kind(path))
    except HTTPException as refused:
        return str(refused.detail)
    return ""


def test_what_is_called_a_recut_verifies(captured: list[Captured]) -> None:
    validator, dice = RequestValidator(TOKEN), random.Random(1)
    assert len(captured) >= 45
    for one in captured:
        signature = validator.compute_signature(PUBLIC + one.path, dict(one.form))
        for path, form in dice.sample(variants(one), 5):
            assert validator.validate(PUBLIC + path, dict(form), signature), (path, form)


def test_the_grammar_refuses_nearly_all_and_the_call_refuses_the_rest(
    captured: list[Captured], long_desk: Desk
) -> None:
    assert len(captured) >= 45
    twilio, wire = Twilio(ACCOUNT["twilio_account_sid"], [TOKEN], PUBLIC), Wire(long_desk)
    dice, tried, taken = random.Random(2), Counter[str](), list[tuple[Captured, str, Form]]()
    for one in captured:
        signature = wire.sign(one.path, one.form)
        found = variants(one)
        for path, form in dice.sample(found, min(len(found), 120)):
            tried[one.path.partition("?")[0]] += 1
            why = refusal(twilio, path, form, signature)
            assert why != "not signed by Twilio", "the test means to send what verifies"
            if not why:
                taken.append((one, path, form))
    assert tried.total() > 5000
    assert len(tried) == 8, "every route"
    assert taken, "some only blur what nobody reads; the next lines are about those"

    before = kept(long_desk)
    for one, path, form in dice.sample(taken, min(len(taken), 300)):
        answer = wire.post(path, form, wire.sign(one.path, one.form))
        harmless = answer == one.answer or answer.said in NOTHING_LEARNT
        assert 400 <= answer.status < 500 or harmless, (path, form, answer)
    assert kept(long_desk) == before


def test_the_captured_requests_had_effects(captured: list[Captured], long_desk: Desk) -> None:
    assert captured
    assert count(long_desk, tables.tickets) == 4, "Mia's, two messages, and a callback: her agent left before they met"
    assert count(long_desk, tables.recordings) == 4
    assert count(long_desk, tables.support_calls) >= 1


def test_the_very_same_requests_change_nothing(captured: list[Captured], long_desk: Desk) -> None:
    wire, before = Wire(long_desk), kept(long_desk)
    assert len(captured) >= 45
    for one in captured:
        answer = wire.post(one.path, one.form)
        assert answer.status == 403 or answer == one.answer or answer.said in NOTHING_LEARNT
    assert kept(long_desk) == before


def test_a_known_trick_is_among_them(captured: list[Captured]) -> None:
    pin = next(one for one in captured if ("Digits", "17846325") in one.form)
    found = variants(pin)
    forms = [dict(form) for _, form in found]
    assert any("Digits17846325" in form.get("CallerZip", "") for form in forms), "Digits merged into another parameter"
    assert any(form.get("Digits", "").startswith("17846325D") for form in forms), "another one merged into Digits"
    assert any(path.endswith("AccountSid" + ACCOUNT["twilio_account_sid"]) for path, _ in found), "moved into the URL"
