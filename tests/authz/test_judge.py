"""Open this to see the order of reasons, what an account's state takes away, and whose rules a no cites."""

from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from authz import (
    CELL_OF,
    CELLS,
    DESK_CELLS,
    FACTS,
    LOCKED,
    PROOF_NEEDED,
    REQUESTS,
    Action,
    Allowed,
    Ask,
    At,
    Denied,
    Grant,
    Proof,
    Reason,
    Standing,
    Status,
    Subject,
    Topic,
    WayForward,
    judge,
    load_schemes,
    read_scheme,
    rights,
)

SCHEMES = load_schemes()
EVERYTHING = {name: scheme.words for name, scheme in SCHEMES.items()}
SLA = frozenset({"sla"})


def ask(cell: str, proof: Proof = Proof.STEPPED_UP, account: int | None = 5) -> Ask:
    action, _, topic = cell.partition(":")
    return Ask(Subject("person:17"), Action(action), account, Topic(topic) if topic else None, proof, at=At.PAGES)


def standing(
    scheme: str,
    *held: str,
    status: Status = Status.ACTIVE,
    facts: frozenset[str] = frozenset(),
    account: int | None = 5,
) -> Standing:
    return Standing(Subject("person:17"), account, SCHEMES[scheme], status, frozenset(held), facts)


def no(reason: Reason, next: WayForward, *rules: str) -> Denied:
    return Denied(reason, rules, next)


def test_reasons_come_in_one_order() -> None:
    """Each step mends the first reason and nothing else; the next one then speaks."""
    cell, stranger = "service.order", None
    nothing = standing("media_temple", "technical", status=Status.SUSPENDED)
    something = standing("media_temple", "admin", status=Status.SUSPENDED)
    active = standing("media_temple", "admin")
    unverified = no(Reason.UNVERIFIED, WayForward.VERIFY, "D-proof")
    for proof in (Proof.NONE, Proof.CLAIMED):
        for anyone in (stranger, nothing, something, active):
            assert judge(ask(cell, proof), anyone) == unverified
    seen = [judge(ask(cell, Proof.VERIFIED), who) for who in (stranger, nothing, something, active)]
    assert seen == [
        no(Reason.NOT_A_CONTACT, WayForward.ASK_CONTACT_ADMIN, "D-contact"),
        no(Reason.NO_RIGHT, WayForward.ASK_BILLING_TICKET, "D-service.order"),
        no(Reason.ACCOUNT_SUSPENDED, WayForward.OPEN_BILLING_TICKET, "D-account.suspended"),
        no(Reason.STEP_UP, WayForward.STEP_UP, "D-proof"),
    ]
    assert isinstance(judge(ask(cell, Proof.STEPPED_UP), active), Grant)


def test_not_covered_comes_before_the_accounts_state() -> None:
    for status in Status:
        held = standing("memset", "manage_support", status=status)
        way = {
            Status.ACTIVE: WayForward.OPEN_TICKET,
            Status.SUSPENDED: WayForward.ASK_BILLING_TICKET,
            Status.CLOSED: WayForward.ASK_TO_REOPEN,
        }
        assert judge(ask("phone.emergency", Proof.VERIFIED), held) == no(Reason.NOT_COVERED, way[status], "MS-30")


def test_an_emergency_under_the_sla_is_allowed_and_says_so() -> None:
    grant = judge(ask("phone.emergency", Proof.VERIFIED), standing("memset", "manage_support", facts=SLA))
    assert isinstance(grant, Grant)
    assert (grant.when, grant.rules) == ("sla", ("MS-30",))


def test_a_limit_refuses_nothing_and_travels_in_the_grant() -> None:
    grant = judge(ask("phone.support"), standing("media_temple", "billing"))
    assert isinstance(grant, Grant)
    assert grant.when == "billing_topics"
    grant = judge(ask("phone.support"), standing("media_temple", "billing", "technical"))
    assert isinstance(grant, Grant)
    assert grant.when == "", "holding more lifts the limit"


@pytest.mark.parametrize(
    "other",
    [
        standing("media_temple", "owner")._replace(subject=Subject("person:18")),
        standing("media_temple", "owner", account=6),
        standing("media_temple", "owner", account=None),
    ],
)
def test_a_standing_of_someone_or_somewhere_else_counts_as_none(other: Standing) -> None:
    assert judge(ask("billing.view"), other) == judge(ask("billing.view"), None)


