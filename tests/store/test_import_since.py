"""What is on file, and since when: a number proves nothing for 72 hours, and whoever had it changed is told of at the old address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from authz import Action, Ask, Grant, Proof
from store import WORKER, tables
from store.accounts import recipients
from store.accounts.people import resolve
from store.verification import factors, pins
from tests.store.importing import NOW, SAMPLE, Desk, document

DAY = 24 * 3_600_000


@pytest.fixture(autouse=True)
def _quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "MEMORY_KIB", 8)
    monkeypatch.setattr(pins, "PASSES", 1)


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    desk = Desk(store_url)
    yield desk
    desk.store.close()


def on_file(desk: Desk, support_id: str) -> factors.OnFile:
    with desk.store.transaction("test") as tx:
        person, _ = resolve(tx, support_id, None)
        assert person is not None
        return factors.on_file(tx, person)


def raj(**more: object) -> dict[str, object]:
    return {"username": "raj.patel"} | more


def test_what_came_with_the_import_is_young_for_three_days(desk: Desk) -> None:
    desk.imports(SAMPLE)
    young = on_file(desk, "10000073")
    assert (young.numbers, young.members, young.fresh) == ((), (), ("number", "slack"))
    desk.now += 3 * DAY - 1
    assert on_file(desk, "10000073").numbers == ()
    desk.now += 1
    old = on_file(desk, "10000073")
    assert (old.numbers, len(old.members), old.fresh) == (("+441632960107",), 1, ())


def test_the_operator_may_say_since_when_newcomers_were_known(desk: Desk) -> None:
    desk.imports(SAMPLE, known_since=NOW - 30 * DAY)
    assert on_file(desk, "10000073").numbers == ("+441632960107",)
    (fields,) = [row[-1] for row in desk.rows(select(tables.ledger.c.fields).where(tables.ledger.c.action == "import"))]
    assert f"known_since:{NOW - 30 * DAY}" in fields


def test_a_change_is_young_whatever_the_operator_says(desk: Desk) -> None:
    desk.imports(SAMPLE, known_since=NOW - 30 * DAY)
    both = ["+441632960107", "+441632960188"]
    slack = [{"team": "T0DESK", "user": "U0RAJ"}, {"team": "T0DESK", "user": "U0RAJ2"}]
    desk.imports(document(people=[raj(phones=both, slack=slack)]), known_since=NOW - 30 * DAY)
    now = on_file(desk, "10000073")
    assert now.numbers == ("+441632960107",)
    assert [member.user for member in now.members] == ["U0RAJ"]
    assert now.fresh == ("number", "slack")


def test_no_import_says_that_something_was_known_since_tomorrow(desk: Desk) -> None:
    desk.imports(SAMPLE, known_since=NOW + 30 * DAY)
    desk.now += 3 * DAY
    assert on_file(desk, "10000073").numbers == ("+441632960107",)


def test_a_change_is_told_to_the_address_that_was_replaced(desk: Desk) -> None:
    desk.imports(SAMPLE)
    assert desk.notices() == []  # nobody is told of themselves
    desk.imports(document(people=[raj(email="raj@new.example", phones=["+441632960188"], slack=[])]))
    kinds = {notice["notice"] for notice in desk.notices()}
    assert kinds == {"numbers_changed", "address_changed", "slack_unlinked"}
    assert told(desk) == {"raj@tideworks.example", "raj@new.example"}
    desk.now += 30 * DAY
    assert told(desk) == {"raj@new.example"}


def test_nothing_is_told_where_nothing_changed(desk: Desk) -> None:
    desk.imports(SAMPLE)
    desk.imports(SAMPLE)
    desk.imports(document(people=[raj(email="raj@new.example")]), dry_run=True)
    assert desk.notices() == []
    assert told(desk) == {"raj@tideworks.example"}


def told(desk: Desk) -> set[str]:
    """The addresses that hear of Raj's own security."""
    with desk.store.transaction("test") as tx:
        grant = tx.ask(Ask(WORKER, Action.DESK_DELIVER, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        person, _ = resolve(tx, "10000073", None)
        return {notice.to for notice in recipients.addressed(tx, grant, {"notice": "pin_set", "person": person})}


def test_a_decoy_and_a_phone_on_a_desk(desk: Desk) -> None:
    account = {"number": "900001", "name": "Velvet Orchard", "scheme": "memset", "decoy": True}
    contacts = [{"person": "raj.patel", "roles": ["admin_contact", "billing_contact"], "permissions": EVERYTHING}]
    staff = [{"username": "agent.kim", "phone": "+441632960001"}]
    desk.imports(SAMPLE)
    desk.imports(document(accounts=[account | {"contacts": contacts}], staff=staff))
    a, s = tables.accounts.c, tables.staff.c
    assert desk.rows(select(a.decoy).where(a.number == "900001")) == [(True,)]
    assert desk.rows(select(a.decoy).where(a.number == "400639")) == [(False,)]
    assert desk.rows(select(s.phone).where(s.username == "agent.kim")) == [("+441632960001",)]
    bad = desk.refuses(document(staff=[{"username": "agent.kim", "phone": "12"}]))
    assert bad == ["staff[0].phone: is no possible phone number in the form +441632960101"]


EVERYTHING = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
