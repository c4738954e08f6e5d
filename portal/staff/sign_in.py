"""The desk's people sign in and out: by passkey, or with password and code in one form, one answer for whatever was wrong."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from portal.staff import submissions
from portal.web import passkey_sign_in, responses, signing_in
from portal.web.context import PortalContext
from portal.web.signing_in import Attempt
from portal.web.visit import Visit
from store import Transaction
from store.imports.field_words import ACCOUNT_NUMBER
from store.sign_in import sent_forms, sessions
from store.sign_in.realms import STAFF

# Where a sign-in may lead: our own pages alone.
WITHIN: Final = re.compile(rf"/desk(/[a-z0-9-]+){{0,3}}|/desk/account/{ACCOUNT_NUMBER.strip('^$')}")


def show(context: PortalContext, visit: Visit) -> Response:
    return _again(context, visit, 200, way_on(visit.query.get("to", "")), "")


def first(context: PortalContext, visit: Visit) -> Response:
    """Somebody's session ended while they were writing: what they wrote goes through the sign-in, and comes back after it."""
    unsent = {visit.path: submissions.typed(visit.form)}
    return _again(context, visit, 401, way_on(submissions.page_of(visit.path)), "ended", unsent=unsent)


def sign_in(context: PortalContext, visit: Visit) -> Response:
    """See `signing_in.attempt`; what was typed in a session that had ended comes back after it."""
    if "username" not in visit.form:  # the page itself has found out that they are signed out
        return _again(context, visit, 401, way_on(visit.field("to")), "ended")
    if context.passkeys_required:
        return _again(context, visit, 403, way_on(visit.field("to")), "passkey_only")
    return _enter(context, visit, signing_in.attempt)


def by_passkey(context: PortalContext, visit: Visit) -> Response:
    return _enter(context, visit, passkey_sign_in.attempt)


def _enter(context: PortalContext, visit: Visit, attempt: Attempt) -> Response:
    way, kept = way_on(visit.field("to")), list[bool]()
    tried = attempt(context, visit, lambda tx, staff: kept.append(_keep(tx, visit, staff)))
    if not tried.token:
        why = tried.why
        return signing_in.refused(
            context, tried, lambda status, minutes: _again(context, visit, status, way, why, minutes=minutes)
        )
    to = responses.to(f"{way}?said=unsent" if any(kept) else way)
    return responses.signed_in(context, visit, to, tried.token, tried.known)


def _keep(tx: Transaction, visit: Visit, staff: int) -> bool:
    """What was typed in a session of theirs that had ended, and of nobody else's."""
    unsent = submissions.unpacked(visit.form.get("unsent", ""))
    if not unsent or sessions.whose(tx, STAFF, visit.session) != staff:
        return False
    for form, words in unsent.items():
        sent_forms.keep(tx, staff, form, words)
    return True


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
    given |= {"question": passkey_sign_in.question(context, visit), "passkeys_only": context.passkeys_required}
    return responses.page(context, visit, "staff/sign_in", status, **given)


def sign_out(context: PortalContext, visit: Visit) -> Response:
    if visit.session:
        with context.store.transaction("portal") as tx:
            sessions.end(tx, STAFF, visit.session)
    return responses.signed_out(context, visit, responses.to("/desk/sign-in"))


def way_on(path: str) -> str:
    return path if WITHIN.fullmatch(path) and not path.startswith(("/desk/sign", "/desk/join")) else "/desk"
