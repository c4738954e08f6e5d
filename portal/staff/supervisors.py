"""For supervisors and administrators: what the desk is warned of, quarantined tickets, the threat switch, and what takes two people."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import supervision
from desk.supervision import Asked, Decision, LetOn, OfPin, ThreatOn
from desk.supervision_page import supervision_page
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.staff import dual_control

# What is said of each outcome, in words of words.toml; None: that there is nothing there.
LET_ON: Final = {
    LetOn.LIFTED: "lifted",
    LetOn.OWN_LIMIT: "lift_own",
    LetOn.NOBODY: "not_yours",
    LetOn.NOT_PERMITTED: None,
}
THREAT_ON: Final = {
    ThreatOn.SWITCHED: "threat_on",
    ThreatOn.ALREADY: "threat_already",
    ThreatOn.NOT_PERMITTED: None,
}
ASKED: Final = {
    Asked.ASKED: "asked",
    Asked.ALREADY_ASKED: "asked_already",
    Asked.NOT_ON: "threat_already",
    Asked.NOBODY: "not_found",
    Asked.LOOKED_UP_ENOUGH: "looked_up_enough",
    Asked.NO_REASON: "empty",
    Asked.ADDRESS_YOUNG: "address_young",
    Asked.NOT_VOUCHED: "not_vouched",
    Asked.NOT_PERMITTED: None,
}
DECISION: Final = {
    Decision.AGREED: "agreed",
    Decision.REFUSED: "refused",
    Decision.ADDRESS_YOUNG: "address_young",
    Decision.NOT_THEIRS: "not_agreed",
    Decision.NOT_PERMITTED: None,
}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = supervision_page(tx, acting(who))
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "unsent": sent_forms.kept(tx, who.staff)}
    return responses.live_page(context, visit, "staff/supervisors", given)


def seen(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not supervision.see_alert(tx, acting(who), visit.number("id")):
        return responses.not_there(context, visit)
    return responses.to("/desk/supervisors?said=seen")


def lift(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    staff = visit.number("id")
    return _said(context, visit, LET_ON[supervision.let_go_on(tx, acting(who), staff)] if staff else None)


def threat(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """On at once; off is asked for, and another one agrees."""
    if visit.field("to") == "on":
        return _said(context, visit, THREAT_ON[supervision.switch_threat_on(tx, acting(who))])
    reason = visit.field("reason", dual_control.LONGEST_REASON)
    return _said(context, visit, ASKED[supervision.ask_threat_off(tx, acting(who), reason)])


def ask_pin(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    wanted = next((one for one in OfPin if one.value == visit.field("action")), OfPin.REISSUE)
    person, reason = visit.field("person"), visit.field("reason", dual_control.LONGEST_REASON)
    return _said(context, visit, ASKED[supervision.ask_of_pin(tx, acting(who), wanted, person, reason, context.region)])


def answer(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    agree = visit.field("answer") == "agree"
    return _said(context, visit, DECISION[supervision.decide(tx, acting(who), visit.number("id"), agree=agree)])


def _said(context: PortalContext, visit: Visit, said: str | None) -> Response:
    return responses.not_there(context, visit) if said is None else responses.to(f"/desk/supervisors?said={said}")
