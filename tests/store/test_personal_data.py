"""What is known of where a person stands in the database is all there is; and what names them in words is found however it is written."""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, Text

from store import tables
from store.operator.personal_data import IN_WORDS, NOT_THEIRS, PLACES, Whose
from store.tables import Base
from store.tables.base import SubjectText
from store.text.redaction import Redaction

WHOSE = Whose(
    id=8,
    username="mia.chen",
    name="Mia Chen",
    support_id="10000081",
    emails=frozenset({"mia@tideworks.example"}),
    numbers=frozenset({"+441632960108"}),
    members=frozenset(),
    channels=frozenset(),
    accounts=frozenset({3}),
    senders=frozenset(),
    shared=frozenset(),
)


def test_every_table_is_known_to_hold_something_of_a_person_or_not_to() -> None:
    known = [*(place.table.name for place in PLACES), *IN_WORDS, *NOT_THEIRS]
    assert len(known) == len(set(known)), "each once"
    assert set(known) == set(Base.metadata.tables)
    assert all(len(why.split()) >= 4 for why in (*IN_WORDS.values(), *NOT_THEIRS.values()))


def test_no_table_that_refers_to_people_is_said_not_to() -> None:
    looked = 0
    for name, table in Base.metadata.tables.items():
        refers = [c.name for c in table.columns if any(key.column.table is tables.people for key in c.foreign_keys)]
        looked += bool(refers)
        assert not refers or name not in NOT_THEIRS, (name, refers)
    assert looked > 25


def test_each_column_that_refers_to_a_person_is_looked_for() -> None:
    """A row that is theirs by a second column, as of whoever lent and whoever borrowed, is found by that too; or the column says who else had a hand in it."""
    others_hand = {("contact_requests", "answered_by"), ("messages", "author"), ("tickets", "opened_by")}
    for place in PLACES:
        words = str(place.finds(WHOSE))
        for column in place.table.columns:
            of_people = any(key.column.table is tables.people for key in column.foreign_keys)
            if of_people and (place.table.name, column.name) not in others_hand:
                assert column.name in words, (place.table.name, column.name)


def test_what_goes_is_told_before_and_what_stays_has_a_reason() -> None:
    for place in PLACES:
        assert place.tells, place.section
        assert set(place.tells) <= set(place.table.c.keys()), place.section
        assert bool(place.erases) != bool(place.why), place.section
        secret = [name for name in place.tells if isinstance(place.table.c[name].type, LargeBinary) or "digest" in name]
        assert not secret, place.section


def test_what_stays_holds_no_words_of_anybody() -> None:
    """Ids, times, subjects and words of ours alone."""
    ours = {"before", "after", "what", "cell", "status", "fields"}
    kept = [place for place in PLACES if not place.erases]
    assert kept
    for place in kept:
        texts = {c.name for c in place.table.columns if isinstance(c.type, Text) or c.type.python_type is str}
        subjects = {c.name for c in place.table.columns if isinstance(c.type, SubjectText)}
        assert texts - subjects <= ours, place.section


@pytest.mark.parametrize(
    "written",
    [
        "Mia Chen",
        "mia chen",
        "MIA  CHEN",
        "Mia\nChen",
        "mia@tideworks.example",
        "MIA@Tideworks.Example",
        "mia.chen",
        "+441632960108",
        "+44 1632 960108",
        "+44 (0)1632 960-108",
        "0044 1632 960 108",
        "01632 960108",
        "01632960108",
        "(01632) 960.108",
        "10000081",
    ],
)
def test_what_names_somebody_is_found_however_it_is_written(written: str) -> None:
    found = Redaction(
        dict.fromkeys(("Mia Chen", "mia.chen", "mia@tideworks.example", "10000081"), "X"), {"+441632960108": "X"}
    )
    assert found(f"Call {written}, please.") == "Call X, please."
    assert found(written) == "X"


@pytest.mark.parametrize(
    "written",
    [
        "Mia",
        "Chenille Mia Chenault",
        "Amia Chen",
        "016329601080",
        "1016329601088",
        "100000812",
        "xmia@tideworks.example",
        "mia.chen2",
    ],
)
def test_what_is_only_like_it_is_left(written: str) -> None:
    found = Redaction(
        dict.fromkeys(("Mia Chen", "mia.chen", "mia@tideworks.example", "10000081"), "X"), {"+441632960108": "X"}
    )
    assert found(written) == written


def test_nothing_to_find_finds_nothing() -> None:
    assert Redaction({"": "X", " ": "X"})("a  b") == "a  b"
