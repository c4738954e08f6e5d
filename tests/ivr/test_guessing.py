"""A4, T8: who guesses PINs spends what is nearest to them, and closes the phone to nobody who has done nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import select

from ivr import pin
from ivr.types import Call
from store import tables
from store.security.budgets import HOUR
from store.verification import caller_limits, pins
from store.verification.attempt_limits import Admission
from store.verification.caller_limits import AT_MOST, DESK, WIDEST, WITHHELD
from store.verification.pins import Pin
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Wire, rows
from tests.refused import unknown_ids

MIA, PIN, OWN = "10000081", "17846325", "+441632960108"
LEO, LEOS = "10000099", "+441632960109"
A = "TN-Validation-Passed-A"
MENU, CLOSED = "Press 1 to open a ticket.", "We cannot take that PIN just now."
ONE_LINE = {
    "withheld": None,
    "one number": "+441632960777",
    "made-up numbers": "",
    "numbers that begin alike": "+441632",
}
_made_up = count(7_000_001)


def shown(line: str | None) -> str | None:
    """What the next call of this line shows."""
    if line == "":
        return f"+{next(_made_up) * 7_919 % 10**10 + 10**10}"
    return f"{line}{next(_made_up) % 10**6:06}" if line == "+441632" else line


def guess(
    desk: Desk,
    line: str | None,
    calls: int,
    every: float,
    *,
    attested: bool = False,
    digits: int = 8,
    choice: bool = False,
) -> list[Admission]:
    """Three wrong PINs in each call at IDs that nobody else tried: what their turns do before they hash."""
    dice, on, admitted = unknown_ids(), desk.container.phone, []
    assert on is not None
    with desk.store.transaction("phone", "CA1") as tx:
        for _ in range(calls):
            tx.now += int(every * 1000)
            call = Call(at="pin", support_id=next(dice), number=shown(line), attested=attested)
            for _try in range(3):
                admitted.append(
                    pin.reserve(tx, call, on.decoy, Pin("58203917"[:digits]), choice=choice).reservation.admission
                )
    desk.pass_time(calls * every)
    return admitted


def prove(desk: Desk, number: str, attested: str = "") -> Answer:
    return Caller(Wire(desk), number, attested=attested).prove(MIA, PIN)


def warnings(desk: Desk) -> list[str]:
    a = tables.alerts.c
    return [row.kind for row in rows(desk, select(a.kind).order_by(a.id))]


@pytest.mark.parametrize("line", ONE_LINE)
def test_a4_one_line_that_rings_for_an_hour_closes_nothing_for_another_phone(one_desk: Desk, line: str) -> None:
    """A call every 12 seconds, three wrong PINs in each; then customers, the right PIN at once, whatever they show."""
    guess(one_desk, ONE_LINE[line], 300, 12)
    for number in ("+441632960999", "+15005550006", "anonymous", OWN):
        assert MENU in prove(one_desk, number).said, number


@pytest.mark.parametrize("attested", ["", A])
def test_a4_one_number_has_budgets_of_its_own_and_they_fill_by_the_clock(one_desk: Desk, attested: str) -> None:
    admitted = guess(one_desk, "+441632960777", 20, 1, attested=bool(attested))
    assert admitted.count(Admission.EVALUATE) == 20
    assert CLOSED in prove(one_desk, "+441632960777", attested).text
    assert MENU in prove(one_desk, "+441632960778", attested).said
    one_desk.pass_time(6 * 60)
    assert MENU in prove(one_desk, "+441632960777", attested).said


def test_a4_five_hundred_made_up_numbers_close_it_for_strangers_alone_and_briefly(desk: Desk) -> None:
    admitted = guess(desk, "", 500, 0.2)
    assert admitted.count(Admission.EVALUATE) <= DESK.within(100_000)
    for number, attested in (("+441632960999", ""), ("anonymous", ""), ("+441632960999", "TN-Validation-Passed-B")):
        assert CLOSED in prove(desk, number, attested).text
    assert MENU in prove(desk, OWN).said
    assert MENU in prove(desk, "+441632960999", A).said
    assert warnings(desk) == ["pins_strangers"], "in the transaction that took the last of it: within no time"
    assert desk.work() > 0
    desk.pass_time(60)
    assert MENU in prove(desk, "+441632960999").said, "one comes back each minute, and an hour is never needed"


def test_a4_five_hundred_withheld_calls_close_it_for_the_withheld_alone(one_desk: Desk) -> None:
    admitted = guess(one_desk, None, 500, 0.2)
    assert admitted.count(Admission.EVALUATE) <= WITHHELD.within(100_000)
    assert CLOSED in prove(one_desk, "anonymous").text
    for number in ("+441632960999", OWN):
        assert MENU in prove(one_desk, number).said, number
    assert warnings(one_desk) == ["pins_withheld"]


def test_a4_an_attestation_is_no_proof_and_is_in_the_ledger(one_desk: Desk) -> None:
    caller = Caller(Wire(one_desk), OWN, attested=A)
    caller.dial()
    caller.key(MIA)
    assert "did not match" in caller.key("58203917").text
    entry = select(tables.ledger.c.fields).where(tables.ledger.c.action == "call", tables.ledger.c.decision == "began")
    assert rows(one_desk, entry) == [("number.attested",)]
    budgets = {row.name for row in rows(one_desk, select(tables.budgets.c.name))}
    assert {"pin:own-attested"} == budgets & {limit.name.join(("pin:", "")) for limit in WIDEST}
    withheld = Caller(Wire(one_desk), "anonymous", attested=A)
    withheld.prove(MIA, "58203917")
    assert {"pin:withheld", "pin:desk"} <= {row.name for row in rows(one_desk, select(tables.budgets.c.name))}


@pytest.mark.parametrize("choice", [False, True])
def test_a4_all_that_is_allowed_opens_an_account_once_in_ten_thousand_days(choice: bool) -> None:
    """PIN and duress PIN, as many people as there are, none that is easy; also where people choose six digits."""
    assert 0 < caller_limits.chance_a_day(choice=choice) <= AT_MOST


def test_a4_the_chance_counts_every_budget_there_is(one_desk: Desk) -> None:
    """Whatever is shown and keyed, one of the widest budgets of its length is spent."""
    seen, keys = set(), one_desk.store.keys
    for number, own, attested, digits in _ways():
        for choice in (False, True):
            limits = caller_limits.limits(keys, number, own=own, attested=attested, digits=digits, choice=choice)
            *nearer, widest = limits
            kind, _, length = widest.name.removeprefix("pin:").partition(":")
            assert kind in {limit.name for limit in WIDEST}
            assert length == (str(min(8, digits)) if choice else "")
            assert all(limit.most < widest.most for limit in nearer)
            assert all(limit.within(HOUR) < widest.within(HOUR) for limit in nearer), (
                "an hour of one leaves some to others"
            )
            seen.add(kind)
    assert seen == {limit.name for limit in WIDEST}


def _ways() -> Iterator[tuple[str | None, bool, bool, int]]:
    for digits in range(6, 11):
        yield None, False, False, digits
        for own in (False, True):
            for attested in (False, True):
                yield "+441632960999", own, attested, digits


@pytest.fixture
def choosing(sample_sqlite: str) -> Iterator[Desk]:
    desk = Desk(sample_sqlite, **ACCOUNT, PIN_CHOICE="on")
    yield desk
    desk.close()


def short_pin(desk: Desk, person: str, digits: str) -> None:
    with desk.store.transaction("test") as tx:
        id = tx.connection.execute(select(tables.people.c.id).where(tables.people.c.support_id == person)).scalar_one()
        pins.put(tx, pins.keep(tx.keys, id, Pin(digits)))


@pytest.mark.parametrize("line", ONE_LINE)
def test_a4_where_people_choose_one_line_closes_nothing_for_pins_of_eight_digits(choosing: Desk, line: str) -> None:
    guess(choosing, ONE_LINE[line], 300, 12, choice=True)
    for number in ("+441632960999", "+15005550006", "anonymous", OWN):
        assert MENU in prove(choosing, number).said, number


def test_a4_where_people_choose_one_customers_typos_close_nothing_for_others(choosing: Desk) -> None:
    """Mia mistypes for an hour, on her own phone; Leo has six digits too, and neither phone of his has done anything."""
    short_pin(choosing, LEO, "582039")
    for _ in range(5):
        heard = Caller(Wire(choosing), OWN).prove(MIA, "739402").text
        choosing.pass_time(12 * 60)
    assert CLOSED in heard
    assert "Thank you." in Caller(Wire(choosing), LEOS).prove(LEO, "582039").said
    assert warnings(choosing) == []


@pytest.mark.parametrize("line", ONE_LINE)
def test_a4_where_people_choose_one_line_leaves_short_pins_to_numbers_on_file(choosing: Desk, line: str) -> None:
    """More cannot be had of six digits: who shows ever new numbers closes it to strangers, and the desk hears which."""
    short_pin(choosing, LEO, "582039")
    guess(choosing, ONE_LINE[line], 120, 30, digits=6, choice=True)
    assert "Thank you." in Caller(Wire(choosing), LEOS).prove(LEO, "582039").said
    shut = [
        CLOSED in Caller(Wire(choosing), other).prove(LEO, "582039").text for other in ("+15005550006", "anonymous")
    ]
    assert shut == {"made-up numbers": [True, True], "withheld": [False, True]}.get(line, [False, False])
    assert warnings(choosing) == ["pins_short"] * (line == "made-up numbers")
    a = tables.alerts.c
    assert {row.detail for row in rows(choosing, select(a.detail))} <= {"6"}


def test_a4_where_people_choose_short_guesses_close_nothing_for_long_pins(choosing: Desk) -> None:
    desk, dice = choosing, unknown_ids()
    heard = []
    for place in range(5):
        caller = Caller(Wire(desk), f"+44163297{place:04}")
        heard.append(CLOSED in caller.prove(next(dice), f"58203{place}").text)
    assert heard == [False] * 3 + [True] * 2
    assert MENU in prove(desk, "+441632960999").said


@pytest.mark.parametrize("choice", [False, True])
def test_t8_a4_whose_number_it_is_is_heard_from_no_wrong_pin(sample_sqlite: str, choice: bool) -> None:
    """Five wrong PINs of six digits by strangers, and then "did not match" was for who showed the number of the ID keyed."""
    desk = Desk(sample_sqlite, **ACCOUNT, PIN_CHOICE="on" if choice else "off")
    wrong = "739402" if choice else "73940258"
    nobody = unknown_ids()
    own, other, none = (MIA, OWN), (MIA, LEOS), ("", OWN)

    def heard(id: str, number: str) -> tuple[str, ...]:
        caller = Caller(Wire(desk), number)
        return tuple(caller.prove(id or next(nobody), wrong).said)

    alike = [[heard(id, number) for _ in range(2)] for id, number in ((MIA, OWN), (LEO, LEOS))]
    assert alike[0] == alike[1]
    guess(desk, "", 500, 0.2, digits=len(wrong), choice=choice)
    first, *others = [heard(*one) for one in (own, other, none)]
    assert CLOSED in first[0]
    assert others == [first, first]
    assert MENU in prove(desk, OWN).said, "and the right PIN opens"
    desk.close()


def test_t8_a4_what_one_number_has_spent_says_not_whose_it_is(choosing: Desk) -> None:
    """Twice two wrong PINs from one number: at its own ID between two that are nobody's, and at another's."""
    nobody, heard = unknown_ids(), {}
    for id, number in ((MIA, OWN), (MIA, LEOS)):
        ids = (next(nobody), id, next(nobody))
        heard[number] = [Caller(Wire(choosing), number).prove(one, "739402").said[0] for one in ids]
        choosing.pass_time(48 * 3600)
    assert heard[OWN] == heard[LEOS]
    assert CLOSED in heard[OWN][2]
