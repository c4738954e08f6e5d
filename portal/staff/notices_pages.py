"""For supervisors: notices to those whom the accounts' schemes name, looked at before they go, and what became of each."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from authz import NoticeKind
from desk import notices
from desk.notices import WRITTEN, Draft, NotSent, Sent, UnknownAccounts
from portal.staff.signed_in import acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.notices.notice_delivery import LONGEST_BODY, LONGEST_TITLE, STATES
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.text import numbers

PREVIEW: Final = "/desk/notices/preview"
LONGEST_ACCOUNTS: Final = 10_000  # characters: more accounts are a matter for the operator's shell
SHOWN: Final = 200  # people of a preview who are named
# What is said where nothing was sent, in words of words.toml.
NOT_SENT: Final = {
    NotSent.NO_KIND: "notice_kind",
    NotSent.NO_WORDS: "notice_words",
    NotSent.TOO_LONG: "notice_long",
    NotSent.NO_ACCOUNTS: "notice_accounts",
    NotSent.TOO_MANY_ACCOUNTS: "notice_accounts_many",
    NotSent.NOBODY: "notice_nobody",
    NotSent.SENT_TODAY: "notice_today",
}


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _listed(context, visit, tx, who, said=visit.query.get("said", ""))


def preview(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    kind, accounts, text = _filled(visit)
    found = notices.draft(tx, acting(who), kind, accounts, text)
    if isinstance(found, Draft):
        return responses.page(context, visit, "staff/notice_preview", who=who, draft=found, text=text, shown=SHOWN)
    return _refused(context, visit, tx, who, found)


def send(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    kind, accounts, text = _filled(visit)
    found = notices.send(tx, acting(who), kind, accounts, text)
    if not isinstance(found, Sent):
        return _refused(context, visit, tx, who, found)
    sent_forms.drop(tx, who.staff, PREVIEW)
    return responses.to(f"/desk/notices/{found.id}?said=notice_sent")


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    state, after = visit.query.get("state", ""), numbers.parse_int(visit.query.get("after", ""), 12) or 0
    state = state if state in STATES else ""
    found = notices.one(tx, acting(who), visit.number("id"), state, after)
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"state": state, "states": STATES, "said": visit.query.get("said", "")}
    return responses.page(context, visit, "staff/notice", who=who, **given)


def _filled(visit: Visit) -> tuple[str, list[str], str]:
    accounts = re.split(r"[\s,;]+", visit.field("accounts", LONGEST_ACCOUNTS))
    text = visit.form.get("words", "")[: LONGEST_TITLE + LONGEST_BODY + 2]
    return visit.field("kind"), [number for number in accounts if number], text


def _refused(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, why: UnknownAccounts | NotSent
) -> Response:
    """With all that was typed still in its fields."""
    if why is NotSent.NOT_PERMITTED:
        return responses.not_there(context, visit)
    unknown = ", ".join(why.numbers[:5]) if isinstance(why, UnknownAccounts) else ""
    wrong = "notice_unknown" if isinstance(why, UnknownAccounts) else NOT_SENT[why]
    return _listed(context, visit, tx, who, wrong=wrong, unknown=unknown, status=422)


def _listed(
    context: PortalContext,
    visit: Visit,
    tx: Transaction,
    who: SignedIn,
    *,
    said: str = "",
    wrong: str = "",
    unknown: str = "",
    status: int = 200,
) -> Response:
    kind, before = visit.query.get("kind", ""), numbers.parse_int(visit.query.get("before", ""), 12)
    wanted = NoticeKind(kind) if kind in tuple(NoticeKind) else None
    found = notices.listed(tx, acting(who), wanted, before)
    if found is None:
        return responses.not_there(context, visit)
    typed = {name: visit.form.get(name, "") for name in ("kind", "accounts", "words")}
    if not any(typed.values()):
        typed |= sent_forms.kept(tx, who.staff).get(PREVIEW, {})
    given = responses.fields_of(found) | {"typed": typed, "wrong": wrong, "unknown": unknown, "said": said}
    given |= {"kinds": WRITTEN, "shown": str(wanted or ""), "longest": LONGEST_TITLE + LONGEST_BODY}
    return responses.page(context, visit, "staff/notices", status, who=who, **given)
