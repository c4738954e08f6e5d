"""Three houses, one for each scheme, with a contact for each holding, and a mail server that keeps all it is given."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from authz import Action, Ask, At, Grant, Proof, Subject, Topic
from store import tables
from store.imports import import_run
from store.imports.file_format import read
from store.tickets import customer_tickets
from tests.channels.mailbox import Mailbox
from tests.desk import Desk

FIVE = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
# One contact for each holding of the rules' tables. Their usernames begin with the number of the account.
HOLDINGS: dict[str, dict[str, tuple[list[str], list[str]]]] = {
    "media_temple": {word: ([word], list[str]()) for word in ("owner", "admin", "technical", "billing")},
    "standard_roles": {word: ([word], list[str]()) for word in ("owner", "administrator", "support", "billing")}
    | {"both": (["support", "billing"], [])},
    "memset": {"admin_contact": (["admin_contact"], FIVE), "billing_contact": (["billing_contact"], ["manage_billing"])}
    | {word: ([], [word]) for word in FIVE}
    | {"nothing": ([], [])},
}
NUMBERS = {"media_temple": "700101", "standard_roles": "700202", "memset": "700303"}


def document() -> dict[str, Any]:
    people, accounts = [], []
    for scheme, holdings in HOLDINGS.items():
        number = NUMBERS[scheme]
        who = {word: username(scheme, word) for word in holdings}
        people += [{"username": name, "name": name, "email": f"{name}@sink.example"} for name in who.values()]
        contacts = [
            {"person": who[word], "roles": roles, "permissions": permissions}
            for word, (roles, permissions) in holdings.items()
        ]
        services = [{"id": "s1", "name": "Server one", "status": "running"}]
        bills = [{"number": "I1", "amount": "10.00", "currency": "GBP", "due": "2026-12-01", "status": "unpaid"}]
        accounts.append(
            {"number": number, "name": f"House {scheme}", "scheme": scheme, "status": "active", "contacts": contacts}
            | {"services": services, "invoices": bills}
        )
    return {"people": people, "accounts": accounts}


def username(scheme: str, word: str) -> str:
    return f"{NUMBERS[scheme]}.{word.replace('_', '-')}"


class Sink:
    """The desk with the three houses, and a mail server that keeps all it is given."""

    def __init__(self, url: str, **settings: str) -> None:
        self.mailbox = Mailbox()
        self.desk = Desk(url, smtp_url=self.mailbox.url, **settings)
        self.document = document()
        self.imports()
        p, a = tables.people.c, tables.accounts.c
        with self.desk.store.transaction("test") as tx:
            self.people: dict[str, int] = {
                row.username: row.id for row in tx.connection.execute(select(p.username, p.id))
            }
            self.accounts: dict[str, int] = {
                row.number: row.id for row in tx.connection.execute(select(a.number, a.id))
            }

    def imports(self, **how: Any) -> None:
        import_run.run(self.desk.store, read(json.dumps(self.document).encode()), **how)

    def told(self, scheme: str | None = None) -> dict[str, list[str]]:
        """Which holding got which subjects since the last look; of one house, or by username."""
        self.desk.work()
        found: dict[str, list[str]] = {}
        for mail in self.mailbox.mails:
            name = str(mail["To"]).partition("@")[0]
            number, _, word = name.partition(".")
            if scheme is None or number == NUMBERS[scheme]:
                found.setdefault(name if scheme is None else word.replace("-", "_"), []).append(mail["Subject"])
        self.mailbox.mails.clear()
        return found

    def person(self, scheme: str, word: str) -> Subject:
        return Subject.of_person(self.people[username(scheme, word)])

    def account(self, scheme: str) -> int:
        return self.accounts[NUMBERS[scheme]]

    def opens(self, scheme: str, word: str, topic: str) -> int:
        who, account = self.person(scheme, word), self.account(scheme)
        with self.desk.store.transaction("portal") as tx:
            ask = Ask(who, Action.TICKET_OPEN, account, Topic(topic), Proof.VERIFIED, at=At.PAGES)
            grant = tx.ask(ask)
            assert isinstance(grant, Grant), (scheme, word, topic)
            number: int = customer_tickets.open(tx, grant, title="The secret title", body="A secret of mine")
            return number

    def replies(self, scheme: str, word: str, topic: str, number: int) -> None:
        who, account = self.person(scheme, word), self.account(scheme)
        with self.desk.store.transaction("portal") as tx:
            grant = tx.ask(Ask(who, Action.TICKET_REPLY, account, Topic(topic), Proof.VERIFIED, at=At.PAGES))
            assert isinstance(grant, Grant), (scheme, word, topic)
            customer_tickets.reply(tx, grant, number, body="Me too")

    def as_staff(self, scheme: str, do: Any) -> None:
        with self.desk.store.transaction("portal") as tx:
            grant = tx.ask(Ask(Subject("staff:2"), Action.DESK_TICKET_WORK, self.account(scheme), None, Proof.NONE))
            assert isinstance(grant, Grant)
            do(tx, grant)
