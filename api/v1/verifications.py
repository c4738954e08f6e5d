"""Verification as a service: another system of the operator's has a person verified for one action, and looks what came of it.

A person answers on their phone, in Slack or on their own page. No PIN and no code comes by here, and none leaves.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api.v1 import problems
from api.v1.moments import Moment
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from authz import CELLS, Denied, Grant
from desk import verification_requests
from desk.verification_requests import ON_PAGE, Asked, NotAsked
from store.imports.field_words import AccountNumber, Username

Way = Literal["callback", "passkey", "slack", "text"]
Cell = Literal[CELLS]  # type: ignore[valid-type]
Id = Annotated[int, Path(ge=1, le=2**53)]
WHY: dict[NotAsked, str] = {
    NotAsked.NO_PHONE: "This desk has no phone line, so nobody can be called.",
    NotAsked.NO_NUMBER: "No phone number of theirs that would do has been on file for 72 hours.",
    NotAsked.ABROAD: "Their number on file is in a country that this desk does not call.",
    NotAsked.LOCKED: "Their PIN is locked.",
    NotAsked.NO_PASSKEY: "They have no passkey that counts: it does 72 hours after it was added.",
    NotAsked.NO_SLACK: "No Slack member of theirs has been linked for 72 hours, or this desk is not in Slack.",
    NotAsked.WAITING: "They are being asked at this moment. Wait until that has ended, or withdraw it.",
    NotAsked.NOT_ME: "They have said that it was not them, so no system may ask them for a day. Talk to the desk.",
    NotAsked.SOON: "They were asked or called just now. Wait ten minutes.",
    NotAsked.ENOUGH: "They were asked or called often enough within a day.",
    NotAsked.KEY: "This key has asked for too many verifications within the hour. The desk is warned.",
}


class VerificationWanted(BaseModel):
    """Whom to ask, about which account, for which action (a cell), and in which way."""

    model_config = ConfigDict(extra="forbid")
    person: Annotated[Username, Field(description="A username on the account.")]
    account: Annotated[AccountNumber, Field(description="The account's number.")]
    action: Annotated[Cell, Field(description="The cell they are to be verified for.")]
    way: Way


class VerifiedDecision(BaseModel):
    """What the judge says of the action for this person, as they are proved now. `reason`, `rules` and `next` are those of docs/reasons.md; `when` is where a
    yes ends (docs/api.md), null: nowhere."""

    allowed: bool
    reason: str
    rules: list[str]
    when: str | None = None
    next: str | None = None


class Verification(BaseModel):
    """`state`: waiting, passed, failed, ended (nobody answered in time, or could be reached) or withdrawn; `why` it is that, in a word. `page`: where the person
    answers, for you to tell them; it holds no secret. `proof` and `decision` are there while what they have proved counts: until `counts_until`."""

    id: int
    person: str
    account: str
    action: str
    way: Way
    state: Literal["waiting", "passed", "failed", "ended", "withdrawn"]
    why: str | None
    page: str | None
    asked_at: Moment
    ends_at: Moment
    ended_at: Moment | None
    counts_until: Moment | None
    proof: Literal["verified", "stepped-up"] | None
    decision: VerifiedDecision | None


def ask(asking: Asking, wanted: VerificationWanted) -> Answer:
    """Asks a person to prove themselves. They are told who asks, and for what."""
    grant = _permitted(asking)
    context = asking.context
    made = verification_requests.ask(
        asking.tx, grant, context.reach, wanted.person, wanted.account, wanted.action, wanted.way
    )
    if made is None:
        raise ProblemError("not-found")
    if isinstance(made, NotAsked):
        raise ProblemError("not-asked", WHY[made], reason=made.value)
    headers = {"Location": f"{context.origin}/api/v1/verifications/{made.request.id}"}
    return Answer(_told(asking, made), 201, headers)


def look(asking: Asking, id: Id) -> Answer:
    """What has come of it. Only the key that asked may look."""
    return Answer(_told(asking, _own(asking, _permitted(asking), id)))


def withdraw(asking: Asking, id: Id) -> Answer:
    """Nobody is asked any more."""
    grant = _permitted(asking)
    verification_requests.lock(asking.tx, grant, id)
    asking.must_match(_told(asking, _own(asking, grant, id)))
    if not verification_requests.withdraw(asking.tx, grant, id):
        raise ProblemError("conflict", "It has ended already, so there is nothing to withdraw.")
    return Answer(_told(asking, _own(asking, grant, id)))


def _permitted(asking: Asking) -> Grant:
    """Before anything is looked at: a customer's key gets the same answer whatever it asks for."""
    if asking.key.person is not None:
        raise ProblemError("other-kind")
    found = verification_requests.permit(asking.tx, asking.key.subject)
    if isinstance(found, Denied):
        raise problems.denied(found)
    return found


def _own(asking: Asking, grant: Grant, id: int) -> Asked:
    found = verification_requests.look(asking.tx, grant, id)
    if found is None:
        raise ProblemError("not-found")
    return found


def _told(asking: Asking, asked: Asked) -> Verification:
    request, verdict = asked.request, asked.verdict
    counts = verdict is not None
    return Verification(
        id=request.id,
        person=asked.username,
        account=asked.account,
        action=request.action,
        way=request.way,
        state=request.state,
        why=request.why or None,
        page=f"{asking.context.origin}/confirm" if request.way in ON_PAGE and request.state == "waiting" else None,
        asked_at=request.made_at,
        ends_at=request.ends_at,
        ended_at=request.ended_at,
        counts_until=request.until if counts else None,
        proof=asked.proof.word if counts else None,
        decision=None if verdict is None else _decision(verdict),
    )


def _decision(verdict: Grant | Denied) -> VerifiedDecision:
    if isinstance(verdict, Denied):
        return VerifiedDecision(
            allowed=False, reason=str(verdict.reason), rules=list(verdict.rules), next=str(verdict.next)
        )
    return VerifiedDecision(allowed=True, reason="allowed", rules=list(verdict.rules), when=verdict.when or None)
