"""T50, a colleague's role on the staff page: a lesser one at once, a greater one by two who agree; never one's own."""

from __future__ import annotations

from sqlalchemy import select, update

from store import tables
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser
from tests.portal.full_house import ANA, KIM, staff

BO = 3  # an administrator (conftest.py)


def role(desk: Desk, who: int) -> str:
    return str(rows(desk, select(tables.staff.c.role).where(tables.staff.c.id == who))[0][0])


def sets(lead: Browser, who: int, role: str, reason: str = "she leads the night shift") -> str:
    lead.get(f"/desk/staff/{who}")
    lead.post(f"/desk/staff/{who}/role", lead.fields("/desk/sign-out") | {"role": role, "reason": reason})
    return lead.words


def test_a_lesser_role_is_theirs_at_once_and_they_are_signed_out_and_told(mailing: Desk, mailbox: Mailbox) -> None:
    bo, ana = staff(mailing, BO), staff(mailing, ANA)
    assert ana.get("/desk/supervisors").status_code == 200
    bo.get(f"/desk/staff/{ANA}")
    bo.send(f"/desk/staff/{ANA}/role")  # the form of the page
    assert "Their role is changed, and they are signed out" in bo.words
    assert role(mailing, ANA) == "agent"
    assert "Sign in" in ana.read("/desk/supervisors")
    mailing.work()
    told = [(mail["To"], mail["Subject"]) for mail in mailbox.mails]
    email = tables.staff.c.email
    theirs = [row.email for row in rows(mailing, select(email).where(tables.staff.c.id.in_((ANA, BO))))]
    assert sorted(told) == sorted((one, "The role of one of the staff was changed") for one in theirs)
    said = rows(mailing, select(tables.ledger.c.fields).where(tables.ledger.c.action == "desk.staff.manage"))
    assert any(f"role_agent:staff:{ANA}" in str(fields) for (fields,) in said)


def test_a_greater_role_takes_another_who_agrees(mailing: Desk) -> None:
    bo, ana, kim = staff(mailing, BO), staff(mailing, ANA), staff(mailing, KIM)
    assert "Asked. Another supervisor or administrator has to agree" in sets(bo, KIM, "supervisor")
    assert "That is asked already" in sets(bo, KIM, "supervisor")
    assert role(mailing, KIM) == "agent"
    assert "Make Kim Novak a supervisor she leads the night shift" in bo.read("/desk/supervisors")
    token = bo.fields("/desk/sign-out")
    bo.post("/desk/supervisors/second/1", token | {"answer": "agree"})
    assert "nobody agrees to what they asked for themselves" in bo.words
    assert "Kim Novak" in kim.read("/desk")
    ana.get("/desk/supervisors")
    ana.send("/desk/supervisors/second/1", answer="agree")
    assert "Done: two people have agreed" in ana.words
    assert role(mailing, KIM) == "supervisor"
    assert "Sign in" in kim.read("/desk")
    said = rows(mailing, select(tables.ledger.c.fields).where(tables.ledger.c.who == f"staff:{ANA}"))
    assert any(f"role_supervisor:staff:{KIM}" in str(fields) for (fields,) in said)


def test_nobody_agrees_to_their_own(mailing: Desk) -> None:
    bo, ana = staff(mailing, BO), staff(mailing, ANA)
    assert "Asked." in sets(bo, ANA, "administrator")
    ana.get("/desk/supervisors")
    ana.send("/desk/supervisors/second/1", answer="agree")
    assert "Somebody else has to agree" in ana.words
    assert role(mailing, ANA) == "supervisor"


def test_what_was_asked_by_somebody_who_may_no_longer_is_not_agreed_to(mailing: Desk) -> None:
    bo, ana = staff(mailing, BO), staff(mailing, ANA)
    assert "Asked." in sets(bo, KIM, "supervisor")
    change(mailing, update(tables.staff).where(tables.staff.c.id == BO).values(role="supervisor"))
    ana.get("/desk/supervisors")
    ana.send("/desk/supervisors/second/1", answer="agree")
    assert role(mailing, KIM) == "agent"


def test_who_was_suspended_meanwhile_gets_none(mailing: Desk) -> None:
    bo, ana = staff(mailing, BO), staff(mailing, ANA)
    assert "Asked." in sets(bo, KIM, "supervisor")
    bo.get("/desk/staff")
    bo.send(f"/desk/staff/{KIM}/suspend")
    ana.get("/desk/supervisors")
    ana.send("/desk/supervisors/second/1", answer="agree")
    assert role(mailing, KIM) == "agent"


def test_what_is_no_role_theirs_already_ones_own_or_without_a_reason_changes_nothing(mailing: Desk) -> None:
    bo = staff(mailing, BO)
    assert "choose a colleague who works here" in sets(bo, KIM, "operator")
    assert "it was so already" in sets(bo, KIM, "agent")
    assert "nobody does that to themselves" in sets(bo, BO, "agent")
    assert "Please write something" in sets(bo, KIM, "supervisor", reason="")
    assert bo.get("/desk/staff/99").status_code == 404
    assert [role(mailing, one) for one in (KIM, ANA, BO)] == ["agent", "supervisor", "administrator"]
    assert rows(mailing, select(tables.dual_control.c.id)) == []


def test_supervisors_and_agents_change_no_role(mailing: Desk) -> None:
    ana, kim = staff(mailing, ANA), staff(mailing, KIM)
    ana.get("/desk/staff")
    kim.get("/desk")
    for browser in (ana, kim):
        form = browser.fields("/desk/sign-out") | {"role": "supervisor", "reason": "x"}
        assert browser.post(f"/desk/staff/{KIM}/role", form).status_code == 404
    assert role(mailing, KIM) == "agent"
