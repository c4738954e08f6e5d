"""H8: an import leaves an entry for each thing it changed, with the names of what changed, and tells whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from store import tables
from tests.store.importing import NOW, Desk, sample


@pytest.fixture
def full(sqlite_url: str) -> Iterator[Desk]:
    desk = Desk(sqlite_url)
    desk.imports(sample())
    desk.now = NOW + 60_000
    yield desk
    desk.store.close()


def written(full: Desk) -> list[tuple[Any, ...]]:
    e = tables.ledger.c
    query = select(e.action, e.account, e.fields).where(e.at > NOW, e.who == "desk:operator").order_by(e.n)
    return [row for row in full.rows(query) if row[0] not in ("desk.operate", "import")]


def test_h8_what_an_import_changes_is_in_the_ledger_by_name(full: Desk) -> None:
    changed = sample()
    bakery, studio, tide = changed["accounts"]
    bakery["status"] = "closed"
    bakery["decoy"] = True
    studio["slack_teams"] = ["T0NEW"]
    tide["services"][0]["managed_sla"] = not tide["services"][0].get("managed_sla", False)
    tide["services"][1]["status"] = "running"
    tide["invoices"] = []
    kim, ana = changed["staff"]
    kim["role"] = "administrator"
    ana["slack"] = [{"team": "T0DESK", "user": "U0ANA2"}]
    olivia = next(person for person in changed["people"] if person["username"] == "olivia.hart")
    olivia["support_id"] = "90000001"
    full.imports(changed)
    person = full.id_of("olivia.hart")
    assert sorted(written(full), key=str) == sorted(
        [
            ("person.changed", None, f"person:{person} support_id"),
            ("staff.changed", None, "staff:1 role"),
            ("staff.changed", None, "staff:2 slack.member"),
            ("account.changed", 1, "status"),
            ("services.changed", 3, "services:2 managed_sla status"),
            ("invoices.removed", 3, "invoices:1"),
            ("slack_teams.added", 2, "slack_teams:1"),
        ],
        key=str,
    )
    told = [
        (notice["notice"], *(value for key, value in notice.items() if key != "notice")) for notice in full.notices()
    ]
    assert sorted(told) == [
        ("account_changed", 1),
        ("account_changed", 2),
        ("account_changed", 3),
        ("person_changed", person),
        ("staff_changed", 1),
        ("staff_changed", 2),
    ]
    values = " ".join(fields for _, _, fields in written(full))
    assert not [word for word in ("90000001", "closed", "T0NEW", "administrator", "decoy", "U0ANA2") if word in values]


def test_h8_a_new_member_of_the_desk_is_an_entry_and_a_second_run_is_none(full: Desk) -> None:
    changed = sample()
    changed["staff"].append({"username": "new.one", "name": "N", "email": "n@desk.example", "role": "administrator"})
    full.imports(changed)
    assert written(full) == [("staff.added", None, "staff:3 role")]
    full.imports(changed)
    assert len(written(full)) == 1
    assert full.notices() == []


def test_h8_each_import_tells_of_what_it_changed(full: Desk) -> None:
    """Also of what another has changed an hour before."""
    for status in ("closed", "active"):
        changed = sample()
        changed["accounts"][0]["status"] = status
        full.imports(changed)
        full.now += 3_600_000
    assert full.notices() == [{"notice": "account_changed", "account": 1}] * 2


def test_h13_a_member_linked_by_code_whom_the_operator_lists_is_the_operators(full: Desk) -> None:
    """The operator's word stands from then on: it is no link by a code any more, and as old as it was."""
    m = tables.slack_members
    with full.store.transaction("test") as tx:
        mia = full.id_of("mia.chen")
        row = {"team": "T0DESK", "member": "U0MIA", "person_id": mia, "linked_at": 5, "linked_by": "code"}
        tx.connection.execute(m.insert().values(**row))
    changed = sample()
    person = next(person for person in changed["people"] if person["username"] == "mia.chen")
    person["slack"] = [{"team": "T0DESK", "user": "U0MIA"}]
    assert full.imports(changed).counts == {"slack.confirmed": 1}
    query = select(m.c.linked_by, m.c.linked_at).where(m.c.member == "U0MIA")
    assert full.rows(query) == [("import", 5)]
    assert full.imports(changed).counts == {}
