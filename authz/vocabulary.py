"""Open this to see or change a word of the vocabulary: actions, topics, proof levels, reasons, ways forward.

Which rules there are: docs/reference/rules.md. `D-` words are our own decisions (X7), never a document's rule.
"""

import re
from enum import IntEnum, StrEnum
from typing import Final

_PERSON: Final = re.compile(r"person:[0-9]{1,18}")
_STAFF: Final = re.compile(r"staff:[0-9]{1,18}")
_ASSISTANT: Final = re.compile(r"assistant:[0-9]{1,18}")
_KEY: Final = re.compile(r"key:[0-9]{1,18}")


class Subject(str):
    """Who asks or acts: `person:17`, `staff:3`, `key:5`, `assistant:8`, `desk:worker`, `nobody`. Never a name, so that a person can be erased and the
    ledger keeps its chain.

    It is the very text that columns and the ledger hold: nothing is converted on the way, and mypy finds any
    other text in its place.
    """

    __slots__ = ()

    @classmethod
    def of_person(cls, id: int) -> "Subject":
        return cls(f"person:{id}")

    @classmethod
    def of_staff(cls, id: int) -> "Subject":
        return cls(f"staff:{id}")

    @classmethod
    def of_key(cls, id: int) -> "Subject":
        return cls(f"key:{id}")

    @classmethod
    def of_assistant(cls, id: int) -> "Subject":
        return cls(f"assistant:{id}")

    @property
    def is_person(self) -> bool:
        return _PERSON.fullmatch(self) is not None

    @property
    def is_staff(self) -> bool:
        return _STAFF.fullmatch(self) is not None

    @property
    def person(self) -> int:
        """The id of a customer; ValueError for everybody else."""
        if not self.is_person:
            raise ValueError(f"{self} is not a person")
        return int(self[7:])

    @property
    def staff(self) -> int:
        """The id of one of the desk's people; ValueError for everybody else."""
        if not self.is_staff:
            raise ValueError(f"{self} is not of the staff")
        return int(self[6:])

    @property
    def is_key(self) -> bool:
        return _KEY.fullmatch(self) is not None

    @property
    def key(self) -> int:
        """The id of an API key; ValueError for everybody else."""
        if not self.is_key:
            raise ValueError(f"{self} is not a key")
        return int(self[4:])

    @property
    def is_assistant(self) -> bool:
        return _ASSISTANT.fullmatch(self) is not None

    @property
    def assistant(self) -> int:
        """The id of a program that helps one of the staff with one case; ValueError for everybody else."""
        if not self.is_assistant:
            raise ValueError(f"{self} is not an assistant")
        return int(self[10:])


class Proof(IntEnum):
    """How sure it is who is asking (section "Proof levels")."""

    NONE = 0
    CLAIMED = 1
    VERIFIED = 2
    STEPPED_UP = 3

    word: str
    """The word used in files, on the command line and in the ledger: `stepped-up`."""

    def __init__(self, _level: int) -> None:
        self.word = self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, word: str) -> "Proof":
        """The level of that word; ValueError if there is none."""
        for level in cls:
            if level.word == word:
                return level
        raise ValueError(f"no such proof level: {word!r}; one of {', '.join(p.word for p in cls)}")


class Topic(StrEnum):
    """What a ticket is about."""

    TECHNICAL = "technical"
    BILLING = "billing"


class At(StrEnum):
    """Where it is asked: at a support channel (phone, Slack, mail), or on the account's own pages."""

    SUPPORT = "support"
    PAGES = "pages"


class Status(StrEnum):
    """The status of an account."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Action(StrEnum):
    """What the desk does for a person, and (desk.*) what the desk's own people and machinery do."""

    PORTAL_LOGIN = "portal.login"
    CONTACTS_VIEW = "contacts.view"
    TICKET_VIEW = "ticket.view"
    TICKET_OPEN = "ticket.open"
    TICKET_REPLY = "ticket.reply"
    PHONE_SUPPORT = "phone.support"
    PHONE_EMERGENCY = "phone.emergency"
    BILLING_VIEW = "billing.view"
    BILLING_PAY = "billing.pay"
    SERVICE_VIEW = "service.view"
    SERVICE_MANAGE = "service.manage"
    SERVICE_CREDENTIALS = "service.credentials"
    SERVICE_ORDER = "service.order"
    SERVICE_CANCEL = "service.cancel"
    SERVICE_TRANSFER = "service.transfer"
    ACCOUNT_CLOSE = "account.close"
    ACCOUNT_REOPEN = "account.reopen"
    CONTACTS_MANAGE = "contacts.manage"
    APIKEYS_MANAGE = "apikeys.manage"
    RIGHT_LEND = "right.lend"
    ACCOUNT_LOCK = "account.lock"
    ACCOUNT_RECORDS = "account.records"
    DESK_DELIVER = "desk.deliver"
    DESK_TICKET_WORK = "desk.ticket.work"
    DESK_CARD_VIEW = "desk.card.view"
    DESK_PROOF_ASK = "desk.proof.ask"
    DESK_PIN_REISSUE = "desk.pin.reissue"
    DESK_LEDGER_READ = "desk.ledger.read"
    DESK_THREAT_SWITCH = "desk.threat.switch"
    DESK_STAFF_MANAGE = "desk.staff.manage"
    DESK_OPERATE = "desk.operate"
    DESK_ACCOUNTS_READ = "desk.accounts.read"
    DESK_ACCOUNTS_WRITE = "desk.accounts.write"
    DESK_TICKETS_READ = "desk.tickets.read"
    DESK_DECISIONS_READ = "desk.decisions.read"
    DESK_VERIFICATIONS_WRITE = "desk.verifications.write"
    DESK_NOTICES_WRITE = "desk.notices.write"
    DESK_REPORTS_READ = "desk.reports.read"
    DESK_WEBHOOKS_WRITE = "desk.webhooks.write"
    DESK_HELP_DESK = "desk.help_desk"


