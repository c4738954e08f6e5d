"""A panel of the operator's that has people of the sample file verified, and their phones."""

from __future__ import annotations

from typing import Any, Final

from httpx2 import Response
from sqlalchemy import insert

from simulator.phone import Phone
from store import tables
from tests.api.asking import TIDEWORKS, Program, operators, problem
from tests.desk import Desk
from tests.ivr.test_callbacks import rung

AT: Final = "/verifications"
WANTED: Final = {"person": "mia.chen", "account": TIDEWORKS, "action": "ticket.open:technical", "way": "callback"}
ALERTS: Final = tables.alerts.c


def panel(desk: Desk) -> Program:
    return operators(desk, "verifications:write")


def asks(program: Program, way: str, **other: str) -> dict[str, Any]:
    answer = program.post(AT, {**WANTED, "way": way, **other})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    assert told["state"] == "waiting"
    assert told["decision"] is None
    return told


def refused(answer: Response) -> str:
    return str(problem(answer, "not-asked")["reason"])


def answers(desk: Desk) -> Phone:
    desk.work()
    phone = rung(desk)
    phone.answer()
    return phone


def verification_waits(desk: Desk, person: int, account: int) -> int:
    """One that somebody is asked on their page, for a day; its id."""
    v, key = tables.verification_requests, operators(desk).id
    with desk.store.transaction("test") as tx:
        asked: dict[str, Any] = {
            "key_id": key,
            "asked_by": "our billing system",
            "person_id": person,
            "account_id": account,
        }
        asked |= {"action": "service.cancel", "way": "text", "state": "waiting", "why": "", "made_at": tx.now}
        made = insert(v).values(**asked, ends_at=tx.now + 86_400_000).returning(v.c.id)
        id: int = tx.connection.execute(made).scalar_one()
    return id
