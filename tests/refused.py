"""The seven kinds of caller whose PIN is refused, made out of the sample's people: for the tests and for `make pin-timing`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import delete, select, update

from store import Store, Transaction, tables
from store.accounts.people import check_digit
from store.verification import attempt_limits
from tests.rights import hold

WITHHELD = "anonymous"
LOCK = attempt_limits.LOCK


class Stranger(NamedTuple):
    """Who rings from where and keys what. `person` is whoever they say they are, or 0."""

    kind: str
    number: str
    support_id: str
    pin: str
    person: int = 0


def strangers(store: Store) -> dict[str, Stranger]:
    """Kind → the caller. Changes the sample: one person has no PIN then, another holds nothing on any account."""
    with store.transaction("test") as tx:
        p = tables.people.c
        ids = {row.username: row.id for row in tx.connection.execute(select(p.username, p.id))}
        bea, ines = ids["bea.lund"], ids["ines.costa"]
        tx.connection.execute(delete(tables.pins).where(tables.pins.c.person_id == bea))
        hold(tx, "", tables.contacts.c.person_id == ines)
    found = (
        Stranger("unknown ID", WITHHELD, "9000000" + check_digit("9000000"), "58203917"),
        Stranger("no ID", WITHHELD, "", "58203917"),
        Stranger("wrong PIN", WITHHELD, "10000081", "58203917", ids["mia.chen"]),
        Stranger("locked", WITHHELD, "10000099", "39275068", ids["leo.fox"]),  # and the PIN is right
        Stranger("disabled", WITHHELD, "10000032", "61520493", ids["tom.reyes"]),  # and the PIN is right
        Stranger("no PIN", WITHHELD, "10000040", "58203917", bea),
        Stranger("nothing allowed", WITHHELD, "10000065", "85139746", ines),  # and the PIN is right
    )
    return {stranger.kind: stranger for stranger in found}


def unknown_ids() -> Iterator[str]:
    """Support IDs that nobody of the sample has, each with its check digit."""
    dice = random.Random(8)
    while True:
        first_seven = str(dice.randrange(2_000_000, 9_000_000))
        yield first_seven + check_digit(first_seven)


def prepare(tx: Transaction, stranger: Stranger) -> None:
    """Puts the counter where the kind has it: nothing counted, locked until half an hour from now, or disabled."""
    g = tables.pin_guards
    row = {"window_attempts": 0, "locked_until": None, "consecutive": 0, "lifetime": 0}
    if stranger.kind == "locked":
        row |= {"window_attempts": 5, "locked_until": tx.now + LOCK, "consecutive": 5, "lifetime": 5}
    if stranger.kind == "disabled":
        row |= {"window_attempts": 5, "consecutive": 10, "lifetime": 10}
    k = attempt_limits.counter_of(stranger.person)
    if (
        stranger.person
        and not tx.connection.execute(
            update(g).where(g.c.counter_key == k).values(**row).returning(g.c.counter_key)
        ).first()
    ):
        attempt_limits.reserve(tx, k, real=True, limits=())  # it has a row from now on
        tx.connection.execute(update(g).where(g.c.counter_key == k).values(**row))
    tx.connection.execute(delete(tables.budgets))
