"""Customers sign in and out: by passkey, or with password and code in one form, one answer for whatever was wrong."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from fastapi import Response

from portal.web import passkey_sign_in, responses, signing_in
from portal.web.context import PortalContext
from portal.web.signing_in import Attempt
from portal.web.visit import Visit
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS

# Where a sign-in, or a second proof, may lead: the customers' own pages alone.
WITHIN: Final = re.compile(r"/|(/[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}){1,8}(\?[A-Za-z0-9._~=&%+-]{1,300})?")
NOT_WITHIN: Final = (
    "/sign-in",
    "/sign-out",
    "/recover",
    "/join",
    "/enrol",
    "/pin",
    "/prove",
    "/confirm",
    "/desk",
    "/simulator",
    "/static",
)


def show(context: PortalContext, visit: Visit) -> Response:
    return again(context, visit, 200, way_on(visit.query.get("to", "")), "")


def sign_in(context: PortalContext, visit: Visit) -> Response:
    return _enter(context, visit, signing_in.attempt)


def by_passkey(context: PortalContext, visit: Visit) -> Response:
    return _enter(context, visit, passkey_sign_in.attempt)


def _enter(context: PortalContext, visit: Visit, attempt: Attempt) -> Response:
    way, tried = way_on(visit.field("to")), attempt(context, visit, None)
    if not tried.token:
        return signing_in.refused(
            context, tried, lambda status, minutes: again(context, visit, status, way, tried.why, minutes)
        )
    return responses.signed_in(context, visit, responses.to(way), tried.token, tried.known)


def sign_out(context: PortalContext, visit: Visit) -> Response:
    if visit.session:
        with context.store.transaction("portal") as tx:
            sessions.end(tx, CUSTOMERS, visit.session)
    return responses.signed_out(context, visit, responses.to("/sign-in"))


def again(context: PortalContext, visit: Visit, status: int, way: str, why: str, minutes: int = 0) -> Response:
    """The page of the sign-in, with why it is shown again: a word of [customer_signing_in]."""
    given = {"why": why, "minutes": minutes, "to": way, "question": passkey_sign_in.question(context, visit)}
    return responses.page(context, visit, "customers/sign_in", status, **given)


def is_ours(path: str) -> bool:
    """Whether that is a page, with what it asks, that somebody may be led to."""
    return bool(WITHIN.fullmatch(path)) and not path.startswith(NOT_WITHIN)


def way_on(path: str) -> str:
    return path if is_ours(path) else "/"


def leading_to(path: str) -> str:
    """The sign-in that leads to a page of ours afterwards."""
    way = way_on(path)
    return "/sign-in" if way == "/" else f"/sign-in?to={quote(way)}"
