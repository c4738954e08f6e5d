"""Changes of contacts by a customer's key: asked for, and done by nobody but whoever made the key, on the page, with a second proof.

A program gives no second proof, so it changes nothing and learns nothing of who is on the account (docs/api.md).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.v1 import problems
from api.v1.problems import ProblemError
from api.v1.requests import Answer, Asking
from api.v1.ticket_parts import Number as TicketNumber
from api.v1.written_accounts import Number
from desk import contact_requests
from desk.people import NotAdded
from store.accounts.account_details import Refused
from store.contacts.contact_requests import NotAsked, Wanted

Held = Annotated[str, Field(min_length=1, max_length=40)]
_OPERATORS = "People of an account are changed with the account, by PUT."
_WRONG = {
    NotAdded.NAME: ("name", "is no name"),
    NotAdded.EMAIL: ("email", "is no e-mail address"),
    NotAdded.USERNAME: ("username", "can be no username"),
    NotAsked.HOLDS: ("holds", "are no roles that can be asked for on this account"),
}


class ContactChange(BaseModel):
    """`add` takes the `name` and `email` of somebody new, `change` and `remove` the `username` of somebody on the account; `holds` are the roles they are to hold (permissions,
    where the scheme has no roles but those that are handed over)."""

    model_config = ConfigDict(extra="forbid")
    do: Literal["add", "change", "remove"]
    username: Annotated[str, Field(max_length=64)] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    holds: Annotated[list[Held], Field(max_length=20)] = []


class ContactRequest(BaseModel):
    """`ticket` is its number. `state`: draft (whoever made the key has to hand it in, at `page`), withdrawn, waiting (somebody who may manage contacts has to confirm
    it), confirmed, refused, ended; handed_in: the desk has it, since it cannot be made as it was asked for."""

    ticket: int
    state: Literal["draft", "withdrawn", "waiting", "confirmed", "refused", "ended", "handed_in"]
    page: str


def asked(asking: Asking, number: Number, change: ContactChange) -> Answer:
    """Asks for a change of who is on the account. It is a draft of whoever made the key; nothing is changed before they hand it in and it is confirmed."""
    account = _of_a_customer(asking)
    wanted = _wanted(change)
    made = contact_requests.draft(asking.tx, asking.who, account, number, wanted, _words(change))
    if made is None:
        raise ProblemError("not-found")
    if isinstance(made, Refused):
        raise problems.denied(made)
    if made is NotAsked.TOO_MANY:
        raise ProblemError("conflict", "Ten of them wait already. Hand them in, or take them back, on the page.")
    if isinstance(made, NotAsked | NotAdded):
        raise problems.invalid(*_WRONG[made])
    headers = {"Location": f"/api/v1/accounts/{number}/contact-requests/{made}"}
    return Answer(_told(asking, made, "draft"), 202, headers, is_object=False)


def looked(asking: Asking, number: Number, ticket: TicketNumber) -> Answer:
    """What became of a change that was asked for."""
    became = contact_requests.became(asking.tx, asking.who, _of_a_customer(asking), number, ticket)
    if isinstance(became, Refused):
        raise problems.denied(became)
    if not became:
        raise ProblemError("not-found")
    return Answer(_told(asking, ticket, became))


def _of_a_customer(asking: Asking) -> int:
    if asking.key.account is None:
        raise ProblemError("other-kind", _OPERATORS)
    return asking.key.account


def _wanted(change: ContactChange) -> Wanted:
    """Raises `ProblemError` for a field that is missing, or goes with another change."""
    takes = {"add": ("name", "email", "holds"), "change": ("username", "holds"), "remove": ("username",)}[change.do]
    for name in ("username", "name", "email", "holds"):
        if bool(getattr(change, name)) != (name in takes):
            raise problems.invalid(name, "is needed" if name in takes else f"is not for {change.do}")
    who = change.name if change.do == "add" else change.username
    return Wanted(change.do, who, change.email, frozenset(change.holds))


def _words(change: ContactChange) -> str:
    """What its maker reads on the ticket, and the desk once it is handed in: each field on a line of its own, so that none reads as another."""
    holds = f"To hold: {', '.join(change.holds)}"
    match change.do:
        case "add":
            return f"Add a contact\nName: {change.name}\nE-mail address: {change.email}\n{holds}"
        case "change":
            return f"Change what {change.username} holds\n{holds}"
        case "remove":
            return f"Remove {change.username}"


def _told(asking: Asking, ticket: int, state: str) -> ContactRequest:
    page = f"{asking.context.origin}/tickets/{ticket}"
    return ContactRequest.model_validate({"ticket": ticket, "state": state, "page": page})
