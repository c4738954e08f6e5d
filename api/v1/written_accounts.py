"""Accounts with an operator's key, for the system that owns the truth: written by what an import file says of them, alone or many at once; read whole.

A key that is present replaces what was there, and one that is absent leaves it, as in an import (docs/import.md). So suspending an account is its
status alone, and whatever is sent a second time changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from io import BytesIO
from typing import Annotated, Final, Literal

from fastapi import Body, Path
from pydantic import BaseModel

from api.v1 import problems
from api.v1.problems import FieldError, ProblemError
from api.v1.requests import Answer, Asking
from desk import account_records
from desk.account_records import NotAllowed
from store.imports.account_lines import (
    AccountLine,
    Brought,
    Fault,
    MetOthersError,
    NumberedLine,
    doubles_of,
    read_lines,
)
from store.imports.field_words import ACCOUNT_NUMBER

MOST: Final = (
    1_000  # lines of one request: they are one transaction, in which on SQLite everybody else who writes waits
)
Number = Annotated[str, Path(max_length=32, pattern=ACCOUNT_NUMBER, description="The account's number.")]


class AccountPut(AccountLine):
    """As an account of an import file (docs/import.md), and `people`: those of its contacts who are new or were changed. What is not there stays as it is.
    `number` can be left out."""

    number: str = ""


class Written(BaseModel):
    """`changed`: how many of what, such as `contacts.added`; empty: all was so already. `contacts_left`: its owner has locked it against changes, and
    its contacts, which would have been changed, are as they were."""

    number: str
    changed: dict[str, int]
    contacts_left: bool


class RefusedLine(BaseModel):
    """`line` counts from 1."""

    line: int
    errors: list[FieldError]


class ManyWritten(BaseModel):
    """`lines`: how many there were. `refused`: those of which nothing was done. `contacts_left`: numbers of accounts that their owners have locked,
    whose contacts would have been changed and are as they were."""

    lines: int
    changed: dict[str, int]
    refused: list[RefusedLine]
    contacts_left: list[str]


class WholeService(BaseModel):
    id: str
    name: str
    status: str
    managed_sla: bool


class WholeInvoice(BaseModel):
    number: str
    amount: str
    currency: str
    due: str
    status: str


class WholeBilling(BaseModel):
    name: str
    address: list[str]
    vat_number: str


class WholeContact(BaseModel):
    person: str
    roles: list[str]
    permissions: list[str]


class WholeSlack(BaseModel):
    team: str
    user: str


class WholePerson(BaseModel):
    username: str
    name: str
    email: str
    support_id: str
    phones: list[str]
    slack: list[WholeSlack]


class WholeAccount(BaseModel):
    """In the words of an import file; `locked`: its owner has locked it against changes."""

    number: str
    name: str
    scheme: str
    status: Literal["active", "suspended", "closed"]
    locked: bool
    billing: WholeBilling | None
    services: list[WholeService]
    invoices: list[WholeInvoice]
    slack_teams: list[str]
    contacts: list[WholeContact]
    people: list[WholePerson]


def whole(asking: Asking, number: str) -> WholeAccount:
    """With the right to read accounts. Raises `ProblemError`."""
    return _whole(account_records.read(asking.tx, asking.who, number), "not-found")


def written(asking: Asking, number: Number, account: AccountPut) -> Answer:
    """Brings an account to what is sent: a new one, or one that is there. Sent again, it changes nothing. An If-Match is looked at where there is one."""
    _operators(asking)
    if account.number not in ("", number):
        raise problems.invalid("number", "is another one than in the address")
    if asking.visit.if_match:
        asking.must_match(_whole(account_records.before(asking.tx, asking.who, number), "changed"))
    line = account.model_copy(update={"number": number})
    brought = _brought(asking, [NumberedLine(1, doubles_of(line) or line)])
    if 1 in brought.refused:
        errors = _errors(brought.refused[1])
        said = "; ".join(f"{one.field}: {one.problem}" for one in errors)
        raise ProblemError("invalid", said, errors=[one.model_dump() for one in errors])
    new = "accounts.added" in brought.counts
    said_of_it = Written(number=number, changed=dict(brought.counts), contacts_left=bool(brought.locked))
    return Answer(said_of_it, 201 if new else 200, is_object=False)


def many(
    asking: Asking,
    lines: Annotated[
        bytes, Body(media_type="application/jsonl", min_length=1, description=f"JSON Lines, {MOST} accounts at most.")
    ],
) -> Answer:
    """Brings accounts to what is sent, one a line as `PUT` takes it, `number` in it. Each line is done whole or not at all, and those that will not do are named."""
    _operators(asking)
    found: list[NumberedLine] = []
    for some in read_lines(BytesIO(lines)):
        found += some
        if len(found) > MOST:
            raise ProblemError("too-large", f"{MOST} lines at most in one request: send the others in another.")
    brought = _brought(asking, found)
    refused = [RefusedLine(line=line, errors=_errors(faults)) for line, faults in sorted(brought.refused.items())]
    changed = dict(brought.counts)
    report = ManyWritten(lines=brought.lines, changed=changed, refused=refused, contacts_left=brought.locked)
    return Answer(report, is_object=False)


def _operators(asking: Asking) -> None:
    if asking.key.account is not None:
        raise ProblemError("other-kind", "Accounts are written with an operator's key.")


def _brought(asking: Asking, lines: list[NumberedLine]) -> Brought:
    try:
        brought = account_records.write(asking.tx, asking.who, lines, home=asking.context.home)
    except MetOthersError:
        said = "Somebody else stored the same people, accounts or Slack members just now. Send it again."
        raise ProblemError("conflict", said) from None
    if isinstance(brought, NotAllowed):
        raise problems.denied(brought.denied)
    return brought


def _whole(found: account_records.WholeAccount | NotAllowed | None, absent: str) -> WholeAccount:
    if isinstance(found, NotAllowed):
        raise problems.denied(found.denied)
    if found is None:
        raise ProblemError(absent)
    return WholeAccount.model_validate(asdict(found))


def _errors(faults: list[Fault]) -> list[FieldError]:
    """A path as the other problems have it: `contacts.0.roles`."""
    return [FieldError(field=re.sub(r"\[(\d+)\]", r".\1", one.path), problem=one.words) for one in faults]
