"""What is sent from a page of the desk: done once however often it is sent, and what was typed outlives the session it was typed in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import Response

from portal.web import sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn

TYPED: Final = (
    "words",
    "title",
    "reason",
    "person",
    "accounts",
    "kind",
    "service",
    "email",
    "do",
    "username",
)  # fields people write or choose in
TICKED: Final = "hold-"  # as those begin that people tick
LONGEST: Final = 12_000
_FORM: Final = re.compile(r"/desk(/[a-z0-9-]{1,40}){1,4}")
Unsent = dict[str, dict[str, str]]  # by form: what its fields hold


def once(
    context: PortalContext,
    visit: Visit,
    tx: Transaction,
    who: SignedIn,
    do: Callable[[PortalContext, Visit, Transaction, SignedIn], Response],
) -> Response:
    """As `sent_once.once`; where nothing was done what was typed is kept, and where something was it is not."""
    words = typed(visit.form)

    def keep(done: bool) -> None:
        if done:
            sent_forms.drop(tx, who.staff, visit.path)
        elif words:
            sent_forms.keep(tx, who.staff, visit.path, words)

    return sent_once.once(visit, tx, lambda: do(context, visit, tx, who), context.words.known("said"), keep)


def typed(form: Mapping[str, str]) -> dict[str, str]:
    kept = (name for name in form if name in TYPED or name.startswith(TICKED))
    return {name[:80]: form[name][:LONGEST] for name in kept if form[name].strip()}


def page_of(path: str) -> str:
    """The page whose form goes there."""
    own = (page for page in ("/desk/supervisors", "/desk/staff") if path.startswith(f"{page}/"))
    return next(own, path.rpartition("/")[0])


def packed(unsent: Unsent) -> str:
    return json.dumps(unsent, ensure_ascii=False) if unsent else ""


def unpacked(text: str) -> Unsent:
    """What the sign-in brings along; nothing of what is not of that shape."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    good = {
        form: typed({name: word for name, word in fields.items() if isinstance(word, str)})
        for form, fields in found.items()
        if isinstance(fields, dict) and _FORM.fullmatch(form)
    }
    return {form: fields for form, fields in list(good.items())[: sent_forms.MOST] if fields}
