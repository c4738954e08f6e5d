"""What a second proof does through `store`: which ways there are, a code that is sent or checked, the answer in Slack.

An attempt is counted before anything is compared, whatever the way; a code is good for this call and for one account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from authz import Action, Proof, Subject, Topic
from desk import by_phone, verification
from ivr import answers as a
from ivr.asks import DeskSettings, caller
from ivr.desk_port import CodeRefused, WayTaken
from ivr.ticket_list import drafted
from ivr.types import Call
from store.db.transaction import Transaction
from store.tickets import customer_tickets
from store.verification import (
    attempt_limits,
    call_codes,
    factors,
    slack_approvals,
    slack_members,
    sms_codes,
    step_ups,
    totp,
    transfer_codes,
)
from store.verification.attempt_limits import Admission

MINUTE: Final = 60_000  # ms


@dataclass(frozen=True, slots=True)
class _Found:
    ways: tuple[str, ...]
    number: str | None
    fresh: tuple[str, ...]


def _found(tx: Transaction, settings: DeskSettings, call: Call) -> _Found:
    """Only what is on file, and has been for long enough. A reference needs nothing but Slack: it brings no proof that was not
    given there. A second proof is worth nothing without the first."""
    person = _who(call).person
    if call.proof < Proof.VERIFIED:
        return _Found((), None, ())
    on_file = factors.on_file(tx, person)
    number = sms_codes.number_for(tx, person, settings.texting)
    in_slack = settings.slack and bool(on_file.members)
    there = {
        "authenticator": on_file.authenticator,
        "slack_code": in_slack,
        "slack_approval": in_slack,
        "text": number is not None,
        "carried": settings.slack and bool(slack_members.of_person(tx, person)),
    }
    return _Found(tuple(way for way in step_ups.FACTORS if there[way]), number, on_file.fresh)


def offers(tx: Transaction, settings: DeskSettings, call: Call) -> bool:
    """Whether there is a way to verify further. Whether anything needs it is asked before."""
    return bool(_found(tx, settings, call).ways)


def proved(tx: Transaction, call: Call) -> bool:
    """Whether it was done already, in this call."""
    return _until(tx, call) is not None


def ways(tx: Transaction, settings: DeskSettings, call: Call) -> a.WaysFound | a.AlreadyProved | None:
    requests = by_phone.requests(tx, caller(tx, call), _which(call))
    wanted = requests.anywhere
    found = _found(tx, settings, call)
    until = _until(tx, call)
    draft = _waiting(tx, call, wanted) if not call.then else None
    if until is not None:
        carry = wanted if "carried" in found.ways else ()
        return a.AlreadyProved(_minutes(tx, until), carry, bool(requests.by_phone), draft)
    if not wanted and not call.then:
        return None
    return a.WaysFound(found.ways, (found.number or "")[-2:], found.fresh, draft)


def _waiting(tx: Transaction, call: Call, wanted: tuple[Action, ...]) -> a.Draft | None:
    """The newest request of theirs that waits for a second proof here, if that would still open it."""
    number = customer_tickets.newest_draft(tx, _who(call), _which(call))
    draft = customer_tickets.draft(tx, _who(call), number) if number is not None else None
    if number is None or draft is None or draft.action not in wanted:
        return None
    said = (f"ticket.number:{number}", "ticket.kind")
    tx.record(_who(call), call.account, "ticket.draft", "told", proof=Proof(call.proof), fields=said)
    return a.Draft(number, draft.action)


def prove_by(tx: Transaction, settings: DeskSettings, call: Call) -> a.ApprovalAsked | WayTaken:
    subject, account = _who(call), _which(call)
    if call.way not in _found(tx, settings, call).ways:
        return "not_offered"
    asked: a.ApprovalAsked | WayTaken = "code_wanted"
    match call.way:
        case "slack_code":
            sent = call_codes.ask(tx, subject, account)
        case "text":
            sent = sms_codes.ask(tx, subject, _bound(tx, call), settings.texting)
        case "slack_approval":
            sent = slack_approvals.lately(tx, subject, call_codes.WITHIN) < call_codes.MOST
            if sent:
                asked = a.ApprovalAsked(*slack_approvals.ask(tx, subject, account, drafted(call)))
        case _:
            return asked
    decision = "sent" if sent else "not_sent"
    tx.record(subject, account, "step_up", decision, proof=Proof.VERIFIED, fields=(f"factor:{call.way}",))
    return asked if sent else "not_now"


def check_code(tx: Transaction, settings: DeskSettings, call: Call, digits: str) -> a.SteppedUp | CodeRefused:
    subject, account = _who(call), _which(call)
    made = attempt_limits.reserve(
        tx, call_codes.counter_of(subject), real=True, limits=(attempt_limits.desk_wide("step"),)
    )
    if made.admission is not Admission.EVALUATE:
        _record(tx, call, "refused")
        return "locked" if made.admission is Admission.REFUSED else "busy"
    if call.way not in _found(tx, settings, call).ways or not _CHECKS[call.way](tx, call, digits):
        _record(tx, call, "wrong")
        return "wrong"
    attempt_limits.give_back(tx, made, matched=True)
    _record(tx, call, "right")
    if call.way != "carried":  # that one says itself how long it lasts
        ends_at = tx.now + settings.step_up_minutes * MINUTE
        step_ups.reached(tx, subject, account, call.way, tx.call or "", ends_at=ends_at)
    return a.SteppedUp(_minutes(tx, _until(tx, call, carried=True) or tx.now))


def look_at_approval(tx: Transaction, call: Call) -> a.SteppedUp | Literal["waiting", "no"]:
    right = slack_approvals.outcome(tx, call.approval)
    until = _until(tx, call) if right else None
    if until is not None:
        return a.SteppedUp(_minutes(tx, until))
    return "waiting" if right is None else "no"


def give_up_approval(tx: Transaction, call: Call) -> a.SteppedUp | None:
    looked = look_at_approval(tx, call)
    if isinstance(looked, a.SteppedUp):  # it came just now
        return looked
    slack_approvals.give_up(tx, _who(call), call.approval)
    return None


def reference(tx: Transaction, settings: DeskSettings, call: Call, topic: str) -> a.Code | None:
    if not settings.slack:
        return None
    digits = verification.carry(tx, caller(tx, call), _which(call), Topic(topic), transfer_codes.TO_SLACK)
    return None if digits is None else a.Code(digits)


def _bound(tx: Transaction, call: Call) -> str:
    return call_codes.bound_to(tx.call or "", _which(call))


def _authenticator(tx: Transaction, call: Call, digits: str) -> bool:
    return totp.check(tx, _who(call).person, digits)


def _in_slack(tx: Transaction, call: Call, digits: str) -> bool:
    return call_codes.use(tx, call_codes.IN_SLACK, _who(call), digits, _bound(tx, call))


def _by_text(tx: Transaction, call: Call, digits: str) -> bool:
    return call_codes.use(tx, call_codes.BY_TEXT, _who(call), digits, _bound(tx, call))


def _carried(tx: Transaction, call: Call, digits: str) -> bool:
    taken = transfer_codes.take(tx, transfer_codes.TO_PHONE, _who(call), digits, tx.call or "", account=_which(call))
    return taken is not None


_CHECKS: Final[dict[str, Callable[[Transaction, Call, str], bool]]] = {
    "authenticator": _authenticator,
    "slack_code": _in_slack,
    "text": _by_text,
    "carried": _carried,
}


def _until(tx: Transaction, call: Call, *, carried: bool = False) -> int | None:
    """Until when it counts here for everything; or at least for what it was carried over for."""
    whole = step_ups.until_own(tx, _who(call), _which(call), tx.call or "")
    if whole is not None or not carried:
        return whole
    each = [step_ups.until(tx, _who(call), _which(call), tx.call or "", topic) for topic in Topic]
    return max((until for until in each if until is not None), default=None)


def _record(tx: Transaction, call: Call, decision: str) -> None:
    tx.record(_who(call), call.account, "step_up", decision, proof=Proof.VERIFIED, fields=(f"factor:{call.way}",))


def _minutes(tx: Transaction, until: int) -> int:
    return -(-(until - tx.now) // MINUTE)


def _who(call: Call) -> Subject:
    assert call.subject is not None
    return call.subject


def _which(call: Call) -> int:
    assert call.account is not None
    return call.account
