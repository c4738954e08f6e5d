"""One transaction: standing read, judged, told or changed, and written in the ledger, together or not at all.

`Transaction.ask` is the only way to a `Grant` that `store` accepts: a grant lives in the register of the transaction that
made it and is dead after it. A refusal is returned, so that its entry is committed; only faults raise, and what carries
`commits = True`: a way out, not a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection, Engine, RootTransaction, Table, and_, bindparam, exists, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from authz import LENT, Action, Ask, Denied, Grant, Proof, Scheme, Standing, Status, Topic, judge
from store import tables
from store.engine import Gate
from store.keys import Keys
from store.ledger import Entry, Lane, Lanes, chained
from store.lent import loans_of
from store.prepared import INSERTS, Prepared
from store.together import Write, insert_together

Cell = tuple[Action, Topic | None]
NOBODY: Final = "nobody"  # the subject of whoever has not proved who they are
OPERATOR: Final = "desk:operator"
WORKER: Final = "desk:worker"
LINE: Final = "desk:line"  # the agents' telephone line
_DESK: Final = {OPERATOR: frozenset({"operator"}), WORKER: frozenset({"worker"}), LINE: frozenset({"agent"})}


class NoGrant(TypeError):
    """A grant this transaction did not make, or no longer vouches for, or one for something else."""


class ConnectionLost(RuntimeError):
    """The database went away. Nothing is known to be stored; the same turn may be tried again."""


class Transaction:
    """Use as a context manager. `connection` is for `store` alone; doors use `ask`, `offer` and the functions of `store`."""

    def __init__(
        self,
        engine: Engine,
        gate: Gate,
        lanes: Lanes,
        keys: Keys,
        schemes: Mapping[str, Scheme],
        clock: Callable[[], int],
        channel: str,
        call: str | None,
        ring_bell: Callable[[], None],
    ) -> None:
        self._engine, self._gate, self._lanes = engine, gate, lanes
        self.keys, self.schemes = keys, schemes
        self.channel, self.call, self.now = channel, call, clock()
        self.rings_bell, self._ring_bell = False, ring_bell
        self._entries: list[Entry] = []
        self._writes: list[Write] = []
        self._grants: dict[int, tuple[Grant, tuple[object, ...], Entry]] = {}
        self._lane: Lane | None = None
        self._connection: Connection | None = None
        self._transaction: RootTransaction | None = None

    # --- beginning and end

    def __enter__(self) -> Transaction:
        self._gate_held = False
        try:
            self._lane = self._lanes.take()
        except DBAPIError as fault:  # a new lane is a row of the database
            raise ConnectionLost(str(fault.orig)) from fault
        try:
            self._gate.acquire()
            self._gate_held = True
            self._connection = self._engine.connect()
            self._transaction = self._connection.begin()
        except BaseException as fault:
            self._close(lane_known=True)
            if isinstance(fault, DBAPIError):
                raise ConnectionLost(str(fault.orig)) from fault
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        lane, transaction = self._lane, self._transaction
        assert lane is not None
        assert transaction is not None
        known = True
        try:
            if fault is None or getattr(fault, "commits", False):
                rows, head = chained(lane, self._entries)
                self._writes += [(tables.ledger, row) for row in rows]
                insert_together(self.connection, self._writes)
                known = False  # from here on a fault leaves open whether the entries stand
                transaction.commit()
                known = True
                if rows:
                    self._lanes.moved(lane, *head, self.now)
                if self.rings_bell:
                    self._ring_bell()
            else:
                transaction.rollback()
        except DBAPIError as lost:
            known = known and not lost.connection_invalidated
            if lost.connection_invalidated:
                raise ConnectionLost(str(lost.orig)) from lost
            raise
        finally:
            self._close(lane_known=known)
        if isinstance(fault, DBAPIError) and fault.connection_invalidated:
            raise ConnectionLost(str(fault.orig)) from fault

    def _close(self, *, lane_known: bool) -> None:
        self._grants.clear()
        try:
            if self._transaction is not None:
                self._transaction.close()  # or after a COMMIT that failed the pool would keep it open, and on SQLite the lock
            if self._connection is not None:
                self._connection.close()
        finally:
            self._connection = None
            if self._gate_held:
                self._gate.release()
            self._lanes.give(self._lane if lane_known else None)

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise NoGrant("the transaction is over")
        return self._connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    # --- decisions

    def ask(self, ask: Ask) -> Grant | Denied:
        """Judges one ask on the standing as it is now; one entry in the ledger, whatever the answer."""
        verdict = judge(ask, self.standing(ask))
        if isinstance(verdict, Grant):
            entry = self.record(ask.subject, ask.account, ask.cell, "allowed", verdict.rules, ask.proof)
            self._register(verdict, entry)
            if verdict.when in LENT:
                entry.fields.append(f"lent_by:{self._lender(ask)}")
        else:
            self.record(ask.subject, ask.account, ask.cell, verdict.reason, verdict.rules, ask.proof)
        return verdict

    def offer(self, asks: Iterable[Ask]) -> dict[str, Grant]:
        """What may be offered of these asks (one subject, one account, one proof): cell → Grant. One entry for all."""
        offered: dict[str, Grant] = {}
        standing: Standing | None = None
        entry: Entry | None = None
        for ask in asks:
            if entry is None:
                standing = self._standing(ask.subject, ask.account, None)
                entry = self.record(ask.subject, ask.account, "offer", "offered", (), ask.proof)
            verdict = judge(ask, standing)
            if isinstance(verdict, Grant):
                self._register(verdict, entry)
                offered[ask.cell] = verdict
                entry.fields.append(ask.cell)
        return offered

    def would_allow(self, subject: str, account: int, actions: Iterable[Action]) -> dict[Action, str]:
        """Which of these actions a second proof would open: action → the limit of that yes. Opens nothing and tells
        nothing, so there is no Grant and no entry."""
        standing = self._standing(subject, account, None)
        asked = (judge(Ask(subject, action, account, None, Proof.STEPPED_UP), standing) for action in actions)
        return {verdict.action: verdict.when for verdict in asked if isinstance(verdict, Grant)}

    def offer_everywhere(self, subject: str, proof: Proof, cells: Iterable[Cell]) -> dict[int, dict[str, Grant]]:
        """What a person may be offered of `cells` on every account of theirs: id → cell → Grant; accounts with nothing
        are left out. One entry for all."""
        cells, offered = tuple(cells), dict[int, dict[str, Grant]]()
        entry = self.record(subject, None, "offer", "offered", (), proof)
        person = int(subject.partition(":")[2])
        for row in _STANDINGS.all(self, person=person, service=None, now=self.now):
            standing = self._read(subject, row.id, row)
            for action, topic in cells:
                verdict = judge(Ask(subject, action, row.id, topic, proof), standing)
                if isinstance(verdict, Grant):
                    self._register(verdict, entry)
                    offered.setdefault(row.id, {})[verdict.cell] = verdict
        entry.fields += [f"account:{id}" for id in offered]
        return offered

    def offer_accounts(self, subject: str, proof: Proof, cells: Iterable[Cell]) -> dict[int, Grant]:
        """The accounts on which a person is allowed anything at all of `cells`, by account number: id → a Grant for the
        first such thing, enough to be told the account's name. Below verified there is none, though signing in needs no proof.
        One entry for all."""
        cells = tuple(cells)
        entry = self.record(subject, None, "offer", "offered", (), proof)
        offered: dict[int, Grant] = {}
        person = int(subject.partition(":")[2])
        for row in _STANDINGS.all(self, person=person, service=None, now=self.now):
            standing = self._read(subject, row.id, row)
            for action, topic in cells:
                verdict = judge(Ask(subject, action, row.id, topic, proof), standing)
                if isinstance(verdict, Grant) and proof >= Proof.VERIFIED:
                    self._register(verdict, entry)
                    offered[row.id] = verdict
                    break
        entry.fields += [f"account:{id}" for id in offered]
        return offered

    def good(self, grant: Grant, *cells: str) -> Grant:
        """The grant itself, if this transaction made it, unchanged, for one of these cells. Raises `NoGrant`."""
        known = self._grants.get(id(grant))
        if known is None or known[0] is not grant or type(grant) is not Grant or tuple(grant) != known[1]:
            raise NoGrant("not a grant of this transaction")
        if grant.cell not in cells:
            raise NoGrant(f"a grant for {grant.cell} does not open {' or '.join(cells)}")
        return grant

    def told(self, grant: Grant, *fields: str) -> None:
        """Adds the names of the fields told under a grant to its entry."""
        entry = self._grants[id(grant)][2]
        entry.fields += [name for name in fields if name not in entry.fields]

    def record(
        self,
        who: str,
        account: int | None,
        action: str,
        decision: str,
        rules: Iterable[str] = (),
        proof: Proof = Proof.NONE,
        fields: Iterable[str] = (),
    ) -> Entry:
        """Puts an entry in the ledger of what is not a decision of the judge: an attempt, a lock, a ticket kept back."""
        entry = Entry(
            self.now, who, account, action, decision, " ".join(rules), proof.word, self.channel, self.call, list(fields)
        )
        self._entries.append(entry)
        return entry

    def write(self, table: Table, row: dict[str, object]) -> None:
        """Adds a row whose answer nobody needs: sent before COMMIT, together with the others and the ledger's entries."""
        self._writes.append((table, row))

    # --- what decisions rest on

    def _register(self, grant: Grant, entry: Entry) -> None:
        self._grants[id(grant)] = (grant, tuple(grant), entry)  # keeping the grant keeps its id its own

    def standing(self, ask: Ask) -> Standing | None:
        """What the subject of an ask holds on its account at this moment, or None: not a contact."""
        return self._standing(ask.subject, ask.account, ask.service)

    def _standing(self, subject: str, account: int | None, service: str | None) -> Standing | None:
        kind, _, number = subject.partition(":")
        if kind == "staff":
            role = _ROLE.first(self, staff=int(number))
            held = frozenset({role.role}) if role is not None else frozenset[str]()
            return Standing(subject, account, self.schemes["desk"], Status.ACTIVE, held, frozenset())
        if account is None or kind == "desk":
            held = _DESK.get(subject, frozenset())
            return Standing(subject, account, self.schemes["desk"], Status.ACTIVE, held, frozenset())
        if kind != "person":
            return None
        row = _STANDING.first(self, person=int(number), account=account, service=service, now=self.now)
        return None if row is None else self._read(subject, account, row)

    def _read(self, subject: str, account: int, row: Any) -> Standing:
        held = frozenset(row.held.split(",")) if row.held else frozenset()
        scheme, facts = self.schemes[row.scheme], _SLA if row.sla else _NO_FACTS
        lent = loans_of(self, int(subject.partition(":")[2]), account, scheme) if row.lent else {}
        limits = {cell: loan.limit for cell, loan in lent.items()}
        return Standing(subject, account, scheme, Status(row.status), held, facts, limits)

    def _lender(self, ask: Ask) -> str:
        standing = self._standing(ask.subject, ask.account, None)
        assert standing is not None
        assert ask.account is not None
        return loans_of(self, int(ask.subject.partition(":")[2]), ask.account, standing.scheme)[ask.cell].lender


