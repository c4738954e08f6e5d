"""Second proofs: the ways somebody has, one try with a code, until when they are proved, and carrying it to another channel.

Tries are counted before anything is looked up, for the person and not for the channel: a second channel gives nobody more tries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from authz import Proof, Subject, Topic
from desk import accounts, choices
from desk.accounts import OfAccounts
from desk.actors import Actor
from desk.outcomes import NotProved
from store import Transaction
from store.accounts.account_details import AccountName
from store.tickets.customer_tickets import Draft
from store.verification import (
    attempt_limits,
    call_codes,
    factors,
    sms_codes,
    step_ups,
    totp,
    transfer_codes,
)
from store.verification.attempt_limits import Admission, Reservation

BUDGET: Final = "step"
MINUTE: Final = 60_000  # ms
_SENT: Final = {"slack_code": call_codes.IN_SLACK, "text": call_codes.BY_TEXT}


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
class Proved:
    """They have a second proof here until `until` (ms), on this account (id), or for what is their own; for one topic only, where a
    transfer code brought it."""

    account: int | None
    until: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class OnPhone:
    """What somebody on the phone can give a second proof by (`step_ups.FACTORS`); the `number` a text message would go to; `fresh`:
    what is on file and too young."""

    ways: tuple[str, ...] = ()
    number: str | None = None
    fresh: tuple[str, ...] = ()


Standing = tuple[AccountName, Proved | None]
"""An account, and how far somebody is proved on it here."""


def ways(tx: Transaction, who: Actor, *, texting: Sequence[str], phone: bool) -> Ways:
    """`texting`: the countries codes go to by text message; `phone`: whether customers can call the desk."""
    person = who.subject.person
    on_file, since = factors.on_file(tx, person), totp.confirmed_at(tx, person)
    young = since + factors.COOLING if since is not None and not on_file.authenticator else None
    number = sms_codes.reached(on_file.numbers, texting)
    ending = number[-2:] if number is not None else ""
    return Ways(on_file.authenticator, young, ending, phone and bool(on_file.members), phone)


def ways_by_phone(tx: Transaction, who: Actor, *, texting: Sequence[str], slack: bool) -> OnPhone:
    """Only what is on file, and has been for long enough. What was proved in Slack needs nothing else to be carried here: it brings no
    proof that was not given there. A second proof is worth nothing without the first."""
    if who.proof < Proof.VERIFIED:
        return OnPhone()
    person = who.subject.person
    on_file = factors.on_file(tx, person)
    number = sms_codes.reached(on_file.numbers, texting)
    in_slack = slack and bool(on_file.members)
    there = {
        "authenticator": on_file.authenticator,
        "slack_code": in_slack,
        "slack_approval": in_slack,
        "text": number is not None,
        "transfer_code": slack and on_file.linked,
        "passkey": on_file.passkey,
    }
    return OnPhone(tuple(way for way in step_ups.FACTORS if there[way]), number, on_file.fresh)


def proved(tx: Transaction, who: Actor, account: int) -> Proved | None:
    """The second proof they have here at this moment."""
    until = step_ups.until_own(tx, who.subject, account, who.bound)
    if until is not None:
        return Proved(account, until)
    carried = ((topic, step_ups.until(tx, who.subject, account, who.bound, str(topic))) for topic in Topic)
    return next((Proved(account, ends, str(topic)) for topic, ends in carried if ends is not None), None)


def proved_on(tx: Transaction, who: Actor, most: int) -> list[tuple[AccountName, Proved]]:
    """Their accounts on which they have a second proof here."""
    may = accounts.theirs(tx, who)
    found = {id: one for id in may if (one := proved(tx, who, id)) is not None}
    named = accounts.named(tx, {id: may[id] for id in found}, most)
    return [(account, found[account.id]) for account, _ in named.each]


def proofs(tx: Transaction, who: Actor, most: int) -> OfAccounts[Proved | None]:
    """Their accounts, each with the second proof they have there; with more than `most` accounts, only those that have one."""
    may = accounts.theirs(tx, who)
    if len(may) > most:
        on = proved_on(tx, who, most)
        return OfAccounts(tuple(on), len(may) - len(on))
    named = accounts.named(tx, may, most)
    return OfAccounts(tuple((account, proved(tx, who, account.id)) for account, _ in named.each), 0)


def send_text(tx: Transaction, who: Actor, account: int | None, texting: Sequence[str]) -> bool:
    """Sends a code to their number on file, good here and on this account. False: they have no number, or codes were sent too often."""
    return sms_codes.ask(tx, who.subject, call_codes.bound_to(who.bound, account), texting)


def prove(
    tx: Transaction,
    who: Actor,
    digits: str,
    account: int | None,
    draft: Draft | None = None,
    *,
    minutes: int,
    code_kind: str | None,
) -> Proved | NotProved:
    """One try with what somebody typed, for `minutes`, and for a draft where there is one. Without an account (id) only with a
    transfer code, of the kind that counts here, which says itself on which; where none counts (on the pages), for what is their own."""
    tried = reserve(tx, who.subject)
    if tried.admission is not Admission.EVALUATE:
        return NotProved.LATER
    topic = choices.topic_of(draft.action) if draft is not None else None
    if (
        topic is not None
        and code_kind is not None
        and transfer_codes.topic_of(tx, code_kind, who.subject, digits) not in (None, topic)
    ):
        attempt_limits.give_back(tx, tried, matched=True)
        return NotProved.OTHER_TOPIC
    found = _reached(tx, who, digits, account, tx.now + minutes * MINUTE, code_kind)
    if found is None:
        tx.record(who.subject, account, "step_up", "refused")
        return NotProved.WRONG
    attempt_limits.give_back(tx, tried, matched=True)
    return found


def key_code(
    tx: Transaction,
    who: Actor,
    account: int,
    way: str,
    digits: str,
    *,
    minutes: int,
    texting: Sequence[str],
    slack: bool,
) -> Proved | NotProved:
    """One try on the phone, with the factor that was chosen there; a transfer code says itself how long its proof lasts."""
    tried, said = reserve(tx, who.subject), (f"factor:{way}",)
    if tried.admission is not Admission.EVALUATE:
        tx.record(who.subject, account, "step_up", "refused", proof=Proof.VERIFIED, fields=said)
        return NotProved.LATER if tried.admission is Admission.REFUSED else NotProved.BUSY
    offered = ways_by_phone(tx, who, texting=texting, slack=slack).ways
    fits = way in offered and _fits(tx, who, account, way, digits)
    tx.record(who.subject, account, "step_up", "right" if fits else "wrong", proof=Proof.VERIFIED, fields=said)
    if not fits:
        return NotProved.WRONG
    attempt_limits.give_back(tx, tried, matched=True)
    if way != "transfer_code":
        step_ups.reached(tx, who.subject, account, way, who.bound, ends_at=tx.now + minutes * MINUTE)
    own = step_ups.until_own(tx, who.subject, account, who.bound)
    each = [own] if own else [step_ups.until(tx, who.subject, account, who.bound, topic) for topic in Topic]
    return Proved(account, max(until for until in each if until is not None))


def reserve(tx: Transaction, subject: Subject) -> Reservation:
    """One try with a code of theirs, counted before it is looked at."""
    limits = (attempt_limits.desk_wide(BUDGET),)
    return attempt_limits.reserve(tx, call_codes.counter_of(subject), real=True, limits=limits)


def _fits(tx: Transaction, who: Actor, account: int | None, way: str, digits: str) -> bool:
    if way == "authenticator":
        return totp.check(tx, who.subject.person, digits)
    if way == "transfer_code":
        to = transfer_codes.TO_PHONE
        return transfer_codes.take(tx, to, who.subject, digits, who.bound, account=account) is not None
    return call_codes.use(tx, _SENT[way], who.subject, digits, call_codes.bound_to(who.bound, account))


def _reached(
    tx: Transaction, who: Actor, digits: str, account: int | None, until: int, code_kind: str | None
) -> Proved | None:
    factor = "authenticator" if len(digits) == totp.DIGITS else "text"
    old_enough = factor == "text" or factors.on_file(tx, who.subject.person).authenticator
    known = account is not None or code_kind is None
    if known and old_enough and _fits(tx, who, account, factor, digits):
        step_ups.reached(tx, who.subject, account, factor, who.bound, ends_at=until)
        return Proved(account, until)
    if code_kind is None:
        return None
    on = transfer_codes.take(tx, code_kind, who.subject, digits, who.bound, account=account)
    return None if on is None else proved(tx, who, on)


def carry(tx: Transaction, who: Actor, account: int, topic: Topic, to: str) -> str | None:
    """A code that carries what they proved here to another channel (`to`, the kind of code), for one topic. None: there is nothing to
    carry."""
    return transfer_codes.give(tx, to, who.subject, account, who.bound, topic)
