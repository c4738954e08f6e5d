"""T4: one guess at each of ten thousand people is stopped at the desk's budget within the hour, and a genuine caller gets through."""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import chain

from sqlalchemy import insert, select

from ivr import pin
from ivr.shapes import Call
from ivr.turn import Line
from store import guard, pins, tables
from store.guard import Admission
from store.people import check_digit
from store.pins import Pin
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, rows

PEOPLE = 10_000
# Of the guesses so many through signed webhooks, the others through what those call: `make soak` has all of them ring.
BY_PHONE = int(os.environ.get("SOAK_SPRAY", "260"))
APART = 200  # ms between two calls
MIA, PIN, OWN = "10000081", "17846325", "+441632960108"


def people(desk: Desk) -> list[str]:
    """Ten thousand more, each with a PIN that nobody will guess: to hash a PIN for each would take minutes. Their IDs."""
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
    return "wrong" if "did not match" in said else "messages only" if "cannot check PINs by phone" in said else said


def guess(line: Line, tx: object, support_id: str, number: str) -> Admission:
    """What a turn does before it hashes."""
    return pin.reserve(tx, Call(at="pin", support_id=support_id, number=number), line.decoy).reservation.admission  # type: ignore[arg-type]


def test_a_spray_at_ten_thousand_people(one_desk: Desk) -> None:
    desk, dice = one_desk, random.Random(5)
    ids = people(desk)
    numbers = [f"+4416{n:08}" for n in dice.sample(range(10**8), PEOPLE)]
    guesses = [
        unlike(dice, desk.now, ids, numbers) for _ in range(BY_PHONE // 4 + 1)
    ]  # four people each: the radar sees nothing
    heard: Counter[str] = Counter()
    for place, (id, number) in enumerate(zip(ids[:BY_PHONE], numbers, strict=False)):
        desk.pass_time(APART / 1000)
        heard[guess_by_phone(desk, id, guesses[place // 4], number)] += 1
    most = guard.BUDGET[0][1]
    assert heard == {"wrong": most, "messages only": BY_PHONE - most}
    rest = list(zip(ids, numbers, strict=True))[BY_PHONE:]
    admitted: Counter[Admission] = Counter()
    for first in range(0, len(rest), 200):
        desk.pass_time(5)
        with desk.store.transaction("phone", "CA1") as tx:
            admitted += Counter(guess(desk.house.line, tx, id, number) for id, number in rest[first : first + 200])  # type: ignore[arg-type]
    assert admitted == Counter({Admission.SPENT: PEOPLE - BY_PHONE})
    assert desk.now % 3_600_000 < 2_400_000, "all of it within the hour"

    genuine = Caller(Wire(desk), OWN)
    genuine.dial()
    genuine.key(MIA)
    assert "Press 1 to open a ticket." in genuine.key(PIN).said
    g = tables.pin_guards.c
    assert rows(desk, select(g.k).where(g.locked_until.is_not(None))) == [], "nobody was locked by it"
    a = tables.alerts.c
    assert ("budget_spent", "other") in [tuple(row) for row in rows(desk, select(a.kind, a.detail))]


def test_one_pin_at_ten_thousand_people_is_looked_at_five_times_and_spends_no_budget(one_desk: Desk) -> None:
    """The radar sees it before the budget does, and the budget is left to everybody else."""
    dice = random.Random(6)
    seven = [str(n) for n in dice.sample(range(2_000_000, 9_000_000), 60)]
    for place, word in enumerate(seven):
        assert guess_by_phone(one_desk, word + check_digit(word), "58203917", f"+44163297{place:04}") == "wrong"
    b = tables.pin_budgets.c
    assert rows(one_desk, select(b.wrong).where(b.span == guard.BUDGET[0][0])) == [(5,)]