def upsert(tx: Transaction, table: Table) -> sqlite.Insert:
    """An INSERT that can say what to do on a conflict, for what is put together anew each time."""
    return INSERTS[tx.dialect](table)


_SLA, _NO_FACTS = frozenset({"sla"}), frozenset[str]()
_covered = exists().where(
    and_(
        tables.services.c.account_id == tables.accounts.c.id,
        tables.services.c.managed_sla,
        or_(
            bindparam("service", type_=tables.services.c.ref.type) == tables.services.c.ref,
            bindparam("service", type_=tables.services.c.ref.type).is_(None),
        ),
    )
)
_lent = exists().where(
    and_(
        tables.loans.c.account_id == tables.accounts.c.id,
        tables.loans.c.borrower == bindparam("person"),
        tables.loans.c.ended_at.is_(None),
        tables.loans.c.ends_at > bindparam("now", type_=tables.loans.c.ends_at.type),
    )
)
_ROLE = Prepared(
    select(tables.staff.c.role).where(tables.staff.c.id == bindparam("staff"), tables.staff.c.suspended_at.is_(None))
)
_standings = (
    select(
        tables.accounts.c.id,
        tables.accounts.c.scheme,
        tables.accounts.c.status,
        tables.contacts.c.held,
        _covered.label("sla"),
        _lent.label("lent"),
    )
    .join(tables.contacts, tables.contacts.c.account_id == tables.accounts.c.id)
    .where(tables.contacts.c.person_id == bindparam("person"))
)
_STANDING = Prepared(_standings.where(tables.contacts.c.account_id == bindparam("account")))
_STANDINGS = Prepared(_standings.order_by(tables.accounts.c.number))
