"""A second proof that was given: where it was given, on one account, for some minutes. docs/second-proofs.md

One without an account is for what is their own, their PIN and the like, and proves nothing on any account.

`bound` says where: the call, the Slack member, the session; never wider. What was proved in one place is carried to another by
a code said aloud (`transfer_codes`), for one topic, and stands only while what it came from stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, func, insert, or_, select, update

from authz import Proof, Subject
from store import tables
from store.db import sweeping
from store.db.statements import Prepared, issued
from store.db.transaction import Transaction

FACTORS: Final = ("authenticator", "slack_code", "slack_approval", "text", "transfer_code", "passkey")
KEPT: Final = 24 * 3_600_000  # ms


def reached(
    tx: Transaction,
    subject: Subject,
    account: int | None,
    factor: str,
    bound: str,
    *,
    ends_at: int,
    topic: str = "",
    derived_from: int | None = None,
) -> None:
    """From now on, until `ends_at` (ms), they are stepped up there, and no longer than the one it `derived_from` stands. Never under
    a duress PIN: the caller of this sees to it."""
    row = {
        "person_id": subject.person,
        "account_id": account,
        "channel": tx.channel,
        "bound": bound,
        "factor": factor,
        "topic": topic,
        "reached_at": tx.now,
        "ends_at": ends_at,
        "derived_from": derived_from,
    }
    tx.connection.execute(insert(tables.step_ups).values(**row))
    tx.proved_further(subject, account)
    tx.record(subject, account, "step_up", "reached", proof=Proof.STEPPED_UP, fields=(f"factor:{factor}",))


def until(tx: Transaction, subject: Subject, account: int, bound: str, topic: str = "") -> int | None:
    """Until when (ms) they are stepped up here, for everything or for this topic; None: they are not."""
    rows = _rows(tx, subject, account, bound)
    return _latest(tx, subject, account, [row.ends_at for row in rows if row.topic in ("", topic)])


def until_own(tx: Transaction, subject: Subject, account: int | None, bound: str) -> int | None:
    """The same for what was proved here and not carried here."""
    rows = _rows(tx, subject, account, bound)
    return _latest(tx, subject, account, [row.ends_at for row in rows if row.factor != "transfer_code"])


def given(tx: Transaction, subject: Subject, account: int, bound: str) -> bool:
    """Whether a second proof was given there, whatever has become of it since. Nothing rests on that: it is for whoever reads of it
    afterwards."""
    s = tables.step_ups.c
    there = s.person_id == subject.person, s.account_id == account, s.bound == bound
    return tx.connection.execute(select(s.id).where(*there).limit(1)).first() is not None


def _rows(tx: Transaction, subject: Subject, account: int | None, bound: str) -> Sequence[Row[Any]]:
    if account is None:
        return _OF_THEIR_OWN.all(tx, person=subject.person, bound=bound, now=tx.now)
    return _UNTIL.all(tx, person=subject.person, account=account, bound=bound, now=tx.now)


def _latest(tx: Transaction, subject: Subject, account: int | None, ends: list[int]) -> int | None:
    """What is found here is what the transaction believes: no grant and no entry is stepped-up without."""
    if ends:
        tx.proved_further(subject, account)
    return max(ends, default=None)


def factor(tx: Transaction, subject: Subject, account: int) -> str:
    """By what they gave the second proof that stands now, the newest in this channel, or else anywhere: an answer in Slack proves a
    call. Of one that was carried, the first."""
    s, came = tables.step_ups, tables.step_ups.alias("came")
    found = (
        select(func.coalesce(came.c.factor, s.c.factor))
        .select_from(s.outerjoin(came, came.c.id == s.c.derived_from))
        .where(s.c.person_id == subject.person, s.c.account_id == account, s.c.ends_at > tx.now)
        .order_by(s.c.channel != tx.channel, s.c.reached_at.desc(), s.c.id.desc())
        .limit(1)
    )
    return str(tx.connection.execute(found).scalar() or "")


def own(tx: Transaction, subject: Subject, account: int, bound: str) -> int | None:
    """The one (its id) that was reached here, and not carried here, and lasts longest."""
    rows = _rows(tx, subject, account, bound)
    mine = [row for row in rows if row.factor != "transfer_code"]
    _latest(tx, subject, account, [row.ends_at for row in mine])
    return max(mine, key=lambda row: row.ends_at).id if mine else None


def still_good(tx: Transaction, subject: Subject, id: int) -> tuple[int, int] | None:
    """(account, until when in ms) of one of theirs that stands now."""
    s = tables.step_ups.c
    its = s.id == id, s.account_id.is_not(None)
    query = select(s.account_id, s.ends_at).where(*its, s.person_id == subject.person, s.ends_at > tx.now)
    row = tx.connection.execute(query).first()
    return None if row is None else (row.account_id, row.ends_at)


def proof(tx: Transaction, subject: Subject, account: int | None, bound: str, topic: str = "") -> Proof:
    """How sure it is who asks, for somebody verified."""
    if account is None or until(tx, subject, account, bound, topic) is None:
        return Proof.VERIFIED
    return Proof.STEPPED_UP


def end_in(tx: Transaction, subject: Subject, bound: str) -> None:
    """What they proved in one place is worth nothing any more, nor what was carried from there: the first proof there failed.
    Where what proves them is taken away, see `revocation.revoke`."""
    s = tables.step_ups.c
    mine = update(tables.step_ups).where(s.person_id == subject.person, s.bound == bound, s.ends_at > tx.now)
    tx.connection.execute(mine.values(ends_at=tx.now))


def sweep(tx: Transaction) -> bool:
    return sweeping.some(tx, tables.step_ups, tables.step_ups.c.ends_at < tx.now - KEPT)


_s, _of = tables.step_ups.c, tables.step_ups.alias("of").c
_now = bindparam("now", type_=_s.ends_at.type)
# Prepared saves 15 µs a turn, a Slack message and its worker.
_STANDS = select(_s.id, _s.ends_at, _s.topic, _s.factor).where(
    _s.person_id == bindparam("person"),
    _s.bound == bindparam("bound"),
    _s.ends_at > _now,
    issued(_s.reached_at, _now),
    or_(_s.derived_from.is_(None), exists().where(_of.id == _s.derived_from, _of.ends_at > _now)),
)
_UNTIL = Prepared(_STANDS.where(_s.account_id == bindparam("account")))
_OF_THEIR_OWN = Prepared(_STANDS.where(_s.account_id.is_(None)))
