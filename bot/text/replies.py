"""What somebody is to be told, until the worker tells it: a value, as it stands in a job and on a button. What may be told is read then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeGuard

from store.text import numbers


@dataclass(frozen=True, slots=True)
class Fixed:
    """Words of ours by their key, which say nothing about anybody: told to whoever it is."""

    key: str


@dataclass(frozen=True, slots=True)
class AboutTicket:
    """Words of ours by their key, with the number of a ticket of theirs."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Named:
    """An answer that has a name and nothing more: one of NAMES."""

    name: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why they may not do something (a cell)."""

    cell: str


@dataclass(frozen=True, slots=True)
class Tickets:
    """A page of their tickets."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class OneTicket:
    number: int


@dataclass(frozen=True, slots=True)
class TransferCode:
    """A code that carries a second proof to the phone: on which account (id), for what; or, without, which it may be."""

    account: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The question what words of theirs are to become: `which` ticket, a `change`, or they are `unsure`."""

    meaning: str


Offered = Named | Why | Tickets | OneTicket | TransferCode
"""What a button can ask for."""
Reply = Fixed | AboutTicket | Unclear | Offered

OPEN, HELP, STRANGER, YOU_ARE_STAFF = Named("open"), Named("help"), Fixed("stranger"), Fixed("you_are_staff")
PRIVATE: Final = ("prove", "proved", "authenticator", "locked_out", "mails")  # for direct messages alone
NAMES: Final = ("help", "bills", "services", "contacts", "account", "lent", "open", "thanks", *PRIVATE)
_KINDS: Final = {
    one.__name__: one for one in (Fixed, AboutTicket, Named, Why, Tickets, OneTicket, TransferCode, Unclear)
}


def to_payload(reply: Reply) -> dict[str, Any]:
    """As a job keeps it."""
    return {"reply": type(reply).__name__, **asdict(reply)}


def from_payload(kept: Mapping[str, Any]) -> Reply:
    return _KINDS[kept["reply"]](**{name: value for name, value in kept.items() if name != "reply"})


def to_value(reply: Offered) -> str:
    """As a button asks for it."""
    match reply:
        case Named(name):
            return name
        case Why(cell):
            return f"why:{cell}"
        case Tickets(page):
            return f"tickets:{page}"
        case OneTicket(number):
            return f"ticket:{number}"
        case TransferCode(account, kind):
            return f"transfer_code:{account}:{kind}" if account else "transfer_code"


def from_value(said: str) -> Offered | None:
    """What a button, or the intent of a message, asks for. None: nothing of these."""
    name, _, more = said.partition(":")
    if name in NAMES:
        return Named(name)
    if name == "why":
        return Why(more)
    if name == "tickets":
        return Tickets(numbers.parse_int(more, 5) or 0)
    if name == "ticket":
        return OneTicket(numbers.parse_int(more) or 0)
    account, _, kind = more.partition(":")
    return TransferCode(numbers.parse_int(account, 18) or 0, kind) if name == "transfer_code" else None


def is_private(reply: Reply) -> TypeGuard[Named | TransferCode]:
    """For direct messages alone: codes, one-time links, how they are proved."""
    return isinstance(reply, TransferCode) or (isinstance(reply, Named) and reply.name in PRIVATE)


def fades(reply: Reply) -> bool:
    """Whether what is shown is good for minutes, and says so afterwards."""
    return isinstance(reply, TransferCode) or reply in (Named("authenticator"), Named("locked_out"))
