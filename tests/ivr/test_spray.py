"""T4: one guess at each of ten thousand people is stopped at what strangers share, and genuine callers get through."""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import chain

from sqlalchemy import insert, select

from ivr import pin
from ivr.turn import PhoneContext
from ivr.types import Call
from store import Transaction, tables
from store.accounts.people import check_digit
from store.verification import pins
from store.verification.attempt_limits import Admission
from store.verification.caller_limits import DESK
from store.verification.pins import Pin
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, rows
from tests.sizes import size

PEOPLE = size(10_000)
# Of the guesses so many through signed webhooks, the others through what those call: `make soak` has all of them ring.
BY_PHONE = int(os.environ.get("SOAK_SPRAY", "60"))
APART = 200  # ms between two calls
MIA, PIN, OWN, ELSEWHERE = "10000081", "17846325", "+441632960108", "+441632960999"


def people(desk: Desk) -> list[str]:
    """So many more, each with a PIN that nobody will guess: to hash a PIN for each would take minutes. Their IDs."""
    dice = random.Random(4)
    seven = [str(n) for n in dice.sample(range(2_000_000, 9_000_000), PEOPLE)]
    ids = [word + check_digit(word) for word in seven]
    rows = [{"username": f"p{id}", "name": "P", "email": f"p{id}@c.example", "support_id": id} for id in ids]
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.people), rows)
        known = tx.connection.execute(select(tables.people.c.id).where(tables.people.c.username.startswith("p")))
        kept = pins.keep(tx.keys, 0, Pin("40817263"))
        tx.connection.execute(
            insert(tables.pins),
            [
                {
                    "person_id": person,
                    "pepper": kept.pepper,
                    "salt": kept.salt,
                    "sealed": kept.sealed,
                    "duress": kept.duress,
                    "issued_at": tx.now,
                }
                for person in known.scalars().all()
            ],
        )
    return ids


def unlike(dice: random.Random, begins: int, *others: list[str]) -> str:
    """A guess that stands by chance in no number, ID or time: the search for leaks would find it there."""
    taken = " ".join([*chain(*others), *(str(begins + n * APART) for n in range(BY_PHONE + 1))])
    while True:
        digits = f"{dice.randrange(10**8):08}"
        if digits not in taken and digits[::-1] not in taken:
            return digits


def guess_by_phone(desk: Desk, support_id: str, digits: str, number: str) -> str:
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key(support_id)
    said = caller.key(digits).text
    return "wrong" if "did not match" in said else "messages only" if "cannot take that PIN just now" in said else said


def guess(phone: PhoneContext, tx: Transaction, support_id: str, number: str) -> Admission:
    """What a turn does before it hashes."""
    call = Call(at="pin", support_id=support_id, number=number)
    return pin.reserve(tx, call, phone.decoy, Pin("58203917")).reservation.admission


def test_a_spray_at_thousands_of_people(one_desk: Desk) -> None:
    """T4, A4. Each from a number of its own, which nobody vouches for and which is on file for nobody."""
    desk, dice = one_desk, random.Random(5)
    ids = people(desk)
    numbers = [f"+44{n:010}" for n in dice.sample(range(10**9, 10**10), PEOPLE)]
    guesses = [
        unlike(dice, desk.now, ids, numbers) for _ in range(BY_PHONE // 4 + 1)
    ]  # four people each: the radar sees nothing
    heard: Counter[str] = Counter()
    began = desk.now
    for place, (id, number) in enumerate(zip(ids[:BY_PHONE], numbers, strict=False)):
        desk.pass_time(APART / 1000)
        heard[guess_by_phone(desk, id, guesses[place // 4], number)] += 1
    rest = list(zip(ids, numbers, strict=True))[BY_PHONE:]
    admitted: Counter[Admission] = Counter()
    for first in range(0, len(rest), 200):
        desk.pass_time(5)
        with desk.store.transaction("phone", "CA1") as tx:
            admitted += Counter(guess(desk.container.phone, tx, id, number) for id, number in rest[first : first + 200])  # type: ignore[arg-type]
    let_through = heard["wrong"] + admitted[Admission.EVALUATE]
    assert DESK.most <= let_through <= DESK.within(desk.now - began)
    assert set(heard) <= {"wrong", "messages only"}
    assert set(admitted) <= {Admission.EVALUATE, Admission.SPENT}
    assert guess_by_phone(desk, ids[0], guesses[0], numbers[0]) == "messages only"
    a = tables.alerts.c
    assert [row.kind for row in rows(desk, select(a.kind).where(a.kind.startswith("pins_")))] == ["pins_strangers"]

    for genuine in (Caller(Wire(desk), OWN), Caller(Wire(desk), ELSEWHERE, attested="TN-Validation-Passed-A")):
        assert "Press 1 to open a ticket." in genuine.prove(MIA, PIN).said
    assert "cannot take that PIN just now" in Caller(Wire(desk), ELSEWHERE).prove(MIA, PIN).text
    desk.pass_time(60)
    assert "Press 1 to open a ticket." in Caller(Wire(desk), ELSEWHERE).prove(MIA, PIN).said, "a minute later"
    g = tables.pin_guards.c
    assert rows(desk, select(g.counter_key).where(g.locked_until.is_not(None))) == [], "nobody was locked by it"


def test_one_pin_at_ten_thousand_people_is_looked_at_five_times_and_spends_no_budget(one_desk: Desk) -> None:
    """The radar sees it before the budget does, and the budget is left to everybody else."""
    dice = random.Random(6)
    seven = [str(n) for n in dice.sample(range(2_000_000, 9_000_000), 60)]
    for place, word in enumerate(seven):
        assert guess_by_phone(one_desk, word + check_digit(word), "58203917", f"+44163297{place:04}") == "wrong"
    full_at = rows(one_desk, select(tables.budgets.c.full_at).where(tables.budgets.c.name == "pin:desk"))[0][0]
    assert full_at - one_desk.now <= 5 * DESK.every
