"""What is taken away while calls are under way or owed: a number that would be rung, and the PIN of whoever talks to the desk."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, insert, select

from authz import Action, Ask, Grant, Proof, Topic
from store import call_backs, carried, imports, step_ups, tables
from store.import_format import read
from tests.desk import Desk
from tests.ivr.elsewhere import asks_for, called_with_a_code, kim, person
from tests.ivr.test_call_backs import MACHINE, a_ticket, notes, rung, status
from tests.ivr.test_verify_now import a_talk, ring
from tests.ivr.wire import change, count, rows


def changed(desk: Desk, **said: object) -> None:
    imports.run(desk.store, read(json.dumps({"people": [{"username": "mia.chen", **said}]}).encode()))


def asked_only(desk: Desk, **about: Any) -> int:
    staff = kim(desk)
    with desk.store.transaction("slack") as tx:
        grant = tx.ask(Ask(f"staff:{staff}", Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        made = call_backs.ask(tx, grant, person(desk), **about)
    assert isinstance(made, int)
    return made


def test_h1_a_number_that_was_taken_away_is_not_rung(desk: Desk) -> None:
    """Not even the new one, which is too young; it is on the ticket, and whoever asked is told."""
    ticket = a_ticket(desk)
    id = asked_only(desk, ticket=ticket)
    changed(desk, phones=["+441632960177"])
    desk.work()
    assert not [leg for leg in desk.exchange.legs.values() if leg.state == "ringing"]
    assert status(desk, id) == "withdrawn"
    assert notes(desk, ticket)[-1].startswith("We did not call back: what the desk had on file for them has changed")
    assert count(desk, tables.work, tables.work.c.kind == "slack.called") == 1


def test_h1_a_call_that_rings_while_the_number_goes_is_told_nothing(desk: Desk) -> None:
    """A code for the PIN prompt is not told to whoever picks the old number up; to whoever has picked it up, neither."""
    called_with_a_code(desk)
    mia = rung(desk)
    changed(desk, phones=["+441632960177"])
    mia.answer()
    assert mia.heard == MACHINE
    desk.pass_time(600)
    changed(desk, phones=["+441632960177", "+441632960108"])
    desk.pass_time(73 * 3600)
    called_with_a_code(desk)
    mia = rung(desk)
    mia.answer()
    changed(desk, phones=["+441632960177"])
    mia.press("1")
    desk.work()
    assert mia.heard[-1] == "Goodbye."
    assert count(desk, tables.codes, tables.codes.c.kind == "unlock") == 0


def test_h1_the_number_is_read_anew_when_it_is_rung(one_desk: Desk) -> None:
    """However it went from the file: the oldest that is old enough is rung, and where there is none, nobody."""
    desk, p = one_desk, tables.phones
    asked_only(desk)
    row = {"person_id": person(desk), "number": "+441632960178", "added_at": 0}
    change(desk, insert(p).values(**row), delete(p).where(p.c.number == "+441632960108"))
    desk.work()
    assert rung(desk).called == "+441632960178"
    desk.pass_time(600)
    id = asked_only(desk)
    change(desk, delete(p).where(p.c.number == "+441632960178"))
    desk.work()
    assert status(desk, id) == "withdrawn"


def test_h12_whoever_fails_at_the_pin_has_no_second_proof_either(desk: Desk) -> None:
    """Nor has it whoever it was carried to, and a right PIN afterwards does not bring it back."""
    mia, _agent = a_talk(desk)
    account, who = rows(desk, select(tables.rings.c.account_id, tables.rings.c.subject))[0]
    with desk.store.transaction("phone", mia.sid) as tx:
        step_ups.reached(tx, who, account, "authenticator", mia.sid, ends_at=tx.now + 900_000)
        said = carried.give(tx, carried.TO_SLACK, who, account, mia.sid, Topic.TECHNICAL)
        kept = carried.give(tx, carried.TO_PHONE, who, account, mia.sid, Topic.TECHNICAL)
        assert carried.take(tx, carried.TO_SLACK, who, said or "", "T0DESK:U0MIA") == account
    asks_for(desk, "pin")
    mia.press("*#")
    desk.work()
    desk.pass_time(1)
    assert asks_for(desk, "pin")
    mia.press("17846325#")
    desk.work()
    assert ring(desk)[1:3] == ("passed", Proof.VERIFIED)
    with desk.store.transaction("test") as tx:
        assert step_ups.until(tx, who, account, mia.sid) is None
        assert step_ups.until(tx, who, account, "T0DESK:U0MIA", "technical") is None
        assert carried.take(tx, carried.TO_PHONE, who, kept or "", "elsewhere") is None


def test_h12_a_hang_up_ends_nothing_that_was_carried_on(one_desk: Desk) -> None:
    mia, _agent = a_talk(one_desk)
    account, who = rows(one_desk, select(tables.rings.c.account_id, tables.rings.c.subject))[0]
    with one_desk.store.transaction("phone", mia.sid) as tx:
        step_ups.reached(tx, who, account, "authenticator", mia.sid, ends_at=tx.now + 900_000)
        said = carried.give(tx, carried.TO_SLACK, who, account, mia.sid, Topic.TECHNICAL)
    mia.hang_up()
    one_desk.work()
    with one_desk.store.transaction("test") as tx:
        assert carried.take(tx, carried.TO_SLACK, who, said or "", "T0DESK:U0MIA") == account
