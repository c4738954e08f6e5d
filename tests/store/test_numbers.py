"""Numbers as people type and paste them: one place reads them all. E10"""

from __future__ import annotations

import pytest

from deskgate.settings import Settings
from store.text import numbers

MIA = "+441632960108"
PASTED = [
    "+441632960108",
    "+44 1632 960108",
    "+44 (0)1632 960108",
    "0044 1632 960108",
    "00 44-1632-960-108",
    "01632 960108",
    "(01632) 960 108",
    "01632/960108",
    "+44\u20111632\u2011960108",  # hyphens that do not break
    "+44\u20131632\u2013960108",  # en dashes
    "+44\u00a01632\u202f960108",  # spaces that do not break
    "\u202a+44 1632 960108\u202c",  # as copied out of a contact on a Mac
    "+44\u200b1632\u2060960108",
    "tel:+44-1632-960108",
    "<tel:+441632960108|+44 1632 960108>",
    "\uff0b44 1632 960108",
    "+44.1632.960108",
]


@pytest.mark.parametrize("words", PASTED)
def test_e10_a_number_however_it_is_written(words: str) -> None:
    assert numbers.telephone(words, "GB") == MIA


@pytest.mark.parametrize(
    "words", ["", "mia chen", "10000081", "112", "+44", "+999123456789", "1632", "0044", "www.tideworks.example"]
)
def test_e10_what_is_no_number_is_none(words: str) -> None:
    assert numbers.telephone(words, "GB") is None


def test_e10_where_the_desk_is_says_what_a_number_without_a_country_is() -> None:
    assert numbers.telephone("089 1234567", numbers.region("+498912345")) == "+49891234567"
    assert numbers.telephone("(212) 555-0123", numbers.region("+12125550100")) == "+12125550123"
    assert numbers.telephone("0044 1632 960108", "US") == MIA, "as it is dialled elsewhere"
    assert numbers.telephone("01632 960108") is None
    assert numbers.telephone("0044 1632 960108") == MIA
    assert (numbers.region("+441632960000"), numbers.region("")) == ("GB", "")


@pytest.mark.parametrize(
    "words",
    [
        "1234 5678",
        "1234-5678",
        "1234\u20115678",
        "1234\u20135678",
        "12.34.56.78",
        "\u202a12345678\u202c",
        "1234\u00a05678",
        "#12345678",
        "١٢٣٤ ٥٦٧٨",
        "१२३४५६७८",
        "１２３４５６７８",
    ],
)
def test_e10_digits_of_a_code(words: str) -> None:
    assert numbers.digits(words) == "12345678"


def test_e10_numbers_of_the_settings_are_kept_as_they_are_dialled() -> None:
    read = Settings.model_validate({"twilio_number": "+44 (0)1632 960000, 0044 1632 960002"})
    assert read.twilio_number == ("+441632960000", "+441632960002")


def test_e10_what_is_no_digit_stays_none() -> None:
    for words in ("abc", "1234x678", "①②③④⑤⑥⑦⑧", "¹²³⁴⁵⁶⁷⁸"):
        assert not numbers.are_digits(numbers.digits(words))


@pytest.mark.parametrize(
    ("word", "number"),
    [("0", 0), ("7", 7), ("999999999999999", 999_999_999_999_999), ("1000000000000000", None), ("007", None)]
    + [(word, None) for word in ("", "-1", "+1", " 1", "1 ", "1_000", "1.0", "٣", "²", "x")],
)
def test_a_number_that_a_program_writes(word: str, number: int | None) -> None:
    assert numbers.parse_int(word) == number
