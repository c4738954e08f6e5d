"""Verification as a service: another system has a person verified for one action, who answers by themselves, and learns no more than what came of it.

T42, T57
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from authz import Subject
from store import tables
from tests.api.asking import MIA, RAJ, TIDEWORKS
from tests.api.verifying import ALERTS, AT, WANTED, answers, asks, panel, refused
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.test_callbacks import rung
from tests.ivr.test_duress import PIN, UNDER_THREAT, give
from tests.ivr.wire import count, rows
from tests.portal.browsing import Browser
from tests.portal.passkeying import asked as question_of
from tests.portal.passkeying import passkey_fields, touches
from tests.portal.test_customers import entered
from tests.portal.test_prove import by_passkey


@pytest.fixture
def texting(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **ACCOUNT, sms="on", sms_countries="GB")
    yield opened
    opened.close()


# --- callback with PIN


def test_a_callback_with_the_pin_verifies_for_what_the_person_may_do(desk: Desk) -> None:
    program = panel(desk)
    made = asks(program, "callback")
    where = f"{AT}/{made['id']}"
    assert program.read(where)["state"] == "waiting"
    mia = answers(desk)
    heard = " ".join(mia.heard)
    assert "a system of ours wants to know that it is you they are dealing with." in heard
    assert "Tideworks" not in heard, "whoever only answers learns of no account"
    assert "ticket" not in heard
    mia.press(f"{PIN}#")
    assert (
        "a system of ours asks for your word that you want to open tickets, on the account Tideworks Ltd." in mia.heard
    )
    assert program.read(where)["state"] == "waiting", "the PIN alone is no answer"
    mia.press("1")
    assert "Thank you, that is confirmed. Goodbye." in mia.heard
    told = program.read(where)
    assert (told["state"], told["proof"], told["decision"]["allowed"]) == ("passed", "verified", True)
    assert told["decision"]["rules"]
    assert (told["person"], told["account"]) == ("mia.chen", TIDEWORKS)
    assert PIN not in str(told)
    desk.work()
    assert count(desk, tables.support_calls) == 0, "nobody of the desk is rung for it"
    desk.pass_time(15 * 60 + 1)
    told = program.read(where)
    assert (told["state"], told["proof"], told["decision"]) == ("passed", None, None), "it counts no more"


def test_what_takes_a_second_proof_is_refused_after_a_callback(desk: Desk) -> None:
    """What counts for the action is the judge's to say."""
    program = panel(desk)
    made = asks(program, "callback", person="raj.patel", action="service.cancel")
    phone = answers(desk)
    phone.press("53960281#")
    phone.press("1")
    told = program.read(f"{AT}/{made['id']}")["decision"]
    assert (told["allowed"], told["reason"]) == (False, "step_up")


@pytest.mark.parametrize(
    ("keys", "why"),
    [(("*#",), "not_me"), ((f"{PIN}#", "9"), "not_me"), (("11111111#",) * 3, "not_proved")],
)
def test_whoever_answers_and_does_not_confirm_is_not_verified(one_desk: Desk, keys: tuple[str, ...], why: str) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    phone = answers(one_desk)
    for key in keys:
        phone.press(key)
    one_desk.work()
    told = program.read(f"{AT}/{made['id']}")
    assert (told["state"], told["why"], told["decision"]) == ("failed", why, None)
    assert count(one_desk, tables.alerts, ALERTS.kind == "probing_account") == (why == "not_me")
    if why == "not_me":
        one_desk.pass_time(3600)
        assert refused(program.post(AT, WANTED)) == "not_me", "nobody rings them again"
        one_desk.pass_time(23 * 3600)
        asks(program, "callback")


@pytest.mark.parametrize(("how", "why"), [("decline", "nobody"), ("machine", "machine"), ("hangs up", "not_proved")])
def test_a_call_that_reaches_nobody_ends_it(one_desk: Desk, how: str, why: str) -> None:
    program = panel(one_desk)
    made = asks(program, "callback")
    one_desk.work()
    phone = rung(one_desk)
    if how == "decline":
        phone.decline()
    elif how == "machine":
        phone.answer(by="machine_start")
    else:
        phone.answer()
        phone.press(f"{PIN}#")
        phone.hang_up()
    told = program.read(f"{AT}/{made['id']}")
    assert told["why"] == why
    assert told["state"] == ("failed" if how == "hangs up" else "ended")


