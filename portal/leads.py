"""For supervisors and administrators: what the desk is warned of, held tickets, the threat switch, and what takes two people."""

from __future__ import annotations

from fastapi import Response

from authz import Action
from portal import answers
from portal.asking import asked, talking
from portal.door import Door
from portal.visit import Visit
from store import Transaction
from store.security import alerts, threat_mode
from store.staff import account_access, dual_control, email_codes, sent_forms, staff_list
from store.staff.account_access import Reading
from store.staff.dual_control import NEEDS, PIN_REISSUE, PIN_UNLOCK, THREAT_OFF
from store.staff.sessions import SignedIn
from store.tickets import ticket_queue


def show(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    switching, pins = asked(tx, who, Action.DESK_THREAT_SWITCH), asked(tx, who, Action.DESK_PIN_REISSUE)
    tickets = asked(tx, who, Action.DESK_TICKET_WORK)
    if switching is None or pins is None or tickets is None:
        return answers.not_there(door, visit)
    warned = alerts.shown(tx, switching)
    given = {
        "who": who,
        "alerts": warned,
        "names": {one.id: alerts.named(tx, switching, one) for one in warned},
        "switch": threat_mode.look(tx, switching),
        "others": staff_list.who_else_leads(tx, switching),
        "held": ticket_queue.held(tx, tickets),
        "unsent": sent_forms.kept(tx, who.staff),
        "wanted": dual_control.waiting(tx, switching) + dual_control.waiting(tx, pins),
    }
    return answers.live_page(door, visit, "leads", given)


def seen(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    grant = asked(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return answers.not_there(door, visit)
    alerts.seen(tx, grant, visit.number("id"))
    return answers.to("/desk/lead?said=seen")


def lift(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """One of the staff has looked at as many accounts as the hour allows, and goes on: somebody else's decision, not their own."""
    grant, staff_id = asked(tx, who, Action.DESK_THREAT_SWITCH), visit.number("id")
    if grant is None or not staff_id:
        return answers.not_there(door, visit)
    if staff_id == who.staff:
        return answers.to("/desk/lead?said=lift_own")
    return answers.to(f"/desk/lead?said={'lifted' if account_access.lift(tx, grant, staff_id) else 'not_yours'}")


def threat(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """On at once; off is asked for, and another one agrees."""
    grant = asked(tx, who, Action.DESK_THREAT_SWITCH)
    if grant is None:
        return answers.not_there(door, visit)
    if visit.field("to") == "on":
        return answers.to(f"/desk/lead?said={'threat_on' if threat_mode.switch(tx, grant, True) else 'threat_already'}")
    if not threat_mode.threat(tx):
        return answers.to("/desk/lead?said=threat_already")
    done = dual_control.ask(tx, grant, THREAT_OFF, reason=visit.field("reason", dual_control.LONGEST_REASON))
    return answers.to(f"/desk/lead?said={'asked' if done else 'asked_already'}")


def ask_pin(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """A new PIN, or a lock lifted, for exactly this support ID or number."""
    grant, asking = asked(tx, who, Action.DESK_PIN_REISSUE), talking(tx, who)
    if grant is None or asking is None:
        return answers.not_there(door, visit)
    action = PIN_UNLOCK if visit.field("action") == PIN_UNLOCK else PIN_REISSUE
    person = email_codes.find(tx, asking, visit.field("person"), door.region)
    if isinstance(person, Reading):
        return answers.to("/desk/lead?said=looked_up_enough")
    if person is None:
        return answers.to("/desk/lead?said=not_found")
    reason = visit.field("reason", dual_control.LONGEST_REASON)
    if not reason:
        return answers.to("/desk/lead?said=empty")
    if action == PIN_REISSUE and email_codes.is_young(tx, grant, person):
        return answers.to("/desk/lead?said=address_young")
    done = dual_control.ask(tx, grant, action, person=person, reason=reason)
    return answers.to(f"/desk/lead?said={'asked' if done else 'asked_already'}")


def answer(door: Door, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    id = visit.number("id")
    action = dual_control.action_of(tx, id)
    cell = NEEDS[action] if action is not None else str(Action.DESK_PIN_REISSUE)
    grant = asked(tx, who, Action(cell))
    if grant is None:
        return answers.not_there(door, visit)
    if visit.field("answer") == "agree":
        young = any(one.id == id and one.address and not one.address.good for one in dual_control.waiting(tx, grant))
        said = "agreed" if dual_control.agree(tx, grant, id) else "address_young" if young else "not_agreed"
        return answers.to(f"/desk/lead?said={said}")
    return answers.to(f"/desk/lead?said={'refused' if dual_control.refuse(tx, grant, id) else 'not_agreed'}")
