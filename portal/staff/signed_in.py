"""Whoever of the staff is signed in, as somebody who acts at the desk; and pages that are for them alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastapi import Response

from authz import Proof
from desk.actors import Actor
from portal.staff import sign_in, submissions
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sessions
from store.sign_in.realms import STAFF
from store.sign_in.sessions import SignedIn

Staff = Callable[[PortalContext, Visit, Transaction, SignedIn], Response]


def acting(who: SignedIn) -> Actor:
    """No right of the desk's own people rests on a further proof: to be signed in is enough."""
    return Actor(who.subject, Proof.NONE)


def for_staff(handler: Staff, *, once: bool = True) -> Callable[[PortalContext, Visit], Response]:
    """A page of the desk: everybody who is not signed in is led to the sign-in. `once`: what is sent there is done once (submissions.py)."""

    def staff_only(context: PortalContext, visit: Visit) -> Response:
        if visit.is_cross_site and not visit.session and not visit.post:
            return responses.page(context, visit, "web/onward")  # asked for again from here, the cookie comes along
        stamp = context.store.watch(visit.session) if visit.session and not visit.post else ""
        does = visit.is_user_action or not visit.is_poll
        if not does and stamp and stamp == visit.query.get("stamp"):
            return responses.nothing()
        if visit.session:
            with context.store.transaction("portal") as tx:
                who = sessions.find(tx, STAFF, visit.session, does=does)
                if who is not None:
                    asked = replace(visit, stamp=stamp or "")
                    return (
                        submissions.once(context, asked, tx, who, handler)
                        if visit.post and once
                        else handler(context, asked, tx, who)
                    )
        if visit.is_poll:
            return responses.nothing(401)
        if visit.post and submissions.typed(visit.form):
            return sign_in.first(context, visit)
        page = submissions.page_of(visit.path) if visit.post else visit.path
        return responses.signed_out(context, visit, responses.to(f"/desk/sign-in?to={sign_in.way_on(page)}"))

    return staff_only
