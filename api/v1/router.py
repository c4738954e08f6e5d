"""/api/v1 as an app of its own, with its routes, its problems and its description (OpenAPI)."""

from __future__ import annotations

import re
from functools import cache, partial
from types import UnionType
from typing import Any, Final, NamedTuple

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel
from starlette import routing
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.v1 import (
    accounts,
    changes,
    contact_requests,
    decisions,
    desk_tickets,
    invoices,
    key_routes,
    ledger,
    notices,
    people,
    problems,
    reports,
    services,
    tickets,
    verifications,
    written_accounts,
)
from api.v1.context import ApiContext
from api.v1.doorway import Doorway
from api.v1.problems import DOCUMENTED, KINDS, ProblemError
from api.v1.requests import Does, served
from api.v1.ticket_parts import Made
from desk import faults

log = structlog.get_logger("api")
AT: Final = "/api/v1"


class Route(NamedTuple):
    """`gives`: what it answers when it is done, or the media type of what is no JSON; None: nothing. `also`: another status that it is done with; `reads`: a POST
    that changes nothing, and is answered anew each time."""

    does: Does
    gives: type[BaseModel] | UnionType | str | None
    status: int = 200
    about: str = ""
    also: int | None = None
    reads: bool = False


ROUTES: Final[dict[tuple[str, str], Route]] = {
    ("GET", "/key"): Route(key_routes.show, key_routes.OwnKey, about="Keys"),
    ("GET", "/accounts/{number}"): Route(
        accounts.read, accounts.Account | written_accounts.WholeAccount, about="Accounts"
    ),
    ("PUT", "/accounts/{number}"): Route(
        written_accounts.written, written_accounts.Written, about="Accounts", also=201
    ),
    ("POST", "/accounts/bulk"): Route(written_accounts.many, written_accounts.ManyWritten, about="Accounts"),
    ("GET", "/accounts/{number}/people"): Route(people.listed, people.People, about="People"),
    ("GET", "/accounts/{number}/people/{username}"): Route(people.read, people.PersonOnAccount, about="People"),
    ("POST", "/accounts/{number}/contact-requests"): Route(
        contact_requests.asked, contact_requests.ContactRequest, 202, about="People"
    ),
    ("GET", "/accounts/{number}/contact-requests/{ticket}"): Route(
        contact_requests.looked, contact_requests.ContactRequest, about="People"
    ),
    ("GET", "/accounts/{number}/services"): Route(services.listed, services.Services, about="Services"),
    ("GET", "/accounts/{number}/invoices"): Route(invoices.listed, invoices.Invoices, about="Invoices"),
    ("GET", "/accounts/{number}/invoices/{invoice}"): Route(invoices.read, invoices.OneInvoice, about="Invoices"),
    ("GET", "/tickets"): Route(tickets.listed, tickets.Tickets | desk_tickets.DeskTickets, about="Tickets"),
    ("POST", "/tickets"): Route(tickets.opened, Made, 201, about="Tickets"),
    ("GET", "/tickets/{number}"): Route(tickets.read, tickets.Ticket | desk_tickets.DeskTicket, about="Tickets"),
    ("PATCH", "/tickets/{number}"): Route(tickets.changed, Made, about="Tickets"),
    ("POST", "/tickets/{number}/messages"): Route(
        tickets.answered, desk_tickets.AnswerMade | Made, 201, about="Tickets"
    ),
    ("POST", "/tickets/{number}/notes"): Route(desk_tickets.noted, Made, 201, about="Tickets"),
    ("GET", "/tickets/{number}/files/{file}"): Route(tickets.file, "application/octet-stream", about="Tickets"),
    ("POST", "/notices"): Route(notices.write, notices.WrittenNotice, 201, about="Notices"),
    ("POST", "/notices/preview"): Route(notices.preview, notices.NoticePreview, about="Notices", reads=True),
    ("GET", "/notices/{id}"): Route(notices.read, notices.Notice, about="Notices"),
    ("GET", "/notices/{id}/recipients"): Route(notices.recipients, notices.NoticeRecipients, about="Notices"),
    ("GET", "/changes"): Route(changes.following, changes.Changes, about="Changes"),
    ("GET", "/changes/{id}"): Route(changes.read, changes.Change, about="Changes"),
    ("GET", "/ledger"): Route(ledger.stream, ledger.LINES, about="Ledger"),
    ("GET", "/reports"): Route(reports.read, reports.Report, about="Reports"),
    ("POST", "/decisions"): Route(decisions.explained, decisions.Decisions, about="Decisions", reads=True),
    ("POST", "/verifications"): Route(verifications.ask, verifications.Verification, 201, about="Verifications"),
    ("GET", "/verifications/{id}"): Route(verifications.look, verifications.Verification, about="Verifications"),
    ("DELETE", "/verifications/{id}"): Route(verifications.withdraw, verifications.Verification, about="Verifications"),
}
_STATUS: Final = {
    400: "malformed",
    404: "not-found",
    405: "no-such-method",
    408: "too-slow",
    413: "too-large",
    503: "full",
}


