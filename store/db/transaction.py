"""One transaction: standing read, judged, told or changed, and written in the ledger, together or not at all.

`Transaction.ask` is the only way to a `Grant` that `store` accepts: a grant lives in the register of the transaction that made it and is dead
after it. A refusal is returned, so that its entry is committed; only faults raise, and what carries `commits = True`: a way out, not a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from authz import (
    LENT,
    Action,
    Allowed,
    Ask,
    At,
    Denied,
    Grant,
    Proof,
    Rights,
    Scheme,
    Standing,
    Subject,
    Topic,
    judge,
    rights,
)
from store import tables
from store.db import holdings
from store.db.commit import Commit, Part, may_be_tried_again
from store.db.holdings import Lent
from store.db.keys import Keys
from store.db.ledger_chain import Entry
from store.db.reconciling import held
from store.db.statements import INSERTS, Write, insert_together

Cell = tuple[Action, Topic | None]
Due = Callable[[int, int, str, bool, Mapping[date, tuple[int, int] | None]], int]
"""When somebody who waits since a moment (ms) has waited for too long, by the ticket's priority, its kind and whether an SLA covers it, with the days of other
opening hours (opening_exceptions.py)."""
Committed = Callable[[str, Iterable[str], int], None]  # a channel, the decisions of its entries, tickets opened
NOBODY: Final = Subject("nobody")  # the subject of somebody who has not proved who they are
OPERATOR: Final = holdings.OPERATOR
WORKER: Final = holdings.WORKER
LINE: Final = holdings.LINE


class GrantRequiredError(TypeError):
    """A grant this transaction did not make, or no longer vouches for, or one for something else."""


class Transaction:
    """Use as a context manager. `connection` is for `store` alone; channels use `ask`, `offer` and the functions of `store`."""

    def __init__(
        self,
        under: Commit | Part,
        keys: Keys,
        schemes: Mapping[str, Scheme],
        clock: Callable[[], int],
        channel: str,
        call: str | None,
        wake_worker: Callable[[], None],
        due: Due,
        committed: Committed,
    ) -> None:
        self._under, self._is_open = under, False
        self.keys, self.schemes = keys, schemes
        self.channel, self.call, self._clock, self.due = channel, call, clock, due
        self.now: int  # set when the transaction has begun, and not while it waits for that
        self.wakes_worker, self._wake_worker = False, wake_worker
        self.tickets_opened, self._committed = 0, committed
        self.threatened = False  # the PIN that says so was keyed: what is left is quarantined (timeline.insert_ticket)
        self.tickets_in_the_news: set[int] = set()  # for `edits.news` alone
        self.done_by: Subject | None = None  # the agent who does it for a caller, or the API key: each entry says so
        self.scopes: dict[Subject, tuple[int, frozenset[str]]] = {}  # on which account, for what: by an API key
        self._entries: list[Entry] = []
        self.delegations_read: dict[tuple[Subject, int | None, str], Lent] = {}  # for `holdings` alone
        self.standings_read: dict[tuple[Subject, int | None, str | None], Standing | None] = {}  # for `holdings` alone
        self.tickets_read: dict[int, Any] = {}  # by number, for `timeline` alone
        self._writes: list[Write] = []
        self._grants: dict[int, tuple[Grant, tuple[object, ...]]] = {}
        self._entry_of: dict[object, Entry] = {}  # by the grant's id; and by what it says, for those offered alike
        self._further: set[tuple[str, int | None]] = set()

    # --- beginning and end

    def __enter__(self) -> Transaction:
        self._under.begin()
        try:
            self.now = self._clock()
            holdings.note(self._under.connection, self.standings_read)
        except BaseException:
            self._under.close()
            raise
        self._is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        under = self._under
        try:
            if fault is None or getattr(fault, "commits", False):
                self._writes += [(tables.ledger, row, "") for row in under.chained(self._entries, self.now)]
                insert_together(self.connection, self._writes)
                if self.wakes_worker:
                    under.when_kept.append(self._wake_worker)
                decisions = [entry.decision for entry in self._entries]
                under.when_kept.append(lambda: self._committed(self.channel, decisions, self.tickets_opened))
                under.finish()
            else:
                under.undo()
        except DBAPIError as lost:
            may_be_tried_again(lost)
            raise
        finally:
            self._grants.clear()
            self._is_open = False
            under.close()
        if isinstance(fault, DBAPIError):
            may_be_tried_again(fault)

    def if_undone(self, do: Callable[[], None]) -> None:
        """Done once, where what this transaction did is not kept: it failed, or its COMMIT did. For what was taken in memory alone."""
        self._under.when_undone.append(do)

    def look_at_the_clock(self) -> None:
        """Reads the clock again, after something that took long: what follows is dated when it is done."""
        self.now = max(self.now, self._clock())
        self.forget_standings()

    @property
    def connection(self) -> Connection:
        if not self._is_open:
            raise GrantRequiredError("the transaction is over")
        return self._under.connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    @contextmanager
    def part(self) -> Iterator[None]:
        """What is done within is taken back where it ends with an exception, rows and entries alike, and the transaction can go on."""
        entries, writes = len(self._entries), len(self._writes)
        savepoint = self.connection.begin_nested()
        try:
            yield
        except BaseException:
            savepoint.rollback()
            self.forget_standings()
            del self._entries[entries:], self._writes[writes:]
            raise
        savepoint.commit()

    # --- decisions

    def ask(self, ask: Ask) -> Grant | Denied:
        """Judges one ask on the standing as this transaction has read it; one entry in the ledger, whatever the answer."""
        verdict = held(self, judge(ask, self.standing(ask)))
        while isinstance(verdict, Grant) and verdict.when in LENT and not holdings.still_lent(self, verdict):
            self.forget_standings()
            verdict = held(self, judge(ask, self.standing(ask)))  # what was lent has ended, or was used up, just now
        if isinstance(verdict, Grant):
            self._register(verdict)
            self._allowed(verdict)
        else:
            self.record(ask.subject, ask.account, ask.cell, verdict.reason, verdict.rules, ask.proof)
        return verdict

    def offer(self, asks: Iterable[Ask]) -> dict[str, Grant]:
        """What may be offered of these asks (one subject, one account, one proof): cell → Grant. A grant gets its entry when something is told under it."""
        asks, offered = tuple(asks), dict[str, Grant]()
        standing = holdings.on(self, asks[0].subject, asks[0].account, None) if asks else None
        for ask in asks:
            verdict = held(self, judge(ask, standing))
            if isinstance(verdict, Grant):
                offered[ask.cell] = self._register(verdict)
        return offered

    def offer_everywhere(
        self, subject: Subject, proof: Proof, cells: Iterable[Cell], at: At = At.SUPPORT
    ) -> dict[int, dict[str, Grant]]:
        """The same on every account of a person, by account number: id → cell → Grant; accounts with nothing are left out."""
        cells, offered = tuple(cells), dict[int, dict[str, Grant]]()
        for id, standing in holdings.everywhere(self, subject):
            for action, topic in cells:
                verdict = held(self, judge(Ask(subject, action, id, topic, proof, at=at), standing))
                if isinstance(verdict, Grant):
                    offered.setdefault(id, {})[verdict.cell] = self._register(verdict)
        return offered

    def offer_accounts(
        self, subject: Subject, proof: Proof, cells: Iterable[Cell], at: At = At.SUPPORT
    ) -> dict[int, Grant]:
        """The accounts on which a person is allowed anything at all of `cells`, by account number: id → a Grant for the first such
        thing, enough to be told the account's name. Below verified there is none, though signing in needs no proof."""
        cells, offered = tuple(cells), dict[int, Grant]()
        for id, standing in holdings.everywhere(self, subject):
            verdicts = (
                held(self, judge(Ask(subject, action, id, topic, proof, at=at), standing)) for action, topic in cells
            )
            first = next((verdict for verdict in verdicts if isinstance(verdict, Grant)), None)
            if first is not None and proof >= Proof.VERIFIED:
                offered[id] = self._register(first)
        return offered

    def rights(self, subject: Subject, account: int, proof: Proof, at: At = At.SUPPORT) -> Rights:
        """Everything a person may do on an account as they are proven, and what a second proof would open. It opens nothing, so there is no
        Grant; `told_rights` records that somebody was told of it."""
        return rights(holdings.on(self, subject, account, None), proof, at)

    def requests_everywhere(self, subject: Subject, at: At = At.SUPPORT) -> dict[int, tuple[Action, ...]]:
        """The requests a second proof would open, on every account of a person (id); accounts with none are left out."""
        found = ((id, rights(standing, Proof.STEPPED_UP, at)) for id, standing in holdings.everywhere(self, subject))
        return {id: theirs.requests for id, theirs in found if theirs.requests}

    def require(self, grant: Grant, *cells: str) -> Grant:
        """The grant itself, if this transaction made it, unchanged, for one of these cells. Raises `GrantRequiredError`."""
        known = self._grants.get(id(grant))
        if known is None or known[0] is not grant or type(grant) is not Grant or tuple(grant) != known[1]:
            raise GrantRequiredError("not a grant of this transaction")
        if grant.cell not in cells:
            raise GrantRequiredError(f"a grant for {grant.cell} does not open {' or '.join(cells)}")
        return grant

    def told(self, grant: Grant, *fields: str) -> None:
        """Adds the names of the fields told under a grant to its entry, which an offered one gets now."""
        if id(grant) not in self._grants:
            raise GrantRequiredError("not a grant of this transaction")
        entry = self._entry_of.get(id(grant)) or self._entry_of.get(tuple(grant)) or self._allowed(grant)
        entry.fields += [name for name in fields if name not in entry.fields]

    def told_rights(self, subject: Subject, account: int, proof: Proof, cells: Mapping[str, Allowed | Grant]) -> None:
        """Records in one entry that somebody was told of all these cells, as in a menu."""
        if cells:
            rules = dict.fromkeys(rule for yes in cells.values() for rule in yes.rules)
            self.record(subject, account, "offer", "offered", rules, proof, cells)

    def record(
        self,
        who: Subject,
        account: int | None,
        action: str,
        decision: str,
        rules: Iterable[str] = (),
        proof: Proof = Proof.NONE,
        fields: Iterable[str] = (),
    ) -> Entry:
        """Puts an entry in the ledger for what the judge did not decide: an attempt, a lock, a quarantined ticket."""
        self._believes(who, account, proof)
        named = [*fields, *((f"by:{self.done_by}",) if self.done_by is not None else ())]
        entry = Entry(
            self.now, who, account, action, decision, " ".join(rules), proof.word, self.channel, self.call, named
        )
        self._entries.append(entry)
        return entry

    def write(self, table: Table, row: dict[str, object]) -> None:
        """Adds a row whose answer nobody needs: sent before COMMIT, together with the others and the ledger's entries."""
        self._writes.append((table, row, ""))

    def change(self, table: Table, row: dict[str, object], by: str) -> None:
        """What a row is from now on, found by one of its columns: sent before COMMIT as well, and nothing of it is read here meanwhile."""
        self._writes.append((table, row, by))

    # --- what decisions rest on

    def forget_standings(self) -> None:
        """What somebody holds is read anew. Needed where it changed without a write that `holdings` sees (`forget_what_changes`)."""
        self.standings_read.clear()

    def proved_further(self, subject: Subject, account: int | None) -> None:
        """Notes that this transaction has read their second proof on the account. For `step_ups` alone."""
        self._further.add((subject, account))

    def _believes(self, subject: Subject, account: int | None, proof: Proof) -> None:
        """Raises where an ask says stepped-up and no second proof was read: neither a grant nor the ledger may say so."""
        if proof is Proof.STEPPED_UP and subject.is_person and (subject, account) not in self._further:
            raise GrantRequiredError(f"{subject} has given no second proof on account {account}")

    def _register(self, grant: Grant) -> Grant:
        self._believes(grant.subject, grant.account, grant.proof)
        self._grants[id(grant)] = (grant, tuple(grant))  # keeping the grant keeps its id its own
        return grant

    def _allowed(self, grant: Grant) -> Entry:
        entry = self.record(grant.subject, grant.account, grant.cell, "allowed", grant.rules, grant.proof)
        if grant.when in LENT:
            entry.fields.append(f"lent_by:{holdings.lender(self, grant)}")
        self._entry_of[id(grant)] = self._entry_of[tuple(grant)] = entry
        return entry

    def standing(self, ask: Ask) -> Standing | None:
        """What the subject of an ask holds on its account, as this transaction has read it once, or None: not a contact."""
        return holdings.on(self, ask.subject, ask.account, ask.service)


def upsert(tx: Transaction, table: Table) -> sqlite.Insert:
    """An INSERT with ON CONFLICT, for a statement that is built anew each time."""
    return INSERTS[tx.dialect](table)
