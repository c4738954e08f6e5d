"""Codes that are keyed on the phone: shown in Slack to whoever calls, or sent to a number of theirs. Good for one call alone.

Nothing here knows the digits before they are delivered: what is queued says whom to tell, in which call, on which account.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from authz import Subject
from store import tables
from store.accounts.people import lock
from store.codes import one_time_codes
from store.db.statements import of_late
from store.db.transaction import Transaction
from store.jobs import job_queue

KIND: Final = "slack.code"  # the work of showing one in Slack
IN_SLACK, BY_TEXT = "step", "text"  # kinds of codes
MOST, WITHIN = 3, 10 * 60_000  # codes or questions in Slack for one person, and in how many ms


def counter_of(subject: Subject) -> str:
    """The name of the counter of wrong second proofs: see `attempt_limits.reserve`. None of the person's PIN."""
    return f"step:{subject}"


def ask(tx: Transaction, subject: Subject, account: int) -> bool:
    """Has a code shown to them in Slack; the ones before it are no longer valid. False: there were enough just now."""
    assert tx.call is not None
    person, w = subject.person, tables.jobs.c
    lock(tx, person)
    made = select(func.count()).where(
        w.kind == KIND, w.key.startswith(f"{person}:"), of_late(w.created_at, tx.now, WITHIN)
    )
    if tx.connection.execute(made).scalar_one() >= MOST:
        return False
    one_time_codes.void(tx, IN_SLACK, subject)
    shown = {"person": person, "call": tx.call, "account": account}
    return job_queue.enqueue_once(
        tx, KIND, f"{person}:{tx.now}", shown, ordering_key=job_queue.ordering_key_of(KIND, person)
    )


def bound_to(where: str, account: int | None) -> str:
    """What a code is good for: the call it is keyed in, the Slack member who types it or the session, and one account, or what is
    their own."""
    return f"{where} {'own' if account is None else account}"


def use(tx: Transaction, kind: str, subject: Subject, digits: str, bound: str) -> bool:
    """Whether it is their code and for just this; it is used up, whatever it was for. Anybody else's is left alone."""
    return one_time_codes.use(tx, kind, digits, subject) == bound
