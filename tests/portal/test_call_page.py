"""T41, the relay, and what ends it: a passkey in the middle of a call, on the page that says which call that is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, select

from authz import Proof, Subject
from desk.actors import Actor
from desk.approvals import NotApproved, say_number
from store import tables
from tests.desk import Desk
from tests.ivr.proving import DONE, NUMBERS, OLIVIA
from tests.ivr.test_requests import asks_to_cancel
from tests.ivr.wire import Caller, Wire, change, count, rows
from tests.passkey_device import Device
from tests.portal.browsing import Browser
from tests.portal.passkeying import asked, passkey_fields, touches
from tests.portal.test_customers import entered
from tests.portal.test_own_pages import RAJ
from tests.portal.test_prove import by_passkey, page

PERSON, THIEF = 1, "+441632960777"  # of Olivia Hart, the owner of Harbour Bakery
OLIVIAS = Subject.of_person(PERSON)
PRESS = "Press 7 to confirm with your passkey on your account page."


def on_the_phone(desk: Desk, number: str = NUMBERS[OLIVIA][0]) -> Caller:
    """Somebody with her support ID and her PIN, at the menu."""
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key("10000016")
    caller.key(NUMBERS[OLIVIA][1])
    return caller


def digits_of(caller: Caller) -> str:
    """What is heard once they want to cancel, and choose their passkey for it."""
    assert PRESS in asks_to_cancel(caller)
    return heard(caller.key("7").said)


def heard(said: list[str]) -> str:
    found = re.search(r"The number to type there is ([0-9]) ([0-9])\.", " ".join(said))
    assert found, said
    return found[1] + found[2]


def is_proved(desk: Desk, call: str) -> bool:
    s = tables.step_ups.c
    return bool(rows(desk, select(s.id).where(s.bound == call, s.ends_at > desk.now)))


def test_she_confirms_her_own_call_with_her_passkey(desk: Desk) -> None:
    olivia, mine = by_passkey(desk, OLIVIAS)
    caller = on_the_phone(desk)
    digits = digits_of(caller)
    assert "We are waiting for you on your account page." in caller.key("").said
    assert "Somebody is on the phone with us as you, about Harbour Bakery" in olivia.read("/")
    assert "You are on the phone with us, on the number ending 01." in olivia.read("/call")
    assert "Confirm: Cancel a service, at Harbour Bakery. Service: Grid hosting harbourbakery.example." in olivia.words
    assert "We do not have that number on file" not in olivia.words
    assert is_proved(desk, caller.sid) is False
    touches(olivia, mine, "/call/passkey", number=digits)
    assert "Confirmed. Go on with the call" in olivia.words
    assert DONE in caller.key("").said, "and it goes on with what it was for"
    s = tables.step_ups.c
    assert rows(desk, select(s.factor, s.bound)) == [("passkey", caller.sid)]
    assert "Nothing is asked of you here" in olivia.read("/call")


def test_it_hands_in_the_draft_it_was_asked_for(one_desk: Desk) -> None:
    olivia, mine = by_passkey(one_desk, OLIVIAS)
    draft = {"account_id": 1, "opened_by": PERSON, "channel": "phone", "topic": "technical", "kind": "service.order"}
    draft |= {"status": "draft", "opened_at": one_desk.now, "title": "x", "proof": "verified"}
    change(one_desk, insert(tables.tickets).values(**draft))
    caller = on_the_phone(one_desk)
    caller.key("8")
    said = caller.key("7").said
    assert "Confirm: Order a service, at Harbour Bakery." in olivia.read("/call")
    touches(olivia, mine, "/call/passkey", number=heard(said))
    assert "your request is with the desk" in olivia.words
    assert rows(one_desk, select(tables.tickets.c.status)) == [("open",)]


def test_t41_everything_said_aloud_is_passed_on_and_the_call_is_not_proved(one_desk: Desk) -> None:
    """The thief has her ID and PIN, hears the digits, and is signed in on the pages by what she has read out to them; and she herself is
    rung by them, and sees on her page that it is not her call."""
    olivia, mine = by_passkey(one_desk, OLIVIAS)
    thief = on_the_phone(one_desk, THIEF)
    digits = digits_of(thief)
    at_her_pages = entered(one_desk, PERSON)  # by her password and a code, read out to them
    at_her_pages.get("/call")
    theirs = Device(mine.origin)
    _, options = asked(at_her_pages, "/call/passkey")
    fields = passkey_fields(at_her_pages, "/call/passkey") | {"number": digits}
    for answer in ("", "{}", theirs_of(theirs, olivia, options)):
        at_her_pages.post("/call/passkey", fields | {"passkey": answer})
        assert not is_proved(one_desk, thief.sid)
    relayed = Device("https://desk-support.example", host=mine.host, id=mine.id, key=mine.key, handle=mine.handle)
    at_her_pages.get("/call")
    fields = passkey_fields(at_her_pages, "/call/passkey") | {"number": digits}
    answer = relayed.get(asked(at_her_pages, "/call/passkey")[1])
    at_her_pages.post("/call/passkey", fields | {"passkey": answer})
    assert not is_proved(one_desk, thief.sid), "on a page of the thief's she has touched it in vain"
    with one_desk.store.transaction("slack") as tx:
        who = Actor(Subject.of_person(PERSON), Proof.VERIFIED, "T0DESK:U0OLIVIA")
        id = tx.connection.execute(select(tables.approvals.c.id)).scalar_one()
        assert say_number(tx, who, id, digits, minutes=15) is NotApproved.GONE, "the digits alone do nothing in Slack"
    assert "We are waiting for you" in " ".join(thief.key("").said)
    seen = olivia.read("/call")
    assert "on the number ending 77. We do not have that number on file for you." in seen
    assert "somebody else is on the phone with us as you" in seen
    olivia.send("/call/not-me")
    assert "Nothing was confirmed, and the desk is warned" in olivia.words
    assert "It was not confirmed on your account page." in thief.key("").said
    assert count(one_desk, tables.alerts, tables.alerts.c.kind == "probing_account") == 1
    assert not is_proved(one_desk, thief.sid)


def theirs_of(device: Device, olivia: Browser, options: str) -> str:
    """An answer of a device that holds no passkey of hers."""
    device.handle, device.host = b"x" * 32, "127.0.0.1"
    return device.get(options)


def test_a_wrong_number_ends_the_question_and_a_passkey_alone_is_no_answer(one_desk: Desk) -> None:
    olivia, mine = by_passkey(one_desk, OLIVIAS)
    caller = on_the_phone(one_desk)
    digits = digits_of(caller)
    olivia.get("/call")
    touches(olivia, mine, "/call/passkey", number="")
    assert "Type the two digits" in olivia.words
    olivia.get(page(""))
    elsewhere = passkey_fields(olivia, "/prove/passkey") | {"passkey": mine.get(asked(olivia, "/prove/passkey")[1])}
    olivia.get("/call")
    olivia.post("/call/passkey", passkey_fields(olivia, "/call/passkey") | elsewhere | {"number": digits})
    assert not is_proved(one_desk, caller.sid), "touched for another form"
    olivia.get("/call")
    touches(olivia, mine, "/call/passkey", number="00")
    assert "Those were not the two digits" in olivia.words
    olivia.get("/call")
    assert "data-passkey" not in olivia.text
    assert "It was not confirmed on your account page." in caller.key("").said


@pytest.mark.parametrize("how", ["hung up", "too late", "another", "a young passkey"])
def test_what_is_over_or_somebody_elses_is_no_answer(one_desk: Desk, how: str) -> None:
    olivia, mine = by_passkey(one_desk, OLIVIAS)
    caller = on_the_phone(one_desk)
    digits = digits_of(caller)
    olivia.get("/call")
    form = passkey_fields(olivia, "/call/passkey") | {"number": digits}
    form["passkey"] = mine.get(asked(olivia, "/call/passkey")[1])
    if how == "hung up":
        caller.hang_up()
    elif how == "too late":
        one_desk.pass_time(181)
    elif how == "a young passkey":
        with one_desk.store.transaction("test") as tx:
            tx.connection.execute(tables.passkeys.update().values(counts_from=one_desk.now + 1))
    else:
        raj = entered(one_desk, RAJ)
        assert "Nothing is asked of you here" in raj.read("/call")
        raj.post("/call/passkey", form | {"token": raj.fields("/sign-out")["token"]})
        assert not is_proved(one_desk, caller.sid)
        return
    assert olivia.post("/call/passkey", form).status_code == 422
    assert not is_proved(one_desk, caller.sid)
