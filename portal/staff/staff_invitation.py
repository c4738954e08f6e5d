"""Somebody of the staff joins, or joins anew, by a link that is good once: by a passkey, or with a password of their own and an authenticator.

Whoever has just set either is signed in: the code was of this moment, and would not be taken a second time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import Response

from authz import Subject
from desk import signing_in
from portal.web import new_app, responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.sign_in import credentials, passkeys, passwords, realms, sessions
from store.sign_in.passkeys import Refused
from store.sign_in.realms import STAFF
from store.staff import staff_list
from store.staff.staff_list import StaffMember


def show(context: PortalContext, visit: Visit) -> Response:
    return _page(context, visit, new_app.begun(context, visit), "")


def join(context: PortalContext, visit: Visit) -> Response:
    link, password = visit.named["link"], visit.form.get("password", "")[: passwords.LONGEST + 1]
    secret = new_app.begun(context, visit)
    with context.store.transaction("portal") as tx:
        staff_member = staff_list.invited(tx, link)
    if staff_member is None:
        return _gone(context, visit)
    if context.passkeys_required:
        return _page(context, visit, secret, "passkey_only", 422)
    step = new_app.step_of(context, visit, secret)
    trouble: str | None = "code"
    if password != visit.form.get("again", "")[: passwords.LONGEST + 1]:
        trouble = "differ"
    elif step is not None:  # last: to judge a password takes longer than all the rest
        trouble = passwords.trouble(
            password, (staff_member.username, staff_member.name, urlsplit(context.origin).hostname or "")
        )
    if trouble is not None or step is None:
        return _page(context, visit, secret, trouble or "", 422)
    if not context.pool.admit():
        return _page(context, visit, secret, "busy", 503)
    hashed = context.pool.run(lambda: credentials.hashed(password))
    with context.store.transaction("portal") as tx:
        found = staff_list.accept(tx, link)
        if found is None:
            return _gone(context, visit)
        if visit.session:
            sessions.end(tx, STAFF, visit.session)
        credentials.put(tx, STAFF, found, hashed, **realms.staffs_app(tx.keys, found, secret, step))
        token = signing_in.enter(tx, STAFF, found)
        known = credentials.mark(tx, STAFF, found)
    return _joined(context, visit, staff_member, token, known)


def by_passkey(context: PortalContext, visit: Visit) -> Response:
    link, token, known = visit.named["link"], "", ""
    with context.store.transaction("portal") as tx:
        staff_member = staff_list.invited(tx, link)
        if staff_member is None:
            return _gone(context, visit)
        new = passkeys.check(tx, context.site, Subject.of_staff(staff_member.id), visit.browser, visit.form)
        made = new if isinstance(new, Refused) else signing_in.staff_join(tx, link, new)
        if made and not isinstance(made, Refused):
            if visit.session:
                sessions.end(tx, STAFF, visit.session)
            token, known = made, credentials.mark(tx, STAFF, staff_member.id)
    if isinstance(made, Refused):
        return _page(context, visit, new_app.begun(context, visit), f"passkey_{made}", 422)
    return _joined(context, visit, staff_member, token, known) if token else _gone(context, visit)


def _joined(context: PortalContext, visit: Visit, staff_member: StaffMember, token: str, known: str) -> Response:
    given: dict[str, Any] = {"username": staff_member.username, "by_passkey": "passkey" in visit.form}
    return responses.signed_in(context, visit, responses.page(context, visit, "staff/joined", **given), token, known)


def _page(context: PortalContext, visit: Visit, secret: str, trouble: str, status: int = 200) -> Response:
    link = visit.named["link"]
    with context.store.transaction("portal") as tx:
        staff_member = staff_list.invited(tx, link)
        if staff_member is None:
            return _gone(context, visit)
        question = passkeys.to_add(tx, context.site, Subject.of_staff(staff_member.id), visit.browser, invited=True)
    given: dict[str, Any] = {"staff_member": staff_member, "trouble": trouble, "shortest": passwords.SHORTEST}
    given |= {"at": f"/desk/join/{link}", "question": question, "passkeys_only": context.passkeys_required}
    given |= new_app.shown(context, visit, secret, staff_member.username)
    return responses.page(context, visit, "staff/join", status, **given)


def _gone(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/gone", 410, what="join")
