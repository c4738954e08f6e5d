"""Displays that show the wall: the code one shows, and the supervisor who types it."""

from __future__ import annotations

import re
from typing import Final

from store.sign_in import sessions
from store.sign_in.realms import STAFF
from tests.desk import Desk
from tests.portal.browsing import Browser

ANA: Final = 2  # a supervisor of the sample file
AT = "/desk/display"
CODE = re.compile(r'<p class="code">([A-Z]{4}-[A-Z]{4})</p>')


def code(display: Browser) -> str:
    display.get(AT)
    found = CODE.search(display.text)
    assert found, display.words
    return found[1]


def opens(lead: Browser, code: str, name: str = "Kitchen") -> str:
    lead.get("/desk/staff")
    lead.send("/desk/staff/displays", code=code, title=name)
    return lead.words


def _ana(desk: Desk) -> Browser:
    ana = Browser(desk)
    with desk.store.transaction("test") as tx:
        ana.client.cookies.set("deskgate_session", sessions.begin(tx, STAFF, ANA))
    return ana


def shown(desk: Desk) -> Browser:
    """A display that has the wall."""
    display = Browser(desk)
    assert "has the wall within seconds" in opens(_ana(desk), code(display).lower().replace("-", " "))
    assert "waiting" in display.read(AT)
    return display
