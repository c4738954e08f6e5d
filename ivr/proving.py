"""What a second proof does through `store`: which ways there are, a code that is sent or checked, the answer in Slack.

An attempt is counted before anything is compared, whatever the way; a code is good for this call and for one account.
"""

from __future__ import annotations

from typing import Final, Literal

from authz import Action, Proof, Subject, Topic
from desk import by_phone, verification
from desk.outcomes import NotProved
from desk.verification import OnPhone, Proved
from ivr import desk_port as port
from ivr.asks import DeskSettings, account_of, caller
from ivr.desk_port import WayTaken
from ivr.request import WANTED
from ivr.ticket_list import drafted
from ivr.types import Call
from store.accounts.account_details import Refused
from store.db.transaction import Transaction
from store.tickets import customer_tickets
from store.verification import (
    call_approvals,
    call_codes,
    factors,
    sms_codes,
    step_ups,
    transfer_codes,
)
from store.verification.call_approvals import OfCall

MINUTE: Final = 60_000  # ms


def _found(tx: Transaction, settings: DeskSettings, call: Call) -> OnPhone:
    return verification.ways_by_phone(tx, caller(tx, call), texting=settings.texting, slack=settings.slack)


def offers(tx: Transaction, settings: DeskSettings, call: Call) -> bool:
    """Whether they have a way to give a second proof. Whether anything needs one is asked before."""
    return bool(_found(tx, settings, call).ways)


def ways(tx: Transaction, settings: DeskSettings, call: Call) -> port.WaysFound | port.AlreadyProved | Refused | None:
    wanted = by_phone.requests(tx, caller(tx, call), account_of(call))
    found = _found(tx, settings, call)
    until = _until(tx, call)
    draft = _waiting(tx, call, wanted) if not call.then else None
    if until is not None:
        carry = wanted if "transfer_code" in found.ways else ()
        return port.AlreadyProved(_minutes(tx, until), carry, bool(wanted), draft)
    if not wanted and not call.then:
        return by_phone.why_no_support(tx, caller(tx, call), account_of(call))
    return port.WaysFound(found.ways, (found.number or "")[-2:], found.fresh, draft)


def _waiting(tx: Transaction, call: Call, wanted: tuple[Action, ...]) -> port.Draft | None:
    """Their newest draft that waits for a second proof here, if one would still let it be handed in."""
    number = customer_tickets.newest_draft(tx, _who(call), account_of(call))
    draft = customer_tickets.draft(tx, _who(call), number) if number is not None else None
    if number is None or draft is None or draft.action not in wanted:
        return None
    said = (f"ticket.number:{number}", "ticket.kind")
    tx.record(_who(call), call.account, "ticket.draft", "told", proof=Proof(call.proof), fields=said)
    return port.Draft(number, draft.action)


def prove_by(tx: Transaction, settings: DeskSettings, call: Call) -> port.ApprovalAsked | WayTaken:
    subject, account = _who(call), account_of(call)
    if call.way not in _found(tx, settings, call).ways:
        return "not_offered"
    asked: port.ApprovalAsked | WayTaken = "code_wanted"
    match call.way:
        case "slack_code":
            sent = call_codes.ask(tx, subject, account)
        case "text":
            sent = sms_codes.ask(tx, subject, _bound(tx, call), settings.texting)
        case "slack_approval" | "passkey":
            sent = call_approvals.lately(tx, subject, call_codes.WITHIN) < call_codes.MOST
            if sent:
                asked = _approval(tx, settings, call)
        case _:
            return asked
    decision = "sent" if sent else "not_sent"
    tx.record(subject, account, "step_up", decision, proof=Proof.VERIFIED, fields=(f"factor:{call.way}",))
    return asked if sent else "not_now"


def _approval(tx: Transaction, settings: DeskSettings, call: Call) -> port.ApprovalAsked:
    """Asked in Slack, or on their account page, where it is said which call that is and what it is for."""
    known, wanted = factors.numbers(tx, _who(call).person), call.then.removeprefix(WANTED)
    of = OfCall(
        (call.number or "")[-2:],
        call.number in (*known.good, *known.fresh),
        wanted if call.then.startswith(WANTED) else "",
        call.service,
    )
    subject, account, draft = _who(call), account_of(call), drafted(call)
    made = call_approvals.ask(tx, subject, account, draft, way=call.way, of=of, in_slack=settings.slack)
    return port.ApprovalAsked(*made)


def check_code(tx: Transaction, settings: DeskSettings, call: Call, digits: str) -> port.SteppedUp | NotProved:
    who, minutes = caller(tx, call), settings.step_up_minutes
    found = verification.key_code(
        tx, who, account_of(call), call.way, digits, minutes=minutes, texting=settings.texting, slack=settings.slack
    )
    return port.SteppedUp(_minutes(tx, found.until)) if isinstance(found, Proved) else found


def look_at_approval(tx: Transaction, call: Call) -> port.SteppedUp | Literal["waiting", "no"]:
    right = call_approvals.outcome(tx, call.approval)
    until = _until(tx, call) if right else None
    if until is not None:
        return port.SteppedUp(_minutes(tx, until))
    return "waiting" if right is None else "no"


def give_up_approval(tx: Transaction, call: Call) -> port.SteppedUp | None:
    looked = look_at_approval(tx, call)
    if isinstance(looked, port.SteppedUp):  # it came just now
        return looked
    call_approvals.give_up(tx, _who(call), call.approval)
    return None


def transfer_code(tx: Transaction, settings: DeskSettings, call: Call, topic: str) -> port.Code | None:
    if not settings.slack:
        return None
    digits = verification.carry(tx, caller(tx, call), account_of(call), Topic(topic), transfer_codes.TO_SLACK)
    return None if digits is None else port.Code(digits)


def _bound(tx: Transaction, call: Call) -> str:
    return call_codes.bound_to(tx.call or "", account_of(call))


def _until(tx: Transaction, call: Call) -> int | None:
    """Until when it counts here for everything."""
    return step_ups.until_own(tx, _who(call), account_of(call), tx.call or "")


def _minutes(tx: Transaction, until: int) -> int:
    return -(-(until - tx.now) // MINUTE)


def _who(call: Call) -> Subject:
    assert call.subject is not None
    return call.subject
