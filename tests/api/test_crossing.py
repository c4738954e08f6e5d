"""T15: whatever is another account's is answered to a key as what is not there, on every route that the app has.

A new route is asked by itself; a new thing in an address has to be named here first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from statistics import median
from time import process_time
from typing import Any, Final

import pytest
from sqlalchemy import select

from api.v1.router import ROUTES
from store import tables
from tests.api.asking import ACCOUNTS, OLIVIA, RAJ, SAM, Program, customers, operators
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.crossing import things_of
from tests.statements import watched

NOTICE: Final = {"kind": "billing", "accounts": ["<account>"], "title": "Works", "words": "Tonight."}
OWNERS: Final = {"200417": (OLIVIA, "olivia.hart"), "300528": (SAM, "sam.okoro"), "400639": (RAJ, "raj.patel")}
BODIES: Final[Mapping[tuple[str, str], Any]] = {
    ("POST", "/tickets"): {"topic": "technical", "words": "hello", "service": "<service>"},
    ("PATCH", "/tickets/{number}"): {"status": "closed"},
    ("POST", "/tickets/{number}/messages"): {"words": "hello"},
    ("POST", "/tickets/{number}/notes"): {"words": "hello"},
    ("PUT", "/accounts/{number}"): {"status": "closed"},
    ("POST", "/accounts/{number}/contact-requests"): {"do": "remove", "username": "<username>"},
    ("POST", "/accounts/bulk"): None,
    ("POST", "/verifications"): {
        "person": "<username>",
        "account": "<account>",
        "action": "billing.view",
        "way": "text",
    },
    ("POST", "/notices"): NOTICE,
    ("POST", "/notices/preview"): NOTICE,
    ("POST", "/decisions"): {"asks": [{"account": "<account>", "person": "<username>", "action": "billing.view"}]},
}
NAMED: Final = {
    path: {"number": "account", "ticket": "number"} for _, path in ROUTES if path.startswith("/accounts/{number}")
} | {
    "/verifications/{id}": {"id": "number"},  # another key's: test_verification_ends.py
    "/changes/{id}": {"id": "number"},
    "/notices/{id}": {"id": "number"},  # another key's: test_written_notices.py
    "/notices/{id}/recipients": {"id": "number"},
}  # what stands in an address, where it is not what it is called
ABSENT: Final = {
    "account": "999999",
    "number": "666666",
    "file": "888888",
    "service": "xx-0",
    "username": "nobody",
    "invoice": "XX-0",
}


def asked(things: Mapping[str, str]) -> Iterator[tuple[str, str, str, Any]]:
    """Every route that names a thing, and its address and body with these."""
    for method, path in ROUTES:
        names = NAMED.get(path, {})
        at = re.sub(r"\{(\w+)\}", lambda found, names=names: things[names.get(found[1], found[1])], path)  # type: ignore[misc]
        body = BODIES[method, path] if method not in ("GET", "DELETE") else None
        said = re.sub(r"<(\w+)>", lambda found: things[found[1]], repr(body))
        if at != path or "<" in repr(body):
            yield method, path, at, eval(said)


def answered(program: Program, things: Mapping[str, str]) -> list[Any]:
    """What came back with its headers, and each statement that was sent for it."""
    found: list[Any] = []
    for method, path, at, body in asked(things):
        sent: list[str] = []
        with watched(program.desk.store.engine, sent.append):
            answer = program.ask(method, at, body, If_Match="*")
        headers = {name: value for name, value in answer.headers.items() if name not in ("ratelimit", "location")}
        found.append((method, path, answer.status_code, headers, answer.text, sent))
    return found


@pytest.mark.parametrize("whose", OWNERS)
@pytest.mark.parametrize("asks", [*OWNERS, "operator"])
def test_what_is_anothers_is_answered_as_what_is_not_there(one_desk: Desk, whose: str, asks: str) -> None:
    """Answer, headers and statements; and nothing is changed."""
    if whose == asks:
        return
    theirs = things_of(one_desk, OWNERS[whose][1])
    program = operators(one_desk, "reports:read") if asks == "operator" else customers(one_desk, OWNERS[asks][0], asks)
    kept = before(one_desk)
    program.get("/key")
    with_theirs = [one for one in answered(program, theirs) if one[1] != "/tickets"]
    with_nothing = [one for one in answered(program, ABSENT) if one[1] != "/tickets"]
    assert with_theirs == with_nothing
    assert all(one[2] in (403, 404) for one in with_theirs)
    assert {key: value for key, value in before(one_desk).items() if kept[key] != value} == {} or asks in ACCOUNTS


def before(desk: Desk) -> dict[str, Any]:
    """What a program could change of somebody else's."""
    t, m = tables.tickets.c, tables.messages.c
    return {
        "tickets": [tuple(row) for row in rows(desk, select(t.number, t.status, t.account_id).where(t.account_id > 0))],
        "messages": len(rows(desk, select(m.id))),
    }


def test_every_route_that_takes_a_body_is_asked_with_one() -> None:
    assert {route for route in ROUTES if route[0] not in ("GET", "DELETE")} == BODIES.keys()


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
