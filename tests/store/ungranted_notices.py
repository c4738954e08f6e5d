"""Public functions of `store` that ask for no Grant and are about notices by mail and webhooks: for ungranted.py."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "pending_mails.keep": "keeps what nobody has proved, sealed, and gives back whether it was here before; looks up no more than whether who answers a ticket is of it",
    **dict.fromkeys(
        (f"address_proofs.{n}" for n in ("owed", "fits", "prove")),
        "the asker's own address, once they have proved who they are, and whether they read what is sent there; nothing of an account",
    ),
    "address_proofs.token": "computes from an address and the day; asks no database",
    "mail_places.make": "drops the oldest of many that nobody has proved; looks nobody up, and gives nothing back",
    "pending_mails.sweep": "drops what is over; gives nothing back",
    **dict.fromkeys(
        (f"pending_mails.{n}" for n in ("of_person", "count_of_person", "theirs", "files")),
        "words that came under the asker's own address, once they have proved who they are; nothing of an account",
    ),
    **dict.fromkeys(
        ("pending_mails.confirmed", "pending_mails.disowned"),
        "what becomes of a mail that is the asker's own; what it does on an account has its own Grant",
    ),
    "ticket_mail_ids.made": "a Message-ID, of a ticket's number and a key; asks no database",
    "ticket_mail_ids.ticket": "whether one of these Message-IDs is ours, by a key; asks no database",
    "addresses.folded": "computes from what it is given; asks no database",
    "call_news.ended": "enqueues that a call is over, by its id; gives nothing back",
    "webhook_messages.tell": "enqueues that something happened, by a number; gives nothing back",
    "webhook_messages.became": "what became of a message that was made with a Grant: written down",
    "webhook_messages.sweep": "drops messages that are over",
    "webhook_endpoints.told_of": "ids of the operator's endpoints; knows no customer",
    "webhook_endpoints.secrets_of": "for webhook_messages.to_send, under its Grant",
    **dict.fromkeys(
        (f"help_desk_tickets.{name}" for name in ("begin_anew", "gave", "opened", "told_status")),
        "what another help desk has of a ticket, by its number: written down, and nothing given back",
    ),
    "help_desk_tickets.owe": "enqueues that a ticket has news, by its number; gives nothing back",
    "help_desk_tickets.was_left": "whether a number of theirs was one of ours: true or false",
    **dict.fromkeys(
        (f"help_desk_tickets.{name}" for name in ("ordering_key", "source", "is_from")),
        "pure: made of numbers that the caller has",
    ),
    **dict.fromkeys(
        (f"help_desk_positions.{name}" for name in ("begin", "lease", "position", "see")),
        "numbers of another help desk's transactions; knows no customer",
    ),
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
