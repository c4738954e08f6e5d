"""T20, somebody of the staff who looks where they have no business: cases, thirty accounts an hour, decoys. With its figures."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from authz import Subject
from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.switchboard import asks, taken
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Agent, hire, nobody_signed_in

OF_TIDEWORKS = ("Tideworks", "Raj Patel", "Mia Chen")
REFUSED = "You can open accounts you have a call or a taken ticket for"


def signed_in(desk: Desk, username: str = "agent.kim") -> Agent:
    agent = Agent(desk, username)
    agent.sign_in()
    return agent


def alerts(desk: Desk) -> list[str]:
    a = tables.alerts.c
    return [row.kind for row in rows(desk, select(a.kind).order_by(a.id))]


def accounts(desk: Desk, many: int) -> list[int]:
    """So many more accounts, each with an open ticket; the numbers of those."""
    row = {"scheme": "memset", "status": "active"}
    change(
        desk,
        insert(tables.accounts).values([{"number": str(900_000 + n), "name": f"Firm {n}", **row} for n in range(many)]),
    )
    a = tables.accounts.c
    ids = [one.id for one in rows(desk, select(a.id).where(a.number >= "900000").order_by(a.number))]
    ticket = {"topic": "technical", "kind": "problem", "title": "slow", "status": "open"}
    rest = {"channel": "slack", "opened_at": desk.now, "service": None, "opened_by": None}
    change(desk, insert(tables.tickets).values([{"account_id": id, **ticket, **rest} for id in ids]))
    return [one.number for one in rows(desk, select(tables.tickets.c.number).order_by(tables.tickets.c.number))]


def talks(desk: Desk) -> Phone:
    """Mia, with somebody of the desk."""
    mia = asks(desk)
    with nobody_signed_in(desk):
        taken(desk, mia)
    return mia


def test_without_a_case_nothing_is_read(desk: Desk) -> None:
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    said = set()
    for agent in (kim, ana):
        for number in ("400639", "200417", "300528", "999999"):
            answer = agent.get(f"/desk/account/{number}")
            assert answer.status_code == 403
            assert REFUSED in agent.words
            assert not [word for word in (*OF_TIDEWORKS, "Olivia", "Harbour") if word in agent.text]
            said.add(agent.words.replace(agent.username, "").partition("Sign out")[2])
    assert len(said) == 1, "an account that is not there is refused in the same words"
    assert count(desk, tables.account_access) == 0
    assert alerts(desk) == ["no_case"] * 2, "one for each of them: nobody buries other warnings under theirs"
    refused = select(tables.ledger.c.who).where(
        tables.ledger.c.action == "desk.read", tables.ledger.c.decision == "no_case"
    )
    assert len(rows(desk, refused)) == 8


def test_what_is_no_account_number_is_said_to_be_none_and_counts_as_no_look(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    kim.get("/desk/account")
    assert "That is no account number" not in kim.words
    kim.get("/desk/account?number=mia@tideworks.example")
    assert "That is no account number" in kim.words
    assert alerts(one_desk) == []


def test_with_a_call_of_theirs_the_account_is_open_and_half_an_hour_later_it_is_not(desk: Desk) -> None:
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    mia = talks(desk)
    assert kim.get("/desk/account/400639").status_code == 403, "the call is nobody's yet"
    kim.get("/desk")
    kim.send("/desk/calls/1/mine")
    assert kim.get("/desk/account/400639").status_code == 200
    assert all(word in kim.words for word in OF_TIDEWORKS)
    assert "311.20" not in kim.text
    assert ana.get("/desk/account/400639").status_code == 403, "it is another's case"
    mia.hang_up()
    desk.work()
    desk.pass_time(29 * 60)
    assert kim.get("/desk/account/400639").status_code == 200
    desk.pass_time(2 * 60)
    kim.sign_in()
    assert kim.get("/desk/account/400639").status_code == 403


def test_a_caller_who_is_not_verified_opens_nothing(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    talks(one_desk)
    kim.get("/desk")
    kim.send("/desk/calls/1/mine")
    change(one_desk, update(tables.support_calls).values(proof=1))
    assert kim.get("/desk/account/400639").status_code == 403
    assert "Unverified: ask for proof" in kim.read("/desk")
    assert not [word for word in (*OF_TIDEWORKS, "400639", "Manage Support") if word in kim.text]


def test_a_ticket_that_was_taken_is_a_case_until_it_is_closed(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    (number,) = accounts(one_desk, 1)
    assert kim.get("/desk/account/900000").status_code == 403
    kim.get(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/take")
    assert kim.get("/desk/account/900000").status_code == 200
    kim.get(f"/desk/tickets/{number}")
    kim.send(f"/desk/tickets/{number}/status", status="closed")
    assert kim.get("/desk/account/900000").status_code == 403


def test_the_thirty_first_account_within_the_hour_is_refused(desk: Desk) -> None:
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    numbers = accounts(desk, 31)
    for number in numbers[:30]:
        assert kim.get(f"/desk/tickets/{number}").status_code == 200
        assert kim.get(f"/desk/tickets/{number}").status_code == 200, "the same one twice is one"
    assert alerts(desk) == []
    assert kim.get(f"/desk/tickets/{numbers[30]}").status_code == 403
    assert "as many accounts as an hour allows" in kim.words
    assert "slow" not in kim.text
    assert alerts(desk) == ["access_budget"]
    assert kim.get(f"/desk/tickets/{numbers[0]}").status_code == 200, "one of the thirty"
    token = kim.fields(f"/desk/tickets/{numbers[0]}/note")
    for deed in ("take", "callback", "answer", "priority", "hand-over"):
        kim.post(f"/desk/tickets/{numbers[30]}/{deed}", token | {"words": "x", "to": str(ana.staff), "priority": "0"})
        assert "as many accounts as an hour allows" in kim.words, deed
    assert count(desk, tables.assignments) == count(desk, tables.callbacks) == 0
    assert ana.get(f"/desk/tickets/{numbers[30]}").status_code == 200, "everybody has their own"
    desk.pass_time(61 * 60)
    kim.sign_in()
    assert kim.get(f"/desk/tickets/{numbers[30]}").status_code == 200
    assert count(desk, tables.account_access) == 32


def test_a_decoy_alarms_those_who_lead_in_the_same_transaction_and_looks_like_any_other(desk: Desk) -> None:
    kim, ana = signed_in(desk), signed_in(desk, "lead.ana")
    real, decoy = accounts(desk, 2)
    change(desk, update(tables.accounts).where(tables.accounts.c.number == "900001").values(decoy=True))
    shown = []
    for number in (real, decoy):
        kim.get(f"/desk/tickets/{number}")
        shown.append(kim.words.replace(f"#{number}", "#"))
    assert shown[0] == shown[1]
    assert alerts(desk) == ["decoy"]
    a = tables.alerts.c
    (alarm,) = rows(desk, select(a.audience, a.subject, a.at))
    assert (alarm.audience, alarm.subject) == ("supervisors", Subject.of_staff(kim.staff))
    assert alarm.at == desk.now
    ana.get("/desk/supervisors")
    assert "looked at a decoy account Kim Novak" in ana.words
    kim.get("/desk")
    assert "decoy" not in kim.text


def test_looking_a_decoy_up_by_its_number_alarms_too(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    accounts(one_desk, 1)
    change(one_desk, update(tables.accounts).where(tables.accounts.c.number == "900000").values(decoy=True))
    assert kim.get("/desk/account/900000").status_code == 403
    assert alerts(one_desk) == ["decoy", "no_case"]


def test_what_was_granted_is_asked_anew_at_every_look(one_desk: Desk) -> None:
    """A role taken away is gone with the next page, though they are still signed in."""
    ana = signed_in(one_desk, "lead.ana")
    assert ana.get("/desk/supervisors").status_code == 200
    change(one_desk, update(tables.staff).where(tables.staff.c.id == ana.staff).values(role="agent"))
    assert ana.get("/desk/supervisors").status_code == 404


def test_what_is_for_those_who_lead_is_not_there_for_agents(one_desk: Desk) -> None:
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    (number,) = accounts(one_desk, 1)
    change(one_desk, update(tables.tickets).values(status="quarantined"))
    nothing = kim.get("/desk/nothing-at-all").status_code, kim.words
    for path in ("/desk/supervisors", f"/desk/tickets/{number}"):
        assert (kim.get(path).status_code, kim.words) == nothing
    kim.get("/desk")
    token = {"token": kim.fields("/desk/sign-out")["token"]}
    for path in (
        "/desk/supervisors/threat",
        "/desk/supervisors/pin",
        "/desk/supervisors/second/1",
        f"/desk/tickets/{number}/release",
    ):
        assert kim.post(path, token).status_code == 404
    for status in ("open", "waiting", "pending", "closed", "quarantined"):
        assert "slow" not in kim.read(f"/desk/tickets?status={status}")
    assert "slow" in ana.read("/desk/supervisors")
    ana.get(f"/desk/tickets/{number}")
    ana.send(f"/desk/tickets/{number}/release")
    assert "slow" in kim.read("/desk/tickets")


def test_the_queue_names_no_customer(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    talks(one_desk)
    accounts(one_desk, 3)
    hire(one_desk, "agent.lo", "Lo Berg", "agent")
    other = signed_in(one_desk, "agent.lo")
    kim.get("/desk")
    kim.send("/desk/calls/1/mine")
    for path in ("/desk", "/desk/tickets", "/desk/calls/1"):
        other.get(path)
        assert not [word for word in (*OF_TIDEWORKS, "Firm", "400639", "+4416") if word in other.text], path
    assert count(one_desk, tables.account_access) == 0, (
        "Kim's caller proves who they are (E6), and Lo is shown no account"
    )


def test_b5_a_closed_ticket_becomes_a_case_by_a_customers_deed_alone(one_desk: Desk) -> None:
    """An agent who takes a closed ticket and opens it again has no case of its account by that; supervisors are told."""
    desk = one_desk
    kim = signed_in(desk)
    tide = rows(desk, select(tables.accounts.c.id).where(tables.accounts.c.number == "400639"))[0].id
    ticket = {"account_id": tide, "topic": "technical", "kind": "problem", "title": "slow", "status": "open"}
    ticket |= {"channel": "slack", "opened_at": desk.now, "service": None, "opened_by": 8}
    change(desk, insert(tables.tickets).values(**ticket))
    said = {"ticket": 1001, "author": "person:8", "body": "slow", "at": 1}
    change(desk, insert(tables.messages).values(**said))
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    assert kim.get("/desk/account/400639").status_code == 200, "an open ticket of a customer's is a case"
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/status", status="closed")
    assert alerts(desk) == []
    for again in ("open", "closed", "waiting"):
        kim.get("/desk/tickets/1001")
        kim.send("/desk/tickets/1001/status", status=again)
        assert kim.get("/desk/account/400639").status_code == 403
    assert sorted(set(alerts(desk))) == ["no_case", "reopened"]
    change(desk, insert(tables.messages).values(**said | {"body": "slow again"}))
    assert kim.get("/desk/account/400639").status_code == 200
    change(desk, insert(tables.tickets).values(**ticket | {"status": "closed"}))
    change(desk, insert(tables.messages).values(**said | {"ticket": 1002, "author": "staff:2", "event": "closed"}))
    assert kim.get("/desk/account/400639").status_code == 200, "that another ticket was closed since is nothing to it"


def test_those_who_lead_read_how_often_somebody_tried_and_what_a_number_counts(one_desk: Desk) -> None:
    """Told of once an hour, and counted; no bare number stands in front of a name."""
    kim, ana = signed_in(one_desk), signed_in(one_desk, "lead.ana")
    for number in ("400639", "200417", "400639"):
        kim.get(f"/desk/account/{number}")
    assert alerts(one_desk) == ["no_case"]
    ana.get("/desk/supervisors")
    tried = (
        "tried to look at an account without a case Kim Novak · Tideworks Ltd, account 400639 · 3 tries within the hour"
    )
    assert tried in ana.words
    for ticket in accounts(one_desk, 31):
        kim.get(f"/desk/tickets/{ticket}")
    ana.get("/desk/supervisors")
    assert "Kim Novak · as many as 30 accounts in an hour" in ana.words
    one_desk.pass_time(3_600)
    kim.sign_in()
    kim.get("/desk/account/999999")
    ana.sign_in()
    ana.get("/desk/supervisors")
    assert "Kim Novak · there is no account 999999" in ana.words
    assert ana.words.count("tries within the hour") == 1, "once is no number"
