"""API keys at their edges: another's are neither seen nor ended, nothing is lent to a key, and whoever goes over a number gets none.

T51
"""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from authz import Action, Ask, At, Grant, Proof, Subject, Topic
from desk import api_keys
from desk.actors import Actor
from desk.api_keys import NotMade
from store import OPERATOR, tables
from store.api_keys import api_keys as kept
from store.api_keys import kept_answers
from store.db.transaction import GrantRequiredError
from tests.api.asking import HARBOUR, LEO, MIA, OLIVIA, RAJ, TIDEWORKS, customers, operators, problem
from tests.api.test_keys import PAGE, THERE
from tests.bot.test_taken_away import a_loan
from tests.desk import Desk
from tests.ivr.wire import change, count, rows
from tests.portal.peopling import proved
from tests.portal.test_customers import entered
from tests.rights import held

DAY = 24 * 3600
K = tables.api_keys.c


def whoever(person: int) -> Actor:
    return Actor(Subject.of_person(person), Proof.VERIFIED, "a test", At.PAGES)


def test_keys_of_another_account_and_of_the_operator_are_not_listed_and_are_withdrawn_by_none(one_desk: Desk) -> None:
    customers(one_desk, RAJ, TIDEWORKS, name="ours alone")
    others = [customers(one_desk, OLIVIA, HARBOUR, name="of the bakery"), operators(one_desk)]
    raj = proved(one_desk, RAJ, THERE)
    page = raj.read(PAGE)
    assert "ours alone" in page
    assert "of the bakery" not in page
    assert "a system of ours" not in page
    with one_desk.store.transaction("test") as tx:
        for program in others:
            assert api_keys.withdraw(tx, whoever(RAJ), TIDEWORKS, program.id) is False
            assert not isinstance(api_keys.withdraw(tx, whoever(LEO), TIDEWORKS, program.id), bool)
    assert [program.get("/key").status_code for program in others] == [200, 200]


def test_a_key_is_withdrawn_once_by_whoever_may(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    proved(one_desk, RAJ, THERE)
    with one_desk.store.transaction("test") as tx:
        refused = api_keys.withdraw(tx, whoever(LEO), TIDEWORKS, program.id)
        assert isinstance(refused, tuple), "whoever may not, withdraws none"
        assert api_keys.withdraw(tx, whoever(RAJ), TIDEWORKS, program.id) is True
    one_desk.pass_time(60)
    with one_desk.store.transaction("test") as tx:
        assert api_keys.withdraw(tx, whoever(RAJ), TIDEWORKS, program.id) is False
    ((ended,),) = rows(one_desk, select(K.ended_at))
    assert ended == one_desk.now - 60_000
    e = tables.ledger.c
    assert len(rows(one_desk, select(e.n).where(e.action == "api_key", e.decision == "withdrawn"))) == 1


def test_what_is_lent_to_somebody_no_key_of_theirs_can_be_made_for(one_desk: Desk) -> None:
    c = tables.contacts.c
    change(one_desk, *held("manage_users,manage_support", c.account_id == 3, c.person_id == MIA))
    with one_desk.store.transaction("test") as tx:
        a_loan(3, RAJ, MIA, Topic.BILLING)(tx)
        assert "ticket.open:billing" in tx.rights(Subject.of_person(MIA), 3, Proof.VERIFIED, At.SUPPORT).may
        assert "ticket.open:billing" not in api_keys.possible(tx, whoever(MIA), 3)


def test_a_grant_of_one_account_makes_no_key_of_the_operators(one_desk: Desk) -> None:
    with one_desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, 3, None, Proof.NONE))
        if isinstance(grant, Grant):
            with pytest.raises(GrantRequiredError):
                kept.make(tx, grant, "x", ("accounts:read",), tx.now + 1_000)
    assert count(one_desk, tables.api_keys) == 0


def test_the_operators_key_has_verbs_that_there_are_and_an_end_within_a_year(one_desk: Desk) -> None:
    with one_desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        for verbs, days, name, why in (
            (["accounts:read", "everything"], 90, "x", NotMade.SCOPE),
            ([], 90, "x", NotMade.SCOPE),
            (["accounts:read"], 0, "x", NotMade.DAYS),
            (["accounts:read"], 367, "x", NotMade.DAYS),
            (["accounts:read"], 90, " \u200b ", NotMade.NAME),
            (["accounts:read"], 90, "x" * 81, NotMade.NAME),
        ):
            assert api_keys.make_for_operator(tx, grant, name, verbs, days) is why
    assert count(one_desk, tables.api_keys) == 0


def test_a_key_from_the_future_is_none(one_desk: Desk) -> None:
    """The clock was put back, or the database is another one's."""
    program = operators(one_desk)
    one_desk.pass_time(-61)
    problem(program.get("/key"), "no-key")
    one_desk.pass_time(61)
    assert program.get("/key").status_code == 200


def test_an_owner_of_a_locked_account_proves_themselves_before_they_see_its_keys(one_desk: Desk) -> None:
    customers(one_desk, RAJ, TIDEWORKS)
    change(one_desk, update(tables.accounts).where(tables.accounts.c.id == 3).values(locked_at=one_desk.now))
    raj = entered(one_desk, RAJ)
    change(one_desk, tables.step_ups.delete())
    raj.get(PAGE)
    assert raj.page is not None
    assert raj.page.url.path == "/prove"
    with one_desk.store.transaction("test") as tx:
        page = api_keys.keys_page(tx, whoever(LEO), TIDEWORKS)
        assert isinstance(page, tuple), "whoever may not is told that, and of no lock of keys"


def test_an_ended_key_is_listed_for_ninety_days_and_then_swept(one_desk: Desk) -> None:
    customers(one_desk, RAJ, TIDEWORKS, days=30, name="long ago")
    one_desk.pass_time(119 * DAY)
    raj = proved(one_desk, RAJ, THERE)
    assert "long ago" in raj.read(PAGE)
    with one_desk.store.transaction("test") as tx:
        kept.sweep(tx)
    assert count(one_desk, tables.api_keys) == 1
    one_desk.pass_time(2 * DAY)
    assert "long ago" not in proved(one_desk, RAJ, THERE).read(PAGE)
    with one_desk.store.transaction("test") as tx:
        kept.sweep(tx)
    assert count(one_desk, tables.api_keys) == 0


def test_an_answer_is_kept_for_a_day_and_then_swept(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    new = {"topic": "technical", "words": "hello"}
    first = program.post("/tickets", new, Idempotency_Key="a").json()
    one_desk.pass_time(DAY - 60)
    with one_desk.store.transaction("test") as tx:
        kept_answers.sweep(tx)
    assert program.post("/tickets", new, Idempotency_Key="a").json() == first
    one_desk.pass_time(60)
    with one_desk.store.transaction("test") as tx:
        kept_answers.sweep(tx)
    assert count(one_desk, tables.api_answers) == 0


def test_whatever_is_done_by_a_key_is_in_the_ledger_as_done_by_it(one_desk: Desk) -> None:
    program = customers(one_desk, RAJ, TIDEWORKS)
    assert program.post("/tickets", {"topic": "technical", "words": "hello"}).status_code == 201
    e = tables.ledger.c
    ((fields,),) = rows(one_desk, select(e.fields).where(e.action == "ticket.open:technical"))
    assert f"by:key:{program.id}" in fields
