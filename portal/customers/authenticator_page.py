"""A customer adds an authenticator app: the one-time page they were sent to. It says nothing of whose it is."""

from __future__ import annotations

from typing import Final

import pyotp
from fastapi import Response

from authz import Subject
from portal.web import qr_code, responses, sent_once
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.codes import one_time_links
from store.jobs import job_queue
from store.sign_in import sent_forms
from store.text import numbers
from store.verification import attempt_limits, factors, totp
from store.verification.attempt_limits import Admission
from store.verification.totp import AlreadyThereError

PAGE: Final = "enrol"
COOLING_HOURS: Final = factors.COOLING // 3_600_000


def show(context: PortalContext, visit: Visit) -> Response:
    """Whoever opens it, a mail scanner too, changes nothing: the app is begun when the button is pressed."""
    with context.store.transaction("portal") as tx:
        found = one_time_links.look(tx, PAGE, visit.named["link"])
    return (
        _gone(context, visit)
        if found is None
        else responses.page(context, visit, "customers/enrol", step="begin", wrong=False)
    )


def enrol(context: PortalContext, visit: Visit) -> Response:
    return _confirm(context, visit) if "code" in visit.form else _begin(context, visit)


def _begin(context: PortalContext, visit: Visit) -> Response:
    with context.store.transaction("portal") as tx:
        found = one_time_links.look(tx, PAGE, visit.named["link"])
        if found is None:
            return _gone(context, visit)
        try:
            secret = totp.begin(tx, found[0].person)
        except AlreadyThereError:
            return responses.page(context, visit, "customers/enrol", 409, step="there", wrong=False)
    return _scan(context, visit, secret)


def _confirm(context: PortalContext, visit: Visit) -> Response:
    """A wrong code shows the same secret again; how often is counted. Sent again, what went well has gone well."""
    key = sent_once.key_of(visit)
    with context.store.transaction("portal") as tx:
        if sent_forms.led(tx, key):
            return _done(context, visit)
        found = one_time_links.look(tx, PAGE, visit.named["link"])
        if found is None:
            return _gone(context, visit)
        person = found[0].person
        made = attempt_limits.reserve(tx, f"enrol:{person}", real=True, limits=(one_time_links.codes_of(person),))
    with context.store.transaction("portal") as tx:
        digits = numbers.digits(visit.field("code", 40))
        good = made.admission is Admission.EVALUATE and one_time_links.lock(tx, PAGE, visit.named["link"])
        right = good and totp.confirm(tx, person, digits)
        again = not right and bool(sent_forms.led(tx, key))  # the same, sent twice at this moment
        attempt_limits.give_back(tx, made, matched=right or again)
        if right:
            sent_forms.done(tx, key, "done")
            one_time_links.use(tx, PAGE, visit.named["link"])
            tx.record(Subject.of_person(person), None, "authenticator", "added")
            notice = {"notice": "authenticator_added", "person": person}
            job_queue.enqueue(tx, "notice", f"authenticator_added:{person}", notice)
    if right or again:
        return _done(context, visit)
    return responses.page(context, visit, "customers/enrol", 422, step="again", wrong=True)


def _done(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "customers/enrol", step="done", wrong=False, hours=COOLING_HOURS)


def _scan(context: PortalContext, visit: Visit, secret: str) -> Response:
    qr = qr_code.qr(pyotp.TOTP(secret, name="support desk", issuer=totp.ISSUER).provisioning_uri())
    return responses.page(
        context, visit, "customers/enrol", step="scan", wrong=False, qr=qr, spelled=qr_code.spelled(secret)
    )


def _gone(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "web/gone", 410, what="enrol")
