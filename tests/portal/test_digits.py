"""Who answers a phone of the desk is who keys their own two digits, which stand on their page beside the call: theirs alone, for that call alone. T46"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select, update

from authz import Subject
from simulator.phone import Phone
from store import tables
from store.calls import take_digits
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.switchboard import asks, rings
from tests.ivr.wire import change, rows
from tests.portal.browsing import DAY, Agent
from tests.portal.test_card import OLIVIA, signed_in

OFFER = "The support desk has a caller. Key the two digits that your page shows beside the call."
AGAIN = "Those are not yours for this call. Key the two digits that your page shows beside it."
DECLINED, ONE = "Thank you. Goodbye.", "The support desk has a caller. Press 1 to take a support call."


@pytest.fixture
def two_phones(sample_sqlite: str) -> Iterator[Desk]:
    desk = Desk(sample_sqlite, **ACCOUNT | {"agent_number": "+441632960008,+441632960009"})
    yield desk
    desk.close()


def wrong(agent: Agent) -> str:
    return f"{(int(agent.digits()['1']) + 1) % 100:02}"


def whose(desk: Desk) -> list[int | None]:
    r = tables.support_calls.c
    return [row.staff_id for row in rows(desk, select(r.staff_id).order_by(r.id))]


def answers(desk: Desk) -> Phone:
    phone = rings(desk)[0]
    phone.answer()
    return phone


def test_the_digits_take_the_call_for_whose_they_are_and_open_its_card(desk: Desk) -> None:
    """Nobody says afterwards whose it is; and the ledger has it under their own right, whichever phone it was."""
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    mia = asks(desk)
    phone = answers(desk)
    assert phone.heard == [OFFER]
    phone.press(ana.digits()["1"])
    mia.wait()
    assert "in conference" in mia.state
    assert phone.heard[1].startswith("Mia Chen, Tideworks Ltd, account 4 0 0 6 3 9.")
    assert whose(desk) == [ana.staff]
    assert "Mia Chen" in ana.read("/desk")
    assert "Mia Chen" not in kim.read("/desk")
    ledger = tables.ledger.c
    told = rows(desk, select(tables.ledger).where(ledger.action == "desk.card.view").order_by(ledger.at))
    assert "contact.name" in told[0].fields
    assert "support_call:1" in told[0].fields
    assert {entry.who for entry in told} == {Subject.of_staff(ana.staff)}
    ana.send("/desk/calls/1/give-back")
    assert whose(desk) == [None]


def test_digits_of_each_are_their_own_and_of_each_call_too(two_phones: Desk) -> None:
    kim, ana = signed_in(two_phones), signed_in(two_phones, "lead.ana")
    asks(two_phones)
    asks(two_phones, *OLIVIA)
    shown = [*kim.digits().items(), *ana.digits().items()]
    assert [place for place, _ in shown] == ["1", "2", "1", "2"]
    assert len({digits for _place, digits in shown if _place == "1"}) == 2
    keys = two_phones.store.keys
    for call in range(1, 20):
        assert len({take_digits.digits(keys, call, place) for place in range(100)}) == 100
    assert len({take_digits.digits(keys, call, 0) for call in range(1, 60)}) > 20


def test_those_of_another_call_take_none(two_phones: Desk) -> None:
    kim = signed_in(two_phones)
    mia = asks(two_phones)
    phone, other = rings(two_phones)
    other.answer()
    other.wait()
    asks(two_phones, *OLIVIA)
    digits = kim.digits()
    assert digits["1"] != digits["2"]
    phone.answer()
    phone.press(digits["2"])
    assert phone.heard == [OFFER, AGAIN]
    assert whose(two_phones) == [None, None]
    phone.press(digits["1"])
    mia.wait()
    assert whose(two_phones) == [kim.staff, None]


def test_wrong_ones_are_asked_twice_more_and_the_other_phones_ring_on(two_phones: Desk) -> None:
    kim = signed_in(two_phones)
    asks(two_phones)
    not_hers = wrong(kim)
    phone = answers(two_phones)
    for _ in range(3):
        phone.press(not_hers)
    assert phone.heard == [OFFER, AGAIN, AGAIN, DECLINED]
    assert phone.state == "ended"
    two_phones.work()
    assert len(rings(two_phones)) == 1
    assert whose(two_phones) == [None]
    told = "Whoever answered a phone of the desk keyed three times digits that are nobody's for that call"
    assert told in signed_in(two_phones, "lead.ana").read("/desk/supervisors")
    assert told not in kim.read("/desk")
    other = rings(two_phones)[0]
    other.answer()
    for _ in range(3):
        other.press(not_hers)
    alerts = rows(two_phones, select(tables.alerts.c.audience, tables.alerts.c.times))
    assert alerts == [("supervisors", 2)], "told of once an hour, and counted"


@pytest.mark.parametrize("keys", ["", "1", "#"])
def test_one_key_or_none_takes_nothing_where_somebody_is_signed_in(one_desk: Desk, keys: str) -> None:
    """A mailbox that answers keys nothing."""
    signed_in(one_desk)
    asks(one_desk)
    phone = answers(one_desk)
    if keys:
        phone.press(keys)
    phone.wait()
    assert phone.heard[1] == (AGAIN if keys else DECLINED)
    assert whose(one_desk) == [None]


def test_a_phone_of_ones_own_takes_with_1_while_its_owner_is_not_signed_in(one_desk: Desk) -> None:
    """In their name; and asks for digits as soon as they are."""
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    change(
        one_desk,
        update(tables.staff).where(tables.staff.c.id == kim.staff).values(phone=one_desk.settings.agent_number[0]),
    )
    s = tables.staff_sessions.c
    change(one_desk, tables.staff_sessions.update().where(s.staff_id == kim.staff).values(seen_at=s.seen_at - DAY))
    mia = asks(one_desk)
    assert ana.digits()["1"]
    phone = answers(one_desk)
    assert phone.heard == [ONE]
    phone.press("1")
    mia.wait()
    assert whose(one_desk) == [kim.staff]


def test_who_is_signed_out_or_suspended_meanwhile_takes_nothing(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    asks(one_desk)
    digits, of_ana = kim.digits()["1"], ana.digits()["1"]
    kim.send("/desk/sign-out")
    change(one_desk, update(tables.staff).where(tables.staff.c.id == ana.staff).values(suspended_at=one_desk.now))
    phone = answers(one_desk)
    assert phone.heard == [ONE]
    phone.press(digits)
    assert phone.heard[1] == DECLINED
    assert of_ana != digits
    assert whose(one_desk) == [None]


def test_of_more_than_a_hundred_people_two_with_the_same_digits_take_nothing_by_them(one_desk: Desk) -> None:
    """Whose they are nobody could say."""
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    many = [
        {"username": f"agent.{n}", "name": f"Agent {n}", "email": f"a{n}@desk.example", "role": "agent"}
        for n in range(99)
    ]
    change(one_desk, insert(tables.staff).values(many))
    places = {id: at for at, id in enumerate(sorted(row.id for row in rows(one_desk, select(tables.staff.c.id))))}
    twin = next(id for id, at in places.items() if at == places[kim.staff] + 100)
    s = tables.staff_sessions
    session = rows(one_desk, select(s).where(s.c.staff_id == ana.staff, s.c.ended_at.is_(None)))[0]
    change(one_desk, insert(s).values({**session._mapping, "digest": "twin", "staff_id": twin}))
    asks(one_desk)
    phone = answers(one_desk)
    phone.press(kim.digits()["1"])
    assert phone.heard[1] == AGAIN
    phone.press(ana.digits()["1"])
    assert whose(one_desk) == [ana.staff]
