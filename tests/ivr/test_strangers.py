"""To a stranger everything sounds the same, tokens included: whatever is behind the ID and the number, on every way out.

Twelve tries of seven kinds, their statements and their hashes are in test_pin_refusals.py.

T5, T8
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from store import tables
from store.accounts.people import check_digit
from store.verification.caller_limits import WIDEST
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Answer, Caller, Wire, change, count, rows
from tests.postgres import Server
from tests.rights import held

MIA, MIAS, MIAS_PIN = "+441632960108", "10000081", "17846325"
STRANGE, WRONG = "+441632960999", "73059186"
UNKNOWN = "7654321" + check_digit("7654321")
p, c, g = tables.people.c, tables.contacts.c, tables.pin_guards.c
MIAS_ID = select(p.id).where(p.support_id == MIAS).scalar_subquery()

FIRST_TRY = [update(tables.pin_guards).values(locked_until=10**14)]
DISABLED = [update(tables.pin_guards).values(consecutive=10, lifetime=30)]
NO_PIN = [delete(tables.pins).where(tables.pins.c.person_id == MIAS_ID)]
NO_RIGHT = held("", c.person_id == MIAS_ID)
NO_CONTACT = [delete(tables.contacts).where(c.person_id == MIAS_ID)]
SUSPENDED = [update(tables.people).where(p.support_id == MIAS).values(suspended_at=1)]
CLOSED = [update(tables.accounts).values(status="closed")]
SHARED = [
    tables.phones.insert().values(
        person_id=select(p.id).where(p.username == "leo.fox").scalar_subquery(), number=MIA, added_at=1
    )
]


@dataclass(frozen=True)
class Stranger:
    """Somebody on the telephone, and what is so in the database. `tried`: a wrong PIN was keyed before that."""

    number: str
    keyed: str
    pin: str = WRONG
    so: tuple[Any, ...] = ()
    tried: bool = False


CLASSES = {
    "wrong PIN, ID keyed": Stranger(STRANGE, MIAS),
    "wrong PIN, number on file": Stranger(MIA, ""),
    "wrong PIN, number and ID": Stranger(MIA, MIAS),
    "unknown ID": Stranger(STRANGE, UNKNOWN),
    "unknown ID, number on file": Stranger(MIA, UNKNOWN),
    "no ID, number not on file": Stranger(STRANGE, ""),
    "no ID, no number": Stranger("anonymous", ""),
    "locked, right PIN": Stranger(STRANGE, MIAS, MIAS_PIN, tuple(FIRST_TRY), tried=True),
    "disabled, right PIN": Stranger(STRANGE, MIAS, MIAS_PIN, tuple(DISABLED), tried=True),
    "no PIN": Stranger(STRANGE, MIAS, so=tuple(NO_PIN)),
    "right PIN, holds nothing": Stranger(STRANGE, MIAS, MIAS_PIN, tuple(NO_RIGHT)),
    "right PIN, on no account": Stranger(MIA, "", MIAS_PIN, tuple(NO_CONTACT)),
    "right PIN, suspended": Stranger(STRANGE, MIAS, MIAS_PIN, tuple(SUSPENDED)),
    "right PIN, number on file, suspended": Stranger(MIA, "", MIAS_PIN, tuple(SUSPENDED)),
    "right PIN, account closed": Stranger(STRANGE, MIAS, MIAS_PIN, tuple(CLOSED)),
    "right PIN, number on file for two": Stranger(MIA, "", MIAS_PIN, tuple(SHARED)),
}
# On PostgreSQL those of which test_pin_refusals.py does not speak, and the first, to compare with.
ON_BOTH = [
    name
    for name in CLASSES
    if "account" in name or "two" in name or "suspended" in name or name.startswith("wrong PIN, ID")
]


class Opens:
    """Opens a desk on a new copy of the sample, in which things are as they are for a stranger."""

    def __init__(self, copy: Callable[[], str], stack: ExitStack, *, every: bool) -> None:
        self._copy, self._stack, self.every = copy, stack, every

    def __call__(self, stranger: Stranger) -> Wire:
        desk = Desk(self._copy(), **ACCOUNT)
        self._stack.callback(desk.close)
        if stranger.tried:
            Caller(Wire(desk), stranger.number).prove(stranger.keyed, WRONG)
        change(desk, *stranger.so)
        return Wire(desk)


@pytest.fixture
def opens_on_sqlite(_sample_template: Path, tmp_path: Path) -> Iterator[Opens]:
    def copy() -> str:
        return f"sqlite:///{shutil.copyfile(_sample_template, tmp_path / f'{len(list(tmp_path.iterdir()))}.db')}"

    with ExitStack() as stack:
        yield Opens(copy, stack, every=True)


@pytest.fixture
def opens_on_postgresql(postgres: Server, sample_postgres_template: str) -> Iterator[Opens]:
    with ExitStack() as stack:
        yield Opens(lambda: stack.enter_context(postgres.lend(sample_postgres_template)), stack, every=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def opens(request: pytest.FixtureRequest) -> Opens:
    opens: Opens = request.getfixturevalue(f"opens_on_{request.param}")
    return opens


def sid(n: int) -> str:
    """The same CallSids for everyone: the tokens in the TwiML are then the same as well."""
    return f"CA{n:032x}"


def tries(wire: Wire, stranger: Stranger) -> list[Answer]:
    """Three tries, and the end of the call."""
    caller = Caller(wire, stranger.number, sid(0xA000))
    return [caller.dial(), caller.key(stranger.keyed), *(caller.key(stranger.pin) for _ in range(3))]


def message(wire: Wire, stranger: Stranger) -> list[Answer]:
    """Star at the PIN: the way of those without one."""
    caller = Caller(wire, stranger.number, sid(0xB000))
    return [caller.dial(), caller.key(stranger.keyed), caller.key("*"), caller.say("RE" + "b" * 32)]


def spent(wire: Wire, stranger: Stranger) -> list[Answer]:
    """All budgets of wrong PINs are used up."""
    used_up = [{"name": f"pin:{limit.name}", "full_at": wire.desk.now + 10**10} for limit in WIDEST]
    change(wire.desk, delete(tables.budgets), tables.budgets.insert().values(used_up))
    caller = Caller(wire, stranger.number, sid(0xC000))
    heard = [caller.dial(), caller.key(stranger.keyed), caller.key(stranger.pin), caller.say("RE" + "c" * 32)]
    change(wire.desk, delete(tables.budgets))
    return heard


def test_all_hear_the_same_on_every_way_out(opens: Opens) -> None:
    heard: dict[str, list[Answer]] = {}
    for name in CLASSES if opens.every else ON_BOTH:
        stranger = CLASSES[name]
        wire = opens(stranger)
        heard[name] = tries(wire, stranger) + message(wire, stranger) + spent(wire, stranger)
        assert count(wire.desk, tables.tickets, tables.tickets.c.account_id.is_not(None)) == 0
        wire.desk.store.engine.dispose()
    first = heard["wrong PIN, ID keyed"]
    for name, answers in heard.items():
        for n, (answer, other) in enumerate(zip(answers, first, strict=True)):
            assert answer == other, f"{name}: answer {n}"
    said = [answer.said for answer in first]
    assert {answer.status for answer in first} == {200}
    assert [words[0] for words in said[2:4]] == ["That did not match. Please try again."] * 2
    assert said[4][0].startswith("We could not check that.")
    assert said[8] == ["Thank you. We have your message. Goodbye."]
    assert said[11][0].startswith("We cannot take that PIN just now.")


@pytest.mark.parametrize("name", ["wrong PIN, ID keyed", "right PIN, holds nothing", "locked, right PIN"])
def test_the_classes_are_what_they_say(opens_on_sqlite: Opens, name: str) -> None:
    """Without what makes the difference each is let in."""
    stranger = CLASSES[name]
    wire = opens_on_sqlite(stranger)
    change(wire.desk, update(tables.pin_guards).values(locked_until=None))
    change(wire.desk, *held("manage_support", c.person_id == MIAS_ID))
    assert Caller(wire, stranger.number).prove(stranger.keyed, MIAS_PIN).said[0] == "Thank you."


def test_a_number_of_two_people_is_nobodys(one_desk: Desk) -> None:
    change(one_desk, *SHARED)
    wire = Wire(one_desk)
    for pin in (MIAS_PIN, "39275068"):
        assert Caller(wire, MIA).prove("", pin).said[0] == "That did not match. Please try again."
    assert Caller(wire, MIA).prove(MIAS, MIAS_PIN).said[0] == "Thank you."
    assert Caller(wire, MIA).prove("10000099", "39275068").said[0] == "Thank you."


@pytest.mark.parametrize(
    "number", ["anonymous", "", "sip:+441632960108@desk.example", "client:mia", "+266696687", "01632960108"]
)
def test_what_is_no_number_tells_nothing_and_shuts_nobody_out(one_desk: Desk, number: str) -> None:
    wire = Wire(one_desk)
    assert Caller(wire, number).prove("", MIAS_PIN).said[0] == "That did not match. Please try again."
    assert Caller(wire, number).prove(MIAS, MIAS_PIN).said[0] == "Thank you."


def test_tries_are_counted_on_the_id_whatever_the_number(one_desk: Desk) -> None:
    """Five tries from five numbers lock the ID; the right PIN is then refused from Mia's own number as well."""
    wire = Wire(one_desk)
    for n in range(5):
        Caller(wire, f"+44163296099{n}").prove(MIAS, WRONG)
    assert Caller(wire, MIA).prove("", MIAS_PIN).said[0] == "That did not match. Please try again."
    (guard,) = rows(one_desk, select(tables.pin_guards))
    assert (guard.consecutive, guard.lifetime) == (5, 5)
    one_desk.pass_time(31 * 60)
    assert Caller(wire, MIA).prove("", MIAS_PIN).said[0] == "Thank you."
    assert rows(one_desk, select(g.consecutive, g.lifetime)) == [(0, 5)]