def test_only_signing_in_needs_no_proof() -> None:
    assert [a for a, p in PROOF_NEEDED.items() if p is Proof.NONE and not a.startswith("desk.")] == ["portal.login"]
    for scheme, words in EVERYTHING.items():
        if scheme != "desk":
            owner = standing(scheme, *words, facts=SLA)
            assert isinstance(judge(ask("portal.login", Proof.NONE), owner), Grant)


def test_what_is_not_in_the_vocabulary_is_a_fault_not_an_answer() -> None:
    owner = standing("media_temple", "owner")
    with pytest.raises(ValueError, match=r"ticket\.open needs a topic"):
        judge(Ask(Subject("person:17"), Action.TICKET_OPEN, 5, None, Proof.VERIFIED), owner)
    with pytest.raises(ValueError, match=r"billing\.view takes no topic"):
        judge(Ask(Subject("person:17"), Action.BILLING_VIEW, 5, Topic.BILLING, Proof.VERIFIED), owner)
    with pytest.raises(ValueError, match="needs a topic"):
        _ = Ask(Subject("person:17"), Action.TICKET_OPEN, 5, None, Proof.VERIFIED).cell


OWNERS = [("media_temple", ["owner"]), ("standard_roles", ["owner"]), ("memset", sorted(EVERYTHING["memset"]))]
KEPT = {"portal.login", "billing.view", "billing.pay", "account.reopen"} | {
    f"ticket.{verb}:billing" for verb in ("view", "open", "reply")
}


@pytest.mark.parametrize(("scheme", "held"), OWNERS)
def test_a_closed_account_keeps_a_little_for_its_owner(scheme: str, held: list[str]) -> None:
    owner = standing(scheme, *held, status=Status.CLOSED, facts=SLA)
    answers = {cell: judge(ask(cell), owner) for cell in CELLS}
    assert {cell for cell, answer in answers.items() if isinstance(answer, Grant)} == KEPT
    refusals = {answer for answer in answers.values() if isinstance(answer, Denied)}
    assert refusals == {no(Reason.ACCOUNT_CLOSED, WayForward.REOPEN_ACCOUNT, "D-account.closed")}


@pytest.mark.parametrize(
    ("scheme", "held"),
    [
        ("media_temple", ["admin", "technical", "billing"]),
        ("standard_roles", ["administrator", "support", "billing"]),
        ("memset", sorted(EVERYTHING["memset"] - {"admin_contact"})),
    ],
)
def test_a_closed_account_keeps_nothing_for_anyone_else(scheme: str, held: list[str]) -> None:
    answers = [judge(ask(cell), standing(scheme, *held, status=Status.CLOSED, facts=SLA)) for cell in CELLS]
    assert all(isinstance(answer, Denied) for answer in answers)
    assert no(Reason.ACCOUNT_CLOSED, WayForward.ASK_OWNER, "D-account.closed") in answers
    assert no(Reason.ACCOUNT_CLOSED, WayForward.ASK_TO_REOPEN, "D-account.closed") in answers


@pytest.mark.parametrize(("scheme", "held"), OWNERS)
def test_a_suspended_account_gets_nothing_new(scheme: str, held: list[str]) -> None:
    owner = standing(scheme, *held, status=Status.SUSPENDED, facts=SLA)
    refused = {cell: answer for cell in CELLS if isinstance(answer := judge(ask(cell), owner), Denied)}
    assert set(refused) == {"ticket.open:technical", "phone.emergency", "right.lend", *REQUESTS}
    assert set(refused.values()) == {
        no(Reason.ACCOUNT_SUSPENDED, WayForward.OPEN_BILLING_TICKET, "D-account.suspended")
    }


def test_who_may_open_no_billing_ticket_is_sent_to_the_owner_of_a_suspended_account() -> None:
    support = standing("standard_roles", "support", status=Status.SUSPENDED)
    expected = no(Reason.ACCOUNT_SUSPENDED, WayForward.ASK_BILLING_TICKET, "D-account.suspended")
    assert judge(ask("ticket.open:technical"), support) == expected


