"""API keys: made and shown once, found by what is sent, listed, withdrawn.

A key is 256 bits of chance behind `dgk_`, and a checksum, so that whoever scans for leaked ones finds them and nothing else; kept as a keyed
digest. A customer's acts as whoever made it, never further proved, within the cells it was made for, and only while its maker may manage the keys
of the account; what a revocation ends of them: revocation.py. The operator's acts as itself (holdings.py, `_of_key`).
"""

from __future__ import annotations

import re
import secrets
import zlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from authz import Action, Ask, At, Denied, Grant, Proof, Subject, judge
from store import tables
from store.db import grant_limits, sweeping
from store.db.statements import each, one_of
from store.db.transaction import Transaction
from store.jobs import job_queue

DAY: Final = 24 * 3_600_000  # ms
LONGEST: Final = 366 * DAY  # that a key can be good for
MOST: Final = 25  # keys of one account, or of the operator, that are good at once
NOTED: Final = 60_000  # ms: how exactly it is known when a key was used last
KEPT: Final = 90 * DAY  # for which an ended key is still listed
PREFIX: Final = "dgk_"
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHANCE, _SUM = 43, 6  # characters of 256 bits, and of the checksum
_SHAPE: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_CHANCE + _SUM}}}")
_USE: Final = "api-keys"
MANAGE: Final = ("apikeys.manage", "account.lock", "desk.operate")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`maker` is the name of whoever made a customer's, empty of the operator's. `scope`: cells, or verbs. `state` is good, past or ended; `why` it
    ended: withdrawn, maker, account or restored."""

    id: int
    name: str
    hint: str
    maker: str
    scope: tuple[str, ...]
    made_at: int
    ends_at: int
    seen_at: int | None
    ended_at: int | None
    why: str
    state: str


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key that is good now, and whose it is: `person` and `account` (ids) of a customer's, None of the operator's."""

    id: int
    person: int | None
    account: int | None
    scope: frozenset[str]

    @property
    def subject(self) -> Subject:
        """Who asks by it."""
        return Subject.of_key(self.id) if self.person is None else Subject.of_person(self.person)


def is_well_formed(token: str) -> bool:
    """Whether it can be a key at all: its shape and its checksum. Takes no statement."""
    return _SHAPE.fullmatch(token) is not None and _checksum(token[:-_SUM]) == token[-_SUM:]


def make(tx: Transaction, grant: Grant, name: str, scope: tuple[str, ...], ends_at: int) -> tuple[int, str] | None:
    """A new key: (id, the key itself), of the account of the grant, or of the operator's. Its owners are told. None: there are enough."""
    tx.require(grant, "apikeys.manage", "desk.operate")
    if grant.cell == "desk.operate":
        grant_limits.whole_desk(grant)
    k, mine = tables.api_keys.c, _of(grant)
    good = select(func.count()).select_from(tables.api_keys).where(mine, k.ended_at.is_(None), k.ends_at > tx.now)
    if tx.connection.execute(good).scalar_one() >= MOST:
        return None
    body = PREFIX + _spelled(secrets.randbits(256), _CHANCE)
    token = body + _checksum(body)
    person = grant.subject.person if grant.account is not None else None
    row = {"person_id": person, "account_id": grant.account, "name": name, "scope": ",".join(scope)}
    row |= {
        "digest": tx.keys.digest(_USE, token),
        "hint": token[: len(PREFIX) + 4],
        "made_at": tx.now,
        "ends_at": ends_at,
    }
    id: int = tx.connection.execute(insert(tables.api_keys).values(row).returning(k.id)).scalar_one()
    tx.record(grant.subject, grant.account, "api_key", "made", grant.rules, grant.proof, (f"api_key:{id}", *scope))
    if grant.account is not None:
        told = {"notice": "api_key_made", "account": grant.account}
        job_queue.enqueue(tx, "notice", f"api_key_made:{grant.account}:{id}", told)
        if not _owns(tx, grant):
            told = {"notice": "api_key_yours", "account": grant.account, "person": grant.subject.person}
            job_queue.enqueue(tx, "notice", f"api_key_yours:{grant.account}:{id}", told)
    return id, token