def make_api(context: ApiContext, telemetry: TelemetryConfig) -> FastAPI:
    app = FastAPI(
        title="Deskgate",
        summary="Who is asking, and what they may be told.",
        version="1",
        servers=[{"url": AT}],
        root_path_in_servers=False,
        telemetry=telemetry,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    app.add_middleware(Doorway, context=context)
    app.router.routes.extend(_routes().routes)
    _problems(app, context)
    return app


def mounted(api: FastAPI) -> routing.Mount:
    """Its place in the whole app: whatever is below it is answered by it."""
    found = routing.Mount(AT, api)
    found.path_regex = re.compile(found.path_regex.pattern, re.DOTALL)  # what has a newline in it as well
    return found


@cache
def _routes() -> APIRouter:
    """Made once for all apps of a process: FastAPI takes longer over them than all the rest of a desk."""
    router = APIRouter(responses=DOCUMENTED, redirect_slashes=False)
    # A name in an address comes before a parameter, so that nothing is read as the number of an account but what is none of ours.
    for path in sorted(dict.fromkeys(path for _, path in ROUTES), key=lambda path: path.count("{")):
        at = path.replace("{invoice}", "{invoice:path}")  # invoices are numbered by others, with a slash as well
        methods = [method for method, named in ROUTES if named == path]
        for method in methods:
            _add(router, method, at, ROUTES[method, path])
        router.routes.append(routing.Route(at, _Others(", ".join(methods)), include_in_schema=False))
    return router


def _add(router: APIRouter, method: str, path: str, route: Route) -> None:
    is_json = not isinstance(route.gives, str)
    given: dict[int | str, dict[str, Any]] = {}
    if not is_json:
        given[route.status] = {"content": {route.gives: {"schema": {"type": "string", "format": "binary"}}}}
    if route.also is not None:
        given[route.also] = {"model": route.gives}
    router.add_api_route(
        path,
        served(route.does, method, reads=route.reads),
        methods=[method],
        response_model=route.gives if is_json else None,
        response_class=JSONResponse if is_json else Response,
        responses=given,
        status_code=route.status,
        tags=[route.about],
        operation_id=f"{route.about}.{route.does.__name__}".lower().replace(" ", "_"),
    )


class _Others:
    """All other methods of an address, as an ASGI application."""

    def __init__(self, allowed: str) -> None:
        self._allowed = allowed

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        raise HTTPException(405, headers={"Allow": self._allowed})


def _problems(app: FastAPI, context: ApiContext) -> None:
    @app.get("/problems/{code}", include_in_schema=False)
    async def problem(code: str) -> Response:
        kind = KINDS.get(code)
        if kind is None:
            return problems.response(context.origin, ProblemError("not-found"))
        return JSONResponse(
            {"status": kind.status, "title": kind.title, "what_to_do": kind.do}, headers=problems.HEADERS
        )

    answer = partial(problems.response, context.origin)

    @app.exception_handler(RequestValidationError)
    async def will_not_do(_request: Request, fault: RequestValidationError) -> Response:
        errors = [_field(one) for one in fault.errors()][:20]
        return answer(
            ProblemError("invalid", "; ".join(f"{one['field']}: {one['problem']}" for one in errors), errors=errors)
        )

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, fault: HTTPException) -> Response:
        headers = {"Allow": fault.headers["Allow"]} if fault.headers and "Allow" in fault.headers else {}
        return answer(ProblemError(_STATUS.get(fault.status_code, "malformed"), headers=headers))

    @app.exception_handler(Exception)
    async def fault(_request: Request, fault: Exception) -> Response:
        number = faults.note(fault, "api", route="/api")
        return answer(ProblemError("fault", f"{KINDS['fault'].do} If it happens again, tell us its number: {number}."))


def _field(error: dict[str, Any]) -> dict[str, str]:
    """Where it is, without `body` in front, and what is wrong; never what was sent."""
    where = [str(part) for part in error["loc"]]
    named = where[1:] if where[:1] in (["body"], ["query"], ["path"], ["header"]) and len(where) > 1 else where
    return {"field": ".".join(named), "problem": str(error["msg"])}
