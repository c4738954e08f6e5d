"""What is sent by mail, notices, which hold no secret, and a code or a link; and a code by text message. The words are in phrases/en.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from api.mail.automatic import OURS
from deskgate.settings import Settings
from deskgate.smtp import wire_address, wire_sender
from store.accounts.recipients import OF_DESK, OF_STAFF, Notice
from store.mail_in.pending_mails import Answer
from store.notices.notice_delivery import Letter
from store.sign_in.invitations import InvitationMail
from store.staff.email_codes import ProofMail
from store.text import numbers
from store.tickets.login_details import LinkMail
from store.verification.pin_reset import PageMail
from store.verification.sms_codes import TextCode


@cache
def load() -> dict[str, Any]:
    return tomllib.loads(resources.files("deskgate").joinpath("phrases/en.toml").read_text("utf-8"))


def notice_mail(settings: Settings, notice: Notice, key: str) -> EmailMessage:
    """With how to object, where there is something to object to."""
    said = load()["notice"][notice.kind]
    if not notice.own:
        said = {"title": said.get("owner_title", said["title"]), "words": said.get("owner_words", said["words"])}
    words = said["words"].format(about=notice.about)
    if notice.kind not in (*OF_DESK, *OF_STAFF):
        if settings.twilio_number:
            how = load()["object_by_phone"].format(number=numbers.readable(settings.twilio_number[0]))
        else:
            how = load()["object"]
        words += f"\n\n{how}"
    return _mail(settings, notice.to, notice.name, said["title"], words, key)


def code_mail(settings: Settings, made: ProofMail, key: str) -> EmailMessage:
    """A code made anew needs a key of its own, or whoever receives it may drop the mail as a repeat."""
    said = load()["mail"]["proof"]
    words = said["words"].format(parted=f"{made.code[:4]} {made.code[4:]}", code=made.code)
    return _mail(settings, made.to, made.name, said["title"], words, key)


def invitation_mail(settings: Settings, made: InvitationMail, key: str) -> EmailMessage:
    said = load()["mail"]["invitation"]
    words = said["words"].format(link=f"{settings.public_url}/join/{made.token}", username=made.username)
    return _mail(settings, made.to, made.name, said["title"], words, key)


def staff_invitation_mail(settings: Settings, made: InvitationMail, key: str) -> EmailMessage:
    said = load()["mail"]["staff_invitation"]
    words = said["words"].format(link=f"{settings.public_url}/desk/join/{made.token}", username=made.username)
    return _mail(settings, made.to, made.name, said["title"], words, key)


def pin_page_mail(settings: Settings, made: PageMail, key: str) -> EmailMessage:
    said = load()["mail"]["pin_page"]
    words = said["words"].format(link=f"{settings.public_url}/pin/{made.token}")
    return _mail(settings, made.to, made.name, said["title"], words, key)


def login_details_mail(settings: Settings, made: LinkMail, key: str) -> EmailMessage:
    said = load()["mail"]["login_details"]
    until = f"{datetime.fromtimestamp(made.until / 1000, UTC):%-d %B %Y, %H:%M} UTC"
    link = f"{settings.public_url}/login-details/{made.token}"
    words = said["words"].format(link=link, number=made.ticket, until=until)
    return _mail(settings, made.to, made.name, said["title"], words, key)


def letter_mail(settings: Settings, letter: Letter) -> EmailMessage:
    """A notice to one of those whom a scheme names, or what became of a ticket. The same mail has the same key however often it is sent."""
    about = _and(letter.about)
    if letter.ticket is None:
        words = load()["mail"]["notice"]["words"].format(body=letter.body, about=about, rules=", ".join(letter.rules))
        return _mail(settings, letter.to, letter.name, letter.title, words, f"notice:{letter.notice}")
    said, whose = load()["mail"]["ticket"], "own" if letter.own else "other"
    of = {"number": letter.ticket, "about": about}
    what, text = said[letter.event][whose].format(**of), "\n\n".join(filter(None, (letter.ticket_title, letter.text)))
    words = (said["words_with_text"] if text else said["words"]).format(what=what, text=text)
    title = said[letter.event]["title"].format(**of)
    words += f"\n\n{said['by_mail']}" if settings.mail_in else ""
    mail = _mail(settings, letter.to, letter.name, title, words, f"notice:{letter.notice}")
    if settings.mail_in:  # an answer to it finds its ticket by that
        domain = str(mail["Message-ID"]).rpartition("@")[2]
        mail.replace_header("Message-ID", f"<{letter.message_id}@{domain}")
        mail["Reply-To"] = settings.mail_in_address[0]
    return mail


def answer_mail(settings: Settings, answer: Answer, key: str) -> EmailMessage:
    """To whoever wrote to us: the same words for everybody, with nothing in them of what was written. The link is good for nothing but to somebody who is signed
    in and has the address on file that it was sent to."""
    said, phone = load()["mail"]["answer"], settings.twilio_number
    way = ("both" if phone else "slack") if settings.slack_open else "phone" if phone else ""
    or_by = said[way].format(number=numbers.readable(phone[0]) if phone else "") if way else ""
    words = said["words"].format(link=f"{settings.public_url}/mails/yours/{answer.proof}", or_by=or_by)
    mail = _mail(settings, answer.to, said["name"], said["title"], words, key)
    mail.replace_header("Auto-Submitted", "auto-replied")
    mail[OURS] = "answered"
    if answer.to_id:
        mail["In-Reply-To"] = mail["References"] = answer.to_id
    return mail


def news(what: str, about: str, items: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """Title and words of a notice that an import caused."""
    said = load()["news"][what]
    lines = "\n".join(said["item"].format(**item) for item in items)
    return said["title"].format(about=about), said["body"].strip().format(items=lines)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def code_text(made: TextCode) -> str:
    """The words of a text message."""
    return str(load()["code"].format(code=made.code))


def _mail(settings: Settings, to: str, name: str, title: str, words: str, key: str) -> EmailMessage:
    """Its Message-ID is made from the work's key, so that a repeat can be told by whoever receives it. Raises `PermanentError` for an
    address that is none."""
    sender, domain = wire_sender(settings.mail_from or "desk@localhost")
    mail = EmailMessage()
    mail["Subject"] = title
    mail["From"] = sender
    mail["To"] = wire_address(to)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Message-ID"] = f"<{sha256(f'{key} {to}'.encode()).hexdigest()[:32]}@{domain}>"
    mail.set_content(load()["layout"].format(name=name, words=words))
    return mail
