"""The change feed: what owners and others changed of accounts and of people on them, in order, for a system with an operator's key (`accounts:read`)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import Path, Query
from pydantic import BaseModel

from api.v1 import cursors, problems
from api.v1.cursors import Cursor
from api.v1.moments import Moment
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from desk import account_changes
from desk.actors import NotAllowed
from store.accounts import change_feed
from store.accounts.change_feed import Position
from store.api_keys import api_keys

A_PAGE: Final = 200
_LIST: Final = "changes"
_EVERY_KEY: Final = 0  # a system that is given a new key goes on from where it was
Start = Annotated[
    Literal["oldest", "now"],
    Query(description="Without a cursor: from the oldest that is given (89 days), or what comes from now on."),
]
Id = Annotated[int, Path(ge=1, le=2**53, description="The change's id.")]


class ChangedBy(BaseModel):
    """`kind`: a person on an account, a key of the operator's, the operator's shell, or the desk. `name`: the person's username, the name of the key; null: they are gone,
    or have none."""

    kind: Literal["person", "key", "operator", "desk"]
    name: str | None


class Change(BaseModel):
    """`what` happened to which `account` or `person`. Of `contact.…` what they held on it `before` and `after`, in words of its scheme; null: they were not on
    it. Of `account.changed` and `person.changed` the names of the `fields`, never what they hold. `own`: by this system, a key of the same name."""

    id: int
    at: Moment
    what: Literal[
        "contact.added",
        "contact.changed",
        "contact.removed",
        "person.changed",
        "account.changed",
        "account.locked",
        "account.unlocked",
    ]
    account: str | None
    person: str | None
    before: list[str] | None
    after: list[str] | None
    fields: list[str]
    by: ChangedBy
    own: bool


class Changes(BaseModel):
    """In their order. `next` is where to go on: now, where there are `more`; later, where there are none."""

    changes: list[Change]
    next: str
    more: bool


def following(asking: Asking, cursor: Cursor = None, start: Start = "oldest") -> Answer:
    """What changed since a cursor, in order, each once."""
    _operators(asking)
    keys = asking.tx.keys
    after = Position(*cursors.read(keys, _EVERY_KEY, _LIST, cursor)) if cursor else None
    found = account_changes.following(asking.tx, asking.who, after, many=A_PAGE, only_new=start == "now")
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if found is None:
        raise ProblemError("cursor-past")
    own = api_keys.own(asking.tx, asking.key).name
    at = found.position
    following = cursors.made(keys, _EVERY_KEY, _LIST, (at.began, at.place, at.at))
    return Answer(Changes(changes=[_shown(one, own) for one in found.changes], next=following, more=found.more))


def read(asking: Asking, id: Id) -> Answer:
    """One change, by the id that a webhook names."""
    _operators(asking)
    found = account_changes.one(asking.tx, asking.who, id)
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if found is None:
        raise ProblemError("not-found")
    return Answer(_shown(found, api_keys.own(asking.tx, asking.key).name))


def _operators(asking: Asking) -> None:
    if asking.key.account is not None:
        raise ProblemError("other-kind", "What changes is followed with an operator's key.")


def _shown(one: change_feed.Change, own: str) -> Change:
    return Change.model_validate(
        {
            "id": one.id,
            "at": one.at,
            "what": one.what,
            "account": one.account,
            "person": one.person,
            "before": None if one.before is None else list(one.before),
            "after": None if one.after is None else list(one.after),
            "fields": list(one.fields),
            "by": {"kind": one.kind, "name": one.name or None},
            "own": one.kind == "key" and one.name == own,
        }
    )
