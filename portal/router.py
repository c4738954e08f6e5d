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

from desk import faults
from desk.request_pools import FullError, RequestPool, Whose
from portal.customers.signed_in import for_customers
from portal.routes import OPEN, SIGNED_IN, STAFF_PAGES, Open
from portal.staff import drafts
from portal.staff.events import Events
from portal.staff.signed_in import for_staff
from portal.web import responses, static_files
from portal.web.context import PortalContext
from portal.web.visit import Visit, body, filled, look
from store import retried
from store.codes import one_time_links
from store.sign_in.realms import CUSTOMERS, STAFF, Realm
from store.staff import wall_displays

log = structlog.get_logger("portal")
# And what their tokens are for.
ONE_TIME: Final = {"/desk/join/": "join", "/join/": "invitation", "/enrol/": "enrol", "/pin/": "pin"}


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
            number = faults.note(fault, "portal", route=request.scope["path"].split("/", 3)[1])
            return responses.bare(context, "web/fault", 500, number=number)

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
