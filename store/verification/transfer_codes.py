"""A proof carried from one channel to another by a code said aloud: the same person, account and topic, and never for longer.

What was reached on the phone is taken to Slack, and the other way. What was carried is not carried on, and it stands only
while what it came from stands.
"""

from __future__ import annotations

from typing import Final

from authz import Proof, Subject, Topic
from store.codes import one_time_codes
from store.db.transaction import Transaction
from store.verification import step_ups

TO_SLACK: Final = "carry_slack"  # made on the phone, said to the desk in Slack
TO_PHONE: Final = "carry_phone"  # made in Slack, keyed on the phone


def give(tx: Transaction, kind: str, subject: Subject, account: int, bound: str, topic: Topic) -> str | None:
    """A code for what they have proved here, on this account, for one topic. None: nothing that could be carried."""
    proved = step_ups.own(tx, subject, account, bound)
    if proved is None:
        return None
    tx.record(subject, account, "step_up", "transfer_code_told", proof=Proof.STEPPED_UP, fields=(f"topic:{topic}",))
    return one_time_codes.issue(tx, kind, subject, f"{proved}:{topic}")


def topic_of(tx: Transaction, kind: str, subject: Subject, digits: str) -> Topic | None:
    """For which topic a transfer code of theirs is, which stays good. None: there is no such one."""
    said = one_time_codes.bound_of(tx, kind, digits, subject)
    return None if said is None else Topic(said.partition(":")[2])


def take(
    tx: Transaction, kind: str, subject: Subject, digits: str, bound: str, *, account: int | None = None
) -> int | None:
    """The account (id) on which it counts here from now on; None: no such code of theirs, or for another account than
    `account`, or what it would carry stands no more. Who may try how often is the caller's to count: see `attempt_limits.reserve`."""
    said = one_time_codes.use(tx, kind, digits, subject)
    if said is None:
        return None
    id, topic = said.split(":")
    proved = step_ups.still_good(tx, subject, int(id))
    if proved is None or (account is not None and account != proved[0]):
        return None
    of_account, ends_at = proved
    step_ups.reached(
        tx, subject, of_account, "transfer_code", bound, ends_at=ends_at, topic=topic, derived_from=int(id)
    )
    return of_account
