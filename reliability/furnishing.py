"""A desk's database for a run: as many accounts as wanted, each with a person who has a PIN, a number on file and a member in Slack, and a word that is theirs alone.

    customers = furnished(url, 100)             # migrated already; some 20 ms of the processor for each PIN
    links = hired(url, "agent.one")             # by them browsers join (world/browsers.py)

The word (`canary`) stands in the names of the account, its people and its service and in its invoice's number: whoever hears or reads it has been told of that account.
Each person has one thing a ticket can be about, so that a ticket is opened with no question asked.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Final, NamedTuple

from sqlalchemy import insert, select

from authz import Action, Ask, Grant, Proof, load_schemes
from reliability.world.slack_api import BOT, BOT_ID, TEAM
from store import OPERATOR, Keys, Store, now_ms, open_store, tables
from store.imports import import_run
from store.imports.file_format import read
from store.slack import installations
from store.slack.installations import Installation
from store.staff import staff_list
from store.verification import pins
from tests.desk import SECRET

MONTH: Final = 30 * 86_400_000  # ms: old enough to prove something
CANARY: Final = re.compile(r"\bZk[a-z]{6}\b", re.IGNORECASE)
EVERYTHING: Final = ("manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services")
_SLACK: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Customer(NamedTuple):
    """One account, and its contact who may ask for support and look after services."""

    person: int
    account: int
    number: str  # of their telephone
    support_id: str
    pin: str
    slack: str
    canary: str


def opened(url: str) -> Store:
    return open_store(url, Keys.parse(SECRET), load_schemes())


def furnished(url: str, many: int, *, with_pins: int | None = None) -> list[Customer]:
    """Straight by an import, a month ago; and the Slack app installed. Only the first `with_pins` have a PIN, for each takes its time."""
    digits = [pins.issue().digits if with_pins is None or n < with_pins else "" for n in range(many)]
    words = [_canary(n) for n in range(many)]
    people = [
        {
            "username": f"person.{n}",
            "name": f"Ann {words[n]}",
            "email": f"person.{n}@customer.example",
            "phones": [_phone(n)],
            **({"pin": digits[n]} if digits[n] else {}),
            "slack": [{"team": TEAM, "user": _member(n)}],
        }
        for n in range(many)
    ]
    people += [
        {"username": f"house.{n}", "name": f"Bo {words[n]}", "email": f"house.{n}@customer.example"}
        for n in range(many)
    ]
    accounts = [
        {
            "number": str(1_000_000 + n),
            "name": f"House {words[n]}",
            "scheme": "memset",
            "contacts": [
                {"person": f"house.{n}", "roles": ["admin_contact", "billing_contact"], "permissions": EVERYTHING},
                {"person": f"person.{n}", "permissions": ["manage_support", "manage_services"]},
            ],
            "services": [{"id": "s1", "name": f"Server {words[n]}", "status": "running", "managed_sla": True}],
            "invoices": [
                {"number": words[n], "amount": "20.00", "currency": "EUR", "due": "2026-12-01", "status": "unpaid"}
            ],
        }
        for n in range(many)
    ]
    long_ago = open_store(url, Keys.parse(SECRET), load_schemes(), lambda: now_ms() - MONTH)
    file = read(json.dumps({"people": people, "accounts": accounts}).encode())
    import_run.run(long_ago, file, home=TEAM, notices=False, known_since=now_ms() - MONTH)
    p, c = tables.people.c, tables.contacts.c
    with long_ago.transaction("test") as tx:
        installations.put(tx, Installation(TEAM, "Deskgate Hosting", BOT, BOT_ID))
        joined = tables.people.join(tables.contacts, c.person_id == p.id)
        rows = tx.connection.execute(select(p.username, p.id, p.support_id, c.account_id).select_from(joined)).all()
    long_ago.engine.dispose()
    by_name = {row.username: row for row in rows}
    return [
        Customer(row.id, row.account_id, _phone(n), row.support_id, digits[n], _member(n), words[n])
        for n in range(many)
        for row in [by_name[f"person.{n}"]]
    ]


def hired(url: str, *usernames: str, role: str = "agent") -> list[str]:
    """The links by which they join, as `deskgate staff invite` gives them."""
    store, links = opened(url), list[str]()
    with store.transaction("test") as tx:
        for name in usernames:
            row = {"username": name, "name": name.replace(".", " ").title(), "email": f"{name}@desk.example"}
            tx.connection.execute(insert(tables.staff), row | {"role": role})
        grant = tx.ask(Ask(OPERATOR, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        for name in usernames:
            member = staff_list.find(tx, grant, name)
            assert member is not None
            links.append(staff_list.invite(tx, grant, member.id))
    store.engine.dispose()
    return links


def _phone(n: int) -> str:
    return f"+4420794{n:05}"


def _member(n: int) -> str:
    return f"U{_letters(n, _SLACK, 5)}"


def _canary(n: int) -> str:
    """Nobody can say it by chance, and it is read out as it is written."""
    return "Zk" + _letters(n, "abcdefghijklmnopqrstuvwxyz", 4) + "".join(secrets.choice("bcdfghjklm") for _ in "12")


def _letters(n: int, alphabet: str, many: int) -> str:
    found = ""
    for _ in range(many):
        n, at = divmod(n, len(alphabet))
        found = alphabet[at] + found
    return found
