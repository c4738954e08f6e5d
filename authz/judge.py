"""Open this to see how a decision is taken: one pure function from an Ask and a Standing to a Grant or a Denied."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from authz.grant import Denied, Grant
from authz.scheme import Scheme
from authz.vocabulary import (
    CELL_OF,
    CELLS,
    DESK_ACTIONS,
    FACTS,
    LOCKED,
    OWN_REQUESTS,
    OWNERS_ACTIONS,
    PROOF_NEEDED,
    REQUESTS,
    TOPIC_OF,
    WITHOUT_SUPPORT,
    Action,
    At,
    Proof,
    Reason,
    Status,
    Subject,
    Topic,
    WayForward,
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

LOCKED_LOSES: Final = frozenset({"right.lend", "service.manage", "apikeys.manage", *REQUESTS})
"""What nobody gets on an account that its owner has locked against changes, the owner neither."""

_UNVERIFIED: Final = Denied(Reason.UNVERIFIED, ("D-proof",), WayForward.VERIFY)
_STEP_UP: Final = Denied(Reason.STEP_UP, ("D-proof",), WayForward.STEP_UP)
_NOT_A_CONTACT: Final = Denied(Reason.NOT_A_CONTACT, ("D-contact",), WayForward.ASK_CONTACT_ADMIN)
_NOT_OF_THE_DESK: Final = Denied(Reason.NOT_A_CONTACT, ("D-desk",), WayForward.ASK_SUPERVISOR)
_OTHER_KIND: Final = Denied(Reason.NO_RIGHT, ("D-desk",), WayForward.NONE)
_OUT_OF_SCOPE: Final = Denied(Reason.NO_RIGHT, ("D-key.scope",), WayForward.NONE)
_BY_STATUS: Final = {
    Reason.ACCOUNT_CLOSED: "D-account.closed",
    Reason.ACCOUNT_SUSPENDED: "D-account.suspended",
    Reason.ACCOUNT_LOCKED: "D-account.locked",
}
_BY_DELEGATION: Final = ("D-lent",)
_BY_REQUEST: Final = ("D-request",)
_NO_FACTS: Final = frozenset[str]()
_KNOWN_FACTS: Final = FACTS | {LOCKED}
_KEPT: Final = CLOSED_OWNER_KEEPS.union(OWNERS_ACTIONS)
_ANYBODY: Final = Subject.of_person(0)
_MEMO_LIMIT: Final = 50_000
"""Answers a scheme remembers before it starts afresh; for what people hold under the shipped ones there are fewer than 45,000."""


class Ask(NamedTuple):
    """Who asks to do what, on which account, about what, how well proven, and where: `at` a support channel unless it says otherwise."""

    subject: Subject
    action: Action
    account: int | None
    topic: Topic | None
    proof: Proof
    service: str | None = None
    at: At = At.SUPPORT

    @property
    def cell(self) -> str:
        """`ticket.open:technical`, or just `billing.view`; ValueError where a topic is missing or out of place."""
        return _cell(self.action, self.topic)


class Standing(NamedTuple):
    """What a subject holds on an account now, under which scheme, which facts are true, and what is lent to them.

    `lent` are cells with the limit each was lent with, a word of LENT; the lender holds both rights at this moment.
    `own` are the cells by which they follow requests they have made, and may make. `scope`: the cells that the API key was made for by which
    they ask; None: they ask by none.
    """

    subject: Subject
    account: int | None
    scheme: Scheme
    status: Status
    held: frozenset[str]
    facts: frozenset[str]
    lent: Mapping[str, str] = MappingProxyType({})
    own: frozenset[str] = frozenset()
    scope: frozenset[str] | None = None


def judge(ask: Ask, standing: Standing | None) -> Grant | Denied:
    """Decide. No database, no clock, no memory of who asked before.

    Order of reasons (sections "The actions", "Support first"): proof below verified, not a contact, no right to support,
    no right or not covered, the account's status or lock, a second proof.
    """
    subject, action, account, topic, proof, service, at = ask
    need = PROOF_NEEDED[action]
    if need and proof < 2:  # Proof.VERIFIED
        return _UNVERIFIED
    if standing is None:
        return _NOT_OF_THE_DESK if action in DESK_ACTIONS else _NOT_A_CONTACT
    its_subject, its_account, scheme, status, held, facts, lent, own, scope = standing
    if its_subject != subject or its_account != account:
        return _NOT_OF_THE_DESK if action in DESK_ACTIONS else _NOT_A_CONTACT
    outcome = scheme.memo.get((held, action, topic, status, facts, at))
    if outcome is None:
        outcome = _work_out(standing, action, topic, at)
    if type(outcome) is Denied:
        besides = _besides(standing, _cell(action, topic), outcome) if lent or own else None
        if besides is None:
            return outcome
        outcome = besides
    if scope is not None and _cell(action, topic) not in scope:
        return _OUT_OF_SCOPE
    if proof < need:
        return _STEP_UP
    return tuple.__new__(Grant, (subject, action, account, topic, proof, service, *outcome))


@lru_cache(maxsize=4096)
def requests_followed(scheme: Scheme, held: frozenset[str]) -> Mapping[str, str]:
    """The requests (kinds) that may be made with this, of topics whose tickets may not be seen with it → the topic: whoever made
    one follows it (D-request)."""
    return {
        str(action): str(topic)
        for action, topic in TOPIC_OF.items()
        if scheme.ruling(held, action).allowed and not scheme.ruling(held, f"ticket.view:{topic}").allowed
    }


class Allowed(NamedTuple):
    """A yes, to be told: its limit, and the rules it rests on."""

    when: str
    rules: tuple[str, ...]


class Rights(NamedTuple):
    """What somebody may do on an account as they are proven, by cell; the cells a second proof would open; the requests they could
    make with one; and whether they may ask for no support there, whatever else they hold."""

    may: Mapping[str, Allowed]
    step_up: frozenset[str]
    requests: tuple[Action, ...]
    no_support: bool


def rights(standing: Standing | None, proof: Proof, at: At) -> Rights:
    """Every cell for one customer at once, to say what may be told to them. It gives no grant."""
    if standing is None:
        return Rights({}, frozenset(), (), no_support=True)
    lent = tuple(sorted(standing.lent.items()))
    _, _, scheme, status, held, facts, _, own, scope = standing
    return _rights(scheme, Status(status), held, facts, lent, own, scope, proof, at)


@lru_cache(maxsize=4096)
def _rights(
    scheme: Scheme,
    status: Status,
    held: frozenset[str],
    facts: frozenset[str],
    lent: tuple[tuple[str, str], ...],
    own: frozenset[str],
    scope: frozenset[str] | None,
    proof: Proof,
    at: At,
) -> Rights:
    """The judge's answers. Whose standing it is, and on which account, changes none of them."""
    standing = Standing(_ANYBODY, 0, scheme, status, held, facts, dict(lent), own, scope)
    may, step_up = dict[str, Allowed](), set[str]()
    for (action, topic), cell in CELL_OF.items():
        verdict = judge(Ask(_ANYBODY, action, 0, topic, proof, at=at), standing) if cell in CELLS else None
        if isinstance(verdict, Grant):
            may[cell] = Allowed(verdict.when, verdict.rules)
        elif verdict is _STEP_UP:
            step_up.add(cell)
    there = (action for action in REQUESTS if action != Action.ACCOUNT_REOPEN or status is Status.CLOSED)
    requests = tuple(action for action in there if action in may or action in step_up)
    support = judge(Ask(_ANYBODY, Action.PHONE_SUPPORT, 0, None, Proof.VERIFIED, at=at), standing)
    none = isinstance(support, Denied) and support.reason is Reason.NO_SUPPORT
    return Rights(MappingProxyType(may), frozenset(step_up), requests, none)


