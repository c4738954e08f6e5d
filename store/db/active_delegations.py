"""Which ticket rights are lent to somebody at this moment: for a standing, before anything is decided.

A loan counts while it has not ended and its lender still holds `right.lend` and what they lent, on an active account. Who
may open tickets by a loan may follow those they have opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, select

from authz import Scheme, Standing, Status, can_lend
from store import tables
from store.db.contact_rights import held_by, words_of
from store.db.statements import Connected


@dataclass(frozen=True, slots=True)
class Lent:
    """One cell lent: by which loan, by whom (a subject), and with which limit, a word of authz.LENT."""

    loan: int
    lender: str
    limit: str


class Judging(Connected, Protocol):
    """What a standing asks of a transaction besides: the time, the schemes, and where to note the loans that were read."""

    @property
    def now(self) -> int: ...

    @property
    def schemes(self) -> Mapping[str, Scheme]: ...

    @property
    def loans_read(self) -> dict[tuple[str, int | None, str], Lent]: ...


def loans_of(tx: Judging, borrower: int, account: int, scheme: Scheme) -> dict[str, Lent]:
    """cell → the loan that gives it; the freest speaks where there are several."""
    found: dict[str, Lent] = {}
    for loan in tx.connection.execute(_LIVE, {"borrower": borrower, "account": account, "now": tx.now}).all():
        if not may_lend(scheme, words_of(loan.held), loan.cell):
            continue
        lender, (action, _, topic) = f"person:{loan.lender}", loan.cell.partition(":")
        if not loan.one_ticket:
            found[loan.cell] = Lent(loan.id, lender, "lent")
        elif loan.ticket is None:
            found.setdefault(loan.cell, Lent(loan.id, lender, "one_ticket"))
        if action == "ticket.open":
            for own in (f"ticket.view:{topic}", f"ticket.reply:{topic}"):
                found.setdefault(own, Lent(loan.id, lender, "own_tickets"))
    return found


def hold(tx: Judging, lent: Lent) -> bool:
    """Whether a loan still gives what it gave when it was read. If so it does until the transaction has ended: nobody ends it,
    or takes the one ticket, in between."""
    row = tx.connection.execute(_HOLD, {"loan": lent.loan, "now": tx.now}).first()
    return row is not None and (lent.limit != "one_ticket" or row.ticket is None)


def may_lend(scheme: Scheme, held: frozenset[str], cell: str) -> bool:
    """Whether who holds these words may lend a cell, on an account that is active."""
    return can_lend(cell, Standing("", None, scheme, Status.ACTIVE, held, frozenset()))


_HOLD = (
    select(tables.loans.c.ticket)
    .where(
        tables.loans.c.id == bindparam("loan"),
        tables.loans.c.ended_at.is_(None),
        tables.loans.c.ends_at > bindparam("now", type_=tables.loans.c.ends_at.type),
    )
    .with_for_update()
)
_LIVE = (
    select(tables.loans, held_by(tables.loans.c.account_id, tables.loans.c.lender).label("held"))
    .where(
        tables.loans.c.borrower == bindparam("borrower"),
        tables.loans.c.account_id == bindparam("account"),
        tables.loans.c.ended_at.is_(None),
        tables.loans.c.ends_at > bindparam("now", type_=tables.loans.c.ends_at.type),
    )
    .order_by(tables.loans.c.one_ticket, tables.loans.c.id)
)