def find(tx: Transaction, token: str) -> FoundKey | None:
    """None: no key that is good now. An unknown one takes as long as one that has ended. When a key was used last is noted once a minute."""
    digests = tx.keys.digests(_USE, token)
    row = tx.connection.execute(_FIND, each("of_digest", digests)).first()
    if row is None or row.ended_at is not None or row.ends_at <= tx.now or row.made_at > tx.now + NOTED:
        return None
    if row.seen_at is None or not tx.now - NOTED < row.seen_at <= tx.now or row.digest != digests[0]:
        seen = {
            "id_": row.id,
            "seen": tx.now,
            "newest": digests[0],
        }  # a key that is used outlives the secret it was kept under
        tx.connection.execute(_SEEN, seen)
    return FoundKey(row.id, row.person_id, row.account_id, frozenset(row.scope.split(",")))


def act(tx: Transaction, key: FoundKey) -> Denied | None:
    """From here on whoever made a customer's key asks by it: on its account alone, within its scope, and each entry says by which key. Why not, where its maker
    may not have one now."""
    if key.person is None or key.account is None:
        return None
    ask = Ask(key.subject, Action.APIKEYS_MANAGE, key.account, None, Proof.STEPPED_UP, at=At.PAGES)
    verdict = judge(ask, tx.standing(ask))
    tx.scopes[key.subject], tx.done_by = (key.account, key.scope), Subject.of_key(key.id)
    tx.forget_standings()  # no table says so: by it they may do what it was made for, and no more
    return verdict if isinstance(verdict, Denied) else None


def listed(tx: Transaction, grant: Grant) -> list[ApiKey]:
    """The keys of the account, or the operator's: those that are good first, then the others of the last 90 days, the newest first."""
    tx.require(grant, *MANAGE)
    k = tables.api_keys.c
    query = _LISTED.where(_of(grant)).order_by(k.ended_at.is_not(None), k.id.desc())
    rows = [row for row in tx.connection.execute(query) if max(row.ended_at or 0, row.ends_at) > tx.now - KEPT]
    tx.told(grant, "api_key.name" if rows else "api_key.none")
    return [_read(tx, row) for row in rows]


def own(tx: Transaction, key: FoundKey) -> ApiKey:
    """What a program may know of the key by which it asks."""
    return _read(tx, tx.connection.execute(_LISTED.where(tables.api_keys.c.id == key.id)).one())


def withdraw(tx: Transaction, grant: Grant, id: int) -> bool:
    """It is good for nothing any more. False: there is no such key of the account, or of the operator's, or it had ended."""
    tx.require(grant, *MANAGE)
    k = tables.api_keys.c
    one = update(tables.api_keys).where(k.id == id, _of(grant), k.ended_at.is_(None))
    done = tx.connection.execute(one.values(ended_at=tx.now, ended_by=grant.subject, ended_why="withdrawn")).rowcount
    if done:
        tx.record(grant.subject, grant.account, "api_key", "withdrawn", grant.rules, grant.proof, (f"api_key:{id}",))
    return bool(done)


def sweep(tx: Transaction) -> bool:
    """Keys that have ended long ago; the ledger keeps that there were."""
    return sweeping.some(tx, tables.api_keys, tables.api_keys.c.ends_at <= tx.now - KEPT)


def _of(grant: Grant) -> Any:
    k = tables.api_keys.c
    return k.account_id.is_(None) if grant.account is None else k.account_id == grant.account


def _read(tx: Transaction, row: Any) -> ApiKey:
    return ApiKey(
        row.id,
        row.name,
        row.hint,
        row.maker or "",
        tuple(row.scope.split(",")),
        row.made_at,
        row.ends_at,
        row.seen_at,
        row.ended_at,
        row.ended_why,
        "ended" if row.ended_at is not None else "past" if row.ends_at <= tx.now else "good",
    )


def _owns(tx: Transaction, grant: Grant) -> bool:
    stands = tx.standing(Ask(grant.subject, grant.action, grant.account, None, grant.proof))
    return stands is not None and stands.scheme.owner in stands.held


def _checksum(body: str) -> str:
    return _spelled(zlib.crc32(body.encode()), _SUM)


def _spelled(number: int, width: int) -> str:
    letters = ""
    for _ in range(width):
        number, place = divmod(number, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return letters


_k = tables.api_keys.c
_FIND = select(tables.api_keys).where(one_of(_k.digest, "of_digest"))
_SEEN = (
    update(tables.api_keys)
    .where(_k.id == bindparam("id_"))
    .values(seen_at=bindparam("seen"), digest=bindparam("newest"))
)
_LISTED = select(tables.api_keys, tables.people.c.name.label("maker")).outerjoin(
    tables.people, tables.people.c.id == _k.person_id
)
