"""What the desk would decide, for a system of the operator's that has a key for it: many questions at once, and nothing is granted by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from authz import CELL_OF, OWNERS_ACTIONS, Action, Ask, At, Proof, Subject, Topic
from desk.actors import Actor, NotAllowed, build_ask, judge
from store import Transaction
from store.operator import lookups
from store.operator.lookups import Explained


@dataclass(frozen=True, slots=True)
class Question:
    """May this person (username) do this, on the account of this number, proven so far? `at` None: where the action is done at all, support first."""

    account: str
    person: str
    action: Action
    topic: Topic | None
    service: str | None
    proof: Proof
    at: At | None


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """Which question cannot be answered: its place, the field, and what is wrong with it."""

    place: int
    field: str
    problem: str


def explain(tx: Transaction, who: Actor, questions: Sequence[Question]) -> list[Explained] | Unanswerable | NotAllowed:
    """In their order."""
    grant = judge(tx, build_ask(tx, who, Action.DESK_DECISIONS_READ, None))
    if isinstance(grant, NotAllowed):
        return grant
    answers: list[Explained] = []
    for place, one in enumerate(questions):
        if (one.action, one.topic) not in CELL_OF:
            wrong = "needs a topic: technical or billing" if one.topic is None else "takes no topic"
            return Unanswerable(place, "topic", wrong)
        account = lookups.find_account(tx, grant, one.account)
        person = lookups.find_person(tx, grant, one.person)
        if account is None:
            return Unanswerable(place, "account", "there is no such account")
        if person is None:
            return Unanswerable(place, "person", "there is no such person")
        if one.service is not None and not lookups.has_service(tx, grant, account, one.service):
            return Unanswerable(place, "service", "the account has no such service")
        pages = one.action in OWNERS_ACTIONS or one.action is Action.PORTAL_LOGIN
        at = one.at or (At.PAGES if pages else At.SUPPORT)
        ask = Ask(Subject.of_person(person), one.action, account, one.topic, one.proof, one.service, at)
        answers.append(lookups.explain(tx, grant, ask))
    return answers