def test_under_a_threat_it_sounds_as_always_and_nothing_passes(one_desk: Desk) -> None:
    give(one_desk, "10000081", PIN, UNDER_THREAT)
    program = panel(one_desk)
    made = asks(program, "callback")
    mia = answers(one_desk)
    mia.press(f"{UNDER_THREAT}#")
    mia.press("1")
    assert "Thank you, that is confirmed. Goodbye." in mia.heard
    one_desk.work()
    assert program.read(f"{AT}/{made['id']}")["state"] == "waiting", "as when nobody has answered"
    assert count(one_desk, tables.alerts, ALERTS.kind == "duress") == 1
    one_desk.pass_time(601)
    one_desk.work()
    told = program.read(f"{AT}/{made['id']}")
    assert (told["state"], told["why"], told["decision"]) == ("ended", "late", None)


# --- passkey


def test_a_passkey_on_their_page_is_a_second_proof_for_this_and_nothing_else(desk: Desk) -> None:
    raj, mine = by_passkey(desk, Subject.of_person(RAJ))
    program = panel(desk)
    made = asks(program, "passkey", person="raj.patel", action="service.cancel")
    assert made["page"] == f"{desk.settings.public_url}/confirm"
    assert "a system of ours wants to know that it is you they are dealing with, about Tideworks Ltd." in raj.read("/")
    seen = raj.read("/confirm")
    assert "They ask for your word that you want to cancel services, at Tideworks Ltd." in seen
    touches(raj, mine, "/confirm/passkey")
    assert "Confirmed." in raj.words
    told = program.read(f"{AT}/{made['id']}")
    assert (told["state"], told["proof"]) == ("passed", "stepped-up")
    assert (told["decision"]["allowed"], told["page"]) == (True, None)
    s = tables.step_ups.c
    assert rows(desk, select(s.factor, s.bound)) == [("passkey", f"verification:{made['id']}")]
    assert "Nothing is asked of you here" in raj.read("/confirm")


def test_a_passkey_of_somebody_else_or_of_another_form_is_no_answer(one_desk: Desk) -> None:
    raj, mine = by_passkey(one_desk, Subject.of_person(RAJ))
    program = panel(one_desk)
    made = asks(program, "passkey", person="raj.patel")
    raj.get("/confirm")
    form = passkey_fields(raj, "/confirm/passkey")
    raj.post("/confirm/passkey", form | {"passkey": "{}"})
    mia = entered(one_desk, MIA)
    assert "Nothing is asked of you here" in mia.read("/confirm")
    raj.get("/confirm")
    answer = mine.get(question_of(raj, "/confirm/passkey")[1])
    mia.get("/")
    mia.post("/confirm/passkey", form | {"passkey": answer, "token": mia.fields("/sign-out")["token"]})
    mia.post("/confirm/not-me", {"id": str(made["id"]), "token": mia.fields("/sign-out")["token"]})
    assert program.read(f"{AT}/{made['id']}")["state"] == "waiting"


def test_that_is_not_me_on_the_page_warns_the_desk(one_desk: Desk) -> None:
    raj, _mine = by_passkey(one_desk, Subject.of_person(RAJ))
    program = panel(one_desk)
    made = asks(program, "passkey", person="raj.patel")
    raj.get("/confirm")
    raj.send("/confirm/not-me")
    assert "the desk is warned" in raj.words
    assert program.read(f"{AT}/{made['id']}")["why"] == "not_me"
    assert count(one_desk, tables.alerts, ALERTS.kind == "probing_account") == 1
    assert count(one_desk, tables.jobs, tables.jobs.c.key == f"not_me:verification:{made['id']}") == 1


# --- text


def code(desk: Desk) -> str:
    desk.work()
    return "".join(filter(str.isdigit, desk.exchange.messages[-1][1]))[:8]


def types(browser: Browser, digits: str) -> None:
    browser.get("/confirm")
    browser.send("/confirm/code", code=digits)


def test_a_code_by_text_is_typed_on_their_own_page(texting: Desk) -> None:
    program = panel(texting)
    made = asks(program, "text", action="ticket.view:technical")
    digits = code(texting)
    assert digits not in str(program.read(f"{AT}/{made['id']}"))
    mia = entered(texting, MIA)
    types(mia, "00000000")
    assert "That is not the code we sent you for this." in mia.words
    types(mia, digits)
    assert "Confirmed." in mia.words
    told = program.read(f"{AT}/{made['id']}")
    assert (told["state"], told["proof"], told["decision"]["allowed"]) == ("passed", "stepped-up", True)


def test_the_code_for_it_proves_nothing_else_and_another_code_nothing_here(texting: Desk) -> None:
    program = panel(texting)
    made = asks(program, "text")
    digits = code(texting)
    mia = entered(texting, MIA)
    mia.get(f"/prove?account={TIDEWORKS}")
    mia.send("/prove/text")
    other = code(texting)
    types(mia, other)
    assert "That is not the code" in mia.words
    types(mia, digits)
    assert "That is not the code" in mia.words, "a newer one has taken its place"
    assert program.read(f"{AT}/{made['id']}")["state"] == "waiting"
