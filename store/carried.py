"""A proof carried from one door to another by a code said aloud: the same person, account and topic, and never for longer.

What was reached on the phone is taken to Slack, and the other way. What was carried is not carried on.
"""

from __future__ import annotations

from typing import Final

from authz import Topic
from store import codes, step_ups
from store.transaction import Transaction

TO_SLACK: Final = "carry_slack"  # made on the phone, said to the desk in Slack
TO_PHONE: Final = "carry_phone"  # made in Slack, keyed on the phone


def give(tx: Transaction, kind: str, subject: str, account: int, bound: str, topic: Topic) -> str | None:
    """A code for what they have proved here, on this account, for one topic. None: nothing that could be carried."""
    ends_at = step_ups.until_own(tx, subject, account, bound)
    if ends_at is None:
        return None
    return codes.issue(tx, kind, subject, f"{account}:{topic}:{ends_at}")


def take(
    tx: Transaction, kind: str, subject: str, digits: str, bound: str, *, account: int | None = None
) -> int | None:
    """The account (id) on which it counts here from now on; None: no such code of theirs, or for another account than
    `account`, or it would be over already. Who may try how often is the caller's to count: see `guard.reserve`."""
    said = codes.use(tx, kind, digits, subject)
    if said is None:
        return None
    of_account, topic, ends_at = said.split(":")
    if int(ends_at) <= tx.now or (account is not None and account != int(of_account)):
        return None
    step_ups.reached(tx, subject, int(of_account), "carried", bound, ends_at=int(ends_at), topic=topic)
    return int(of_account)
