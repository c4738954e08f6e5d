"""For supervisors and administrators: who works here, with the tickets they have, and the page of each; who is invited; and what is done about it."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import colleague_page, staffing
from desk.staffing import Staffing, staff_page
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.staff.dual_control import LONGEST_REASON
from store.text import numbers

# What is said where nothing was done, in words of words.toml; None: that there is nothing there.
DONE: Final = {Staffing.ASKED: "asked", Staffing.INVITED: "staff_invited"}  # in place of what the deed itself says
NOT_DONE: Final = {
    Staffing.ALREADY: "staff_already",
    Staffing.OWN: "staff_own",
    Staffing.AWAY: "staff_away",
    Staffing.LAST: "staff_last",
    Staffing.NO_REASON: "empty",
    Staffing.ASKED_ALREADY: "asked_already",
    Staffing.NAME: "staff_name",
    Staffing.USERNAME: "staff_username",
    Staffing.EMAIL: "staff_email",
    Staffing.TAKEN: "staff_taken",
    Staffing.ENOUGH: "staff_enough",
    Staffing.NOT_PERMITTED: None,
}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = staff_page(tx, acting(who))
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "unsent": sent_forms.kept(tx, who.staff), "mails": context.mails}
    return responses.live_page(context, visit, "staff/staff", given)


def colleague(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    only_passkeys = context.passkeys_required
    found = colleague_page.colleague_page(tx, acting(who), visit.number("id"), only_passkeys=only_passkeys)
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "unsent": sent_forms.kept(tx, who.staff), "mails": context.mails}
    given["most_reason"] = LONGEST_REASON
    return responses.page(context, visit, "staff/colleague", said=visit.query.get("said", ""), **given)


def invite(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not context.mails:
        return responses.to("/desk/staff?said=staff_no_mail")
    typed = {"name": visit.field("person"), "username": visit.field("username", 64), "email": visit.field("email", 254)}
    return _said(context, visit, staffing.invite(tx, acting(who), typed), "staff_invited")


def invite_again(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not context.mails:
        return responses.to(f"{_of(visit)}?said=staff_no_mail")
    return _said(
        context, visit, staffing.invite_again(tx, acting(who), visit.number("id")), "staff_invited", _of(visit)
    )


def withdraw_invitation(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _said(context, visit, staffing.withdraw_invitation(tx, acting(who), visit.number("id")), "staff_withdrawn")


def set_role(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    role, reason = visit.field("role", 20), visit.field("reason", LONGEST_REASON)
    done = staffing.set_role(tx, acting(who), visit.number("id"), role, reason)
    return _said(context, visit, done, "staff_role", _of(visit))


def remove_passkey(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    inviting = visit.field("then") == "invite"
    if inviting and not context.mails:
        return responses.to(f"{_of(visit)}?said=staff_no_mail")
    done = staffing.remove_passkey(tx, acting(who), visit.number("id"), visit.number("passkey"), inviting=inviting)
    return _said(context, visit, done, "staff_passkey", _of(visit))


def _of(visit: Visit) -> str:
    return f"/desk/staff/{visit.number('id')}"


def reassign(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    to = visit.field("to", 20)
    colleague = None if to == "queue" else numbers.parse_int(to) or 0
    done = staffing.reassign(tx, acting(who), visit.number("id"), colleague)
    return _said(context, visit, done, "reassigned")


def suspend(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = staffing.set_suspended(tx, acting(who), visit.number("id"), to=True)
    return _said(context, visit, done, "staff_suspended")


def resume(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = staffing.set_suspended(tx, acting(who), visit.number("id"), to=False)
    return _said(context, visit, done, "staff_resumed")


def _said(context: PortalContext, visit: Visit, came: Staffing, done: str, page: str = "/desk/staff") -> Response:
    said = done if came is Staffing.DONE else DONE.get(came) or NOT_DONE[came]
    return responses.not_there(context, visit) if said is None else responses.to(f"{page}?said={said}")
