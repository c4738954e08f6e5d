"""Open this to see how a decision is taken: one pure function from an Ask and a Standing to a Grant or a Denied."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from authz.grant import Denied, Grant
from authz.scheme import Answer, Scheme
from authz.words import (
    CELL_OF,
    DESK_ACTIONS,
    FACTS,
    PROOF_NEEDED,
    REQUESTS,
    Action,
    Next,
    Proof,
    Reason,
    Status,
    Topic,
)

CLOSED_OWNER_KEEPS: Final = frozenset(
    {
        "portal.login",
        "billing.view",
        "billing.pay",
        "ticket.view:billing",
        "ticket.open:billing",
        "ticket.reply:billing",
        "account.reopen",
    }
)
"""What the owner keeps on a closed account (section "The actions"); everyone else keeps nothing."""

SUSPENDED_LOSES: Final = frozenset({"ticket.open:technical", "phone.emergency", "right.lend", *REQUESTS})
"""What nobody gets on a suspended account (section "The actions")."""

_UNVERIFIED: Final = Denied(Reason.UNVERIFIED, ("D-proof",), Next.VERIFY)
_STEP_UP: Final = Denied(Reason.STEP_UP, ("D-proof",), Next.STEP_UP)
_NOT_A_CONTACT: Final = Denied(Reason.NOT_A_CONTACT, ("D-contact",), Next.ASK_CONTACT_ADMIN)
_NOT_OF_THE_DESK: Final = Denied(Reason.NOT_A_CONTACT, ("D-desk",), Next.ASK_SUPERVISOR)
_OTHER_KIND: Final = Denied(Reason.NO_RIGHT, ("D-desk",), Next.NONE)
_BY_LOAN: Final = ("D-lent",)
_MEMO_LIMIT: Final = 50_000
"""Answers a scheme remembers before it starts afresh; the shipped ones have fewer than 20,000 in all."""


class Ask(NamedTuple):
    """Who asks to do what, on which account, about what, how well proven."""

    subject: str
    action: Action
    account: int | None
    topic: Topic | None
    proof: Proof
    service: str | None = None

    @property
    def cell(self) -> str:
        """`ticket.open:technical`, or just `billing.view`; ValueError where a topic is missing or out of place."""
        return _cell(self.action, self.topic)


class Standing(NamedTuple):
    """What a subject holds on an account now, under which scheme, which facts are true, and what is lent to them.

    `lent` are cells with the limit each was lent with, a word of LENT; whoever lends holds both rights at this moment.
    """

    subject: str
    account: int | None
    scheme: Scheme
    status: Status
    held: frozenset[str]
    facts: frozenset[str]
    lent: Mapping[str, str] = MappingProxyType({})


def judge(ask: Ask, standing: Standing | None) -> Grant | Denied:
    """Decide. No database, no clock, no memory of who asked before.

    Order of reasons (section "The actions"): proof below verified, not a contact, no right or not covered, the
    account's state, a further factor.
    """
    subject, action, account, topic, proof, service = ask
    need = PROOF_NEEDED[action]
    if need and proof < 2:  # Proof.VERIFIED
        return _UNVERIFIED
    if standing is None:
        return _NOT_OF_THE_DESK if action in DESK_ACTIONS else _NOT_A_CONTACT
    its_subject, its_account, scheme, status, held, facts, lent = standing
    if its_subject != subject or its_account != account:
        return _NOT_OF_THE_DESK if action in DESK_ACTIONS else _NOT_A_CONTACT
    outcome = scheme.memo.get((held, action, topic, status, facts))
    if outcome is None:
        outcome = _work_out(standing, action, topic)
    if type(outcome) is Denied:
        if not lent or status != Status.ACTIVE or (limit := lent.get(_cell(action, topic))) is None:
            return outcome
        outcome = (limit, _BY_LOAN)
    if proof < need:
        return _STEP_UP
    return tuple.__new__(Grant, (subject, action, account, topic, proof, service, *outcome))


def _work_out(standing: Standing, action: Action, topic: Topic | None) -> Denied | tuple[str, tuple[str, ...]]:
    """A refusal, or the limit and rules of a yes; remembered in the scheme. Holds for every subject and account."""
    _, _, scheme, status, held, facts, _ = standing
    outcome = _look_up(scheme, held, facts, Status(status), _cell(action, topic))
    if held <= scheme.words and facts <= FACTS:  # unknown words could grow the memo without end
        if len(scheme.memo) >= _MEMO_LIMIT:
            scheme.memo.clear()
        scheme.memo[held, action, topic, status, facts] = outcome
    return outcome


def _look_up(
    scheme: Scheme, held: frozenset[str], facts: frozenset[str], status: Status, cell: str
) -> Denied | tuple[str, tuple[str, ...]]:
    if cell not in scheme.rows:
        return _OTHER_KIND
    answer = scheme.answer(held, cell, facts)
    if not answer.allowed:
        return _no(scheme, cell, answer)
    if status is Status.CLOSED and not (scheme.owner in held and cell in CLOSED_OWNER_KEEPS):
        way = Next.REOPEN_ACCOUNT if scheme.owner in held else Next.ASK_OWNER
        return Denied(Reason.ACCOUNT_CLOSED, ("D-account.closed",), way)
    if status is Status.SUSPENDED and cell in SUSPENDED_LOSES:
        billing = scheme.answer(held, "ticket.open:billing", facts).allowed
        way = Next.OPEN_BILLING_TICKET if billing else Next.ASK_OWNER
        return Denied(Reason.ACCOUNT_SUSPENDED, ("D-account.suspended",), way)
    return (answer.when, answer.rules)


def _no(scheme: Scheme, cell: str, answer: Answer) -> Denied:
    if answer.waits:
        return Denied(Reason.NOT_COVERED, answer.rules, Next.OPEN_TICKET)
    if scheme.owner is None:
        return Denied(Reason.NO_RIGHT, answer.rules, Next.ASK_SUPERVISOR)
    return Denied(Reason.NO_RIGHT, answer.rules, Next.ASK_OWNER if scheme.only_owner(cell) else Next.ASK_CONTACT_ADMIN)


def _cell(action: Action, topic: Topic | None) -> str:
    cell = CELL_OF.get((action, topic))
    if cell is None:
        raise ValueError(f"{action} needs a topic" if topic is None else f"{action} takes no topic, not {topic}")
    return cell
