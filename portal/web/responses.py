"""What goes back to a browser: a page, a part of one, or the way to another; with the headers that every answer has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fastapi import Response

from portal.web.context import PortalContext
from portal.web.visit import COOKIES, VISITOR, Visit, cookie_name, form_token
from store.sign_in import credentials
from store.sign_in.realms import STAFF

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser sends `Origin: null` along with our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def page(context: PortalContext, visit: Visit, name: str, status: int = 200, /, **given: Any) -> Response:
    """A template with what it is given. Every page can hold a form: its token, and the cookie that is bound to, come along."""
    known = {"token": form_token(context, visit), "path": visit.path, "now": context.store.clock()}
    known |= {"who": None, "said": "", "stamp": "", "part": False, "unsent": {}}
    known["home"] = "/desk" if visit.realm is STAFF else "/"
    made = html(context.pages.get_template(f"{name}.html").render(known | given), status)
    if not visit.session:
        keep(context, made, VISITOR, visit.visitor, None)
    return made


def live_page(context: PortalContext, visit: Visit, name: str, given: Mapping[str, Any]) -> Response:
    """A page that asks by itself whether anything has changed; when it does, the block `live` of its template alone."""
    said = visit.query.get("said", "")
    made = page(context, visit, name, said=said, stamp=visit.stamp, part=visit.is_poll, **given)
    for table in ("said", "not_done"):
        if visit.is_poll and said in context.words.known(table):  # a script asks for the part alone, and says it above
            made.headers["X-Said"] = quote(context.words.word(table, said))
            made.headers["X-Done"] = str(int(table == "said"))
    made.headers["X-Stamp"] = visit.stamp
    made.headers["X-Now"] = str(context.store.clock())
    return made


def fields_of(page: DataclassInstance) -> dict[str, Any]:
    """What a page of `desk` holds, by name, for its template."""
    return {one.name: getattr(page, one.name) for one in fields(page)}


def bare(context: PortalContext, name: str, status: int, **given: str) -> Response:
    """A page for whoever could not even be read."""
    known = {"token": "", "path": "", "now": 0, "who": None, "said": "", "stamp": ""}
    return html(context.pages.get_template(f"{name}.html").render(known | given), status)


def html(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="text/html", headers=HEADERS)


def download(name: str, content: bytes) -> Response:
    """A file that the browser saves and never shows, whatever it says it is."""
    saved = f"attachment; filename*=UTF-8''{quote(name or 'file', safe='')}"
    return Response(content, headers={**HEADERS, "Content-Disposition": saved}, media_type="application/octet-stream")


def nothing(status: int = 204) -> Response:
    return Response(status_code=status, headers=HEADERS)


def to(path: str) -> Response:
    """To another page, which is then asked for and not sent to again."""
    return Response(status_code=303, headers={**HEADERS, "Location": path})


def not_there(context: PortalContext, visit: Visit) -> Response:
    """The same for what is not there and for what is not theirs."""
    return page(context, visit, "web/not_there", 404)


def keep(context: PortalContext, made: Response, name: str, value: str, seconds: int | None) -> None:
    """A cookie that no script reads and no other site sends; `seconds` None: until the browser is closed."""
    made.set_cookie(
        cookie_name(context, name),
        value,
        max_age=seconds,
        path="/",
        secure=context.secure,
        httponly=True,
        samesite="strict",
    )


def signed_in(context: PortalContext, visit: Visit, made: Response, token: str, known: str) -> Response:
    """A new session, always: what the browser had before is dropped."""
    session, mark = COOKIES[visit.realm.word]
    # For longer than it lasts: what was typed in it when it ended is sent along with the next sign-in.
    keep(context, made, session, token, 2 * visit.realm.whole // 1000)
    keep(context, made, mark, known, credentials.KNOWN_FOR // 1000)
    keep(context, made, VISITOR, "", 0)
    return made


def signed_out(context: PortalContext, visit: Visit, made: Response) -> Response:
    keep(context, made, COOKIES[visit.realm.word][0], "", 0)
    return made
