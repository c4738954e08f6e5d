"""The ledger of the outage Monday, judged by what the test knows of who proved themselves when, and of whose call and ticket is whose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from store import tables
from tests.ivr.wire import rows
from tests.portal.monday import Monday

ABOUT: Final = re.compile(r"^(contact|account|invoice|service)\.|^(ticket\.(messages|view|open)|tickets|factors)\b")
AFTERWARDS: Final = 30 * 60_000  # ms for which a card stays


@dataclass
class Known:
    """`person` by number of customer, `account` by company; calls, and the accounts of tickets, as they are; `keyed`: call -> whose PIN was right in
    it, since when; `of_person`: their only account."""

    person: dict[int, int]
    account: dict[str, int]
    calls: list[Any]
    tickets: dict[int, int]
    keyed: dict[str, tuple[int, int]]
    of_person: dict[int, int]

    @classmethod
    def of(cls, day: Monday) -> Known:
        p, a, t, c = tables.people.c, tables.accounts.c, tables.tickets.c, tables.contacts.c
        person = {row.username: row.id for row in rows(day.desk, select(p.id, p.username))}
        by_number = {one.n: person[f"customer.{one.n}"] for one in day.customers}
        return cls(
            by_number,
            {row.name: row.id for row in rows(day.desk, select(a.id, a.name))},
            list(rows(day.desk, select(tables.support_calls))),
            {row.number: row.account_id for row in rows(day.desk, select(t.number, t.account_id))},
            {sid: (by_number[customer.n], at) for sid, (customer, at) in day.keyed.items()},
            {row.person_id: row.account_id for row in rows(day.desk, select(c.person_id, c.account_id))},
        )


def wrong(ledger: Iterable[Any], known: Known) -> list[str]:
    """The entries that tell of a customer and should not be there."""
    return [f"{row.at} {row.who} {row.action} {row.account} {row.fields}" for row in ledger if not _right(row, known)]


def _right(row: Any, known: Known) -> bool:
    told = [field for field in row.fields.split() if ABOUT.match(field)]
    numbers = [int(found) for found in re.findall(r"ticket\.number:(\d+)", row.fields)]
    if row.account is not None and any(known.tickets[number] != row.account for number in numbers):
        return False
    if not told or row.action == "import":
        return True
    kind, _, id = row.who.partition(":")
    if kind == "person":
        return row.account == known.of_person[int(id)] and _by_person(row, int(id), known)
    if kind == "staff":
        return row.action == "desk.ticket.work" if numbers else _of_call(row, int(id), known)
    return bool(row.who == "desk:worker" and row.action == "desk.deliver")


def _by_person(row: Any, person: int, known: Known) -> bool:
    """In a call after their PIN, in Slack as the member who is linked; on a page what the card of their call says."""
    if row.channel == "phone":
        whose, since = known.keyed.get(row.call, (0, 0))
        return whose == person and since <= row.at
    if row.channel == "slack":
        return person in known.person.values()
    return any(call.subject == f"person:{person}" and _lasts(call, row.at, known) for call in known.calls)


def _of_call(row: Any, staff: int, known: Known) -> bool:
    """A card of a call that is theirs, in which the caller has proved who they are."""
    theirs = [call for call in known.calls if call.staff_id == staff and call.account_id == row.account]
    return row.action == "desk.card.view" and any(_lasts(call, row.at, known) for call in theirs)


def _lasts(call: Any, at: int, known: Known) -> bool:
    if call.taken_at is None or call.call not in known.keyed:
        return False
    return bool(call.taken_at <= at <= (call.ended_at or at) + AFTERWARDS)
