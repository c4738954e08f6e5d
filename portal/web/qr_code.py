"""The QR code that an authenticator app scans, and the same secret to be typed. Pure."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr(uri: str) -> Markup:
    """An SVG to stand in the page, dark on light whatever the page is: apps read no other."""
    made = segno.make(uri, error="m", micro=False)
    return Markup(made.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 - of our own making, from a URI of ours


def spelled(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
