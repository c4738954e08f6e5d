"""Passkeys on our pages: the question that stands in a form, and a device that answers it there."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from httpx2 import Response
from sqlalchemy import insert

from authz import Subject
from store import tables
from store.codes import one_time_links
from tests.desk import PUBLIC, Desk
from tests.passkey_device import Device
from tests.portal.browsing import Browser

MIA: Final = Subject.of_person(8)
_FORM = re.compile(r"<form\b([^>]*)\bdata-passkey=\"(get|create)\" data-options=\"([^\"]*)\"")


def asked(browser: Browser, action: str) -> tuple[str, str]:
    """("get" or "create", the options) of the form that goes there."""
    for head, kind, options in _FORM.findall(browser.text):
        if f'action="{action}"' in head:
            return kind, unescape(options)
    raise AssertionError(f"no passkey is asked for {action} on this page: {browser.words[:300]}")


def touches(browser: Browser, device: Device, action: str, **filled: str) -> Response:
    """What the page's script does: the device answers, and the form is sent."""
    kind, options = asked(browser, action)
    answer = device.create(options) if kind == "create" else device.get(options)
    return browser.post(action, passkey_fields(browser, action) | {"passkey": answer} | filled)


def passkey_fields(browser: Browser, action: str) -> dict[str, str]:
    """What the form sends along unseen."""
    start = browser.text.index('data-passkey="', browser.text.index(f'action="{action}" data-passkey'))
    inside = browser.text[start : browser.text.index("</form>", start)]
    found = re.findall(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"", inside)
    return {name: unescape(value) for name, value in found}


def device() -> Device:
    return Device(PUBLIC)


def guest(desk: Desk, who: Subject = MIA) -> str:
    """The way to the page of an invitation."""
    with desk.store.transaction("test") as tx:
        return f"/join/{one_time_links.issue(tx, 'invitation', who)}"


def passkey(desk: Desk, who: int, name: str) -> int:
    """One of somebody of the staff that no device has: for what is shown of it, and done about it."""
    row = {"staff_id": who, "public_key": b"", "handle": b"", "sign_count": 0, "transports": "", "name": name}
    row |= {"backup_eligible": False, "backed_up": False, "made_at": desk.now, "counts_from": desk.now}
    with desk.store.transaction("test") as tx:
        new = insert(tables.passkeys).values(**row, credential_id=name.encode()).returning(tables.passkeys.c.id)
        id: int = tx.connection.execute(new).scalar_one()
    return id
