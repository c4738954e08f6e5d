"""The mails of the desk where there is no mail server, and its text messages: kept while the service runs, and shown at /simulator/inbox.

Beside them the sample people, each with a button that has the desk invite them to their account pages.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field

from simulator.guard import loopback_only
from simulator.web import HEADERS

KEPT: Final = 200
_LINK: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,]")


class Inbox:
    """`put` what is sent; `mails` as text, the newest first: (to, title, words)."""

    def __init__(self) -> None:
        self._mails: deque[tuple[str, str, str]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def put(self, mail: EmailMessage) -> None:
        with self._lock:
            self._mails.appendleft((str(mail["To"]), str(mail["Subject"]), str(mail.get_content())))

    def mails(self) -> list[tuple[str, str, str]]:
        with self._lock:
            return list(self._mails)


class Wanted(BaseModel):
    """Who is to be invited."""

    username: str = Field(max_length=64)


def router(
    inbox: Inbox, texts: Sequence[tuple[str, str]], people: dict[str, str], invite: Callable[[str], str]
) -> APIRouter:
    """`texts` were sent, the newest last: (to, words). `people` by username, with their names; `invite` says what became of it."""
    routes = APIRouter(prefix="/simulator", include_in_schema=False, dependencies=[Depends(loopback_only)])

    @routes.get("/inbox")
    def page() -> Response:
        return HTMLResponse(_page(inbox, texts, people), headers=HEADERS)

    @routes.post("/invitations")
    def ask(body: Wanted) -> Response:
        return PlainTextResponse(invite(body.username), headers=HEADERS)

    return routes


def _page(inbox: Inbox, texts: Sequence[tuple[str, str]], people: dict[str, str]) -> str:
    buttons = "".join(
        f'<button type="button" data-invite="{escape(username)}">{escape(name)}</button>\n'
        for username, name in people.items()
    )
    mails = "".join(
        f"<article><h2>{escape(title)}</h2><p class=to>To {escape(to)}</p><pre>{_linked(words)}</pre></article>\n"
        for to, title, words in inbox.mails()
    )
    messages = "".join(
        f"<article><h2>Text message</h2><p class=to>To {escape(to)}</p><pre>{escape(words)}</pre></article>\n"
        for to, words in texts[-KEPT:][::-1]
    )
    return _LAYOUT.format(buttons=buttons, texts=messages, mails=mails or "<p>No mail yet.</p>")


def _linked(words: str) -> str:
    """Only what is an address of the web becomes a link."""
    parts, end = [], 0
    for found in _LINK.finditer(words):
        parts += [escape(words[end : found.start()]), f'<a href="{escape(found[0])}">{escape(found[0])}</a>']
        end = found.end()
    return "".join([*parts, escape(words[end:])])


_LAYOUT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Inbox · Simulator</title>
<link rel="stylesheet" href="/simulator/static/inbox.css">
<script src="/simulator/static/inbox.js" defer></script>
</head>
<body>
<main>
<p><a href="/simulator">Simulator</a></p>
<h1>Inbox</h1>
<p>There is no mail server here, so every mail of the desk arrives on this page, whoever it is for; and every text message.</p>
<section>
<h2>Invite somebody to their account pages</h2>
<p class="people">
{buttons}</p>
<p role="status" id="said"></p>
</section>
{texts}{mails}
</main>
</body>
</html>
"""
