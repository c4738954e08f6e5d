"""The judge against the decision table typed by hand: every question, its answer and its reason."""

from itertools import product
from pathlib import Path

import pytest

from authz import (
    CELL_OF,
    CUSTOMER_ACTIONS,
    DESK_ACTIONS,
    Ask,
    Denied,
    Proof,
    Reason,
    Scheme,
    Standing,
    Status,
    Subject,
    judge,
    load_schemes,
    read_scheme,
)
from tests.authz import flip_cells
from tests.authz.hand_table import CUSTOMERS, TABLES, disagreements, every_holding
from tests.authz.hand_typed import BILLING_CONTACT_TICKETS
from tests.sizes import is_everything

# holdings x cells x proofs x statuses x sla x (own, another's account, another's standing, none); the desk has no status.
# Of 10, 7, 7 and 14 words.
SR_HOLDINGS, MS_HOLDINGS, DESK_HOLDINGS, WH_HOLDINGS = (1024, 128, 128, 485) if is_everything() else (67, 37, 37, 121)
QUESTIONS = {
    "media_temple": 16 * 23 * 4 * 3 * 2 * 4,
    "standard_roles": SR_HOLDINGS * 23 * 4 * 3 * 2 * 4,
    "memset": MS_HOLDINGS * 23 * 4 * 3 * 2 * 4,
    "whmcs": WH_HOLDINGS * 23 * 4 * 3 * 2 * 4,
    "desk": DESK_HOLDINGS * 18 * 4 * 2 * 4,
}


@pytest.fixture(scope="module", params=sorted(TABLES))
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return load_schemes()[request.param]


def test_every_question_has_the_answer_and_the_reason_of_the_hand_typed_table(scheme: Scheme) -> None:
    answers = list(disagreements(scheme))
    assert len(answers) == QUESTIONS[scheme.name]
    assert [answer for answer in answers if answer is not None] == []


def test_the_scheme_has_the_words_and_the_cells_of_the_hand_typed_table(scheme: Scheme) -> None:
    table = TABLES[scheme.name]
    assert set(scheme.words) == set(table.words)
    assert set(scheme.cells) == set(table.answers)
    assert len(scheme.cells) == (23 if scheme.name in CUSTOMERS else 18)


def test_no_holding_of_one_kind_reaches_an_action_of_the_other(scheme: Scheme) -> None:
    theirs = CUSTOMER_ACTIONS if scheme.name == "desk" else DESK_ACTIONS
    account = None if scheme.name == "desk" else 1
    looked = 0
    for held, (action, topic) in product(every_holding(TABLES[scheme.name].words), CELL_OF):
        if action in theirs:
            standing = Standing(Subject("person:1"), account, scheme, Status.ACTIVE, held, frozenset({"sla"}))
            verdict = judge(Ask(Subject("person:1"), action, account, topic, Proof.STEPPED_UP), standing)
            assert isinstance(verdict, Denied), (held, action)
            assert verdict.reason is Reason.NO_RIGHT, (held, action)
            looked += 1
    assert (
        looked
        == {
            "media_temple": 16 * 18,
            "standard_roles": SR_HOLDINGS * 18,
            "memset": MS_HOLDINGS * 18,
            "whmcs": WH_HOLDINGS * 18,
            "desk": DESK_HOLDINGS * 23,
        }[scheme.name]
    )


def test_a_decision_cites_the_rules_that_stand_in_the_hand_typed_table(scheme: Scheme) -> None:
    looked = 0
    for cell, answers in TABLES[scheme.name].answers.items():
        for holding, answer in answers.items():
            said = scheme.ruling(frozenset(holding.split("+")), cell, frozenset({"sla"}))
            assert said.rules, (cell, holding)
            assert set(answer.rules) <= set(said.rules), (cell, holding)
            if answer.yes and answer.ours:
                assert any(rule.startswith("D-") for rule in said.rules), (cell, holding)
            looked += 1
    assert looked == {"media_temple": 92, "standard_roles": 299, "memset": 184, "whmcs": 345, "desk": 126}[scheme.name]


@pytest.mark.parametrize("reading", sorted(BILLING_CONTACT_TICKETS))
def test_the_hand_typed_table_agrees_however_the_switch_is_turned(tmp_path: Path, reading: str) -> None:
    document = next(d for d in flip_cells.documents() if d["scheme"] == "media_temple")
    assert list(document["switch"]) == ["billing_contact_tickets"]
    document["switch"]["billing_contact_tickets"] = reading
    answers = list(disagreements(read_scheme(flip_cells.write(document, tmp_path / "turned.toml"))))
    assert len(answers) == QUESTIONS["media_temple"]
    assert [answer for answer in answers if answer is not None] == []


def test_any_cell_flipped_is_noticed() -> None:
    shipped = flip_cells.documents()
    counted = flip_cells.count((document, flip) for document in shipped for flip in flip_cells.flips(document))
    assert counted.survived == []
    # The seven squares of C3's switch count once for each of its three readings.
    assert counted.flipped == 92 + 14 + 299 + 184 + 345 + 126
    assert counted.by_the_table > 300


def test_any_condition_dropped_is_noticed() -> None:
    shipped = flip_cells.documents()
    counted = flip_cells.count((document, flip) for document in shipped for flip in flip_cells.loosened(document))
    assert counted.survived == []
    # MT: the billing contact's topics. Memset: the SLA, twice. The desk: read, queue, the open case of three, and an assistant's one case, thrice.
    assert counted.flipped == 1 + 2 + 5 + 3
