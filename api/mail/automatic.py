"""Whether a program wrote a mail, by its headers: such a mail is kept, and never answered (RFC 3834). Pure."""

from __future__ import annotations

from email.message import Message
from typing import Final

from api.mail.headers import values

AUTOMATIC: Final = ("bounce", "loop", "list", "auto_reply")
_LISTS: Final = ("List-Id", "List-Unsubscribe", "List-Post", "Mailing-List", "X-Mailing-List", "Feedback-ID")
_BULK: Final = ("bulk", "junk", "list", "auto_reply")
_ANSWERS: Final = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress")
_PROGRAMS: Final = ("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply")
MOST_HOPS: Final = 50  # Received headers: more were never seen but in a loop
OURS: Final = "X-Deskgate-Loop"  # of every mail that answers one


def why(mail: Message, returns_to: str, sender: str, ours: frozenset[str]) -> str:
    """A word of AUTOMATIC; empty where a person seems to have written it. `ours`: the addresses that mail in comes to and goes out from, folded."""
    kind = mail.get_content_type()
    if not returns_to or kind in ("multipart/report", "message/delivery-status"):
        return "bounce"
    local = sender.partition("@")[0]
    if values(mail, OURS) or sender in ours or len(values(mail, "Received")) > MOST_HOPS:
        return "loop"
    if any(values(mail, name) for name in _LISTS) or _word(mail, "Precedence") in _BULK:
        return "list"
    submitted = _word(mail, "Auto-Submitted")
    if (submitted and submitted != "no") or any(values(mail, name) for name in _ANSWERS) or local in _PROGRAMS:
        return "auto_reply"
    return ""


def _word(mail: Message, name: str) -> str:
    found = values(mail, name)
    return found[0].partition(";")[0].strip().lower() if found else ""
