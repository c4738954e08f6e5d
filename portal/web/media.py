"""Pictures and sounds that a page shows and plays: by themselves they can do nothing, and nobody else's page gets at them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from fastapi import Response

from portal.web.responses import HEADERS

# Also where one is opened on its own: no script, no form, an origin of its own.
_ALONE: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}
_RANGE: Final = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def shown(name: str, content: bytes, kind: str, byte_range: str) -> Response:
    """All of it, or the one range of its bytes that the browser asked for, who has moved on in a sound."""
    whole = len(content)
    headers = HEADERS | _ALONE | {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}"}
    headers["Accept-Ranges"] = "bytes"
    asked = _RANGE.fullmatch(byte_range)
    if asked is None or not any(asked.groups()):  # several at once, or another unit: it gets the whole
        return Response(content, headers=headers, media_type=kind)
    first, last = _span(asked[1], asked[2], whole)
    if not 0 <= first <= last:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{whole}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{whole}"
    return Response(content[first : last + 1], 206, headers=headers, media_type=kind)


def _span(first: str, last: str, whole: int) -> tuple[int, int]:
    """From which byte to which; without a first the last so many."""
    if not first:
        return max(whole - int(last), 0), whole - 1 if int(last) else -1
    start = int(first)
    end = min(int(last), whole - 1) if last else whole - 1
    return (start, end) if start < whole else (-1, -1)
