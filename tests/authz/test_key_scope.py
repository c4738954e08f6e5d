"""T51: an API key does what its maker may and what it was made for, never more than either: for every holding of every scheme, and every cell."""

from __future__ import annotations

from itertools import combinations

import pytest

from authz import (
    CELL_OF,
    CELLS,
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
    WayForward,
    judge,
    load_schemes,
    rights,
)

SCHEMES = [scheme for scheme in load_schemes().values() if scheme.owner]
ANN = Subject("person:1")
OUT_OF_SCOPE = Denied(Reason.NO_RIGHT, ("D-key.scope",), WayForward.NONE)
NOTHING: frozenset[str] = frozenset()


def holdings(scheme: Scheme) -> list[frozenset[str]]:
    """Of one word at most, and an owner's."""
    return [frozenset(some) for n in (0, 1) for some in combinations(sorted(scheme.words), n)] + [scheme.owner_holds]


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("lent", [{}, {"ticket.open:technical": "one_ticket"}], ids=["their own", "lent"])
def test_both_must_allow_it_and_the_makers_own_refusal_speaks_first(scheme: Scheme, lent: dict[str, str]) -> None:
    seen: set[tuple[bool, bool]] = set()
    for held in holdings(scheme):
        for status in Status:
            own = Standing(ANN, 1, scheme, status, held, NOTHING, lent)
            for (action, topic), cell in CELL_OF.items():
                if cell not in CELLS:
                    continue
                for proof in (Proof.VERIFIED, Proof.STEPPED_UP):
                    ask = Ask(ANN, action, 1, topic, proof, at=At.SUPPORT)
                    alone = judge(ask, own)
                    assert judge(ask, own._replace(scope=frozenset({cell}))) == alone
                    without = judge(ask, own._replace(scope=frozenset(CELLS) - {cell}))
                    may = isinstance(alone, Grant) or alone.reason is Reason.STEP_UP
                    assert without == (OUT_OF_SCOPE if may else alone), (held, status, cell)
                    seen.add((may, proof is Proof.VERIFIED))
    assert len(seen) == 4, "yes and no, with one proof and with two"


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_what_it_is_told_it_may_do_is_what_both_allow(scheme: Scheme) -> None:
    owner = Standing(ANN, 1, scheme, Status.ACTIVE, scheme.owner_holds, NOTHING)
    all_of_it, scope = rights(owner, Proof.VERIFIED, At.SUPPORT), frozenset({"ticket.view:technical", "service.view"})
    its = rights(owner._replace(scope=scope), Proof.VERIFIED, At.SUPPORT)
    assert set(its.may) == set(all_of_it.may) & scope == scope
    assert (its.step_up, its.requests) == (frozenset(), ())
    assert rights(owner._replace(scope=NOTHING), Proof.VERIFIED, At.SUPPORT).may == {}
