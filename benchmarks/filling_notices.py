"""Of a desk that has been at work for long: the notices it has sent, and the addresses that took none. For filling.py."""

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
    tables.mail_bounces: {"email": "'old.' || n", "why": "'550'", "since": "{at}", "at": "{at}"},
}
OF_PEOPLE: Final[dict[Any, dict[str, str]]] = {tables.mail_preferences: {"person_id": "n"}}
