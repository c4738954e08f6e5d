"""A caller says they are this person. The person answers in Slack, or on their account page with their passkey: with the number the caller hears, or that it is not them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from desk import accounts, choices, own_passkeys, tickets
from desk.actors import Actor
from desk.outcomes import HandIn
from desk.own_passkeys import NotYet
from store import Transaction
from store.accounts.account_details import AccountName
from store.jobs import job_queue
from store.security import alerts
from store.sign_in.passkey_answers import Site
from store.sign_in.passkeys import Refused, Used
from store.tickets import customer_tickets
from store.verification import call_approvals

MINUTE = 60_000  # ms


class NotApproved(Enum):
    WRONG = "wrong"  # and that ends it
    GONE = "gone"  # nothing to answer: not theirs, answered, too late, or the call is over


@dataclass(frozen=True, slots=True)
class Approved:
    """The call has a second proof now. `handed_in`: the draft that went to the desk with it, if there is one."""

    handed_in: int | None


@dataclass(frozen=True, slots=True)
class OnPage:
    """What somebody on the phone is asked for on their page: `ending` of the number the call is with, empty where that is withheld, and
    whether that number is on file for them; the `action` it is for, or empty, and the name of the service, or empty."""

    id: int
    account: AccountName
    ending: str
    on_file: bool
    action: str
    service: str


def say_number(tx: Transaction, who: Actor, id: int, digits: str, *, minutes: int) -> Approved | NotApproved:
    """Takes the number, once: a wrong one ends the question. `minutes`: how long the proof is good for."""
    return _say(tx, who, id, digits, minutes, call_approvals.IN_SLACK)


def _say(tx: Transaction, who: Actor, id: int, digits: str, minutes: int, way: str) -> Approved | NotApproved:
    right = call_approvals.answer(tx, who.subject, id, digits, ends_at=tx.now + minutes * MINUTE, way=way)
    if right is None:
        return NotApproved.GONE
    _answered(tx, id)
    waits = call_approvals.for_draft(tx, who.subject, id) if right else None
    if not right or waits is None:
        return Approved(None) if right else NotApproved.WRONG
    number, call = waits
    done = tickets.hand_in(tx, replace(who, bound=call), number)  # as they are proved there
    return Approved(number if done is HandIn.DONE else None)  # or the phone says why not


def asked_on_page(tx: Transaction, who: Actor) -> OnPage | None:
    """What they are asked on their account page at this moment: somebody is on the phone as them."""
    found = call_approvals.waiting(tx, who.subject)
    account = accounts.name(tx, who, found.account) if found is not None else None
    if found is None or account is None:
        return None
    draft = customer_tickets.draft(tx, who.subject, found.ticket) if found.ticket is not None else None
    ref = draft.service if draft is not None else found.of.service
    named = choices.service_names(tx, who, found.account) if ref else []
    service = next((one.name for one in named if one.ref == ref), "")
    action = str(draft.action) if draft is not None else found.of.action
    return OnPage(found.id, account, found.of.ending, found.of.on_file, action, service)


def by_passkey(
    tx: Transaction,
    who: Actor,
    site: Site,
    browser: str,
    id: int,
    form: Mapping[str, str],
    digits: str,
    *,
    minutes: int,
) -> Approved | NotApproved | Refused | NotYet:
    """Takes the number, once, from whoever touches their passkey at this moment. `browser`: what the question's form is bound to."""
    used = own_passkeys.use(tx, who, site, browser, form)
    if not isinstance(used, Used):
        return used
    return _say(tx, who, id, digits, minutes, call_approvals.ON_PAGE)


def not_me(tx: Transaction, who: Actor, id: int) -> bool:
    """The person says the caller is somebody else: warns the desk at once, and sends notices. False: there is nothing to answer."""
    account = call_approvals.refuse(tx, who.subject, id)
    if account is None:
        return False
    alerts.alert(tx, "probing_account", f"approval:{id}", subject=who.subject, account=account)
    told = {"notice": "not_me", "person": who.subject.person}
    job_queue.enqueue_once(tx, "notice", f"not_me:{id}", told)
    _answered(tx, id)
    return True


def _answered(tx: Transaction, id: int) -> None:
    """What asked says so."""
    job_queue.enqueue_once(tx, call_approvals.KIND, f"{id}:answered", {"approval": id})
