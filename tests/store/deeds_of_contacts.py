"""Changes of an account's contacts that meet, for the tests that interleave each with each."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import insert

from authz import Action, At, Proof, Subject
from desk import account_lock, people
from desk import contact_requests as asked
from desk.actors import Actor
from desk.contact_requests import Closed, Pending
from desk.people import MayManage, Preview, Saved, Wish
from store import Transaction, tables
from store.accounts import delegations
from store.contacts import contact_requests
from store.contacts.contact_requests import Wanted
from store.imports import file_format, import_run
from store.imports.people_rows import PinRound
from store.imports.row_changes import Changes
from store.verification import step_ups
from tests.sizes import is_everything
from tests.store.deeds import LEO, MIA, RAJ, TIDEWORKS, Given, Pairs, granted
from tests.store.interleaving import Deed, RefusedError

OLIVIA, DEV, HARBOUR = 1, 2, 1
NUMBERS: Final = {HARBOUR: "200417", TIDEWORKS: "400639"}
EVERY: Final = ("manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services")


def proves(tx: Transaction, person: int, account: int) -> None:
    until = tx.now + 900_000
    step_ups.reached(tx, Subject.of_person(person), account, "passkey", f"session {person}", ends_at=until)


def acting(person: int) -> Actor:
    return Actor(Subject.of_person(person), Proof.VERIFIED, f"session {person}", At.PAGES)


def does(person: int, account: int, wish: Wish) -> Deed:
    """As the pages do it, and not looked at before."""

    def deed(tx: Transaction, _given: Given) -> object:
        manager = people.managing(tx, acting(person), NUMBERS[account], writes=True)
        looked = people.look_under(tx, manager, wish) if isinstance(manager, MayManage) else None
        if not isinstance(manager, MayManage) or looked is None:
            raise RefusedError("not theirs any more")
        made = people.save_under(tx, manager, wish, looked.stamp)
        if isinstance(made, Saved):
            return "saved"
        if isinstance(made, Preview) and made.refusal is not None:
            raise RefusedError(made.refusal.code)
        raise RefusedError("not theirs any more")

    return deed


def two_owners(tx: Transaction) -> Given:
    row = {"account_id": HARBOUR, "person_id": DEV, "right": "owner"}
    tx.connection.execute(insert(tables.contact_rights).values(row))
    for person in (OLIVIA, DEV):
        proves(tx, person, HARBOUR)
    return {}


def two_who_could_have_it(tx: Transaction) -> Given:
    """The admin contact's role: both hold what it requires."""
    rows = [(MIA, word) for word in EVERY if word != "manage_support"]
    rows += [(LEO, word) for word in EVERY if word != "manage_services"]
    for person, word in rows:
        row = {"account_id": TIDEWORKS, "person_id": person, "right": word}
        tx.connection.execute(insert(tables.contact_rights).values(row))
    proves(tx, RAJ, TIDEWORKS)
    return {}


def one_that_waits(tx: Transaction) -> Given:
    """Olivia asked to have Tom taken off; she and Dev may confirm it."""
    row = {"account_id": HARBOUR, "opened_by": OLIVIA, "topic": "technical", "kind": "contacts.manage", "title": "s"}
    row |= {"status": "open", "channel": "phone", "opened_at": tx.now, "proof": "stepped-up"}
    number = tx.connection.execute(insert(tables.tickets).values(**row).returning(tables.tickets.c.number)).scalar_one()
    for person in (OLIVIA, DEV):
        proves(tx, person, HARBOUR)
    manager = people.managing(tx, acting(OLIVIA), NUMBERS[HARBOUR], writes=True)
    assert isinstance(manager, MayManage)
    id = contact_requests.ask(tx, manager.grant, number, Wanted("remove", "tom.reyes"))
    assert isinstance(id, int)
    return {"request": id}


def confirms(person: int) -> Deed:
    """As they have looked at it."""

    def deed(tx: Transaction, given: Given) -> object:
        looked = asked.look(tx, acting(person), NUMBERS[HARBOUR], given["request"])
        stamp = looked.preview.stamp if isinstance(looked, Pending) else ""
        return ended(asked.confirm(tx, acting(person), NUMBERS[HARBOUR], given["request"], stamp))

    return deed


