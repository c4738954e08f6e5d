"""Of a desk that has been at work for long: the notices it has sent, the addresses that took none, and what other systems were told. For filling.py."""

from __future__ import annotations

from typing import Any, Final

from store import tables

PAST: Final[dict[Any, dict[str, str]]] = {
    tables.notices: {
        "id": "n",
        "kind": "CASE WHEN n % 10 = 0 THEN 'billing' ELSE 'ticket' END",
        "ticket": "CASE WHEN n % 10 = 0 THEN NULL ELSE n END",
        "event": "'opened'",
        "title": "''",
        "body": "''",
        "written_by": "'desk:worker'",
        "key": "'k' || n",
        "at": "{at}",
    },
    tables.notice_accounts: {"notice_id": "n", "account_id": "1 + n % {accounts}"},
    tables.notice_recipients: {
        "notice_id": "n",
        "person_id": "1 + n % {people}",
        "rules": "'MT-7'",
        "state": "CASE WHEN {new} THEN 'refused' ELSE 'sent' END",
        "why": "''",
        "at": "{at}",
    },
    tables.webhook_messages: {
        "id": "'msg_' || n",
        "endpoint": "1 + n % 5",
        "event": "'ticket.opened'",
        "number": "n",
        "happened_at": "{at}",
        "state": "CASE WHEN {new} THEN 'waiting' ELSE 'sent' END",
    },
    tables.help_desk_tickets: {"ticket": "n", "theirs": "n", "part": "1", "status": "'open'"},
    tables.help_desk_messages: {"ticket": "n", "key": "'said:' || n", "version": "'1'"},
    tables.pending_mails: {
        "id": "n",
        "source": "'s' || n",
        "sender": "'d' || n",
        "vouched": "'v' || (n % 50)",
        "automatic": "''",
    }
    | {"state": "CASE WHEN {new} THEN 'waiting' ELSE 'removed' END", "came_at": "{at}"},
    tables.mail_bounces: {"email": "'old.' || n", "why": "'550'", "since": "{at}", "at": "{at}"},
}
ENDPOINTS: Final = {
    "id": "n",
    "url": "'https://help.example/' || n",
    "events": "'*'",
    "secret": "{bytes}",
    "made_at": "0",
}
OF_PEOPLE: Final[dict[Any, dict[str, str]]] = {tables.mail_preferences: {"person_id": "n"}}
