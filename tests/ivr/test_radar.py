"""Probing is seen, slowed and told to the desk; everyone else is left alone."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
import structlog
from sqlalchemy import select

from authz import Subject
from ivr import radar
from ivr.radar import HOUR, QUIET, Radar, Seen, Trip
from ivr.radar import WRONG as ALWAYS
from store import tables
from store.accounts.people import check_digit
from store.verification.pins import Pin
from tests.desk import NOON, Desk
from tests.ivr.wire import Answer, Caller, Wire, rows
from tests.refused import unknown_ids
from tests.seeking import stands_in

MIA, PIN, WRONG = "10000081", "17846325", "58203917"
OWN = "+441632960108"


class Verdict(NamedTuple):
    """Seconds of silence, and what the desk is told when the call has ended."""

    pause: int
    trips: tuple[Trip, ...]


class Watched:
    """A radar with a clock to turn; every attempt fails, with a PIN and from a number of its own unless said."""

    def __init__(self) -> None:
        self.radar, self.now = Radar(), NOON
        self._pins = (f"{n:08}" for n in itertools.count(31_415_927, 7))
        self._numbers = (f"+4416329{n:05}" for n in itertools.count(70_000))

    def fails(
        self, support_id: str | None, *, pin: str = "", number: str | None = "", accounts: tuple[int, ...] = ()
    ) -> Verdict:
        self.now += 1_000
        number = next(self._numbers) if number == "" else number
        seen = Seen(support_id, number, Pin(pin or next(self._pins)), Subject("person:8"), accounts)
        return Verdict(self.radar.failed(seen, self.now), self.radar.take(self.now))

    def is_hot(self, pin: str) -> bool:
        return self.radar.is_hot(Pin(pin), self.now)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def ids() -> Iterator[str]:
    return unknown_ids()


def kinds(verdict: Verdict) -> list[str]:
    return [trip.kind for trip in verdict.trips]


def in_a_row(first: int, many: int) -> list[str]:
    return [f"{n}{check_digit(str(n))}" for n in range(first, first + many)]


# --- what is seen


def test_one_wrong_pin_on_five_ids_is_hot_and_another_is_not(watched: Watched, ids: Iterator[str]) -> None:
    seen = [watched.fails(next(ids), pin=WRONG) for _ in range(5)]
    assert [one.pause for one in seen] == [*[ALWAYS] * 4, 5]
    assert [kinds(one) for one in seen] == [[], [], [], [], ["probing_pin"]]
    assert seen[4].trips[0].detail == "5"
    assert watched.is_hot(WRONG)
    assert not watched.is_hot("58203918")
    assert watched.fails(next(ids)).pause == ALWAYS, "another PIN, on another ID"


def test_one_wrong_pin_on_one_id_again_and_again_is_that_persons_own_mistake(watched: Watched) -> None:
    assert {watched.fails(MIA, pin=WRONG, number=OWN).pause for _ in range(30)} == {ALWAYS}
    assert not watched.is_hot(WRONG)


def test_one_number_that_touches_four_ids(watched: Watched, ids: Iterator[str]) -> None:
    seen = [watched.fails(next(ids), number="+441632960777") for _ in range(4)]
    assert [kinds(one) for one in seen] == [[], [], [], ["probing_number"]]
    assert (seen[3].pause, seen[3].trips[0].subject) == (5, "")
    assert watched.fails(next(ids)).pause == ALWAYS, "from elsewhere"


def test_a4_to_withhold_the_number_is_no_way_past_the_pause(watched: Watched, ids: Iterator[str]) -> None:
    """All who withhold it count as one, but for more IDs, as they are many; who proves themselves among them is not counted."""
    first = [next(ids) for _ in range(8)]
    assert [watched.fails(id, number=None).pause for id in first] == [ALWAYS] * 7 + [5]
    watched.radar.proved(Seen(first[0], None, Pin(PIN)), watched.now)
    assert [watched.fails(next(ids), number=None).pause for _ in range(3)] == [5, 6, 7]
    assert watched.fails(next(ids)).pause == ALWAYS, "a caller with a number"


def test_what_a_number_has_proved_is_not_held_against_it(watched: Watched, ids: Iterator[str]) -> None:
    """A switchboard whose people key wrongly and then rightly; but whoever proves themselves does not buy four more."""
    for _ in range(6):
        mistaken = next(ids)
        assert watched.fails(mistaken, number="+441632960777").pause == ALWAYS
        watched.radar.proved(Seen(mistaken, "+441632960777", Pin(PIN)), watched.now)
    others = [watched.fails(next(ids), number="+441632960777") for _ in range(3)]
    watched.radar.proved(Seen(MIA, "+441632960777", Pin(PIN)), watched.now)
    pauses = [*(one.pause for one in others), watched.fails(next(ids), number="+441632960777").pause]
    assert pauses == [ALWAYS, ALWAYS, ALWAYS, 5]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 2, 1), (1, 2, 0, 3)])
def test_four_neighbours_in_whatever_order_from_anybody(watched: Watched, order: tuple[int, ...]) -> None:
    row = in_a_row(4_711_000, 4)
    seen = [watched.fails(row[place]) for place in order]
    assert [kinds(one) for one in seen] == [[], [], [], ["probing_sequence"]]


def test_three_neighbours_and_a_gap_are_chance(watched: Watched) -> None:
    row = in_a_row(4_711_000, 8)
    assert [watched.fails(row[place]).pause for place in (0, 1, 2, 4, 5, 6)] == [ALWAYS] * 6
    assert watched.fails(row[3]).pause == 8, "the gap is filled: seven in a row"


def test_three_callers_after_one_account(watched: Watched, ids: Iterator[str]) -> None:
    """Told by account, whoever of it was named; slowed by the ID alone, so that a pause tells no stranger whose IDs belong together."""
    colleagues = [next(ids) for _ in range(3)]
    seen = [watched.fails(one, accounts=(3,)) for one in colleagues]
    assert [kinds(one) for one in seen] == [[], [], ["probing_account"]]
    trip = seen[2].trips[0]
    assert (trip.account, trip.subject, trip.detail) == (3, "person:8", "3")
    assert [one.pause for one in seen] == [ALWAYS] * 3


@pytest.mark.parametrize("accounts", [(3,), ()])
def test_a_pause_does_not_tell_an_id_that_is_there_from_one_that_is_not(
    watched: Watched, ids: Iterator[str], accounts: tuple[int, ...]
) -> None:
    asked = next(ids)
    assert [watched.fails(asked, accounts=accounts).pause for _ in range(10)] == [
        *[ALWAYS] * 2,
        *(5, 6, 7, 8, 9, 10, 10, 10),
    ]


def test_the_same_caller_again_is_not_several(watched: Watched) -> None:
    assert {watched.fails(MIA, number=OWN, accounts=(3,)).pause for _ in range(20)} == {ALWAYS}


def test_made_up_numbers_cannot_fill_the_desks_channel(watched: Watched, ids: Iterator[str]) -> None:
    """Forty numbers at four IDs each were forty warnings. One of a kind in ten minutes says how many more."""
    four, told = [next(ids) for _ in range(4)], list[Trip]()
    for n in range(40):
        told += [trip for id in four for trip in watched.fails(id, number=f"+1202555{n:04}").trips]
    numbers = [trip for trip in told if trip.kind == "probing_number"]
    assert [trip.detail for trip in numbers] == ["4"]
    watched.now += QUIET
    (later,) = (trip for trip in watched.fails(next(ids)).trips if trip.kind == "probing_number")
    assert later.detail == "4 (+38)"


def test_what_could_not_be_told_is_kept(watched: Watched, ids: Iterator[str]) -> None:
    trips = [trip for _ in range(5) for trip in watched.fails(next(ids), pin=WRONG).trips]
    watched.radar.put_back(trips)
    assert list(watched.radar.take(watched.now)) == trips
    assert watched.radar.take(watched.now) == ()


def test_what_could_not_be_told_is_counted_with_what_came_meanwhile(watched: Watched, ids: Iterator[str]) -> None:
    def probes(many: int) -> list[Trip]:
        """Numbers that touch four people each."""
        four, told = [next(ids) for _ in range(4)], list[Trip]()
        for _ in range(many):
            number = next(watched._numbers)
            told += [trip for id in four for trip in watched.fails(id, number=number).trips]
        return [trip for trip in told if trip.kind == "probing_number"]

    probes(3)
    watched.now += QUIET
    trips = [trip for trip in watched.radar.take(watched.now) if trip.kind == "probing_number"]
    probes(1)
    watched.radar.put_back(trips)
    (later,) = (trip for trip in watched.radar.take(watched.now) if trip.kind == "probing_number")
    assert [trips[0].detail, later.detail] == ["4 (+1)", "4 (+2)"]


def test_one_id_that_is_hammered_is_told_whoever_does_it(watched: Watched) -> None:
    """A PIN a few seconds for as long as somebody likes, and the desk heard nothing."""
    told = [trip for _ in range(20) for trip in watched.fails(MIA, number=None).trips]
    assert [(trip.kind, trip.subject, trip.detail) for trip in told] == [("probing_id", "person:8", "12")]


# --- for an hour, in bounds, and nothing to read


def test_the_desk_is_told_once(watched: Watched, ids: Iterator[str]) -> None:
    told = [trip for _ in range(40) for trip in watched.fails(next(ids), pin=WRONG).trips]
    assert len(told) == 1


def test_the_same_is_told_again_when_both_keys_are_gone_and_not_at_the_change_of_one(watched: Watched) -> None:
    told = list[int]()
    for later, tries in ((0, 12), (HOUR * 3 // 4, 12), (HOUR // 2, 12), (HOUR, 12), (2 * HOUR, 1), (HOUR, 12)):
        watched.now += later
        told += [sum(len(watched.fails(MIA, number=None).trips) for _ in range(tries))]
    assert told == [1, 0, 0, 0, 0, 1]


def test_it_slides_over_the_hour_and_across_the_change_of_keys(watched: Watched, ids: Iterator[str]) -> None:
    watched.fails(next(ids), pin="40817263")
    watched.now += HOUR * 3 // 4
    for _ in range(3):
        watched.fails(next(ids), pin=WRONG)
    watched.now += HOUR // 2  # the key has changed meanwhile
    for _ in range(2):
        watched.fails(next(ids), pin=WRONG)
    assert watched.is_hot(WRONG), "five within an hour"
    watched.now += HOUR // 2 + 10_000
    assert not watched.is_hot(WRONG), "three of them are too old"
    watched.now += 10 * HOUR
    assert watched.fails(next(ids), pin=WRONG).pause == ALWAYS


def test_what_is_older_than_two_hours_is_gone_with_its_key(watched: Watched, ids: Iterator[str]) -> None:
    watched.fails(next(ids))
    first = watched.radar._memories[0].key
    for _ in range(2):
        watched.now += HOUR
        watched.fails(next(ids))
    keys = [memory.key for memory in watched.radar._memories]
    assert first not in keys
    assert len(set(keys)) == 2


def test_it_remembers_few(watched: Watched, monkeypatch: pytest.MonkeyPatch, ids: Iterator[str]) -> None:
    monkeypatch.setattr(radar, "MOST_THINGS", 50)
    for n in range(300):
        watched.fails(next(ids), accounts=(n,))
        watched.fails(MIA, pin=WRONG, number="+441632960777")
    for memory in watched.radar._memories:
        for meetings in (memory.pins, memory.numbers, memory.sequence, memory.asked, memory.hammered, memory.accounts):
            assert 0 < len(meetings) <= 50
            assert max(len(others) for others in meetings._met.values()) <= radar.MOST_OTHERS


def test_no_digit_is_remembered_and_no_key_is_shown(watched: Watched) -> None:
    watched.fails(MIA, pin=WRONG, number=OWN)
    kept = b"".join(pickle.dumps(memory) for memory in watched.radar._memories)
    for word in (WRONG, MIA, MIA[:7], OWN):
        assert word.encode() not in kept
        assert word not in repr(watched.radar._memories)
    assert repr(watched.radar._memories[0].key) not in repr(watched.radar._memories)


# --- on the phone


def tries(desk: Desk, support_id: str, pin: str, number: str = "anonymous") -> Answer:
    caller = Caller(Wire(desk), number)
    caller.dial()
    caller.key(support_id)
    answer = caller.key(pin)
    caller.hang_up()
    return answer


def pause_of(answer: Answer) -> int:
    """Seconds before the first word; it must stand before whatever takes keys."""
    first = next(iter(ElementTree.fromstring(answer.text)))
    assert answer.text.count("<Pause") == (first.tag == "Pause")
    return int(first.get("length", "0")) if first.tag == "Pause" else 0


def told(desk: Desk) -> list[tuple[str, str]]:
    return [tuple(row) for row in rows(desk, select(tables.alerts.c.kind, tables.alerts.c.detail))]


def test_a_hot_pin_is_refused_to_whom_it_is_right_for_and_counts_against_nobody(desk: Desk) -> None:
    """Six people; to the sixth it is the right one. Their next try with another PIN is as always."""
    dice = unknown_ids()
    for n in range(5):
        assert pause_of(tries(desk, next(dice), PIN)) == (5 if n == 4 else ALWAYS)
    assert told(desk) == [("probing_pin", "5")]
    answer = tries(desk, MIA, PIN, OWN)
    assert "did not match" in answer.text
    assert pause_of(answer) == 6
    g = tables.pin_guards.c
    assert rows(desk, select(g.consecutive).where(g.counter_key == "person:8")) == [(0,)], "not looked at is no failure"
    (own,) = rows(desk, select(tables.budgets.c.full_at).where(tables.budgets.c.name == "pin:own"))
    assert own.full_at <= desk.now, "and spends nothing"
    desk.pass_time(3_700)
    assert "Press 1 to open a ticket." in tries(desk, MIA, PIN, OWN).said


def test_everyone_else_is_unaffected(desk: Desk) -> None:
    dice = unknown_ids()
    for _ in range(9):
        tries(desk, next(dice), WRONG, "+441632960777")
    assert sorted(kind for kind, _ in told(desk)) == ["probing_number", "probing_pin"]
    mistaken = tries(desk, MIA, "40817263", OWN)
    assert "did not match" in mistaken.text
    assert pause_of(mistaken) == ALWAYS
    right = tries(desk, MIA, PIN, OWN)
    assert "Press 1 to open a ticket." in right.said
    assert pause_of(right) == 0
    proved = tries(desk, MIA, PIN, "+441632960777")
    assert "Press 1 to open a ticket." in proved.said, "a right PIN is a right PIN, from wherever"
    assert pause_of(proved) == 0
    assert pause_of(tries(desk, next(dice), "40817263", "+441632960777")) > 0, "and clears nothing of others"


def test_a_warning_that_waited_reaches_the_desk(one_desk: Desk) -> None:
    """It was noted within the same ten minutes as one the desk had heard of already, and is another."""
    dice = unknown_ids()
    four = [next(dice) for _ in range(4)]
    for number in ("+441632960777", "+441632960778"):
        for place, id in enumerate(four):
            tries(one_desk, id, f"4081726{place}", number)
    assert told(one_desk).count(("probing_number", "4")) == 1
    one_desk.pass_time(QUIET // 1_000)
    tries(one_desk, next(dice), "40817269")
    assert told(one_desk).count(("probing_number", "4")) == 2


def test_one_account_is_told_by_its_number_of_callers(desk: Desk) -> None:
    for place, support_id in enumerate(("10000073", MIA, "10000099")):
        tries(desk, support_id, f"4081726{place}", f"+44163296077{place}")
    (alert,) = rows(desk, select(tables.alerts))
    account = rows(desk, select(tables.accounts.c.id).where(tables.accounts.c.number == "400639"))[0][0]
    assert (alert.kind, alert.audience, alert.account_id, alert.detail) == ("probing_account", "desk", account, "3")


def test_nothing_that_was_keyed_comes_into_log_or_alerts(desk: Desk, logged: list[structlog.typing.EventDict]) -> None:
    dice = unknown_ids()
    for support_id in (next(dice) for _ in range(6)):
        tries(desk, support_id, WRONG, "+441632960777")
    everything = f"{logged}{rows(desk, select(tables.alerts))}{rows(desk, select(tables.jobs))}"
    assert "probing_pin" in everything
    for word in (WRONG, "441632960777", *itertools.islice(unknown_ids(), 6)):
        assert not stands_in(word, everything)
