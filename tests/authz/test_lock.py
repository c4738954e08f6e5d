"""An account that its owner has locked: which cells nobody has, who unlocks, and where a refusal leads, for every holding of every scheme."""

from __future__ import annotations

from itertools import combinations

import pytest

from authz import (
    CELL_OF,
    CELLS,
    LOCKED,
    OWNERS_ACTIONS,
    REQUESTS,
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
    WayForward,
    can_help,
    judge,
    load_schemes,
)

SCHEMES = [scheme for scheme in load_schemes().values() if scheme.owner]
ANN = Subject("person:1")
CHANGES = {"right.lend", "service.manage", "apikeys.manage", *map(str, REQUESTS)}


def holdings(scheme: Scheme) -> list[frozenset[str]]:
    """Of two words at most, and an owner's."""
    sets = [frozenset(some) for n in (0, 1, 2) for some in combinations(sorted(scheme.words), n)]
    return [*sets, scheme.owner_holds]


def decided(
    scheme: Scheme, held: frozenset[str], status: Status, facts: frozenset[str], *cells: str
) -> dict[str, Grant | Denied]:
    """Of these cells, or of every one."""
    standing = Standing(ANN, 1, scheme, status, held, facts)
    pairs = [
        (pair, cell) for pair, cell in CELL_OF.items() if (cell in cells if cells else not cell.startswith("desk."))
    ]
    return {
        cell: judge(Ask(ANN, action, 1, topic, Proof.STEPPED_UP, at=At.PAGES), standing)
        for (action, topic), cell in pairs
    }


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_what_is_locked_is_every_change_and_nothing_else(scheme: Scheme) -> None:
    for held in holdings(scheme):
        for status in Status:
            free = decided(scheme, held, status, frozenset())
            locked = decided(scheme, held, status, frozenset({LOCKED}))
            assert set(free) == {*CELLS, *OWNERS_ACTIONS}
            for cell, was in free.items():
                now = locked[cell]
                if isinstance(was, Grant) and cell in CHANGES and status is not Status.CLOSED:
                    assert isinstance(now, Denied), (held, cell, status)
                    assert (now.reason, now.rules) == (Reason.ACCOUNT_LOCKED, ("D-account.locked",))
                else:
                    assert type(now) is type(was), (held, cell, status)
                    assert getattr(now, "reason", None) == getattr(was, "reason", None)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_the_owner_alone_locks_and_reads_the_records_in_every_state(scheme: Scheme) -> None:
    for held in holdings(scheme):
        for status in Status:
            for facts in (frozenset[str](), frozenset({LOCKED})):
                found = decided(scheme, held, status, facts, *OWNERS_ACTIONS)
                for action in OWNERS_ACTIONS:
                    assert isinstance(found[action], Grant) is (scheme.owner in held), (held, action, status)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_a_refusal_leads_to_who_can_unlock_and_to_nobody_who_cannot(scheme: Scheme) -> None:
    """C12: while it is locked nobody is given a right either, so nobody is sent to ask for one."""
    locked = frozenset({LOCKED})
    owner = Standing(Subject("person:2"), 1, scheme, Status.ACTIVE, scheme.owner_holds, locked)
    ways = set()
    for held in holdings(scheme):
        for cell, verdict in decided(scheme, held, Status.ACTIVE, locked).items():
            if not isinstance(verdict, Denied) or verdict.reason is Reason.NOT_COVERED:
                continue
            ways.add(verdict.next)
            if verdict.reason is Reason.ACCOUNT_LOCKED:
                mine = scheme.owner in held
                assert verdict.next is (WayForward.UNLOCK_ACCOUNT if mine else WayForward.ASK_TO_UNLOCK)
            if verdict.next is WayForward.ASK_TO_UNLOCK:
                assert can_help(verdict, cell, owner)
                assert not can_help(verdict, cell, owner._replace(held=scheme.words - {scheme.owner}))
    assert WayForward.ASK_CONTACT_ADMIN not in ways
    assert WayForward.ASK_TO_UNLOCK in ways


def test_no_scheme_file_gives_the_lock_to_anybody_else() -> None:
    for scheme in SCHEMES:
        for action in OWNERS_ACTIONS:
            assert scheme.only_owner(action)
            assert scheme.grounds(action) == (f"D-{action}",)
            assert action not in scheme.cells, "no row of the file says so"


def test_a_second_proof_comes_first() -> None:
    for scheme in SCHEMES:
        standing = Standing(ANN, 1, scheme, Status.ACTIVE, scheme.owner_holds, frozenset({LOCKED}))
        for action in (Action.ACCOUNT_LOCK, Action.ACCOUNT_RECORDS):
            verdict = judge(Ask(ANN, action, 1, None, Proof.VERIFIED, at=At.PAGES), standing)
            assert isinstance(verdict, Denied)
            assert verdict.reason is Reason.STEP_UP
