"""What an import refuses, because a scheme or the database speaks against it: all of it, and with the path. T17, T18"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from store.verification import pins
from tests.store.importing import SAMPLE, Desk, Document, document, sample


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