@pytest.mark.parametrize(
    ("scheme", "held", "cell", "rules"),
    [
        # several holdings: all their rules, in file order, without doubles
        ("media_temple", "billing technical", "service.order", "D-service.order"),
        ("media_temple", "billing technical admin", "service.cancel", "MT-14 MT-6"),
        ("standard_roles", "billing administrator", "service.order", "SR-20 D-service.order"),
        # a set speaks for its members
        ("standard_roles", "billing support", "contacts.manage", "SR-23"),
        ("standard_roles", "billing support", "service.cancel", "SR-7"),
        ("standard_roles", "support", "contacts.manage", "D-contacts.manage"),
        # a bare no cites what would have allowed it, by one holding rather than by several together
        ("memset", "manage_services billing_contact", "ticket.open:technical", "MS-28 MS-29"),
        ("memset", "manage_support manage_services", "ticket.open:billing", "D-ticket.open MS-28 MS-29 MS-2"),
        ("memset", "manage_users", "billing.view", "MS-26"),
        ("memset", "manage_support manage_billing", "service.cancel", "D-service.cancel MS-9"),
        # and so does holding nothing at all, or only words the scheme does not know
        ("memset", "", "portal.login", "MS-40"),
        ("memset", "", "ticket.open:billing", "D-ticket.open MS-28 MS-29 MS-2"),
        ("memset", "owner", "portal.login", "MS-40"),
        ("media_temple", "", "service.cancel", "MT-6"),
        ("media_temple", "", "billing.view", "MT-3 MT-12 MT-20"),
        ("standard_roles", "", "ticket.open:technical", "SR-6 SR-17 SR-12 SR-13"),
    ],
)
def test_the_rules_a_no_cites(scheme: str, held: str, cell: str, rules: str) -> None:
    denied = judge(ask(cell), standing(scheme, *held.split()))
    assert isinstance(denied, Denied)
    assert (denied.reason, denied.rules) == (Reason.NO_RIGHT, tuple(rules.split()))


@pytest.mark.parametrize(
    ("scheme", "held", "cell", "rules"),
    [
        ("media_temple", "billing owner admin", "billing.view", "MT-3"),
        ("standard_roles", "billing support", "ticket.open:billing", "D-ticket.open SR-22"),
        ("standard_roles", "billing support", "ticket.open:technical", "SR-22"),
        ("standard_roles", "billing support administrator", "ticket.open:billing", "SR-17"),
        ("memset", "manage_support manage_billing", "ticket.open:technical", "MS-28 MS-29"),
        ("memset", "manage_support manage_billing", "ticket.open:billing", "D-ticket.open MS-28 MS-29 MS-2"),
    ],
)
def test_the_rules_a_yes_cites_are_of_the_first_holding_that_gives_it(
    scheme: str, held: str, cell: str, rules: str
) -> None:
    grant = judge(ask(cell), standing(scheme, *held.split()))
    assert isinstance(grant, Grant)
    assert grant.rules == tuple(rules.split())


@pytest.mark.parametrize(
    ("cell", "next"),
    [
        ("service.cancel", WayForward.ASK_OWNER),
        ("account.reopen", WayForward.ASK_OWNER),
        ("billing.view", WayForward.ASK_CONTACT_ADMIN),
    ],
)
def test_the_way_forward_names_who_can_help(cell: str, next: WayForward) -> None:
    for scheme, held in (("media_temple", "technical"), ("standard_roles", "support"), ("memset", "manage_support")):
        denied = judge(ask(cell), standing(scheme, held))
        assert isinstance(denied, Denied)
        assert denied.next is next


def test_the_desks_own_people_are_judged_under_their_own_scheme() -> None:
    agent = standing("desk", "agent", account=None)
    grant = judge(ask("desk.ticket.work", Proof.NONE, None), agent)
    assert isinstance(grant, Grant)
    assert (grant.when, grant.account) == ("queue", None)
    for cell, way in (
        ("desk.pin.reissue", WayForward.ASK_SUPERVISOR),
        ("desk.staff.manage", WayForward.ASK_ADMINISTRATOR),
        ("desk.deliver", WayForward.NONE),
    ):
        assert judge(ask(cell, Proof.NONE, None), agent) == no(Reason.NO_RIGHT, way, f"D-{cell}")
    nobody = no(Reason.NOT_A_CONTACT, WayForward.ASK_SUPERVISOR, "D-desk")
    assert judge(ask("desk.operate", Proof.NONE, None), None) == nobody


