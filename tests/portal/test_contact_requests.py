"""A change of contacts asked for by phone: written down by an agent, confirmed by whoever may make it, and by nobody of the desk."""

from __future__ import annotations

import json

from sqlalchemy import select

from authz import Action, Ask, Denied, Proof, Subject
from store import tables
from store.tickets import customer_tickets
from store.verification import step_ups
from tests.desk import Desk
from tests.ivr.proving import at_menu, by_app, with_app
from tests.ivr.wire import count, rows
from tests.portal.browsing import Browser
from tests.portal.peopling import HARBOUR, held, page, proved
from tests.portal.test_customers import entered
from tests.portal.test_insider import signed_in
from tests.portal.test_own_pages import DEV, OLIVIA

WAITS = "Waiting for a confirmation"
ASKED = "The account is asked to confirm it."


def request(desk: Desk, asker: int, account: tuple[int, str], *, proof: Proof = Proof.STEPPED_UP) -> int:
    """The ticket of a request to change contacts, as a message by phone leaves it; its number."""
    who = Subject.of_person(asker)
    with desk.store.transaction("phone") as tx:
        if proof is Proof.STEPPED_UP:
            step_ups.reached(tx, who, account[0], "authenticator", "call", ends_at=desk.now + 60_000)
        assert step_ups.proof(tx, who, account[0], "call", "technical") is proof
        ask = Ask(who, Action.CONTACTS_MANAGE, account[0], None, proof)
        made = customer_tickets.request(tx, ask, topic="technical", title="Change the contacts (by phone)", body="")
        assert not isinstance(made, Denied)
        return made[0]


def writes(agent: Browser, number: int, do: str, person: str, *holds: str, email: str = "") -> None:
    """Fills in the form on the ticket's page."""
    agent.get(f"/desk/tickets/{number}")
    form = {"do": do, "person": person, "email": email} | {f"hold-{word}": "on" for word in holds}
    agent.send(f"/desk/tickets/{number}/ask-account", **form)


def to(account: tuple[int, str], id: int, deed: str) -> str:
    return f"/accounts/{account[1]}/contact-requests/{id}/{deed}"


def status(desk: Desk) -> list[tuple[str, str]]:
    r = tables.contact_requests.c
    return [tuple(row) for row in rows(desk, select(r.status, r.why).order_by(r.id))]


def events(desk: Desk) -> list[str]:
    m = tables.messages.c
    return [row.event for row in rows(desk, select(m.event).where(m.event.like("change_%")).order_by(m.id))]


def notices(desk: Desk) -> list[tuple[str, int | None]]:
    jobs = [json.loads(payload) for (payload,) in rows(desk, select(tables.jobs.c.payload).order_by(tables.jobs.c.id))]
    return [(one["notice"], one.get("person")) for one in jobs if "account" in one and "notice" in one]


def test_what_is_asked_for_in_a_call_waits_until_it_is_confirmed_on_the_page(one_desk: Desk) -> None:
    """C6, SR-2, SR-3: the agent writes down what they heard; nothing changes before somebody who may change it confirms it."""
    secret = with_app(one_desk)
    caller = at_menu(one_desk)
    for key in "137":
        caller.key(key)
    by_app(caller, one_desk, secret)
    caller.say()
    (number,) = (row.number for row in rows(one_desk, select(tables.tickets.c.number)))
    kim = signed_in(one_desk)
    writes(kim, number, "add", "Nina Novak", "technical", email="nina@new.example")
    assert ASKED in kim.words
    assert "Add Nina Novak as technical contact, nina@new.example: waits for somebody on the account" in kim.words
    people = count(one_desk, tables.people)
    assert people == 9, "nothing has changed"
    dev = proved(one_desk, DEV, HARBOUR)
    dev.get(page(HARBOUR))
    assert WAITS in dev.words
    assert "Olivia Hart asks to add Nina Novak (nina@new.example): Technical." in dev.words
    assert "Asked by phone · proved by PIN or link, and by authenticator app" in dev.words
    assert "written down by Kim Novak of the support desk" in dev.words
    assert "Nina Novak can from now on:" in dev.words
    dev.send(to(HARBOUR, 1, "confirm"))
    assert "Confirmed: the change is made." in dev.words
    assert "nina.novak" in dev.words
    assert WAITS not in dev.words
    assert held(one_desk, HARBOUR, 10) == {"technical"}
    assert notices(one_desk)[-4:] == [
        ("contact_change_asked", None),
        ("contacts_changed", None),
        ("rights_gained", 10),
        ("contact_change_confirmed", OLIVIA),
    ]
    assert len(rows(one_desk, select(tables.jobs).where(tables.jobs.c.kind == "invitation"))) == 1
    assert events(one_desk) == ["change_asked", "change_confirmed"]
    assert "Dev Anand confirmed the change of contacts: it is made" in kim.read(f"/desk/tickets/{number}")
    olivia = entered(one_desk, OLIVIA)
    assert "Dev Anand confirmed the change of contacts: it is made" in olivia.read(f"/tickets/{number}")
    e = tables.ledger.c
    told = rows(one_desk, select(e.who, e.decision).where(e.action == "contacts.request").order_by(e.at, e.n))
    assert [tuple(row) for row in told] == [("staff:1", "waits"), (Subject.of_person(DEV), "made")]
