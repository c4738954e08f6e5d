"""A caller says they are this person. The person answers in Slack: with the number the caller hears, or that it is not them."""

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
    """The call has a second proof now. `handed_in`: the draft that went to the desk with it, if there is one."""

    handed_in: int | None


def say_number(tx: Transaction, who: Actor, id: int, digits: str, *, minutes: int) -> Approved | NotApproved:
    """Takes the number, once: a wrong one ends the question. `minutes`: how long the proof is good for."""
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
    """The person says the caller is somebody else: warns the desk at once, and sends notices. False: there is nothing to answer."""
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
