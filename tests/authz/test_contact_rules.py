"""Which changes of contacts are refused, by which rule: under the schemes that ship, and under one that an operator brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from authz import (
    Broken,
    Held,
    Refusal,
    Scheme,
    SchemeError,
    asked_for,
    gained,
    load_schemes,
    lost,
    miscounted,
    read_scheme,
    refused,
    ticked,
)

SCHEMES = load_schemes()
MS = "admin_contact billing_contact manage_users manage_billing manage_services manage_support purchase_services"
A, B, C, D = 1, 2, 3, 4
MEMSET = {A: MS, B: "manage_support", C: "manage_users manage_support", D: "manage_billing"}
ROLES = {A: "owner", B: "administrator", C: "support"}
MT = {A: "owner", B: "admin", C: "technical"}
FIVE = "manage_users manage_billing manage_services manage_support purchase_services"
APART = {A: f"admin_contact {FIVE}", B: "billing_contact manage_billing", C: "manage_users manage_billing"}


def of(words: dict[int, str]) -> Held:
    return {person: frozenset(held.split()) for person, held in words.items()}


@pytest.mark.parametrize(
    ("scheme", "there", "actor", "change", "code", "rules"),
    [
        ("memset", MEMSET, A, {B: "manage_support manage_billing"}, None, ""),
        ("memset", MEMSET, A, {B: None}, None, ""),
        ("memset", MEMSET, A, {A: None}, Broken.HAND_OVER_FIRST, "MS-6 MS-43 MS-44"),
        ("memset", MEMSET, A, {A: MS.replace("manage_billing ", "")}, Broken.REQUIRED, "MS-13 MS-41"),
        ("memset", MEMSET, A, {B: "billing_contact manage_support"}, Broken.TOO_MANY, "MS-6"),
        (
            "memset",
            MEMSET,
            A,
            {A: MS.replace("billing_contact ", ""), B: "billing_contact manage_support"},
            Broken.LACKS,
            "MS-19 MS-46",
        ),
        ("memset", MEMSET, A, {A: MS.replace("billing_contact ", ""), D: "billing_contact manage_billing"}, None, ""),
        (
            "memset",
            MEMSET,
            A,
            {A: MS.replace("admin_contact ", ""), D: "admin_contact manage_billing"},
            Broken.LACKS,
            "MS-13 MS-45",
        ),
        ("memset", MEMSET, C, {A: None}, Broken.OWNERS_ALONE, "D-contacts.owner MS-9 MS-11"),
        (
            "memset",
            MEMSET,
            C,
            {C: "manage_users manage_support purchase_services"},
            Broken.OWN_RIGHTS,
            "D-contacts.own MS-24",
        ),
        ("memset", MEMSET, C, {C: "manage_users"}, None, ""),
        ("memset", MEMSET, C, {B: "manage_billing"}, Broken.MORE_THAN_HELD, "D-contacts.more MS-24"),
        ("memset", MEMSET, C, {D: "manage_billing manage_support"}, Broken.MORE_THAN_HELD, "D-contacts.more MS-24"),
        ("memset", MEMSET, C, {D: ""}, None, ""),
        ("memset", MEMSET, C, {B: "manage_support manage_users"}, None, ""),
        ("memset", MEMSET, A, {B: "owner"}, Broken.UNKNOWN_WORD, "D-contacts.always"),
        ("standard_roles", ROLES, A, {C: "owner"}, None, ""),
        ("standard_roles", ROLES, A, {A: "administrator"}, Broken.HAND_OVER_FIRST, "SR-5"),
        ("standard_roles", ROLES, A, {A: "administrator", B: "owner"}, None, ""),
        ("standard_roles", ROLES, B, {C: "support billing"}, None, ""),
        ("standard_roles", ROLES, B, {C: "administrator"}, None, ""),
        ("standard_roles", ROLES, B, {C: "owner"}, Broken.OWNERS_ALONE, "D-contacts.owner"),
        ("standard_roles", ROLES, B, {B: "owner"}, Broken.OWNERS_ALONE, "D-contacts.owner"),
        ("standard_roles", ROLES, B, {A: None}, Broken.OWNERS_ALONE, "D-contacts.owner"),
        ("standard_roles", ROLES, B, {B: "support"}, None, ""),
        ("media_temple", MT, B, {C: "technical billing"}, None, ""),
        ("media_temple", MT, B, {B: None}, None, ""),
        ("media_temple", MT, A, {A: None}, Broken.HAND_OVER_FIRST, "D-contacts.always"),
    ],
)
def test_a_change_is_refused_by_the_first_rule_it_breaks(
    scheme: str, there: dict[int, str], actor: int, change: dict[int, str | None], code: Broken | None, rules: str
) -> None:
    before = of(there)
    after = {person: frozenset(held.split()) for person, held in {**there, **change}.items() if held is not None}
    found = refused(SCHEMES[scheme], actor, before, after)
    assert (found and found.code, " ".join(found.rules) if found else "") == (code, rules)


@pytest.mark.parametrize(
    ("scheme", "there", "actor", "change", "found"),
    [
        (
            "memset",
            MEMSET,
            A,
            {B: "zeal boss manage_support"},
            Refusal(Broken.UNKNOWN_WORD, ("D-contacts.always",), B, words=("boss", "zeal")),
        ),
        (
            "memset",
            MEMSET,
            C,
            {A: FIVE},
            Refusal(Broken.OWNERS_ALONE, ("D-contacts.owner", "MS-9", "MS-11"), A, "admin_contact"),
        ),
        ("memset", APART, A, {A: f"admin_contact billing_contact {FIVE}", B: "manage_billing"}, None),
        (
            "memset",
            APART,
            C,
            {C: "manage_users billing_contact manage_billing", B: "manage_billing"},
            Refusal(Broken.OWN_RIGHTS, ("D-contacts.own", "MS-24"), C, "billing_contact"),
        ),
        (
            "memset",
            APART,
            C,
            {C: "manage_users manage_billing purchase_services"},
            Refusal(Broken.OWN_RIGHTS, ("D-contacts.own", "MS-24"), C, cells=("service.order",)),
        ),
        (
            "memset",
            APART | {D: "manage_billing"},
            C,
            {B: "manage_billing", D: "billing_contact manage_billing"},
            Refusal(Broken.MORE_THAN_HELD, ("D-contacts.more", "MS-24"), B, "billing_contact"),
        ),
        (
            "memset",
            APART,
            C,
            {D: "purchase_services"},
            Refusal(Broken.MORE_THAN_HELD, ("D-contacts.more", "MS-24"), D, cells=("service.order",)),
        ),
        (
            "memset",
            APART,
            A,
            {B: None},
            Refusal(Broken.HAND_OVER_FIRST, ("MS-6", "MS-43", "MS-44"), B, "billing_contact"),
        ),
        (
            "memset",
            APART,
            A,
            {C: "billing_contact manage_users manage_billing"},
            Refusal(Broken.TOO_MANY, ("MS-6",), C, "billing_contact"),
        ),
        (
            "memset",
            APART,
            A,
            {A: "admin_contact manage_users purchase_services"},
            Refusal(
                Broken.REQUIRED,
                ("MS-13", "MS-41"),
                A,
                "admin_contact",
                ("manage_billing", "manage_services", "manage_support"),
            ),
        ),
    ],
)
def test_a_refusal_says_of_whom_and_of_what(
    scheme: str, there: dict[int, str], actor: int, change: dict[int, str | None], found: Refusal | None
) -> None:
    before = of(there)
    after = {person: frozenset(held.split()) for person, held in {**there, **change}.items() if held is not None}
    assert refused(SCHEMES[scheme], actor, before, after) == found


def test_an_account_that_nobody_owned_is_refused_as_one_without_an_owner() -> None:
    """Somebody on it changes nothing about that, and nobody is named."""
    found = refused(SCHEMES["media_temple"], C, of({C: "technical billing"}), of({C: "technical"}))
    assert found == Refusal(Broken.HAND_OVER_FIRST, ("D-contacts.always",), 0, "owner")


def test_the_codes_are_those_that_docs_reasons_explains() -> None:
    """They stand in ledgers and in other people's programs."""
    codes = "unknown_word owners_alone own_rights more_than_held hand_over_first required lacks too_many"
    assert " ".join(Broken) == codes


