"""Open this to see that every way forward works: E7, E19, E20, every refusal of every cell, state and holding.

What a refusal points to is looked for the slow way, in tables of what each holding may in each state of an account.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest

from authz import (
    CELL_OF,
    CELLS,
    DESK_CELLS,
    LENDABLE,
    NAMES,
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
    billing_alone,
    can_help,
    can_lend,
    judge,
    leaves_out_suspension,
    load_schemes,
)
from tests.authz.hand_table import every_holding

SCHEMES = load_schemes()
CUSTOMER = sorted(SCHEMES.keys() - {"desk"})
PAIRS = {cell: pair for pair, cell in CELL_OF.items()}
STATES = [(status, facts) for status in Status for facts in (frozenset[str](), frozenset({"sla"}))]
Held = frozenset[str]
THEIRS_TO_KNOW = (WayForward.OPEN_BILLING_TICKET, WayForward.REOPEN_ACCOUNT)


_ANN = Subject("person:1")


def asked(cell: str, who: Subject = _ANN, proof: Proof = Proof.STEPPED_UP, at: At = At.PAGES) -> Ask:
    return Ask(who, PAIRS[cell][0], 1, PAIRS[cell][1], proof, at=at)


def stands(scheme: Scheme, held: Held, status: Status, facts: Held, who: Subject = _ANN) -> Standing:
    return Standing(who, 1, scheme, status, held, facts)


@cache
def rights(name: str, held: Held, status: Status, facts: Held) -> Held:
    """What somebody may with every proof there is."""
    standing = stands(SCHEMES[name], held, status, facts)
    return frozenset(cell for cell in CELLS if isinstance(judge(asked(cell), standing), Grant))


def given(name: str, giver: Held, status: Status, facts: Held) -> list[Held]:
    """What can be given by somebody (C12): what carries no more than they may themselves; and what is handed over by nobody."""
    scheme, mine = SCHEMES[name], rights(name, giver, status, facts)
    handed_over = {scheme.owner, *scheme.exactly_one}
    columns = (column.members for column in scheme.columns if not column.members & handed_over)
    return [members for members in columns if rights(name, members, status, facts) <= mine]


@pytest.mark.parametrize("name", CUSTOMER)
@pytest.mark.parametrize(("status", "facts"), STATES)
def test_e7_e19_e20_the_way_forward_of_every_refusal_works(name: str, status: Status, facts: Held) -> None:
    """E7, E19, E20: by whoever is named, on the account as it is; and where it names somebody an owner is always one of them."""
    scheme, seen = SCHEMES[name], set[WayForward]()
    everybody = every_holding(scheme.words)
    owner = scheme.owner_holds
    for cell in CELLS:
        named: dict[WayForward, list[Held]] = {}
        for held in everybody:
            denied = judge(asked(cell), stands(scheme, held, status, facts))
            if isinstance(denied, Grant):
                continue
            way, mine = denied.next, rights(name, held, status, facts)
            seen.add(way)
            if way in NAMES and way not in named:
                named[way] = [them for them in everybody if can_help(denied, cell, stands(scheme, them, status, facts))]
                assert owner in named[way], (cell, way)
            match way:
                case WayForward.OPEN_TICKET:
                    assert "ticket.open:technical" in mine
                case WayForward.OPEN_BILLING_TICKET:
                    assert "ticket.open:billing" in mine
                    assert status is Status.SUSPENDED
                case WayForward.REOPEN_ACCOUNT:
                    assert "account.reopen" in mine
                    assert status is Status.CLOSED
                case WayForward.ASK_CONTACT_ADMIN:
                    for giver in named[way]:
                        assert "contacts.manage" in rights(name, giver, status, facts)
                        gifts = given(name, giver, status, facts)
                        assert any(cell in rights(name, held | gift, status, facts) for gift in gifts), (
                            cell,
                            held,
                            giver,
                        )
                case WayForward.ASK_OWNER:
                    assert all(
                        scheme.owner in them and cell in rights(name, them, status, facts) for them in named[way]
                    )
                case WayForward.ASK_BILLING_TICKET:
                    assert status is Status.SUSPENDED
                    assert all("ticket.open:billing" in rights(name, them, status, facts) for them in named[way])
                case WayForward.ASK_TO_REOPEN:
                    assert status is Status.CLOSED
                    assert all("account.reopen" in rights(name, them, status, facts) for them in named[way])
                case WayForward.LEAVE_MESSAGE:
                    assert all(cell not in rights(name, them, status, facts) for them in everybody), (
                        "nobody can be given it"
                    )
                case _:
                    raise AssertionError(f"{cell} {sorted(held)}: {denied}")
    assert seen


@pytest.mark.parametrize("name", CUSTOMER)
def test_e19_a_refusal_whose_way_forward_is_about_the_status_says_the_status(name: str) -> None:
    """E19: of a suspension where the reason is another; and to whoever can do something about it, what leaves them billing tickets alone."""
    left_out = set[tuple[WayForward, bool]]()
    for (status, facts), cell, held in product(STATES, CELLS, every_holding(SCHEMES[name].words)):
        denied = judge(asked(cell), stands(SCHEMES[name], held, status, facts))
        if isinstance(denied, Grant):
            continue
        way, suspended = denied.next, denied.reason is Reason.ACCOUNT_SUSPENDED
        about = way in (WayForward.OPEN_BILLING_TICKET, WayForward.ASK_BILLING_TICKET)
        assert leaves_out_suspension(denied) is (about and not suspended), (cell, held)
        assert billing_alone(denied) is (status if way in THEIRS_TO_KNOW else None), (cell, held)
        left_out.add((way, suspended))
    assert {(WayForward.OPEN_BILLING_TICKET, True), (WayForward.REOPEN_ACCOUNT, False)} <= left_out


@pytest.mark.parametrize("name", CUSTOMER)
def test_e7_what_only_the_owner_may_is_given_by_nobody(name: str) -> None:
    """E7: no administrator is named for closing an account, and nobody with Manage Users alone for Manage Support."""
    scheme, active = SCHEMES[name], (Status.ACTIVE, frozenset[str]())
    for held in every_holding(scheme.words):
        denied = judge(asked("account.close"), stands(scheme, held, *active))
        if isinstance(denied, Denied):
            assert denied.next is WayForward.ASK_OWNER
            assert not can_help(denied, "account.close", stands(scheme, scheme.words - {scheme.owner or ""}, *active))
    if name == "memset":
        denied = judge(asked("ticket.open:technical"), stands(scheme, frozenset({"manage_services"}), *active))
        assert isinstance(denied, Denied)
        for them, can in (
            ({"manage_users"}, False),
            ({"manage_users", "manage_support"}, True),
            ({"manage_support"}, False),
        ):
            assert can_help(denied, "ticket.open:technical", stands(scheme, frozenset(them), *active)) is can


@pytest.mark.parametrize("name", CUSTOMER)
def test_e19_whoever_can_lend_lends_what_then_is_allowed(name: str) -> None:
    """E19: nobody is named as a lender on an account that is suspended or closed."""
    scheme, lending = SCHEMES[name], set[Status]()
    for status, facts in STATES:
        for cell in CELLS:
            for them in every_holding(scheme.words):
                if not can_lend(cell, stands(scheme, them, status, facts)):
                    continue
                assert cell in LENDABLE
                assert {"right.lend", cell} <= rights(name, them, status, facts)
                lending.add(status)
                without = stands(scheme, frozenset(), status, facts)._replace(lent={cell: "lent"})
                assert isinstance(judge(asked(cell, proof=Proof.VERIFIED), without), Grant)
                if name == "memset":  # elsewhere whoever may lend holds every ticket themselves
                    lends = without._replace(held=frozenset({"manage_users"}))
                    assert not can_lend(cell, lends), "what is lent is not lent on"
    assert lending == {Status.ACTIVE}


def test_e19_proof_leads_to_more_proof_and_the_desk_to_who_may() -> None:
    for name in CUSTOMER:
        for cell in CELLS:
            for held in every_holding(SCHEMES[name].words):
                standing = stands(SCHEMES[name], held, Status.ACTIVE, frozenset({"sla"}))
                for proof in Proof:
                    denied = judge(asked(cell, proof=proof), standing)
                    if isinstance(denied, Denied) and denied.next is WayForward.STEP_UP:
                        assert isinstance(judge(asked(cell), standing), Grant)
                    if isinstance(denied, Denied) and denied.next is WayForward.VERIFY:
                        again = judge(asked(cell, proof=Proof.VERIFIED), standing)
                        assert isinstance(again, Grant) or again.reason is not Reason.UNVERIFIED
    desk, ranks = (
        SCHEMES["desk"],
        {WayForward.ASK_SUPERVISOR: "supervisor", WayForward.ASK_ADMINISTRATOR: "administrator"},
    )
    for cell in DESK_CELLS:
        for role in desk.roles:
            standing = Standing(Subject("staff:1"), 1, desk, Status.ACTIVE, frozenset({role}), frozenset())
            denied = judge(asked(cell, Subject("staff:1")), standing)
            if isinstance(denied, Denied) and denied.next in ranks:
                asks = standing._replace(held=frozenset({ranks[denied.next]}))
                assert isinstance(judge(asked(cell, Subject("staff:1")), asks), Grant)
                assert role != ranks[denied.next]
            elif isinstance(denied, Denied):
                assert denied.next is WayForward.NONE


def test_words_allowing_are_those_of_the_columns_that_allow_it_and_no_others() -> None:
    """Whoever is looked for by them would be found, and of those who may not as few as there are."""
    for scheme in SCHEMES.values():
        for cell, squares in scheme.rows.items():
            allowing = [c for c in scheme.columns if squares[c.name].allowed]
            words = scheme.words_allowing(cell)
            assert all(c.members <= words for c in allowing)
            assert all(any(word in c.members for c in allowing) for word in words)
