"""A mail server that keeps what it is given: a real socket, the few commands smtplib sends."""

from __future__ import annotations

import socketserver
import ssl
import threading
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any


class Mailbox:
    """`url` is an SMTP_URL; `mails` what arrived, in how many `sessions`, of which so many were `ended` by us. With `refusing`, it turns every mail away for now; `says` is what it answers
    to a command instead of yes: `says["RCPT"] = "550 5.1.1 nobody here"`, or to one address: `says["RCPT a@b.example"]`.
    With a `certificate`, it speaks TLS from the first byte. Of one session it takes `most` mails."""

    def __init__(self, *, refusing: bool = False, certificate: Path | None = None, most: int = 1_000_000) -> None:
        self.mails: list[EmailMessage] = []
        self.sessions = self.ended = 0
        self.says: dict[str, str] = {"MAIL": "451 later"} if refusing else {}
        mailbox = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mailbox.sessions += 1
                self.say("220 here")
                more = most
                while line := self.rfile.readline():
                    verb = line[:4].upper()
                    named = f"{verb.decode()} {line.partition(b'<')[2].partition(b'>')[0].decode()}"
                    other = mailbox.says.get(named) or mailbox.says.get(verb.decode())
                    other = "421 enough" if verb == b"MAIL" and not more else other
                    if other is not None:
                        self.say(other)
                    elif verb == b"DATA":
                        self.say("354 go on")
                        lines = iter(self.rfile.readline, b".\r\n")
                        raw = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
                        parsed = message_from_bytes(raw, policy=policy.default)
                        assert isinstance(parsed, EmailMessage)
                        mailbox.mails.append(parsed)
                        more -= 1
                        self.say("250 kept")
                    elif verb == b"QUIT":
                        mailbox.ended += 1
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def say(self, words: str) -> None:
                self.wfile.write(words.encode() + b"\r\n")

        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            secure.load_cert_chain(certificate)

        class Server(socketserver.ThreadingTCPServer):
            def finish_request(self, request: Any, client_address: Any) -> None:
                if certificate is None:
                    with suppress(ConnectionError):  # of a process that was killed
                        super().finish_request(request, client_address)
                    return
                with (
                    suppress(OSError),
                    secure.wrap_socket(request, server_side=True) as within,
                ):  # or we are not trusted
                    super().finish_request(within, client_address)

        self._server = Server(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Mailbox:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def to(self, address: str) -> list[str]:
        """The bodies of the mails to one address."""
        return [mail.get_content() for mail in self.mails if mail["To"] == address]
