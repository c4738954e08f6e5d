"""The page of those who work here: all tickets of one of them given to others, the limit lifted, suspended; and who may not."""

from __future__ import annotations

from sqlalchemy import insert, select

from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import hire
from tests.portal.full_house import ANA, KIM, staff
from tests.portal.test_insider import accounts


def had_by(desk: Desk) -> dict[int, int]:
    a = tables.assignments.c
    return {row.ticket: row.staff_id for row in rows(desk, select(a.ticket, a.staff_id))}


def taken(desk: Desk, by: int) -> list[int]:
    """Three open tickets that they have, and one that is closed."""
    numbers = accounts(desk, 4)
    change(
        desk, insert(tables.assignments).values([{"ticket": one, "staff_id": by, "at": desk.now} for one in numbers])
    )
    change(desk, tables.tickets.update().where(tables.tickets.c.number == numbers[3]).values(status="closed"))
    return numbers


def test_all_that_somebody_has_goes_to_a_colleague_or_back_to_the_queue(desk: Desk) -> None:
    numbers = taken(desk, KIM)
    ana = staff(desk, ANA)
    assert "Kim Novak agent.kim · agent" in ana.read("/desk/staff")
    assert "3 tickets" in ana.words
    assert "Your tickets" not in ana.words
    ana.send(f"/desk/staff/{KIM}/reassign", to=str(ANA))
    assert "Their tickets are with whom you chose" in ana.words
    assert had_by(desk) == {**dict.fromkeys(numbers[:3], ANA), numbers[3]: KIM}, "what is closed stays theirs"
    m = tables.messages.c
    events = [(row.author, row.event) for row in rows(desk, select(m.author, m.event).where(m.ticket == numbers[0]))]
    assert events == [(f"staff:{ANA}", "handed_over"), (f"staff:{ANA}", "assigned")]
    ana.send(f"/desk/staff/{ANA}/reassign", to="queue")
    assert had_by(desk) == {numbers[3]: KIM}


def test_it_goes_to_nobody_who_does_not_work_here(desk: Desk) -> None:
    numbers = taken(desk, KIM)
    ana = staff(desk, ANA)
    for to in ("99", str(KIM), "", "x"):
        ana.get("/desk/staff")
        ana.send(f"/desk/staff/{KIM}/reassign", to=to)
        assert "choose a colleague who works here" in ana.words
    assert had_by(desk) == dict.fromkeys(numbers, KIM)


def test_an_agent_has_no_such_page_and_a_supervisor_suspends_nobody(desk: Desk) -> None:
    numbers = taken(desk, ANA)
    kim, ana = staff(desk, KIM), staff(desk, ANA)
    form = {"token": ana.get("/desk/staff").text.partition('name="token" value="')[2].partition('"')[0]}
    assert "Suspend" not in ana.words
    assert ana.post(f"/desk/staff/{KIM}/suspend", form).status_code == 404
    assert kim.get("/desk/staff").status_code == 404
    kim.get("/desk/tickets")
    form = {"token": kim.text.partition('name="token" value="')[2].partition('"')[0]}
    for deed in ("reassign", "suspend", "resume"):
        assert kim.post(f"/desk/staff/{ANA}/{deed}", form | {"to": "queue"}).status_code == 404
    assert had_by(desk) == dict.fromkeys(numbers, ANA)


def test_an_administrator_suspends_somebody_else_and_lets_them_work_again(desk: Desk) -> None:
    numbers = taken(desk, KIM)
    hire(desk, "lead.bo", "Bo Lind", "administrator")
    s = tables.staff.c
    (bo,) = [row.id for row in rows(desk, select(s.id).where(s.username == "lead.bo"))]
    lead, kim = staff(desk, bo), staff(desk, KIM)
    lead.get("/desk/staff")
    lead.send(f"/desk/staff/{KIM}/suspend")
    assert "They are suspended" in lead.words
    assert set(had_by(desk)) == {numbers[3]}
    assert "Sign in" in kim.read("/desk/tickets")
    lead.send(f"/desk/staff/{KIM}/resume")
    assert "They may work again" in lead.words
    token = lead.fields(f"/desk/staff/{KIM}/suspend")
    lead.post(f"/desk/staff/{bo}/suspend", token)
    assert "nobody does that to themselves" in lead.words
    lead.get("/desk/staff")
    lead.send(f"/desk/supervisors/look-on/{KIM}")
    assert rows(desk, select(s.access_extensions).where(s.id == KIM))[0][0] == 1
    lead.get("/desk/staff")
    token = lead.fields(f"/desk/supervisors/look-on/{KIM}")
    lead.post(f"/desk/supervisors/look-on/{bo}", token)
    assert "You cannot let yourself go on" in lead.words
    assert rows(desk, select(s.access_extensions).where(s.id == bo))[0][0] == 0
