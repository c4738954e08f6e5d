"""Open this to see each scheme's whole table as text. After a change on purpose: write `table(scheme)` over the file."""

from dataclasses import replace
from pathlib import Path

import pytest

from authz import CELLS, DESK_CELLS, load_schemes, matrix, table
from authz.scheme import Column, Square

SCHEMES = load_schemes()
GOLDEN = Path(__file__).parent / "matrix"


def test_every_shipped_scheme_has_its_golden_table_and_no_other_is_kept() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.txt")) == sorted(SCHEMES)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_the_table_is_the_golden_one(name: str) -> None:
    assert table(SCHEMES[name]) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_the_matrix_has_a_square_for_every_holding_and_cell(name: str) -> None:
    answer = matrix(SCHEMES[name])
    assert answer["scheme"] == name
    assert tuple(answer["holdings"]) == SCHEMES[name].holdings
    for row in answer["holdings"].values():
        assert tuple(row) == (DESK_CELLS if name == "desk" else CELLS)
        for square in row.values():
            assert list(square) == ["allowed", "rules", "when"]
            assert square["rules"], "no answer without a rule"
            assert square["allowed"] or not square["when"]


def test_squares_as_the_contract_writes_them() -> None:
    memset = matrix(SCHEMES["memset"])["holdings"]
    assert memset["manage_support"]["phone.emergency"] == {"allowed": True, "rules": ["MS-30"], "when": "sla"}
    assert memset["manage_services"]["ticket.open:technical"] == {
        "allowed": False,
        "rules": ["MS-28", "MS-29"],
        "when": "",
    }
    assert memset["manage_support+manage_billing"]["ticket.open:billing"]["allowed"]
    roles = matrix(SCHEMES["standard_roles"])["holdings"]
    assert roles["support+billing"]["contacts.manage"] == {"allowed": False, "rules": ["SR-23"], "when": ""}
    temple = matrix(SCHEMES["media_temple"])["holdings"]
    assert temple["billing"]["phone.support"] == {"allowed": True, "rules": ["MT-4"], "when": "billing_topics"}


def test_a_bare_admin_contact_shows_what_the_role_adds() -> None:
    row = matrix(SCHEMES["memset"])["holdings"]["admin_contact"]
    assert {cell for cell, square in row.items() if square["allowed"]} == {
        "portal.login",
        "contacts.view",
        "service.cancel",
        "service.transfer",
        "account.close",
        "account.reopen",
    }


@pytest.mark.parametrize(
    ("scheme", "cell", "names", "roles"),
    [
        ("media_temple", "ticket.open:technical", ("owner", "admin", "technical"), True),
        ("standard_roles", "ticket.open:billing", ("owner", "administrator"), True),
        ("standard_roles", "service.order", ("owner",), True),
        ("standard_roles", "ticket.open:technical", ("owner", "administrator", "support"), True),
        ("memset", "ticket.open:technical", ("manage_support",), False),
        ("memset", "ticket.open:billing", ("manage_support+manage_billing",), False),
        ("memset", "billing.view", ("manage_billing",), False),
        ("memset", "service.cancel", ("admin_contact",), True),
        (
            "memset",
            "portal.login",
            ("manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"),
            False,
        ),
    ],
)
def test_what_would_allow_a_cell(scheme: str, cell: str, names: tuple[str, ...], roles: bool) -> None:
    """Whoever is refused is told this: rights that could be given, single ones first, a bare role where there is no other."""
    assert SCHEMES[scheme].allowing(cell) == (names, roles)


@pytest.mark.parametrize(
    ("may", "names", "roles"),
    [
        (("r",), ("r",), True),
        (("r", "p"), ("p",), False),
        (("r+s", "r+p"), ("r+s", "r+p"), False),
        (("r+s",), ("r+s",), True),
        (("r", "r+p"), ("r",), True),
    ],
)
def test_what_would_allow_a_cell_where_roles_and_rights_meet(
    may: tuple[str, ...], names: tuple[str, ...], roles: bool
) -> None:
    columns = tuple(Column(name, frozenset(name.split("+"))) for name in ("r", "s", "p", "r+s", "r+p"))
    row = {column.name: Square(column.name in may, ("MS-1",), "") for column in columns}
    made = replace(
        SCHEMES["memset"],
        roles=("r", "s"),
        exactly_one=("r", "s"),
        permissions=("p",),
        columns=columns,
        rows={"billing.view": row},
        memo={},
    )
    assert made.allowing("billing.view") == (names, roles)
    assert (
        replace(made, roles=("r",), rows={"billing.view": row}).allowing("billing.view")[0] == names or "s" in names[0]
    )


def test_where_one_holds_every_role_at_once_that_is_named_before_a_permission() -> None:
    columns = (Column("r", frozenset({"r"})), Column("p", frozenset({"p"})))
    row = {column.name: Square(True, ("MS-1",), "") for column in columns}
    made = replace(
        SCHEMES["memset"],
        roles=("r",),
        exactly_one=(),
        permissions=("p",),
        columns=columns,
        rows={"billing.view": row},
        memo={},
    )
    assert made.allowing("billing.view") == (("r",), True)


def test_a_no_cites_the_sets_that_may_where_no_single_holding_may() -> None:
    yes, no = (Square(True, ("MS-1",), ""), Square(False, (), ""))
    refusing = Square(False, ("MS-2",), "")
    columns = tuple(Column(name, frozenset(name.split("+"))) for name in ("a", "b", "a+b", "a+c"))
    scheme = replace(
        SCHEMES["memset"],
        columns=columns,
        rows={"billing.view": {"a": no, "b": no, "a+b": yes, "a+c": refusing}},
        memo={},
    )
    assert scheme.ruling(frozenset({"b"}), "billing.view").rules == ("MS-1",)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_what_a_holding_gives_is_every_yes_of_its_column(name: str) -> None:
    """A yes while a fact is true among them. Who has fewer than before is told by it."""
    scheme = SCHEMES[name]
    for column in scheme.columns:
        row = matrix(scheme)["holdings"][column.name]
        assert scheme.rights(column.members) == {cell for cell, square in row.items() if square["allowed"]}