class Reason(StrEnum):
    """Why an answer came out as it did. The codes are stable; docs/reasons.md explains each."""

    ALLOWED = "allowed"
    UNVERIFIED = "unverified"
    NOT_A_CONTACT = "not_a_contact"
    NO_SUPPORT = "no_support"
    NO_RIGHT = "no_right"
    NOT_COVERED = "not_covered"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_LOCKED = "account_locked"
    STEP_UP = "step_up"


class WayForward(StrEnum):
    """The way forward after a refusal. The codes are stable; docs/reasons.md explains each."""

    NONE = "none"
    VERIFY = "verify"
    ASK_FOR_SUPPORT = "ask_for_support"
    SIGN_IN = "sign_in"
    ASK_CONTACT_ADMIN = "ask_contact_admin"
    ASK_OWNER = "ask_owner"
    ASK_BILLING_TICKET = "ask_billing_ticket"
    ASK_TO_REOPEN = "ask_to_reopen"
    ASK_TO_UNLOCK = "ask_to_unlock"
    ASK_SUPERVISOR = "ask_supervisor"
    ASK_ADMINISTRATOR = "ask_administrator"
    OPEN_TICKET = "open_ticket"
    OPEN_BILLING_TICKET = "open_billing_ticket"
    REOPEN_ACCOUNT = "reopen_account"
    UNLOCK_ACCOUNT = "unlock_account"
    LEAVE_MESSAGE = "leave_message"
    STEP_UP = "step_up"


TOPIC_ACTIONS: Final = frozenset({Action.TICKET_VIEW, Action.TICKET_OPEN, Action.TICKET_REPLY})
"""The actions that carry a topic: `ticket.*` and nothing else."""

DESK_ACTIONS: Final = tuple(action for action in Action if action.startswith("desk."))
"""The actions of the desk's own people and machinery, judged under the scheme `desk`."""

OWNERS_ACTIONS: Final = (Action.ACCOUNT_LOCK, Action.ACCOUNT_RECORDS)
"""What the owner alone does, in every scheme: no row of a scheme file says so, and none can say otherwise."""

CUSTOMER_ACTIONS: Final = tuple(action for action in Action if action not in DESK_ACTIONS + OWNERS_ACTIONS)
"""The actions of the decision table, in its order."""

CELL_OF: Final[dict[tuple[Action, Topic | None], str]] = {
    (action, topic): f"{action}:{topic}" if topic else str(action)
    for action in Action
    for topic in ((Topic.TECHNICAL, Topic.BILLING) if action in TOPIC_ACTIONS else (None,))
}
"""(action, topic) → cell; what is not in here is not a question the desk can be asked."""


def _customer_cells() -> tuple[str, ...]:
    tickets = [CELL_OF[a, t] for t in Topic for a in CUSTOMER_ACTIONS if a in TOPIC_ACTIONS]
    plain = [CELL_OF[a, None] for a in CUSTOMER_ACTIONS if a not in TOPIC_ACTIONS]
    return (*plain[:2], *tickets, *plain[2:])  # portal.login, contacts.view, the tickets by topic, the rest


CELLS: Final = _customer_cells()
"""The rows of a customer scheme, in the order of the decision table."""

DESK_CELLS: Final = tuple(str(action) for action in DESK_ACTIONS)
"""The rows of the scheme `desk`."""

REQUESTS: Final = (
    Action.SERVICE_ORDER,
    Action.SERVICE_CANCEL,
    Action.SERVICE_TRANSFER,
    Action.ACCOUNT_CLOSE,
    Action.ACCOUNT_REOPEN,
    Action.BILLING_PAY,
    Action.CONTACTS_MANAGE,
    Action.SERVICE_CREDENTIALS,
)
"""Actions a ticket can ask the desk to carry out (section "The actions": "A request is a ticket of a kind")."""

ABOUT_A_SERVICE: Final = (Action.SERVICE_CANCEL, Action.SERVICE_TRANSFER, Action.SERVICE_CREDENTIALS)
"""Those of them that are about a service the account has."""

