"""T15: whatever is another account's is answered to a key as what is not there, on every route that the app has.

Which those are its description says, and so what each names; another key's are no others.
"""

from __future__ import annotations

from itertools import permutations
from statistics import median
from time import process_time
from typing import Any, Final

import pytest
from sqlalchemy import insert, select

from api.v1.router import ROUTES
from authz import KEY_VERBS
from store import OPERATOR, tables
from tests.api.asking import OLIVIA, RAJ, SAM, TIDEWORKS, customers, operators
from tests.api.crossing import ABSENT, Things, operations, told
from tests.desk import Desk
from tests.house.test_names import ROOT
from tests.ivr.wire import rows
from tests.portal.crossing import things_of

OWNERS: Final = {
    "200417": (OLIVIA, "olivia.hart", "10000016"),
    "300528": (SAM, "sam.okoro", "10000057"),
    "400639": (RAJ, "raj.patel", "10000073"),
}
PAGE: Final = (ROOT / "docs" / "api.md").read_text("utf-8")


def of(desk: Desk, account: str) -> Things:
    """One of each thing that is there on an account, and what an operator's key has asked about it."""
    _, owner, support_id = OWNERS[account]
    things = {**things_of(desk, owner), "support_id": support_id}
    program = operators(desk, "notices:write")
    notice = {"kind": "billing", "accounts": [account], "title": "Works", "words": "Tonight."}
    c, a = tables.account_changes, tables.accounts.c
    ((id,),) = rows(desk, select(a.id).where(a.number == account))
    row = {"what": "account.changed", "account_id": id, "by": OPERATOR, "at": desk.now, "fields": "name"}
    with desk.store.transaction("test") as tx:
        change = tx.connection.execute(insert(c).values(row).returning(c.c.id)).scalar_one()
    return {**things, "notice": str(program.post("/notices", notice).json()["id"]), "change": str(change)}


@pytest.mark.parametrize(("asks", "whose"), list(permutations(OWNERS, 2)))
def test_what_is_anothers_is_answered_as_what_is_not_there(one_desk: Desk, asks: str, whose: str) -> None:
    """Answer, headers and statements; and nothing is changed."""
    theirs, own = of(one_desk, whose), of(one_desk, asks)
    program = customers(one_desk, OWNERS[asks][0], asks)
    kept = before(one_desk, whose)
    every = [one for one in operations(one_desk) if one.things]
    with_theirs, with_nothing = told(program, every, theirs), told(program, every, ABSENT)
    assert with_theirs == with_nothing
    done = {one.operation for one in with_theirs if one.status not in (403, 404)}
    assert done <= {"POST /tickets", "GET /tickets"}, (
        "that opens one of one's own, about nothing; and is refused as such"
    )
    # One of several things theirs, the others one's own: another's file of one's own ticket.
    for thing in sorted(ABSENT):
        several = [one for one in every if thing in one.things and len(one.things) > 1]
        with_theirs = told(program, several, {**own, thing: theirs[thing]})
        assert with_theirs == told(program, several, {**own, thing: ABSENT[thing]})
    assert before(one_desk, whose) == kept


@pytest.mark.parametrize("verb", KEY_VERBS)
def test_an_operators_key_is_told_of_nothing_but_what_its_verb_is_for(one_desk: Desk, verb: str) -> None:
    theirs, program = of(one_desk, TIDEWORKS), operators(one_desk, verb)
    every = [one for one in operations(one_desk) if one.things]
    with_nothing = told(program, every, ABSENT)
    may = {one.operation for one in with_nothing if one.status != 403}
    others = [one for one in every if f"{one.method} {one.path}" not in may]
    assert len(others) > 10
    kept = before(one_desk, TIDEWORKS)
    assert told(program, others, theirs) == [one for one in with_nothing if one.operation not in may]
    assert before(one_desk, TIDEWORKS) == kept
    for (method, path), what in {(method, path): f"{method} /api/v1{path}" for method, path in ROUTES}.items():
        if any(one.startswith(f"{method} ") and like(one, path) for one in may):
            assert verb in needs(what), f"{what} is done with {verb}"


def like(operation: str, path: str) -> bool:
    parts, names = operation.partition(" ")[2].split("/"), path.split("/")
    return len(parts) == len(names) and all(
        a == b or (a.startswith("<") and b.startswith("{")) for a, b in zip(parts, names, strict=True)
    )


def needs(route: str) -> str:
    """What docs/api.md says of it."""
    method, _, path = route.partition(" ")
    if path.startswith("/api/v1/verifications"):
        return "verifications:write"
    if method == "GET" and path.startswith("/api/v1/accounts/"):
        return "accounts:read"
    return " ".join(line for line in PAGE.splitlines() if line.startswith(f"| `{route}`"))


def test_what_another_key_of_the_operators_asked_for_is_not_there(one_desk: Desk) -> None:
    theirs, program = of(one_desk, TIDEWORKS), operators(one_desk)
    own = {"verification", "notice"}
    asked = [one for one in operations(one_desk) if one.things & own]
    assert {thing for one in asked for thing in one.things} == own
    found = told(program, asked, theirs)
    assert found == told(program, asked, ABSENT)
    assert {one.status for one in found} == {404}


def test_whose_things_they_are_they_are_there_for(one_desk: Desk) -> None:
    """Or all of the above would say nothing."""
    own, raj = of(one_desk, TIDEWORKS), customers(one_desk, RAJ, TIDEWORKS)
    every = [one for one in operations(one_desk) if one.things and one.method == "GET"]
    there = {one.operation for one in told(raj, every, own) if one.status == 200}
    assert there >= {"GET /accounts/<account>", "GET /tickets/<number>", "GET /tickets/<number>/files/<file>"}
    there = {one.operation for one in told(operators(one_desk), every, own) if one.status == 200}
    assert there >= {"GET /accounts/<account>", "GET /accounts/<account>/people/<username>"}


def before(desk: Desk, account: str) -> dict[str, Any]:
    """What a program could change of somebody else's."""
    t, m, a = tables.tickets.c, tables.messages.c, tables.accounts.c
    ((id,),) = rows(desk, select(a.id).where(a.number == account))
    tickets = [tuple(row) for row in rows(desk, select(t.number, t.status, t.account_id).where(t.account_id == id))]
    of_them = select(m.id).join(tables.tickets, t.number == m.ticket).where(t.account_id == id)
    asked = tables.contact_requests.c
    return {
        "account": [tuple(row) for row in rows(desk, select(tables.accounts).where(a.id == id))],
        "tickets": tickets,
        "messages": len(rows(desk, of_them)),
        "asked": [tuple(row) for row in rows(desk, select(asked.id, asked.status).where(asked.account_id == id))],
    }


def test_the_clock_does_not_tell_whether_a_ticket_is_there(one_desk: Desk) -> None:
    theirs = things_of(one_desk, "raj.patel")
    program = customers(one_desk, OLIVIA, "200417")
    took: dict[str, list[float]] = {theirs["number"]: [], ABSENT["number"]: []}
    for _ in range(25):
        for number, times in took.items():
            one_desk.pass_time(1)
            began = process_time()
            program.get(f"/tickets/{number}")
            times.append(process_time() - began)
    there, nowhere = (median(times) for times in took.values())
    assert 0.6 < there / nowhere < 1.7, (there, nowhere)
