"""Another system of the operator's has a person verified for one action: asked by callback, on their page, in Slack or by text; what their own standing
then allows is judged, and no more than that is told. docs/api.md

A PIN keyed in a call of ours and an answer by a linked Slack member verify; a passkey, or a code texted to a number on file, in somebody's own session is
a second proof. Neither counts anywhere but for this request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authz import CELL_OF, Action, Ask, Denied, Grant, Proof, Subject
from desk import accounts, own_passkeys, verification
from desk.actors import Actor, NotAllowed, build_ask, judge
from desk.outcomes import NotProved, ToAnswer
from desk.own_passkeys import NotYet
from desk.verification import MINUTE
from store import Transaction
from store.calls import callbacks
from store.jobs import job_queue
from store.security import alerts
from store.sign_in.passkey_answers import Site
from store.sign_in.passkeys import Refused, Used
from store.verification import attempt_limits, call_codes, factors, sms_codes, step_ups, verification_requests
from store.verification.attempt_limits import Admission
from store.verification.verification_requests import PASSED, VerificationRequest

_ASKED: Final = {cell: asked for asked, cell in CELL_OF.items()}
ON_PAGE: Final = ("passkey", "text")  # answered on their account page


@dataclass(frozen=True, slots=True)
class Reach:
    """What the desk can ask people by. `may_call`: which numbers it may ring; `texting`: the countries codes go to."""

    phone: bool = False
    may_call: Callable[[str], bool] = lambda _number: False
    texting: tuple[str, ...] = ()
    slack: bool = False


class NotAsked(StrEnum):
    """Why somebody is not asked."""

    NO_PHONE = "no_phone"  # the desk has no phone line
    NO_NUMBER = "no_number"  # none on file that is old enough; for a text, none in a country codes go to
    ABROAD = "abroad"  # where this desk may not call
    LOCKED = "locked"  # their PIN is
    NO_PASSKEY = "no_passkey"  # none that counts
    NO_SLACK = "no_slack"  # no member of theirs has been linked for long enough, or the desk is not in Slack
    WAITING = "waiting"  # they are being asked already
    NOT_ME = "not_me"  # they have said within a day that it was not them
    SOON = "soon"  # they were asked, called or texted just now
    ENOUGH = "enough"  # or often today
    KEY = "key"  # this key asks too often


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as whoever made it may know it. `verdict` is there once they have proved themselves and while that counts: of the action, as they are
    proved by it (`proof`)."""

    request: VerificationRequest
    username: str
    account: str
    proof: Proof
    verdict: Grant | Denied | None


def permit(tx: Transaction, key: Subject) -> Grant | Denied:
    return tx.ask(Ask(key, Action.DESK_VERIFICATIONS_WRITE, None, None, Proof.NONE))


def ask(
    tx: Transaction, grant: Grant, reach: Reach, username: str, account: str, action: str, way: str
) -> Asked | NotAsked | None:
    """Asks them, in this way. None: nobody of this username is on an account of this number."""
    found = verification_requests.find(tx, grant, username, account)
    if found is None:
        return None
    person, on = found
    why = verification_requests.why_not(tx, grant, person) or _has_not(tx, grant, reach, person, way)
    if why:
        return NotAsked(why)
    made = verification_requests.ask(tx, grant, person, on, action, way)
    if made is None:
        return NotAsked.KEY
    if way == "callback":
        call = callbacks.ask_for_key(tx, grant, person, on)
        assert isinstance(call, int), call  # it was looked at just now, with the person locked
        verification_requests.called(tx, made.id, call)
    elif way == "text":
        sent = sms_codes.ask(tx, Subject.of_person(person), call_codes.bound_to(made.bound, on), reach.texting)
        if not sent:
            verification_requests.fail(tx, Subject.of_person(person), made.id, "not_sent")
    return _told(tx, grant, made.id)


def look(tx: Transaction, grant: Grant, id: int) -> Asked | None:
    """None: it is none of this key's."""
    return _told(tx, grant, id)


def lock(tx: Transaction, grant: Grant, id: int) -> None:
    """Nobody answers it before this transaction has ended, if it is this key's."""
    verification_requests.lock_own(tx, grant, id)


def withdraw(tx: Transaction, grant: Grant, id: int) -> bool:
    """False: it is over already."""
    found = verification_requests.own(tx, grant, id)
    if found is None or not verification_requests.withdraw(tx, grant, id):
        return False
    if found.callback is not None:
        callbacks.withdraw(tx, found.callback)
    return True


# --- the person answers


def to_answer(tx: Transaction, who: Actor, ways: tuple[str, ...] = ON_PAGE) -> ToAnswer | None:
    """What they are asked in one of these ways at this moment."""
    found = verification_requests.waiting(tx, who.subject)
    return _shown(tx, who, found) if found is not None and found.way in ways else None


def in_call(tx: Transaction, who: Actor, callback: int) -> ToAnswer | None:
    """What they are asked in this call of ours, once they have keyed their PIN."""
    found = verification_requests.in_call(tx, callback)
    return _shown(tx, who, found) if found is not None and found.person == who.subject.person else None


def by_passkey(
    tx: Transaction, who: Actor, site: Site, browser: str, id: int, form: Mapping[str, str], *, minutes: int
) -> ToAnswer | Refused | NotYet | None:
    """From whoever touches their passkey at this moment. None: there is nothing to answer (any more)."""
    asked = to_answer(tx, who, ("passkey",))
    used = own_passkeys.use(tx, who, site, browser, form)
    if not isinstance(used, Used):
        return used
    return _passed(tx, who, asked, id, minutes, factor="passkey")


