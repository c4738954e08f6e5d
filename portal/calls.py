"""The desk's first page: who waits, who talks, and the card of one's own caller, which changes while they speak."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from authz import Action, Grant
from desk import calls
from desk.calls import AskedFor, CallBack, Claim, Keypad
from portal import answers, card
from portal.asking import acting, asked, talking
from portal.door import Door
from portal.visit import Visit
from store import Transaction
from store.accounts.people import person_of
from store.calls import callbacks, live_calls, support_calls
from store.calls.live_calls import Case, LiveCall
from store.security import alerts, threat_mode
from store.staff import account_access
from store.staff.account_access import Reading
from store.staff.sessions import SignedIn
from store.tickets import ticket_queue

# What is said of each outcome, in words of words.toml.
CALL_BACK: Final = {
    CallBack.OWED: "call_back",
    CallBack.NO_NUMBER: "call_back_no_number",
    CallBack.TALKING: "call_back_talking",
    CallBack.SOON: "call_back_soon",
    CallBack.ENOUGH: "call_back_enough",
    CallBack.NO_PHONE: "call_back_no_phone",
    CallBack.LED: "led",
    CallBack.HELD: "held",
    CallBack.NOT_THEIRS: "not_yours",
    CallBack.NOBODY: "not_yours",
    CallBack.NOT_PERMITTED: "not_yours",
}


def show(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    grant = talking(tx, who)
    if grant is None:
        return answers.not_there(door, visit)
    now, before = live_calls.calls(tx, grant), live_calls.just_over(tx, grant)
    mine = [call for call in now if call.staff == who.staff]
    free = [call for call in now if call.state in ("talking", "keypad") and not call.staff]
    wanted = visit.number("ring")
    if wanted:
        chosen = live_calls.look(tx, grant, wanted)
        if chosen is None:
            return answers.not_there(door, visit)
    else:
        # The last card gives way to a call nobody has claimed.
        chosen = next(iter(mine or ([] if free else [call for call in before if call.staff])), None)
    tickets = asked(tx, who, Action.DESK_TICKET_WORK)
    threat = threat_mode.look(tx, grant)
    leading = asked(tx, who, Action.DESK_THREAT_SWITCH) if who.leads else None
    reading, case = _case(door, tx, who, chosen)
    given = {
        "who": who,
        "chosen": chosen,
        "case": case,
        "reading": reading,
        "no_call_back": _called(door, tx, who, chosen),
        "tone": card.tone(case) if case is not None else "none",
        "rights": card.rights(case.requester) if case is not None and case.requester is not None else None,
        "mine": mine,
        "free": free,
        "waiting": [call for call in now if call.state == "waiting"],
        "talking": [call for call in now if call.state in ("talking", "keypad")],
        "before": before,
        "claimable": [call.id for call in (*free, *before) if call.unclaimed],
        "call_backs": len(callbacks.under_way(tx, grant)),
        "counts": ticket_queue.counts(tx, tickets) if tickets is not None else {},
        "alerts": alerts.news(tx, grant),
        "for_leads": alerts.waiting(tx, leading) if leading is not None else 0,
        "threat": threat is not None and threat.on,
        "read": account_access.count(tx, grant),
        "budget": door.accounts_an_hour,
    }
    return answers.live_page(door, visit, "calls", given)


def _called(door: Door, tx: Transaction, who: SignedIn, call: LiveCall | None) -> str | None:
    """Why whoever a call of theirs was with cannot be called back, empty where they can. None: the call goes on, or is not theirs."""
    grant, found = talking(tx, who), support_calls.look(tx, call.id) if call is not None else None
    if grant is None or call is None or found is None or call.state != "over" or call.staff != who.staff:
        return None
    return why_not(door, tx, grant, person_of(found.subject))


def why_not(door: Door, tx: Transaction, grant: Grant, person: int) -> str:
    return callbacks.why_not(tx, grant, person, door.may_call) if door.phone else "no_phone"


def _case(door: Door, tx: Transaction, who: SignedIn, call: LiveCall | None) -> tuple[Reading, Case | None]:
    """The card of a call that is theirs. As long as the caller has proved nothing there is nothing on it to be read."""
    if call is None or call.staff != who.staff:
        return Reading.OPEN, None
    grant = asked(tx, who, Action.DESK_CARD_VIEW, call.account)
    if grant is None:
        return Reading.OPEN, None
    if account_access.has_case(tx, who.staff, call.account):
        reading = account_access.look(tx, grant, door.accounts_an_hour)
        if reading is not Reading.OPEN:
            return reading, None
    return Reading.OPEN, live_calls.case(tx, grant, call.id, door.texting, facts=True)


def claim(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    ring = visit.number("ring")
    done = calls.claim(tx, acting(who), ring) is Claim.CLAIMED
    return answers.to(f"/desk/calls/{ring}?said=mine" if done else "/desk?said=not_mine")


def give_back(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = calls.give_back(tx, acting(who), visit.number("ring"))
    return answers.to(f"/desk?said={'given_back' if done else 'not_given_back'}")


def ask_proof(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    ring = visit.number("ring")
    what = AskedFor.SECOND_PROOF if visit.field("what") == AskedFor.SECOND_PROOF else AskedFor.PIN
    done = calls.send_to_keypad(tx, acting(who), ring, what) is Keypad.SENT
    return answers.to(f"/desk/calls/{ring}?said={f'asked_{what}' if done else 'not_asked'}")


def call_back(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Back to the calls, where the next one of theirs comes up by itself."""
    made = calls.call_back_caller(tx, acting(who), visit.number("ring"), phone=door.phone)
    return answers.to(f"/desk?said={CALL_BACK[made]}")
