"""T15: fifty customers and nothing of one of them to another: every action on every other's account, and every word told by phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from authz import CELLS, Action, Ask, Denied, Grant, Proof, Reason, Subject, Topic, load_schemes
from store import tables
from store.accounts import account_details
from store.accounts.people import check_digit
from store.imports import import_run
from store.imports.file_format import read
from store.tickets import customer_lists, customer_tickets
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import Caller, Wire

MANY = 50
MAKES_ALL = {
    "media_temple": {"roles": ["owner"]},
    "standard_roles": {"roles": ["owner"]},
    "memset": {
        "roles": ["admin_contact", "billing_contact"],
        "permissions": ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"],
    },
}
CELL_ACTIONS = [
    (Action(action), Topic(topic) if topic else None) for action, _, topic in (c.partition(":") for c in CELLS)
]


def canary(n: int) -> str:
    """A word that stands at one customer's alone, and can be spoken."""
    return "canary" + "".join("abcdefghij"[int(digit)] for digit in f"{n:03}")


def customers() -> dict[str, list[dict[str, Any]]]:
    """So many accounts of one person each, who may do everything there."""
    people, made = [], []
    for n in range(MANY):
        word, scheme = canary(n), list(MAKES_ALL)[n % 3]
        seven = str(3_000_000 + n)
        people.append(
            {
                "username": word,
                "name": f"Person {word}",
                "email": f"{word}@c.example",
                "phones": [f"+4416329602{n:02}"],
                "support_id": seven + check_digit(seven),
                "pin": str(58203917 + 7919 * n),
            }
        )
        made.append(
            {
                "number": str(700_000 + n),
                "name": f"Company {word}",
                "scheme": scheme,
                "status": "active",
                "services": [{"id": f"s-{word}", "name": f"Server {word}", "status": "running", "managed_sla": True}],
                "invoices": [
                    {
                        "number": f"I-{n}",
                        "amount": f"{n + 1}.07",
                        "currency": "EUR",
                        "due": "2026-12-01",
                        "status": "unpaid",
                    }
                ],
                "contacts": [{"person": word, **MAKES_ALL[scheme]}],
            }
        )
    return {"people": people, "accounts": made, "staff": []}


@pytest.fixture(scope="module")
def desk(_sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    path = tmp_path_factory.mktemp("many") / "many.db"
    path.write_bytes(_sqlite_template.read_bytes())
    opened = Desk(f"sqlite:///{path}", **ACCOUNT)
    import_run.run(opened.store, read(json.dumps(customers()).encode()))
    for n, (person, account) in enumerate(pairs(opened)):
        with opened.store.transaction("test") as tx:
            opens = tx.ask(Ask(Subject.of_person(person), Action.TICKET_OPEN, account, Topic.TECHNICAL, Proof.VERIFIED))
            assert isinstance(opens, Grant)
            customer_tickets.open(tx, opens, title=f"Trouble {canary(n)}", body=f"It is {canary(n)}")
    yield opened
    opened.close()


def pairs(desk: Desk) -> list[tuple[int, int]]:
    """(person, account) of each customer, in the order of the canaries."""
    c, p = tables.contacts.c, tables.people.c
    with desk.store.transaction("test") as tx:
        rows = select(p.id, c.account_id).join(tables.contacts, c.person_id == p.id).order_by(p.username)
        return [tuple(row) for row in tx.connection.execute(rows)]


def canaries_in(text: str) -> set[str]:
    return set(re.findall(r"canary[a-j]{3}", text))


def test_every_action_on_everybody_elses_account_is_refused(desk: Desk) -> None:
    """50 customers × 49 others × every action, at the highest proof there is."""
    everybody, refused = pairs(desk), 0
    for person, own in everybody:
        with desk.store.transaction("test") as tx:
            for _, account in everybody:
                tx.proved_further(Subject.of_person(person), account)
                asks = [
                    Ask(Subject.of_person(person), action, account, topic, Proof.STEPPED_UP)
                    for action, topic in CELL_ACTIONS
                ]
                offered = tx.offer(asks)
                assert bool(offered) == (account == own)
                refused += len(asks) - len(offered)
    assert len(everybody) == MANY
    assert refused >= MANY * (MANY - 1) * len(CELLS)


def test_the_reason_is_that_they_are_no_contact(desk: Desk) -> None:
    (one, _), (_, others), *_ = pairs(desk)
    for action, topic in CELL_ACTIONS:
        with desk.store.transaction("test") as tx:
            tx.proved_further(Subject.of_person(one), others)
            verdict = tx.ask(Ask(Subject.of_person(one), action, others, topic, Proof.STEPPED_UP))
        assert isinstance(verdict, Denied)
        assert verdict.reason is Reason.NOT_A_CONTACT


def test_what_the_store_tells_is_of_the_account_of_the_grant_alone(desk: Desk) -> None:
    for n, (person, account) in enumerate(pairs(desk)):
        subject, told = Subject.of_person(person), list[object]()
        with desk.store.transaction("test") as tx:
            tx.proved_further(subject, account)
            offered = tx.offer(
                [Ask(subject, action, account, topic, Proof.STEPPED_UP) for action, topic in CELL_ACTIONS]
            )
            told.append(account_details.name(tx, offered["billing.view"]))
            told += account_details.services(tx, offered["service.view"])
            told += account_details.invoices(tx, offered["billing.view"])
            told += account_details.service_names(tx, offered["ticket.open:technical"])
            told.append(account_details.who_may_manage_contacts(tx, offered["contacts.view"]))
            told += customer_lists.listed(tx, [offered["ticket.view:technical"]])
        assert canaries_in(repr(told)) == {canary(n)}
        foreign = 1001 + (n + 1) % MANY
        with desk.store.transaction("test") as tx:
            view = tx.ask(Ask(subject, Action.TICKET_VIEW, account, Topic.TECHNICAL, Proof.VERIFIED))
            assert isinstance(view, Grant)
            assert customer_lists.conversation(tx, [view], foreign) is None, "another's ticket, by its number"
            assert (
                account_details.service_name(tx, offered_again(tx, subject, account), f"s-{canary((n + 1) % MANY)}")
                is None
            )


def offered_again(tx: Any, subject: Subject, account: int) -> Grant:
    opens = tx.ask(Ask(subject, Action.TICKET_OPEN, account, Topic.TECHNICAL, Proof.VERIFIED))
    assert isinstance(opens, Grant)
    return opens


def test_nobody_hears_another_by_phone(desk: Desk) -> None:
    """Each rings from their own number and listens to everything the menu has."""
    people = customers()["people"]
    for n, person in enumerate(people):
        caller = Caller(Wire(desk), person["phones"][0])
        heard = [caller.prove(person["support_id"], person["pin"]).text]
        heard += [caller.key(key).text for key in ("4", "3", "2", "1", "1")]
        assert canaries_in(" ".join(heard)) == {canary(n)}, heard
    assert set(load_schemes()) > set(MAKES_ALL)
