"""Of a desk that has been at work for long: the changes of contacts that were made and asked for, and what they lent each other. For filling.py."""

from __future__ import annotations

from typing import Any, Final

from store import tables

_OVER: Final = "CASE WHEN {new} THEN NULL ELSE {at} END"
_PERSON, _ACCOUNT = "1 + n % {people}", "1 + n % {accounts}"
PAST: Final[dict[Any, dict[str, str]]] = {
    tables.contact_changes: {
        "id": "n",
        "account_id": _ACCOUNT,
        "person_id": _PERSON,
        "by": "'desk:operator'",
        "at": "{at}",
    },
    tables.account_changes: {
        "id": "n",
        "place": "CASE WHEN {new} THEN NULL ELSE n - 100000000 END",  # before the first that is given
        "what": "'contact.changed'",
        "account_id": _ACCOUNT,
        "person_id": _PERSON,
        "by": "'desk:operator'",
        "at": "{at}",
        "fields": "''",
    },
    tables.contact_requests: {
        "id": "n",
        "account_id": _ACCOUNT,
        "ticket": "n",
        "asker": "2 * (n % {accounts}) + 1",  # who may ask for it still
        "written_by": "'person:1'",
        "do": "'remove'",
        **dict.fromkeys(("name", "email", "holds"), "''"),
        "status": "CASE WHEN {new} THEN 'waiting' ELSE 'confirmed' END",
        "asked_at": "{at}",
        "answered_at": _OVER,
    },
    tables.delegation_requests: {
        "id": "n",
        "account_id": _ACCOUNT,
        "asker": _PERSON,
        "cell": "'ticket.open:technical'",
        "asked_at": "{at}",
        "status": "CASE WHEN {new} THEN 'open' ELSE 'lent' END",
    },
    tables.delegations: {
        "id": "n",
        "account_id": _ACCOUNT,
        "lender": _PERSON,
        "borrower": "1 + (n + 1) % {people}",
        "lent_at": "{at}",
        "cell": "'ticket.open:technical'",
        "one_ticket": "n < 0",
        "ends_at": "{at} + 600000",
        "ended_at": _OVER,
    },
}
