"""The desk's people sign in and out: password and code in one form, one answer for whatever was wrong.

Strangers are counted by their address before anything is looked at or a place is taken, and hash in a pool of their own.
"""

from __future__ import annotations

import re
from math import ceil
from typing import Final

from fastapi import Response

from portal.web import responses, submissions
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.imports.field_words import ACCOUNT_NUMBER
from store.staff import credentials, passwords, sent_forms, sessions
from store.staff.credentials import Client
from store.text import numbers

# Where a sign-in may lead: our own pages alone.
WITHIN: Final = re.compile(rf"/desk(/[a-z0-9-]+){{0,3}}|/desk/account/{ACCOUNT_NUMBER.strip('^$')}")
LONGEST: Final = 64


def show(context: PortalContext, visit: Visit) -> Response:
    return _again(context, visit, 200, way_on(visit.query.get("to", "")), "")


def first(context: PortalContext, visit: Visit) -> Response:
    """Somebody's session ended while they were writing: what they wrote goes through the sign-in, and comes back after it."""
    unsent = {visit.path: submissions.typed(visit.form)}
    return _again(context, visit, 401, way_on(submissions.page_of(visit.path)), "ended", unsent=unsent)


def sign_in(context: PortalContext, visit: Visit) -> Response:
    """Counted and committed first; then one Argon2; then the code, once. Nothing says what was wrong, but that whoever had both right is
    suspended; and what is refused by the
    count is not hashed, whoever's username it is."""
    if "username" not in visit.form:  # the page itself has found out that they are signed out
        return _again(context, visit, 401, way_on(visit.field("to")), "ended")
    username, password = visit.field("username", LONGEST), visit.form.get("password", "")[: passwords.LONGEST + 1]
    digits, way = numbers.digits(visit.field("code", 40)), way_on(visit.field("to"))
    with context.store.transaction("portal") as tx:
        attempt = credentials.begin(
            tx, username, Client(visit.whence.address, visit.whence.network, visit.known, visit.whence.allocation)
        )
    if attempt.refused is not None:
        return _wait(context, visit, way, attempt.refused, attempt.free_at)
    pool = context.pool if attempt.known else context.strangers
    if not pool.admit():
        with context.store.transaction("portal") as tx:
            credentials.drop(tx, attempt)
        return _again(context, visit, 503, way, "busy")
    right = pool.run(lambda: credentials.matches(context.store.keys, attempt.login, context.decoy, password))
    with context.store.transaction("portal") as tx:
        done = credentials.finish(tx, attempt, right, digits)
        token = done.token
        if visit.session and token:
            sessions.end(tx, visit.session)
        known, kept = "", False
        if token and attempt.staff is not None:
            known = credentials.mark(tx, attempt.staff)
            kept = _keep(tx, visit, attempt.staff)
    if done.codes_at:
        return _wait(context, visit, way, "codes", done.codes_at)
    if not token:
        return _again(context, visit, 403, way, "suspended" if done.suspended else "wrong")
    return responses.signed_in(context, responses.to(f"{way}?said=unsent" if kept else way), token, known)


def _keep(tx: Transaction, visit: Visit, staff: int) -> bool:
    """What was typed in a session of theirs that had ended, and of nobody else's."""
    unsent = submissions.unpacked(visit.form.get("unsent", ""))
    if not unsent or sessions.owner(tx, visit.session) != staff:
        return False
    for form, words in unsent.items():
        sent_forms.keep(tx, staff, form, words)
    return True


def _wait(context: PortalContext, visit: Visit, way: str, why: str, until: int) -> Response:
    wait = max(until - context.store.clock(), 0)
    made = _again(context, visit, 429, way, why, minutes=ceil(wait / 60_000))
    made.headers["Retry-After"] = str(ceil(wait / 1000))
    return made


def _again(
    context: PortalContext,
    visit: Visit,
    status: int,
    way: str,
    why: str,
    *,
    minutes: int = 0,
    unsent: submissions.Unsent | None = None,
) -> Response:
    unsent = unsent or submissions.unpacked(visit.form.get("unsent", ""))
    given = {"why": why, "minutes": minutes, "to": way, "unsent": submissions.packed(unsent)}
    return responses.page(context, visit, "staff/sign_in", status, **given)


def sign_out(context: PortalContext, visit: Visit) -> Response:
    if visit.session:
        with context.store.transaction("portal") as tx:
            sessions.end(tx, visit.session)
    return responses.signed_out(context, responses.to("/desk/sign-in"))


def way_on(path: str) -> str:
    return path if WITHIN.fullmatch(path) and not path.startswith(("/desk/sign", "/desk/join")) else "/desk"