TOPIC_OF: Final = {
    action: Topic.BILLING
    if action in (Action.BILLING_PAY, Action.ACCOUNT_CLOSE, Action.ACCOUNT_REOPEN)
    else Topic.TECHNICAL
    for action in REQUESTS
}
"""The topic a request is kept under."""

_STEPPED_UP: Final = {*REQUESTS, *OWNERS_ACTIONS, Action.SERVICE_MANAGE, Action.APIKEYS_MANAGE}

PROOF_NEEDED: Final[dict[Action, Proof]] = {
    action: Proof.NONE
    if action is Action.PORTAL_LOGIN or action in DESK_ACTIONS  # "-" in the table; staff are not proven by phone
    else Proof.STEPPED_UP
    if action in _STEPPED_UP
    else Proof.VERIFIED
    for action in Action
}
"""The column "proof needed" of the decision table. No scheme file can lower it."""

OWNER_ONLY: Final = ("service.cancel", "service.transfer", "account.close", "account.reopen")
"""Rows that stay the owner's everywhere (X1)."""

WITHOUT_SUPPORT: Final = frozenset({"portal.login", "contacts.view"})
"""What takes no right to support anywhere (section "Support first"): so that a refusal has a way forward."""

FACTS: Final = frozenset({"sla"})
"""`when` words that are conditions, true or not at this moment (MS-30): unmet, the answer is `not_covered`."""

LOCKED: Final = "locked"
"""A fact about an account: its owner has locked it against changes."""

LENDABLE: Final = tuple(cell for cell in CELLS if cell.startswith("ticket."))
"""The cells `right.lend` may lend: the ticket rights, each with its topic."""

LENT: Final = frozenset({"lent", "one_ticket", "own_tickets"})
"""`when` words of a yes by a lent right: as it is, for opening one ticket, and for tickets one has opened oneself."""

OWN_REQUESTS: Final = "own_requests"
"""The `when` word of a yes to see or to answer the requests one has made, and no other ticket."""

LIMITS: Final = frozenset({"billing_topics"})
"""`when` words of customer schemes that limit a yes and travel in the grant (MT-4 for the billing contact)."""

DESK_LIMITS: Final = frozenset({"read", "queue", "open_case", "one_case"})
"""`when` words of the desk's own table."""


class NoticeKind(StrEnum):
    """What a notice is about: who is told, a scheme file says (section "Who is told")."""

    BILLING = "billing"
    TECHNICAL = "technical"
    ACCOUNT = "account"
    TICKET = "ticket"


REASON_WORDS: Final[dict[Reason, str]] = {
    Reason.ALLOWED: "Allowed.",
    Reason.UNVERIFIED: "We do not know well enough who is asking.",
    Reason.NOT_A_CONTACT: "This person is not on the account.",
    Reason.NO_SUPPORT: "This person may not ask for support, which comes first by phone, in Slack and by mail.",
    Reason.NO_RIGHT: "Nothing this person holds on the account allows it.",
    Reason.NOT_COVERED: "It is allowed only for a service under the Managed Platform SLA, and none here is.",
    Reason.ACCOUNT_SUSPENDED: "The account is suspended.",
    Reason.ACCOUNT_CLOSED: "The account is closed.",
    Reason.ACCOUNT_LOCKED: "The account is locked against changes.",
    Reason.STEP_UP: "It needs a second proof of who is asking.",
}

WAY_FORWARD_WORDS: Final[dict[WayForward, str]] = {
    WayForward.NONE: "There is nothing more to do.",
    WayForward.VERIFY: "Prove who you are: the PIN on the phone, a linked Slack member, or a portal login.",
    WayForward.ASK_FOR_SUPPORT: "Sign in to see what is yours; someone who may manage the account's contacts can give you support.",
    WayForward.SIGN_IN: "Sign in to see what is yours.",
    WayForward.ASK_CONTACT_ADMIN: "Ask someone who may manage the account's contacts to grant it.",
    WayForward.ASK_OWNER: "Ask the account's owner (Memset: its admin contact); only they can do this.",
    WayForward.ASK_BILLING_TICKET: "Ask the account's owner to open a billing ticket about the suspension.",
    WayForward.ASK_TO_REOPEN: "Ask the account's owner to have the account reopened; only they can.",
    WayForward.ASK_TO_UNLOCK: "The account is locked against changes: ask its owner to unlock it; only they can.",
    WayForward.ASK_SUPERVISOR: "Ask a supervisor or administrator of the desk.",
    WayForward.ASK_ADMINISTRATOR: "Ask an administrator of the desk.",
    WayForward.OPEN_TICKET: "Open an ordinary ticket instead.",
    WayForward.OPEN_BILLING_TICKET: "Open a billing ticket to have the suspension looked at.",
    WayForward.REOPEN_ACCOUNT: "Ask for the account to be reopened.",
    WayForward.UNLOCK_ACCOUNT: "You locked the account against changes: unlock it on its page first.",
    WayForward.LEAVE_MESSAGE: "Nobody on the account can change that: call the desk and leave a message.",
    WayForward.STEP_UP: "Give a second proof: a code to a number on file, an approval in Slack, or an authenticator code.",
}
