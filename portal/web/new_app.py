"""An authenticator app that is set up on a page: its secret travels sealed in the form, so that the code is of the one that was scanned."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import pyotp

from portal.web import qr_code
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store.text import numbers
from store.verification import totp


def begun(context: PortalContext, visit: Visit) -> str:
    """The secret that comes back with the form, or a new one."""
    try:
        sealed = base64.urlsafe_b64decode(visit.field("secret", 400).encode())
        opened = context.store.keys.open("join-form", sealed, visit.named["link"])
    except (binascii.Error, ValueError):
        opened = None
    return pyotp.random_base32() if opened is None else opened.decode()


def shown(context: PortalContext, visit: Visit, secret: str, name: str) -> dict[str, Any]:
    """What the page shows of it, for the app of whoever is called that, and what its form brings back."""
    sealed = context.store.keys.seal("join-form", secret.encode(), visit.named["link"])
    return {
        "qr": qr_code.qr(totp.uri(secret, name)),
        "spelled": qr_code.spelled(secret),
        "sealed": base64.urlsafe_b64encode(sealed).decode(),
    }


def step_of(context: PortalContext, visit: Visit, secret: str) -> int | None:
    """The 30 seconds whose code of that app the form has; None: it is not right."""
    return totp.step_of(secret, numbers.digits(visit.field("code", 40)), context.store.clock(), 0)
