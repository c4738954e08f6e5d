"""Notices as mail: plain words, no secrets, no links to click, one message for each reader."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from hashlib import sha256
from typing import Final
from urllib.parse import unquote, urlsplit

from deskgate.settings import Settings
from store.notices import Notice

TIMEOUT: Final = 10.0

# kind → (subject, words to the person themselves, words to an owner). {about} is a person's or an account's name.
WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "pin_locked": (
        "Your support PIN was keyed wrongly several times",
        (
            "Your support PIN was keyed wrongly several times in a row, so it does not work by phone for now. If that "
            "was you, wait half an hour or ask the desk. If it was not, ask the desk for a new PIN."
        ),
        "The support PIN of {about} was keyed wrongly several times in a row, so it does not work by phone for now.",
    ),
    "pin_unlocked": (
        "Your support PIN works again",
        "The desk has made your support PIN work by phone again. If you did not ask for that, tell the desk at once.",
        "The desk has made the support PIN of {about} work by phone again.",
    ),
    "pin_set": (
        "Your support PIN was changed",
        "You have a new support PIN. If you did not ask for one, tell the desk at once.",
        "{about} has a new support PIN.",
    ),
    "contacts_changed": (
        "The contacts of your account were changed",
        "The contacts of {about} were changed. If you did not expect that, tell the desk at once.",
        "The contacts of {about} were changed. If you did not expect that, tell the desk at once.",
    ),
    "emergency_unanswered": (
        "Alarm: an emergency call was not answered",
        "An emergency call for {about} was not answered. There is an urgent ticket.",
        "An emergency call for {about} was not answered. There is an urgent ticket.",
    ),
}


def message(sender: str, notice: Notice, key: str) -> EmailMessage:
    """One mail. Its Message-ID is made from the work's key, so that a repeat can be told by whoever receives it."""
    subject, own, other = WORDS[notice.kind]
    mail = EmailMessage()
    mail["Subject"] = subject if notice.own else subject.replace("Your support PIN", "A support PIN")
    mail["From"] = sender
    mail["To"] = notice.to
    mail["Auto-Submitted"] = "auto-generated"
    mail["Message-ID"] = (
        f"<{sha256(f'{key} {notice.to}'.encode()).hexdigest()[:32]}@{sender.partition('@')[2] or 'deskgate'}>"
    )
    words = (own if notice.own else other).format(about=notice.about)
    mail.set_content(f"Hello {notice.name},\n\n{words}\n\nThe support desk\n")
    return mail


def send(settings: Settings, notice: Notice, key: str) -> None:
    """Raises what smtplib raises: the work is put back and the mail sent again."""
    url = urlsplit(settings.smtp_url)
    secure = ssl.create_default_context()
    host, port = url.hostname or "localhost", url.port or {"smtps": 465}.get(url.scheme, 587)
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=secure)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    with server:
        if url.scheme == "smtp+starttls" or (url.scheme == "smtp" and url.username):
            server.starttls(context=secure)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message(settings.mail_from or "desk@localhost", notice, key))
