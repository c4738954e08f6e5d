"""The queue on a page: filtered, sorted, searched, and lists of it under names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Response

from authz import Topic
from desk import bulk, queue_page
from desk.queue_page import ViewKept
from portal.staff.signed_in import acting
from portal.staff.submissions import LONGEST
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.messages.response_clock import Priority
from store.sign_in import sent_forms
from store.sign_in.sessions import SignedIn
from store.staff import ticket_search
from store.text import numbers
from store.tickets import queue_lists, queue_views, ticket_tags
from store.tickets.queue_lists import Filters, Key

PRIORITIES: Final = tuple(str(int(one)) for one in Priority)
CHOICES: Final = {
    "status": queue_lists.SHOWN,
    "whose": queue_lists.WHOSE[1:],
    "kind": queue_lists.KINDS,
    "topic": tuple(str(one) for one in Topic),
    "priority": PRIORITIES,
    "sort": queue_lists.SORTS[1:],
}
# What is said of each outcome, in words of words.toml.
KEPT: Final = {
    ViewKept.SAVED: "view_saved",
    ViewKept.REMOVED: "view_removed",
    ViewKept.NO_NAME: "empty",
    ViewKept.TOO_MANY: "view_too_many",
    ViewKept.NOT_THERE: "not_yours",
    ViewKept.NOT_PERMITTED: "not_yours",
}
DEFAULT: Final = Filters()


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    filters = _filters(visit.query)
    search = visit.query.get("q", "").strip()[: ticket_search.LONGEST]
    found = queue_page.queue_page(tx, acting(who), filters, _key(visit.query.get("after", "")), search=search)
    if found is None:
        return responses.not_there(context, visit)
    asked = {"filters": filters, "search": search, "choices": CHOICES, "many": queue_lists.MANY, "link": link}
    asked |= {"chosen": _words(filters), "next": link(filters, found.next), "longest": ticket_search.LONGEST}
    asked |= {"longest_name": queue_views.LONGEST, "who": who, "onward": bool(found.next)}
    asked |= {"colleagues": bulk.colleagues(tx, acting(who)), "unsent": sent_forms.kept(tx, who.staff)}
    asked |= {"list": link(filters), "longest_tag": ticket_tags.LONGEST, "longest_answer": LONGEST}
    return responses.live_page(context, visit, "staff/tickets", responses.fields_of(found) | asked)


def save_view(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    filters, name = _filters(visit.form), " ".join(visit.field("name", queue_views.LONGEST).split())
    kept = queue_page.save_view(tx, acting(who), name, filters, shared=bool(visit.field("shared")))
    return responses.to(link(filters, said=KEPT[kept]))


def remove_view(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    kept = queue_page.remove_view(tx, acting(who), visit.number("view"))
    return responses.to(f"/desk/tickets?said={KEPT[kept]}")


def back_to(address: str, *, said: str) -> str:
    """That list again, with a word about what came of something; `address` as `link` makes it."""
    return link(_filters(dict(parse_qsl(urlsplit(address).query))), said=said)


def link(filters: Filters, after: Key | None = None, *, said: str = "", **other: Any) -> str:
    """Where that list is; `other` are filters in the place of those."""
    asked = _words(replace(filters, **other))
    asked |= {"after": ".".join(map(str, after))} if after else {}
    asked |= {"said": said} if said else {}
    return f"/desk/tickets?{urlencode(asked)}" if asked else "/desk/tickets"


def _words(filters: Filters) -> dict[str, str]:
    """What differs from the queue as it is opened, in words of the address."""
    all_of = {one.name: getattr(filters, one.name) for one in fields(Filters)}
    return {n: "1" if value is True else str(value) for n, value in all_of.items() if value != getattr(DEFAULT, n)}


def _filters(given: Mapping[str, str]) -> Filters:
    """What is none of these words is left out."""
    words = {name: given[name] for name, known in CHOICES.items() if given.get(name) in known}
    found: dict[str, Any] = dict(words) | {"late": given.get("late") == "1"}
    found["tag"] = ticket_tags.tag_of(given.get("tag", ""))
    return Filters(**found | ({"priority": int(words["priority"])} if "priority" in words else {}))


def _key(text: str) -> Key | None:
    """As `link` writes it."""
    parts = [numbers.parse_int(one, 15) for one in text.split(".")]
    return tuple(one for one in parts if one is not None) if None not in parts else None
