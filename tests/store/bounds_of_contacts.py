"""What a grant to manage the contacts of one account, of its owner, or to work on its tickets, does not open on another: for test_bounds.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import insert, select

from authz import Action, Ask, At, Grant, Proof, Subject
from store import Transaction, tables
from store.contacts.contact_requests import NotAsked, Wanted
from store.sign_in.invitations import Invited

OLIVIA, BAKERY, TIDEWORKS, THEIRS = Subject("person:1"), 1, 3, 1001
ADD: Final = Wanted("add", "Nina Novak", "nina@new.example", frozenset({"technical"}))


def managing(who: Subject, account: int) -> Callable[[Transaction], Grant]:
    def made(tx: Transaction) -> Grant:
        tx.proved_further(who, account)
        verdict = tx.ask(Ask(who, Action.CONTACTS_MANAGE, account, None, Proof.STEPPED_UP))
        assert isinstance(verdict, Grant)
        return verdict

    return made


def working(tx: Transaction) -> Grant:
    verdict = tx.ask(Ask(Subject("staff:1"), Action.DESK_TICKET_WORK, BAKERY, None, Proof.VERIFIED))
    assert isinstance(verdict, Grant)
    return verdict


def asked_there(tx: Transaction) -> int:
    """A change of Tideworks' contacts that waits."""
    row = {
        "account_id": TIDEWORKS,
        "ticket": THEIRS,
        "asker": 7,
        "written_by": Subject.of_person(7),
        "do": "remove",
        "person_id": 8,
    }
    row |= {"name": "", "email": "", "holds": "", "before": "manage_support", "status": "waiting", "asked_at": tx.now}
    r = tables.contact_requests
    id: int = tx.connection.execute(insert(r).returning(r.c.id), row).scalar_one()
    return id


def owning(tx: Transaction) -> Grant:
    """Olivia's, for what the owner alone is shown."""
    tx.proved_further(OLIVIA, BAKERY)
    verdict = tx.ask(Ask(OLIVIA, Action.ACCOUNT_RECORDS, BAKERY, None, Proof.STEPPED_UP, at=At.PAGES))
    assert isinstance(verdict, Grant), verdict
    return verdict


def told_there(tx: Transaction) -> tuple[str, int]:
    """An entry about Tideworks that its owner would be shown: (segment, number)."""
    e = tables.ledger.c
    row = tx.connection.execute(
        select(e.segment, e.n).where(e.account == TIDEWORKS, e.who.startswith("person:"))
    ).first()
    assert row is not None
    return row.segment, row.n


def joined(tx: Transaction, person: int) -> int:
    tx.connection.execute(insert(tables.person_logins).values(person_id=person, set_at=tx.now))
    return person


def keeping_keys(tx: Transaction) -> Grant:
    """Olivia's, for the API keys of her account."""
    tx.proved_further(OLIVIA, BAKERY)
    verdict = tx.ask(Ask(OLIVIA, Action.APIKEYS_MANAGE, BAKERY, None, Proof.STEPPED_UP, at=At.PAGES))
    assert isinstance(verdict, Grant), verdict
    return verdict


def key_there(tx: Transaction) -> int:
    """A key of Tideworks'."""
    k = tables.api_keys
    row = {"person_id": 7, "account_id": TIDEWORKS, "name": "theirs", "digest": "0" * 64, "hint": "dgk_aaaa"}
    row |= {"scope": "billing.view", "made_at": tx.now, "ends_at": tx.now + 1000}
    id: int = tx.connection.execute(insert(k).returning(k.c.id), row).scalar_one()
    return id


def _makes_theirs(f: Callable[..., Any], tx: Transaction, grant: Grant) -> bool:
    """Whether a key came to be that is not of the grant's own account."""
    f(tx, grant, "mine", ("billing.view",), tx.now + 1000)
    k = tables.api_keys.c
    return tx.connection.execute(select(k.id).where(k.account_id.is_distinct_from(BAKERY))).first() is not None


def _lists_theirs(f: Callable[..., Any], tx: Transaction, grant: Grant) -> bool:
    theirs = key_there(tx)
    return theirs in {one.id for one in f(tx, grant)}


OF_CONTACTS: Final[dict[str, list[tuple[Callable[[Transaction], Grant], Callable[..., Any]]]]] = {
    **{
        f"contact_changes.{n}": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, {8: frozenset({"technical"})}))]
        for n in ("change", "consider")
    },
    "api_keys.make": [(keeping_keys, _makes_theirs)],
    "api_keys.listed": [(keeping_keys, _lists_theirs)],
    "api_keys.withdraw": [(keeping_keys, lambda f, tx, g: f(tx, g, key_there(tx)))],
    "contact_requests.ask": [
        (managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, ADD) is not NotAsked.NOT_PROVED),
        (working, lambda f, tx, g: f(tx, g, THEIRS, ADD) is not NotAsked.NOT_PROVED),
    ],
    "contact_requests.form": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "contact_requests.one": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, asked_there(tx)))],
    "contact_requests.answer": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, asked_there(tx), "confirmed"))],
    "contact_requests.of_ticket": [(working, lambda f, tx, g: asked_there(tx) and f(tx, g, THEIRS))],
    "contact_requests.can_be_asked": [(working, lambda f, tx, g: f(tx, g, THEIRS))],
    "account_xray.examine": [(owning, lambda f, tx, g: f(tx, g, TIDEWORKS))],
    "account_records.one": [(owning, lambda f, tx, g: f(tx, g, *told_there(tx)))],
    "vouches.vouch": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, joined(tx, 8)))],
    "invitations.invite_contact": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, 8) is not Invited.NOBODY)],
    "contact_list.by_id": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, [8]))],
    "contact_list.named": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, ["mia.chen"]))],
    "contact_list.history": [(managing(OLIVIA, BAKERY), lambda f, tx, g: f(tx, g, 8, 5))],
    "contact_list.out_of_sight": [
        (
            managing(OLIVIA, BAKERY),
            lambda f, tx, g: f(tx, g, tx.schemes["memset"], 8, frozenset({"manage_support"}), None),
        )
    ],
}
