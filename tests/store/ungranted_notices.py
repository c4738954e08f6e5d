"""Public functions of `store` that ask for no Grant and are about notices by mail: for ungranted.py."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "account_news.tell": "a part of an import: enqueues what it brings, as its other parts do",
    "timeline.tell": "enqueues that a ticket has news, by its number; gives nothing back",
    **dict.fromkeys(
        ("mail_bounces.accepted", "mail_bounces.refused"),
        "whether an address takes mail: written down, and nothing given back",
    ),
    "mail_bounces.of_address": "what a mail server said of an address that the caller has already",
    **dict.fromkeys(
        ("notice_delivery.given_up", "notice_delivery.mailed", "notice_delivery.posted", "notice_delivery.refused"),
        "what became of a letter that was made with a Grant: written down, and nothing given back",
    ),
    "notice_delivery.sweep": "tries again and drops what is over; gives nothing back",
    **dict.fromkeys(
        ("mail_preferences.choose_tickets", "mail_preferences.wants_tickets"),
        "what somebody has chosen about mail: yes or no, and nothing about an account",
    ),
    "mail_bounces.of_person": "what a mail server said of the asker's own address",
    "notice_list.own": "what whoever asks was sent themselves; by their own subject",
}
