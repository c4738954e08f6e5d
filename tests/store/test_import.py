"""An import brings the database to what the file says: all of it or nothing, on both databases."""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select

from authz import load_schemes
from store import Keys, Store, guard, open_store, pins, tables
from store.import_format import ImportTrouble, read
from store.imports import ImportResult, run
from store.pins import Pin

SAMPLE = json.loads((Path(__file__).parents[2] / "deskgate" / "sample-accounts.json").read_bytes())
NOW = 1_795_000_000_000
Document = dict[str, list[dict[str, Any]]]
KEPT = [table for table in tables.Base.metadata.sorted_tables if not table.name.startswith("ledger")]


class Desk:
    """A store, its clock, and a short way to import."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.store: Store = open_store(url, Keys([bytes(range(32))]), load_schemes(), lambda: self.now)

    def imports(self, document: Document, **options: Any) -> ImportResult:
        return run(self.store, read(json.dumps(document).encode()), **options)

    def refuses(self, document: Document, **options: Any) -> list[str]:
        before = self.everything()
        with pytest.raises(ImportTrouble) as caught:
            self.imports(document, **options)
        assert self.everything() == before, "a refused import stored something"
        return caught.value.lines

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        with self.store.engine.connect().execution_options(reads_only=True) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row there is, but for the ledger's."""
        return {table.name: sorted(self.rows(select(table)), key=repr) for table in KEPT}

    def held(self, number: str) -> dict[str, str]:
        """username → what they hold on an account."""
        people, contacts, accounts = tables.people, tables.contacts, tables.accounts
        query = select(people.c.username, contacts.c.held).select_from(contacts).join(people).join(accounts)
        return dict(self.rows(query.where(accounts.c.number == number)))

    def notices(self) -> list[dict[str, Any]]:
        return [json.loads(row[0]) for row in self.rows(select(tables.work.c.payload).order_by(tables.work.c.id))]

    def ledger(self, action: str) -> list[tuple[Any, ...]]:
        e = tables.ledger.c
        return self.rows(select(e.who, e.account, e.decision, e.fields, e.channel).where(e.action == action))

    def id_of(self, username: str) -> int:
        found: int = self.rows(select(tables.people.c.id).where(tables.people.c.username == username))[0][0]
        return found

    def has_pin(self, username: str, digits: str) -> bool:
        with self.store.transaction("test") as tx:
            kept = pins.find(tx, self.id_of(username))
        return kept is not None and pins.compare(self.store.keys, kept, Pin(digits))


@pytest.fixture(autouse=True)
def _quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "MEMORY_KIB", 8)
    monkeypatch.setattr(pins, "PASSES", 1)


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    desk = Desk(store_url)
    yield desk
    desk.store.close()