def _besides(standing: Standing, cell: str, denied: Denied) -> tuple[str, tuple[str, ...]] | None:
    """What a delegation gives on an active account, in every channel; or what having made a request gives on one that is not closed,
    where requests may be made."""
    if standing.status == Status.ACTIVE and cell in standing.lent:
        return standing.lent[cell], _BY_DELEGATION
    follows = cell in standing.own and denied.reason is not Reason.NO_SUPPORT
    return (OWN_REQUESTS, _BY_REQUEST) if follows and standing.status != Status.CLOSED else None


def _work_out(standing: Standing, action: Action, topic: Topic | None, at: At) -> Denied | tuple[str, tuple[str, ...]]:
    """A refusal, or the limit and rules of a yes; remembered in the scheme. Holds for every subject and account."""
    _, _, scheme, status, held, facts, *_ = standing
    cell = _cell(action, topic)
    first = _no_support(scheme, held, facts, Status(status), cell) if at is At.SUPPORT else None
    outcome = _look_up(scheme, held, facts, Status(status), cell) if first is None else first
    if held <= scheme.words and facts <= _KNOWN_FACTS:  # unknown words could grow the memo without end
        if len(scheme.memo) >= _MEMO_LIMIT:
            scheme.memo.clear()
        scheme.memo[held, action, topic, status, facts, at] = outcome
    return outcome


