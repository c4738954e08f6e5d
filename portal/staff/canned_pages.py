"""The desk's canned answers on a page: read by everybody of the desk, kept by supervisors."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import canned_answers
from desk.canned_answers import CannedKept
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.tickets.canned_answers import LONGEST, LONGEST_TITLE

PAGE: Final = "/desk/answers"
KEPT: Final = {
    CannedKept.SAVED: "canned_saved",
    CannedKept.REMOVED: "canned_removed",
    CannedKept.TOO_MANY: "canned_too_many",
    CannedKept.NOT_PERMITTED: "not_yours",
}


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = canned_answers.listed(tx, acting(who))
    if found is None:
        return responses.not_there(context, visit)
    given = {"answers": found, "fields": canned_answers.FIELDS, "longest": LONGEST, "longest_title": LONGEST_TITLE}
    unsent, said = sent_forms.kept(tx, who.staff), visit.query.get("said", "")
    return responses.page(context, visit, "staff/answers", who=who, said=said, unsent=unsent, **given)


def change(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """A new one, or another text for the one of the address, or it is removed."""
    title, words = visit.field("title", LONGEST_TITLE), visit.form.get("words", "").strip()
    id = visit.number("id") if "id" in visit.named else None
    if id is not None and visit.field("remove"):
        said = KEPT[canned_answers.remove(tx, acting(who), id)]
    elif not title or not words:
        said = "empty"
    elif len(words) > LONGEST:
        said = "canned_too_long"
    else:
        said = KEPT[canned_answers.save(tx, acting(who), id, title, words)]
    return responses.to(f"{PAGE}?said={said}")
