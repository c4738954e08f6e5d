"""E7, E19, E20: whoever a refusal names can do what they are named for, as the store reads them from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from authz import CELL_OF, CELLS, Action, Ask, At, Denied, Grant, Proof, Status, Subject, WayForward
from store import tables
from store.accounts import account_details, delegations
from store.db.transaction import Transaction
from tests.rights import hold
from tests.store.importing import Desk, Document

TAKES = {
    WayForward.ASK_FOR_SUPPORT: (Action.CONTACTS_MANAGE, False),
    WayForward.ASK_CONTACT_ADMIN: (Action.CONTACTS_MANAGE, True),
    WayForward.ASK_OWNER: (None, True),
    WayForward.ASK_BILLING_TICKET: (Action.TICKET_OPEN, False),
    WayForward.ASK_TO_REOPEN: (Action.ACCOUNT_REOPEN, False),
}
HOLD = {
    "media_temple": ["owner", "admin", "technical", "billing", ""],
    "standard_roles": ["owner", "administrator", "support", "billing", "support+billing"],
    "memset": [
        "admin_contact+billing_contact+manage_users+manage_billing+manage_services+manage_support+purchase_services",
        "manage_users",
        "manage_users+manage_support",
        "manage_support",
        "manage_support+manage_billing",
        "manage_services",
        "purchase_services",
        "",
    ],
}
PAIRS = {cell: pair for pair, cell in CELL_OF.items()}


def customers() -> Document:
    people: list[dict[str, Any]] = []
    made: list[dict[str, Any]] = []
    for scheme, holdings in HOLD.items():
        contacts = []
        for n, held in enumerate(holdings):
            name = f"{scheme}.{n}"
            people.append({"username": name, "name": name, "email": f"{name}@customer.example", "phones": []})
            words = held.split("+") if held else []
            role = [word for word in words if scheme != "memset" or word.endswith("_contact")]
            contacts.append(
                {"person": name, "roles": role, "permissions": [word for word in words if word not in role]}
            )
        about = {
            "number": f"{len(made)}00000",
            "name": scheme,
            "scheme": scheme,
            "status": "active",
            "contacts": contacts,
        }
        made.append(about | {"services": [{"id": "s", "name": "S", "status": "running", "managed_sla": False}]})
    return {"people": people, "accounts": made}


class UndoneError(Exception):
    """What was tried in a transaction is not kept."""


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    opened = Desk(sqlite_url)
    opened.imports(customers())
    yield opened
    opened.store.close()


def judged(
    tx: Transaction, person: int, account: int, cell: str, proof: Proof = Proof.STEPPED_UP, at: At = At.SUPPORT
) -> Grant | Denied:
    """Whoever asks is at a support channel; whoever helps them, at their own pages."""
    tx.proved_further(Subject.of_person(person), account)
    return tx.ask(Ask(Subject.of_person(person), PAIRS[cell][0], account, PAIRS[cell][1], proof, at=at))


def is_given(tx: Transaction, asker: int, helper: int, account: int, cell: str) -> bool:
    """Whether something the helper holds, or for roles one they outrank, would be enough."""
    c, r = tables.contacts.c, tables.contact_rights.c
    of_asker = (c.account_id == account, c.person_id == asker)
    rights = select(r.right).where(r.account_id == account)
    mine, theirs = (
        ",".join(sorted(tx.connection.execute(rights.where(r.person_id == one)).scalars())) for one in (asker, helper)
    )
    scheme = tx.schemes[
        tx.connection.execute(select(tables.accounts.c.scheme).where(tables.accounts.c.id == account)).scalar_one()
    ]
    gifts = [theirs] if scheme.permissions else [role for role in scheme.roles if role != scheme.owner]
    for gift in gifts:
        now = ",".join(filter(None, (mine, gift.replace("admin_contact,billing_contact,", ""))))
        hold(tx, now, *of_asker)
        given = isinstance(judged(tx, asker, account, cell), Grant)
        hold(tx, mine, *of_asker)  # or whatever is tried next would be of who holds it
        if given:
            return True
    return False


def is_lent(tx: Transaction, asker: int, lender: int, account: int, cell: str) -> bool:
    row = {"account_id": account, "lender": lender, "borrower": asker, "cell": cell, "one_ticket": False}
    tx.connection.execute(insert(tables.delegations).values(**row, lent_at=tx.now, ends_at=tx.now + delegations.HOUR))
    lent = isinstance(judged(tx, asker, account, cell, Proof.VERIFIED), Grant)
    tx.connection.execute(delete(tables.delegations))
    return lent


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("sla", [False, True])
def test_e7_e19_e20_whoever_a_refusal_names_can_do_it(desk: Desk, status: Status, sla: bool) -> None:
    """E7, E19, E20: every refusal of every cell, status and holding."""
    with desk.store.transaction("test") as tx:
        tx.connection.execute(update(tables.accounts).values(status=status))
        tx.connection.execute(update(tables.services).values(managed_sla=sla))
    c, p = tables.contacts.c, tables.people.c
    ids = dict(desk.rows(select(p.name, p.id)))
    named, refusals = Counter[str](), 0
    for account, asker in desk.rows(select(c.account_id, c.person_id)):
        for cell in CELLS:
            with suppress(UndoneError), desk.store.transaction("test") as tx:
                verdict = judged(tx, asker, account, cell)
                if isinstance(verdict, Denied):
                    refusals += 1
                    named += checked(tx, ids, account, asker, cell, verdict)
                raise UndoneError
    assert refusals > 50
    if status is Status.CLOSED:
        assert not named, "on a closed account nobody is named to anybody"
    else:
        assert named["helpers"] > 50, named
    assert (named["lenders"] > 5) is (status is Status.ACTIVE), named


def checked(tx: Transaction, ids: dict[str, int], account: int, asker: int, cell: str, denied: Denied) -> Counter[str]:
    """How many a refusal names, each of whom was seen to be able to do it."""
    ask = Ask(Subject.of_person(asker), PAIRS[cell][0], account, PAIRS[cell][1], Proof.STEPPED_UP)
    why = account_details.why_not(tx, ask, denied)
    for name in why.helpers:
        action, this = TAKES[why.denied.next]
        assert ids[name] != asker
        if action is not None:
            does = f"{action}:billing" if action is Action.TICKET_OPEN else str(action)
            assert isinstance(judged(tx, ids[name], account, does, at=At.PAGES), Grant), (cell, name, why)
        if this:
            assert isinstance(judged(tx, ids[name], account, cell, at=At.PAGES), Grant), (cell, name, why)
    if why.denied.next in TAKES and not why.helpers:
        assert isinstance(judged(tx, asker, account, "contacts.view"), Denied), "they may not hear names"
    if why.denied.next == WayForward.ASK_CONTACT_ADMIN:
        assert all(is_given(tx, asker, ids[name], account, cell) for name in why.helpers), (cell, why)
    if why.denied.next == WayForward.ASK_FOR_SUPPORT:
        assert all(is_given(tx, asker, ids[name], account, "phone.support") for name in why.helpers), (cell, why)
    for one in why.lenders:
        assert is_lent(tx, asker, one.person, account, cell), (cell, one, why)
    return Counter(helpers=len(why.helpers), lenders=len(why.lenders))
