"""May this person do this? The judge's answer with its reason, for an operator's key with `decisions:read`; a hundred questions at once."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.v1 import problems
from api.v1.problems import ProblemError, invalid
from api.v1.requests import Answer, Asking
from authz import Action, At, Proof, Topic
from desk import explanations
from desk.actors import NotAllowed
from desk.explanations import Question, Unanswerable
from store.imports.field_words import AccountNumber, Ref, Username

MOST: Final = 100


class AskedDecision(BaseModel):
    """`person` is a username. `proof`: how sure it is who asks. `at` a support channel or the account's own pages; left out: where it is done at all, a support channel first."""

    model_config = ConfigDict(extra="forbid")
    account: AccountNumber
    person: Username
    action: Action
    topic: Topic | None = None
    service: Ref | None = None
    proof: Literal["none", "claimed", "verified", "stepped-up"] = "verified"
    at: At | None = None


class AskedDecisions(BaseModel):
    model_config = ConfigDict(extra="forbid")
    asks: Annotated[list[AskedDecision], Field(min_length=1, max_length=MOST)]


class Decision(BaseModel):
    """`reason` and `next` are codes of docs/reasons.md; `when` is where a yes ends (docs/api.md), or empty."""

    allowed: bool
    reason: str
    rules: list[str]
    next: str
    when: str


class Decisions(BaseModel):
    """In the order of the questions."""

    decisions: list[Decision]


def explained(asking: Asking, asked: AskedDecisions) -> Answer:
    """What would be decided. Nothing is granted by it, and each question is in the ledger."""
    if asking.key.person is not None:
        raise ProblemError("other-kind", "What may be done with a customer's key, GET /key says.")
    questions = [
        Question(one.account, one.person, one.action, one.topic, one.service, Proof.of(one.proof), one.at)
        for one in asked.asks
    ]
    found = explanations.explain(asking.tx, asking.who, questions)
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if isinstance(found, Unanswerable):
        raise invalid(f"asks.{found.place}.{found.field}", found.problem)
    return Answer(
        Decisions(
            decisions=[
                Decision(allowed=one.allowed, reason=one.reason, rules=list(one.rules), next=one.next, when=one.when)
                for one in found
            ]
        )
    )
