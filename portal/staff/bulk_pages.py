"""Many tickets at once, from ticks in the queue: done, and what came of each on a page of its own."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

from desk import bulk
from portal.staff import queue_pages
from portal.staff.signed_in import acting
from portal.staff.ticket_pages import LONGEST, THEN
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.text import numbers
from store.tickets import ticket_tags

FORM: Final = "/desk/tickets/bulk"
_TICK: Final = re.compile(r"tick-([0-9]{1,15})")


def do(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    ticked = {
        int(of[1]): numbers.parse_int(seen) or 0 for name, seen in visit.form.items() if (of := _TICK.fullmatch(name))
    }
    came = "bulk_none" if not ticked else _done(context, visit, tx, who, ticked)
    if isinstance(came, int):
        return responses.to(f"{FORM}/{came}?said=bulk_done")
    return responses.to(queue_pages.back_to(visit.field("list", 500), said=came))


def _done(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, ticked: dict[int, int]) -> int | str:
    """The id of what was done, or a word why nothing was."""
    actor, deed, others = acting(who), visit.field("deed"), bool(visit.field("others"))
    words, tag = visit.form.get("words", "").strip(), ticket_tags.tag_of(visit.field("tag"))
    done: int | None = None
    if deed in THEN:
        if not words or len(words) > LONGEST:
            return "too_long" if words else "empty"
        done = bulk.answer(tx, actor, ticked, words, then=THEN[deed], phone=context.phone, others=others)
    elif deed in ("tag", "untag"):
        if not tag:
            return "bulk_which_tag"
        done = bulk.tag(tx, actor, ticked, tag, off=deed == "untag")
    elif deed == "take":
        done = bulk.take(tx, actor, ticked)
    elif deed == "hand-over":
        done = bulk.hand_over(tx, actor, ticked, numbers.parse_int(visit.field("to")) or 0)
    elif deed == "just-close":
        done = bulk.close(tx, actor, ticked)
    return "not_yours" if done is None else done


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = bulk.result(tx, acting(who), visit.number("bulk"))
    if found is None:
        return responses.not_there(context, visit)
    return responses.live_page(context, visit, "staff/bulk", responses.fields_of(found) | {"who": who})


def undo(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The words of an answer are a draft again, before what has been written since."""
    words = bulk.undo(tx, acting(who), visit.number("bulk"))
    if words:
        since = sent_forms.kept(tx, who.staff).get(FORM, {}).get("words", "")
        sent_forms.keep(tx, who.staff, FORM, {"words": "\n\n".join(filter(None, (words, since)))})
    return responses.to(f"{FORM}/{visit.number('bulk')}?said={'bulk_late' if words is None else 'bulk_undone'}")
