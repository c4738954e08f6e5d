"""Open this to see what a lent right gives: what was lent, as it was lent, on an active account, and nothing besides."""

from itertools import product

import pytest

from authz import (
    CELLS,
    LENDABLE,
    LENT,
    Action,
    Ask,
    Denied,
    Grant,
    Proof,
    Scheme,
    Standing,
    Status,
    Subject,
    Topic,
    judge,
    load_schemes,
)
from authz.vocabulary import FACTS
from tests.authz.hand_table import every_holding

SCHEMES = load_schemes()
CUSTOMER = sorted(SCHEMES.keys() - {"desk"})


def decide(
    scheme: Scheme, held: frozenset[str], cell: str, proof: Proof, status: Status, lent: dict[str, str]
) -> Grant | Denied:
    action, _, topic = cell.partition(":")
    ask = Ask(Subject("person:9"), Action(action), 1, Topic(topic) if topic else None, proof)
    return judge(ask, Standing(Subject("person:9"), 1, scheme, status, held, FACTS, lent))


def test_only_ticket_rights_can_be_lent() -> None:
    assert set(LENDABLE) == {f"ticket.{verb}:{topic}" for verb in ("view", "open", "reply") for topic in Topic}


@pytest.mark.parametrize("name", CUSTOMER)
def test_a_loan_adds_exactly_what_was_lent(name: str) -> None:
    """Every holding, cell, proof and state of the account, with one cell lent: the answer without it, or the loan's yes."""
    scheme, by_loan, compared = SCHEMES[name], 0, 0
    for held, lent, cell, proof, status in product(every_holding(scheme.words), LENDABLE, CELLS, Proof, Status):
        plain = decide(scheme, held, cell, proof, status, {})
        decided = decide(scheme, held, cell, proof, status, {lent: "one_ticket"})
        compared += 1
        counts = cell == lent and status is Status.ACTIVE and proof >= Proof.VERIFIED
        if isinstance(plain, Denied) and counts:
            assert isinstance(decided, Grant)
            assert (decided.when, decided.rules) == ("one_ticket", ("D-lent",))
            by_loan += 1
        else:
            assert type(decided) is type(plain)
            assert tuple(decided) == tuple(plain)
    assert by_loan > 20
    assert compared == len(every_holding(scheme.words)) * len(LENDABLE) * len(CELLS) * len(Proof) * len(Status)


@pytest.mark.parametrize("limit", sorted(LENT))
def test_the_limit_travels_in_the_grant(limit: str) -> None:
    decided = decide(
        SCHEMES["memset"],
        frozenset({"manage_services"}),
        "ticket.open:technical",
        Proof.VERIFIED,
        Status.ACTIVE,
        {"ticket.open:technical": limit},
    )
    assert isinstance(decided, Grant)
    assert decided.when == limit


def test_a_right_of_ones_own_is_not_narrowed_by_a_loan() -> None:
    decided = decide(
        SCHEMES["memset"],
        frozenset({"manage_support"}),
        "ticket.open:technical",
        Proof.VERIFIED,
        Status.ACTIVE,
        {"ticket.open:technical": "one_ticket"},
    )
    assert isinstance(decided, Grant)
    assert (decided.when, decided.rules) == ("", ("MS-28", "MS-29"))


def test_a_loan_to_somebody_else_is_none() -> None:
    standing = Standing(
        Subject("person:8"),
        1,
        SCHEMES["memset"],
        Status.ACTIVE,
        frozenset(),
        frozenset(),
        {"ticket.open:technical": "lent"},
    )
    asked = Ask(Subject("person:9"), Action.TICKET_OPEN, 1, Topic.TECHNICAL, Proof.VERIFIED)
    assert isinstance(judge(asked, standing), Denied)
    assert isinstance(judge(asked, None), Denied)
