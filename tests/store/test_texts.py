"""Codes by text message cannot be pumped (T35): countries, caps for a number, a person, a country, the desk, the day."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import phonenumbers
import pytest
from sqlalchemy import insert, select, update

from authz import Subject
from store import Keys, tables
from store.codes import one_time_codes
from store.verification import sms_codes
from store.verification.call_codes import BY_TEXT
from tests.desk import SECRET
from tests.store.clocked import DAY, HOUR, MINUTE, Clocked

LISTED = ("GB", "DE", "FR")


class Desk(Clocked):
    def ask(self, person: int, countries: tuple[str, ...] = LISTED) -> bool:
        with self.transaction() as tx:
            return sms_codes.ask(tx, Subject.of_person(person), "CA1", countries)

    def with_number(self, person: int, number: str, *, hours: int = 100) -> None:
        with self.transaction() as tx:
            row = {"person_id": person, "number": number, "added_at": self.now - hours * HOUR}
            tx.connection.execute(insert(tables.phones).values(**row))

    def sent(self) -> list[tuple[str, str]]:
        t = tables.text_messages.c
        return [tuple(row) for row in self.rows(select(t.number, t.country).order_by(t.id))]


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    desk = Desk(sample_url, Keys.parse(SECRET))
    yield desk
    desk.close()


@pytest.fixture
def one(sample_sqlite: str) -> Iterator[Desk]:
    desk = Desk(sample_sqlite, Keys.parse(SECRET))
    yield desk
    desk.close()


def test_ten_thousand_requests_over_two_hundred_countries(one: Desk) -> None:
    """None goes to a country that is not listed; to the listed ones no more than the caps, at any time of the day."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    found = {region: phonenumbers.example_number_for_type(region, mobile) for region in phonenumbers.SUPPORTED_REGIONS}
    examples = [example for _, example in sorted(found.items()) if example is not None]
    assert len(examples) > 200
    people = one.add_people(len(examples) * 5)
    with one.transaction() as tx:
        for n, person in enumerate(people):
            turn, example = divmod(n, len(examples))
            like = examples[example]
            number = phonenumbers.PhoneNumber(like.country_code, (like.national_number or 0) + turn)
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            tx.connection.execute(insert(tables.phones).values(person_id=person, number=e164, added_at=1))
    dice = random.Random(35)
    asked = Counter[int]()
    for _ in range(100):  # a hundred in one transaction, to be quicker: they are counted just the same
        one.now += 6 * MINUTE
        with one.transaction() as tx:
            for person in dice.choices(people, k=100):
                asked[person] += sms_codes.ask(tx, Subject.of_person(person), "CA1", LISTED)
    sent = Counter(country for _, country in one.sent())
    assert set(sent) == set(LISTED)
    assert max(asked.values()) == sms_codes.TO_A_PERSON
    assert len(LISTED) * 5 * sms_codes.TO_A_PERSON // 2 < sum(sent.values()) <= len(LISTED) * 10 * sms_codes.TO_A_PERSON
    assert all(n <= sms_codes.TO_A_COUNTRY_A_DAY for n in sent.values())


def test_to_one_number_three_in_ten_minutes_and_five_to_a_person_in_a_day(desk: Desk) -> None:
    assert [desk.ask(1) for _ in range(4)] == [True] * 3 + [False]
    desk.now += 10 * MINUTE + 1
    assert [desk.ask(1) for _ in range(4)] == [True] * 2 + [False] * 2, "the day's fifth is the last"
    desk.now += HOUR
    assert not desk.ask(1)
    desk.now += DAY
    assert desk.ask(1)


def test_what_is_sent_after_the_last_was_forgotten_is_another(desk: Desk) -> None:
    """The database does not give its number again, by which a worker would know it."""
    assert desk.ask(1)
    desk.now += DAY + 1
    desk.do(sms_codes.sweep)
    assert desk.sent() == []
    assert desk.ask(1)
    j = tables.jobs.c
    payloads = [json.loads(row.payload) for row in desk.rows(select(j.payload).where(j.kind == sms_codes.KIND))]
    assert [told["text"] for told in payloads] == [1, 2]


def test_a_number_of_two_people_is_counted_once(desk: Desk) -> None:
    desk.with_number(2, "+441632960101")
    with desk.transaction() as tx:
        tx.connection.execute(tables.phones.delete().where(tables.phones.c.number == "+441632960102"))
    assert [desk.ask(person) for person in (1, 2, 1, 2)] == [True, True, True, False]


def test_the_days_stop_trips_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a day's at once, half as the day passes; the desk is told. A4: never by the calendar."""
    monkeypatch.setattr(sms_codes, "TO_A_COUNTRY_A_DAY", 8)
    assert [desk.ask(person) for person in (1, 2, 3, 4, 5)] == [True] * 4 + [False]
    a = tables.alerts.c
    assert [tuple(row) for row in desk.rows(select(a.kind, a.detail))] == [("texts_spent", "GB")]
    desk.with_number(6, "+4915112345678", hours=1000)
    assert desk.ask(6), "another country has its own"
    desk.now += 6 * HOUR
    assert [desk.ask(person) for person in (1, 2)] == [True, False]
    desk.now += DAY
    monkeypatch.setattr(sms_codes, "A_DAY", 4)
    assert [desk.ask(person) for person in (1, 2, 3, 6)] == [True, True, False, False]


def test_many_at_once_are_counted_one_after_the_other(desk: Desk) -> None:
    ready = Barrier(6)

    def ask(_: int) -> bool:
        ready.wait(30)
        return desk.ask(1)

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(6))) == sms_codes.TO_A_NUMBER


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+441632960101", "GB"),  # fictional, as in the sample accounts
        ("+447400123456", "GB"),
        ("+447781123456", "GG"),  # Guernsey is not Britain: the same code, another price
        ("+4915112345678", "DE"),
        ("+12025550143", "US"),
        ("+18765550100", "JM"),
        ("+18769990000", "JM"),
        ("+15005550006", None),  # nobody knows where that is
        ("+449098790879", None),  # costs the sender
        ("+448081570192", None),
        ("+442079460958", None),  # a landline reads nothing
        ("+88216123456", None),  # a satellite
        ("+9999999999", None),
    ],
)
def test_where_a_text_would_go(number: str, country: str | None) -> None:
    assert sms_codes.country_of(number) == country


@pytest.mark.parametrize("hours", [71, 73])
def test_a_number_counts_after_72_hours(one: Desk, hours: int) -> None:
    one.change(tables.phones, added_at=one.now - hours * HOUR)
    assert one.ask(1) == (hours > 72)


def test_without_a_country_nothing_is_sent(one: Desk) -> None:
    assert not one.ask(1, ())
    assert one.sent() == []
    assert one.rows(select(tables.budgets)) == []


def test_a_code_that_was_asked_for_anew_is_good_no_more(one: Desk) -> None:
    before = one.do(one_time_codes.issue, BY_TEXT, Subject.of_person(1), "CA1")
    assert one.ask(1)
    assert one.do(one_time_codes.use, BY_TEXT, before, Subject.of_person(1)) is None


def test_what_was_counted_is_dropped_when_it_counts_no_more(one: Desk) -> None:
    assert one.ask(1)
    one.do(sms_codes.sweep)
    assert len(one.sent()) == 1
    with one.transaction() as tx:
        tx.connection.execute(update(tables.text_messages).values(at=one.now - DAY - 1))
    one.do(sms_codes.sweep)
    assert one.sent() == []