@pytest.fixture
def light(sqlite_url: str) -> Iterator[Desk]:
    """For what does not depend on the database."""
    desk = Desk(sqlite_url)
    yield desk
    desk.store.close()


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A desk that has imported the sample."""
    desk.imports(SAMPLE)
    return desk


def document(**parts: list[dict[str, Any]]) -> Document:
    return parts


def sample() -> Document:
    return copy.deepcopy(SAMPLE)


TIDEWORKS = 2  # the account under Memset rules


# --- what is stored


def test_the_sample_is_stored_as_it_says(desk: Desk) -> None:
    result = desk.imports(SAMPLE)
    assert result.counts == {
        "people.added": 9,
        "phones.added": 9,
        "pins.set": 9,
        "slack.added": 6,
        "staff.added": 2,
        "accounts.added": 3,
        "contacts.added": 11,
        "services.added": 4,
        "invoices.added": 3,
    }
    assert len(result.differences) == sum(result.counts.values())
    assert desk.held("400639") == {
        "raj.patel": "admin_contact,billing_contact,manage_users,manage_billing,manage_services,manage_support,purchase_services",
        "mia.chen": "manage_support",
        "leo.fox": "manage_services",
        "dev.anand": "manage_services,manage_support",
    }
    assert all(desk.has_pin(person["username"], person["pin"]) for person in SAMPLE["people"])
    assert desk.notices() == [], "nobody is told that they are new"


def test_a_second_run_changes_nothing(full: Desk) -> None:
    before = full.everything()
    full.now += 60_000
    assert full.imports(SAMPLE) == ImportResult({}, [])
    assert full.everything() == before


def test_the_ledger_says_what_an_import_did(full: Desk) -> None:
    assert full.ledger("desk.operate")[0][2] == "allowed"
    ((who, account, decision, fields, channel),) = full.ledger("import")
    assert (who, account, decision, channel) == ("desk:operator", None, "done", "shell")
    assert "accounts.added:3" in fields.split()


def test_a_dry_run_tells_and_stores_nothing(desk: Desk) -> None:
    before = desk.everything()
    dry = desk.imports(SAMPLE, dry_run=True)
    assert desk.everything() == before
    assert desk.ledger("import") == []
    wet = desk.imports(SAMPLE)
    assert dry == wet


def test_a_dry_run_over_an_account_that_is_there_stores_nothing(full: Desk) -> None:
    changed = sample()
    changed["accounts"][0]["contacts"].pop()
    before = full.everything()
    assert full.imports(changed, dry_run=True).differences == [
        "account 200417: contact bea.lund removed (billing)",
    ]
    assert full.everything() == before
    assert full.ledger("contacts.changed") == []


def test_absent_keys_leave_and_present_ones_replace(full: Desk) -> None:
    result = full.imports(
        document(
            people=[{"username": "mia.chen", "email": "mia.chen@tideworks.example"}],
            accounts=[
                {"number": "200417", "status": "suspended", "services": []},
                {"number": "300528", "invoices": [{**SAMPLE["accounts"][1]["invoices"][0], "amount": "65.00"}]},
            ],
            staff=[{"username": "agent.kim", "role": "administrator"}],
        )
    )
    assert result.counts == {
        "people.changed": 1,
        "accounts.changed": 1,
        "services.removed": 1,
        "invoices.changed": 1,
        "staff.changed": 1,
    }
    a = tables.accounts.c
    assert full.rows(select(a.name, a.scheme, a.status).where(a.number == "200417")) == [
        ("Harbour Bakery", "media_temple", "suspended")
    ]
    p = tables.people.c
    assert full.rows(select(p.name, p.email, p.support_id).where(p.username == "mia.chen")) == [
        ("Mia Chen", "mia.chen@tideworks.example", "10000081")
    ]


def test_a_newcomer_without_a_support_id_is_issued_one_that_stays(desk: Desk) -> None:
    newcomer = document(people=[{"username": "new", "name": "New", "email": "new@x.example"}])
    desk.imports(newcomer)
    issued = desk.rows(select(tables.people.c.support_id))
    desk.imports(newcomer)
    assert desk.rows(select(tables.people.c.support_id)) == issued


def test_an_issued_support_id_is_one_nobody_has(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.imports(document(people=[{"username": "a", "name": "A", "email": "a@x.example", "support_id": "10000016"}]))
    drawn = iter(["10000016", "10000024", "10000032", "10000040"])
    monkeypatch.setattr("store.import_people.new_support_id", lambda: next(drawn))
    people = [{"username": "c", "name": "C", "email": "c@x.example", "support_id": "10000024"}]
    desk.imports(document(people=[*people, {"username": "b", "name": "B", "email": "b@x.example"}]))
    p = tables.people.c
    assert desk.rows(select(p.support_id).where(p.username == "b")) == [("10000032",)]


def test_a_number_and_a_slack_member_that_stay_keep_their_day(full: Desk) -> None:
    full.now += 60_000
    changed = sample()
    changed["people"][0]["phones"].append("+441632960199")
    changed["people"][0]["slack"].append({"team": "T0HARBOUR", "user": "U0SECOND"})
    full.imports(changed)
    person = full.id_of("olivia.hart")
    phones, members = tables.phones.c, tables.slack_members.c
    assert full.rows(select(phones.added_at).where(phones.person_id == person).order_by(phones.number)) == [
        (NOW,),
        (NOW + 60_000,),
    ]
    assert full.rows(select(members.linked_at).where(members.person_id == person).order_by(members.member)) == [
        (NOW,),
        (NOW + 60_000,),
    ]


def test_a_slack_member_may_pass_from_one_entry_to_another(full: Desk) -> None:
    full.now += 60_000
    member = SAMPLE["people"][0]["slack"]
    people = [{"username": "tom.reyes", "slack": member}, {"username": "olivia.hart", "slack": []}]
    full.imports(document(people=people))
    m = tables.slack_members.c
    assert full.rows(select(m.person_id, m.linked_at).where(m.member == "U0OLIVIA")) == [
        (full.id_of("tom.reyes"), NOW + 60_000)
    ]


def test_pieces_are_seamless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.imports.CHUNK", 2)
    seen: list[tuple[str, int, int]] = []
    desk.imports(SAMPLE, progress=lambda *step: seen.append(step))
    assert ("checking people", 2, 9) in seen
    assert ("PINs", 9, 9) in seen
    assert seen[-2:] == [("accounts", 2, 3), ("accounts", 3, 3)]
    assert desk.imports(SAMPLE).counts == {}


# --- who is told


def test_a_change_of_contacts_is_in_the_ledger_and_the_owner_is_told(full: Desk) -> None:
    changed = sample()
    changed["accounts"][0]["contacts"] = [
        {"person": "olivia.hart", "roles": ["owner"]},
        {"person": "dev.anand", "roles": ["admin", "technical"]},
        {"person": "mia.chen", "roles": ["billing"]},
        {"person": "bea.lund", "roles": ["billing"]},
    ]
    result = full.imports(changed)
    assert result.differences == [
        "account 200417: contact mia.chen added (billing)",
        "account 200417: contact dev.anand changed (admin,technical)",
        "account 200417: contact tom.reyes removed (technical)",
    ]
    (account,) = full.rows(select(tables.accounts.c.id).where(tables.accounts.c.number == "200417"))
    assert full.ledger("contacts.changed") == [
        ("desk:operator", *account, word, f"person:{full.id_of(name)}", "shell")
        for word, name in (("added", "mia.chen"), ("changed", "dev.anand"), ("removed", "tom.reyes"))
    ]
    assert full.notices() == [{"notice": "contacts_changed", "account": account[0]}]
    full.imports(SAMPLE)
    assert len(full.notices()) == 2, "a later import tells again"


# --- what a scheme does not allow


Change = Callable[[Document], None]


def contact(account: int, place: int, **words: list[str]) -> Change:
    def change(document: Document) -> None:
        document["accounts"][account]["contacts"][place].update(words)

    return change


def gone(account: int, place: int) -> Change:
    return lambda document: document["accounts"][account]["contacts"].pop(place)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            gone(0, 0),
            "accounts[0].contacts: an account under media_temple always has at least one owner, and here it would have none",
        ),
        (gone(1, 0), "accounts[1].contacts: an account under standard_roles always has at least one owner"),
        (
            contact(2, 0, roles=["admin_contact"]),
            "accounts[2].contacts: an account under memset always has exactly one billing_contact, and here it would have 0",
        ),
        (
            contact(2, 1, roles=["billing_contact"], permissions=["manage_billing"]),
            "accounts[2].contacts: an account under memset always has exactly one billing_contact, and here it would have 2",
        ),
        (
            contact(2, 0, permissions=["manage_users", "manage_billing", "manage_support", "purchase_services"]),
            "accounts[2].contacts[0].roles: admin_contact requires manage_services, which raj.patel does not hold",
        ),
        (
            contact(0, 1, roles=["administrator"]),
            "accounts[0].contacts[1].roles: administrator is none of the roles of media_temple; it has owner, admin, technical, billing",
        ),
        (
            contact(2, 1, roles=["manage_support"]),
            "accounts[2].contacts[1].roles: manage_support is none of the roles of memset; it has admin_contact, billing_contact",
        ),
        (
            contact(2, 1, permissions=["support"]),
            "accounts[2].contacts[1].permissions: support is none of the permissions of memset; it has manage_users, ",
        ),
        (
            contact(0, 1, permissions=["x"]),
            "accounts[0].contacts[1].permissions: x is none of the permissions of media_temple; it has none",
        ),
    ],
)
@pytest.mark.parametrize("there", [False, True], ids=["new", "existing"])
def test_what_a_scheme_does_not_allow_is_refused(light: Desk, change: Change, line: str, there: bool) -> None:
    if there:
        light.imports(SAMPLE)
    document = sample()
    change(document)
    lines = light.refuses(document)
    assert len(lines) == 1
    assert lines[0].startswith(line)


def test_a_scheme_may_only_change_with_contacts_that_fit_it(full: Desk) -> None:
    assert full.refuses(document(accounts=[{"number": "200417", "scheme": "memset"}])) == [
        "accounts[0].scheme: the contacts there are do not fit memset: the account's contacts must be given as well"
    ]
    contacts = [{"person": "olivia.hart", "roles": ["owner"]}]
    full.imports(document(accounts=[{"number": "200417", "scheme": "standard_roles", "contacts": contacts}]))
    assert full.held("200417") == {"olivia.hart": "owner"}


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"people": [{"username": "x"}]}, "people[0].name: is missing, and x is new"),
        (
            {"staff": [{"username": "x", "name": "X", "email": "x@x.example"}]},
            "staff[0].role: is missing, and x is new",
        ),
        ({"accounts": [{"number": "9", "name": "Nine"}]}, "accounts[0].scheme: is missing, and 9 is new"),
        (
            {"accounts": [{"number": "9", "name": "Nine", "scheme": "memset"}]},
            "accounts[0].contacts: an account under memset always has exactly one admin_contact",
        ),
        (
            {"accounts": [{"number": "9", "name": "Nine", "scheme": "desk"}]},
            "accounts[0].scheme: there is no scheme desk; there are media_temple, memset, standard_roles",
        ),
        (
            {"accounts": [{"number": "200417", "contacts": [{"person": "nobody"}]}]},
            "accounts[0].contacts[0].person: nobody called nobody is in the file or in the database",
        ),
        (
            {"people": [{"username": "mia.chen", "support_id": "10000016"}]},
            "people[0].support_id: belongs to olivia.hart already",
        ),
        (
            {"people": [{"username": "mia.chen", "slack": SAMPLE["people"][0]["slack"]}]},
            "people[0].slack[0]: is tied to olivia.hart already",
        ),
        (
            {"people": [{"username": "mia.chen", "slack": SAMPLE["people"][0]["slack"]}, {"username": "olivia.hart"}]},
            "people[0].slack[0]: is tied to olivia.hart already",
        ),
        (
            {"people": [{"username": "mia.chen", "slack": [{"team": "T0DESK", "user": "U0KIM"}]}]},
            "people[0].slack[0]: is tied to agent.kim already",
        ),
    ],
)
def test_what_the_database_speaks_against_is_refused(light: Desk, parts: Document, line: str) -> None:
    light.imports(SAMPLE)
    assert light.refuses(parts)[0].startswith(line)


def test_one_fault_at_the_end_stores_nothing_of_the_rest(desk: Desk) -> None:
    changed = sample()
    for person in changed["people"]:
        del person["pin"]  # so that the pass that finds the fault is the one that writes
    changed["accounts"][2]["contacts"][3]["person"] = "nobody"
    desk.refuses(changed)
    assert desk.ledger("import") == []


# --- PINs


def test_a_pin_is_set_only_for_whom_has_none(full: Desk) -> None:
    changed = sample()
    changed["people"][0]["pin"] = "48291536"
    assert full.imports(changed).counts == {}
    assert full.has_pin("olivia.hart", SAMPLE["people"][0]["pin"])


def test_reset_replaces_pins_forgets_failures_and_tells_the_person(full: Desk) -> None:
    with full.store.transaction("test") as tx:
        guard.reserve(tx, guard.counter_of(full.id_of("olivia.hart")), real=True, own_number=False)
    person = {"username": "olivia.hart", "pin": "48291536"}
    assert full.imports(document(people=[person]), reset_pins=True).counts == {"pins.set": 1}
    assert full.has_pin("olivia.hart", "48291536")
    assert full.rows(select(tables.pin_guards)) == []
    id = full.id_of("olivia.hart")
    assert full.ledger("pin_set") == [("desk:operator", None, "done", f"person:{id}", "shell")]
    assert full.notices() == [{"notice": "pin_set", "person": id}]


@pytest.mark.parametrize(
    ("pin", "choice", "why"),
    [
        ("482915", False, "a PIN has 8 digits"),
        ("12345678", False, "this PIN is easy to guess: it counts up or down in even steps"),
        ("32960101", False, "this PIN is easy to guess: it is part of a number on file"),
        ("48291", True, "a PIN has 6 to 10 digits"),
        ("4829153a", True, "a PIN has 6 to 10 digits"),
    ],
)
def test_a_pin_against_the_policy_is_refused_and_not_quoted(light: Desk, pin: str, choice: bool, why: str) -> None:
    changed = sample()
    changed["people"][0]["pin"] = pin
    assert light.refuses(changed, pin_choice=choice) == [f"people[0].pin: {why}"]


def test_a_pin_is_held_against_numbers_that_only_the_database_has(full: Desk) -> None:
    person = {"username": "olivia.hart", "pin": "32960101"}
    assert full.refuses(document(people=[person])) == [
        "people[0].pin: this PIN is easy to guess: it is part of a number on file"
    ]


def test_chosen_pins_may_be_shorter(desk: Desk) -> None:
    changed = sample()
    changed["people"][0]["pin"] = "482915"
    desk.imports(changed, pin_choice=True)
    assert desk.has_pin("olivia.hart", "482915")


def test_nobody_gets_a_pin_that_was_hashed_for_somebody_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others add the same and other people while PINs are being hashed."""
    hashed = pins.keep

    def slow(keys: Keys, person: int, pin: Pin) -> pins.KeptPin:
        monkeypatch.undo()
        desk.imports(document(people=[{k: v for k, v in person.items() if k != "pin"} for person in SAMPLE["people"]]))
        return hashed(keys, person, pin)

    people = [SAMPLE["people"][3]]
    monkeypatch.setattr("store.imports.pins.keep", slow)
    with pytest.raises(ImportTrouble, match="run the import again"):
        desk.imports(document(people=people))
    assert desk.rows(select(tables.pins)) == []
    desk.imports(document(people=people))
    assert desk.has_pin("bea.lund", "90734682")


