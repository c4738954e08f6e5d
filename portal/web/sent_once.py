"""A form does once what it says, however often it is sent: sent again it leads where it led before."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fastapi import Response

from portal.web import responses
from portal.web.visit import Visit
from store import Transaction
from store.sign_in import sent_forms

SHOWN_ONCE: Final = "X-Shown-Once"
"""Of a page that shows what it has made and is the only one to: where the same form leads from now on. It goes out to nobody."""


def once(
    visit: Visit,
    tx: Transaction,
    do: Callable[[], Response],
    done: Collection[str],
    then: Callable[[bool], None] = lambda _done: None,
) -> Response:
    """Does it, or leads where the same form led before. Its key is part of its token: whoever goes back and writes something else
    sends another form. `done` are the words said (`?said=`) where something was: after any other the same form may be sent again.
    `then` hears which it was."""
    key = key_of(visit)
    led = sent_forms.location_before(tx, key)
    if led is not None:
        return responses.to(led)
    made = do()
    shown = made.headers.get(SHOWN_ONCE, "")
    if shown:
        del made.headers[SHOWN_ONCE]
    to = shown or (made.headers.get("Location", "") if made.status_code == 303 else "")
    was_done = bool(shown) or parse_qs(urlsplit(to).query).get("said", [""])[0] in done
    if was_done:
        sent_forms.done(tx, key, to)
    else:
        sent_forms.forget(tx, key)
    then(was_done)
    return made


def key_of(visit: Visit) -> tuple[str, ...]:
    """What makes this form this one: whose browser, where to, its key and all that is written in it."""
    return (visit.session or visit.visitor, visit.path, json.dumps(sorted(visit.form.items())))
