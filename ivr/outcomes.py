"""What comes of an effect: the facts a call goes on with, each already allowed, refused or told by `store`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from authz import Action, Denied, Status, Topic
from ivr.hours import Opening
from ivr.proofs import ProofOutcome
from store.accounts.account_details import AccountName, Invoice, Service, ServiceName
from store.tickets.customer_tickets import Ticket


@dataclass(frozen=True, slots=True)
class Proved:
    """`duress`: by the PIN that says they are threatened."""

    subject: str
    accounts: tuple[int, ...]
    duress: bool = False


@dataclass(frozen=True, slots=True)
class NotProved:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What was keyed is the code of this person, whose PIN is locked: their next ones are looked at. It proves nothing."""

    person: int


@dataclass(frozen=True, slots=True)
class LineBusy:
    pass


@dataclass(frozen=True, slots=True)
class MessagesOnly:
    """A budget of wrong PINs is `spent`, or the operator has switched the phone to messages."""

    spent: bool = False


@dataclass(frozen=True, slots=True)
class AccountsNamed:
    names: tuple[AccountName, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class AccountFound:
    account: int | None


@dataclass(frozen=True, slots=True)
class Offered:
    """Cells allowed now (and `slack.link`); the account's name if there are several. `requests_alone`: no ticket, only a change to ask for."""

    cells: frozenset[str]
    name: str
    requests_alone: bool = False
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, what would be needed, and who on the account can help. Spoken to a verified contact of that account. `elsewhere`:
    what they can do in Slack all the same, `billing` tickets or the `request` itself."""

    cell: str
    denied: Denied
    needs: tuple[str, ...] = ()
    needs_role: bool = False
    helpers: tuple[str, ...] = ()
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class TopicsAllowed:
    """`requests`: whether a change could be asked for as well. `state`: of an account that takes billing tickets alone. `why` there is
    no topic."""

    topics: tuple[Topic, ...]
    requests: bool = False
    state: Status | None = None
    why: Refused | None = None


def without_slack(outcome: Outcome) -> Outcome:
    """The same at a desk that has none: nobody is sent there."""
    match outcome:
        case Refused():
            return replace(outcome, elsewhere="")
        case TopicsAllowed(why=Refused() as why):
            return replace(outcome, why=replace(why, elsewhere=""))
    return outcome


@dataclass(frozen=True, slots=True)
class ServicesNamed:
    names: tuple[ServiceName, ...]


@dataclass(frozen=True, slots=True)
class TicketSaved:
    number: int


@dataclass(frozen=True, slots=True)
class TicketKept:
    """The right went meanwhile: what was spoken waits with the desk."""


@dataclass(frozen=True, slots=True)
class TicketsFound:
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class ReplyAllowed:
    pass


@dataclass(frozen=True, slots=True)
class MessageAllowed:
    refused: str = ""  # whose messages are too many: number, withheld, others
    on_file: bool = False  # only those from a number on file are taken, and nobody hears whether theirs is


@dataclass(frozen=True, slots=True)
class MessageLeft:
    pass


@dataclass(frozen=True, slots=True)
class Invoices:
    invoices: tuple[Invoice, ...]


@dataclass(frozen=True, slots=True)
class Services:
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class LinkCode:
    """For the caller's ears alone, so it hides itself from logs. None: the desk has no Slack."""

    digits: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestsAllowed:
    """Actions that would be allowed with a second proof, in the order of the rules."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class RequestAllowed:
    pass


@dataclass(frozen=True, slots=True)
class NothingToChange:
    """The account is what the request would make of it: nobody who may is asked for a proof in vain."""


@dataclass(frozen=True, slots=True)
class RequestSaved:
    """`drafted`: the second proof had run out by then, and the desk has not got it."""

    number: int
    drafted: bool


@dataclass(frozen=True, slots=True)
class HandedIn:
    """None: there is no such draft (any more). `already`: by the answer in Slack, or long since."""

    number: int | None
    already: bool = False


@dataclass(frozen=True, slots=True)
class Ringing:
    ring: int


@dataclass(frozen=True, slots=True)
class StillRinging:
    """`position` in the queue, from 1."""

    position: int


@dataclass(frozen=True, slots=True)
class Taken:
    """`words`: the desk's two, by which the caller knows the agent."""

    room: str
    words: tuple[str, str]


@dataclass(frozen=True, slots=True)
class BackInRoom:
    room: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What for: pin, second, or empty where it is asked no more."""

    what: str


@dataclass(frozen=True, slots=True)
class DeskClosed:
    opens: Opening


@dataclass(frozen=True, slots=True)
class UnlockCode:
    """For the ears of whoever is called alone, so it hides itself from logs. None: it is wanted no more."""

    digits: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NobodyCame:
    pass


@dataclass(frozen=True, slots=True)
class RingEnded:
    """`number` is the call-back ticket's; None where none was needed or it waits with the desk. `asked`: they wanted that."""

    number: int | None
    nobody_came: bool
    asked: bool = False


@dataclass(frozen=True, slots=True)
class BeingUpdated:
    """Nothing is told, for somebody threatens the caller: see duress.py."""


Outcome = (
    Proved
    | NotProved
    | Unlocked
    | LineBusy
    | MessagesOnly
    | AccountsNamed
    | AccountFound
    | Offered
    | Refused
    | TopicsAllowed
    | ServicesNamed
    | TicketSaved
    | TicketKept
    | TicketsFound
    | ReplyAllowed
    | MessageAllowed
    | MessageLeft
    | Invoices
    | Services
    | LinkCode
    | RequestsAllowed
    | RequestAllowed
    | NothingToChange
    | RequestSaved
    | HandedIn
    | Ringing
    | StillRinging
    | Taken
    | NobodyCame
    | RingEnded
    | BackInRoom
    | Asked
    | DeskClosed
    | UnlockCode
    | BeingUpdated
    | ProofOutcome
)
