"""What somebody looks after themselves: their numbers, their address, their authenticator app and their Slack members. Their PIN: own_pin_page.py."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from desk import linking, own_details, own_security
from desk.own_details import Done, NotDone, Sent
from portal.customers.signed_in import acting, proof_at, proof_first
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.notices import mail_bounces
from store.sign_in import passkeys
from store.sign_in.sessions import SignedIn
from store.text import addresses
from store.text import numbers as written
from store.verification import own_details as on_file
from store.verification import slack_members

LONGEST: Final = 40  # of a number as it is typed


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    given: dict[str, Any] = {
        "details": on_file.read(tx, who.subject),
        "passkeys": len(passkeys.listed(tx, who.subject)),
        "app": own_security.authenticator(tx, acting(who)),
        "lock": own_security.lock(tx, acting(who)).value,
        "bounce": mail_bounces.of_person(tx, who.subject),
        "members": len(slack_members.of_person(tx, who.person)),
    }
    return _page(context, visit, "own", who, **given)


# --- numbers


def numbers(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _numbers(context, visit, tx, who)


def add_number(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    typed = visit.field("number", LONGEST)
    done = own_details.add_number(tx, who, typed, context.region, context.texting)
    if isinstance(done, Done):
        return _back("numbers", done.value)
    if isinstance(done, Sent):
        return _numbers(context, visit, tx, who, sent=done.number)
    return _numbers(context, visit, tx, who, done.value, typed)


def confirm_number(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    number = visit.field("number", LONGEST)
    done = own_details.confirm_number(tx, who, number, written.digits(visit.field("code", LONGEST)))
    if isinstance(done, Done):
        return _back("numbers", done.value)
    return _numbers(context, visit, tx, who, done.value, sent=number)


def remove_number(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = own_details.remove_number(tx, who, visit.field("number", LONGEST))
    return _back("numbers", "number_gone" if done is NotDone.GONE else done.value)


def _numbers(
    context: PortalContext,
    visit: Visit,
    tx: Transaction,
    who: SignedIn,
    trouble: str = "",
    typed: str = "",
    sent: str = "",
) -> Response:
    given: dict[str, Any] = {"numbers": on_file.read(tx, who.subject).numbers, "may": own_security.may_change(tx, who)}
    return _page(context, visit, "own_numbers", who, trouble, typed=typed, sent=sent, **given)


# --- the address


def address(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not own_security.is_proved(tx, who):
        return proof_first(visit)
    return _address(context, visit, tx, who)


def change_address(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    typed = visit.field("email", addresses.LONGEST)
    done = own_details.change_address(tx, who, typed)
    if isinstance(done, Done):
        return responses.to(f"/me?said={done.value}")
    return _address(context, visit, tx, who, done.value, typed)


def _address(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, trouble: str = "", typed: str = ""
) -> Response:
    email = on_file.read(tx, who.subject).email
    return _page(context, visit, "own_address", who, trouble, typed=typed, email=email)


# --- the authenticator app


def app(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    given: dict[str, Any] = {
        "app": own_security.authenticator(tx, acting(who)),
        "may": own_security.may_change(tx, who),
        "needed": own_security.needs_authenticator(tx, acting(who)),
    }
    return _page(context, visit, "own_app", who, **given)


def set_up_app(_context: PortalContext, _visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """On the one-time page that whoever asks in Slack is sent to."""
    if not own_security.may_change(tx, who):
        return _back("app", "again")
    if own_security.authenticator(tx, acting(who)) is not None:
        return _back("app", "app_none")
    return responses.to(f"/enrol/{own_security.enrol(tx, acting(who))}")


def remove_app(_context: PortalContext, _visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    if not own_security.may_change(tx, who):
        return _back("app", "again")
    needed = own_security.needs_authenticator(tx, acting(who))
    return _back(
        "app", "app_none" if needed or not own_security.remove_authenticator(tx, acting(who)) else "app_ending"
    )


def keep_app(_context: PortalContext, _visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """At any time: whoever wanted it removed may not have been its owner."""
    return _back("app", "app_kept" if own_security.keep_authenticator(tx, acting(who)) else "app_none")


# --- Slack


def slack(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _slack(context, visit, tx, who)


def slack_code(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    code = linking.code_for(tx, who)
    return responses.to(proof_at("/me/slack")) if code is None else _slack(context, visit, tx, who, code)


def unlink(_context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    done = linking.unlink_own(tx, who, visit.field("team", 32), visit.field("user", 32))
    return _back("slack", "slack_unlinked" if done else "slack_gone")


def _slack(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, code: str = "") -> Response:
    given: dict[str, Any] = {
        "members": slack_members.of_person(tx, who.person),
        "may": own_security.may_change(tx, who),
        "proved": own_security.is_proved(tx, who),
    }
    return _page(context, visit, "own_slack", who, code=code, **given)


def _page(context: PortalContext, visit: Visit, name: str, who: SignedIn, trouble: str = "", **given: Any) -> Response:
    """With `trouble`, a word of [customer_own_trouble]."""
    said = visit.query.get("said", "")
    status = 422 if trouble else 200
    return responses.page(context, visit, f"customers/{name}", status, who=who, said=said, **given, trouble=trouble)


def _back(page: str, what: str) -> Response:
    return responses.to(f"/me/{page}?said={what}")
