"""Somebody of the staff joins, or joins anew: a password of their own and an authenticator, by a link that is good once.

Whoever has just set both is signed in: the code was of this moment, and would not be taken a second time."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

import pyotp
from fastapi import Response

from portal.web import qr_code, responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.staff import credentials, passwords, sessions, staff_list
from store.text import numbers
from store.verification import totp


def show(context: PortalContext, visit: Visit) -> Response:
    return _page(context, visit, pyotp.random_base32(), "")


def join(context: PortalContext, visit: Visit) -> Response:
    """The secret comes back sealed in the form, so that the code is of the one that was scanned."""
    link, password = visit.named["link"], visit.form.get("password", "")[: passwords.LONGEST + 1]
    secret = _opened(context, link, visit.field("secret", 400)) or pyotp.random_base32()
    with context.store.transaction("portal") as tx:
        member = staff_list.invited(tx, link)
    if member is None:
        return _gone(context, visit)
    step = totp.step_of(secret, numbers.digits(visit.field("code", 40)), context.store.clock(), 0)
    trouble: str | None = "code"
    if password != visit.form.get("again", "")[: passwords.LONGEST + 1]:
        trouble = "differ"
    elif step is not None:  # last: to judge a password takes longer than all the rest
        trouble = passwords.trouble(password, (member.username, member.name, urlsplit(context.origin).hostname or ""))
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
            sessions.end(tx, visit.session)
        token = credentials.join(tx, found, hashed, secret, step)
        known = credentials.mark(tx, found)
    return responses.signed_in(
        context, responses.page(context, visit, "staff/joined", username=member.username), token, known
    )


def _page(context: PortalContext, visit: Visit, secret: str, trouble: str, status: int = 200) -> Response:
    link = visit.named["link"]
    with context.store.transaction("portal") as tx:
        member = staff_list.invited(tx, link)
    if member is None:
        return _gone(context, visit)
    sealed = base64.urlsafe_b64encode(context.store.keys.seal("join-form", secret.encode(), link)).decode()
    given = {"member": member, "qr": qr_code.qr(totp.uri(secret, member.username)), "sealed": sealed}
    given |= {"spelled": qr_code.spelled(secret), "trouble": trouble, "shortest": passwords.SHORTEST}
    return responses.page(context, visit, "staff/join", status, **given)


def _opened(context: PortalContext, link: str, sealed: str) -> str | None:
    try:
        opened = context.store.keys.open("join-form", base64.urlsafe_b64decode(sealed.encode()), link)
    except (binascii.Error, ValueError):
        return None
    return None if opened is None else opened.decode()


def _gone(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/gone", 410, what="join")