# --- others at work meanwhile


def test_an_account_under_way_is_locked_against_editors_and_not_against_tickets(full: Desk) -> None:
    """An editor who takes a role away locks the account first (rules.md), so it sees what the import made, or the reverse."""
    changed = document(accounts=[{"number": "200417", "contacts": SAMPLE["accounts"][0]["contacts"][:2]}])
    seen: list[str] = []

    def look(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("accounts", total):
            seen.extend(_locks(full.store.url))

    full.imports(changed, progress=look)
    expected = ["UPDATE waits", "KEY SHARE passes"] if full.store.url.startswith("postgresql") else ["everyone waits"]
    assert seen == expected


def _locks(url: str) -> list[str]:
    """What others would meet, found out without waiting."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return ["everyone waits"]
            return []
    found = []
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        for lock in ("UPDATE", "KEY SHARE"):  # KEY SHARE is what a new ticket needs of its account
            try:
                with other.transaction():
                    other.execute(f"SELECT id FROM accounts WHERE number = '200417' FOR {lock} NOWAIT".encode())
                found.append(f"{lock} passes")
            except psycopg.errors.LockNotAvailable:
                found.append(f"{lock} waits")
    return found


def test_two_imports_at_once_both_stand(desk: Desk) -> None:
    files = [document(people=[{"username": "same", "name": name, "email": "a@x.example"}]) for name in "AB"]
    threads = [threading.Thread(target=desk.imports, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.rows(select(tables.people))) == 1
    assert len(desk.ledger("import")) == 2


def test_a_clash_with_somebody_elses_row_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody took the username between our look and our writing."""
    row = {"username": "same", "name": "S", "email": "s@x.example", "support_id": "10000016"}
    with desk.store.transaction("test") as tx:
        tx.connection.execute(insert(tables.people), row)
    monkeypatch.setattr("store.import_changes.Register.find", lambda *_, **__: {})
    monkeypatch.setattr("store.import_people._check_support_ids", lambda *_: None)
    assert desk.refuses(document(people=[row])) == [
        "somebody else stored the same people, accounts or Slack members just now; run the import again"
    ]
