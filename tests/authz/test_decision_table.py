"""Open this to see the scheme files held against the tables of docs/reference/rules.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from authz import CELLS, CUSTOMER_ACTIONS, DESK_CELLS, PROOF_NEEDED, TOPIC_ACTIONS, Action, Proof, load_schemes, matrix

SCHEMES = load_schemes()
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
TABLES = {"customers": "Media Temple and standard roles", "memset": "Memset", "desk": "the desk's own people"}
NARROWS = {"C2": "MT-2", "C3": "MT-4"}  # which rule each conflict's decision narrows


def rows(section: str) -> list[list[str]]:
    lines = PAGE.split(f"\n## Table: {TABLES[section]}\n")[1].split("\n## ")[0].strip().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells[0], *cells[2:]]


def cells_of(text: str) -> list[str]:
    """`ticket.view` `ticket.open`, technical → the cells meant; what stands in brackets is explanation."""
    text = re.sub(r"\(.*\)", "", text)
    topic = next((t for t in ("technical", "billing") if re.search(rf", {t}$", text.strip())), None)
    names = re.findall(r"`([^`]+)`", text)
    return [f"{name}:{topic}" if topic else name for name in names]


def customer_squares() -> Iterator[tuple[str, str, str, str]]:
    head, *body = rows("customers")
    for line in body:
        for cell in cells_of(line[0]):
            for title, square in zip(head[2:], line[2:], strict=True):
                scheme, column = title.split(" ", 1)
                yield {"MT": "media_temple", "SR": "standard_roles"}[scheme], column, cell, square


SQUARES = list(customer_squares())


def test_the_whole_table_was_read() -> None:
    assert len(SQUARES) == 9 * len(CELLS)
    assert {cell for _, _, cell, _ in SQUARES} == set(CELLS)
    for name in ("media_temple", "standard_roles"):
        roles = {column.name for column in SCHEMES[name].columns if column.members <= set(SCHEMES[name].roles)}
        assert {column for scheme, column, _, _ in SQUARES if scheme == name} == roles, "permissions stand below it"


@pytest.mark.parametrize(("scheme", "column", "cell", "square"), SQUARES)
def test_a_square_says_what_the_rules_page_says(scheme: str, column: str, cell: str, square: str) -> None:
    ours = matrix(SCHEMES[scheme])["holdings"][column][cell]
    assert ours["allowed"] is square.startswith("y")
    assert ours["when"] == ("billing_topics" if "billing topics" in square else "")
    rules = re.findall(r"(?:MT|SR)-\d+", square)
    if "*" in square:
        rules += [rule for conflict, rule in NARROWS.items() if conflict in square]
        word = "ticket.open" if cell.startswith("ticket.") else cell
        assert ours["rules"] == [f"D-{word}", *rules]
    elif rules:
        assert ours["rules"] == rules
    else:
        assert cell == "portal.login", "the only yes the page leaves to the documents"


def test_the_proof_needed_is_the_one_of_the_table() -> None:
    seen: set[str] = set()
    for line in rows("customers")[1:]:
        for cell in cells_of(line[0]):
            action = Action(cell.partition(":")[0])
            assert PROOF_NEEDED[action] is (Proof.NONE if line[1] == "-" else Proof.of(line[1]))
            seen.add(action)
    assert seen == set(CUSTOMER_ACTIONS)


HOLDERS = {
    "Manage Support": ["manage_support"],
    "Manage Support and Manage Billing together": ["manage_support+manage_billing"],
    "Manage Billing": ["manage_billing"],
    "Manage Services": ["manage_services"],
    "Manage Users": ["manage_users"],
    "Purchase Services": ["purchase_services"],
    "being the admin contact": ["admin_contact"],
    "at least one permission": list(SCHEMES["memset"].holdings),
}


def memset_yeses() -> dict[str, dict[str, str]]:
    """holding → cell → the words that follow it, up to the next cell."""
    yeses: dict[str, dict[str, str]] = {holding: {} for holding in SCHEMES["memset"].holdings}
    for held, text in rows("memset")[1:]:
        for name, after in re.findall(r"`([^`]+)`([^`]*)", text):
            topic = re.match(r" (technical|billing) ", after)
            cells = [f"{a}:{topic[1]}" for a in sorted(TOPIC_ACTIONS)] if name == "ticket.*" and topic else [name]
            for holding in HOLDERS[held]:
                yeses[holding].update(dict.fromkeys(cells, after))
    together = yeses["manage_support+manage_billing"]
    for single in ("manage_support", "manage_billing"):  # rights are the union of what is held
        together.update(yeses[single])
    return yeses


@pytest.mark.parametrize("holding", SCHEMES["memset"].holdings)
def test_memset_grants_by_permission_exactly_what_the_page_lists(holding: str) -> None:
    ours = matrix(SCHEMES["memset"])["holdings"][holding]
    listed = memset_yeses()[holding]
    assert {cell for cell, square in ours.items() if square["allowed"]} == set(listed)
    for cell, after in listed.items():
        rules = set(re.findall(r"MS-\d+|D-[a-z.]+", after))
        cited = ours[cell]["rules"]
        assert set(cited) >= rules
        assert ("*" in after) == (f"D-{cell}" in cited)
        assert ours[cell]["when"] == ("sla" if "SLA" in after else "")


DESK_WORDS = {
    "n": (False, ""),
    "y": (True, ""),
    "read": (True, "read"),
    "tickets of the desk's queues": (True, "queue"),
    "on an open case, once the caller is verified": (True, "open_case"),
    "on its one case": (True, "one_case"),
}


def test_the_desk_scheme_is_the_pages_desk_table() -> None:
    head, *body = rows("desk")
    seen = []
    for line in body:
        for cell in cells_of(line[0]):
            seen.append(cell)
            before = ""
            for title, square in zip(head[1:], line[1:], strict=True):
                before = before if square == "same" else square
                column = {"operator's shell": "operator", "operator's key": "api_key"}.get(title, title)
                ours = matrix(SCHEMES["desk"])["holdings"][column][cell]
                assert (ours["allowed"], ours["when"]) == DESK_WORDS[before], (cell, column)
    assert tuple(seen) == DESK_CELLS
