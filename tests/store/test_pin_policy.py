"""Which PINs are refused as easy: the figures of docs/pins.md, counted over all there are; and that none is issued."""

from __future__ import annotations

import itertools
import random
import re
import secrets
from collections.abc import Iterator

import pytest

from store.verification import pins
from store.verification.pins import EasyPinError

TEN = "0123456789"
MONTH_DAYS = [
    (m, d)
    for m, days in zip(range(1, 13), (31, 29, *[31, 30] * 2, 31, *[31, 30] * 2, 31), strict=True)
    for d in range(1, days + 1)
]
YEARS = range(1900, 2031)


def words(length: int) -> Iterator[str]:
    return map("".join, itertools.product(TEN, repeat=length))


def dates(size: int) -> set[str]:
    if size == 8:
        return {
            f
            for y in YEARS
            for m, d in MONTH_DAYS
            for f in (f"{d:02}{m:02}{y}", f"{m:02}{d:02}{y}", f"{y}{m:02}{d:02}", f"{y}{d:02}{m:02}")
        }
    forms = ("{d:02}{m:02}{y:02}", "{m:02}{d:02}{y:02}", "{y:02}{m:02}{d:02}")
    return {form.format(d=d, m=m, y=y) for m, d in MONTH_DAYS for y in range(100) for form in forms}


def year_months(size: int) -> set[str]:
    return {f for y in YEARS for m in range(1, 13) for f in (f"{y}{m:02}", f"{m:02}{y}")} if size == 6 else set()


def steps(size: int) -> set[str]:
    return {"".join(str((a + i * step) % 10) for i in range(size)) for a in range(10) for step in range(10)}


def blocks(size: int) -> set[str]:
    return {block * (size // k) for k in range(1, size) if size % k == 0 for block in words(k)}


def palindromes(size: int) -> set[str]:
    return {half + half[::-1][size % 2 :] for half in words((size + 1) // 2)}


def doubled(size: int) -> set[str]:
    return {"".join(a * 2 for a in word) for word in words(size // 2)}


def of_two_digits(size: int) -> set[str]:
    return {"".join(word) for pair in itertools.combinations(TEN, 2) for word in itertools.product(pair, repeat=size)}


def runs_of_four(size: int) -> set[str]:
    before = {at: list(words(at)) for at in range(size - 3)}
    return {a + d * 4 + b for at in before for a in before[at] for d in TEN for b in before[size - 4 - at]}


# The rules made as sets, each with its size for six digits.
LISTED = {
    dates: 84_232,
    year_months: 3_144,
    steps: 100,
    blocks: 1_090,
    palindromes: 1_000,
    doubled: 1_000,
    of_two_digits: 2_800,
    runs_of_four: 2_800,
}
OF_SIX, OF_EIGHT = 92_044, 644_904


def easy_ones(size: int) -> set[str]:
    return set().union(*(made(size) for made in LISTED))


@pytest.mark.parametrize("made", LISTED, ids=lambda made: made.__name__)
def test_a_rule_gives_the_figure_that_security_lists(made: object) -> None:
    assert callable(made)
    assert len(made(6)) == LISTED[made]


def test_of_all_pins_of_six_digits_exactly_these_are_refused() -> None:
    wanted = easy_ones(6)
    assert len(wanted) == OF_SIX
    assert {word for word in words(6) if pins.easy(word)} == wanted


def test_of_eight_digits_exactly_these_are_refused() -> None:
    """All that should be refused are; of the others, 200,000 drawn by dice are not."""
    wanted, dice = easy_ones(8), random.Random(2026)
    assert len(wanted) == OF_EIGHT
    assert all(map(pins.easy, wanted))
    drawn = {f"{dice.randrange(10**8):08}" for _ in range(200_000)} - wanted
    assert not any(map(pins.easy, drawn))


@pytest.mark.parametrize("size", [7, 9, 10])
def test_the_other_lengths_follow_the_same_rules(size: int) -> None:
    for made in (steps, palindromes, of_two_digits, blocks):
        assert made(size)
        assert all(map(pins.easy, made(size)))
    assert not pins.easy("5820391746"[:size])


# --- one's own numbers


@pytest.mark.parametrize(
    ("digits", "numbers", "refused"),
    [
        ("632960101", ["+441632960101"], True),  # the end of the number
        ("01632960", ["+441632960101"], True),  # its beginning, as dialled at home
        ("44163296", ["+441632960101"], True),
        ("58960101", ["+441632960101"], True),  # six of its digits after two others
        ("58293296", ["+441632960101"], False),  # fewer than six
        ("58263296", ["+441632960101"], False),  # five, just
        ("960101", ["+441632960101"], True),
        ("58203917", ["+44 1632 582 039"], True),
        ("10000081", ["10000081"], True),  # the support ID
        ("81100000", ["10000081"], True),
        ("58203917", [], False),
        ("58203917", ["+441632960101", "10000081"], False),
        ("58203917", ["12345"], False),
    ],
)
def test_a_pin_is_not_taken_from_ones_own_numbers(digits: str, numbers: list[str], refused: bool) -> None:
    assert (pins.easy(digits, numbers) is not None) is refused


# --- what may be chosen, and what is said when it may not


@pytest.mark.parametrize("length", range(14))
def test_lengths(length: int) -> None:
    digits = "58203917465820"[:length]
    for choice, lengths in ((False, {8}), (True, {6, 7, 8, 9, 10})):
        if length in lengths:
            pins.check_policy(digits, choice=choice)
        else:
            with pytest.raises(EasyPinError):
                pins.check_policy(digits, choice=choice)


@pytest.mark.parametrize(
    "digits",
    [
        "12345678",
        "5820391a",
        "٥٨٢٠٣٩١٧",
        "５８２０３９１７",
        "58203917\n",
        " 58203917",
        "01011990",
        "58203917²",
        "+5820391",
        "96010158",
    ],
)
def test_what_is_refused_is_never_quoted(digits: str) -> None:
    with pytest.raises(EasyPinError) as caught:
        pins.check_policy(digits, choice=True, own_numbers=["+441632960101"])
    said = str(caught.value)
    assert said.startswith(("a PIN has 6 to 10 digits", "this PIN is easy to guess: "))
    assert digits.strip() not in said
    assert not re.search(r"\d{3}", said)
    assert digits not in repr(caught.value.__dict__)


# --- issued


def test_issued_pins_have_eight_digits_and_are_never_easy() -> None:
    numbers = ["+441632960101", "10000081"]
    issued = [pins.issue(numbers).digits for _ in range(3_000)]
    assert all(re.fullmatch("[0-9]{8}", digits) for digits in issued)
    assert not [digits for digits in issued if pins.easy(digits, numbers)]
    assert len(set(issued)) > 2_990
    assert all({digits[place] for digits in issued} == set(TEN) for place in range(8))


def test_an_easy_draw_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter("12345678" + "01632960" + "31121999" + "58203917")
    monkeypatch.setattr(secrets, "choice", lambda _: next(drawn))
    assert pins.issue(["+441632960101"]).digits == "58203917"
