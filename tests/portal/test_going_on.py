"""E6: what a caller proves is not browsing and does not count; and a supervisor lets an agent go on, in one press."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof, Subject
from store import tables
from store.db.transaction import GrantRequiredError
from store.staff import account_access
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Agent
from tests.portal.test_insider import OF_TIDEWORKS, accounts, alerts, signed_in, talks


def spend(desk: Desk, agent: Agent, many: int = 30) -> list[int]:
    """They look at as many accounts as the hour allows; one more ticket than that."""
    numbers = accounts(desk, many + 1)
    for number in numbers[:many]:
        assert agent.get(f"/desk/tickets/{number}").status_code == 200
    assert agent.get(f"/desk/tickets/{numbers[-1]}").status_code == 403
    return numbers


def test_e6_a_caller_who_proves_who_they_are_is_seen_whatever_was_looked_at_before(desk: Desk) -> None:
    kim = signed_in(desk)
    spend(desk, kim)
    mia = talks(desk)
    kim.get("/desk")
    kim.send("/desk/calls/1/mine")
    assert "Mia Chen" in kim.words
    assert "you will say these two words" in kim.words
    assert "You can't open this" not in kim.words
    assert kim.get("/desk/account/400639").status_code == 200
    assert "You have looked at 30 of 30 accounts this hour" in kim.read("/desk")
    mia.hang_up()
    desk.work()
    desk.pass_time(29 * 60)
    assert kim.get("/desk/account/400639").status_code == 200, "what has to be written down afterwards"
    assert count(desk, tables.account_access) == 30
    assert alerts(desk) == ["access_budget"]


def test_e6_a_call_with_somebody_not_proved_opens_nothing(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    spend(one_desk, kim)
    talks(one_desk)
    kim.get("/desk")
    kim.send("/desk/calls/1/mine")
    change(one_desk, update(tables.support_calls).values(proof=1))
    assert kim.get("/desk/account/400639").status_code == 403
    assert not [word for word in OF_TIDEWORKS if word in kim.read("/desk")]


def test_e6_somebody_who_leads_lets_an_agent_go_on_with_one_press(desk: Desk) -> None:
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    numbers = spend(desk, kim)
    ana.get("/desk/supervisors")
    ana.send(f"/desk/supervisors/look-on/{kim.staff}")
    assert "They can go on" in ana.words
    assert "Let them go on" not in ana.words
    desk.now += 1
    assert kim.get(f"/desk/tickets/{numbers[-1]}").status_code == 200
    le = tables.ledger.c
    lifted = select(le.who, le.fields).where(le.fields.like("%looks_lifted%"))
    assert [(row.who, Subject.of_staff(kim.staff) in str(row.fields)) for row in rows(desk, lifted)] == [
        (Subject.of_staff(ana.staff), True)
    ]
    for number in numbers[:29]:
        assert kim.get(f"/desk/tickets/{number}").status_code == 200
    assert kim.get(f"/desk/tickets/{numbers[29]}").status_code == 403, "as many again, and no more"
    assert alerts(desk) == ["access_budget"] * 2, "and supervisors hear of it again"


def test_e6_nobody_lets_themselves_go_on_and_no_agent_anybody(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    anas = ana.staff
    numbers = spend(one_desk, ana)
    ana.get("/desk/supervisors")
    assert f"/desk/supervisors/look-on/{anas}" not in ana.text
    assert "Another supervisor can let you go on" in ana.words
    for agent, said in ((ana, 200), (kim, 404)):
        agent.get("/desk")
        form = {"token": agent.fields("/desk/sign-out")["token"]}
        assert agent.post(f"/desk/supervisors/look-on/{anas}", form).status_code == said
    assert ana.get(f"/desk/tickets/{numbers[-1]}").status_code == 403
    with one_desk.store.transaction("portal") as tx:
        grant = tx.ask(Ask(Subject.of_staff(anas), Action.DESK_THREAT_SWITCH, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        with pytest.raises(GrantRequiredError):
            account_access.lift(tx, grant, anas)


def test_e6_look_ups_are_let_go_on_with_the_same_press(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    kims = kim.staff
    with one_desk.store.transaction("slack") as tx:
        grant = tx.ask(Ask(Subject.of_staff(kims), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert [account_access.looks_up(tx, grant) for _ in range(31)] == [True] * 30 + [False]
    ana.get("/desk/supervisors")
    ana.send(f"/desk/supervisors/look-on/{kims}")
    with one_desk.store.transaction("slack") as tx:
        grant = tx.ask(Ask(Subject.of_staff(kims), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert account_access.looks_up(tx, grant)


def test_e6_how_many_is_a_setting(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, accounts_an_hour="5")
    try:
        kim = signed_in(desk)
        spend(desk, kim, 5)
        assert "5 of 5 accounts" in kim.read("/desk")
    finally:
        desk.close()
