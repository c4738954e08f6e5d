"""Sends mails over SMTP, one after the other in one session; what went wrong is raised as `RetryLaterError` or `PermanentError`, without any address in its words.

A mail has one recipient, so what the server answers to that recipient is what became of the mail.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, parseaddr
from functools import cache
from typing import Final
from urllib.parse import unquote, urlsplit

import idna

from store.db import spans
from store.jobs.job_queue import PermanentError, RetryLaterError


class AddressRefusedError(PermanentError):
    """It is the address that no mail can go to, whatever the mail."""


TIMEOUT: Final = 10.0
MOST_MAILS: Final = 100  # in one session: many servers take no more
OPERATORS: Final = 3600.0  # seconds until the next try where the operator has to mend a setting or the server first
HOW: Final = "must be like smtps://user:password@mail.example:465; in a password write % / @ : as %25 %2F %40 %3A"
PORTS: Final = {"smtp": 587, "smtp+starttls": 587, "smtps": 465}
WANTS_SIGN_IN: Final = (530, 534, 535, 538)
_POLICY: Final = re.compile(rb"\s*5\.7\.\d")  # RFC 3463: the server will not do this for us, whoever the mail is to


@dataclass(frozen=True, slots=True)
class Server:
    """What SMTP_URL says."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @property
    def starttls(self) -> bool:
        return self.scheme == "smtp+starttls" or (self.scheme == "smtp" and bool(self.user))


