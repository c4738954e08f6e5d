"""The operator's mail server, as mail in sees it: real SMTP to the listener of a desk."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from dataclasses import replace
from email.message import EmailMessage
from types import TracebackType

from sqlalchemy import update

from authz import Subject
from desk import mail_in
from deskgate.smtp_listener import MailIn
from store import tables
from store.mail_in import address_proofs
from store.mail_in.pending_mails import Mail, MailFile
from tests.desk import Desk
from tests.ivr.wire import change

DESK_ADDRESS = "support@desk.example"
SETTINGS = {"mail_in": "127.0.0.1:0", "mail_in_address": DESK_ADDRESS, "mail_in_server": "mx.desk.example"}


class MailServer:
    """While it is entered, the desk's listener is open on a port of its own. `says(…)` and `sends(…)` give the answer to DATA, as (code, words)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._loop = asyncio.new_event_loop()
        self._mail_in = MailIn(desk.settings, desk.store)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> MailServer:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._mail_in.open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._mail_in.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def port(self) -> int:
        return self._mail_in.port

    def session(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=20)

    def sends(self, raw: bytes, returns_to: str = "", to: str = DESK_ADDRESS) -> tuple[int, str]:
        """Those bytes, as they are."""
        with self.session() as smtp:
            smtp.ehlo("mx.desk.example")
            smtp.mail(returns_to)
            code, words = smtp.rcpt(to)
            if code == 250:
                code, words = smtp.data(raw)
        return code, words.decode()

    def says(
        self, sender: str, words: str, title: str = "It is down", *, returns_to: str | None = None, **headers: str
    ) -> tuple[int, str]:
        """A mail as people write one; in the name of a header `_` is `-`."""
        mail = written(sender, words, title, **headers)
        return self.sends(mail.as_bytes(), sender if returns_to is None else returns_to)


def written(sender: str, words: str, title: str = "It is down", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = DESK_ADDRESS
    mail["Subject"] = title
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail


def proof_page(desk: Desk, person: int) -> str:
    """Where the answer to a mail leads somebody who has changed their address."""
    change(desk, update(tables.people).where(tables.people.c.id == person).values(email_unproved=True))
    with desk.store.transaction("test") as tx:
        return f"/mails/yours/{address_proofs.token(tx, address_proofs.owed(tx, Subject.of_person(person)) or '')}"


def mailed(desk: Desk, sender: str, title: str) -> None:
    """Two mails are there, kept without a session: one with all there can be about it, and one that a program wrote."""
    found = (("dkim", "pass"), ("spf", "softfail"))
    file = MailFile("a.png", b"x")
    said = Mail(
        "<1@x.example>", sender, "", title, "It is slow.", "It is slow.\n> Is it?", (), "", found, (file,), ("b.iso",)
    )
    with desk.store.transaction("mail") as tx:
        mail_in.keep(tx, said)
        mail_in.keep(tx, replace(said, title="Away", automatic="auto_reply"))