def refuses(person: int) -> Deed:
    return lambda tx, given: ended(asked.refuse(tx, acting(person), NUMBERS[HARBOUR], given["request"]))


def ended(made: object) -> str:
    """One who was slower is told what became of it."""
    if isinstance(made, Closed) and made.now:
        return made.request.status
    raise RefusedError("over, or not theirs any more")


OWNERS = Pairs(
    two_owners,
    {
        "Olivia takes Dev off": does(OLIVIA, HARBOUR, Wish("remove", ("dev.anand",))),
        "Dev takes Olivia off": does(DEV, HARBOUR, Wish("remove", ("olivia.hart",))),
    },
)
HANDING_OVER = Pairs(
    two_who_could_have_it,
    {
        "Raj makes Mia admin contact": does(
            RAJ, TIDEWORKS, Wish("hand_over", ("mia.chen",), frozenset({"admin_contact"}))
        ),
        "Raj makes Leo admin contact": does(
            RAJ, TIDEWORKS, Wish("hand_over", ("leo.fox",), frozenset({"admin_contact"}))
        ),
    },
)
WAITING = Pairs(
    one_that_waits,
    {
        "Dev confirms": confirms(DEV),
        "Olivia refuses": refuses(OLIVIA),
    }
    | (
        {"Olivia takes Dev's right": does(OLIVIA, HARBOUR, Wish("change", ("dev.anand",), frozenset({"technical"})))}
        if is_everything()
        else {}
    ),
)


def olivia_locks(tx: Transaction, _given: Given) -> object:
    done = account_lock.set_locked(tx, acting(OLIVIA), NUMBERS[HARBOUR], locked=True)
    if not isinstance(done, bool):
        raise RefusedError("not theirs any more")
    return done


def the_file_says(**holds: str) -> Deed:
    """An import that has these contacts on Harbour Bakery, and nobody else."""
    contacts = [{"person": name.replace("_", "."), "roles": roles.split()} for name, roles in holds.items()]
    document = json.dumps({"accounts": [{"number": NUMBERS[HARBOUR], "contacts": contacts}]}).encode()

    def deed(tx: Transaction, _given: Given) -> object:
        file = file_format.read(document)
        changes = Changes(tx, file, None, dry=False)
        import_run.bring(changes, file, PinRound(choice=False, reset=False), "")
        if changes.troubles:
            raise RefusedError(str(changes.troubles))
        return sorted(changes.counts.items()), changes.locked

    return deed


IMPORTED = Pairs(
    one_that_waits,
    {
        "the file has Dev own it alone": the_file_says(dev_anand="owner", tom_reyes="billing"),
        "Olivia locks it": olivia_locks,
    }
    | (
        {
            "Dev confirms": confirms(DEV),
            "Olivia takes Dev off": does(OLIVIA, HARBOUR, Wish("remove", ("dev.anand",))),
        }
        if is_everything()
        else {}
    ),
)


def two_who_lend(tx: Transaction) -> Given:
    """Olivia and Dev own the account; Dev is asked for a right, and may lend it as long as that is so."""
    two_owners(tx)
    row = {
        "account_id": HARBOUR,
        "asker": OLIVIA,
        "cell": "ticket.open:technical",
        "status": "open",
        "asked_at": tx.now,
    }
    new = insert(tables.delegation_requests).returning(tables.delegation_requests.c.id)
    return {"id": tx.connection.execute(new, row).scalar_one()}


def dev_lends(tx: Transaction, given: Given) -> object:
    grant = granted(tx, Subject.of_person(DEV), Action.RIGHT_LEND, HARBOUR)
    if delegations.lend(tx, grant, given["id"], 1) is None:
        raise RefusedError("no_right")  # it was lost while they waited
    return True


LENDING_LOST = Pairs(
    two_who_lend,
    {
        "Dev lends": dev_lends,
        "Olivia leaves Dev less": does(OLIVIA, HARBOUR, Wish("change", ("dev.anand",), frozenset({"billing"}))),
    },
)
OF_CONTACTS: Final = {
    "two owners": OWNERS,
    "two hand-overs": HANDING_OVER,
    "a change that waits": WAITING,
    "less to lend": LENDING_LOST,
    "an import": IMPORTED,
}
