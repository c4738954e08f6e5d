"""Two deeds that touch the same row, interleaved at every statement: what comes of it is what one of the two orders gives.

H4, H6, H9, H10, H13. Read, decide, write by id is the mistake that this finds; rows are locked first, or written under a condition.
"""

from __future__ import annotations

import itertools

import pytest

from tests.postgres import Server
from tests.sizes import is_everything
from tests.store.deeds import AT_THE_DESK
from tests.store.deeds_of_contacts import OF_CONTACTS
from tests.store.deeds_of_leaving import OF_LEAVING
from tests.store.deeds_of_proof import OF_PROOF
from tests.store.deeds_of_staff import OF_STAFF
from tests.store.deeds_of_turns import OF_TURNS
from tests.store.interleaving import Interleaving, check

ALL = AT_THE_DESK | OF_PROOF | OF_LEAVING | OF_CONTACTS | OF_STAFF | OF_TURNS


@pytest.mark.parametrize("name", ALL)
def test_two_at_once_come_to_what_one_order_gives(
    name: str, postgres: Server, sample_postgres_template: str, sample_postgres: str
) -> None:
    """H4, H6, H9, H10, H13"""
    group = ALL[name]
    interleaving = Interleaving(postgres, sample_postgres_template, sample_postgres, group.prepare)
    wrong = []
    try:
        for first, second in itertools.product(group.deeds, repeat=2):
            try:
                assert check(interleaving, group.deeds[first], group.deeds[second], everything=is_everything()) > 0
            except pytest.fail.Exception as failed:
                wrong.append(f"{first} / {second}: {failed}")
        vain = [deed for deed in group.deeds if group.deeds[deed] not in interleaving.came_to_something]
    finally:
        interleaving.close()
    assert not wrong, "\n\n".join(wrong)
    assert not vain, f"these change nothing in any order, so they meet nobody: {vain}"
