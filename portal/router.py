"""Every page of the portal: read within bounds, handed to a thread, answered as a page, always.

The desk's pages, below /desk, are for whoever of the staff is signed in, the customers' for whoever of them is: everybody else is led to
the sign-in of that door, whatever they asked for. The one-time pages are for whoever has their link.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from portal.customers import account_pages as customers_accounts
from portal.customers import (
    api_keys_page,
    authenticator_page,
    call_page,
    contact_request_pages,
    home,
    invitation,
    invoice_page,
    lock_page,
    login_details_page,
    new_pin_page,
    notices_page,
    own_pages,
    own_pin_page,
    people_pages,
    prove_page,
    records_pages,
    recover_page,
    request_pages,
    xray_page,
)
from portal.customers import sign_in as customers_sign_in
from portal.customers import ticket_pages as customers_tickets
from portal.customers.signed_in import Customers, for_customers
from portal.staff import (
    account_pages,
    bulk_pages,
    call_pages,
    canned_pages,
    display_page,
    drafts,
    drill_pages,
    hours_pages,
    keys_page,
    lead_pages,
    notices_pages,
    queue_pages,
    ringing_page,
    sign_in,
    staff_invitation,
    staff_pages,
    supervisors,
    ticket_files,
    ticket_pages,
)
from portal.staff.events import Events
from portal.staff.signed_in import Staff, for_staff
from portal.web import passkey_page, proof_page, responses, static_files
from portal.web.context import PortalContext
from portal.web.request_pools import FullError, RequestPool, Whose
from portal.web.visit import Visit, body, filled, look
from store import retried
from store.codes import one_time_links
from store.sign_in.realms import CUSTOMERS, STAFF, Realm
from store.staff import wall_displays

log = structlog.get_logger("portal")
# And what their tokens are for.
ONE_TIME: Final = {"/desk/join/": "join", "/join/": "invitation", "/enrol/": "enrol", "/pin/": "pin"}
Open = Callable[[PortalContext, Visit], Response]

OPEN: Final[dict[tuple[str, str], Open]] = {
    ("GET", "/desk/sign-in"): sign_in.show,
    ("POST", "/desk/sign-in"): sign_in.sign_in,
    ("GET", "/desk/sign-in/passkey"): sign_in.show,
    ("POST", "/desk/sign-in/passkey"): sign_in.by_passkey,
    ("POST", "/desk/sign-out"): sign_in.sign_out,
    ("GET", "/desk/display"): display_page.show,
    ("GET", "/desk/join/{link}"): staff_invitation.show,
    ("POST", "/desk/join/{link}"): staff_invitation.join,
    ("GET", "/desk/join/{link}/passkey"): staff_invitation.show,
    ("POST", "/desk/join/{link}/passkey"): staff_invitation.by_passkey,
    ("GET", "/sign-in"): customers_sign_in.show,
    ("POST", "/sign-in"): customers_sign_in.sign_in,
    ("GET", "/sign-in/passkey"): customers_sign_in.show,
    ("POST", "/sign-in/passkey"): customers_sign_in.by_passkey,
    ("POST", "/sign-out"): customers_sign_in.sign_out,
    ("GET", "/recover"): recover_page.show,
    ("POST", "/recover"): recover_page.ask,
    ("GET", "/join/{link}"): invitation.show,
    ("POST", "/join/{link}"): invitation.join,
    ("GET", "/join/{link}/passkey"): invitation.show,
    ("POST", "/join/{link}/passkey"): invitation.by_passkey,
    ("GET", "/enrol/{link}"): authenticator_page.show,
    ("POST", "/enrol/{link}"): authenticator_page.enrol,
    ("GET", "/pin/{link}"): new_pin_page.show,
    ("POST", "/pin/{link}"): new_pin_page.issue,
    ("POST", "/me/pin"): own_pin_page.issue,
    ("GET", "/proof"): proof_page.show,
    ("POST", "/proof"): proof_page.check,
}
STAFF_PAGES: Final[dict[tuple[str, str], Staff]] = {
    ("GET", "/desk"): call_pages.show,
    ("GET", "/desk/ringing"): ringing_page.show,
    ("POST", "/desk/away"): ringing_page.away,
    ("POST", "/desk/back"): ringing_page.back,
    ("POST", "/desk/sound"): ringing_page.sound,
    ("GET", "/desk/keys"): keys_page.show,
    ("POST", "/desk/keys"): keys_page.switch,
    ("GET", "/desk/calls/{support_call}"): call_pages.show,
    ("POST", "/desk/calls/{support_call}/mine"): call_pages.assign,
    ("POST", "/desk/calls/{support_call}/give-back"): call_pages.give_back,
    ("POST", "/desk/calls/{support_call}/ask"): call_pages.ask_proof,
    ("POST", "/desk/calls/{support_call}/callback"): call_pages.callback,
    ("POST", "/desk/calls/{support_call}/ticket"): call_pages.open_ticket,
    ("POST", "/desk/calls/{support_call}/note"): call_pages.note,
    ("GET", "/desk/tickets"): queue_pages.listed,
    ("POST", "/desk/tickets/views"): queue_pages.save_view,
    ("POST", "/desk/tickets/views/{view}/remove"): queue_pages.remove_view,
    ("POST", "/desk/tickets/bulk"): bulk_pages.do,
    ("GET", "/desk/tickets/bulk/{bulk}"): bulk_pages.show,
    ("POST", "/desk/tickets/bulk/{bulk}/undo"): bulk_pages.undo,
    ("GET", "/desk/tickets/{number}"): ticket_pages.show,
    **{("POST", f"/desk/tickets/{{number}}/{word}"): do for word, do in ticket_pages.DEEDS.items()},
    ("GET", "/desk/tickets/{number}/files/{file}"): ticket_files.file,
    ("GET", "/desk/tickets/{number}/recordings/{message}"): ticket_files.sound,
    ("POST", "/desk/drafts"): drafts.keep,
    ("POST", "/desk/tickets/{number}/login-details"): ticket_pages.leave_login,
    ("POST", "/desk/tickets/{number}/login-details/withdraw"): ticket_pages.withdraw_login,
    ("POST", "/desk/tickets/{number}/callback"): ticket_pages.callback,
    ("POST", "/desk/tickets/{number}/release"): ticket_pages.release,
    ("GET", "/desk/answers"): canned_pages.show,
    ("POST", "/desk/answers/new"): canned_pages.change,
    ("POST", "/desk/answers/{id}"): canned_pages.change,
    ("GET", "/desk/account"): account_pages.look_up,
    ("GET", "/desk/account/{account}"): account_pages.show,
    ("GET", "/desk/staff"): staff_pages.show,
    ("POST", "/desk/staff/invite"): staff_pages.invite,
    ("POST", "/desk/staff/displays"): display_page.open_for,
    ("POST", "/desk/staff/displays/{id}/withdraw"): display_page.withdraw,
    ("GET", "/desk/staff/{id}"): staff_pages.colleague,
    ("POST", "/desk/staff/{id}/role"): staff_pages.set_role,
    ("POST", "/desk/staff/{id}/invite"): staff_pages.invite_again,
    ("POST", "/desk/staff/{id}/withdraw"): staff_pages.withdraw_invitation,
    ("POST", "/desk/staff/{id}/passkeys/{passkey}/remove"): staff_pages.remove_passkey,
    ("POST", "/desk/staff/{id}/reassign"): staff_pages.reassign,
    ("POST", "/desk/staff/{id}/suspend"): staff_pages.suspend,
    ("POST", "/desk/staff/{id}/resume"): staff_pages.resume,
    ("GET", "/desk/hours"): hours_pages.show,
    ("POST", "/desk/hours"): hours_pages.put,
    ("POST", "/desk/hours/{day}/remove"): hours_pages.remove,
    ("GET", "/desk/wall"): lead_pages.wall,
    ("GET", "/desk/reports"): lead_pages.reports,
    ("GET", "/desk/reports.csv"): lead_pages.as_csv,
    ("GET", "/desk/supervisors"): supervisors.show,
    ("POST", "/desk/supervisors/alerts/{id}"): supervisors.seen,
    ("POST", "/desk/supervisors/look-on/{id}"): supervisors.lift,
    ("POST", "/desk/supervisors/threat"): supervisors.threat,
    ("POST", "/desk/supervisors/pin"): supervisors.ask_pin,
    ("POST", "/desk/supervisors/second/{id}"): supervisors.answer,
    ("GET", "/desk/notices"): notices_pages.listed,
    ("POST", "/desk/notices"): notices_pages.send,
    ("POST", "/desk/notices/preview"): notices_pages.preview,
    ("GET", "/desk/notices/{id}"): notices_pages.show,
    **drill_pages.PAGES,
    **passkey_page.pages("/desk/passkeys", "staff/passkeys"),
    ("GET", "/desk/{anything:path}"): lambda context, visit, _tx, _who: responses.not_there(context, visit),
}
SIGNED_IN: Final[dict[tuple[str, str], Customers]] = {
    ("GET", "/"): home.show,
    ("GET", "/accounts/{account}/requests/new"): request_pages.listed,
    ("GET", "/accounts/{account}/requests/new/{kind}"): request_pages.show,
    ("POST", "/accounts/{account}/requests/new/{kind}"): request_pages.send,
    ("GET", "/accounts/{account}/invoices/{invoice:path}"): invoice_page.show,
    **records_pages.PAGES,
    ("GET", "/accounts/{account}/xray"): xray_page.show,
    ("GET", "/accounts/{account}/lock"): lock_page.show,
    ("POST", "/accounts/{account}/lock"): lock_page.set_locked,
    **api_keys_page.PAGES,
    ("GET", "/accounts/{account}/people"): people_pages.listed,
    ("POST", "/accounts/{account}/people"): people_pages.remove,
    ("GET", "/accounts/{account}/new-person"): people_pages.new,
    ("POST", "/accounts/{account}/new-person"): people_pages.add,
    ("GET", "/accounts/{account}/people/{username}"): people_pages.show,
    ("POST", "/accounts/{account}/people/{username}"): people_pages.change,
    ("POST", "/accounts/{account}/people/{username}/hand-over"): people_pages.hand_over,
    ("POST", "/accounts/{account}/people/{username}/invite"): people_pages.invite,
    ("POST", "/accounts/{account}/people/{username}/vouch"): people_pages.vouch,
    ("GET", "/accounts/{account}/contact-requests/{id}"): contact_request_pages.show,
    ("POST", "/accounts/{account}/contact-requests/{id}/confirm"): contact_request_pages.confirm,
    ("POST", "/accounts/{account}/contact-requests/{id}/refuse"): contact_request_pages.refuse,
    ("GET", "/accounts/{account}"): customers_accounts.show,
    ("GET", "/call"): call_page.show,
    ("GET", "/call/passkey"): call_page.show,
    ("POST", "/call/passkey"): call_page.confirm,
    ("POST", "/call/not-me"): call_page.not_me,
    ("GET", "/prove"): prove_page.show,
    ("GET", "/prove/passkey"): prove_page.show,
    ("POST", "/prove/passkey"): prove_page.by_passkey,
    ("GET", "/prove/code"): prove_page.show,
    ("POST", "/prove/code"): prove_page.by_code,
    ("GET", "/prove/text"): prove_page.show,
    ("POST", "/prove/text"): prove_page.send_text,
    ("GET", "/me"): own_pages.show,
    ("GET", "/me/notices"): notices_page.show,
    ("POST", "/me/notices"): notices_page.choose,
    **passkey_page.pages("/me/passkeys", "customers/own_passkeys"),
    ("GET", "/me/app"): own_pages.app,
    ("POST", "/me/app"): own_pages.set_up_app,
    ("POST", "/me/app/remove"): own_pages.remove_app,
    ("POST", "/me/app/keep"): own_pages.keep_app,
    ("GET", "/me/pin"): own_pin_page.show,
    ("GET", "/me/numbers"): own_pages.numbers,
    ("POST", "/me/numbers"): own_pages.add_number,
    ("GET", "/me/numbers/confirm"): own_pages.numbers,
    ("POST", "/me/numbers/confirm"): own_pages.confirm_number,
    ("POST", "/me/numbers/remove"): own_pages.remove_number,
    ("GET", "/me/address"): own_pages.address,
    ("POST", "/me/address"): own_pages.change_address,
    ("GET", "/me/slack"): own_pages.slack,
    ("POST", "/me/slack/code"): own_pages.slack_code,
    ("GET", "/me/slack/code"): own_pages.slack,
    ("POST", "/me/slack/unlink"): own_pages.unlink,
    ("GET", "/login-details/{link}"): login_details_page.show,
    ("POST", "/login-details/{link}"): login_details_page.open_once,
    ("GET", "/tickets"): customers_tickets.listed,
    ("GET", "/tickets/new"): customers_tickets.new,
    ("POST", "/tickets/new"): customers_tickets.open_ticket,
    ("GET", "/tickets/{number}"): customers_tickets.show,
    ("GET", "/tickets/{number}/files/{file}"): customers_tickets.file,
    ("POST", "/tickets/{number}/reply"): customers_tickets.reply,
    ("POST", "/tickets/{number}/solved"): customers_tickets.solved,
    ("POST", "/tickets/{number}/reopen"): customers_tickets.reopen,
    ("POST", "/tickets/{number}/hand-in"): customers_tickets.hand_in,
    ("POST", "/tickets/{number}/withdraw"): customers_tickets.withdraw,
}


def router(context: PortalContext) -> APIRouter:
    routes = APIRouter()
    routes.add_route("/static/{name}", static_files.show, methods=["GET"], include_in_schema=False)
    routes.add_route("/desk/events", _events(context, Events(context.store)), methods=["GET"], include_in_schema=False)
    pages: dict[tuple[str, str], Open] = {
        **OPEN,
        **{page: for_staff(handler, once=handler is not drafts.keep) for page, handler in STAFF_PAGES.items()},
        **{page: for_customers(handler) for page, handler in SIGNED_IN.items()},
    }
    for (method, path), handler in pages.items():
        realm = STAFF if path == "/desk" or path.startswith("/desk/") else CUSTOMERS
        routes.add_route(path, _endpoint(context, realm, handler), methods=[method], include_in_schema=False)
    return routes


def _endpoint(context: PortalContext, realm: Realm, handler: Open) -> Callable[[Request], Awaitable[Response]]:
    pools = context.request_pools

    async def endpoint(request: Request) -> Response:
        try:
            visit = look(context, request, realm)
            if visit.whence.unsaid and context.secure:
                _proxy_names_nobody()
            pool, whose = _pool(context, visit)
            form = b""
            if visit.post:
                with pool.reading(whose):
                    form = await body(request, visit, stranger=pool not in (pools.known, pools.customers))
            return await pool.do(whose, _answer, context, handler, visit, request.scope["query_string"], form)
        except FullError as full:
            if full.network:
                context.turned_away.tell(full.network)
            return responses.bare(context, "web/full", 503)
        except HTTPException as bad:
            log.warning("request_refused", route=request.scope["path"].split("/", 3)[1], why=bad.detail)
            return responses.bare(context, _NOT_READ.get(bad.status_code, "web/refused"), bad.status_code)
        except Exception as fault:
            log.exception("internal_error", route=request.scope["path"].split("/", 3)[1], error=type(fault).__name__)
            return responses.bare(context, "web/fault", 500)

    return endpoint


def _events(context: PortalContext, events: Events) -> Callable[[Request], Awaitable[Response]]:
    """Who is signed in is found out as for a page; and that is all that takes a thread."""
    first = _endpoint(
        context, STAFF, lambda _context, visit: responses.nothing(204 if _is_signed_in(context, visit) else 401)
    )

    async def endpoint(request: Request) -> Response:
        found, session = await first(request), look(context, request, STAFF).session
        if found.status_code != 204:
            return found
        if not events.has_room(session):
            return responses.nothing(503)
        request.scope["endless"] = True
        headers = {**responses.HEADERS, "X-Accel-Buffering": "no"}  # or nginx would keep it to itself
        return StreamingResponse(events.listen(session), headers=headers, media_type="text/event-stream")

    return endpoint


def _is_signed_in(context: PortalContext, visit: Visit) -> bool:
    return bool(visit.session) and context.store.watch(visit.session) is not None


_NOT_READ: Final = {408: "web/too_slow", 413: "web/too_large", 503: "web/full"}
"""The page for whoever sent what was not read to its end."""


@cache
def _proxy_names_nobody() -> None:
    """Once: everybody counts as one address then."""
    log.warning("client_address_unknown")


def _pool(context: PortalContext, visit: Visit) -> tuple[RequestPool, Whose]:
    """And whose places are taken there. Told without the database: whoever keeps it busy keeps busy a pool of their own. A
    made-up token is a stranger's."""
    whose = context.marks.whose(visit.realm, visit.known)
    if whose:
        known = context.request_pools.known if visit.realm is STAFF else context.request_pools.customers
        return known, Whose(whose, "")
    kind = next((kind for path, kind in ONE_TIME.items() if visit.path.startswith(path)), "")
    ours = bool(kind) and one_time_links.is_ours(context.store.keys, kind, visit.named.get("link", ""))
    if visit.path == "/desk/display":  # one that shows the wall is held up by no stranger
        ours = wall_displays.is_ours(context.store.keys, visit.display)
    return (context.request_pools.links if ours else context.request_pools.strangers), Whose(
        visit.whence.address, visit.whence.allocation
    )


def _answer(context: PortalContext, handler: Open, visit: Visit, query: bytes, form: bytes) -> Response:
    """A page that is only looked at is made once more where the database went away; a form is sent twice by us only where nothing
    of it was stored."""
    visit = filled(context, visit, query, form)

    def made() -> Response:
        context.marks.refresh()
        return handler(context, visit)

    return retried(made, if_stored=not visit.post)
