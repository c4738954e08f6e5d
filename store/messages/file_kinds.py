"""What a file is by its first bytes, whatever it says it is: pictures that pages show. All else is only saved."""

from __future__ import annotations

from typing import Final

_STARTS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def picture(content: bytes) -> str:
    """Its media type; empty: none that is shown. Not SVG, which can hold a script."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), "")
