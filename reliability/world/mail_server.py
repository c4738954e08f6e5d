"""A mail server, played by aiosmtpd: what it takes stands in the journal as `mail`, with the Message-ID as its id, `to`, `subject` and `words`.

Ordered (orders.py): 429 is 451, 500 is 554, `half` cuts the answer and the connection, `silent` and `accepted` say nothing and then hang up.
"""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from reliability.journal import Journal
from reliability.world.orders import KEPT, Orders

LONGEST: Final = 1_500  # characters of the words in the journal
LARGEST: Final = 30 * 1024 * 1024


class _Box:
    def __init__(self, journal: Journal, orders: Orders) -> None:
        self._journal, self._orders = journal, orders

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        order = self._orders.take("mail")
        kept = order is None or order.how in KEPT
        said = {"429": "451 4.3.0 later", "500": "554 5.0.0 no"}.get(order.how, "") if order else "250 2.0.0 kept"
        body: Any = mail.get_body(("plain", "html"))
        facts = {"to": ",".join(envelope.rcpt_tos), "subject": str(mail["Subject"])[:200]}
        facts["words"] = body.get_content()[:LONGEST] if body is not None else ""
        status, id = int(said[:3] or 0), str(mail["Message-ID"] or "")
        self._journal.write("smtp", "received", "mail", id, status, kept=kept, how=order.how if order else "", **facts)
        if order is not None and not said:
            line: Any = server.transport
            if order.how == "half":
                line.write(b"25")
            else:
                await asyncio.sleep(order.seconds)
            line.close()
            return "421 4.3.0 gone"
        return said


async def mail_server(host: str, port: int, journal: Journal, orders: Orders) -> asyncio.Server:
    """Listening."""
    box = _Box(journal, orders)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(box, hostname="world", ident="world", data_size_limit=LARGEST, loop=loop), host, port
    )
