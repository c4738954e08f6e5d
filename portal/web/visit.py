"""What a browser sends: its head first, then its form within bounds, whether that is one of ours. Nothing here knows who it is.

A form is taken from our own pages alone: by its Origin, and by a token made from the cookie of the browser it was shown to. What
takes time is not done on the event loop, where the phone would wait for it: `filled` is for the thread that answers.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException

from desk.client_address import ClientAddress, whence
from portal.web import multipart
from portal.web.context import PortalContext
from portal.web.multipart import BrokenFormError, Upload
from store.sign_in.realms import Realm
from store.text import numbers
from store.text.cleaning import cleaned

MOST_BY_STRANGERS: Final = 4 * 1024  # two passwords of 200 letters, escaped
MOST_ASKED: Final = 2 * 1024
MOST_FIELDS: Final = 80  # a page of the queue, each ticket ticked
WITH_FILES: Final = "/tickets/"  # of customers; deskgate/request_bodies.py has what may come there
VISITOR: Final = "deskgate_visitor"
DISPLAY: Final = "deskgate_display"  # of a display that shows the wall
# Of a session, and what is kept of a sign-in: the two doors stand at one address and know nothing of each other's.
COOKIES: Final = {
    "staff": ("deskgate_session", "deskgate_known"),
    "person": ("deskgate_account", "deskgate_account_known"),
}
_LONGEST_COOKIE: Final = 200
_TOKEN: Final = 43  # characters; after a dot follows the key, good once, of the form it was written into
_KEY: Final = re.compile(r"\.[A-Za-z0-9_-]{16,32}")


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """One request to the pages of a `realm`. `session`, `visitor`, `known` and `display` are what its cookies hold, or empty; `is_poll`: the page asks and not the
    person; `is_user_action`: they have touched it of late; `is_cross_site`: a link on another site led here, so that the browser has kept our cookies back; `whence` it came; `byte_range`: the part of a sound it wants; `stamp`: how the desk
    stood just before (store/staff/change_stamp.py)."""

    realm: Realm
    post: bool
    path: str
    named: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    session: str
    visitor: str
    known: str
    is_poll: bool
    is_user_action: bool
    is_cross_site: bool
    whence: ClientAddress
    stamp: str = ""
    byte_range: str = ""
    parted_by: bytes = b""
    files: tuple[Upload, ...] = ()
    display: str = ""

    def number(self, name: str) -> int:
        """A number in the path; 0 where it is none."""
        return numbers.parse_int(self.named.get(name, "")) or 0

    def field(self, name: str, longest: int = 200) -> str:
        return self.form.get(name, "")[:longest].strip()

    @property
    def browser(self) -> str:
        """What a form is bound to: this session, or this browser where nobody is signed in."""
        whose = f"session {self.session}" if self.session else f"visitor {self.visitor}"
        return f"{self.realm.word} {whose}"


def cookie_name(context: PortalContext, name: str) -> str:
    return f"__Host-{name}" if context.secure else name


def look(context: PortalContext, request: Request, realm: Realm) -> Visit:
    """All but query and form, without waiting for either. Raises `HTTPException` where it cannot be a form of ours, whatever is in it."""
    post = request.method == "POST"
    if post:
        _is_ours(context, request)
    if len(request.scope["query_string"]) > MOST_ASKED:
        raise HTTPException(414, "too much in the query")
    names = (COOKIES[realm.word][0], VISITOR, COOKIES[realm.word][1], DISPLAY)
    session, visitor, known, display = (_cookie(context, request, name) for name in names)
    if post and not session and not visitor:
        raise HTTPException(403, "a form without the cookie of its page")
    return Visit(
        realm,
        post,
        request.url.path,
        {name: cleaned(str(value)) for name, value in request.path_params.items()},
        {},
        {},
        session,
        visitor or secrets.token_urlsafe(32),
        known,
        request.headers.get("X-By-Itself") == "1",
        request.headers.get("X-Active") == "1",
        request.headers.get("Sec-Fetch-Site") == "cross-site",
        whence(request.scope, context.proxies),
        # What it has a part of is not known to be the same: we name no version.
        byte_range="" if "If-Range" in request.headers else request.headers.get("Range", "")[:100],
        parted_by=_parted_by(request) if post else b"",
        display=display,
    )


def _cookie(context: PortalContext, request: Request, name: str) -> str:
    value = request.cookies.get(cookie_name(context, name), "")
    return value if len(value) <= _LONGEST_COOKIE and value.isascii() else ""


def filled(context: PortalContext, visit: Visit, query: bytes, form: bytes) -> Visit:
    """With what it asks and sends. Raises `HTTPException`."""
    asked = _pairs(query.decode("latin-1"))
    if visit.parted_by:
        try:
            fields, files = multipart.read(form, visit.parted_by)
        except BrokenFormError as broken:
            raise HTTPException(400, str(broken)) from None
        visit = replace(visit, query=asked, form=_once(fields), files=tuple(files))
    else:
        visit = replace(visit, query=asked, form=_pairs(form.decode("utf-8", "replace")))
    if visit.post and not _is_form_token(context, visit, visit.form.get("token", "")):
        raise HTTPException(403, "a form without its token")
    return visit


def form_token(context: PortalContext, visit: Visit) -> str:
    """What every form of ours sends along: of this session, or of this browser where nobody is signed in; and a key that makes this
    page's forms other forms than those of the same page a moment ago (submissions.py)."""
    return f"{context.store.keys.digest('portal-form', *_of(visit))[:_TOKEN]}.{secrets.token_urlsafe(15)}"


def _is_form_token(context: PortalContext, visit: Visit, token: str) -> bool:
    ours, key = token[:_TOKEN], token[_TOKEN:]
    return (
        len(ours) == _TOKEN and bool(_KEY.fullmatch(key)) and context.store.keys.made(ours, "portal-form", *_of(visit))
    )


def _of(visit: Visit) -> tuple[str, str]:
    return ("session", visit.session) if visit.session else ("visitor", visit.visitor)


def _is_ours(context: PortalContext, request: Request) -> None:
    origin = request.headers.get("Origin")
    if origin is None:
        ours = request.headers.get("Sec-Fetch-Site", "none") == "same-origin"
    else:
        ours = origin == context.origin or (
            not context.secure and urlsplit(origin).netloc == request.headers.get("Host", "") != ""
        )
    if not ours:
        raise HTTPException(403, "a form from another site")


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        raise HTTPException(400, "too many fields") from None
    return _once(pairs)


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise HTTPException(400, "a field came twice")
    return {name: cleaned(value) for name, value in found.items()}


def _parted_by(request: Request) -> bytes:
    """Where a form may bring files; empty everywhere else."""
    path = request.url.path
    return multipart.boundary(request.headers.get("Content-Type", "")) if path.startswith(WITH_FILES) else b""


async def body(request: Request, visit: Visit, *, stranger: bool) -> bytes:
    """Raises `HTTPException`; at once where the head says already that it is too much. Files of any size to speak of come from browsers
    alone that somebody has signed in with before."""
    if (
        not visit.parted_by
        and request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded"
    ):
        raise HTTPException(415, "not a form")
    if stranger:
        request.scope["body"].most = MOST_BY_STRANGERS
    return await request.body()
