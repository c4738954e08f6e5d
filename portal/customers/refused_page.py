"""What stands in the place of an account's page that somebody may not see: why, and who can help; or the way to a second proof; or nothing."""

from __future__ import annotations

from fastapi import Response

from authz import Reason
from portal.customers.signed_in import proof_first
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.accounts.account_details import AccountName, Refused
from store.sign_in.sessions import SignedIn


def show(context: PortalContext, visit: Visit, who: SignedIn, found: tuple[AccountName, Refused] | None) -> Response:
    """None: no account of theirs has this number, which is the same as that there is none."""
    if found is None:
        return responses.not_there(context, visit)
    account, why = found
    if why.denied.reason == Reason.STEP_UP:
        return proof_first(visit, account.number)
    return responses.page(context, visit, "customers/refused", 403, who=who, account=account, why=why, owns=False)
