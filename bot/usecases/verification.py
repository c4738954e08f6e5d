"""A second proof in Slack: an authenticator's code, one by text message, or a reference from the phone; never Slack itself.

Tries are counted before anything is looked up, for the person and not for the member: a second member is no way to more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from authz import Topic
from bot.platform.context import Door
from bot.platform.identity import Who
from desk.tickets import HandIn
from store import Transaction
from store.accounts.account_details import Refused
from store.accounts.people import person_of
from store.verification import attempt_limits, call_codes, factors, sms_codes, step_ups, totp, transfer_codes
from store.verification.attempt_limits import Admission

BUDGET: Final = "step"
OTHER_TOPIC = "other_topic"
MINUTE: Final = 60_000  # ms


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody can give a second proof by: `authenticator`, and from when on (ms) one that is too young yet; `ending`, the
    last digits of the number a text message would go to, or empty; `number`: one they hear on the phone and say here; `phone`:
    whether they can ring at all."""

    authenticator: bool
    authenticator_from: int | None
    ending: str
    number: bool = False
    phone: bool = True

    @property
    def any(self) -> bool:
        return self.authenticator or bool(self.ending) or self.number


@dataclass(frozen=True, slots=True)
class Further:
    """Until `until` (ms) they are proved further here, on this account (id); for one topic alone where it was carried here."""

    account: int
    until: int
    topic: str = ""


def ways(tx: Transaction, door: Door, who: Who) -> Ways:
    person = person_of(who.subject)
    on_file, since = factors.on_file(tx, person), totp.confirmed_at(tx, person)
    young = since + factors.COOLING if since is not None and not on_file.authenticator else None
    number = sms_codes.number_for(tx, person, door.texting)
    ending = number[-2:] if number is not None else ""
    return Ways(on_file.authenticator, young, ending, door.phone and bool(on_file.members), door.phone)


def further(tx: Transaction, who: Who, account: int) -> Further | None:
    """How far they are proved here at this moment, beyond Slack itself."""
    until = step_ups.until_own(tx, who.subject, account, who.bound)
    if until is not None:
        return Further(account, until)
    carried_here = ((topic, step_ups.until(tx, who.subject, account, who.bound, str(topic))) for topic in Topic)
    return next((Further(account, ends, str(topic)) for topic, ends in carried_here if ends is not None), None)


def prove(
    tx: Transaction, door: Door, who: Who, digits: str, account: int | None, topic: Topic | None = None
) -> Further | str:
    """One try with what somebody typed; or why not: later (too many were tried), wrong, or other_topic: a reference of theirs that is
    not for `topic`, and stays good. Without an account (id) only a reference from the phone, which says itself on which. What does not
    fit, and what is somebody else's, sound the same."""
    tried = attempt_limits.reserve(
        tx, call_codes.counter_of(who.subject), real=True, limits=(attempt_limits.desk_wide(BUDGET),)
    )
    if tried.admission is not Admission.EVALUATE:
        return "later"
    if topic is not None and transfer_codes.topic_of(tx, transfer_codes.TO_SLACK, who.subject, digits) not in (
        None,
        topic,
    ):
        attempt_limits.give_back(tx, tried, matched=True)
        return OTHER_TOPIC
    found = _reached(tx, door, who, digits, account)
    if found is None:
        tx.record(who.subject, account, "step_up", "refused")
        return "wrong"
    attempt_limits.give_back(tx, tried, matched=True)
    return found


def _reached(tx: Transaction, door: Door, who: Who, digits: str, account: int | None) -> Further | None:
    person, until = person_of(who.subject), tx.now + door.step_up_minutes * MINUTE
    factor = ""
    if account is not None and len(digits) == totp.DIGITS:
        old_enough = factors.on_file(tx, person).authenticator
        factor = "authenticator" if old_enough and totp.check(tx, person, digits) else ""
    elif account is not None and call_codes.use(
        tx, call_codes.BY_TEXT, who.subject, digits, call_codes.bound_to(who.bound, account)
    ):
        factor = "text"
    if factor and account is not None:
        step_ups.reached(tx, who.subject, account, factor, who.bound, ends_at=until)
        return Further(account, until)
    on = transfer_codes.take(tx, transfer_codes.TO_SLACK, who.subject, digits, who.bound, account=account)
    return None if on is None else further(tx, who, on)


def not_handed_in(done: HandIn | Refused, number: int) -> str:
    """What to tell (outbox.tell) of a draft that was not handed in."""
    if isinstance(done, Refused):
        return f"why:{done.cell}"
    became = {HandIn.ALREADY: f"draft_handed_in:{number}", HandIn.WITHDRAWN: f"draft_withdrawn:{number}"}
    return became.get(done, "fixed:no_draft")
