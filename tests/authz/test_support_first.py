"""Open this to see "Support first": what is asked by phone, in Slack and by mail takes the right to support before every other."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from authz import (
    CELL_OF,
    CELLS,
    LENDABLE,
    OWN_REQUESTS,
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
    read_scheme,
    requests_followed,
)
from authz.judge import CLOSED_OWNER_KEEPS
from authz.vocabulary import FACTS
from tests.authz.hand_table import every_holding

SCHEMES = {name: scheme for name, scheme in load_schemes().items() if name != "desk"}
PAIRS = {cell: pair for pair, cell in CELL_OF.items()}
ANN = Subject("person:1")


def answer(standing: Standing, cell: str, at: At, proof: Proof = Proof.STEPPED_UP) -> Grant | Denied:
    return judge(Ask(ANN, PAIRS[cell][0], 1, PAIRS[cell][1], proof, at=at), standing)


def may(standing: Standing, at: At) -> set[str]:
    return {cell for cell in CELLS if isinstance(answer(standing, cell, at), Grant)}


def everybody(scheme: Scheme) -> Iterator[Standing]:
    """Everything that can be held, in every state of an account, with and without the SLA."""
    held = every_holding(scheme.words)
    for words, status, facts in product(held, Status, (frozenset[str](), FACTS)):
        yield Standing(ANN, 1, scheme, status, words, facts)


def has_support(standing: Standing) -> bool:
    """Whether it is held: what may be done with it on the account as it is, is another question."""
    return standing.scheme.ruling(standing.held, "phone.support").allowed


@pytest.fixture(params=sorted(SCHEMES))
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return SCHEMES[request.param]


def test_without_the_right_to_support_only_who_decides_is_told_there(scheme: Scheme) -> None:
    seen = 0
    for standing in everybody(scheme):
        if has_support(standing):
            continue
        assert may(standing, At.SUPPORT) == may(standing, At.PAGES) & {"portal.login", "contacts.view"}
        for cell in set(CELLS) - {"portal.login", "contacts.view"}:
            denied = answer(standing, cell, At.SUPPORT)
            assert isinstance(denied, Denied)
            assert denied.reason is Reason.NO_SUPPORT
            seen += 1
    assert seen > 100


def test_with_it_the_tables_alone_decide_there_too(scheme: Scheme) -> None:
    for standing in filter(has_support, everybody(scheme)):
        for cell, proof in product(CELLS, Proof):
            assert answer(standing, cell, At.SUPPORT, proof) == answer(standing, cell, At.PAGES, proof)


def test_it_comes_after_proof_and_being_on_the_account_and_before_any_other_right() -> None:
    standing = Standing(ANN, 1, SCHEMES["memset"], Status.CLOSED, frozenset({"manage_services"}), frozenset())
    unverified = answer(standing, "service.order", At.SUPPORT, Proof.CLAIMED)
    stranger = answer(standing._replace(account=2), "service.order", At.SUPPORT)
    without, with_it = (
        answer(one, "service.order", At.SUPPORT)
        for one in (standing, standing._replace(held=standing.held | {"manage_support"}))
    )
    said = (unverified, stranger, without, with_it)
    assert [denied.reason for denied in said if isinstance(denied, Denied)] == [
        Reason.UNVERIFIED,
        Reason.NOT_A_CONTACT,
        Reason.NO_SUPPORT,
        Reason.NO_RIGHT,
    ]


def test_a_lent_ticket_right_brings_the_right_to_ask_for_that_ticket_everywhere(scheme: Scheme) -> None:
    for cell, at in product(LENDABLE, At):
        borrower = Standing(ANN, 1, scheme, Status.ACTIVE, frozenset(), frozenset(), {cell: "one_ticket"})
        assert may(borrower, at) == {cell}


def test_requests_of_ones_own_are_followed_where_requests_are_made() -> None:
    memset, held, own = SCHEMES["memset"], frozenset({"manage_billing"}), frozenset({"ticket.view:billing"})
    assert requests_followed(memset, held) == {"billing.pay": "billing"}
    standing = Standing(ANN, 1, memset, Status.ACTIVE, held, frozenset(), {}, own)
    followed = answer(standing, "ticket.view:billing", At.PAGES)
    assert isinstance(followed, Grant)
    assert (followed.when, followed.rules) == (OWN_REQUESTS, ("D-request",))
    assert "ticket.view:billing" not in may(standing, At.SUPPORT)


def test_the_owner_of_a_closed_account_still_asks_there_to_reopen_it_and_about_bills(scheme: Scheme) -> None:
    owner = Standing(ANN, 1, scheme, Status.CLOSED, scheme.owner_holds, frozenset())
    assert may(owner, At.SUPPORT) == set(CLOSED_OWNER_KEEPS)


def test_with_support_first_off_everything_is_as_in_the_tables(scheme: Scheme, tmp_path: Path) -> None:
    text = Path(scheme.source).read_text()
    (tmp_path / "off.toml").write_text("support_first = false\n" + text)
    for standing in everybody(read_scheme(tmp_path / "off.toml")):
        assert may(standing, At.SUPPORT) == may(standing, At.PAGES)


def test_the_way_forward_from_there_works(scheme: Scheme) -> None:
    """Whoever is named can give the right to support; whoever is sent to the pages can sign in to them, where the account's state
    is all that counts (holding nothing at all, one has nothing to see)."""
    owner, seen = scheme.owner_holds, set[WayForward]()
    for standing in everybody(scheme):
        denied = answer(standing, "ticket.open:technical", At.SUPPORT)
        if isinstance(denied, Grant) or denied.reason is not Reason.NO_SUPPORT:
            continue
        seen.add(denied.next)
        if denied.next is WayForward.ASK_FOR_SUPPORT:
            givers = [one for one in everybody(scheme) if can_help(denied, "", one)] if len(scheme.words) < 5 else []
            assert can_help(denied, "", standing._replace(held=owner))
            assert all({"contacts.manage", "phone.support"} <= may(one, At.PAGES) for one in givers)
        if denied.next in (WayForward.ASK_FOR_SUPPORT, WayForward.SIGN_IN) and standing.held & scheme.words:
            assert "portal.login" in may(standing, At.PAGES)
    assert seen == {WayForward.ASK_FOR_SUPPORT, WayForward.SIGN_IN, WayForward.ASK_TO_REOPEN}
