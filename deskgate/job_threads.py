"""Who each kind of background job waits for, and how many threads do those of each."""

from __future__ import annotations

from typing import Final

from store.mail_in import pending_mails
from store.messages import retention
from store.notices import notice_delivery
from store.verification import sms_codes
from store.webhooks import webhook_messages

THREADS: Final = {
    "slack": 4,
    "form": 2,
    "mail": 1,
    "notices": 1,
    "call": 2,
    "webhook": 2,
    "help_desk": 1,
    "": 2,
}  # by what is waited for; forms and calls are in a hurry
_MAILS: Final = (
    *("mail", "proof_code", "pin_page", "invitation", "staff_invitation", "login_details"),
    pending_mails.WORK,
)
_CALLS: Final = (
    "ring_agent",
    "ring_returned",
    "recall_to_keypad",
    "announce_result",
    "announce_hangup",
    "stop_agent_leg",
    "callback",
)
_TWILIO: Final = ("fetch_recording", retention.AT_TWILIO, sms_codes.KIND)  # and those of _CALLS


def waits_for(kind: str) -> str:
    """What a kind of job waits for, a key of THREADS."""
    if kind == "slack.form":
        return "form"
    if kind == notice_delivery.WORK:
        return "notices"  # a run of ten thousand keeps no code and no warning waiting
    if kind in _CALLS:
        return "call"
    if kind == webhook_messages.WORK:
        return "webhook"  # somebody else's machine, which may be slow
    if kind.startswith("help_desk."):
        return "help_desk"
    return "slack" if kind.startswith("slack.") else "mail" if kind in _MAILS else ""


def company(kind: str) -> str:
    """Who a kind of job waits for, in metrics.COMPANIES."""
    if kind in _TWILIO:
        return "twilio"
    waits = waits_for(kind)
    return {"form": "slack", "notices": "mail", "call": "twilio", "": "none"}.get(waits, waits)
