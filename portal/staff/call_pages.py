"""The desk's first page: who waits, who talks, and the card of one's own caller, which changes while they speak."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from authz import Proof
from desk import calls
from desk.call_page import call_page
from desk.calls import AskedFor, Assigned, Callback, Keypad
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.calls.live_calls import Case
from store.sign_in.sessions import SignedIn

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
