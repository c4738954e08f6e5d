"""Who somebody is to the desk: their standing on an account in words, and what may be told to them as they are proven.

For those who talk to them, never for themselves: whoever shows this has a grant of their own (ticket_summary.py, live_calls.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, or_, select

from authz import LENT, OWN_REQUESTS, At, Proof, Subject, rights
from store import tables
from store.accounts import colleagues
from store.db import holdings
from store.db.statements import Prepared
from store.db.transaction import Transaction

NOT_SHOWN: Final = "portal.login"  # the portal's own way in: nothing that anybody is told


@dataclass(frozen=True, slots=True)
class Requester:
    """Somebody proven, and how they stand on the account. `may` and `step_up` are cells: allowed as they are proven now,
    and after a further proof; what is in neither is refused. `own_only`: of what is allowed, what reaches
    their own tickets alone, by a lent right, or their own requests, and by which limit. `held` are their words under the
    account's scheme; `lent` are cells of what is allowed that they have by a lent right alone. `no_support`: whoever talks to them
    tells them nothing but who could give them that right, and what is lent to them. `unlocked_by`: of an account that is locked against changes,
    who can unlock it; None where it is not."""

    name: str
    account_number: str
    account_name: str
    account_status: str
    scheme: str
    held: tuple[str, ...]
    may: frozenset[str]
    own_only: Mapping[str, str]
    step_up: frozenset[str]
    open_tickets: int
    lent: frozenset[str]
    no_support: bool
    unlocked_by: tuple[str, ...] | None


def requester(tx: Transaction, person: int, account_id: int, proof: Proof) -> Requester:
    """As they stand at this moment, proven as far as `proof`, which is verified at least."""
    row = _FACTS.first(tx, person=person, account=account_id)
    standing = holdings.on(tx, Subject.of_person(person), account_id, None)
    found = rights(standing, proof, At.SUPPORT)
    may = {cell: yes.when for cell, yes in found.may.items() if cell != NOT_SHOWN}
    return Requester(
        row.person,
        row.number,
        row.name,
        row.status,
        row.scheme,
        tuple(sorted(standing.held)) if standing else (),
        frozenset(may),
        {cell: limit for cell, limit in may.items() if limit in ("one_ticket", "own_tickets", OWN_REQUESTS)},
        found.step_up - {NOT_SHOWN},
        row.open_tickets,
        frozenset(cell for cell, limit in may.items() if limit in LENT),
        found.no_support,
        unlocked_by(tx, account_id) if row.locked_at is not None else None,
    )


def unlocked_by(tx: Transaction, account: int) -> tuple[str, ...]:
    """Who can unlock an account that is locked against changes, by name."""
    return tuple(one.name for one in colleagues.who_might(tx, account, "account.lock") if one.owns)


_a, _p, _t = tables.accounts, tables.people, tables.tickets.c
_open = select(func.count(_t.number)).where(
    _t.opened_by == _p.c.id, _t.account_id == _a.c.id, or_(_t.status == "open", _t.status == "waiting")
)
_FACTS = Prepared(  # which saves 20 µs a card
    select(_a, _p.c.name.label("person"), _open.correlate(_a, _p).scalar_subquery().label("open_tickets"))
    .join(_p, _p.c.id == bindparam("person"))
    .where(_a.c.id == bindparam("account"))
)