def server_of(url: str) -> Server:
    """Raises `ValueError` with what to write; the words quote nothing of the URL, which may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(HOW) from None
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    if scheme not in PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(HOW)
    return Server(scheme, host, port or PORTS[scheme], unquote(parts.username or ""), unquote(parts.password or ""))


def wire_address(address: str) -> str:
    """An address as it travels: its domain in ASCII. Raises `PermanentError` for a domain that cannot be one."""
    local, at, domain = address.rpartition("@")
    if not at or not local:
        raise AddressRefusedError("the address is no e-mail address: correct it in an import")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"  # not Python's own "idna", which makes ß of a domain ss
    except idna.IDNAError:
        raise AddressRefusedError("the address has a domain that cannot exist: correct it in an import") from None


def wire_sender(sender: str) -> tuple[str, str]:
    """MAIL_FROM, an address with or without a name in front of it, as it travels; and its domain."""
    name, address = parseaddr(sender)
    address = wire_address(address)
    return formataddr((name, address)), address.rpartition("@")[2]


class MailServer:
    """Sends over one session for each thread, kept from mail to mail until that thread has nothing more to send."""

    def __init__(self, url: str) -> None:
        self._there, self._kept = server_of(url), _Kept()

    def send(self, mail: EmailMessage) -> None:
        """Raises `RetryLaterError` where it may go later, and `PermanentError` where this mail to this address never will."""
        with spans.span("call", company="mail", asks="a mail"):
            self._send_on(mail)

    def _send_on(self, mail: EmailMessage) -> None:
        if self._is_open():
            try:
                self._send(mail)
            except _EnoughError:
                pass
            else:
                return
        self._kept.session, self._kept.mails = connected(self._there), 0
        self._send(mail)

    def hang_up(self) -> None:
        """Ends the session of this thread, if there is one."""
        session, self._kept.session = self._kept.session, None
        if session is not None:
            with suppress(smtplib.SMTPException, OSError):  # it has the mails: how it says goodbye changes nothing
                session.quit()
            session.close()

    def _is_open(self) -> bool:
        """Whether there is a session, and the server still listens."""
        if self._kept.session is not None and self._kept.mails < MOST_MAILS:
            with suppress(smtplib.SMTPException, OSError):
                if self._kept.session.noop()[0] == 250:
                    return True
        self.hang_up()
        return False

    def _send(self, mail: EmailMessage) -> None:
        session = self._kept.session
        assert session is not None
        try:
            # What answers by itself comes from nobody, so that nothing answers it (RFC 3834, 3.3).
            session.send_message(mail, "" if mail["Auto-Submitted"] == "auto-replied" else None)
            self._kept.mails += 1
        except BaseException as fault:
            self._kept.session = None
            session.close()
            if isinstance(fault, smtplib.SMTPException | OSError):
                raise self._because(fault) from None
            raise

    def _because(self, fault: Exception) -> Exception:
        match fault:
            case smtplib.SMTPRecipientsRefused():
                return _to_recipient(*next(iter(fault.recipients.values())))
            case smtplib.SMTPNotSupportedError():
                return PermanentError(
                    "the address has letters outside ASCII before the @, and the mail server lacks SMTPUTF8"
                )
            case smtplib.SMTPSenderRefused(smtp_code=421) if self._kept.mails:
                return _EnoughError()
            case smtplib.SMTPSenderRefused():
                return _ours(f"refuses the sender ({fault.smtp_code}): check MAIL_FROM", fault.smtp_code)
            case smtplib.SMTPDataError():
                return _by_code(fault.smtp_code, "the mail")
            case _:
                return RetryLaterError(f"the mail server went away: {type(fault).__name__}")


class _Kept(threading.local):
    """The session of one thread, and how many mails it has taken."""

    session: smtplib.SMTP | None = None
    mails = 0


class _EnoughError(Exception):
    """The server takes no more mails in this session; it has taken nothing of the one at hand."""


def connected(there: Server) -> smtplib.SMTP:
    """A session, signed in where SMTP_URL says so. Raises `RetryLaterError`: nothing here is about one mail."""
    server: smtplib.SMTP | None = None
    try:
        if there.scheme == "smtps":
            server = smtplib.SMTP_SSL(there.host, there.port, timeout=TIMEOUT, context=_tls())
        else:
            server = smtplib.SMTP(there.host, there.port, timeout=TIMEOUT)
        server.ehlo_or_helo_if_needed()
        if there.starttls:
            server.starttls(context=_tls())
        if there.user:
            server.login(there.user, there.password)
    except smtplib.SMTPNotSupportedError:
        _drop(server)
        raise RetryLaterError(
            "the mail server offers no STARTTLS, or no signing in: check SMTP_URL", OPERATORS
        ) from None
    except smtplib.SMTPAuthenticationError as refused:
        _drop(server)
        raise RetryLaterError(
            f"the mail server refuses the user or password ({refused.smtp_code}): check SMTP_URL", OPERATORS
        ) from None
    except smtplib.SMTPResponseException as refused:
        _drop(server)
        raise _ours(f"answered {refused.smtp_code} to our greeting", refused.smtp_code) from None
    except ssl.SSLCertVerificationError:
        _drop(server)
        raise RetryLaterError(
            "the mail server's certificate is not valid for that name: check the host in SMTP_URL", OPERATORS
        ) from None
    except (smtplib.SMTPException, OSError, UnicodeError) as fault:
        _drop(server)
        raise RetryLaterError(f"the mail server cannot be reached: {type(fault).__name__}; check SMTP_URL") from None
    return server


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # reading the certificates takes longer than a mail


def _drop(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()


def _to_recipient(code: int, words: bytes) -> RetryLaterError | PermanentError:
    if code in WANTS_SIGN_IN or (code >= 500 and _POLICY.match(words)):
        return RetryLaterError(
            f"the mail server will not send for us ({code}): check SMTP_URL and MAIL_FROM", OPERATORS
        )
    if code >= 500:
        return AddressRefusedError(f"the mail server refuses the address for good ({code})")
    return _by_code(code, "the address")


def _by_code(code: int, what: str) -> RetryLaterError | PermanentError:
    """RFC 5321: a 4 in front means try again, a 5 means do not."""
    if code >= 500:
        return PermanentError(f"the mail server refuses {what} for good ({code})")
    return RetryLaterError(f"the mail server refuses {what} for now ({code})")


def _ours(what: str, code: int) -> RetryLaterError:
    return RetryLaterError(f"the mail server {what}", OPERATORS if code >= 500 else None)