def test_how_many_hold_what_an_account_must_have() -> None:
    one, two = frozenset({"admin_contact", "billing_contact"}), frozenset({"admin_contact"})
    assert list(miscounted(SCHEMES["memset"], [one])) == []
    assert list(miscounted(SCHEMES["memset"], [two, two])) == [("admin_contact", 2), ("billing_contact", 0)]
    assert list(miscounted(SCHEMES["standard_roles"], [frozenset({"support"})])) == [("owner", 0)]
    assert list(miscounted(SCHEMES["standard_roles"], [frozenset({"owner"})] * 2)) == []


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("media_temple", "admin technical billing"),
        ("standard_roles", "administrator support billing"),
        ("memset", FIVE),
    ],
)
def test_sr3_what_is_asked_for_is_a_standard_role_and_where_there_is_none_a_permission(scheme: str, words: str) -> None:
    assert " ".join(asked_for(SCHEMES[scheme])) == words


def test_ms41_what_a_role_requires_stays_and_the_role_is_not_ticked_away() -> None:
    memset, support = SCHEMES["memset"], frozenset({"manage_support"})
    held = frozenset({"billing_contact", "manage_billing", "manage_users"})
    assert ticked(memset, held, support) == {"billing_contact", "manage_billing", "manage_support"}
    assert ticked(memset, frozenset({"manage_users"}), support) == support
    assert ticked(SCHEMES["standard_roles"], frozenset({"owner"}), frozenset({"billing"})) == {"billing"}


