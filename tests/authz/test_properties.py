"""Open this to see what holds of every scheme, whoever holds whatever: all combinations, not examples."""

from itertools import combinations, permutations, product

import pytest

from authz import (
    CELLS,
    DESK_CELLS,
    Action,
    Ask,
    At,
    Denied,
    Grant,
    Proof,
    Reason,
    Scheme,
    Standing,
    Status,
    Subject,
    Topic,
    judge,
    load_schemes,
)
from tests.authz.hand_table import every_holding
from tests.sizes import is_everything

SCHEMES = load_schemes()
CUSTOMER = sorted(SCHEMES.keys() - {"desk"})
FACTS = (frozenset[str](), frozenset({"sla"}))


def answer(
    scheme: Scheme,
    held: frozenset[str],
    cell: str,
    proof: Proof = Proof.STEPPED_UP,
    status: Status = Status.ACTIVE,
    facts: frozenset[str] = FACTS[0],
    at: At = At.PAGES,
) -> Grant | Denied:
    action, _, topic = cell.partition(":")
    question = Ask(Subject("person:1"), Action(action), 1, Topic(topic) if topic else None, proof, at=at)
    return judge(question, Standing(Subject("person:1"), 1, scheme, status, held, facts))


def yes(decision: Grant | Denied) -> bool:
    return isinstance(decision, Grant)


FREEDOM = {"": 3, "sla": 2, "billing_topics": 1}


def freedom(decision: Grant | Denied) -> int:
    """How much a decision gives: an unlimited yes most, a no nothing."""
    return FREEDOM[decision.when] if isinstance(decision, Grant) else 0


@pytest.mark.parametrize("name", CUSTOMER)
def test_holding_more_never_takes_anything_away(name: str) -> None:
    """Nor does it limit what was unlimited. In every state, with and without the SLA, wherever it is asked."""
    scheme, compared = SCHEMES[name], 0
    many = (
        len(scheme.words) > 10 and not is_everything()
    )  # then nothing and one thing, with one more: what joins two is seen
    for held in (held for held in every_holding(scheme.words) if not many or len(held) < 2):
        for more in scheme.words - held:
            for cell in CELLS:
                for status, facts, at in product(Status, FACTS, At):
                    less = freedom(answer(scheme, held, cell, status=status, facts=facts, at=at))
                    now = freedom(answer(scheme, held | {more}, cell, status=status, facts=facts, at=at))
                    assert now >= less, (held, more, cell, status, at)
                    compared += 1
    assert compared > 8_000


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_raising_proof_never_denies(name: str) -> None:
    scheme = SCHEMES[name]
    for held in every_holding(scheme.words):
        for cell in DESK_CELLS if name == "desk" else CELLS:
            given = [yes(answer(scheme, held, cell, proof, facts=FACTS[1])) for proof in Proof]
            assert given == sorted(given), (held, cell)


def test_a_memset_ticket_opens_if_and_only_if_the_permissions_are_held() -> None:
    scheme = SCHEMES["memset"]
    for held in every_holding(scheme.words):
        for verb in ("view", "open", "reply"):
            technical = answer(scheme, held, f"ticket.{verb}:technical", Proof.VERIFIED)
            billing = answer(scheme, held, f"ticket.{verb}:billing", Proof.VERIFIED)
            assert yes(technical) is ("manage_support" in held)
            assert yes(billing) is ({"manage_support", "manage_billing"} <= held)


@pytest.mark.parametrize("name", CUSTOMER)
@pytest.mark.parametrize("cell", ["service.cancel", "service.transfer", "account.close", "account.reopen"])
def test_only_the_owner_cancels_transfers_closes_and_reopens(name: str, cell: str) -> None:
    scheme = SCHEMES[name]
    for held in every_holding(scheme.words):
        assert yes(answer(scheme, held, cell)) is (scheme.owner in held)
        assert not yes(answer(scheme, held, cell, Proof.VERIFIED)), "and never without a second factor"


@pytest.mark.parametrize("name", CUSTOMER)
def test_the_order_of_roles_is_irrelevant(name: str) -> None:
    for words in combinations(sorted(SCHEMES[name].words), 3):
        for cell in CELLS:
            # a scheme of its own each time, so that no remembered answer hides a difference
            seen = {answer(fresh(name), frozenset(order), cell) for order in permutations(words)}
            assert len(seen) == 1


def fresh(name: str) -> Scheme:
    SCHEMES[name].memo.clear()
    return SCHEMES[name]


@pytest.mark.parametrize("name", CUSTOMER)
def test_nobody_unverified_is_told_more_than_to_prove_themselves(name: str) -> None:
    scheme = SCHEMES[name]
    told = {
        answer(scheme, held, cell, proof, status)
        for held in every_holding(scheme.words)
        for cell in CELLS
        if cell != "portal.login"
        for proof in (Proof.NONE, Proof.CLAIMED)
        for status in Status
    }
    assert len(told) == 1
    assert {decision.reason for decision in told if isinstance(decision, Denied)} == {Reason.UNVERIFIED}


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_every_answer_cites_a_rule_and_the_memory_changes_none(name: str) -> None:
    scheme = SCHEMES[name]
    scheme.memo.clear()
    for held in every_holding(scheme.words):
        for cell in DESK_CELLS if name == "desk" else CELLS:
            first, again = answer(scheme, held, cell), answer(scheme, held, cell)
            assert first.rules
            assert first == again
            assert yes(first) is yes(again)


def test_the_memory_stays_small() -> None:
    """Of what people hold, which is a few things or nearly all; a scheme that has more in it starts afresh."""
    holdings = (len(every_holding(SCHEMES[name].words, everything=False)) for name in CUSTOMER)
    assert sum(2 * 3 * 2 * len(CELLS) * many for many in holdings) < 70_000
