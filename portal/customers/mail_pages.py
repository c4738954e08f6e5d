"""Mails that say they are from whoever is signed in: read, and made a ticket, added to one, or not theirs."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from desk import mail_in
from desk.mail_in import Became
from portal.customers.signed_in import Customers, acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    given = {"mails": mail_in.own(tx, acting(who)), "owed": mail_in.owed_proof(tx, acting(who))}
    return responses.page(context, visit, "customers/mails", who=who, said=visit.query.get("said", ""), **given)


def yours(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """The link of the answer to a mail: whoever has an address that is to be proved says here that it is theirs, all others are led on."""
    email = mail_in.proves(tx, acting(who), visit.named["link"])
    if email is None:
        return responses.to("/mails")
    return responses.page(context, visit, "customers/mail_address", who=who, email=email)


def prove(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return responses.to(
        f"/mails{'?said=address_proved' if mail_in.prove(tx, acting(who), visit.named['link']) else ''}"
    )


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _mail(context, visit, tx, who)


def _mail(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, trouble: str = "") -> Response:
    """With `trouble`, a word of [customer_trouble]."""
    found = mail_in.own_mail(tx, acting(who), visit.number("id"))
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "trouble": trouble, "base": f"/mails/{found.mail.id}"}
    return responses.page(context, visit, "customers/mail", 422 if trouble else 200, **given)


def opens(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """`about` is an account's number and a topic."""
    account, _, topic = visit.field("about").rpartition(":")
    if not account:
        return _mail(context, visit, tx, who, "which")
    made = mail_in.opens(tx, acting(who), visit.number("id"), account, topic)
    return _became(context, visit, tx, who, made, "opened", "not_yours")


def answers(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    made = mail_in.answers(tx, acting(who), visit.number("id"))
    return _became(context, visit, tx, who, made, "replied", "not_added")


def disown(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    gone = mail_in.disown(tx, acting(who), visit.number("id"))
    return responses.to(f"/mails?said={'mail_disowned' if gone else 'mail_gone'}")


def _became(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, made: int | Became, said: str, refused: str
) -> Response:
    match made:
        case Became.GONE:
            return responses.to("/mails?said=mail_gone")
        case Became.REFUSED:
            return _mail(context, visit, tx, who, refused)
        case number:
            return responses.to(f"/tickets/{number}?said={said}")


PAGES: Final[dict[tuple[str, str], Customers]] = {
    ("GET", "/mails"): listed,
    ("GET", "/mails/yours/{link}"): yours,
    ("POST", "/mails/yours/{link}"): prove,
    ("GET", "/mails/{id}"): show,
    ("POST", "/mails/{id}/ticket"): opens,
    ("POST", "/mails/{id}/answer"): answers,
    ("POST", "/mails/{id}/not-mine"): disown,
}
