"""What buttons, choices and forms of ours say when they come back: written by `dump`, read by `parse`, and by nothing else.

The fields stand in their order with `:` between them, or `|` where a field may hold one; the last may hold any. Whatever comes back
is asked for again.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar, get_args

from annotated_types import Predicate
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from authz import LENDABLE, REQUESTS, Topic
from desk import choices
from store.text import numbers

Number = Annotated[int, BeforeValidator(numbers.parse_int)]


class Opens(NamedTuple):
    """What may be opened, on which account (id)."""

    account: Number
    kind: Annotated[choices.Kind, Predicate(lambda kind: isinstance(kind, Topic) or kind in REQUESTS)]


class OfService(NamedTuple):
    account: Number
    ref: str


class OfCell(NamedTuple):
    """A right that can be lent."""

    account: Number
    cell: Annotated[str, Predicate(LENDABLE.__contains__)]


class ForHours(NamedTuple):
    request: Number
    hours: Number


class OfTicket(NamedTuple):
    """`of` is whoever is shown to have it, or a message on it, the newest or one to correct; 0 is none."""

    ticket: Number
    of: Number = 0


class ToStatus(NamedTuple):
    ticket: Number
    status: str


class ToProve(NamedTuple):
    """On an account (id), for a draft; 0 is for none."""

    account: Number
    ticket: Number


class ToCall(NamedTuple):
    kind: Literal["support_call", "ticket", "person"]
    id: Number


class ToConfirm(NamedTuple):
    """A change of contacts that was asked for (id), as it was looked at."""

    request: Number
    stamp: str


class FromMail(NamedTuple):
    """What a mail (id) is to become: a ticket about a topic, on the account of that number."""

    mail: Number
    topic: Topic
    account: str


class Kept(NamedTuple):
    """Where words came from that a message of ours asks about, their files, and the seal of all this."""

    mark: Literal["from"]
    channel: str
    thread: str
    ts: str
    files: str
    seal: str = ""


class Opening(NamedTuple):
    """The form for a ticket: the thread it was asked for in, whose words stand in it, and what is opened where there is no choice."""

    channel: str = ""
    thread: str = ""
    source: str = ""
    files: str = ""
    files_seal: str = ""
    words_seal: str = ""
    only: str = ""


Value = (
    Opens
    | OfService
    | OfCell
    | ForHours
    | OfTicket
    | ToStatus
    | ToProve
    | ToCall
    | ToConfirm
    | FromMail
    | Kept
    | Opening
)
Kind = TypeVar("Kind", bound=Value)


def dump(value: str | Value) -> str:
    return value if isinstance(value, str) else _between(type(value)).join(map(str, value))


def parse(kind: type[Kind], said: str) -> Kind | None:
    """None: it is none of ours."""
    try:
        found: Kind = _ADAPTERS[kind].validate_python(said.split(_between(kind), len(kind._fields) - 1))
    except ValidationError:
        return None
    return found


def _between(kind: type[Any]) -> str:
    return "|" if kind in (Kept, Opening) else ":"


_ADAPTERS: Final = {kind: TypeAdapter[Any](kind) for kind in get_args(Value)}
