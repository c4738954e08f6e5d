"""Somebody who proves themselves a second time on the phone: what they have on file, and what reaches them meanwhile."""

from __future__ import annotations

from typing import Any

import pyotp
from sqlalchemy import select

from authz import Subject
from store import tables
from store.codes import one_time_codes
from store.verification import call_codes, totp
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, rows

HOUR = 3_600_000
OLIVIA, DEV, TOM, RAJ = "olivia.hart", "dev.anand", "tom.reyes", "raj.patel"
MIA, LEO = "mia.chen", "leo.fox"
NUMBERS = {
    OLIVIA: ("+441632960101", "73059184"),
    DEV: ("+441632960102", "48291537"),
    TOM: ("+441632960103", "61520493"),
    RAJ: ("+441632960107", "53960281"),
    MIA: ("+441632960108", "17846325"),
    LEO: ("+441632960109", "39275068"),
}
APP, SLACK_CODE, ANSWER, TEXT, REFERENCE = (
    "Press 1 to key the code from your authenticator app.",
    "Press 2 for a code in Slack.",
    "Press 3 to answer in Slack.",
    "Press 4 for a text message to the number ending in 0 1.",
    "Press 5 to key a transfer code from Slack.",
)
OFFER = "Press 8 to give a second proof of who you are."
DONE = "Thank you. Your second proof is good for 15 minutes."
WRONG = "That did not match."


def at_menu(desk: Desk, who: str = OLIVIA) -> Caller:
    number, pin = NUMBERS[who]
    caller = Caller(Wire(desk), number)
    caller.prove(pin=pin)
    return caller


def subject(desk: Desk, who: str = OLIVIA) -> Subject:
    return Subject.of_person(rows(desk, select(tables.people.c.id).where(tables.people.c.username == who))[0][0])


def account(desk: Desk, number: str = "200417") -> int:
    return int(rows(desk, select(tables.accounts.c.id).where(tables.accounts.c.number == number))[0][0])


def with_app(desk: Desk, who: str = OLIVIA, *, hours: int = 100) -> str:
    """They set up an authenticator app so many hours ago; its secret."""
    then = desk.now
    desk.now -= hours * HOUR
    with desk.store.transaction("test") as tx:
        person = subject(desk, who).person
        secret = totp.begin(tx, person)
        assert totp.confirm(tx, person, shown(desk, secret))
    desk.now = then
    return secret


def shown(desk: Desk, secret: str) -> str:
    """What the app shows now."""
    return pyotp.TOTP(secret).at(desk.now // 1000)


def not_shown(desk: Desk, secret: str) -> str:
    """Six digits the app has not shown of late, and will not soon."""
    near = {pyotp.TOTP(secret).at(desk.now // 1000 + 30 * step) for step in range(-3, 4)}
    return next(digits for n in range(10) if (digits := f"{n}12345") not in near)


def slack_codes(desk: Desk) -> list[dict[str, Any]]:
    """What the Slack room has been asked to show, oldest first."""
    import json

    w = tables.jobs.c
    return [json.loads(row[0]) for row in rows(desk, select(w.payload).where(w.kind == "slack.code").order_by(w.id))]


def shown_in_slack(desk: Desk, asked: dict[str, Any]) -> str:
    """The code as the Slack room makes it when it shows it."""
    with desk.store.transaction("test") as tx:
        return one_time_codes.issue(
            tx, "step", Subject.of_person(asked["person"]), call_codes.bound_to(asked["call"], asked["account"])
        )


def by_app(caller: Caller, desk: Desk, secret: str) -> None:
    """From the choice of ways."""
    caller.key("1")
    caller.key(shown(desk, secret))


def attempts(desk: Desk) -> list[tuple[str, str]]:
    """Decision and way of each `step_up` in the ledger."""
    e = tables.ledger.c
    query = select(e.decision, e.fields).where(e.action == "step_up").order_by(e.at, e.n)
    return [(row.decision, row.fields) for row in rows(desk, query)]