def by_code(tx: Transaction, who: Actor, id: int, digits: str, *, minutes: int) -> ToAnswer | NotProved | None:
    """One try with the code that was texted to them, in their own session. None: there is nothing to answer (any more)."""
    asked = to_answer(tx, who, ("text",))
    tried = verification.reserve(tx, who.subject)
    if tried.admission is not Admission.EVALUATE:
        return NotProved.LATER
    bound = call_codes.bound_to(f"verification:{id}", None if asked is None else asked.account.id)
    if not call_codes.use(tx, call_codes.BY_TEXT, who.subject, digits, bound):
        tx.record(who.subject, None if asked is None else asked.account.id, "step_up", "refused")
        return NotProved.WRONG
    attempt_limits.give_back(tx, tried, matched=True)
    return _passed(tx, who, asked, id, minutes, factor="text")


def in_slack(tx: Transaction, who: Actor, id: int, *, minutes: int) -> bool:
    """A member of theirs who is linked for long enough says that it is them. False: there is nothing to answer (any more)."""
    return verification_requests.passed(tx, who.subject, id, "slack", until=tx.now + minutes * MINUTE) is not None


def by_phone(tx: Transaction, who: Actor, callback: int, *, minutes: int) -> bool:
    """In a call of ours, after their PIN."""
    found = verification_requests.in_call(tx, callback)
    until = tx.now + minutes * MINUTE
    return (
        found is not None
        and verification_requests.passed(tx, who.subject, found.id, "callback", until=until) is not None
    )


def asked_by(tx: Transaction, callback: int) -> str | None:
    """What the system is called that asks in this call of ours, which whoever answers it may hear. None: it asks no more."""
    found = verification_requests.in_call(tx, callback)
    return None if found is None else found.asked_by


def under_threat(tx: Transaction, who: Actor, callback: int) -> bool:
    """They have keyed the PIN that says they are threatened, and then confirmed: nothing passes. False: it is over."""
    found = verification_requests.in_call(tx, callback)
    if found is not None:
        verification_requests.let_go(tx, who.subject, found.id)
    return found is not None


def not_me(tx: Transaction, subject: Subject, id: int) -> bool:
    """They say that whoever is asked about is somebody else: the desk is warned at once, everybody on file told, and no system asks them for a day. False:
    there is nothing to answer."""
    found = verification_requests.refuse(tx, subject, id)
    if found is None:
        return False
    alerts.alert(tx, "probing_account", f"verification:{id}", subject=subject, account=found.account)
    told = {"notice": "not_me", "person": subject.person}
    job_queue.enqueue_once(tx, "notice", f"not_me:verification:{id}", told)
    return True


def not_me_in_call(tx: Transaction, person: int, callback: int) -> None:
    """The same from whoever answers the call, their PIN keyed or not."""
    found = verification_requests.in_call(tx, callback)
    if found is not None and found.person == person:
        not_me(tx, Subject.of_person(person), found.id)


def verdict(tx: Transaction, request: VerificationRequest) -> tuple[Proof, Grant | Denied | None]:
    """How they are proved by it at this moment, and what the judge says of the action then; nothing where it has not passed, or no longer counts."""
    if request.state != PASSED or request.until is None or request.until <= tx.now:
        return Proof.NONE, None
    action, topic = _ASKED[request.action]
    who = Actor(Subject.of_person(request.person), Proof.VERIFIED, request.bound)
    asked = build_ask(tx, who, action, request.account, topic)
    before, tx.done_by = tx.done_by, Subject.of_key(request.key)
    found = judge(tx, asked)
    tx.done_by = before
    return asked.proof, found.denied if isinstance(found, NotAllowed) else found


def _has_not(tx: Transaction, grant: Grant, reach: Reach, person: int, way: str) -> str:
    """Why they cannot be asked in this way, once they are locked."""
    if way == "callback":
        return callbacks.why_not_for_key(tx, grant, person, reach.may_call) if reach.phone else NotAsked.NO_PHONE
    if way == "passkey":
        return "" if factors.on_file(tx, person).passkey else NotAsked.NO_PASSKEY
    if way == "slack":
        return "" if reach.slack and factors.on_file(tx, person).members else NotAsked.NO_SLACK
    return "" if sms_codes.number_for(tx, person, reach.texting) is not None else NotAsked.NO_NUMBER


def _passed(
    tx: Transaction, who: Actor, asked: ToAnswer | None, id: int, minutes: int, *, factor: str
) -> ToAnswer | None:
    until = tx.now + minutes * MINUTE
    if asked is None or asked.id != id:
        return None
    done = verification_requests.passed(tx, who.subject, id, asked.way, until=until)
    if done is None:
        return None
    step_ups.reached(tx, who.subject, done.account, factor, done.bound, ends_at=until)
    return asked


def _shown(tx: Transaction, who: Actor, found: VerificationRequest) -> ToAnswer | None:
    account = accounts.name(tx, who, found.account)
    if account is None:
        return None
    return ToAnswer(found.id, found.asked_by, account, found.action, found.way)


def _told(tx: Transaction, grant: Grant, id: int) -> Asked | None:
    found = verification_requests.own(tx, grant, id)
    if found is None:
        return None
    username, account = verification_requests.names(tx, grant, found)
    proof, judged = verdict(tx, found)
    return Asked(found, username, account, proof, judged)
