"""After something was done: what is asked then, a hash too many, and what is offered is what is possible. E13"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from authz import Action, Subject
from ivr.transitions import TABLE
from ivr.types import Gather, HangUp, Keys
from store import tables
from tests.desk import Desk
from tests.ivr.proving import OFFER, OLIVIA, at_menu, by_app, with_app
from tests.ivr.talk import SPOKEN, Dice, hear, prompted
from tests.ivr.test_dialogue import BACK_FROM, proved
from tests.ivr.wire import ANYTHING, Caller, Wire, change, count, rows

MIA, DEV = ("+441632960108", "17846325"), ("+441632960102", "48291537")


def caller_of(desk: Desk, who: tuple[str, str]) -> Caller:
    caller = Caller(Wire(desk), who[0])
    caller.prove(pin=who[1])
    return caller


def opened(caller: Caller) -> list[str]:
    """A ticket about the first of two services."""
    caller.key("1")
    caller.key("1")
    return caller.say().said


def test_e13_a_hash_too_many_is_no_turn_and_says_again_what_it_cut_short(one_desk: Desk) -> None:
    mia = caller_of(one_desk, MIA)
    menu = mia.answer.said
    assert menu[0] == "Thank you."
    assert mia.key("#").said == menu, "the second # after a PIN"
    told = opened(mia)
    assert told[1] == "The ticket number is 1 0 0 1."
    e = tables.ledger
    entries = count(one_desk, e)
    assert mia.key("#").said == told, "and after a message: the number is not lost"
    assert mia.key("#").said == told
    assert count(one_desk, e) == entries
    assert mia.key("2").said[0] == "Ticket 1 0 0 1: Miniserver tide-web (by phone)."


def test_e13_after_an_account_number_too(one_desk: Desk) -> None:
    """Where a hash ends what is keyed, one alone sounds like silence: nobody is told that nothing was heard."""
    dev = caller_of(one_desk, DEV)
    which = dev.answer.said
    assert dev.key("").said == which[1:]
    assert dev.key("400639").said[0] == "Tideworks Ltd."


def test_e13_nobody_hears_the_menu_after_each_thing_they_do(one_desk: Desk) -> None:
    mia = caller_of(one_desk, MIA)
    menu = mia.answer.said[1:]
    assert opened(mia)[-1] == ANYTHING
    assert mia.key("9").said == menu
    assert mia.key("3").said[-1] == ANYTHING, "and neither after a refusal"
    assert mia.key("7").said == ["That is not one of the choices.", ANYTHING]
    assert mia.key("1").said[0] == "Which service is it about?", "each key of the menu works at once"


def test_e13_after_a_second_proof_it_is_not_offered_again(one_full: Desk) -> None:
    secret = with_app(one_full)
    olivia = at_menu(one_full, OLIVIA)
    assert OFFER in olivia.answer.said
    olivia.key("8")
    by_app(olivia, one_full, secret)
    said = olivia.key("9").said
    assert OFFER not in said
    assert "Press 8 to use your second proof." in said


def test_e13_whoever_writes_a_code_down_is_waited_for(one_full: Desk) -> None:
    mia = caller_of(one_full, MIA)
    mia.key("7")
    for _ in range(3):
        assert mia.key("").said == ["We are still here.", ANYTHING]
    assert mia.key("").said == ["We did not hear anything. Goodbye."]


def test_e13_whoever_looks_a_code_up_is_waited_for(one_full: Desk) -> None:
    secret = with_app(one_full)
    olivia = at_menu(one_full, OLIVIA)
    olivia.key("8")
    asked = olivia.key("1").said
    for _ in range(5):
        assert olivia.key("").said == asked
    by_code = olivia.key("*")
    assert by_code.said[0] == "Press 1 to key the code from your authenticator app."
    by_app(olivia, one_full, secret)
    assert olivia.answer.said[0] == "Thank you. Your second proof is good for 15 minutes."


def test_e13_an_account_is_opened_again_where_it_is_closed_and_nowhere_else(one_full: Desk) -> None:
    ends = {Action.ACCOUNT_REOPEN, Action.ACCOUNT_CLOSE}
    with one_full.store.transaction("test") as tx:
        open_ = tx.requests_everywhere(Subject("person:1"))
    assert [ends.intersection(actions) for actions in open_.values()] == [{"account.close"}]
    change(one_full, update(tables.accounts).values(status="closed"))
    with one_full.store.transaction("test") as tx:
        closed = tx.requests_everywhere(Subject("person:1"))
    assert [ends.intersection(actions) for actions in closed.values()] == [{"account.reopen"}]
    assert rows(one_full, select(tables.accounts.c.status).distinct()) == [("closed",)]


# --- the table of the dialogue


def test_e13_a_stray_hash_is_nothing() -> None:
    """Wherever one key is heard: neither a wrong choice nor a silence."""
    tried = set[str]()
    for at, place in TABLE.items():
        call = replace(BACK_FROM.get(at, proved(at=at)), silent=1)
        first = prompted(Dice([0] * 9), replace(call, at=at))
        if place.silence_speaks or not isinstance(first.screen.then, Gather) or first.screen.then.until_hash:
            continue
        tried.add(at)
        step = hear(Dice([0] * 9), call, Keys("#"))
        assert (step.call.at, step.keys) == (first.call.at, first.keys), at
    assert tried >= {"menu", "topic", "service", "anything_else", "step_up"}, tried


def test_e13_whoever_writes_down_or_waits_for_a_code_is_waited_for() -> None:
    told = hear(Dice([0] * 9), proved(at="record", about="ticket", topic="technical"), SPOKEN)
    assert told.keys[-1] == "anything_else"
    assert isinstance(told.screen.then, Gather)
    assert told.screen.then.seconds == 20
    code = proved(at="step_code", way="text")
    for call, patient in ((told.call, 3), (code, 5)):
        heard = [hear(Dice([0] * 9), call, Keys(""))]
        while not isinstance(heard[-1].screen.then, HangUp):
            heard.append(hear(Dice([0] * 9), heard[-1].call, Keys("")))
        assert len(heard) == patient + 1
