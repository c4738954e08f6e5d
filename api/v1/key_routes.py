"""What a key is told of itself: whose it is, what it was made for, what of that its maker may do now, and until when it is good."""

from __future__ import annotations

from pydantic import BaseModel

from api.v1.moments import Moment
from api.v1.requests import Answer, Asking
from desk import api_keys


class OwnKey(BaseModel):
    """`scope` are cells of a customer's key, or verbs of the operator's. `may`: those of them that are allowed at this moment."""

    id: int
    kind: str
    name: str
    scope: list[str]
    may: list[str]
    made_at: Moment
    ends_at: Moment


def show(asking: Asking) -> Answer:
    """This key."""
    found = api_keys.own(asking.tx, asking.who, asking.key)
    return Answer(
        OwnKey(
            id=found.key.id,
            kind="operator" if asking.key.person is None else "customer",
            name=found.key.name,
            scope=list(found.key.scope),
            may=list(found.may),
            made_at=found.key.made_at,
            ends_at=found.key.ends_at,
        )
    )
