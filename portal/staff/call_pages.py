"""The desk's first page: who waits, who talks, and the card of one's own caller, which changes while they speak."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from authz import Proof
from desk import call_work, calls
from desk.call_page import call_page
from desk.call_work import KINDS, NotDone, Noted
from desk.calls import AskedFor, Assigned, Callback, Keypad
from desk.choices import is_request
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.calls.live_calls import Case
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.text import numbers

# What is said of each outcome, in words of words.toml.
CALLBACK: Final = {
    Callback.OWED: "callback",
    Callback.NO_NUMBER: "callback_no_number",
    Callback.TALKING: "callback_talking",
    Callback.SOON: "callback_soon",
    Callback.ENOUGH: "callback_enough",
    Callback.ABROAD: "callback_abroad",
    Callback.NO_PHONE: "callback_no_phone",
    Callback.SUPERVISORS_ONLY: "supervisors_only",
    Callback.QUARANTINED: "quarantined",
    Callback.NOT_THEIRS: "not_yours",
    Callback.NOBODY: "not_yours",
    Callback.NOT_PERMITTED: "not_yours",
}
LONGEST: Final = 12_000  # characters somebody writes on the page
NOT_DONE: Final = {
    NotDone.NOT_NOW: "call_not_now",
    NotDone.SECOND_PROOF: "call_second_proof",
    NotDone.WHICH_SERVICE: "call_which_service",
    NotDone.NOT_ALLOWED: "call_not_allowed",
    NotDone.NO_TICKET: "call_no_ticket",
}
NOTED: Final = {Noted.ON_TICKET: "noted", Noted.WITH_CALL: "call_noted", Noted.NOT_NOW: "call_not_now"}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = call_page(
        tx,
        acting(who),
        visit.number("support_call") or None,
        phone=context.phone,
        may_call=context.may_call,
        texting=context.texting,
        accounts_an_hour=context.accounts_an_hour,
    )
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "tone": _tone(found.case), "callback": offered(found.callback)}
    given |= {"assistants": context.assistants, "writing": visit.query.get("write") == "1"}  # without scripts
    given |= {"longest": LONGEST, "unsent": sent_forms.kept(tx, who.staff)}
    return responses.live_page(context, visit, "staff/calls", given)


def offered(callback: Callback | None) -> str | None:
    """The word for why nobody is called back: empty where they can be, None where it is not offered."""
    return "" if callback is Callback.OWED else None if callback is None else CALLBACK[callback]


def _tone(case: Case | None) -> str:
    """What colour the card has."""
    if case is None:
        return "none"
    if case.call.state == "over":
        return "over"
    if case.requester is None:
        return "unsure"
    return "twice" if case.proof is Proof.STEPPED_UP else "sure"


def assign(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    support_call = visit.number("support_call")
    done = calls.assign(tx, acting(who), support_call) is Assigned.DONE
    return responses.to(f"/desk/calls/{support_call}?said=mine" if done else "/desk?said=not_mine")


def give_back(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = calls.give_back(tx, acting(who), visit.number("support_call"))
    return responses.to(f"/desk?said={'given_back' if done else 'not_given_back'}")


def ask_proof(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    support_call = visit.number("support_call")
    what = AskedFor.SECOND_PROOF if visit.field("what") == AskedFor.SECOND_PROOF else AskedFor.PIN
    done = calls.send_to_keypad(tx, acting(who), support_call, what) is Keypad.SENT
    return responses.to(f"/desk/calls/{support_call}?said={f'asked_{what}' if done else 'not_asked'}")


def callback(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Back to the calls, where the next one of theirs comes up by itself."""
    made = calls.callback_caller(tx, acting(who), visit.number("support_call"), phone=context.phone)
    return responses.to(f"/desk?said={CALLBACK[made]}")


def open_ticket(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """For the caller: a ticket, a request, or words on a ticket of theirs, whichever was chosen."""
    support_call, words = visit.number("support_call"), visit.form.get("words", "").strip()
    wrong = _unfit(words)
    said = wrong or _opened(tx, who, support_call, visit.field("kind"), words, visit.field("service") or None)
    return responses.to(f"/desk/calls/{support_call}?said={said}")


def _opened(tx: Transaction, who: SignedIn, call: int, chosen: str, words: str, service: str | None) -> str:
    if chosen.startswith("#"):
        done = call_work.add_words(tx, acting(who), call, numbers.parse_int(chosen[1:]) or 0, words)
        return "call_added" if done is None else NOT_DONE[done]
    kind = next((kind for kind in KINDS if kind == chosen), None)
    if kind is None:
        return NOT_DONE[NotDone.NOT_ALLOWED]
    made = call_work.open_ticket(tx, acting(who), call, kind, words, service)
    return NOT_DONE[made] if isinstance(made, NotDone) else "call_requested" if is_request(kind) else "call_opened"


def note(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    support_call, words = visit.number("support_call"), visit.form.get("words", "").strip()
    said = _unfit(words) or NOTED[call_work.note(tx, acting(who), support_call, words)]
    here = numbers.parse_int(visit.field("here"))  # beside an older call: the card that stands there stays
    here = support_call if here is None else here
    return responses.to(f"/desk/calls/{here}?said={said}" if here else f"/desk?said={said}")


def _unfit(words: str) -> str:
    return "" if words and len(words) <= LONGEST else "too_long" if words else "empty"
