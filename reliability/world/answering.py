"""How one who plays the world answers a request: as ever or as ordered, and never before it stands in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from reliability.journal import Journal, Side
from reliability.world.orders import KEPT, Orders

Answer = tuple[int, bytes, str]
"""Status, body, content type."""
JSON = "application/json"


async def answered(
    journal: Journal,
    orders: Orders,
    side: Side,
    what: str,
    facts: Mapping[str, Any],
    do: Callable[[], tuple[str, Answer]],
) -> Response:
    """`do` has the effect and gives the id of what was made. The journal says whether that was so (`kept`) and by which order it was answered (`how`)."""
    order = orders.take(what)
    kept = order is None or order.how in KEPT
    id, (status, body, kind) = do() if kept else ("", (503, b"", JSON))
    headers: dict[str, str] = {}
    if order is not None and order.how == "429":
        status, body, headers = 429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": f"{order.seconds:.0f}"}
    elif order is not None and order.how == "500":
        status, body = 500, b"<html>something went wrong</html>"
    elif order is not None and order.how == "half":
        body = body[: len(body) // 2]
    heard = 0 if order is not None and order.how in ("silent", "accepted") else status
    journal.write(side, "received", what, id, heard, kept=kept, how=order.how if order else "", **facts)
    if order is not None and order.how in ("silent", "accepted"):
        await asyncio.sleep(order.seconds)
        return Response(status_code=503)
    return Response(body, status, headers, media_type=kind)
