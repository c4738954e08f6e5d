"""Moving from one scheme to another: nobody gains but the owner, all that is lost is said, and every word that gives nothing new is kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import pytest

from authz import CELLS, FACTS, Scheme, load_schemes, move, moves
from authz.scheme import Square

SCHEMES = {name: scheme for name, scheme in load_schemes().items() if scheme.owner}
PAIRS = list(permutations(SCHEMES, 2))


def freedom(scheme: Scheme, held: frozenset[str], cell: str) -> int:
    """0 for a no; a yes within a limit of its topic, one while a fact is true, and one without either are each freer than the last."""
    answer = scheme.ruling(held, cell, FACTS)
    return (1 if answer.when else 2) + (answer.when in FACTS or not answer.when) if answer.allowed else 0


def sets(scheme: Scheme) -> list[frozenset[str]]:
    """Of two words at most, with what they require."""
    found = [frozenset(some) for n in (0, 1, 2) for some in combinations(scheme.roles + scheme.permissions, n)]
    return [held.union(*(scheme.requires.get(word, frozenset()) for word in held)) for held in found]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_nobody_but_the_owner_gains_all_that_is_lost_is_said_and_nothing_is_lost_in_vain(old: str, new: str) -> None:
    was, is_ = SCHEMES[old], SCHEMES[new]
    for held in sets(was):
        made = move(was, is_, held)
        assert made.holds == tuple(word for word in was.roles + was.permissions if word in held)
        after = frozenset(made.becomes)
        assert not is_.missing(after)
        named = {one.partition(" when ")[0] for one in made.takes}
        assert named == {cell for cell in CELLS if freedom(is_, after, cell) < freedom(was, held, cell)}, held
        if was.owner in held:
            assert after >= is_.owner_holds | set(is_.exactly_one)
            continue
        assert made.gives == ()
        assert is_.owner not in after
        leave_some = set[str]()
        for word in is_.words - after - {is_.owner, *is_.exactly_one}:
            more = after | {word} | is_.requires.get(word, frozenset())
            assert any(freedom(is_, more, cell) > freedom(was, held, cell) for cell in CELLS), (held, word)
            if any(freedom(is_, more, cell) > freedom(is_, after, cell) for cell in named):
                leave_some.add(word)
        assert made.nearest in (leave_some or {""}), held


def test_some_that_a_person_would_expect() -> None:
    roles, memset, temple = SCHEMES["standard_roles"], SCHEMES["memset"], SCHEMES["media_temple"]
    assert move(roles, memset, {"billing"}).becomes == ("manage_billing",)
    support = move(roles, memset, {"support"})
    assert support.becomes == ("manage_support",)
    assert "service.view" in support.takes, "Manage Services would let them change services as well"
    assert "phone.emergency when sla" in support.takes
    assert move(memset, temple, {"manage_support"}).becomes == (), (
        "a technical contact may do more than ask for support"
    )
    assert move(memset, roles, {"manage_support"}).nearest == "tickets"
    assert move(memset, roles, {"manage_support"}).brings == ("phone.emergency",), "there no SLA limits it"
    assert move(roles, memset, {"billing"}).nearest == "", "nothing is taken"
    assert move(temple, roles, {"owner"}).nearest == "", "nor from an owner, though some words would bring nothing"
    assert move(temple, memset, {"owner"}).becomes == memset.roles + memset.permissions
    assert set(moves(temple, roles)) == set(temple.holdings)


def limited(name: str, limit: str) -> Scheme:
    """With an owner who has phone support within a limit."""
    scheme, cell = SCHEMES[name], "phone.support"
    row = {**scheme.rows[cell], "owner": Square(True, ("XY-1",), limit)}
    return replace(scheme, rows={**scheme.rows, cell: row}, memo={})


def test_a_yes_while_a_fact_is_true_is_freer_than_one_within_a_topic() -> None:
    topic, fact = limited("media_temple", "billing_topics"), limited("standard_roles", "sla")
    there, back = move(topic, fact, {"owner"}), move(fact, topic, {"owner"})
    assert (there.gives, there.takes) == (("phone.support when sla",), ())
    assert (back.gives, back.takes) == ((), ("phone.support when billing_topics",))
    free = move(fact, SCHEMES["media_temple"], {"owner"})
    assert (free.gives, free.takes) == (("phone.support",), ())
