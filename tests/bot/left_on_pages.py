"""Login details that the desk has left on a ticket, and a key that a contact has made, for tests of what ends them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select

from authz import Action, Ask, Grant, Proof, Subject
from store import Transaction, tables
from store.api_keys import api_keys
from store.tickets import login_details
from store.verification import step_ups


def login_left(tx: Transaction, account: int, person: int) -> Callable[[Transaction], bool]:
    """For a person of an account; what says whether they are still there to be opened."""
    ticket = {"account_id": account, "opened_by": person, "topic": "technical", "kind": "service.credentials"}
    rest = {"title": "s", "status": "open", "channel": "portal", "opened_at": tx.now}
    new = insert(tables.tickets).values(**ticket, **rest).returning(tables.tickets.c.number)
    number: int = tx.connection.execute(new).scalar_one()
    grant = tx.ask(Ask(Subject("staff:1"), Action.DESK_TICKET_WORK, account, None, Proof.NONE))
    assert isinstance(grant, Grant)
    assert login_details.deposit(tx, grant, number, "root", 1) is None
    d = tables.login_details.c
    return lambda tx: tx.connection.execute(select(d.sealed).where(d.ticket == number)).scalar() is not None


def key_made(tx: Transaction, account: int, person: int) -> Callable[[Transaction], bool]:
    """By a person who may manage those of an account; what says whether a program can still ask by it."""
    who = Subject.of_person(person)
    step_ups.reached(tx, who, account, "passkey", "a page", ends_at=tx.now + 900_000)
    assert step_ups.until_own(tx, who, account, "a page")
    grant = tx.ask(Ask(who, Action.APIKEYS_MANAGE, account, None, Proof.STEPPED_UP))
    assert isinstance(grant, Grant), grant
    made = api_keys.make(tx, grant, "ours", ("billing.view",), tx.now + 900_000)
    assert made is not None
    return lambda tx: api_keys.find(tx, made[1]) is not None
