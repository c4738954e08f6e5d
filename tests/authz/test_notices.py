"""Who is told of what: section "Who is told" of the rules, typed by hand, against what the scheme files answer; and what a file may not say."""

from itertools import combinations
from pathlib import Path

import pytest

from authz import NoticeKind, SchemeError, load_schemes, read_scheme
from tests.authz.test_schemes import edited

# Each row of the section, with what every holding is told by: the rules, in the order of the file; "-" is not told.
# "*" is a decision of ours.
HAND_TYPED = {
    "media_temple": """
    kind      | owner | admin | technical | billing
    billing   | MT-7  | -     | -         | MT-20
    technical | MT-7  | -     | *         | -
    account   | MT-7  | -     | -         | -
    ticket    | MT-7  | -     | -         | -
    """,
    "standard_roles": """
    kind      | owner | administrator | support | billing | tickets | login_details | invoices | payment | services | contacts
    billing   | *     | SR-17         | -       | SR-10   | -       | -             | -        | -       | -        | -
    technical | *     | *             | *       | -       | -       | -             | -        | -       | -        | -
    account   | *     | -             | -       | -       | -       | -             | -        | -       | -        | -
    ticket    | -     | -             | -       | -       | -       | -             | -        | -       | -        | -
    """,
    "memset": """
    kind      | admin_contact | billing_contact | manage_users | manage_billing | manage_services | manage_support | purchase_services
    billing   | -             | MS-17, MS-18    | -            | -              | -               | -              | -
    technical | MS-12, MS-22  | -               | -            | -              | -               | -              | -
    account   | MS-12         | -               | -            | -              | -               | -              | -
    ticket    | -             | -               | -            | -              | -               | -              | -
    """,
}


def typed(scheme: str) -> dict[str, dict[str, list[str]]]:
    head, *rows = ([part.strip() for part in line.split("|")] for line in HAND_TYPED[scheme].strip().splitlines())
    table: dict[str, dict[str, list[str]]] = {}
    for kind, *squares in rows:
        rules = [square.replace("*", f"D-notices.{kind}") for square in squares]
        table[kind] = {
            word: [] if told == "-" else told.split(", ") for word, told in zip(head[1:], rules, strict=True)
        }
    return table


@pytest.mark.parametrize("name", sorted(HAND_TYPED))
def test_everybody_is_told_what_the_section_says_and_by_its_rules(name: str) -> None:
    """Of every kind, for everything that can be held at once."""
    scheme, table, looked = load_schemes()[name], typed(name), 0
    assert set(table) == set(NoticeKind)
    for kind, row in table.items():
        assert set(row) == scheme.words
        for many in range(len(row) + 1):
            for held in combinations(row, many):
                wanted = list(dict.fromkeys(rule for word in held for rule in row[word]))
                assert sorted(scheme.told(kind, held)) == sorted(wanted), (kind, held)
                looked += 1
    assert looked == len(NoticeKind) * 2 ** len(scheme.words)


def test_the_scheme_of_the_desk_tells_nobody() -> None:
    desk = load_schemes()["desk"]
    assert not any(desk.told(kind, desk.words) for kind in NoticeKind)


def test_an_operator_says_otherwise_who_is_told(tmp_path: Path) -> None:
    scheme = read_scheme(
        edited(
            tmp_path,
            "standard_roles",
            (r"^technical = .*$", 'technical = { owner = "D-notices.technical", billing = "XY-4" }'),
        )
    )
    assert scheme.told("technical", {"billing", "support"}) == ("XY-4",)
    assert scheme.told("technical", {"administrator"}) == ()


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ("billing = {.*", "", "row 'notices.billing': missing: nobody is said to be told"),
        (r"ticket = \{.*", "", "row 'notices.ticket': missing: nobody is said to be told"),
        ("billing = {.*", "billing = {}", "row 'notices.billing': nobody would be told"),
        (
            "billing = {.*",
            'billing = "owner"',
            """row 'notices.billing': who is told is a table of holdings, { owner = "MT-7", … }""",
        ),
        (
            "billing = {.*",
            'billing = { boss = "MT-7" }',
            "[notices] billing names an unknown word 'boss'; roles and permissions are owner, admin, technical, billing",
        ),
        (
            "billing = {.*",
            'billing = { owner = "" }',
            "row 'notices.billing' column 'owner': '' is not 'RULE, RULE': whoever is told is told by a rule",
        ),
        (
            "billing = {.*",
            'billing = { owner = "MT-24" }',
            "row 'notices.billing' column 'owner': 'MT-24' does not exist: the last is MT-23",
        ),
        (
            "billing = {.*",
            'billing = { owner = "D-mine" }',
            "D-mine is cited but not explained under [decisions]",
        ),
        (
            "account = {.*",
            'account = { admin = "MT-12" }',
            "row 'notices.account': every change of an account is told to its owner: 'owner' is missing",
        ),
        (
            r"ticket = \{.*",
            'ticket = {}\nnews = { owner = "MT-7" }',
            "row 'notices.news': unknown kind; there are billing, technical, account, ticket",
        ),
    ],
)
def test_a_file_that_says_it_wrongly_is_refused_by_name(tmp_path: Path, line: str, instead: str, says: str) -> None:
    path = edited(tmp_path, "media_temple", (f"^{line}$", instead))
    with pytest.raises(SchemeError) as refused:
        read_scheme(path)
    assert str(refused.value).removeprefix(f"{path}:").strip() == says


def test_the_desks_own_scheme_has_no_notices(tmp_path: Path) -> None:
    path = edited(tmp_path, "desk", (r"^\[rows\]", '[notices]\nbilling = { supervisor = "XY-1" }\n\n[rows]'))
    with pytest.raises(SchemeError, match="has no place in the scheme 'desk'"):
        read_scheme(path)
