"""A customer joins, or joins anew, by the link they were mailed: a password and an authenticator app, or a passkey.

Whoever has an app on file already is asked for its code and sets up no other, so that a mailbox alone opens nothing of somebody who had
more than that. Whoever has just set both is signed in: the code was of this moment, and would not be taken a second time. The passkey
of an invitation ends in the same use case (desk/signing_in.py, `join`) and the same pages (`joined`, `gone`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import Response

from authz import Subject
from desk import signing_in
from desk.signing_in import NewApp
from portal.web import new_app, responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import credentials, invitations, passkeys, passwords, sessions
from store.sign_in.invitations import Guest
from store.sign_in.passkeys import Refused
from store.sign_in.realms import CUSTOMERS
from store.text import numbers


def show(context: PortalContext, visit: Visit) -> Response:
    """Whoever opens it, a mail scanner too, changes nothing."""
    return page(context, visit, "")


def join(context: PortalContext, visit: Visit) -> Response:
    link, password = visit.named["link"], visit.form.get("password", "")[: passwords.LONGEST + 1]
    guest = _guest(context, link)
    if guest is None:
        return gone(context, visit)
    secret = "" if guest.has_app else new_app.begun(context, visit)
    step = new_app.step_of(context, visit, secret) if secret else 0
    trouble: str | None = "code"
    if password != visit.form.get("again", "")[: passwords.LONGEST + 1]:
        trouble = "differ"
    elif step is not None:  # last: to judge a password takes longer than all the rest
        trouble = passwords.trouble(password, (guest.username, guest.name, urlsplit(context.origin).hostname or ""))
    if trouble is not None or step is None:
        return page(context, visit, trouble or "", 422, secret)
    if not context.customers.admit():
        return page(context, visit, "busy", 503, secret)
    hashed = context.customers.run(lambda: credentials.hashed(password))
    made = None
    if guest.has_app:
        with context.store.transaction("portal") as tx:
            made = invitations.attempt(tx, guest.person)
    with context.store.transaction("portal") as tx:
        app = NewApp(secret, step) if secret else None
        token = signing_in.join(tx, link, guest, hashed, numbers.digits(visit.field("code", 40)), made, app)
        known = _enters(tx, visit, guest, token)
    return _done(context, visit, guest, token, known)


def by_passkey(context: PortalContext, visit: Visit) -> Response:
    """What the browser made is looked at before the code is tried and the link is used up."""
    link = visit.named["link"]
    with context.store.transaction("portal") as tx:
        guest = invitations.look(tx, link)
        if guest is None:
            return gone(context, visit)
        new = passkeys.check(tx, context.site, Subject.of_person(guest.person), visit.browser, visit.form)
        made = invitations.attempt(tx, guest.person) if guest.has_app and not isinstance(new, Refused) else None
    if isinstance(new, Refused):
        return page(context, visit, f"passkey_{new}", 422)
    with context.store.transaction("portal") as tx:
        token = signing_in.join(tx, link, guest, None, numbers.digits(visit.field("code", 40)), made, new=new)
        known = _enters(tx, visit, guest, token)
    return _done(context, visit, guest, token, known)


def _done(context: PortalContext, visit: Visit, guest: Guest, token: str | Refused | None, known: str) -> Response:
    if token is None:
        return page(context, visit, "code", 422)
    if isinstance(token, Refused):
        return page(context, visit, f"passkey_{token}", 422)
    return joined(context, visit, guest, token, known)


def joined(context: PortalContext, visit: Visit, guest: Guest, token: str, known: str) -> Response:
    """Signed in, but for whoever may not sign in yet."""
    given: dict[str, Any] = {"username": guest.username, "may": bool(token), "by_passkey": "passkey" in visit.form}
    made = responses.page(context, visit, "customers/joined", **given)
    return responses.signed_in(context, visit, made, token, known) if token else made


def gone(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/gone", 410, what="invitation")


def page(context: PortalContext, visit: Visit, trouble: str, status: int = 200, secret: str = "") -> Response:
    """The page of the invitation, with what kept them from joining: a word of [joining]."""
    with context.store.transaction("portal") as tx:
        guest = invitations.look(tx, visit.named["link"])
        if guest is None:
            return gone(context, visit)
        who = Subject.of_person(guest.person)
        question = passkeys.to_add(tx, context.site, who, visit.browser, invited=True)
    given: dict[str, Any] = {
        "question": question,
        "at": f"/join/{visit.named['link']}",
        "guest": guest,
        "trouble": trouble,
        "shortest": passwords.SHORTEST,
        "qr": None,
    }
    if not guest.has_app:
        given |= new_app.shown(context, visit, secret or new_app.begun(context, visit), guest.username)
    return responses.page(context, visit, "customers/join", status, **given)


def _guest(context: PortalContext, link: str) -> Guest | None:
    with context.store.transaction("portal") as tx:
        return invitations.look(tx, link)


def _enters(tx: Transaction, visit: Visit, guest: Guest, token: str | Refused | None) -> str:
    """What the browser is known by from now on; whoever was signed in there before is not any more."""
    if not token or isinstance(token, Refused):
        return ""
    if visit.session:
        sessions.end(tx, CUSTOMERS, visit.session)
    return credentials.mark(tx, CUSTOMERS, guest.person)