def _no_support(
    scheme: Scheme, held: frozenset[str], facts: frozenset[str], status: Status, cell: str
) -> Denied | None:
    """Section "Support first": whoever does not hold `phone.support` is told, offered and opened nothing at a support channel.
    Whether it is held counts, not the account's status: the owner of a closed account asks there to have it reopened."""
    if not scheme.support_first or cell in WITHOUT_SUPPORT or cell not in scheme.rows:
        return None
    support = scheme.ruling(held, "phone.support")
    if support.allowed:
        return None
    if _by_status(scheme, held, facts, status, "portal.login") is not None:
        way = _way(scheme, held, _NO_FACTS, status, cell)
    else:
        given = status is Status.ACTIVE and LOCKED not in facts and scheme.words_allowing("phone.support")
        way = WayForward.ASK_FOR_SUPPORT if given else WayForward.SIGN_IN
    return Denied(Reason.NO_SUPPORT, support.rules, way)


def _look_up(
    scheme: Scheme, held: frozenset[str], facts: frozenset[str], status: Status, cell: str
) -> Denied | tuple[str, tuple[str, ...]]:
    if cell not in scheme.rows:
        return _OTHER_KIND
    ruling, by_status = scheme.ruling(held, cell, facts), _by_status(scheme, held, facts, status, cell)
    if ruling.allowed and by_status is None:
        return (ruling.when, ruling.rules)
    way = _desk_way(scheme, cell) if scheme.owner is None else _way(scheme, held, facts, status, cell)
    if ruling.waits:
        return Denied(Reason.NOT_COVERED, ruling.rules, way)
    if by_status is None or not ruling.allowed:
        return Denied(Reason.NO_RIGHT, ruling.rules, way)
    return Denied(by_status, (_BY_STATUS[by_status],), way)


def _by_status(scheme: Scheme, held: frozenset[str], facts: frozenset[str], status: Status, cell: str) -> Reason | None:
    """Why the account's status or lock takes a cell away from a contact with these holdings. None: neither does. A closed account
    answers to its owner alone, so that a lock would hold off nobody else there."""
    if status is Status.CLOSED:
        return None if scheme.owner in held and cell in _KEPT else Reason.ACCOUNT_CLOSED
    if status is Status.SUSPENDED and cell in SUSPENDED_LOSES:
        return Reason.ACCOUNT_SUSPENDED
    return Reason.ACCOUNT_LOCKED if LOCKED in facts and cell in LOCKED_LOSES else None


def _way(scheme: Scheme, held: frozenset[str], facts: frozenset[str], status: Status, cell: str) -> WayForward:
    """The way forward on an account with this status; way_forward.py says which of its contacts can take it."""

    def may(words: frozenset[str], one: str) -> bool:
        return scheme.ruling(words, one, facts).allowed and _by_status(scheme, words, facts, status, one) is None

    owner = scheme.owner_holds
    if status is Status.CLOSED and may(held, "account.reopen"):
        return WayForward.REOPEN_ACCOUNT
    if scheme.owner not in held and may(owner, cell) and (status is Status.CLOSED or scheme.only_owner(cell)):
        return WayForward.ASK_OWNER
    if status is Status.CLOSED:
        return WayForward.ASK_TO_REOPEN if may(owner, "account.reopen") else WayForward.LEAVE_MESSAGE
    if status is Status.SUSPENDED:  # nobody is given anything then: what can be had is an end to that
        if may(held, "ticket.open:billing"):
            return WayForward.OPEN_BILLING_TICKET
        return WayForward.ASK_BILLING_TICKET if may(owner, "ticket.open:billing") else WayForward.LEAVE_MESSAGE
    if scheme.ruling(held, cell, facts).waits and may(held, "ticket.open:technical"):
        return WayForward.OPEN_TICKET
    could = any(scheme.ruling(column.members, cell, facts).allowed for column in scheme.columns)
    if LOCKED in facts and could:  # nobody is given anything then either
        return WayForward.UNLOCK_ACCOUNT if scheme.owner in held else WayForward.ASK_TO_UNLOCK
    return WayForward.ASK_CONTACT_ADMIN if could else WayForward.LEAVE_MESSAGE


def _desk_way(scheme: Scheme, cell: str) -> WayForward:
    for role, way in (("supervisor", WayForward.ASK_SUPERVISOR), ("administrator", WayForward.ASK_ADMINISTRATOR)):
        if scheme.ruling(frozenset({role}), cell).allowed:
            return way
    return WayForward.NONE


def _cell(action: Action, topic: Topic | None) -> str:
    cell = CELL_OF.get((action, topic))
    if cell is None:
        raise ValueError(f"{action} needs a topic" if topic is None else f"{action} takes no topic, not {topic}")
    return cell
