"""Somebody on the phone says they are this person, who answers here: with the number that is heard there, or that it is not them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from desk import tickets
from desk.actors import Actor
from desk.outcomes import HandIn
from store import Transaction
from store.jobs import job_queue
from store.security import alerts
from store.verification import slack_approvals

MINUTE = 60_000  # ms


class NotApproved(Enum):
    WRONG = "wrong"  # and that ends it
    GONE = "gone"  # nothing to answer: not theirs, answered, too late, or the call is over


@dataclass(frozen=True, slots=True)
class Approved:
    """They are proved further on that call. `handed_in`: the draft that went to the desk with it, if there is one."""

    handed_in: int | None


def say_number(tx: Transaction, who: Actor, id: int, digits: str, *, minutes: int) -> Approved | NotApproved:
    """Once: a wrong one ends it. `minutes`: how long it is good for."""
    right = slack_approvals.answer(tx, who.subject, id, digits, ends_at=tx.now + minutes * MINUTE)
    if right is None:
        return NotApproved.GONE
    _answered(tx, id)
    waits = slack_approvals.for_draft(tx, who.subject, id) if right else None
    if not right or waits is None:
        return Approved(None) if right else NotApproved.WRONG
    number, call = waits
    done = tickets.hand_in(tx, replace(who, bound=call), number)  # as they are proved there
    return Approved(number if done is HandIn.DONE else None)  # or the phone says why not


def not_me(tx: Transaction, who: Actor, id: int) -> bool:
    """Somebody else is on the phone as them: the desk is warned at once, and everybody on file told. False: nothing to answer."""
    account = slack_approvals.refuse(tx, who.subject, id)
    if account is None:
        return False
    alerts.alert(tx, "probing_account", f"approval:{id}", subject=who.subject, account=account)
    told = {"notice": "not_me", "person": who.subject.person}
    job_queue.enqueue_once(tx, "notice", f"not_me:{id}", told)
    _answered(tx, id)
    return True


def _answered(tx: Transaction, id: int) -> None:
    """What asked says so."""
    job_queue.enqueue_once(tx, slack_approvals.KIND, f"{id}:answered", {"approval": id})
