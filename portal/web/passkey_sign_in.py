"""Signing in with a passkey, the same for both doors: a passkey brings its owner along, and each door lets its own people in.

Nothing is counted: there is nothing to guess, and what does not verify costs one look at a unique id.
"""

from __future__ import annotations

from collections.abc import Callable

from desk import signing_in
from portal.web.context import PortalContext
from portal.web.signing_in import Tried
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import credentials, passkeys, sessions
from store.sign_in.passkey_answers import Question
from store.sign_in.passkeys import Refused, Used


def question(context: PortalContext, visit: Visit) -> Question:
    """For the form of a page on which somebody signs in."""
    return passkeys.to_use(context.store.keys, context.store.clock(), context.site, visit.browser)


def attempt(context: PortalContext, visit: Visit, then: Callable[[Transaction, int], None] | None = None) -> Tried:
    """With what the form of this visit holds; as `signing_in.attempt`."""
    realm = visit.realm
    with context.store.transaction("portal") as tx:
        found = passkeys.use(tx, context.site, visit.browser, visit.form)
        if isinstance(found, Used) and found.subject.is_staff != (realm.word == "staff"):
            found = Refused.WRONG
        if not isinstance(found, Used):
            return Tried(why=f"passkey_{found}")
        id = found.subject.staff if found.subject.is_staff else found.subject.person
        token = signing_in.enter(tx, realm, id)
        if not token:
            return Tried(why="passkey_not_allowed")
        if visit.session:
            sessions.end(tx, realm, visit.session)
        if then is not None:
            then(tx, id)
        return Tried(token, credentials.mark(tx, realm, id))
