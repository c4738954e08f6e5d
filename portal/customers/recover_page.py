"""Somebody who cannot sign in asks for a way back. Whoever they are, they read the same."""

from __future__ import annotations

from fastapi import Response

from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.sign_in import recovery


def show(context: PortalContext, visit: Visit) -> Response:
    return responses.page(context, visit, "customers/recover", asked=False)


def ask(context: PortalContext, visit: Visit) -> Response:
    with context.store.transaction("portal") as tx:
        recovery.ask(tx, visit.field("username", recovery.LONGEST), visit.whence.address, visit.whence.network)
    return responses.page(context, visit, "customers/recover", asked=True)
