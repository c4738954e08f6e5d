"""Somebody of the staff joins, or joins anew: a password of their own and an authenticator, by a link that is good once.

Whoever has just set both is signed in: the code was of this moment, and would not be taken a second time."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

import pyotp
from fastapi import Response

from portal import answers, drawing
from portal.door import PortalContext
from portal.visit import Visit
from store.staff import credentials, passwords, sessions, staff_list
from store.text import numbers
from store.verification import totp


def show(door: PortalContext, visit: Visit) -> Response:
    return _page(door, visit, pyotp.random_base32(), "")


def join(door: PortalContext, visit: Visit) -> Response:
    """The secret comes back sealed in the form, so that the code is of the one that was scanned."""
    link, password = visit.named["link"], visit.form.get("password", "")[: passwords.LONGEST + 1]
    secret = _opened(door, link, visit.field("secret", 400)) or pyotp.random_base32()
    with door.store.transaction("portal") as tx:
        member = staff_list.invited(tx, link)
    if member is None:
        return _gone(door, visit)
    step = totp.step_of(secret, numbers.digits(visit.field("code", 40)), door.store.clock(), 0)
    trouble: str | None = "code"
    if password != visit.form.get("again", "")[: passwords.LONGEST + 1]:
        trouble = "differ"
    elif step is not None:  # last: to judge a password takes longer than all the rest
        trouble = passwords.trouble(password, (member.username, member.name, urlsplit(door.origin).hostname or ""))
    if trouble is not None or step is None:
        return _page(door, visit, secret, trouble or "", 422)
    if not door.pool.admit():
        return _page(door, visit, secret, "busy", 503)
    hashed = door.pool.run(lambda: credentials.hashed(password))
    with door.store.transaction("portal") as tx:
        found = staff_list.accept(tx, link)
        if found is None:
            return _gone(door, visit)
        if visit.session:
            sessions.end(tx, visit.session)
        token = credentials.join(tx, found, hashed, secret, step)
        known = credentials.mark(tx, found)
    return answers.signed_in(door, answers.page(door, visit, "joined", username=member.username), token, known)


def _page(door: PortalContext, visit: Visit, secret: str, trouble: str, status: int = 200) -> Response:
    link = visit.named["link"]
    with door.store.transaction("portal") as tx:
        member = staff_list.invited(tx, link)
    if member is None:
        return _gone(door, visit)
    sealed = base64.urlsafe_b64encode(door.store.keys.seal("join-form", secret.encode(), link)).decode()
    given = {"member": member, "qr": drawing.qr(totp.uri(secret, member.username)), "sealed": sealed}
    given |= {"spelled": drawing.spelled(secret), "trouble": trouble, "shortest": passwords.SHORTEST}
    return answers.page(door, visit, "join", status, **given)


def _opened(door: PortalContext, link: str, sealed: str) -> str | None:
    try:
        opened = door.store.keys.open("join-form", base64.urlsafe_b64decode(sealed.encode()), link)
    except (binascii.Error, ValueError):
        return None
    return None if opened is None else opened.decode()


def _gone(door: PortalContext, visit: Visit) -> Response:
    return answers.page(door, visit, "gone", 410, what="join")
