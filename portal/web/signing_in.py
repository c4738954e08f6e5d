"""One try to sign in, the same for both doors: counted and committed first; then one Argon2; then the code, once.

Strangers are counted by their address before anything is looked at or a place is taken, and hash in a pool of their own. Nothing says
what was wrong, but to whoever had both right and may not sign in; and what is refused by the count is not hashed, whoever's username
it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from fastapi import Response

from desk import signing_in
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import credentials, passwords, sessions
from store.sign_in.credentials import Client
from store.text import numbers

LONGEST: Final = 64
STATUS: Final = {"wrong": 403, "not_allowed": 403, "busy": 503}  # all else is 429: it takes a while


@dataclass(frozen=True, slots=True, repr=False)
class Tried:
    """`token` of a new session, and `known` for the browser to keep; or `why` not, a word of [signing_in], and until when (ms)."""

    token: str = ""
    known: str = ""
    why: str = ""
    until: int = 0


Attempt = Callable[[PortalContext, Visit, Callable[[Transaction, int], None] | None], Tried]


def attempt(context: PortalContext, visit: Visit, then: Callable[[Transaction, int], None] | None = None) -> Tried:
    """With what the form of this visit holds. `then` is done for whoever is signed in by it, in the same transaction."""
    realm, username = visit.realm, visit.field("username", LONGEST)
    password = visit.form.get("password", "")[: passwords.LONGEST + 1]
    digits, whence = numbers.digits(visit.field("code", 40)), visit.whence
    client = Client(whence.address, whence.network, visit.known, whence.allocation)
    with context.store.transaction("portal") as tx:
        made = credentials.begin(tx, realm, username, client)
    if made.refused is not None:
        return Tried(why=made.refused, until=made.free_at)
    pool = context.hashing(realm) if made.known else context.strangers
    if not pool.admit():
        with context.store.transaction("portal") as tx:
            credentials.drop(tx, made)
        return Tried(why="busy")
    right = pool.run(lambda: credentials.matches(context.store.keys, made, context.decoy, password))
    with context.store.transaction("portal") as tx:
        done = signing_in.finish(tx, made, right, digits)
        known = ""
        if done.token and made.id is not None:
            if visit.session:
                sessions.end(tx, realm, visit.session)
            known = credentials.mark(tx, realm, made.id)
            if then is not None:
                then(tx, made.id)
    if done.codes_at:
        return Tried(why="codes", until=done.codes_at)
    return Tried(done.token, known, "" if done.token else "not_allowed" if done.proved else "wrong")


def refused(context: PortalContext, tried: Tried, page: Callable[[int, int], Response]) -> Response:
    """`page` of a status and of how many minutes it takes, for whoever is not in."""
    wait = max(tried.until - context.store.clock(), 0)
    status = 403 if tried.why.startswith("passkey") else STATUS.get(tried.why, 429)
    made = page(status, ceil(wait / 60_000))
    if tried.until:
        made.headers["Retry-After"] = str(ceil(wait / 1000))
    return made
