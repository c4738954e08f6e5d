"""Open this to see that the pages for people name every reason, way forward and action, in the words the code uses."""

import re
from pathlib import Path

from authz import (
    CELL_OF,
    CELLS,
    CUSTOMER_ACTIONS,
    DESK_ACTIONS,
    DESK_CELLS,
    HOUSE_DECISIONS,
    LENT,
    OWNERS_ACTIONS,
    REASON_WORDS,
    REQUESTS,
    WAY_FORWARD_WORDS,
    Action,
    At,
    Proof,
    Reason,
    WayForward,
    load_schemes,
)

DOCS = Path(__file__).parents[2] / "docs"


def tables(page: str) -> list[dict[str, str]]:
    """Each table of a page: first column, without its ticks → second column."""
    found: list[dict[str, str]] = []
    inside = False
    for line in page.splitlines():
        if line.startswith("| `"):
            if not inside:
                found.append({})
            key, words = line.strip("|").split("|")[:2]
            found[-1][key.strip().strip("`")] = words.strip()
        inside = line.startswith("|")
        if line.startswith("|---"):
            inside = False
    return found


def test_the_page_of_reasons_has_every_code_in_the_codes_own_words() -> None:
    reasons, nexts, decisions = tables((DOCS / "reasons.md").read_text(encoding="utf-8"))
    assert reasons == {str(code): words for code, words in REASON_WORDS.items()}
    assert nexts == {str(code): words for code, words in WAY_FORWARD_WORDS.items()}
    assert decisions == HOUSE_DECISIONS


def test_every_code_has_words() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert set(WAY_FORWARD_WORDS) == set(WayForward)


def test_the_page_of_schemes_names_every_action_every_shipped_scheme_and_every_limit() -> None:
    page = re.sub(r"```.*?```", "", (DOCS / "schemes.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"`([^`]+)`", page))
    limits = {entry.when for s in load_schemes().values() for row in s.rows.values() for entry in row.values()} - {""}
    assert named >= {str(action) for action in Action}
    assert named >= load_schemes().keys()
    assert {word for text in named for word in re.findall(r"\w+", text)} >= limits


def test_the_cells_stand_in_the_tables_order() -> None:
    assert (
        *("portal.login", "contacts.view"),
        *("ticket.view:technical", "ticket.open:technical", "ticket.reply:technical"),
        *("ticket.view:billing", "ticket.open:billing", "ticket.reply:billing"),
        *("phone.support", "phone.emergency", "billing.view", "billing.pay"),
        *("service.view", "service.manage", "service.credentials", "service.order", "service.cancel"),
        *("service.transfer", "account.close", "account.reopen", "contacts.manage", "apikeys.manage", "right.lend"),
    ) == CELLS
    assert (*CUSTOMER_ACTIONS, *OWNERS_ACTIONS, *DESK_ACTIONS) == tuple(Action)
    assert set(CELL_OF.values()) == {*CELLS, *OWNERS_ACTIONS, *DESK_CELLS}
    assert set(REQUESTS) <= set(CUSTOMER_ACTIONS)


def test_what_is_kept_in_databases_keeps_its_value() -> None:
    """States of calls hold the number of a proof, loans and grants these words."""
    assert [(proof.value, proof.word) for proof in Proof] == [
        (0, "none"),
        (1, "claimed"),
        (2, "verified"),
        (3, "stepped-up"),
    ]
    assert set(LENT) == {"lent", "one_ticket", "own_tickets"}


def test_what_explain_is_asked_with_is_what_the_page_says() -> None:
    assert {*re.findall(r"--at (\w+)", (DOCS / "reasons.md").read_text())} == set(At)
