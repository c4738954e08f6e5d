"""An import brings the database to what the file says, in the ledger and with notices, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from authz import Subject
from store import tables
from store.imports.import_run import ImportResult
from store.verification import pins
from tests.store.importing import NOW, SAMPLE, Desk, Document, document, sample


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
def full(desk: Desk) -> Desk:
    """A desk that has imported the sample."""
    desk.imports(SAMPLE)
    return desk


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
    monkeypatch.setattr("store.imports.people_rows.new_support_id", lambda: next(drawn))
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


def test_g9_members_pass_between_entries_far_apart(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: two people exchange their members, and one goes; the file is looked at one entry at a time."""
    monkeypatch.setattr("store.imports.people_rows.CHUNK", 1)
    first, second = SAMPLE["people"][0]["slack"], SAMPLE["people"][1]["slack"]
    slacks = [("olivia.hart", second), ("raj.patel", []), ("dev.anand", first)]
    changed = document(people=[{"username": name, "slack": slack} for name, slack in slacks])
    dry = full.imports(changed, dry_run=True)
    assert dry == full.imports(changed)
    assert dry.counts == {"slack.changed": 2, "slack.removed": 1}
    m, p = tables.slack_members.c, tables.people.c
    now = full.rows(select(p.username, m.member).join_from(tables.slack_members, tables.people).order_by(m.member))
    expected = {(name, member["user"]) for name, slack in slacks for member in slack}
    assert expected <= set(now)
    assert not [name for name, _ in now if name == "raj.patel"]
    assert full.imports(changed) == ImportResult({}, [])


def test_pieces_are_seamless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.imports.import_run.CHUNK", 2)
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
        ("desk:operator", *account, word, Subject.of_person(full.id_of(name)), "shell")
        for word, name in (("added", "mia.chen"), ("changed", "dev.anand"), ("removed", "tom.reyes"))
    ]
    gone = {"notice": "contact_removed", "account": account[0], "person": full.id_of("tom.reyes")}
    new = {"notice": "rights_gained", "account": account[0], "person": full.id_of("mia.chen")}
    assert full.notices() == [{"notice": "contacts_changed", "account": account[0]}, gone, new]
    full.imports(SAMPLE)
    assert len(full.notices()) == 6, "a later import tells again"


def locked(full: Desk) -> None:
    a = tables.accounts
    with full.store.transaction("test") as tx:
        tx.connection.execute(update(a).where(a.c.number == "400639").values(locked_at=full.now))


def without_leo() -> Document:
    """And with an invoice paid, and a contact more on another account."""
    changed = sample()
    tideworks = next(one for one in changed["accounts"] if one["number"] == "400639")
    tideworks["contacts"] = [one for one in tideworks["contacts"] if one["person"] != "leo.fox"]
    tideworks["name"] = "Tideworks Limited"
    studio = next(one for one in changed["accounts"] if one["number"] == "300528")
    studio["contacts"].append({"person": "leo.fox", "roles": ["billing"]})
    return changed


def test_the_contacts_of_an_account_its_owner_has_locked_are_left_as_they_are(full: Desk) -> None:
    locked(full)
    before = full.held("400639")
    found = full.imports(without_leo())
    assert found.locked == ["400639"]
    assert found.counts == {"accounts.changed": 1, "contacts.added": 1}, "all else is brought"
    assert full.held("400639") == before
    assert full.held("300528")["leo.fox"] == "billing"
    assert full.imports(SAMPLE).locked == [], "nothing is left out where the file says what stands"


def test_over_locks_the_file_counts_and_the_ledger_says_so(full: Desk) -> None:
    locked(full)
    assert full.imports(without_leo(), over_locks=True).locked == []
    assert "leo.fox" not in full.held("400639")
    assert ["over_locks" in one[3].split() for one in full.ledger("import")].count(True) == 1
    assert "contacts_changed" in [one["notice"] for one in full.notices()]


def test_a_locked_account_goes_under_no_other_scheme(full: Desk) -> None:
    """It would change what everybody on it holds."""
    locked(full)
    changed = sample()
    tideworks = next(one for one in changed["accounts"] if one["number"] == "400639")
    tideworks["scheme"] = "standard_roles"
    tideworks["contacts"] = [{"person": "raj.patel", "roles": ["owner"]}]
    (why,) = full.refuses(changed)
    assert why.startswith("accounts[2].scheme: the account's owner has locked it against changes")
