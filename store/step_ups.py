"""A second proof that was given: where it was given, on one account, for some minutes. rules.md, "Proof levels".

`bound` says where: the call, the Slack member, the session; never wider. What was proved in one place is carried to another by
a code said aloud (`carried`), for one topic, and ends when it would have ended.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from authz import Proof
from store import tables
from store.people import person_of
from store.prepared import Prepared
from store.transaction import Transaction

FACTORS: Final = ("authenticator", "slack_code", "slack_approval", "text", "carried")
KEPT: Final = 24 * 3_600_000  # ms


def reached(
    tx: Transaction, subject: str, account: int, factor: str, bound: str, *, ends_at: int, topic: str = ""
) -> None:
    """From now on, until `ends_at` (ms), they are stepped up there. Never under a duress PIN: the caller of this sees to it."""
    row = {
        "person_id": person_of(subject),
        "account_id": account,
        "channel": tx.channel,
        "bound": bound,
        "factor": factor,
        "topic": topic,
        "reached_at": tx.now,
        "ends_at": ends_at,
    }
    tx.connection.execute(insert(tables.step_ups).values(**row))
    tx.proved_further(subject, account)
    tx.record(subject, account, "step_up", "reached", proof=Proof.STEPPED_UP, fields=(f"factor:{factor}",))


def until(tx: Transaction, subject: str, account: int, bound: str, topic: str = "") -> int | None:
    """Until when (ms) they are stepped up here, for everything or for this topic; None: they are not."""
    rows = _UNTIL.all(tx, person=person_of(subject), account=account, bound=bound, now=tx.now)
    return _latest(tx, subject, account, [row.ends_at for row in rows if row.topic in ("", topic)])


def until_own(tx: Transaction, subject: str, account: int, bound: str) -> int | None:
    """The same for what was proved here and not carried here."""
    rows = _UNTIL.all(tx, person=person_of(subject), account=account, bound=bound, now=tx.now)
    return _latest(tx, subject, account, [row.ends_at for row in rows if row.factor != "carried"])


def _latest(tx: Transaction, subject: str, account: int, ends: list[int]) -> int | None:
    """What is found here is what the transaction believes: no grant and no entry is stepped-up without."""
    if ends:
        tx.proved_further(subject, account)
    return max(ends, default=None)


def proof(tx: Transaction, subject: str, account: int | None, bound: str, topic: str = "") -> Proof:
    """How sure it is who asks, for somebody verified."""
    if account is None or until(tx, subject, account, bound, topic) is None:
        return Proof.VERIFIED
    return Proof.STEPPED_UP


def end_all(tx: Transaction, subject: str) -> None:
    """Whatever they proved is worth nothing any more: they are no contact, or a factor of theirs was changed."""
    s = tables.step_ups.c
    mine = update(tables.step_ups).where(s.person_id == person_of(subject), s.ends_at > tx.now)
    tx.connection.execute(mine.values(ends_at=tx.now))


def sweep(tx: Transaction) -> None:
    tx.connection.execute(delete(tables.step_ups).where(tables.step_ups.c.ends_at < tx.now - KEPT))


_s = tables.step_ups.c
_UNTIL = Prepared(
    select(_s.ends_at, _s.topic, _s.factor).where(
        _s.person_id == bindparam("person"),
        _s.account_id == bindparam("account"),
        _s.bound == bindparam("bound"),
        _s.ends_at > bindparam("now", type_=_s.ends_at.type),
    )
)