def test_somebody_who_is_not_on_the_account_gives_nothing() -> None:
    found = refused(SCHEMES["standard_roles"], 99, of(ROLES), of(ROLES | {C: "support billing"}))
    assert found
    assert found.code is Broken.MORE_THAN_HELD


def test_a_limit_that_falls_is_a_gain_and_one_that_comes_a_loss() -> None:
    """MT-4: a billing contact may ask for support within billing topics; a technical one within none."""
    mt, billing, both = SCHEMES["media_temple"], frozenset({"billing"}), frozenset({"billing", "technical"})
    assert "phone.support" in gained(mt, billing, both)
    assert "phone.support" in lost(mt, both, billing)


def written(tmp_path: Path, **replaced: str) -> Scheme:
    """The standard roles as an operator writes them anew: one billing contact, who must be an administrator."""
    text = Path(SCHEMES["standard_roles"].source).read_text("utf-8")
    text = text.replace('scheme = "standard_roles"', 'scheme = "ours"\nexactly_one = ["billing"]')
    text = text.replace("[changing]", '[requires]\nbilling = ["administrator"]\n\n[changing]')
    for old, new in replaced.items():
        text = text.replace(old, new)
    (tmp_path / "ours.toml").write_text(text, "utf-8")
    return read_scheme(tmp_path / "ours.toml")


def test_a_scheme_of_the_operators_has_its_own_invariants(tmp_path: Path) -> None:
    ours, there = written(tmp_path), {A: "owner", B: "administrator billing", C: "support"}
    for change, code, role in (
        ({B: "billing"}, Broken.REQUIRED, "billing"),
        ({B: "administrator"}, Broken.HAND_OVER_FIRST, "billing"),
        ({C: "billing support"}, Broken.TOO_MANY, "billing"),
        ({B: "administrator", C: "support billing"}, Broken.LACKS, "billing"),
        ({B: "administrator", C: "administrator billing"}, None, ""),
    ):
        found = refused(ours, A, of(there), of(there | change))
        assert (found and found.code, found.role if found else "") == (code, role), change


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("hand_over_first", "hand_over_second", 'is "RULE, RULE" for one of'),
        ("hand_over_first", '"hand_over_first:nobody"', "unknown word 'nobody'"),
        ('= "SR-5', '= "SR-99', "row 'changing' column '[a-z_]+': 'SR-99' does not exist"),
    ],
)
def test_what_a_file_says_of_changes_is_checked(tmp_path: Path, old: str, new: str, why: str) -> None:
    with pytest.raises(SchemeError, match=why):
        written(tmp_path, **{old: new})
