"""Who acts, with the proof of this moment, and what they ask: no channel builds an `Ask` itself.

The right of one of the staff is asked for at each click (`permit`), a customer's with the proof they have at that moment (`build_ask`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import CELL_OF, CELLS, REQUESTS, Action, Ask, At, Denied, Grant, Proof, Subject, Topic
from store import LINE, WORKER, Transaction
from store.jobs.job_queue import RetryLaterError
from store.tickets import customer_tickets
from store.verification import step_ups

# Everything a customer may be allowed, but the portal's own way in.
EVERYTHING: Final = tuple(
    (action, topic) for (action, topic), cell in CELL_OF.items() if cell in CELLS and action != Action.PORTAL_LOGIN
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: `subject` is `person:…` or `staff:…`; `proof` is what this channel has proved: a PIN by phone,
    a linked member in Slack; `bound` is the one place where their second proof counts, this call or this member; `at` is where a
    customer asks: a support channel, unless it is said to be the account's own pages."""

    subject: Subject
    proof: Proof
    bound: str = ""
    at: At = At.SUPPORT

    @property
    def is_person(self) -> bool:
        return self.subject.is_person

    @property
    def staff(self) -> int | None:
        """The id of one of the staff; None for everybody else."""
        return self.subject.staff if self.subject.is_staff else None


def proof_of(tx: Transaction, who: Actor, account: int | None, topic: str = "") -> Proof:
    """How sure it is at this moment who they are, on an account (id) and for a topic: a second proof ends by itself."""
    if who.proof < Proof.VERIFIED or not who.is_person:
        return who.proof
    return step_ups.proof(tx, who.subject, account, who.bound, topic)


def build_ask(
    tx: Transaction,
    who: Actor,
    action: Action,
    account: int | None,
    topic: Topic | None = None,
    service: str | None = None,
) -> Ask:
    """What a customer asks, with the proof of this moment. A request for a change is asked with the proof for its topic."""
    about = topic or (customer_tickets.topic_of(action) if action in REQUESTS else "")
    return Ask(who.subject, action, account, topic, proof_of(tx, who, account, about), service, who.at)


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """What was asked, and why it was denied: `store.accounts.account_details.why_not` makes a refusal for people of it."""

    ask: Ask
    denied: Denied


def judge(tx: Transaction, ask: Ask) -> Grant | NotAllowed:
    verdict = tx.ask(ask)
    return verdict if isinstance(verdict, Grant) else NotAllowed(ask, verdict)


def may_still(
    tx: Transaction,
    who: Actor,
    action: Action,
    account: int | None,
    topic: Topic | None = None,
    service: str | None = None,
) -> bool:
    """Whether somebody who has waited may still do what they asked for, with the proof they had then."""
    return isinstance(tx.ask(Ask(who.subject, action, account, topic, who.proof, service, who.at)), Grant)


def offered_anything(tx: Transaction, who: Actor, account: int) -> Grant | None:
    """A grant for anything at all on an account (id), which is enough to be told its name."""
    asks = (Ask(who.subject, action, account, topic, Proof.VERIFIED, at=who.at) for action, topic in EVERYTHING)
    return next(iter(tx.offer(asks).values()), None)


def permit(tx: Transaction, subject: Subject, action: Action, account: int | None = None) -> Grant | None:
    """The grant for an action of the desk, for one of the staff or a program of the desk's (`LINE`, `WORKER`). None: they may not."""
    verdict = tx.ask(Ask(subject, action, account, None, Proof.NONE))
    return verdict if isinstance(verdict, Grant) else None


def permit_staff(tx: Transaction, who: Actor, action: Action, account: int | None = None) -> Grant | None:
    """The same for an actor. None: they may not, or are not of the staff; then the judge is not asked."""
    return None if who.staff is None else permit(tx, who.subject, action, account)


def permit_desk(tx: Transaction, who: Actor, action: Action, account: int | None = None) -> Grant | None:
    """The same for one of the staff or a system of the operator's, by its key. None: they may not, or are neither."""
    return permit(tx, who.subject, action, account) if who.subject.is_staff or who.subject.is_key else None


def permit_line(tx: Transaction, account: int | None) -> Grant | None:
    """The agents' own line may say who is calling."""
    return permit(tx, LINE, Action.DESK_CARD_VIEW, account)


def permit_worker(tx: Transaction) -> Grant:
    """The worker's grant to deliver. Raises `RetryLaterError` where the scheme `desk` has no such right: an operator can give it."""
    grant = permit(tx, WORKER, Action.DESK_DELIVER)
    if grant is None:
        raise RetryLaterError("the worker may not deliver: see the scheme desk")
    return grant
