"""The ledger for another system, in pieces: as `deskgate audit` lists it, each piece judged and read for itself, so that nobody waits for the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import Action, Ask
from desk.actors import Actor, NotAllowed, judge
from store import Transaction
from store.ledger import audit
from store.ledger.audit import AuditEntry, Place
from store.operator import lookups

A_PIECE: Final = 1_000  # entries: on SQLite nobody writes while one is read
SETTLED: Final = 60_000  # ms: what is younger may still be joined by what was begun before it


@dataclass(frozen=True, slots=True)
class Range:
    """From `since` to before `until` (ms), of one account by its number, or of all."""

    since: int
    until: int
    account: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """`last`: where it goes on, or None: that was all."""

    entries: tuple[AuditEntry, ...]
    last: Place | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """`what` is not there: the account, or the entry to go on after."""

    what: str


def settled(tx: Transaction, since: int | None, until: int | None, account: str) -> Range:
    """As far as nothing more can come before what is read: until a minute ago."""
    newest = tx.now - SETTLED
    return Range(since or 0, newest if until is None else min(until, newest), account)


def place_of(tx: Transaction, who: Actor, segment: str, n: int) -> Place | NotAllowed | Unknown:
    grant = judge(tx, Ask(who.subject, Action.DESK_LEDGER_READ, None, None, who.proof))
    if isinstance(grant, NotAllowed):
        return grant
    return audit.place_of(tx, grant, segment, n) or Unknown("after")


def piece(tx: Transaction, who: Actor, of: Range, after: Place | None) -> Piece | NotAllowed | Unknown:
    """The next entries of a range, the oldest first."""
    grant = judge(tx, Ask(who.subject, Action.DESK_LEDGER_READ, None, None, who.proof))
    if isinstance(grant, NotAllowed):
        return grant
    account = None
    if of.account:
        account = lookups.find_account(tx, grant, of.account)
        if account is None:
            return Unknown("account")
    found = audit.piece(tx, grant, account, since=of.since, until=of.until, after=after, limit=A_PIECE)
    last = (found[-1].at, found[-1].segment, found[-1].n) if len(found) == A_PIECE else None
    return Piece(tuple(found), last)