@pytest.mark.parametrize(("scheme", "cells"), [("desk", CELLS), ("media_temple", DESK_CELLS), ("memset", DESK_CELLS)])
def test_neither_kind_of_scheme_answers_for_the_other(scheme: str, cells: tuple[str, ...]) -> None:
    for cell in cells:
        answer = judge(ask(cell), standing(scheme, *EVERYTHING[scheme], facts=SLA))
        assert answer == no(Reason.NO_RIGHT, WayForward.NONE, "D-desk")


def test_unknown_words_and_facts_do_not_fill_the_memory() -> None:
    scheme = read_scheme(Path(load_schemes()["memset"].source))  # one that nobody else asks
    for i in range(50):
        judge(
            ask("billing.view"),
            Standing(Subject("person:17"), 5, scheme, Status.ACTIVE, frozenset({f"w{i}"}), frozenset()),
        )
        judge(
            ask("billing.view"),
            Standing(Subject("person:17"), 5, scheme, Status.ACTIVE, frozenset(), frozenset({f"f{i}"})),
        )
    assert not scheme.memo
    for _ in range(2):
        judge(ask("billing.view"), Standing(Subject("person:17"), 5, scheme, Status.ACTIVE, frozenset(), frozenset()))
    assert len(scheme.memo) == 1


def test_the_memory_holds_everything_that_can_be_held_and_begins_afresh_when_it_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheme = read_scheme(Path(load_schemes()["memset"].source))
    monkeypatch.setattr(import_module("authz.judge"), "_MEMO_LIMIT", 3)  # authz.judge is the function
    sizes = []
    for cell in ("billing.view", "service.view", "billing.view", "contacts.view", "service.order", "account.close"):
        judge(ask(cell), Standing(Subject("person:17"), 5, scheme, Status.ACTIVE, scheme.words, FACTS | {LOCKED}))
        sizes.append(len(scheme.memo))
    assert sizes == [1, 2, 2, 3, 1, 2]


def test_remembered_answers_keep_nobody_apart_who_should_be() -> None:
    """The memory is keyed by what decides, never by who asked: two people, two accounts, their own grants."""
    for subject, account in ((Subject("person:1"), 1), (Subject("person:2"), 2)):
        who = standing("memset", "manage_billing")._replace(subject=subject, account=account)
        grant = judge(ask("billing.view")._replace(subject=subject, account=account), who)
        assert isinstance(grant, Grant)
        assert (grant.subject, grant.account) == (subject, account)


def test_proof_words() -> None:
    assert [proof.word for proof in Proof] == ["none", "claimed", "verified", "stepped-up"]
    assert all(Proof.of(proof.word) is proof for proof in Proof)
    with pytest.raises(ValueError, match="no such proof level"):
        Proof.of("stepped_up")


@pytest.mark.parametrize("proof", [Proof.NONE, Proof.VERIFIED, Proof.STEPPED_UP])
def test_all_rights_at_once_are_what_the_judge_says_of_each(proof: Proof) -> None:
    """For every preset of every scheme, state of the account and fact, and place; and with something lent, and own requests."""
    for scheme in SCHEMES.values():
        for column, status, facts, at in product(scheme.columns, Status, (frozenset[str](), FACTS), At):
            for lent, own in (({}, ()), ({"ticket.view:technical": "one_ticket"}, ("ticket.view:billing",))):
                theirs = Standing(Subject("person:7"), 3, scheme, status, column.members, facts, lent, frozenset(own))
                found, may, step_up = rights(theirs, proof, at), dict[str, Allowed](), set[str]()
                for (action, topic), cell in CELL_OF.items():
                    verdict = judge(Ask(Subject("person:7"), action, 3, topic, proof, at=at), theirs)
                    if cell in CELLS and isinstance(verdict, Grant):
                        may[cell] = Allowed(verdict.when, verdict.rules)
                    elif cell in CELLS and isinstance(verdict, Denied) and verdict.reason == Reason.STEP_UP:
                        step_up.add(cell)
                assert (dict(found.may), set(found.step_up)) == (may, step_up)
                assert found.no_support is (
                    at is At.SUPPORT
                    and scheme.support_first
                    and not scheme.ruling(column.members, "phone.support").allowed
                )
                reopens = (Action.ACCOUNT_REOPEN,) if status is not Status.CLOSED else ()
                assert found.requests == tuple(a for a in REQUESTS if a in {*may, *step_up} and a not in reopens)
    assert rights(None, proof, At.PAGES) == ({}, frozenset(), (), True)
