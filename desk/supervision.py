"""What supervisors do: looking into warnings, letting agents go on, threat mode, and what takes two of them (dual control)."""

from __future__ import annotations

from enum import Enum, auto

from authz import Action
from desk import lookup
from desk.actors import Actor, permit_staff
from desk.lookup import NotFound
from store import Transaction
from store.security import alerts, reconcile_mode, threat_mode
from store.sign_in import vouches
from store.staff import account_access, dual_control, email_codes
from store.staff.dual_control import LOGIN_REISSUE, NEEDS, PIN_REISSUE, PIN_UNLOCK, THREAT_OFF


class LetOn(Enum):
    """What came of letting one of the staff go on, who has looked at as much as a limit allows."""

    LIFTED = auto()
    OWN_LIMIT = auto()  # nobody lifts their own
    NOBODY = auto()
    NOT_PERMITTED = auto()


class ThreatOn(Enum):
    SWITCHED = auto()
    ALREADY = auto()
    NOT_PERMITTED = auto()


class OfPin(Enum):
    """What two people may have done about somebody's PIN, or about what they sign in with."""

    REISSUE = PIN_REISSUE
    UNLOCK = PIN_UNLOCK
    LOGIN = LOGIN_REISSUE  # what they sign in with, set anew by an invitation


class Asked(Enum):
    """What came of asking for something that takes a second person."""

    ASKED = auto()
    ALREADY_ASKED = auto()
    NOT_ON = auto()  # there is no threat to be ended
    NOBODY = auto()
    LOOKED_UP_ENOUGH = auto()
    NO_REASON = auto()
    ADDRESS_YOUNG = auto()
    NOT_VOUCHED = auto()  # no owner has vouched for them in the last 72 hours
    NOT_PERMITTED = auto()


class Decision(Enum):
    """What came of answering as the second person."""

    AGREED = auto()
    REFUSED = auto()
    ADDRESS_YOUNG = auto()
    NOT_THEIRS = auto()  # it is what they asked for themselves, or it has been decided
    NOT_PERMITTED = auto()


def see_alert(tx: Transaction, who: Actor, id: int) -> bool:
    """Marks an alert as looked into; that of a restore ends reconcile mode. False: it is not for them."""
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is not None and alerts.seen(tx, grant, id) == "restored":
        reconcile_mode.end(tx, grant)
    return grant is not None


def let_go_on(tx: Transaction, who: Actor, staff: int) -> LetOn:
    """Empties a colleague's count of accounts and people looked at. Nobody does it for themselves."""
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return LetOn.NOT_PERMITTED
    if staff == who.staff:
        return LetOn.OWN_LIMIT
    return LetOn.LIFTED if account_access.lift(tx, grant, staff) else LetOn.NOBODY


def switch_threat_on(tx: Transaction, who: Actor) -> ThreatOn:
    """At once, by one of them."""
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return ThreatOn.NOT_PERMITTED
    return ThreatOn.SWITCHED if threat_mode.switch(tx, grant, True) else ThreatOn.ALREADY


def ask_threat_off(tx: Transaction, who: Actor, reason: str) -> Asked:
    grant = permit_staff(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return Asked.NOT_PERMITTED
    if not threat_mode.threat(tx):
        return Asked.NOT_ON
    return Asked.ASKED if dual_control.ask(tx, grant, THREAT_OFF, reason=reason) else Asked.ALREADY_ASKED


def ask_of_pin(tx: Transaction, who: Actor, wanted: OfPin, words: str, reason: str, region: str) -> Asked:
    """A new PIN, a lock lifted, or another invitation, for exactly this support ID or number (`words`)."""
    grant = permit_staff(tx, who, Action.DESK_PIN_REISSUE)
    if grant is None:
        return Asked.NOT_PERMITTED
    match lookup.find_person(tx, who, words, region):
        case NotFound.NOT_PERMITTED:
            return Asked.NOT_PERMITTED
        case NotFound.LOOKED_UP_ENOUGH:
            return Asked.LOOKED_UP_ENOUGH
        case NotFound():
            return Asked.NOBODY
        case found:
            person = found.person
    if not reason:
        return Asked.NO_REASON
    if wanted is OfPin.LOGIN and vouches.standing(tx, grant, person) is None:
        return Asked.NOT_VOUCHED
    if wanted is not OfPin.UNLOCK and email_codes.is_young(tx, grant, person):
        return Asked.ADDRESS_YOUNG
    asked = dual_control.ask(tx, grant, wanted.value, person=person, reason=reason)
    return Asked.ASKED if asked else Asked.ALREADY_ASKED


def decide(tx: Transaction, who: Actor, id: int, *, agree: bool) -> Decision:
    """Agrees or refuses, as the second person. The one who asked may refuse too, which takes it back."""
    action = dual_control.action_of(tx, id)
    grant = permit_staff(tx, who, Action(NEEDS[action]) if action is not None else Action.DESK_PIN_REISSUE)
    if grant is None:
        return Decision.NOT_PERMITTED
    if not agree:
        return Decision.REFUSED if dual_control.refuse(tx, grant, id) else Decision.NOT_THEIRS
    if dual_control.agree(tx, grant, id):
        return Decision.AGREED
    young = any(one.id == id and one.address and not one.address.good for one in dual_control.waiting(tx, grant))
    return Decision.ADDRESS_YOUNG if young else Decision.NOT_THEIRS
