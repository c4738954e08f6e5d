"""The desk's people sign in and out: password and code in one form, one answer for whatever was wrong."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from portal import answers
from portal.door import Door
from portal.visit import Visit
from store import logins, passwords, sessions
from store.guard import Admission

WITHIN: Final = re.compile(r"/desk(/[a-z0-9-]+){0,3}")  # where a sign-in may lead: our own pages alone
LONGEST: Final = 64


def show(door: Door, visit: Visit) -> Response:
    return answers.page(door, visit, "sign_in", wrong="", to=way_on(visit.query.get("to", "")))


def sign_in(door: Door, visit: Visit) -> Response:
    """Counted and committed first; then one Argon2 in a pool of its own; then the code, once. Nothing says what was wrong."""
    username, password = visit.field("username", LONGEST), visit.form.get("password", "")[: passwords.LONGEST + 1]
    digits, way = re.sub(r"\s", "", visit.field("code", 20)), way_on(visit.field("to"))
    if not door.pool.admit():
        return answers.page(door, visit, "sign_in", 503, wrong="busy", to=way)
    try:
        with door.store.transaction("portal") as tx:
            attempt = logins.begin(tx, username, known=visit.known)
    except BaseException:
        door.pool.leave()
        raise
    right = door.pool.run(lambda: logins.matches(door.store.keys, attempt.login, door.decoy, password))
    with door.store.transaction("portal") as tx:
        token = logins.finish(tx, attempt, right, digits)
        if visit.session and token is not None:
            sessions.end(tx, visit.session)
        known = logins.mark(tx, attempt.staff) if token is not None and attempt.staff is not None else ""
    if token is None:
        busy = attempt.made.admission in (Admission.BUSY, Admission.SPENT)
        return answers.page(door, visit, "sign_in", 403, wrong="busy" if busy else "wrong", to=way)
    return answers.signed_in(door, answers.to(way), token, known)


def sign_out(door: Door, visit: Visit) -> Response:
    with door.store.transaction("portal") as tx:
        sessions.end(tx, visit.session)
    return answers.signed_out(door, answers.to("/desk/sign-in"))


def way_on(path: str) -> str:
    return path if WITHIN.fullmatch(path) and not path.startswith(("/desk/sign", "/desk/join")) else "/desk"
