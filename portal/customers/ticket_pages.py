"""A customer's tickets: those they may see, one with what was said, and a new one. What was typed and not taken is still in its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from fastapi import Response

from authz import Topic
from desk import accounts, contact_requests, customer_ticket_page, mail_in, ticket_lists, tickets
from desk.actors import Actor
from desk.outcomes import HandIn
from desk.ticket_lists import VIEW
from portal.customers.signed_in import acting, proof_at
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.accounts.account_details import Refused
from store.messages.timeline import Sent
from store.sign_in.sessions import SignedIn
from store.text import numbers, pin_redaction

MANY: Final = 20  # of a list
LAST_PAGE: Final = 400
LONGEST: Final = 12_000  # characters somebody writes on a page


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    page = min(numbers.parse_int(visit.query.get("page", ""), 4) or 0, LAST_PAGE)
    found = ticket_lists.page(tx, acting(who), first=page * MANY, many=MANY)
    refused = accounts.refusals(tx, acting(who), VIEW) if found is None else []
    theirs, more = (found.tickets, found.more) if found else ((), False)
    given: dict[str, Any] = {
        "tickets": theirs,
        "more": more,
        "page": page,
        "sees": found is not None,
        "refused": refused,
        "said": visit.query.get("said", ""),
        "mails": mail_in.own(tx, acting(who)),
    }
    return responses.page(context, visit, "customers/tickets", who=who, **given)


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _ticket(context, visit, tx, who)


def _ticket(
    context: PortalContext,
    visit: Visit,
    tx: Transaction,
    who: SignedIn,
    trouble: str = "",
    words: str = "",
    refused: Refused | None = None,
) -> Response:
    """With `trouble`, a word of [customer_trouble], and the words that were not taken; or with why their draft was not."""
    number = visit.number("number")
    found = customer_ticket_page.customer_ticket_page(tx, acting(who), number)
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "ticket": found.found.ticket, "base": f"/tickets/{number}"}
    given |= {"said": visit.query.get("said", ""), "trouble": trouble, "words": as_typed(words), "longest": LONGEST}
    given |= {"refused": refused, "prove": proof_at(f"/tickets/{number}", found.account.number)}
    return responses.page(context, visit, "customers/ticket", 422 if trouble or refused else 200, **given)


def reply(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    words, number = visit.form.get("words", "").strip(), visit.number("number")
    trouble = trouble_with(words) or _with_files(visit)
    if not trouble and tickets.reply(tx, acting(who), number, words, files=_sent(visit)):
        return responses.to(f"/tickets/{number}?said=replied")
    return _ticket(context, visit, tx, who, trouble or "not_added", words)


def _sent(visit: Visit) -> list[Sent]:
    """The files of the form."""
    return tickets.files_sent("page", ((one.name, one.content) for one in visit.files))


def file(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = tickets.file(tx, acting(who), visit.number("number"), visit.number("file"))
    return responses.not_there(context, visit) if found is None else responses.download(found.name, found.content)


def _with_files(visit: Visit) -> str:
    return "too_many_files" if len(visit.files) > tickets.MOST_FILES else ""


def trouble_with(words: str) -> str:
    """A word of [customer_trouble], or empty."""
    if not words or len(words) > LONGEST:
        return "too_long" if words else "empty"
    return "pin" if pin_redaction.left_out(words) != words else ""


def as_typed(words: str) -> str:
    """What stands in its field again: what may be a PIN is not sent back either."""
    return pin_redaction.left_out(words[:LONGEST])


def _on(do: Callable[[Transaction, Actor, int], bool], done: str, not_done: str) -> Callable[..., Response]:
    def handler(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
        number = visit.number("number")
        said = done if do(tx, acting(who), number) else not_done
        return responses.to(f"/tickets/{number}?said={said}")

    return handler


def hand_in(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Their draft goes to the desk, wherever it was begun. What a program asked for by it they can confirm at once."""
    number = visit.number("number")
    done = tickets.hand_in(tx, acting(who), number)
    if isinstance(done, Refused):
        return _ticket(context, visit, tx, who, refused=done)
    asked = contact_requests.waiting_on(tx, acting(who), number) if done is HandIn.DONE else None
    if asked is not None:
        return responses.to(f"/accounts/{quote(asked.account_number, safe='')}/contact-requests/{asked.id}")
    return responses.to(_HANDED_IN[done].format(number=number))


_HANDED_IN: Final = {
    HandIn.DONE: "/tickets/{number}?said=handed_in",
    HandIn.ALREADY: "/tickets/{number}?said=handed_in_already",
    HandIn.WITHDRAWN: "/tickets?said=withdrawn_already",
    HandIn.NONE: "/tickets/{number}",
}


def withdraw(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.number("number")
    gone = tickets.withdraw(tx, acting(who), number)
    return responses.to("/tickets?said=withdrawn" if gone else f"/tickets/{number}?said=no_draft")


solved = _on(tickets.close, "solved", "solved_already")
reopen = _on(tickets.reopen, "reopened", "open_already")


def new(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """With what a page of ours wrote into it: on which account, about which invoice."""
    account, invoice = visit.query.get("account", "")[:64], visit.query.get("invoice", "")[:64]
    asks = {
        "about": f"{account}:{Topic.BILLING}",
        "words": context.words.word("customer_new", "invoice", number=invoice),
    }
    return _form(context, visit, tx, who, account, typed=asks if invoice else {})


def _form(
    context: PortalContext,
    visit: Visit,
    tx: Transaction,
    who: SignedIn,
    account: str = "",
    trouble: str = "",
    typed: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    found = customer_ticket_page.new_ticket_page(tx, acting(who), account)
    typed = {name: as_typed(visit.form.get(name, typed.get(name, ""))) for name in ("about", "service", "words")}
    given = responses.fields_of(found) | {"who": who, "typed": typed, "trouble": trouble, "longest": LONGEST}
    return responses.page(context, visit, "customers/new_ticket", 422 if trouble else 200, **given)


def open_ticket(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """`about` is an account's number and a topic, `service` an account's number and a service of it, or empty."""
    words = visit.form.get("words", "").strip()
    account, _, topic = visit.field("about").rpartition(":")
    on, _, service = visit.field("service").partition(":")
    trouble = trouble_with(words) or ("which" if not account else "service" if service and on != account else "")
    trouble = trouble or _with_files(visit)
    if trouble:
        return _form(context, visit, tx, who, trouble=trouble)
    made = customer_ticket_page.open_on(tx, acting(who), account, topic, words, service or None, _sent(visit))
    if made is None:
        return _form(context, visit, tx, who, trouble="not_yours")
    return responses.to(f"/tickets/{made.number}?said=opened")
