"""The people of an account: read by the operator's key with `accounts:read`. Who is on an account takes a second proof to see, which no customer's key gives."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from api.v1 import cursors, problems
from api.v1.cursors import A_PAGE, Cursor
from api.v1.problems import ProblemError
from api.v1.requests import SEEN, Answer, Asking
from api.v1.written_accounts import Number, WholePerson, WholeSlack
from authz import Denied, Reason
from desk import account_reading
from store.accounts.account_details import Refused
from store.accounts.whole_accounts import PersonOfAccount, SomePeople

Username = Annotated[str, Path(max_length=64, pattern=SEEN, description="A username on the account.")]


class PersonOnAccount(WholePerson):
    """With what they hold on the account: `roles` and `permissions` are words of its scheme."""

    roles: list[str]
    permissions: list[str]


class People(BaseModel):
    """By username. `next` is the cursor of the next page; null: there is none."""

    people: list[PersonOnAccount]
    next: str | None


def listed(asking: Asking, number: Number, cursor: Cursor = None) -> Answer:
    """The people of an account with what they hold there, a page at a time."""
    keys, key, of = asking.tx.keys, asking.key.id, f"people:{number}"
    after = str(cursors.read(keys, key, of, cursor)) if cursor else ""
    found = account_reading.people(asking.tx, asking.who, number, after=after, many=A_PAGE)
    if not isinstance(found, SomePeople):
        raise _absent(asking, number, found)
    following = cursors.made(keys, key, of, found.people[-1].username) if found.more else None
    return Answer(People(people=[_person(one) for one in found.people], next=following))


def read(asking: Asking, number: Number, username: Username) -> Answer:
    """One of them."""
    found = account_reading.person(asking.tx, asking.who, number, username)
    if not isinstance(found, PersonOfAccount):
        raise _absent(asking, number, found)
    return Answer(_person(found))


def _person(one: PersonOfAccount) -> PersonOnAccount:
    return PersonOnAccount(
        username=one.username,
        name=one.name,
        email=one.email,
        support_id=one.support_id,
        phones=list(one.phones),
        slack=[WholeSlack(team=team, user=user) for team, user in one.slack],
        roles=list(one.roles),
        permissions=list(one.permissions),
    )


def _absent(asking: Asking, number: str, found: Denied | Refused | None) -> ProblemError:
    """Why not; whoever would need a second proof is told where it can be given."""
    problem = problems.denied_or_absent(found)
    if problem.more.get("reason") == Reason.STEP_UP:
        problem.detail += f" No key gives one: who is on the account is seen on its page, {asking.context.origin}/accounts/{number}/people."
    return problem
